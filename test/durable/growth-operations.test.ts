/**
 * What each operation costs in an object that holds a few turns, events and deliveries, and in one that holds thousands: the same
 * rows are read and written, by as many statements. Counted by SQLite, not timed; bench/growth.ts does it with a million events.
 */
import { runInDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { UserAddress } from "../../src/core/address.ts";
import { type EndpointId, eventId, ownedId, type ProjectId, plainId } from "../../src/core/ids.ts";
import type { TenantRpc } from "../../src/core/rpc/tenant.ts";
import type { PageRequest, UserRpc } from "../../src/core/rpc/user.ts";
import type { EventType } from "../../src/core/wire/event.ts";
import type { DeliveryFilter } from "../../src/core/wire/webhook.ts";
import { TenantObject } from "../../src/durable/tenant/object.ts";
import { meterWork, type Work } from "../support/aging.ts";
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
import { paceIs } from "../support/pace.ts";
import { playReceivers } from "../support/receivers.ts";

paceIs(1); // so that no lease and no alarm ends within an operation

const [FEW, MANY] = [100, 4_000];
const PAGE = 10;
/** A deep page begins with this share of the list behind it. */
const DEPTH = 0.4;
/** Of the deliveries to either endpoint so many have failed, and as many are pending, however many there are. */
const UNUSUAL = 2 * PAGE;
/** A report can arrive before the job that sent for it has ended, which then reads and writes once more or less. */
const MARGIN = { read: 12, written: 4, statements: 2 };

type Subject = {
  readonly address: UserAddress;
  readonly user: UserRpc;
  readonly tenant: TenantRpc;
  readonly project: ProjectId;
  readonly endpoints: readonly EndpointId[];
  /** Ids and cursors of a page deep inside each list. */
  readonly deep: { readonly turn: string; readonly project: string; readonly delivery: string };
  readonly rows: number;
  readonly hooks: number;
};

const HOOK = "INSERT INTO hooks (id, target_url, event, times_disabled, created_at) VALUES (?, ?, 'credits.low', 0, 1)";

/** Every id of `count`, in order of time. */
const idsOf = (count: number, make: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, n) => make(Date.now() - 3_600_000 + n));

async function makeSubject(rows: number, hooks: number, play: ReturnType<typeof playReceivers>): Promise<Subject> {
  const address = freshAddress();
  const [user, tenant] = [userRpc(address), tenantRpc(address)];
  const receiver = play(() => new Response(null, { status: 204 }));
  const project = await newProject(user);
  const endpoints: EndpointId[] = [];
  for (const url of [receiver.url, `${receiver.url}?other`])
    endpoints.push(
      good(
        await tenant.createEndpoint(call(), {
          url,
          types: url === receiver.url ? ["turn.completed"] : ["render.failed"],
        }),
      ).endpoint.id as EndpointId,
    );
  await endOf(user, await startTurn(user, project, "hello")); // the first has to create its session
  await until(async () => (await tenant.listDeliveries(first)).data[0]?.state === "delivered");
  const turns = idsOf(rows, (at) => ownedId("trn", address.uh, at, random));
  const projects = idsOf(rows, (at) => ownedId("prj", address.uh, at, random));
  const deliveries = idsOf(rows, (at) => plainId("dlv", at, random));
  await editRows(userStub(address), (sql) => fillUser(sql, project, turns, projects));
  // each its own host, because a host gets five requests a second in test mode
  const targets = Array.from(
    { length: hooks },
    (_, n) => play(() => new Response(null, { status: 204 }), `http://127.0.0.1:${10_000 + n}`).url,
  );
  await editRows(tenantStub(address), (sql) => {
    fillTenant(sql, address, endpoints, deliveries);
    for (const url of targets) sql.exec(HOOK, plainId("whk", Date.now(), random), url);
  });
  const deepOf = (ids: readonly string[]): string => ids[Math.floor(ids.length * DEPTH)] ?? "";
  const deep = { turn: deepOf(turns), project: deepOf(projects), delivery: deepOf(deliveries) };
  return { address, user, tenant, project, endpoints, deep, rows, hooks };
}

function fillUser(sql: SqlStorage, project: ProjectId, turns: readonly string[], projects: readonly string[]): void {
  const at = Date.now() - 3_600_000;
  const [turn] = sql.exec<{ record: string }>("SELECT record FROM turns").toArray();
  sql.exec(
    `INSERT INTO turns (id, project, phase, sent_at, ended_at, record)
     SELECT value, ?2, 'ended', ?3 + key, ?3 + key + 1, json_set(?4, '$.id', value) FROM json_each(?1)`,
    JSON.stringify(turns),
    project,
    at,
    turn?.record ?? "",
  );
  sql.exec(
    `INSERT INTO event_log (owner, seq, type, data) SELECT value, 1, 'message', ?2 FROM json_each(?1)`,
    JSON.stringify(turns),
    JSON.stringify({ type: "message", message: 1, text: "done", partial: false }),
  );
  sql.exec("INSERT INTO sequences (resource, last) SELECT value, 1 FROM json_each(?)", JSON.stringify(turns));
  sql.exec(
    `INSERT INTO projects (id, created_at, record)
     SELECT value, 1, json_set(record, '$.id', value) FROM json_each(?1), projects AS p WHERE p.id = ?2`,
    JSON.stringify(projects),
    project,
  );
}

/** Events of two users, each delivered to one of two endpoints; a few deliveries have failed or are pending. */
function fillTenant(
  sql: SqlStorage,
  { uh }: UserAddress,
  endpoints: readonly EndpointId[],
  deliveries: readonly string[],
): void {
  const at = Date.now() - 3_600_000;
  sql.exec("DELETE FROM deliveries");
  sql.exec("DELETE FROM events");
  sql.exec(
    `INSERT INTO events (cursor, id, type, resource, sequence, at, uh, user_cursor, key, is_named, is_sample, data)
     SELECT key + 1, 'evt_' || substr(value, 5), 'turn.completed', 'trn_' || key, 1, ?2 + key, iif(key % 2, ?3, 'other'), key + 1, NULL, 1, 0, '{}'
     FROM json_each(?1)`,
    JSON.stringify(deliveries),
    at,
    uh,
  );
  sql.exec("INSERT OR REPLACE INTO user_cursors (uh, last) SELECT uh, max(user_cursor) FROM events GROUP BY uh");
  const step = Math.floor(deliveries.length / UNUSUAL);
  sql.exec(
    `INSERT INTO deliveries (id, event, target_kind, target, host, resource, cursor, state, attempts, due_at, created_at, ended_at)
     SELECT value, 'evt_' || substr(value, 5), 'endpoint', iif(key / ?5 % 2, ?3, ?4), 'host', 'trn_' || key, key + 1,
       CASE key % ?5 WHEN 0 THEN 'failed' WHEN 1 THEN 'pending' ELSE 'delivered' END, 1,
       iif(key % ?5 = 1, ?6, NULL), ?2, iif(key % ?5 = 1, NULL, ?2)
     FROM json_each(?1)`,
    JSON.stringify(deliveries),
    at,
    endpoints[0] ?? "",
    endpoints[1] ?? "",
    step,
    Date.now() + 86_400_000,
  );
}

/** Deliveries whose result a sender has reported. */
let reported = 0;

function countReports(): void {
  const { workDeliveries } = TenantObject.prototype;
  vi.spyOn(TenantObject.prototype, "workDeliveries").mockImplementation(async function (this: TenantObject, ...given) {
    const work = await workDeliveries.apply(this, given);
    reported += given[0].length;
    return work;
  });
}

/** Waits for the deliveries that `work` leads to. A poll of the object would be counted. */
async function delivering(count: number, work: () => Promise<unknown>): Promise<void> {
  const before = reported;
  await work();
  await until(async () => reported >= before + count);
}

async function publish(subject: Subject, type: EventType, deliveries: number): Promise<void> {
  const { uh } = subject.address;
  const resource = ownedId("trn", uh, Date.now(), random);
  const id = await eventId(resource, type);
  const data = JSON.stringify({ id: resource });
  const event = { id, type, resource, sequence: 1, at: Date.now(), uh, data };
  await delivering(deliveries, () => subject.tenant.accept([event]));
}

const first: PageRequest = { limit: PAGE, after: null };
const deliveriesOf =
  (filter: (subject: Subject) => DeliveryFilter, isDeep = false) =>
  async (subject: Subject): Promise<number> => {
    const after = isDeep ? subject.deep.delivery : null;
    return (await subject.tenant.listDeliveries({ limit: PAGE, after }, filter(subject))).data.length;
  };

/** Each returns how many items it read, so that empty pages are not compared. */
const OPERATIONS: Readonly<Record<string, (subject: Subject) => Promise<number>>> = {
  "a page of turns": async ({ user, project }) => good(await user.listTurns(project, first)).data.length,
  "a deep page of turns": async ({ user, project, deep }) =>
    good(await user.listTurns(project, { limit: PAGE, after: deep.turn })).data.length,
  "a page of projects": async ({ user }) => (await user.listProjects(first)).data.length,
  "a deep page of projects": async ({ user, deep }) =>
    (await user.listProjects({ limit: PAGE, after: deep.project })).data.length,
  "a page of events": async ({ tenant }) => (await tenant.listEvents(0, PAGE, null)).data.length,
  "a deep page of events": async ({ tenant, rows }) =>
    (await tenant.listEvents(rows - UNUSUAL, PAGE, null)).data.length,
  "a page of a user's events": async ({ tenant, address }) =>
    (await tenant.listEvents(0, PAGE, address.uh)).data.length,
  "a deep page of a user's events": async ({ tenant, rows, address }) =>
    (await tenant.listEvents(rows - 2 * UNUSUAL, PAGE, address.uh)).data.length,
  "a page of deliveries": deliveriesOf(() => ({})),
  "a deep page of deliveries": deliveriesOf(() => ({}), true),
  "a page of failed deliveries": deliveriesOf(() => ({ state: "failed" })),
  "a page of pending deliveries": deliveriesOf(() => ({ state: "pending" })),
  "a page of delivered ones": deliveriesOf(() => ({ state: "delivered" })),
  "a deep page of delivered ones": deliveriesOf(() => ({ state: "delivered" }), true),
  "a page of an endpoint's deliveries": deliveriesOf(({ endpoints }) => ({ target_id: endpoints[0] })),
  "a deep page of an endpoint's deliveries": deliveriesOf(({ endpoints }) => ({ target_id: endpoints[0] }), true),
  "a page of an endpoint's failed deliveries": deliveriesOf(({ endpoints }) => ({
    target_id: endpoints[0],
    state: "failed",
  })),
  "a page of a missing endpoint's deliveries": async (subject) =>
    PAGE + (await deliveriesOf(() => ({ target_id: plainId("whk", Date.now(), random) }))(subject)),
  "the list of endpoints": async ({ tenant }) => PAGE + (await tenant.listEndpoints()).length,
};

describe("an operation in an object that holds much", () => {
  let few: Subject;
  let many: Subject;
  let take: () => Work;

  beforeAll(async () => {
    const play = playReceivers();
    countReports();
    [few, many] = [await makeSubject(FEW, 1, play), await makeSubject(MANY, 100, play)];
    const others = [few, many].map(({ address }) => userStub(address));
    take = await meterWork([tenantStub(few.address), tenantStub(many.address), ...others]);
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  async function costOf(operation: (subject: Subject) => Promise<unknown>, subject: Subject): Promise<Work> {
    await operation(subject); // a new instance has read what it holds
    take();
    await operation(subject);
    return take();
  }

  function expectNoMore(full: Work, empty: Work): void {
    expect(empty.statements + full.statements).toBeGreaterThan(0); // they are counted
    expect(full.read, "rows read").toBeLessThanOrEqual(empty.read + MARGIN.read);
    expect(full.written, "rows written").toBeLessThanOrEqual(empty.written + MARGIN.written);
    expect(full.statements, "statements").toBeLessThanOrEqual(empty.statements + MARGIN.statements);
  }

  it.each(Object.entries(OPERATIONS))("%s reads no more", async (name, operation) => {
    const cost = async (subject: Subject): Promise<Work> =>
      costOf(async (of) => expect(await operation(of)).toBeGreaterThanOrEqual(PAGE), subject);
    const [empty, full] = [await cost(few), await cost(many)];
    if (name !== "the list of endpoints") return expectNoMore(full, empty);
    expect([empty, full]).toEqual([full, { read: 0, written: 0, statements: 0 }]); // held in memory
  });

  it.each([
    ["an event that no endpoint wants", "turn.failed", 0],
    ["an event with its delivery", "turn.completed", 1],
  ] as const)("%s costs no more", async (_, type, deliveries) => {
    const publishOne = (subject: Subject): Promise<void> => publish(subject, type, deliveries);
    const empty = await costOf(publishOne, few);
    expectNoMore(await costOf(publishOne, many), empty);
  });

  it("a turn with its event and delivery costs no more", async () => {
    const turn = async (subject: Subject): Promise<void> =>
      delivering(1, async () => {
        const id = await startTurn(subject.user, subject.project, "hello");
        expect(good(await subject.user.awaitTurn(id, 60_000))).toMatchObject({ status: "completed" });
      });
    const empty = await costOf(turn, few);
    expectNoMore(await costOf(turn, many), empty);
  });

  it("an event that a hundred targets want costs each of them no more than one", async () => {
    // what else is pending is read with every choice, so one delivery would seem dear
    for (const { address } of [few, many])
      await runInDurableObject(tenantStub(address), (_, { storage }) => {
        storage.sql.exec("DELETE FROM deliveries WHERE state = 'pending'");
      });
    const publishToAll = (subject: Subject): Promise<void> => publish(subject, "credits.low", subject.hooks);
    const { read, written, statements } = await costOf(publishToAll, few);
    const all = await costOf(publishToAll, many);
    expect(all.read / many.hooks, "rows read").toBeLessThanOrEqual(read);
    expect(all.written / many.hooks, "rows written").toBeLessThanOrEqual(written);
    expect(all.statements / many.hooks, "statements").toBeLessThanOrEqual(statements);
  });

  it.each([[{}], [{ state: "failed" }], [{ state: "delivered" }]] as const)(
    "the pages of an endpoint's deliveries have each of them once, newest first: %j",
    async ({ state }: { readonly state?: "failed" | "delivered" }) => {
      const { tenant, address, endpoints } = few;
      const [endpoint = ""] = endpoints;
      const expected = await runInDurableObject(tenantStub(address), (_, { storage }) =>
        storage.sql
          .exec<{ id: string }>(
            "SELECT id FROM deliveries WHERE target = ?1 AND (?2 IS NULL OR state = ?2) ORDER BY id DESC",
            endpoint,
            state ?? null,
          )
          .toArray()
          .map(({ id }) => id),
      );
      const seen: string[] = [];
      for (let after: string | null = null, isOver = false; !isOver; ) {
        const page = await tenant.listDeliveries({ limit: 7, after }, { target_id: endpoint as EndpointId, state });
        seen.push(...page.data.map(({ id }) => id));
        after = page.next_cursor;
        isOver = !page.has_more;
      }
      expect(expected.length).toBeGreaterThan(7);
      expect(seen).toEqual(expected);
    },
  );

  it("an endpoint is moved without a read of what was delivered to it", async () => {
    const move = async ({ tenant, endpoints: [, id] }: Subject): Promise<unknown> =>
      good(await tenant.updateEndpoint(id as EndpointId, { url: `http://127.0.0.1:9/${crypto.randomUUID()}` }));
    const empty = await costOf(move, few);
    expectNoMore(await costOf(move, many), empty);
  });
});
