/** The end of a tenant: everything of it goes, and nothing else does. */
import { describe, expect, it } from "vitest";
import type { TenantDeletionWire } from "../../src/core/wire/tenant.ts";
import worker from "../../src/index.ts";
import { adminHeaders, call, env, jsonOf, makeMember, makeTenant, readProblem, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";
import { filesOf, rowsOf } from "../support/tenant-rows.ts";

const deletionOf = async (id: string): Promise<TenantDeletionWire> =>
  jsonOf(await call(`/admin/tenants/${id}/deletion`, { headers: adminHeaders }));

describe("deleting a tenant", () => {
  it.concurrent("revokes its keys at once, then removes everything, and leaves a receipt", async () => {
    const { tenant, key, headers } = await makeMember("ada");
    const other = await makeMember("ada");
    for (const member of [headers, other.headers]) {
      const make = (path: string, body: object, status: number) =>
        send("POST", path, body, member).then((response) => jsonOf<{ id: string }>(response, status));
      await make("/v1/projects", {}, 201);
      await make("/v1/webhook_endpoints", { url: "http://127.0.0.1:9/in" }, 201);
      await make("/v1/keys", {}, 201);
    }
    const stray = { Authorization: headers.Authorization ?? "" };
    await jsonOf(await send("POST", "/v1/projects", {}, stray), 201);
    await jsonOf(await send("POST", `/admin/tenants/${tenant.id}/invites`, { label: "ada" }, adminHeaders), 201);
    await env.MEDIA.put(`t/${tenant.id}/live/0000000000000000/renders/rnd_x.mp4`, "12345");
    await env.MEDIA.put(`t/${other.tenant.id}/live/0000000000000000/renders/rnd_x.mp4`, "12345");
    await until(async () => (await rowsOf(tenant.id)).users === 2); // written after the answers to the first requests

    const begun = await call(`/admin/tenants/${tenant.id}`, { method: "DELETE", headers: adminHeaders });
    expect(begun.headers.get("Location")).toBe(`/admin/tenants/${tenant.id}/deletion`);
    expect(await jsonOf(begun, 202)).toMatchObject({ state: "deleting", completed_at: null });
    expect(await readProblem(await call("/v1/projects", { headers }))).toMatchObject({ code: "key_revoked" });
    for (const change of [
      send("PATCH", `/admin/tenants/${tenant.id}`, { tier: "large" }, adminHeaders),
      send("POST", `/admin/tenants/${tenant.id}/resume`, "", adminHeaders),
      send("POST", `/admin/tenants/${tenant.id}/keys`, {}, adminHeaders),
    ])
      expect(await readProblem(await change)).toMatchObject({ status: 409, code: "tenant_deleting" });

    const receipt = await until(async () => {
      await worker.scheduled({} as ScheduledController, env);
      const now = await deletionOf(tenant.id);
      return now.state === "deleted" ? now : null;
    });
    expect(receipt.removed).toMatchObject({ keys: 2, users: 2, endpoints: 1, files: 1, file_bytes: 5 });
    expect(await rowsOf(tenant.id)).toEqual({ audit_log: expect.any(Number), tenant_deletions: 1, watchdogs: 2 });
    const watchdogs = await env.DB.prepare("SELECT DISTINCT kind FROM watchdogs WHERE object_name GLOB ?1")
      .bind(`${tenant.id}*`)
      .all();
    expect(watchdogs.results).toEqual([{ kind: "user" }]); // tombstones, until they delete themselves
    expect(await filesOf(tenant.id)).toBe(0);
    expect((await call(`/admin/tenants/${tenant.id}`, { headers: adminHeaders })).status).toBe(404);
    expect(await readProblem(await call("/v1/projects", { headers: { "X-Api-Key": key.secret } }))).toMatchObject({
      status: 401,
    });
    const again = await call(`/admin/tenants/${tenant.id}`, { method: "DELETE", headers: adminHeaders });
    expect(await jsonOf(again, 202)).toEqual(receipt);

    expect(
      (await jsonOf<{ data: unknown[] }>(await call("/v1/projects", { headers: other.headers }))).data,
    ).toHaveLength(1);
    expect(await filesOf(other.tenant.id)).toBe(1);
  });

  it.concurrent("is recorded in the audit log once, and answers 404 for an unknown tenant", async () => {
    const { id } = await makeTenant();
    for (let at = 0; at < 2; at++) await call(`/admin/tenants/${id}`, { method: "DELETE", headers: adminHeaders });
    const log = await jsonOf<{ data: { action: string }[] }>(
      await call(`/admin/tenants/${id}/audit_log`, { headers: adminHeaders }),
    );
    expect(log.data.map(({ action }) => action)).toEqual(["tenant.deleted", "tenant.created"]);
    for (const [method, path] of [
      ["DELETE", ""],
      ["GET", "/deletion"],
    ] as const)
      expect(
        (await call(`/admin/tenants/ten_00000000000000000000${path}`, { method, headers: adminHeaders })).status,
      ).toBe(404);
  });
});
