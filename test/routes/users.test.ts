/** A tenant's users: who is listed, and what is left when one is deleted: nothing. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { tenantObjectName, type UserAddress, uploadObjectName, userPrefix } from "../../src/core/address.ts";
import { eventId, type TenantId, type TurnId, type UploadId, userHash } from "../../src/core/ids.ts";
import { TOMBSTONE_TTL_MS } from "../../src/core/limits.ts";
import type { ProjectWire } from "../../src/core/wire/project.ts";
import type { AuditEntryWire } from "../../src/core/wire/tenant.ts";
import type { TurnWire } from "../../src/core/wire/turn.ts";
import type { UploadWire } from "../../src/core/wire/upload.ts";
import type { UsageCountsWire } from "../../src/core/wire/usage.ts";
import type { UserTokenWire, UserWire } from "../../src/core/wire/user.ts";
import { TurnSettle } from "../../src/durable/user/turns/settle.ts";
import { call, env, jsonOf, makeKey, makeMember, ORIGIN, readProblem, send } from "../support/gateway.ts";
import { tenantRpc, until, userRpc, userStub } from "../support/objects.ts";

const NAME = "ada.lovelace@example.com";
const path = `/v1/users/${encodeURIComponent(NAME)}`;

async function setUp() {
  const { tenant, key, headers } = await makeMember(null);
  const named = { ...headers, "X-User-Id": NAME };
  const address: UserAddress = {
    tenant: tenant.id as TenantId,
    mode: "test",
    uh: await userHash(tenant.id as TenantId, NAME),
  };
  return { tenant, key, headers, named, address };
}
type Fixture = Awaited<ReturnType<typeof setUp>>;

const codeOf = async (response: Promise<Response>) => (await readProblem(await response)).code;
/** The code of a write's answer that is none of the moment in which the instance is ended: a write is not repeated by itself. */
const codeAfter = (ask: () => Promise<Response>) =>
  until(async () => {
    const code = await codeOf(ask());
    return code === "unavailable" ? null : code;
  });
const newProject = async (headers: Record<string, string>) =>
  jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, headers), 201);
const list = async (headers: Record<string, string>, query = "") =>
  jsonOf<{ data: UserWire[]; has_more: boolean; next_cursor: string | null }>(
    await call(`/v1/users${query}`, { headers }),
  );
const listed = (headers: Record<string, string>, count: number) =>
  until(async () => {
    const page = await list(headers);
    return page.data.length === count ? page : null;
  });

/** Something of every kind: a project, a turn, a file, an event, a delivery. */
async function busyUser({ named, headers }: Fixture) {
  await jsonOf(await send("POST", "/v1/webhook_endpoints", { url: "http://127.0.0.1:9/in" }, headers), 201);
  const project = await newProject(named);
  const turn = await jsonOf<TurnWire>(
    await send("POST", `/v1/projects/${project.id}/turns`, { prompt: "secret words" }, { ...named, Prefer: "wait=60" }),
  );
  const upload = await jsonOf<UploadWire>(
    await send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 68 }, named),
    201,
  );
  const png = Uint8Array.from(
    atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
    (char) => char.charCodeAt(0),
  );
  const put = { method: "PUT", body: png, headers: { ...named, "Content-Length": String(png.length) } };
  const sized = await jsonOf<UploadWire>(
    await send("POST", "/v1/uploads", { filename: "b.png", size_bytes: png.length }, named),
    201,
  );
  expect((await call(new URL(sized.content_url, ORIGIN).pathname, put)).status).toBeLessThan(300);
  await until(async () => {
    const { data } = await jsonOf<{ data: unknown[] }>(await call("/v1/assets", { headers: named }));
    return data.length === 1;
  });
  return { project, turn, upload };
}

const erased = (headers: Record<string, string>) =>
  until(async () => {
    const user = await jsonOf<UserWire>(await call(path, { headers }));
    return user.state === "deleted" ? user : null;
  });

describe("the list of users", () => {
  it.concurrent("has every user for whom something was created, newest first, in pages", async () => {
    const { headers } = await setUp();
    for (const name of ["one", "zwei", "三"]) await newProject({ ...headers, "X-User-Id": name });
    await newProject(headers); // without a user
    expect((await listed(headers, 3)).data.map(({ id }) => id).toSorted()).toEqual(["one", "zwei", "三"].toSorted());
    const first = await list(headers, "?limit=2");
    expect(first).toMatchObject({ has_more: true, data: [{ state: "active", deletion: null }, {}] });
    const second = await list(headers, `?limit=2&after=${first.next_cursor}`);
    expect(second).toMatchObject({ has_more: false, next_cursor: null });
    expect(new Set([...first.data, ...second.data].map(({ id }) => id)).size).toBe(3);
    expect(await codeOf(call("/v1/users?after=x", { headers }))).toBe("invalid_cursor");
  });

  it.concurrent("belongs to one tenant and mode, and is closed to user tokens", async () => {
    const { tenant, headers } = await setUp();
    await newProject({ ...headers, "X-User-Id": "ada" });
    await listed(headers, 1);
    const { headers: stranger } = await makeMember(null);
    const live = { Authorization: `Bearer ${(await makeKey(tenant.id, { mode: "live" })).secret}` };
    for (const other of [stranger, live]) {
      expect((await list(other)).data).toEqual([]);
      expect(await codeOf(call("/v1/users/ada", { headers: other }))).toBe("not_found");
      expect(await codeOf(call("/v1/users/ada", { method: "DELETE", headers: other }))).toBe("not_found");
    }
  });

  it.concurrent("contains no name in plain text, in D1 or in the object", async () => {
    const { headers, named, address } = await setUp();
    await newProject(named);
    await listed(headers, 1);
    const rows = await env.DB.prepare("SELECT * FROM users WHERE tenant = ?1").bind(address.tenant).all();
    const notes = await runInDurableObject(userStub(address), (_, state) =>
      state.storage.sql.exec("SELECT * FROM meta").toArray(),
    );
    expect(rows.results).toHaveLength(1);
    expect(JSON.stringify([rows.results, notes])).not.toContain("lovelace");
  });
});

describe("deleting a user", () => {
  it.concurrent("closes it at once, then deletes everything and counts it", async () => {
    const it = await setUp();
    const { headers, named, address } = it;
    const { project, turn, upload } = await busyUser(it);
    const { token } = await jsonOf<UserTokenWire>(await send("POST", `${path}/tokens`, {}, headers), 201);
    const before = await until(async () => {
      const { data } = await tenantRpc(address).listEvents(0, 100, address.uh);
      return data.length >= 3 ? data : null;
    });
    const response = await call(path, { method: "DELETE", headers });
    expect(response.headers.get("Location")).toBe(path);
    expect(await jsonOf(response, 202)).toMatchObject({
      id: NAME,
      state: "deleting",
      deletion: { completed_at: null },
    });

    for (const gone of [`/v1/projects/${project.id}`, `/v1/turns/${turn.id}`, `/v1/turns/${turn.id}/events`])
      expect(await codeOf(call(gone, { headers })), gone).toBe("not_found");
    expect(await codeAfter(() => send("POST", "/v1/projects", {}, named))).toBe("user_deleted");
    expect(await codeAfter(() => send("POST", `${path}/tokens`, {}, headers))).toBe("user_deleted");
    expect(await codeAfter(() => call("/v1/credits", { headers: named }))).toBe("user_deleted");
    const phone = { Authorization: `Bearer ${token}` };
    expect(await codeAfter(() => call("/v1/projects", { headers: phone }))).toBe("user_token_revoked");

    const done = await erased(headers);
    expect(done.deletion?.removed).toMatchObject({
      projects: 1,
      turns: 1,
      assets: 1,
      videos: 0,
      files: 1,
      file_bytes: 70,
    });
    expect(done.deletion?.removed.events).toBeGreaterThanOrEqual(before.length);
    expect(done.deletion?.removed.deliveries).toBeGreaterThan(0);

    expect((await list(headers)).data).toEqual([]);
    expect((await env.MEDIA.list({ prefix: userPrefix(address) })).objects).toEqual([]);
    expect((await tenantRpc(address).listEvents(0, 100, address.uh)).data).toEqual([]);
    const rest = await runInDurableObject(userStub(address), (_, state) => dump(state.storage.sql));
    expect(rest).not.toContain("secret words");
    expect(rest).not.toContain(project.id);
    const stored = await runInDurableObject(env.TENANT.getByName(tenantObjectName(address)), (_, state) =>
      dump(state.storage.sql),
    );
    expect(stored).not.toContain(turn.id);
    const left = await runInDurableObject(
      env.UPLOAD.getByName(uploadObjectName(address, upload.id as UploadId)),
      (_, state) => dump(state.storage.sql),
    );
    expect(left).toBe("");
    // Again: the same job, over and done with.
    expect(await jsonOf(await call(path, { method: "DELETE", headers }), 202)).toMatchObject({ state: "deleted" });
  });

  it.concurrent("answers 404 to every read from the answer on, for an event stream too, also while the instance ends", async () => {
    const { headers, named } = await setUp();
    const { id: project } = await newProject(named);
    const prompt = "#fault:heartbeats_only hello";
    const turn = await jsonOf<TurnWire>(await send("POST", `/v1/projects/${project}/turns`, { prompt }, named), 202);
    await jsonOf(await call(path, { method: "DELETE", headers }), 202);
    const reads = [`/v1/projects/${project}`, `/v1/turns/${turn.id}`, `/v1/turns/${turn.id}/events`];
    const said = new Set<string>();
    // At every millisecond until all is erased, so that some are under way when the instance ends.
    let isOver = false;
    const end = erased(headers).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      for (const answer of await Promise.all(reads.map((read) => call(read, { headers }))))
        said.add(answer.ok ? await answer.text() : (await readProblem(answer)).code);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await end;
    expect([...said]).toEqual(["not_found"]);
  });

  it.concurrent("stops what was running, and nothing late creates the user again", async () => {
    const { headers, named, address } = await setUp();
    const { id: project } = await newProject(named);
    const prompt = "#fault:heartbeats_only hello";
    const turn = await jsonOf<TurnWire>(await send("POST", `/v1/projects/${project}/turns`, { prompt }, named), 202);
    await until(async () => {
      const now = await userRpc(address).readTurn(turn.id as TurnId);
      return now.ok && now.value.status === "running";
    });
    await jsonOf(await call(path, { method: "DELETE", headers }), 202);
    await erased(headers);

    const event = {
      type: "turn.completed",
      resource: turn.id,
      sequence: 1,
      at: Date.now(),
      uh: address.uh,
      data: "{}",
    } as const;
    await tenantRpc(address).accept([{ ...event, id: await eventId(turn.id, "late") }]);
    expect((await tenantRpc(address).listEvents(0, 100, null)).data).toEqual([]);
    const late = await runInDurableObject(userStub(address), (_, state) =>
      state.storage.sql.exec("SELECT kind FROM jobs").toArray(),
    );
    expect(late).toEqual([{ kind: "purge" }]);
  });

  it.concurrent("settles running turns without an event: the receipt and the tenant's usage contain the cost", async () => {
    const { headers, named, address, key } = await setUp();
    const { id: project } = await newProject(named);
    const prompt = "make a 2 second video #slow:600s";
    const turn = await jsonOf<TurnWire>(await send("POST", `/v1/projects/${project}/turns`, { prompt }, named), 202);
    await until(async () => {
      const now = await userRpc(address).readTurn(turn.id as TurnId);
      return now.ok && now.value.status === "running" && now.value.sent_at !== null;
    });
    await jsonOf(await call(path, { method: "DELETE", headers }), 202);
    // A crash while the last turn is read: it is read again, and counted once.
    await runInDurableObject(userStub(address), (_, state) => state.abort("killed by the test")).catch(() => undefined);
    const { settled } = (await erased(headers)).deletion ?? {};
    expect(settled).toMatchObject({ turns: 1, unknown_turns: 0 });
    expect(settled?.credits).toBeGreaterThan(0);
    expect((await tenantRpc(address).listEvents(0, 100, null)).data).toEqual([]);
    const usage = async (by: string) =>
      (await jsonOf<{ data: UsageCountsWire[] }>(await call(`/v1/usage?by=${by}`, { headers }))).data;
    const counted = {
      turns: { completed: 1, failed: 0, unknown: 0 },
      credits: { measured: settled?.credits, estimated: 0, unknown_turns: 0 },
    };
    expect(await usage("day")).toMatchObject([counted]);
    expect(await usage("key")).toMatchObject([{ ...counted, key: key.id }]);
    expect(await usage("user")).toEqual([]);
  });

  it("ends even if reading the last turn throws each time: after its timeout the cost is unknown", async () => {
    const { headers, named, address } = await setUp();
    const { id: project } = await newProject(named);
    const prompt = "make a 2 second video #slow:3000s";
    const turn = await jsonOf<TurnWire>(await send("POST", `/v1/projects/${project}/turns`, { prompt }, named), 202);
    await until(async () => {
      const now = await userRpc(address).readTurn(turn.id as TurnId);
      return now.ok && now.value.status === "running" && now.value.sent_at !== null;
    });
    const reading = vi.spyOn(TurnSettle.prototype, "snapshot").mockRejectedValue(new Error("its token has ended"));
    await jsonOf(await call(path, { method: "DELETE", headers }), 202);
    const { settled } = (await erased(headers)).deletion ?? {};
    expect(settled).toEqual({ turns: 1, credits: 0, unknown_turns: 1 });
    expect(reading.mock.calls.length).toBeGreaterThan(1);
    reading.mockRestore();
  });

  it.concurrent("continues after a crash", async () => {
    const { headers, named, address } = await setUp();
    await newProject(named);
    await env.MEDIA.put(`${userPrefix(address)}uploads/upl_x`, "bytes");
    await jsonOf(await call(path, { method: "DELETE", headers }), 202);
    for (let crash = 0; crash < 3; crash++) {
      await runInDurableObject(userStub(address), (_, state) => state.abort("killed by the test")).catch(
        () => undefined,
      );
      await userRpc(address)
        .wake()
        .catch(() => undefined);
    }
    expect((await erased(headers)).deletion?.removed).toMatchObject({ projects: 1, files: 1, file_bytes: 5 });
  });

  it.concurrent("is forgotten after 30 days, with its storage", async () => {
    const { headers, named, address } = await setUp();
    await newProject(named);
    await jsonOf(await call(path, { method: "DELETE", headers }), 202);
    await erased(headers);
    await env.MEDIA.put(`${userPrefix(address)}uploads/upl_late`, "late");
    await runInDurableObject(userStub(address), async (_, state) => {
      const [row] = state.storage.sql
        .exec<{ due_at: number }>("SELECT due_at FROM jobs WHERE kind = 'purge'")
        .toArray();
      expect((row?.due_at ?? 0) - Date.now()).toBeGreaterThan(TOMBSTONE_TTL_MS - 60_000);
      state.storage.sql.exec("UPDATE jobs SET due_at = 0");
    });
    await userRpc(address)
      .wake()
      .catch(() => undefined);
    await until(async () => (await call(path, { headers })).status === 404);
    expect((await env.MEDIA.list({ prefix: userPrefix(address) })).objects).toEqual([]);
    const tables = await runInDurableObject(userStub(address), (_, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'meta'").toArray(),
    );
    expect(tables).toEqual([]);
    expect((await newProject(named)).id.endsWith(address.uh)).toBe(true);
  });

  it.concurrent("is in the audit log once, as a sign-out is, under the hash of its name", async () => {
    const { headers, named, address, key } = await setUp();
    await newProject(named);
    await jsonOf(await send("POST", `${path}/sign_out`, "", headers));
    await jsonOf(await call(path, { method: "DELETE", headers }), 202);
    await erased(headers);
    await jsonOf(await call(path, { method: "DELETE", headers }), 202); // again: the same job
    const entries = await until(async () => {
      const { data } = await jsonOf<{ data: AuditEntryWire[] }>(await call("/v1/audit_log", { headers }));
      const actions = data.map(({ action }) => action); // each is written by a job
      return actions.includes("user.deleted") && actions.includes("user.signed_out") && data;
    });
    const audited = entries.map(({ action, actor, target }) => [action, actor, target]);
    expect(audited.slice(0, 2)).toEqual([
      ["user.deleted", key.id, address.uh],
      ["user.signed_out", key.id, address.uh],
    ]);
    expect(audited.filter(([action]) => action === "user.deleted")).toHaveLength(1);
    expect(JSON.stringify(entries)).not.toContain("lovelace");
    const problem = await call("/v1/users/unknown", { method: "DELETE", headers });
    expect(problem.status).toBe(404);
    const after = await jsonOf<{ data: AuditEntryWire[] }>(await call("/v1/audit_log", { headers }));
    expect(after.data).toHaveLength(entries.length);
  });

  it.concurrent("needs a key with the scope `keys`, and a known user", async () => {
    const { tenant, headers } = await setUp();
    expect(await codeOf(call("/v1/users/unknown", { method: "DELETE", headers }))).toBe("not_found");
    const key = await makeKey(tenant.id, { scopes: ["read", "chat", "upload", "render", "webhooks"] });
    const weak = { Authorization: `Bearer ${key.secret}` };
    expect(await codeOf(call("/v1/users/unknown", { method: "DELETE", headers: weak }))).toBe("missing_scope");
  });
});

/** Every row of every table as text. */
function dump(sql: SqlStorage): string {
  const tables = sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'")
    .toArray();
  return tables.map(({ name }) => JSON.stringify(sql.exec(`SELECT * FROM "${name}"`).toArray())).join("\n");
}
