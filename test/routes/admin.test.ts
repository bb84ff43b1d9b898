import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { QUOTA_DEFAULTS } from "../../src/core/limits.ts";
import { SCOPES } from "../../src/core/wire/key.ts";
import type { AuditEntryWire, TenantWire } from "../../src/core/wire/tenant.ts";
import type { Env } from "../../src/env.ts";
import {
  adminHeaders,
  call,
  env,
  jsonOf,
  makeKey,
  makeMember,
  makeTenant,
  readProblem,
  send,
} from "../support/gateway.ts";

describe("the operator's API", () => {
  it("is closed if no admin token is set, or a short one", async () => {
    for (const ADMIN_TOKEN of [undefined, "", "short"]) {
      for (const path of ["/admin/tenants", "/admin/status", "/admin/nothing"]) {
        const response = await createApp().request(
          path,
          { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } },
          { ...env, ADMIN_TOKEN },
        );
        expect(await readProblem(response)).toMatchObject({ status: 404, code: "admin_closed" });
      }
    }
  });

  it("rejects no token and a wrong one", async () => {
    for (const headers of [
      {},
      { Authorization: "Bearer wrong" },
      { Authorization: `Basic ${btoa(`${env.ADMIN_TOKEN}:`)}` },
    ]) {
      expect(await readProblem(await call("/admin/tenants", { headers }))).toMatchObject({
        status: 401,
        code: "unauthenticated",
      });
    }
  });

  it("accepts the current and the previous token", async () => {
    const previous = "an-older-admin-token-of-more-than-32-bytes";
    const headers = { Authorization: `Bearer ${previous}` };
    const response = await createApp().request(
      "/admin/status",
      { headers },
      { ...env, ADMIN_TOKEN_PREVIOUS: previous },
    );
    expect(await jsonOf(response)).toEqual({
      state: "ok",
      checks: expect.any(Array),
      overdue: 0,
      overdue_at_least: false,
      oldest_due_at: null,
      outbox_backlog: 0,
      dead_letters: { count: 0, last_at: null },
      stale_encryption: 0,
      tokens: { operator: expect.any(String), live: expect.any(Object), test: expect.any(Object) },
    });
  });
});

/** A created tenant as it is read: the warning of its creation is returned once. */
const read = (made: TenantWire): TenantWire => {
  const { warnings: _, ...tenant } = made as TenantWire & { warnings: string[] };
  return tenant;
};

describe("tenants", () => {
  it("that would have no Nemo token are created with a warning", async () => {
    const make = async (more: Partial<Env>) => {
      const init = {
        method: "POST",
        body: '{"name":"a"}',
        headers: { ...adminHeaders, "Content-Type": "application/json" },
      };
      return jsonOf<{ warnings: string[] }>(
        await createApp().request("/admin/tenants", init, { ...env, ...more }),
        201,
      );
    };
    expect((await make({})).warnings).toEqual([expect.stringContaining("PUT /v1/nemo_token")]);
    for (const more of [{ NEMO_TOKEN: "nmv_usr_x" }, { ALLOW_ANONYMOUS: "1" }])
      expect((await make(more)).warnings).toEqual([]);
  });

  it("are created, read and listed, newest first", async () => {
    const first = await makeTenant("first");
    const second = await makeTenant("second");
    expect(first).toMatchObject({ name: "first", state: "active", tier: "small", id: expect.stringMatching(/^ten_/) });
    expect(await jsonOf(await call(`/admin/tenants/${first.id}`, { headers: adminHeaders }))).toEqual(read(first));
    const page = await jsonOf<{ data: { id: string }[]; has_more: boolean; next_cursor: string }>(
      await call("/admin/tenants?limit=1", { headers: adminHeaders }),
    );
    expect(page).toMatchObject({ data: [{ id: second.id }], has_more: true, next_cursor: second.id });
    const next = await jsonOf(
      await call(`/admin/tenants?limit=1&after=${page.next_cursor}`, { headers: adminHeaders }),
    );
    expect(next).toMatchObject({ data: [{ id: first.id }] });
  });

  it("reject invalid fields, and answer 404 if unknown", async () => {
    expect(await readProblem(await send("POST", "/admin/tenants", { name: "", zz: 1 }, adminHeaders))).toMatchObject({
      status: 422,
    });
    expect((await call("/admin/tenants/ten_x", { headers: adminHeaders })).status).toBe(404);
    expect((await send("POST", "/admin/tenants/ten_00000000000000000000/keys", {}, adminHeaders)).status).toBe(404);
  });
});

describe("a tenant's quota", () => {
  it("has defaults until the operator sets it, each mode separately", async () => {
    const usual = { render_file_seconds: 30 * 24 * 3600, quotas: QUOTA_DEFAULTS };
    expect(await makeTenant()).toMatchObject({ scopes: SCOPES, origins: [], ...usual });
    const wanted = {
      name: "small shop",
      tier: "large",
      scopes: ["read", "chat"],
      origins: ["https://app.example", "http://localhost:5173"],
      render_file_seconds: 3_600,
      quotas: { live: { renders_per_day: 10 } },
    };
    const made = await jsonOf(await send("POST", "/admin/tenants", wanted, adminHeaders), 201);
    const quotas = { ...QUOTA_DEFAULTS, live: { ...QUOTA_DEFAULTS.live, renders_per_day: 10 } };
    expect(made).toMatchObject({ ...wanted, quotas });
  });

  it.each([
    [{ origins: ["https://app.example/"] }, "/origins/0"],
    [{ origins: ["http://app.example"] }, "/origins/0"],
    [{ origins: ["*"] }, "/origins/0"],
    [{ origins: ["null"] }, "/origins/0"],
    [{ origins: Array.from({ length: 21 }, (_, at) => `https://a${at}.example`) }, "/origins"],
    [{ scopes: [] }, "/scopes"],
    [{ scopes: ["admin"] }, "/scopes/0"],
    [{ tier: "huge" }, "/tier"],
    [{ render_file_seconds: 3_599 }, "/render_file_seconds"],
    [{ render_file_seconds: 365 * 24 * 3_600 + 1 }, "/render_file_seconds"],
    [{ quotas: { live: { renders_per_day: -1 } } }, "/quotas/live/renders_per_day"],
    [{ quotas: { live: { renders: 1 } } }, "/quotas/live/renders"],
  ])("is rejected if it is invalid: %j", async (wanted, field) => {
    const response = await send("POST", "/admin/tenants", { name: "acme", ...wanted }, adminHeaders);
    expect(await readProblem(response)).toMatchObject({ status: 422, errors: [{ field }] });
  });
});

describe("a change of a tenant", () => {
  it("keeps omitted fields, and resets a quota of null to its default", async () => {
    const { id } = await makeTenant();
    const change = (wanted: object) => send("PATCH", `/admin/tenants/${id}`, wanted, adminHeaders);
    await change({ tier: "medium", quotas: { live: { renders_per_day: 5 }, test: { bytes_per_day: 6 } } });
    const kept = await jsonOf(await change({ render_file_seconds: 7_200 }));
    expect(kept).toMatchObject({ render_file_seconds: 7_200, tier: "medium" });
    await change({ render_file_seconds: null });
    await change({ origins: ["https://a.example"], quotas: { live: { concurrent_turns: 0 } } });
    const changed = await jsonOf(await change({ name: "renamed", quotas: { test: { bytes_per_day: null } } }));
    expect(changed).toMatchObject({
      name: "renamed",
      tier: "medium",
      origins: ["https://a.example"],
      render_file_seconds: 30 * 24 * 3600,
      quotas: {
        live: { ...QUOTA_DEFAULTS.live, renders_per_day: 5, concurrent_turns: 0 },
        test: QUOTA_DEFAULTS.test,
      },
    });
    expect(await jsonOf(await call(`/admin/tenants/${id}`, { headers: adminHeaders }))).toEqual(changed);
    expect((await send("PATCH", "/admin/tenants/ten_00000000000000000000", {}, adminHeaders)).status).toBe(404);
  });

  it("takes effect here at once: pause, resume, scopes", async () => {
    const { tenant, key } = await makeMember(null);
    const use = async () => (await call("/v1/projects", { headers: { "X-Api-Key": key.secret } })).status;
    const ask = (action: string) => send("POST", `/admin/tenants/${tenant.id}/${action}`, "", adminHeaders);
    expect(await use()).toBe(200);
    expect(await jsonOf(await ask("pause"))).toMatchObject({ state: "paused" });
    expect(await use()).toBe(403);
    expect(await jsonOf(await ask("pause"))).toMatchObject({ state: "paused" });
    expect(await jsonOf(await ask("resume"))).toMatchObject({ state: "active" });
    expect(await use()).toBe(200);
    await send("PATCH", `/admin/tenants/${tenant.id}`, { scopes: ["chat"] }, adminHeaders);
    expect(await use()).toBe(403);
  });

  it("is in the audit log, once for each request that changed something", async () => {
    const { id } = await makeTenant();
    for (const action of ["pause", "pause", "resume", "resume"])
      await send("POST", `/admin/tenants/${id}/${action}`, "", adminHeaders);
    await send("PATCH", `/admin/tenants/${id}`, { tier: "large" }, adminHeaders);
    const page = await jsonOf<{ data: AuditEntryWire[] }>(
      await call(`/admin/tenants/${id}/audit_log`, { headers: adminHeaders }),
    );
    expect(page.data.map(({ action }) => action)).toEqual([
      "tenant.changed",
      "tenant.resumed",
      "tenant.paused",
      "tenant.created",
    ]);
    expect(page.data[0]).toMatchObject({ actor: "admin", detail: { tier: "large" } });
  });
});

describe("a repeated request with the same Idempotency-Key", () => {
  const again = { ...adminHeaders, "Idempotency-Key": "operator-1" };

  it("returns the tenant and the key that the first request created, the key without its secret", async () => {
    const tenant = () => send("POST", "/admin/tenants", { name: "once" }, again);
    const { id } = await jsonOf<{ id: string }>(await tenant(), 201);
    expect(await jsonOf(await tenant(), 201)).toMatchObject({ id });
    expect(await readProblem(await send("POST", "/admin/tenants", { name: "twice" }, again))).toMatchObject({
      code: "idempotency_mismatch",
    });
    const headers = { ...adminHeaders, "Idempotency-Key": "operator-2" };
    const key = () => send("POST", `/admin/tenants/${id}/keys`, {}, headers);
    const first = await jsonOf<{ id: string; secret: string }>(await key(), 201);
    const second = await jsonOf<{ id: string }>(await key(), 201);
    expect(second).toMatchObject({ id: first.id, secret_shown_once: true });
    expect(second).not.toHaveProperty("secret");
  });

  it("belongs to a tenant: the operator's keys and a tenant's are separate", async () => {
    const { key } = await makeMember(null);
    const response = await send("POST", "/v1/keys", {}, { ...again, Authorization: `Bearer ${key.secret}` });
    expect(response.status).toBe(201);
  });
});

describe("keys", () => {
  it("can be rotated by the operator too", async () => {
    const key = await makeKey((await makeTenant()).id);
    const made = await jsonOf<{ replaces: string; secret: string }>(
      await send("POST", `/admin/keys/${key.id}/rotate`, { grace_seconds: 0 }, adminHeaders),
      201,
    );
    expect(made.replaces).toBe(key.id);
    expect((await call("/v1/projects", { headers: { "X-Api-Key": key.secret } })).status).toBe(401);
  });

  it("are shown once and stored as a hash", async () => {
    const tenant = await makeTenant();
    const key = await makeKey(tenant.id, { mode: "live" });
    expect(key.secret).toMatch(/^ngw_live_/);
    expect(key.hint).toBe(key.secret.slice(0, 13));
    const list = await (await call(`/admin/tenants/${tenant.id}/keys`, { headers: adminHeaders })).text();
    expect(list).toContain(key.id);
    expect(list).not.toContain(key.secret);
    const rows = await env.DB.prepare("SELECT * FROM keys").all();
    expect(JSON.stringify(rows.results)).not.toContain(key.secret);
  });

  it("are revoked once, and keep the first time", async () => {
    const { id } = await makeKey((await makeTenant()).id);
    const revoke = async () =>
      jsonOf<{ revoked_at: string }>(await send("POST", `/admin/keys/${id}/revoke`, "", adminHeaders));
    const { revoked_at } = await revoke();
    expect(revoked_at).toMatch(/Z$/);
    expect((await revoke()).revoked_at).toBe(revoked_at);
    expect((await send("POST", "/admin/keys/key_00000000000000000000/revoke", "", adminHeaders)).status).toBe(404);
  });
});
