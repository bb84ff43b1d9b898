/** Invites to the console: a link opens one session, once, for its tenant; and everything that one could try with it. */
import { describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { isInviteCode, issueInviteCode } from "../../src/core/auth.ts";
import {
  CLOSED_INVITE_TTL_MS,
  CONSOLE_SESSION_MS,
  INVITE_DEFAULT_SECONDS,
  OPEN_INVITES_PER_TENANT,
  RATE_LIMIT_TIERS,
} from "../../src/core/limits.ts";
import { SECOND_MS } from "../../src/core/time.ts";
import type {
  CreatedInviteWire,
  CreatedKeyWire,
  InviteWire,
  KeyWire,
  MeWire,
  ShownKeyWire,
} from "../../src/core/wire/key.ts";
import type { AuditEntryWire } from "../../src/core/wire/tenant.ts";
import { deleteExpired } from "../../src/jobs/cron.ts";
import { adminHeaders, call, env, jsonOf, makeKey, makeTenant, ORIGIN, readProblem, send } from "../support/gateway.ts";

const fromPage = { Origin: ORIGIN, "Sec-Fetch-Site": "same-origin" };
const bearer = (secret: string | undefined) => ({ Authorization: `Bearer ${secret}` });

const create = (tenant: string, wanted: object = {}, headers: Record<string, string> = {}) =>
  send("POST", `/admin/tenants/${tenant}/invites`, { label: "ada", ...wanted }, { ...adminHeaders, ...headers });
const invited = async (tenant: string, wanted: object = {}): Promise<CreatedInviteWire & { code: string }> => {
  const made = await jsonOf<CreatedInviteWire>(await create(tenant, wanted), 201);
  return { ...made, code: codeIn(made) };
};
const codeIn = ({ url }: CreatedInviteWire): string => url?.split("#invite=")[1] ?? "";
const listed = async (tenant: string): Promise<InviteWire[]> =>
  (await jsonOf<{ data: InviteWire[] }>(await call(`/admin/tenants/${tenant}/invites`, { headers: adminHeaders })))
    .data;
const revoke = (id: string) => call(`/admin/invites/${id}`, { method: "DELETE", headers: adminHeaders });
const accept = (code: string, attempt: string = crypto.randomUUID(), headers: Record<string, string> = fromPage) =>
  call("/console/session/invite", {
    method: "POST",
    headers: { ...bearer(code), "Idempotency-Key": attempt, ...headers },
  });
const use = (secret: string | undefined, path = "/v1/me") => call(path, { headers: bearer(secret) });
const accepted = async (code: string): Promise<ShownKeyWire> => jsonOf<ShownKeyWire>(await accept(code), 201);
const entriesOf = async (tenant: string): Promise<AuditEntryWire[]> =>
  (
    await jsonOf<{ data: AuditEntryWire[] }>(
      await call(`/admin/tenants/${tenant}/audit_log`, { headers: adminHeaders }),
    )
  ).data;

describe("an invite", () => {
  it("is a link whose code is after the #, returned once and stored as a hash", async () => {
    const tenant = await makeTenant();
    const key = { "Idempotency-Key": crypto.randomUUID() };
    const made = await jsonOf<CreatedInviteWire>(await create(tenant.id, { label: "Ada" }, key), 201);
    expect(made).toMatchObject({ tenant: tenant.id, label: "Ada", mode: "test", state: "open", accepted_at: null });
    expect(Date.parse(made.expires_at) - Date.parse(made.created_at)).toBe(INVITE_DEFAULT_SECONDS * SECOND_MS);
    const link = new URL(made.url ?? "");
    expect([link.origin, link.pathname, link.search]).toEqual([ORIGIN, "/console", ""]);
    expect(isInviteCode(codeIn(made))).toBe(true);

    const { url, ...rest } = made;
    expect(await jsonOf(await create(tenant.id, { label: "Ada" }, key), 201)).toEqual({
      ...rest,
      url_shown_once: true,
    });
    expect(await listed(tenant.id)).toEqual([rest]);
    const row = await env.DB.prepare("SELECT * FROM invites WHERE id = ?1").bind(made.id).first();
    expect(JSON.stringify(row)).not.toContain(codeIn(made));
    const [entry] = await entriesOf(tenant.id);
    expect(entry).toMatchObject({ action: "invite.created", actor: "admin", target: made.id });
    expect(JSON.stringify(entry)).not.toMatch(/Ada|ngi_/); // no person's name and no code
  });

  it("opens a session of eight hours with its scopes, for its tenant alone, and the person makes a key in it", async () => {
    const [tenant, other] = [await makeTenant("invites"), await makeTenant("other")];
    const foreign = await makeKey(other.id);
    const { id, code } = await invited(tenant.id, { scopes: ["read", "chat", "keys"] });
    const response = await accept(code);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(response.headers.get("Set-Cookie")).toMatch(/^__Host-ngw_console=[^;]+; /);
    const session = await jsonOf<ShownKeyWire>(response, 201);
    expect(session).toMatchObject({ session_of: id, scopes: ["read", "chat", "keys"], mode: "test" });
    expect(Date.parse(session.expires_at ?? "") - Date.parse(session.created_at)).toBe(CONSOLE_SESSION_MS);
    expect((await jsonOf<MeWire>(await use(session.secret))).tenant?.id).toBe(tenant.id);
    expect((await use(session.secret, `/v1/keys/${foreign.id}`)).status).toBe(404);
    const made = await jsonOf<CreatedKeyWire>(
      await send("POST", "/v1/keys", { name: "mine", expires_at: null }, bearer(session.secret)),
      201,
    );
    expect(made).toMatchObject({ session_of: null, expires_at: null });
    const tooWide = await send("POST", "/v1/keys", { name: "mine", scopes: ["render"] }, bearer(session.secret));
    expect(await readProblem(tooWide)).toMatchObject({ code: "key_too_wide" });
    const [, entry] = await entriesOf(tenant.id);
    expect(entry).toMatchObject({ action: "key.created", actor: id, target: session.id, detail: { session_of: id } });
  });

  it("is used once: a second page gets an error, also when both ask at the same moment", async () => {
    const tenant = await makeTenant();
    const { id, code } = await invited(tenant.id);
    const answers = await Promise.all(Array.from({ length: 6 }, () => accept(code)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 410, 410, 410, 410, 410]);
    for (const rejected of answers.filter(({ status }) => status === 410)) {
      expect(rejected.headers.get("Set-Cookie")).toBeNull();
      const problem = await readProblem(rejected);
      expect(problem).toMatchObject({ code: "invite_closed", detail: expect.stringContaining("used already") });
    }
    const sessions = "SELECT count(*) AS n FROM keys WHERE parent = ?1";
    expect(await env.DB.prepare(sessions).bind(id).first<number>("n")).toBe(1);
    expect(await listed(tenant.id)).toMatchObject([{ id, state: "accepted", accepted_at: expect.any(String) }]);
  });

  it("gives a page whose answer was lost the same session again, and no other", async () => {
    const tenant = await makeTenant();
    const { code } = await invited(tenant.id);
    const attempt = crypto.randomUUID();
    const both = await Promise.all([accept(code, attempt), accept(code, attempt)]);
    const [one, two] = [await jsonOf<ShownKeyWire>(both[0], 201), await jsonOf<ShownKeyWire>(both[1], 201)];
    expect(two.secret).toBe(one.secret);
    expect((await jsonOf<ShownKeyWire>(await accept(code, attempt), 201)).secret).toBe(one.secret);
    expect((await use(one.secret)).status).toBe(200);
    const problem = await readProblem(await accept((await invited(tenant.id)).code, "1"));
    expect(problem).toMatchObject({ code: "invalid_request", errors: [{ field: "header:Idempotency-Key" }] });
    const out = { method: "DELETE", headers: { ...bearer(one.secret), ...fromPage } };
    expect((await call("/console/session", out)).status).toBe(204);
    expect(await readProblem(await accept(code, attempt))).toMatchObject({ status: 401, code: "key_revoked" });
  });

  it("that fails half way is not used: the use, the session and its audit entry are one transaction", async () => {
    const tenant = await makeTenant();
    const { id, code } = await invited(tenant.id);
    await env.DB.prepare(
      "CREATE TRIGGER broken BEFORE INSERT ON audit_log WHEN new.action = 'key.created' BEGIN SELECT RAISE(ABORT, 'broken'); END",
    ).run();
    const failed = await accept(code);
    await env.DB.prepare("DROP TRIGGER broken").run();
    expect(failed.status).toBe(500);
    expect(await listed(tenant.id)).toMatchObject([{ id, state: "open" }]);
    expect((await accept(code)).status).toBe(201);
  });

  it("that is revoked or expired opens nothing, and says why", async () => {
    const tenant = await makeTenant();
    const [revoked, expired] = [await invited(tenant.id), await invited(tenant.id)];
    expect(await jsonOf(await revoke(revoked.id))).toMatchObject({ state: "revoked" });
    const again = await jsonOf<InviteWire>(await revoke(revoked.id));
    expect(again.revoked_at).toBe((await listed(tenant.id)).find(({ id }) => id === revoked.id)?.revoked_at);
    await env.DB.prepare("UPDATE invites SET expires_at = ?2 WHERE id = ?1").bind(expired.id, Date.now()).run();
    for (const [{ code }, why] of [
      [revoked, "was revoked"],
      [expired, "has expired"],
    ] as const)
      expect(await readProblem(await accept(code))).toMatchObject({
        status: 410,
        code: "invite_closed",
        detail: expect.stringContaining(why),
      });
    const actions = (await entriesOf(tenant.id)).map(({ action }) => action);
    expect(actions.filter((action) => action === "invite.revoked")).toHaveLength(1);
    expect((await revoke("inv_00000000000000000000")).status).toBe(404);
  });

  it("that is revoked ends the sessions that were opened with it; keys that were made in them stay", async () => {
    const tenant = await makeTenant();
    const { id, code } = await invited(tenant.id);
    const session = await accepted(code);
    const made = await jsonOf<CreatedKeyWire>(
      await send("POST", "/v1/keys", { name: "mine" }, bearer(session.secret)),
      201,
    );
    const second = await jsonOf<ShownKeyWire>(
      await call("/console/session", { method: "POST", headers: { ...bearer(session.secret), ...fromPage } }),
      201,
    );
    expect(second.session_of).toBe(id);
    expect(Date.parse(second.expires_at ?? "")).toBeLessThanOrEqual(Date.parse(session.expires_at ?? "")); // not renewed
    for (const { secret } of [session, second]) expect((await use(secret)).status).toBe(200);
    expect((await revoke(id)).status).toBe(200);
    for (const { secret } of [session, second])
      expect(await readProblem(await use(secret))).toMatchObject({ status: 401, code: "key_revoked" });
    expect((await use(made.secret)).status).toBe(200);
    const { data } = await jsonOf<{ data: KeyWire[] }>(await use(made.secret, "/v1/keys?limit=100"));
    for (const one of data.filter(({ session_of }) => session_of === id)) expect(one.revoked_at).not.toBeNull();
  });

  it("opens nothing while its tenant is paused, and is not used up by trying", async () => {
    const tenant = await makeTenant();
    const { code } = await invited(tenant.id);
    await send("POST", `/admin/tenants/${tenant.id}/pause`, "", adminHeaders);
    expect(await readProblem(await accept(code))).toMatchObject({ status: 403, code: "tenant_paused" });
    await send("POST", `/admin/tenants/${tenant.id}/resume`, "", adminHeaders);
    expect((await accept(code)).status).toBe(201);
  });

  it("ends with its tenant, which gets no other, and is deleted with it", async () => {
    const tenant = await makeTenant();
    const [open, other] = [await invited(tenant.id), await invited(tenant.id)];
    const session = await accepted(other.code);
    await call(`/admin/tenants/${tenant.id}`, { method: "DELETE", headers: adminHeaders });
    expect(await readProblem(await accept(open.code))).toMatchObject({ status: 410, code: "invite_closed" });
    expect(await readProblem(await use(session.secret))).toMatchObject({ status: 401, code: "key_revoked" });
    expect(await readProblem(await create(tenant.id))).toMatchObject({ status: 409, code: "tenant_deleting" });
  });

  it("is one of at most twenty open ones of a tenant, also when more are asked for at once", async () => {
    const tenant = await makeTenant();
    const made = await Promise.all(Array.from({ length: OPEN_INVITES_PER_TENANT + 5 }, () => create(tenant.id)));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(OPEN_INVITES_PER_TENANT);
    const rejected = made.filter(({ status }) => status !== 201);
    for (const answer of rejected)
      expect(await readProblem(answer)).toMatchObject({ status: 409, code: "too_many_invites" });
    const [first] = await listed(tenant.id);
    await revoke(first?.id ?? "");
    expect((await create(tenant.id)).status).toBe(201);
    expect((await create((await makeTenant()).id)).status).toBe(201);
  });

  it("is listed for a month after its end", async () => {
    const tenant = await makeTenant();
    const [old, recent] = [await invited(tenant.id), await invited(tenant.id)];
    const end = Date.now() - CLOSED_INVITE_TTL_MS;
    for (const [id, at] of [
      [old.id, end - 1_000],
      [recent.id, end + 60_000],
    ] as const)
      await env.DB.prepare("UPDATE invites SET expires_at = ?2 WHERE id = ?1").bind(id, at).run();
    await deleteExpired(env, Date.now());
    expect((await listed(tenant.id)).map(({ id }) => id)).toEqual([recent.id]);
  });

  it("has valid fields", async () => {
    const tenant = await makeTenant();
    for (const wrong of [
      { label: "" },
      { label: "x".repeat(101) },
      { scopes: [] },
      { scopes: ["admin"] },
      { mode: "prod" },
      { expires_in_seconds: 7 * 24 * 3600 + 1 },
      { expires_in_seconds: 59 },
      { email: "a@example.com" },
    ])
      expect((await create(tenant.id, wrong)).status, JSON.stringify(wrong)).toBe(422);
    expect((await create("ten_00000000000000000000")).status).toBe(404);
  });
});

describe("the code of an invite", () => {
  it("opens no route of the API, and no page of another site may send it", async () => {
    const { code } = await invited((await makeTenant()).id);
    for (const headers of [bearer(code), { "X-Api-Key": code }])
      expect(await readProblem(await call("/v1/me", { headers }))).toMatchObject({ status: 401 });
    const session = await call("/console/session", { method: "POST", headers: { ...bearer(code), ...fromPage } });
    expect(session.status).toBe(401);
    for (const headers of [
      {},
      { Origin: ORIGIN },
      { "Sec-Fetch-Site": "same-origin" },
      { Origin: "https://evil.example", "Sec-Fetch-Site": "same-origin" },
      { Origin: ORIGIN, "Sec-Fetch-Site": "cross-site" },
    ] as Record<string, string>[])
      expect((await accept(code, crypto.randomUUID(), headers)).status, JSON.stringify(headers)).toBe(403);
    expect((await accept(code)).status).toBe(201);
  });

  it("is not guessed: a wrong one costs no look-up, and its sender is stopped after thirty", async () => {
    const closed = { limit: async () => ({ success: false }) };
    const asked = new Map<string, number>();
    const RATE_LIMIT_REJECTED = {
      limit: async ({ key }: { key: string }) => {
        asked.set(key, (asked.get(key) ?? 0) + 1);
        return { success: (asked.get(key) ?? 0) <= RATE_LIMIT_TIERS.rejected };
      },
    };
    const production = { ...env, ENVIRONMENT: "production", RATE_LIMIT_REJECTED };
    const app = createApp();
    const guess = (code: string, more: object = {}) =>
      app.request(
        `${ORIGIN}/console/session/invite`,
        {
          method: "POST",
          headers: {
            ...bearer(code),
            ...fromPage,
            "Idempotency-Key": crypto.randomUUID(),
            "CF-Connecting-IP": "192.0.2.9",
          },
        },
        { ...production, ...more },
      );
    const read = vi.spyOn(env.DB, "prepare");
    const mistyped = await guess(`ngi_${"0".repeat(49)}`, { RATE_LIMIT_LOOKUP: closed });
    expect(await readProblem(mistyped)).toMatchObject({ status: 404, detail: expect.stringContaining("mistyped") });
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
    const unknown = () => issueInviteCode((count) => crypto.getRandomValues(new Uint8Array(count)));
    const problem = await readProblem(await guess(unknown()));
    expect(problem).toMatchObject({ status: 404, detail: expect.stringContaining("does not exist") });
    for (let n = 2; n < RATE_LIMIT_TIERS.rejected; n++) await guess(unknown());
    expect(await readProblem(await guess(unknown()))).toMatchObject({ status: 429, code: "rate_limited" });
    const { code } = await invited((await makeTenant()).id);
    expect(await readProblem(await guess(code, { RATE_LIMIT_LOOKUP: closed }))).toMatchObject({ status: 429 });
    expect((await guess(code)).status).toBe(201);
  });
});
