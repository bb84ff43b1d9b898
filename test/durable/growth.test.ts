/**
 * The same work in an empty object and in a full one: no statement reads more rows. Counted by SQLite, not timed; rows are inserted
 * in bulk, so the year that fills them is in year.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { UserAddress } from "../../src/core/address.ts";
import { type ProjectId, plainId, type TurnId } from "../../src/core/ids.ts";
import { ENDPOINTS_PER_SCOPE, HOOKS_PER_SCOPE } from "../../src/core/limits.ts";
import { toDay } from "../../src/core/time.ts";
import { type Counts, meterReads } from "../support/aging.ts";
import {
  call,
  editRows,
  endOf,
  freshAddress,
  good,
  newProject,
  random,
  startTurn,
  tenantRpc,
  tenantStub,
  until,
  userRpc,
  userStub,
} from "../support/objects.ts";
import { type PlayedReceiver, playReceivers } from "../support/receivers.ts";

const TURNS = 10_000;
const EVENTS = 100_000;
/** A statement may read so many rows more: a page has more rows when there are more, and a delivery has neighbours. */
const MARGIN = 12;
/** What a new instance reads into memory, once: a limited number of rows. */
const READ_ONCE: readonly (readonly [RegExp, number])[] = [
  [/^SELECT .* FROM jobs WHERE max\(due_at, lease_until\) <= \?|^SELECT .* FROM jobs ORDER BY/, 110],
  [/^SELECT .* FROM endpoints ORDER BY id/, ENDPOINTS_PER_SCOPE],
  [/^SELECT .* FROM hooks ORDER BY id/, HOOKS_PER_SCOPE],
];

const NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)";

/** Turns that ended, each with its messages and published event; renders of other turns; far jobs; used keys. */
function fillUser(sql: SqlStorage, { uh }: UserAddress, project: ProjectId): void {
  const [turn] = sql.exec<{ record: string }>("SELECT record FROM turns").toArray();
  const at = Date.now() - 3_600_000;
  const id = `printf('trn_0%09d%s', n, '${uh}')`;
  sql.exec(
    `${NUMBERS} INSERT INTO turns (id, project, phase, sent_at, ended_at, record)
     SELECT ${id}, ?2, 'ended', ?3 + n, ?3 + n + 1, json_set(?4, '$.id', ${id}) FROM numbers`,
    TURNS,
    project,
    at,
    turn?.record ?? "",
  );
  const message = JSON.stringify({ type: "message", message: 1, text: "done", partial: false });
  sql.exec(
    `${NUMBERS} INSERT INTO event_log (owner, seq, type, data) SELECT ${id}, 1, 'message', ?2 FROM numbers`,
    TURNS,
    message,
  );
  sql.exec(`${NUMBERS} INSERT INTO sequences (resource, last) SELECT ${id}, 1 FROM numbers`, TURNS);
  sql.exec(
    `${NUMBERS} INSERT INTO jobs (kind, key, due_at) SELECT 'file_expiry', 'rnd_' || n, ?2 + n FROM numbers`,
    TURNS,
    Date.now() + 30 * 86_400_000,
  );
  sql.exec(
    `${NUMBERS} INSERT INTO idempotency_records (key, fingerprint, result, created_at) SELECT 'k' || n, 'f', 'x', ?2 FROM numbers`,
    TURNS,
    Date.now(),
  );
  sql.exec(
    `${NUMBERS} INSERT INTO projects (id, created_at, record) SELECT 'prj_0' || n, 1, record FROM numbers, projects WHERE id = ?2`,
    TURNS,
    project,
  );
}

/** Events of this and of other users, each delivered; as many endpoints and hooks as there may be, of which few match. */
function fillTenant(sql: SqlStorage, { uh }: UserAddress): void {
  const at = Date.now() - 3_600_000;
  sql.exec(
    `${NUMBERS} INSERT INTO events (id, type, resource, sequence, at, uh, user_cursor, key, is_named, is_sample, data)
     SELECT 'evt_0' || n, 'turn.completed', 'trn_0' || n, 1, ?2 + n, iif(n % 2, ?3, 'u' || n % 1000), 1000 + n, NULL, 1, 0, '{}' FROM numbers`,
    EVENTS,
    at,
    uh,
  );
  sql.exec("UPDATE user_cursors SET last = ? WHERE uh = ?", 1_000 + EVENTS, uh);
  sql.exec(
    `${NUMBERS} INSERT INTO deliveries (id, event, target_kind, target, host, resource, cursor, state, attempts, due_at, created_at, ended_at)
     SELECT 'dlv_0' || n, 'evt_0' || n, 'endpoint', (SELECT id FROM endpoints), 'host', 'trn_0' || n, n, 'delivered', 1, NULL, ?2, ?2 FROM numbers`,
    EVENTS,
    at,
  );
  sql.exec(
    `${NUMBERS} INSERT INTO usage SELECT 'user', 'u' || n, ?2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0 FROM numbers`,
    TURNS,
    toDay(at),
  );
  const endpoint =
    "INSERT INTO endpoints (id, url, types, state, times_disabled, created_at) VALUES (?, ?, ?, 'enabled', 0, 1)";
  for (let n = 1; n < ENDPOINTS_PER_SCOPE; n++)
    sql.exec(endpoint, plainId("whk", Date.now(), random), `http://127.0.0.1:9/other${n}`, '["render.failed"]');
  const hook =
    "INSERT INTO hooks (id, target_url, event, times_disabled, created_at) VALUES (?, ?, 'render.failed', 0, 1)";
  for (let n = 0; n < HOOKS_PER_SCOPE; n++)
    sql.exec(hook, plainId("whk", Date.now(), random), `http://127.0.0.1:9/hook${n}`);
}

describe("work in a full object", () => {
  const address = freshAddress();
  const tenant = tenantRpc(address);
  const user = userRpc(address);
  let receiver: PlayedReceiver;
  let project: ProjectId;
  let empty: Counts = {};
  let full: Counts = {};

  /** A turn with its delivery, a page of every list, and a stream that is resumed at its end. */
  async function work(): Promise<void> {
    const received = receiver.got.length;
    const id: TurnId = await startTurn(user, project, "hello");
    await endOf(user, id);
    await until(async () => receiver.got.length > received);
    await until(async () => (await tenant.listDeliveries({ limit: 2, after: null })).data[0]?.state === "delivered");
    const page = { limit: 2, after: null };
    good(await user.listTurns(project, page));
    await user.listProjects(page);
    await tenant.listEvents((await tenant.cursor()) - 2, 2, null);
    await tenant.listEvents(0, 2, address.uh);
    await tenant.readUsage("day", { from: toDay(Date.now()), to: toDay(Date.now()) }, page);
    await tenant.readUsage("user", { from: toDay(Date.now()), to: toDay(Date.now()) }, page);
    const { next_after } = good(await user.readTurnEvents(id, 0, 100, 0));
    expect(good(await user.watchTurn(id, next_after))).toEqual({ kind: "ended" });
  }

  beforeAll(async () => {
    receiver = playReceivers()(() => new Response(null, { status: 204 }));
    good(await tenant.createEndpoint(call(), { url: receiver.url, types: ["turn.completed"] }));
    project = await newProject(user);
    await work(); // the first has to create its session
    const reads = await meterReads(tenantStub(address));
    // Each time by new instances, which have to read what they hold, and then by instances that hold it.
    await editRows(userStub(address), () => undefined);
    await editRows(tenantStub(address), () => undefined);
    await work();
    await work();
    empty = reads();
    await editRows(userStub(address), (sql) => fillUser(sql, address, project));
    await editRows(tenantStub(address), (sql) => fillTenant(sql, address));
    reads();
    await work();
    await work();
    full = reads();
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it("reads no more rows in any statement", () => {
    expect(Object.keys(full).length).toBeGreaterThan(20); // they are counted
    const grown = Object.entries(full).flatMap(([query, n]) => {
      const limit = READ_ONCE.find(([which]) => which.test(query))?.[1] ?? (empty[query] ?? 0) + MARGIN;
      return n > limit ? [`${empty[query] ?? 0} became ${n}: ${query}`] : [];
    });
    expect(grown).toEqual([]);
  });
});
