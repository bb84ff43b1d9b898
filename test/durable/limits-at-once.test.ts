/**
 * Every limit that counts resources holds under many concurrent requests: what is counted and what is written are in
 * one turn of the event loop, or in one statement. The table names every such limit of core/limits.ts, so a new one needs a row.
 */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { UserAddress } from "../../src/core/address.ts";
import { ownedId, type ProjectId, type UploadId } from "../../src/core/ids.ts";
import * as limits from "../../src/core/limits.ts";
import type { QuotaName } from "../../src/core/usage/quota.ts";
import type { EventType } from "../../src/core/wire/event.ts";
import type { UploadWire } from "../../src/core/wire/upload.ts";
import { adminHeaders, env, makeMember, send } from "../support/gateway.ts";
import {
  call,
  freshAddress,
  good,
  newProject,
  random,
  say,
  startTurn,
  tenantRpc,
  until,
  uploadRpc,
  userRpc,
  userStub,
} from "../support/objects.ts";
import { paceIs } from "../support/pace.ts";

paceIs(1); // no stream ends, which would make room for one more, before the last of the calls has come

/** How many of so many calls at once were let in, and how many may be. */
type Asked = { readonly letIn: number; readonly limit: number };
type Row = { readonly names: readonly string[]; readonly ask: () => Promise<Asked> };

/** Asks for three times as many as may be, all at once. */
async function atOnce(limit: number, ask: (n: number) => Promise<boolean>): Promise<Asked> {
  const answers = await Promise.all(Array.from({ length: limit * 3 }, (_, n) => ask(n)));
  return { limit, letIn: answers.filter(Boolean).length };
}

const SLOW = say("make a video of the sea #slow:1800s");
const newUploadId = (address: UserAddress): UploadId => ownedId("upl", address.uh, Date.now(), random);

/** A running turn that says nothing more for a while. */
async function quietTurn(address: UserAddress) {
  const user = userRpc(address);
  const turn = await startTurn(user, await newProject(user), "make a video of the sea #slow:1800s");
  await until(async () => good(await user.readTurn(turn)).status === "running"); // while it is prepared it counts as queued
  return { user, turn };
}

/** Uploads as their user's object lists them, before any of them reports. */
async function listedUploads(address: UserAddress, count: number, as: Partial<UploadWire>): Promise<UploadId[]> {
  const user = userRpc(address);
  const ids = Array.from({ length: count }, () => newUploadId(address));
  const { data } = await (async () => {
    good(await uploadRpc(address, ids[0] as UploadId).create(call(), address, ids[0] as UploadId, FILE));
    return user.listUploads({ limit: 1, after: null });
  })();
  for (const id of ids) await user.recordUpload(call(), id, { ...(data[0] as UploadWire), ...as, id });
  return ids;
}
const FILE = { filename: "a.png", size_bytes: 1, metadata: {} };

/** A tenant that has all but two of what a table of D1 may hold for it. */
async function almostFull(fill: string, limit: number) {
  const { tenant, headers } = await makeMember(null);
  const rows = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) ${fill}`;
  const filled = limit - 2;
  await env.DB.prepare(rows).bind(filled, tenant.id).run();
  return { headers, tenant };
}

const quota = (name: QuotaName): Row => ({
  names: [name],
  ask: () => {
    const address = freshAddress();
    const some = { ...limits.QUOTA_DEFAULTS.test, [name]: 10 };
    return atOnce(10, async (n) => {
      const taken = await tenantRpc(address).reserveQuota([{ quota: name, ref: `ref_${n}`, amount: 1 }], some, null);
      return taken.ok;
    });
  },
});

const ROWS: readonly Row[] = [
  quota("concurrent_turns"),
  quota("renders_per_day"),
  quota("bytes_per_day"),
  quota("new_users_per_day"),
  {
    names: ["OPEN_UPLOADS_PER_USER"],
    ask: () => {
      const address = freshAddress();
      return atOnce(limits.OPEN_UPLOADS_PER_USER, async () => {
        const id = newUploadId(address);
        return (await uploadRpc(address, id).create(call(), address, id, FILE)).ok;
      });
    },
  },
  {
    names: ["IMPORTS_AT_ONCE"],
    ask: async () => {
      const address = freshAddress();
      const limit = limits.IMPORTS_AT_ONCE;
      const ids = await listedUploads(address, limit * 3, { source: "import" });
      return atOnce(limit, (n) => userRpc(address).mayStart(ids[n] as UploadId, "import"));
    },
  },
  {
    names: ["FINALS_AT_ONCE"],
    ask: async () => {
      const address = freshAddress();
      const limit = limits.FINALS_AT_ONCE;
      const ids = await listedUploads(address, limit * 3, { status: "completed", concat: "final" });
      return atOnce(limit, (n) => userRpc(address).mayStart(ids[n] as UploadId, "final"));
    },
  },
  {
    names: ["QUEUED_TURNS_PER_PROJECT"],
    ask: async () => {
      const { user, turn } = await quietTurn(freshAddress());
      const project = good(await user.readTurn(turn)).project_id as ProjectId;
      return atOnce(limits.QUEUED_TURNS_PER_PROJECT, async () => (await user.startTurn(call(), project, SLOW)).ok);
    },
  },
  {
    names: ["SUBSCRIBERS_PER_TURN"],
    ask: async () => {
      const { user, turn } = await quietTurn(freshAddress());
      return atOnce(limits.SUBSCRIBERS_PER_TURN, async () => (await user.watchTurn(turn, 0)).ok);
    },
  },
  {
    names: ["SUBSCRIBERS_PER_USER"],
    ask: async () => {
      const { user, turn } = await quietTurn(freshAddress());
      const project = good(await user.readTurn(turn)).project_id as ProjectId;
      const turns = [turn];
      for (let n = 0; n < 10; n++) turns.push(await startTurn(user, project, "make a video #slow:1800s"));
      return atOnce(limits.SUBSCRIBERS_PER_USER, async (n) => (await user.watchTurn(turns[n % 11] ?? turn, 0)).ok);
    },
  },
  {
    names: ["WAITING_PER_USER"],
    ask: async () => {
      const { user, turn } = await quietTurn(freshAddress());
      const project = good(await user.readTurn(turn)).project_id as ProjectId;
      const queued = await startTurn(user, project, "make a video"); // nothing happens to it while the other one runs
      return atOnce(limits.WAITING_PER_USER, async () => (await user.readTurnEvents(queued, 1_000, 10, 5_000)).ok);
    },
  },
  {
    names: ["ENDPOINTS_PER_SCOPE"],
    ask: () => {
      const tenant = tenantRpc(freshAddress());
      const url = "https://example.com/hook";
      return atOnce(
        limits.ENDPOINTS_PER_SCOPE,
        async () => (await tenant.createEndpoint(call(), { url, types: ["*"] })).ok,
      );
    },
  },
  {
    names: ["HOOKS_PER_SCOPE"],
    ask: () => {
      const tenant = tenantRpc(freshAddress());
      const event: EventType = "turn.completed";
      return atOnce(
        limits.HOOKS_PER_SCOPE,
        async (n) => (await tenant.subscribeHook(call(), { target_url: `https://example.com/${n}`, event })).ok,
      );
    },
  },
  {
    names: ["GENERATORS_PER_SCOPE"],
    ask: async () => {
      const fill = `INSERT INTO generators (id, tenant, mode, slug, version, made_by, recipe, created_at, updated_at)
        SELECT 'gen_' || ?2 || i, ?2, 'test', 's' || i, 1, 'tenant', '{}', 0, 0 FROM n`;
      const { headers } = await almostFull(fill, limits.GENERATORS_PER_SCOPE);
      return atOnce(2, async (n) => {
        const recipe = { name: `generator ${n}`, prompt: "make a clip" };
        return (await send("POST", "/v1/generators", recipe, headers)).status === 201;
      });
    },
  },
  {
    names: ["OPEN_KEYS_PER_SCOPE"],
    ask: async () => {
      const fill = `INSERT INTO keys (hash, id, tenant, mode, name, hint, scopes, created_at)
        SELECT ?2 || i, ?2 || i, ?2, 'test', 'filler', '', '["read"]', 0 FROM n`;
      const { headers } = await almostFull(fill, limits.OPEN_KEYS_PER_SCOPE);
      const { letIn } = await atOnce(2, async () => (await send("POST", "/v1/keys", {}, headers)).status === 201);
      return { letIn: letIn + 1, limit: 2 }; // the key that asks is one of them
    },
  },
  {
    names: ["OPEN_INVITES_PER_TENANT"],
    ask: async () => {
      const { tenant } = await makeMember();
      const path = `/admin/tenants/${tenant.id}/invites`;
      const invite = () => send("POST", path, { label: "ada" }, adminHeaders);
      return atOnce(limits.OPEN_INVITES_PER_TENANT, async () => (await invite()).status === 201);
    },
  },
];

/** Limits that cannot be exceeded by concurrent requests, and why. */
const NOT_ASKED_FOR: Readonly<Record<string, string>> = {
  ORIGINS_PER_TENANT: "one list in one body",
  KEYS_REMEMBERED: "memory of an isolate: the oldest makes room",
  STREAMING_TURNS_PER_USER: "the user's object takes them out of its own queue",
  SENDERS_AT_ONCE: "the tenant's object calls its own senders",
  APPS_PER_KEY: "one more ends the oldest, in the same transaction",
  CONSOLE_SESSIONS_PER_KEY: "one more ends the oldest, in the same statement",
  SECRETS_AT_ONCE: "a further one removes the oldest",
  TEST_HOST_PER_SECOND: "the pace of what leaves",
};

describe("three times the limit in concurrent requests", () => {
  it.each(ROWS)("$names", async ({ ask }) => {
    const { letIn, limit } = await ask();
    expect(letIn).toBe(limit);
  });

  it("is tested for every limit that counts resources", () => {
    const counts = Object.keys(limits).filter((name) => /_PER_|_AT_ONCE$/.test(name));
    const known = [...ROWS.flatMap(({ names }) => names), ...Object.keys(NOT_ASKED_FOR)];
    expect(counts.filter((name) => !known.includes(name))).toEqual([]);
    const quotas = Object.keys(limits.QUOTA_DEFAULTS.test);
    expect(quotas.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe("an upload slot", () => {
  it("is not blocked by uploads that never claimed it, nor for ever by those that did", async () => {
    const address = freshAddress();
    const ids = await listedUploads(address, 4, { source: "import" });
    expect(await userRpc(address).mayStart(ids[3] as UploadId, "import")).toBe(true);
  });

  it("goes to the oldest waiting upload after an end is reported", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const ids = await listedUploads(address, 5, { source: "import" });
    const may = (n: number) => user.mayStart(ids[n] as UploadId, "import");
    expect([await may(0), await may(1), await may(2), await may(3), await may(4)]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    await runInDurableObject(userStub(address), (_, { storage }) => {
      storage.sql.exec("UPDATE uploads SET work_until = work_until + 3600000"); // so that none is late on a slow machine
    });
    const { data } = await user.listUploads({ limit: 10, after: null });
    const first = data.find(({ id }) => id === ids[0]) as UploadWire;
    await user.recordUpload(call(), first.id as UploadId, { ...first, status: "failed" });
    expect([await may(4), await may(3), await may(1)]).toEqual([false, true, true]);
  });
});
