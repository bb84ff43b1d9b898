/**
 * Users and tenants of any age. The first of each kind of row is made by the gateway's own code, for another tenant; here it is
 * copied into the tables under new ids and times, as the gateway would have left it after so many turns and events.
 */
import { randomBytes } from "node:crypto";
import * as z from "zod";
import { type Api, apiWith } from "../../scripts/lib/api.ts";
import { makeKey, makeTenant } from "../../scripts/lib/tenant.ts";
import { base32 } from "../../src/core/encoding.ts";
import { ownedId, type ProjectId, plainId, randomUserHash, userHashOf } from "../../src/core/ids.ts";
import { ENDPOINTS_PER_SCOPE } from "../../src/core/limits.ts";
import { DAY_MS, HOUR_MS, toDay } from "../../src/core/time.ts";
import { project } from "../../src/core/wire/project.ts";
import { shownEndpoint } from "../../src/core/wire/webhook.ts";
import { ADMIN_TOKEN } from "./bindings.ts";
import { type MeasuredObject, measuredObject, type Row } from "./growth-objects.ts";
import type { Receivers } from "./growth-receivers.ts";
import { type Ask, openStream } from "./open-stream.ts";
import { paceText } from "./pace.ts";

/** How much an object holds. `events` and their deliveries are spread over the 30 days that they are kept. */
export type Size = {
  readonly name: string;
  readonly turns: number;
  readonly projects: number;
  readonly events: number;
  readonly endpoints: number;
};

/** Wanted by every endpoint, by the first alone, and by none. */
export const EVENT_OF = { all: "credits.low", one: "turn.completed", none: "turn.failed" } as const;

/** Items of a page that is measured. */
export const PAGE = 25;

const ONE_WORD = { rate: 100, count: 1, bytes: 0 };
/** Users that the events of a tenant are about; the measured one has every second. */
const USERS = 1_000;
/** Every so many deliveries one has failed, but two pages at least. */
const FAILED_EVERY = 1_000;
const FAILED_LEAST = 2 * PAGE;
/** Rows handed to an object at once: whole ones, or what differs from the row that is copied. A value has 2 MB at most. */
const WHOLE_AT_ONCE = 500;
const AT_ONCE = 10_000;

const random = (count: number): Uint8Array => randomBytes(count);

/** A tenant with a live key, a user with a project, and one endpoint. */
export type Subject = {
  readonly size: Size;
  readonly api: Api;
  readonly project: ProjectId;
  readonly headers: Readonly<Record<string, string>>;
  readonly user: MeasuredObject;
  readonly tenant: MeasuredObject;
  /** Takes a turn to the end of its stream. */
  readonly turn: () => Promise<void>;
};

export async function makeSubject(url: string, size: Size, receivers: Receivers): Promise<Subject> {
  const admin = apiWith(url, ADMIN_TOKEN);
  const tenantId = await makeTenant(admin, size.name);
  const key = await makeKey(admin, tenantId, "live", "bench");
  const api = apiWith(url, key);
  const headers = { "x-user-id": "bench" };
  const made = await api.get("/v1/projects", project, { method: "POST", json: {}, headers });
  const id = made.id as ProjectId; // that of a project
  const ask: Ask = {
    url: `${url}/v1/projects/${id}/turns`,
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ prompt: "{bench}" }),
  };
  const turn = async (): Promise<void> => {
    const { fault } = await openStream(ask, paceText(ONE_WORD), () => {}).ended;
    if (fault !== null) throw new Error(`a turn failed: ${fault}`);
  };
  const user = measuredObject(url, "user", `${tenantId}:live:${userHashOf(id)}`);
  const tenant = measuredObject(url, "tenant", `${tenantId}:live`);
  const subject = { size, api, project: id, headers, user, tenant, turn };
  await makeEndpoints(subject, receivers);
  return subject;
}

/**
 * The API creates 20 endpoints at most. More are made as others were set aside, so each has its own row and its own secret.
 */
async function makeEndpoints({ size, api, tenant }: Subject, { urls }: Receivers): Promise<void> {
  const aside: Row[] = [];
  for (let n = 0; n < size.endpoints; n++) {
    if (n > 0 && n % ENDPOINTS_PER_SCOPE === 0) {
      aside.push(...(await tenant.run(["SELECT * FROM endpoints"])).rows);
      await tenant.run(["DELETE FROM endpoints"]);
      await tenant.restart();
    }
    const types = n === 0 ? [EVENT_OF.one, EVENT_OF.all] : [EVENT_OF.all];
    await api.get("/v1/webhook_endpoints", shownEndpoint, { method: "POST", json: { url: urls[n], types } });
  }
  await insert(tenant, "endpoints", aside);
  await tenant.restart();
}

/** Inserts whole rows. */
async function insert(object: MeasuredObject, tableName: string, rows: readonly Row[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const names = Object.keys(first);
  const values = names.map((_, at) => `value ->> ${at}`);
  const query = `INSERT INTO ${tableName} (${names.join(", ")}) SELECT ${values.join(", ")} FROM json_each(?)`;
  for (let at = 0; at < rows.length; at += WHOLE_AT_ONCE) {
    const some = rows.slice(at, at + WHOLE_AT_ONCE).map((row) => names.map((name) => row[name]));
    await object.run([query, JSON.stringify(some)]);
  }
}

/** Rows that one turn, its event and its delivery have left, and the ids in them. */
export type Sample = { readonly subject: Subject; readonly rows: ReadonlyMap<string, readonly Row[]> };

const TABLES = {
  user: ["turns", "event_log", "sequences", "projects"],
  tenant: ["events", "deliveries", "attempts", "usage"],
} as const;

/** The rows of one turn of a subject that had no other. */
export async function sampleOf(subject: Subject): Promise<Sample> {
  const rows = new Map<string, readonly Row[]>();
  for (const kind of ["user", "tenant"] as const)
    for (const name of TABLES[kind]) {
      // lane is computed by the table itself
      const found = (await subject[kind].run([`SELECT * FROM ${name}`])).rows.map(({ lane: _, ...row }) => row);
      if (found.length === 0) throw new Error(`a turn left no row in ${name}`);
      rows.set(name, found);
    }
  return { subject, rows };
}

const field = z.string();
const rowsIn = ({ rows }: Sample, name: string): readonly Row[] => rows.get(name) ?? [];
const firstIn = (sample: Sample, name: string): Row => rowsIn(sample, name)[0] ?? {};

/** The rows of `count` resources made evenly from `from` to `until`. */
function* times(count: number, from: number, until: number): Generator<number> {
  for (let n = 0; n < count; n++) yield Math.round(from + ((until - from) * n) / count);
}

/** A copy of a row, with ids and names replaced wherever they occur in its texts. */
function copyOf(row: Row, replaced: readonly (readonly [string, string])[], changed: Row): Row {
  const texts = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === "string" ? replaced.reduce((text, [was, is]) => text.replaceAll(was, is), value) : value,
  ]);
  return { ...Object.fromEntries(texts), ...changed };
}

/** Ended turns with what is left of their events after a day, and projects. */
export async function fillUser({ size, user, project: own }: Subject, sample: Sample): Promise<void> {
  const now = Date.now();
  const uh = userHashOf(own);
  const turn = firstIn(sample, "turns");
  const was = field.parse(turn.id);
  const made: Record<"turns" | "event_log" | "sequences" | "projects", Row[]> = {
    turns: [],
    event_log: [],
    sequences: [],
    projects: [],
  };
  for (const at of times(size.turns, now - 300 * DAY_MS, now - HOUR_MS)) {
    const id = ownedId("trn", uh, at, random);
    const names = [[was, id] as const, [sample.subject.project, own] as const];
    const isOld = at < now - DAY_MS;
    made.turns.push(copyOf(turn, names, { sent_at: at, ended_at: at + 1_000, events_deleted: isOld ? 1 : 0 }));
    for (const event of rowsIn(sample, "event_log"))
      if (!isOld || event.type === "message") made.event_log.push(copyOf(event, names, {}));
    made.sequences.push(copyOf(firstIn(sample, "sequences"), names, {}));
  }
  for (const at of times(size.projects, now - 300 * DAY_MS, now - HOUR_MS)) {
    const id = ownedId("prj", uh, at, random);
    made.projects.push(copyOf(firstIn(sample, "projects"), [[sample.subject.project, id]], { created_at: at }));
  }
  for (const [name, rows] of Object.entries(made)) await insert(user, name, rows);
  await user.restart();
}

/** Events of many users, each with a delivery; usage of each user and day; the index of the user's projects. */
export async function fillTenant({ size, user, tenant, project: own }: Subject, sample: Sample): Promise<void> {
  const now = Date.now();
  const from = now - 29 * DAY_MS;
  const [endpoint] = (await tenant.run(["SELECT id, url FROM endpoints ORDER BY id"])).rows;
  const target = field.parse(endpoint?.id);
  const host = new URL(field.parse(endpoint?.url)).host;
  const [event, delivery, attempt] = ["events", "deliveries", "attempts"].map((name) => firstIn(sample, name)) as [
    Row,
    Row,
    Row,
  ];
  const was = { uh: userHashOf(sample.subject.project), resource: field.parse(event.resource) };
  const users = [userHashOf(own), ...Array.from({ length: USERS }, () => randomUserHash(random))];
  const cursors = users.map(() => 0);
  const failedEvery = Math.min(FAILED_EVERY, Math.floor(size.events / FAILED_LEAST));
  const queries = [
    copyQuery("events", event, ["cursor", "id", "resource", "at", "uh", "user_cursor"], "data"),
    copyQuery("deliveries", delivery, ["id", "event", "resource", "cursor", "created_at", "ended_at", "state"]),
    copyQuery("attempts", attempt, ["delivery", "at"]),
  ] as const;
  let cursor = 0;
  let made: [events: unknown[], deliveries: unknown[], attempts: unknown[]] = [[], [], []];
  const flush = async (): Promise<void> => {
    const [events, deliveries, attempts] = made.map((rows) => JSON.stringify(rows)) as [string, string, string];
    const data = field.parse(event.data).replaceAll(sample.subject.project, own);
    await tenant.run(
      [queries[0], events, JSON.stringify({ ...event, data }), was.resource],
      [queries[1], deliveries, JSON.stringify({ ...delivery, target, host }), ""],
      [queries[2], attempts, JSON.stringify(attempt), ""],
    );
    made = [[], [], []];
  };
  for (const at of times(size.events, from, now - HOUR_MS)) {
    cursor += 1;
    const nth = cursor % 2 === 0 ? 0 : 1 + Math.floor(Math.random() * USERS);
    const uh = users[nth] ?? "";
    cursors[nth] = (cursors[nth] ?? 0) + 1;
    const id = `evt_${base32(random(13)).slice(0, 20)}`;
    const resource = ownedId("trn", uh, at, random);
    const sent = plainId("dlv", at, random);
    const state = cursor % failedEvery === 0 ? "failed" : "delivered";
    made[0].push([cursor, id, resource, at, uh, cursors[nth]]);
    made[1].push([sent, id, resource, cursor, at, at + 100, state]);
    made[2].push([sent, at + 50]);
    if (made[0].length >= AT_ONCE) await flush();
  }
  await flush();
  const known = users.flatMap((uh, at) => ((cursors[at] ?? 0) > 0 ? [{ uh, last: cursors[at] ?? 0 }] : []));
  await insert(tenant, "user_cursors", known);
  const days = Array.from({ length: 30 }, (_, ago) => toDay(now - ago * DAY_MS));
  const usage = known.flatMap(({ uh }) =>
    days.map((day) => ({ ...firstIn(sample, "usage"), dimension: "user", subject: uh, day })),
  );
  await insert(tenant, "usage", usage.slice(0, size.events));
  const { rows } = await user.run(["SELECT id FROM projects WHERE id != ? ORDER BY id", own]);
  const entered = rows.map(({ id = "" }) => ({ id, kind: "prj", status: "", sequence: 0, entered_at: from }));
  await insert(tenant, "resources", entered);
  await tenant.restart();
}

/**
 * Copies one row, given as JSON (?2), for each array of values (?1). In the column `text` each copy has its resource's id for the
 * one of the original (?3).
 */
function copyQuery(name: string, row: Row, changed: readonly string[], text: string | null = null): string {
  const names = Object.keys(row);
  const value = (column: string): string => {
    const at = changed.indexOf(column);
    if (at >= 0) return `value ->> ${at}`;
    const copied = `?2 ->> '$.${column}'`;
    return column === text ? `replace(${copied}, ?3, value ->> ${changed.indexOf("resource")})` : copied;
  };
  const unused = text === null ? " WHERE ?3 = ''" : "";
  return `INSERT INTO ${name} (${names.join(", ")}) SELECT ${names.map(value).join(", ")} FROM json_each(?1)${unused}`;
}

/** How many rows the tables have in the end, and the mean size of an event. */
export async function stateOf({ user, tenant }: Subject): Promise<string> {
  const count = (table: string): string => `(SELECT count(*) FROM ${table}) AS ${table}`;
  const query = (names: readonly string[], more: string): string => `SELECT ${names.map(count).join(", ")}${more}`;
  const ofUser = await user.run([query(["turns", "event_log", "projects"], "")]);
  const names = ["events", "deliveries", "attempts", "endpoints", "usage", "resources"];
  const ofTenant = await tenant.run([query(names, ", (SELECT round(avg(length(data))) FROM events) AS event_bytes")]);
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const shown = (rows: readonly Row[]): string => JSON.stringify(rows[0] ?? {});
  return `user ${shown(ofUser.rows)} ${mib(ofUser.bytes)}, tenant ${shown(ofTenant.rows)} ${mib(ofTenant.bytes)}`;
}
