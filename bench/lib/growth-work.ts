/** What is done to an object of some size, each many times, and what its statements and the server's processor did for it. */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { base32 } from "../../src/core/encoding.ts";
import { eventId, userHashOf } from "../../src/core/ids.ts";
import { type ByStatement, meter } from "./growth-objects.ts";
import type { Receivers } from "./growth-receivers.ts";
import { EVENT_OF, PAGE, type Subject } from "./growth-state.ts";
import type { Server } from "./servers.ts";
import { usageOf } from "./usage.ts";
import { turnBody } from "./webhook-body.ts";

export type Operation = {
  readonly name: string;
  /** Which object's statements count. */
  readonly of: "user" | "tenant";
  /** How many times in one measurement. */
  readonly times: number;
  /** Does it once; returns by how many the cost is divided. */
  readonly run: (subject: Subject) => Promise<number>;
};

/** The cost of one operation. */
export type Cost = {
  readonly read: number;
  readonly written: number;
  readonly statements: number;
  /** Processor time of the whole server, in µs; NaN where it was done once only. */
  readonly cpuMicros: number;
  readonly byStatement: ByStatement;
};

/** Time for what follows a result: the end of a job, a sender's report. */
export const SETTLE_MS = 300;
/** Time after each delivery for its report, so that the next one is sent alone. */
const REPORT_MS = 30;

const listed = z.object({ data: z.array(z.unknown()), next_cursor: z.union([z.string(), z.number()]).nullish() });

/** A list, read by its pages: the first, and one that begins behind four fifths of the list. */
function pages(
  name: string,
  of: Operation["of"],
  times: number,
  path: (subject: Subject) => string,
  deep: ((subject: Subject) => Promise<string>) | null,
  headersOf: (subject: Subject) => Readonly<Record<string, string>> = () => ({}),
): Operation[] {
  const read = async (subject: Subject, after: string): Promise<number> => {
    const page = await subject.api.get(`${path(subject)}limit=${PAGE}${after}`, listed, {
      headers: headersOf(subject),
    });
    if (page.data.length !== PAGE) throw new Error(`${name} has ${page.data.length} items of ${PAGE}`);
    return 1;
  };
  const cursors = new Map<Subject, string>();
  const cursorOf = async (subject: Subject): Promise<string> => {
    const cursor = cursors.get(subject) ?? (await deep?.(subject)) ?? "";
    cursors.set(subject, cursor);
    return cursor;
  };
  return [
    { name: `${name}, first page`, of, times, run: (subject) => read(subject, "") },
    ...(deep === null
      ? []
      : [
          {
            name: `${name}, deep page`,
            of,
            times,
            run: async (subject: Subject) => read(subject, `&after=${await cursorOf(subject)}`),
          },
        ]),
  ];
}

/** A value of the row behind four fifths of a table, from the end that its list begins with. */
async function deepIn(object: Subject["user"], column: string, from: string, order: string): Promise<string> {
  const query = `SELECT ${column} AS value FROM ${from} ORDER BY ${order} LIMIT 1 OFFSET (SELECT count(*) * 4 / 5 - ${PAGE} FROM ${from})`;
  const { rows } = await object.run([query]);
  return String(rows[0]?.value);
}

const firstEndpoint = async ({ tenant }: Subject): Promise<string> => {
  const { rows } = await tenant.run(["SELECT id FROM endpoints ORDER BY id LIMIT 1"]);
  return String(rows[0]?.id);
};

/** Everything that is measured. `share`: of the usual number of times. */
export async function operations(
  subjects: readonly Subject[],
  receivers: Receivers,
  share: number,
): Promise<readonly Operation[]> {
  const some = (times: number): number => Math.max(2, Math.round(times * share));
  const firsts = new Map<Subject, string>();
  for (const subject of subjects) firsts.set(subject, await firstEndpoint(subject));
  const run = base32(crypto.getRandomValues(new Uint8Array(4)));
  let made = 0;
  const accept = async (
    { tenant, project }: Subject,
    type: (typeof EVENT_OF)[keyof typeof EVENT_OF],
  ): Promise<void> => {
    const uh = userHashOf(project);
    const resource = `trn_${run}${String(++made).padStart(13, "0")}${uh}`;
    const at = Date.now();
    const data = JSON.stringify(turnBody(resource, at));
    const id = await eventId(resource, `${type}#1`);
    await tenant.accept([{ id, type, resource, sequence: 1, at, uh, data }]);
  };
  const delivered = async (count: number): Promise<number> => {
    await receivers.more(count);
    await sleep(REPORT_MS);
    return count;
  };
  const turn = async (subject: Subject): Promise<number> => {
    await subject.turn();
    return delivered(1);
  };
  const byId = (object: "user" | "tenant", table: string) => (subject: Subject) =>
    deepIn(subject[object], "id", table, "id DESC");
  const ofUser = ({ headers }: Subject) => headers;
  return [
    { name: "turn, in the user's object", of: "user", times: some(10), run: turn },
    { name: "turn with event and delivery, in the tenant's object", of: "tenant", times: some(5), run: turn },
    {
      name: "event that no endpoint wants",
      of: "tenant",
      times: some(300),
      run: async (subject) => {
        await accept(subject, EVENT_OF.none);
        return 1;
      },
    },
    {
      name: "event that one endpoint wants, with its delivery",
      of: "tenant",
      times: some(60),
      run: async (subject) => {
        await accept(subject, EVENT_OF.one);
        return delivered(1);
      },
    },
    {
      name: "event that all endpoints want, per delivery",
      of: "tenant",
      times: some(10),
      run: async (subject) => {
        await accept(subject, EVENT_OF.all);
        return delivered(subject.size.endpoints);
      },
    },
    ...pages(
      "turns",
      "user",
      some(100),
      ({ project }) => `/v1/projects/${project}/turns?`,
      ({ user }) => deepIn(user, "id", "turns", "rowid DESC"),
    ),
    ...pages("projects of a user", "user", some(100), () => "/v1/projects?", byId("user", "projects"), ofUser),
    ...pages(
      "projects of all users",
      "tenant",
      some(100),
      () => "/v1/projects?",
      async (subject) => {
        const { next_cursor } = await subject.api.get("/v1/projects?limit=1", listed);
        const position = await deepIn(subject.tenant, "position", "resources", "position DESC");
        return `${position}-${String(next_cursor).split("-")[1]}`;
      },
    ),
    ...pages(
      "events",
      "tenant",
      some(100),
      () => "/v1/events?",
      ({ tenant }) => deepIn(tenant, "cursor", "events", "cursor"),
    ),
    ...pages("deliveries", "tenant", some(100), () => "/v1/deliveries?", byId("tenant", "deliveries")),
    ...pages(
      "failed deliveries",
      "tenant",
      some(100),
      () => "/v1/deliveries?state=failed&",
      (subject) => deepIn(subject.tenant, "id", "deliveries WHERE state = 'failed'", "id DESC"),
    ),
    ...pages(
      "deliveries to one endpoint",
      "tenant",
      some(100),
      (subject) => `/v1/deliveries?target_id=${firsts.get(subject)}&`,
      null,
    ),
    {
      name: "deliveries to an endpoint without any",
      of: "tenant",
      times: some(100),
      run: async ({ api }) => {
        await api.get(`/v1/deliveries?target_id=whk_${"0".repeat(20)}`, listed);
        return 1;
      },
    },
    {
      name: "first event of a new instance",
      of: "tenant",
      times: 1,
      run: async (subject) => {
        await subject.tenant.restart();
        await accept(subject, EVENT_OF.none);
        return 1;
      },
    },
    {
      name: "first page of turns of a new instance",
      of: "user",
      times: 1,
      run: async ({ user, api, project }) => {
        await user.restart();
        await api.get(`/v1/projects/${project}/turns?limit=${PAGE}`, listed);
        return 1;
      },
    },
    {
      name: "endpoints, per endpoint",
      of: "tenant",
      times: some(100),
      run: async ({ api, size }) => {
        const { data } = await api.get("/v1/webhook_endpoints", listed);
        if (data.length !== size.endpoints) throw new Error(`${data.length} of ${size.endpoints} endpoints are listed`);
        return size.endpoints;
      },
    },
  ];
}

/** Does an operation many times. The first time is not counted: it may start an instance. */
export async function measure(server: Server, subject: Subject, { of, times, run }: Operation): Promise<Cost> {
  await run(subject);
  await sleep(SETTLE_MS);
  await meter(server.url, true);
  const before = usageOf(server.pid).cpuSeconds;
  let units = 0;
  for (let n = 0; n < times; n++) units += await run(subject);
  await sleep(SETTLE_MS);
  const cpuSeconds = usageOf(server.pid).cpuSeconds - before;
  await meter(server.url, false);
  const byStatement = await subject[of].counts();
  await subject[of === "user" ? "tenant" : "user"].counts(); // so that the next measurement begins without them
  const each = Object.entries(byStatement).map(
    ([query, { times: ran, read, written }]) =>
      [query, { times: ran / units, read: read / units, written: written / units }] as const,
  );
  const sum = (name: "times" | "read" | "written"): number => each.reduce((total, [, work]) => total + work[name], 0);
  return {
    read: sum("read"),
    written: sum("written"),
    statements: sum("times"),
    cpuMicros: times === 1 ? Number.NaN : (1e6 * cpuSeconds) / units, // the processor's clock ticks every 10 ms
    byStatement: Object.fromEntries(each),
  };
}
