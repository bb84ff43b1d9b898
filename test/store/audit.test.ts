import { describe, expect, it } from "vitest";
import { plainId, type TenantId } from "../../src/core/ids.ts";
import type { AuditEntry } from "../../src/core/tenant.ts";
import { auditRow, listAudit } from "../../src/store/audit.ts";
import { env, random } from "../support/objects.ts";

const now = 1_763_700_000_000;

async function write(tenant: TenantId, mode: AuditEntry["mode"], at: number): Promise<AuditEntry> {
  const entry: AuditEntry = {
    id: plainId("aud", at, random),
    tenant,
    mode,
    at,
    actor: "admin",
    action: "key.created",
    target: "key_1",
    requestId: "req_12345678",
    detail: { scopes: ["read"] },
  };
  await auditRow(env.DB, entry).run();
  return entry;
}

describe("the audit log", () => {
  it("returns a tenant's entries of a mode and of both, newest first, in pages", async () => {
    const tenant = plainId("ten", now, random);
    const both = await write(tenant, null, now + 1);
    const live = await write(tenant, "live", now + 2);
    const test = await write(tenant, "test", now + 3);
    await write(plainId("ten", now, random), "test", now + 4);
    const ids = async (mode: AuditEntry["mode"], limit = 10, after: string | null = null) =>
      (await listAudit(env.DB, { tenant, mode }, limit, after)).map(({ id }) => id);
    expect(await ids("test")).toEqual([test.id, both.id]);
    expect(await ids("live")).toEqual([live.id, both.id]);
    expect(await ids(null)).toEqual([test.id, live.id, both.id]);
    expect(await ids(null, 1, test.id)).toEqual([live.id]);
    expect(await listAudit(env.DB, { tenant, mode: "test" }, 1, null)).toEqual([
      {
        id: test.id,
        happened_at: new Date(now + 3).toISOString(),
        actor: "admin",
        action: "key.created",
        target: "key_1",
        mode: "test",
        request_id: "req_12345678",
        detail: { scopes: ["read"] },
      },
    ]);
  });

  it("can be neither changed nor shortened", async () => {
    const { id } = await write(plainId("ten", now, random), null, now);
    const change = env.DB.prepare("UPDATE audit_log SET actor = 'another' WHERE id = ?1").bind(id);
    const deletion = env.DB.prepare("DELETE FROM audit_log WHERE id = ?1").bind(id);
    await expect(change.run()).rejects.toThrow(/append-only/);
    await expect(deletion.run()).rejects.toThrow(/append-only/);
  });
});
