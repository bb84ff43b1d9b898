/**
 * 400 days of a tenant and two of its users: one who deletes what is old, and one who keeps everything. What objects, D1 and R2
 * keep and what instances hold is on day 400 what it was on day 100, and no statement reads more than it did, whatever was kept.
 */
import { runInDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { tenantPrefix, type UserAddress, uploadObjectName, userPrefix } from "../../src/core/address.ts";
import {
  type AssetId,
  type EndpointId,
  ownedId,
  type ProjectId,
  type RenderId,
  randomUserHash,
  type TurnId,
  type UploadId,
  type VideoId,
} from "../../src/core/ids.ts";
import type { WakeMessage } from "../../src/core/queues.ts";
import type { Page, PageRequest, UserRpc } from "../../src/core/rpc/user.ts";
import { DAY_MS, toDay } from "../../src/core/time.ts";
import type { VideoRequest } from "../../src/core/video.ts";
import { newRender } from "../../src/core/wire/render.ts";
import { deleteExpired } from "../../src/jobs/cron.ts";
import { wakeAll } from "../../src/jobs/messages.ts";
import { type Counts, keysUnder, meterReads, rowsOf, rowsOfD1, sumOf, watchMaps } from "../support/aging.ts";
import { type SteppedClock, startClock } from "../support/clock.ts";
import {
  call,
  env,
  freshAddress,
  good,
  newProject,
  random,
  startTurn,
  tenantRpc,
  tenantStub,
  uploadRpc,
  userRpc,
  userStub,
} from "../support/objects.ts";
import { paceIs } from "../support/pace.ts";
import { PNG } from "../support/resources.ts";

const [YOUNG, OLD] = [100, 400];
/** What a user does comes again after so many days. */
const PERIOD = 25;
/** Reads of so many days are compared. */
const WINDOW = 2 * PERIOD;
/** It takes a minute alone on two cores; this only ends what hangs. */
const TIMEOUT_MS = 900_000;
const RECEIVER = "http://127.0.0.1:9";
paceIs(600);

/** What grows by its nature, each with its reason. */
const MAY_GROW: Readonly<Record<string, string>> = {
  "tenant.usage": "kept for 400 days, a row a day for each user and key",
  "tenant.deleted_targets": "the last 1,000",
  "tenant.resources": "those of the keeper, which are kept",
  "keeper.projects": "kept",
  "keeper.turns": "kept",
  "keeper.event_log": "the words of turns that are kept, and the last event of a video",
  "keeper.assets": "kept",
  "keeper.attachments": "of a project that is kept",
  "keeper.renders": "kept",
  "keeper.videos": "kept",
  "keeper.batches": "kept",
  "keeper.batch_items": "kept",
  "keeper.sequences": "of what is kept",
};

/** Statements that read more where more is kept. */
const MAY_READ_MORE = [
  /^SELECT status, record FROM attachments WHERE project = \?/, // every file that was transferred to one session
  / FROM records /, // the sandbox's: Nemo's side of a test user
];

let clock: SteppedClock;
let maps: ReturnType<typeof watchMaps>;
beforeAll(() => {
  env.ALARMS = "off"; // they would keep to the real clock
  clock = startClock();
  maps = watchMaps(["UserObject", "TenantObject"]);
  for (const level of ["info", "warn"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
  const real = globalThis.fetch.bind(globalThis);
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input as RequestInfo, init);
    return request.url.startsWith(RECEIVER) ? new Response(null, { status: 204 }) : real(request);
  });
});
afterAll(() => {
  delete env.ALARMS;
  maps.stop();
  vi.restoreAllMocks();
});

/** What the cron's minute does, again and again until it is so. */
async function until(ready: () => Promise<boolean>): Promise<void> {
  const overdue = env.DB.prepare("SELECT object_name AS name, kind FROM watchdogs WHERE due_at <= ?1");
  for (;;) {
    const rows = (await overdue.bind(clock.now()).all<WakeMessage>()).results;
    const messages = rows.map((body) => ({ body, attempts: 1, ack: () => undefined, retry: () => undefined }));
    await wakeAll(messages as unknown as Message<WakeMessage>[], env); // what it looks at
    if (await ready()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const order: VideoRequest = {
  prompt: "make a 1 second video of the sea",
  sources: [],
  project: null,
  language: null,
  output: { format: "mp4", quality: "high" },
  metadata: {},
  callback: `${RECEIVER}/callback`,
  onQuestion: "wait",
  generator: null,
  attribution: null,
  accepts: null,
  expectedMs: 1_000,
};

/** A user, and what is done in its name. */
class Person {
  readonly at: UserAddress;
  readonly user: UserRpc;
  readonly uploads: UploadId[] = [];
  readonly assets: AssetId[] = [];
  readonly videos: VideoId[] = [];
  project: ProjectId | null = null;

  constructor(at: UserAddress) {
    this.at = at;
    this.user = userRpc(at);
  }

  async begin(): Promise<void> {
    this.project = await newProject(this.user);
  }

  /** An upload of these bytes; null: one without content. */
  async upload(bytes: Uint8Array<ArrayBuffer> | null, key: string | null = null): Promise<UploadId> {
    const id = ownedId("upl", this.at.uh, clock.now(), random);
    const upload = uploadRpc(this.at, id);
    this.uploads.push(id);
    const file = { filename: "a.png", size_bytes: bytes?.length ?? 9, metadata: {} };
    good(await upload.create(call(key), this.at, id, file));
    if (bytes === null) return id;
    await upload.write(new Blob([bytes]).stream(), bytes.length);
    await until(async () => {
      const { asset_id, status } = good(await upload.read());
      if (asset_id !== null) this.assets.push(asset_id as AssetId);
      return asset_id !== null || status === "failed";
    });
    return id;
  }

  async attachLast(): Promise<void> {
    const asset = good(await this.user.readAsset(this.assets.at(-1) as AssetId));
    good(await this.user.attachAsset(call(), this.#own(), asset));
  }

  async turn(prompt: string): Promise<TurnId> {
    const id = await startTurn(this.user, this.#own(), prompt);
    await until(async () => good(await this.user.readTurn(id)).ended_at !== null);
    return id;
  }

  async render(): Promise<void> {
    const { id } = good(await this.user.startRender(call(), this.#own(), newRender.parse({})));
    await until(async () => good(await this.user.readRender(id as RenderId)).ended_at !== null);
  }

  async video(key: string): Promise<void> {
    const { id } = good(await this.user.startVideo(call(key), order));
    await until(async () => good(await this.user.readVideo(id)).ended_at !== null);
    this.videos.push(id);
  }

  async batch(): Promise<void> {
    const { output, generator, attribution, accepts, expectedMs } = order;
    const shared = { output, generator, attribution, accepts, expectedMs };
    const mode = "own_projects";
    const asked = { mode, concurrency: 1, project: null, metadata: {}, callback: null, shared } as const;
    const item = { prompt: order.prompt, sources: [], language: null, metadata: {}, onQuestion: "wait" } as const;
    const { id } = good(await this.user.startBatch(call(), asked, [item]));
    await until(async () => good(await this.user.readBatch(id)).ended_at !== null);
  }

  async deleteOld(): Promise<void> {
    if (this.videos.length > 1) good(await this.user.removeVideo(call(), this.videos.shift() as VideoId));
    if (this.assets.length > 1) good(await this.user.removeAsset(call(), this.assets.shift() as AssetId));
    good(await this.user.removeProject(call(), this.#own()));
    await this.begin();
  }

  /** Every list, by name. */
  lists(): Record<string, (page: PageRequest) => Promise<Page<{ readonly id: string }>>> {
    const { user } = this;
    return {
      projects: (page) => user.listProjects(page),
      turns: async (page) => good(await user.listTurns(this.#own(), page)),
      renders: async (page) => good(await user.listRenders(null, page)),
      "renders of a project": async (page) => good(await user.listRenders(this.#own(), page)),
      uploads: (page) => user.listUploads(page),
      assets: (page) => user.listAssets(page),
      videos: (page) => user.listVideos(page, null),
      "videos that are done": (page) => user.listVideos(page, "completed"),
      batches: (page) => user.listBatches(page),
    };
  }

  #own(): ProjectId {
    if (this.project === null) throw new Error("begin() first");
    return this.project;
  }
}

/** Every row of a list, page by page. */
async function pagedToEnd(list: (page: PageRequest) => Promise<Page<{ readonly id: string }>>): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const page: Page<{ readonly id: string }> = await list({ limit: 7, after });
    ids.push(...page.data.map(({ id }) => id));
    if (!page.has_more) return ids;
    after = page.next_cursor;
  }
}

/** What of the second is clearly more than in the first; what grows with the days has become four times as much. */
const grown = (young: Counts, old: Counts): string[] =>
  Object.entries(old).flatMap(([name, n]) =>
    n > (young[name] ?? 0) * 1.3 + 8 ? [`${name}: ${young[name] ?? 0} became ${n}`] : [],
  );

const named = (whose: string, counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).map(([name, n]) => [`${whose}.${name}`, n]));

describe("after a year", () => {
  const tidier = new Person(freshAddress());
  const keeper = new Person({ ...tidier.at, uh: randomUserHash(random) });
  const tenant = tenantRpc(tidier.at);
  const kept: Counts[] = [];
  const read: Counts[] = [];

  /** What is done on a day of the period. */
  const DONE: Readonly<Record<number, (day: number) => Promise<unknown>>> = {
    0: (day) => Promise.all([tidier.video(`video ${day}`), keeper.turn(`make a ${1 + (day % 3)} second video`)]),
    4: (day) => Promise.all([tidier.upload(PNG, `upload ${day}`), keeper.upload(PNG), keeper.render()]),
    5: async () => {
      await Promise.all([tidier.attachLast(), keeper.attachLast()]);
      const [endpoint] = await tenant.listEndpoints();
      good(await tenant.testEndpoint(call(), endpoint?.id as EndpointId, null));
    },
    9: async () => {
      const deleted = tidier.upload(null).then((id) => uploadRpc(tidier.at, id).remove());
      const failed = tidier.upload(Uint8Array.from([1, 2, 3]));
      const ticket = tidier.turn("credits").then((id) => tidier.user.makeTicket(call(), id));
      await Promise.all([tidier.upload(null), deleted, failed, ticket, keeper.batch()]);
    },
    12: async (day) => {
      good(await tidier.user.openSession(call(`session ${day}`)));
      good(await tidier.user.signOut(call()));
      const hook = good(
        await tenant.subscribeHook(call(), { target_url: `${RECEIVER}/hook`, event: "batch.completed" }),
      );
      good(await tenant.unsubscribeHook(hook.hook.id as EndpointId));
      await Promise.all([tidier.video(`another ${day}`), keeper.turn("credits")]);
    },
    15: () => tidier.deleteOld(),
    16: async () => {
      await tidier.deleteOld();
      const page = { limit: 3, after: null };
      for (const person of [tidier, keeper]) for (const list of Object.values(person.lists())) await list(page);
      await tenant.listEvents(0, 5, keeper.at.uh);
      await tenant.listEvents((await tenant.cursor()) - 3, 5, null);
      await tenant.listDeliveries(page);
      await tenant.readUsage("day", { from: toDay(clock.now() - 5 * DAY_MS), to: toDay(clock.now()) }, page);
    },
  };

  async function everything(): Promise<Counts> {
    const uploads = [tidier, keeper].flatMap(({ at, uploads }) => uploads.map((id) => uploadObjectName(at, id)));
    const files = (await keysUnder(env.MEDIA, tenantPrefix(tidier.at.tenant))).filter(
      (key) => key.startsWith(userPrefix(tidier.at)) || key.includes("/events/"),
    );
    return {
      ...named("tidier", await rowsOf(userStub(tidier.at))),
      ...named("keeper", await rowsOf(userStub(keeper.at))),
      ...named("tenant", await rowsOf(tenantStub(tidier.at))),
      "tidier.listed": await runInDurableObject(tenantStub(tidier.at), (_, { storage: { sql } }) => {
        const query = "SELECT count(*) AS n FROM resources WHERE substr(id, -16) = ?";
        return sql.exec<{ n: number }>(query, tidier.at.uh).one().n;
      }),
      ...named("uploads", sumOf(await Promise.all(uploads.map((name) => rowsOf(env.UPLOAD.getByName(name)))))),
      ...named("D1", await rowsOfD1(env.DB)),
      ...named("memory", maps.held()),
      files: files.length,
    };
  }

  beforeAll(async () => {
    good(await tenant.createEndpoint(call(), { url: `${RECEIVER}/in`, types: ["*"] }));
    await Promise.all([tidier.begin(), keeper.begin()]);
    const reads = await meterReads(tenantStub(tidier.at));
    for (let day = 0; day < OLD; day++) {
      await DONE[day % PERIOD]?.(day);
      clock.step(DAY_MS);
      const age = day + 1;
      if (DONE[day % PERIOD] === undefined && age % 5 > 0) continue; // no request, and nothing is due by the minute
      await deleteExpired(env, clock.now());
      await until(async () => true);
      if (age === YOUNG - WINDOW || age === OLD - WINDOW) reads();
      if (age !== YOUNG && age !== OLD) continue;
      read.push(reads());
      kept.push(await everything());
    }
  }, TIMEOUT_MS);

  it("no additional data remains: no row, no file, nothing in memory", () => {
    const [young = {}, old = {}] = kept;
    expect(grown(young, old).filter((line) => MAY_GROW[line.split(":")[0] ?? ""] === undefined)).toEqual([]);
  });

  it("no statement reads more rows than before", () => {
    const [young = {}, old = {}] = read;
    const known = Object.fromEntries(Object.entries(old).filter(([query]) => young[query] !== undefined));
    expect(grown(young, known).filter((line) => !MAY_READ_MORE.some((one) => one.test(line)))).toEqual([]);
  });

  it("all retained data is there: every list continues to its end", async () => {
    const { turns, renders, assets, videos, batches, projects } = await rowsOf(userStub(keeper.at));
    const lists = keeper.lists();
    const found: Record<string, string[]> = {};
    for (const [name, list] of Object.entries(lists)) {
      const ids = await pagedToEnd(list);
      expect(new Set(ids).size, name).toBe(ids.length);
      found[name] = ids;
    }
    const there = Object.fromEntries(Object.entries(found).map(([name, ids]) => [name, ids.length]));
    expect(there).toMatchObject({ renders, assets, videos, batches, projects });
    const { deliveries, events } = await rowsOf(tenantStub(keeper.at));
    expect(await pagedToEnd((page) => tenant.listDeliveries(page))).toHaveLength(deliveries ?? 0);
    const published: string[] = [];
    for (let cursor = 0, more = true; more; ) {
      const page = await tenant.listEvents(cursor, 7, null);
      published.push(...page.data.map(({ id }) => id));
      [cursor, more] = [page.next_cursor, page.has_more];
    }
    expect(new Set(published).size).toBe((events ?? 0) - 1); // but for the sample
    expect([there.turns, turns]).toEqual([(2 * OLD) / PERIOD, (3 * OLD) / PERIOD]); // a batch's turn is in its own project
    expect(assets).toBe(OLD / PERIOD);
  });
});
