/** Every kind of job of every object, with a clock that the test moves: failing, ending its instance, scheduled in the past. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { uploadObjectName } from "../../../src/core/address.ts";
import { problemOf } from "../../../src/core/errors.ts";
import { eventId, ownedId } from "../../../src/core/ids.ts";
import { POISON_ATTEMPTS } from "../../../src/core/limits.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { scaledTimings } from "../../../src/core/timings.ts";
import { createRuntime } from "../../../src/durable/shared/context.ts";
import { openDatabase } from "../../../src/durable/shared/database.ts";
import { JOBS, type JobKind, maxFailures } from "../../../src/durable/shared/job-kinds.ts";
import {
  JOBS_TABLE,
  type JobHandler,
  type JobRow,
  JobScheduler,
  RetryLater,
} from "../../../src/durable/shared/jobs.ts";
import type { ObjectKind } from "../../../src/env.ts";
import {
  call,
  env,
  freshAddress,
  good,
  pendingDeliveries,
  random,
  tenantRpc,
  tenantStub,
  until,
  uploadRpc,
  userRpc,
  userStub,
} from "../../support/objects.ts";

/** Every kind there is, with its object. */
const ALL = Object.entries(JOBS).flatMap(([of, kinds]) =>
  Object.keys(kinds).map((kind) => ({ of: of as ObjectKind, kind: kind as JobKind })),
);

const REF = "something";
const EVENT = { type: "render.failed", resource: "rnd_old", sequence: 1, at: Date.now(), uh: "", data: "{}" } as const;

type Moment = { readonly dueAt: number; readonly attempts: number } | null;

/** A schedule in an object's real storage, and a clock in the test's hand. Each `begin` is a new instance. */
class Bench {
  now = 1_800_000_000_000;
  /** Kinds that were given up. */
  readonly givenUp: string[] = [];
  /** Moments at which the work was begun. */
  readonly begun: number[] = [];
  jobs: JobScheduler;
  readonly #state: DurableObjectState;
  readonly #of: ObjectKind;
  readonly #work: (row: JobRow, bench: Bench) => Promise<void>;

  constructor(state: DurableObjectState, of: ObjectKind, work: (row: JobRow, bench: Bench) => Promise<void>) {
    this.#state = state;
    this.#of = of;
    this.#work = work;
    this.jobs = this.begin();
  }

  begin(now: () => number = () => this.now): JobScheduler {
    const laid = createRuntime(this.#state, env);
    const config = { ...laid.config, alarms: false, timings: scaledTimings(1) };
    const runtime = { ...laid, config, now, waitUntil: () => undefined };
    const database = openDatabase(runtime, [JOBS_TABLE]);
    database.ready();
    const worker: JobHandler = {
      perform: async (row) => {
        this.begun.push(now());
        await this.#work(row, this);
      },
      giveUp: ({ kind }) => void this.givenUp.push(kind),
    };
    this.jobs = new JobScheduler(runtime, database, this.#of, worker);
    return this.jobs;
  }

  /** The job's own due time; null when it is not scheduled. */
  moment(): Moment {
    const query = "SELECT due_at AS dueAt, attempts FROM jobs WHERE key = ?";
    return this.#state.storage.sql.exec<{ dueAt: number; attempts: number }>(query, REF).toArray()[0] ?? null;
  }

  /** Goes to the row's moment and does what is due there; answers with how far away the next one is, null when there is none. */
  async next(kind: JobKind): Promise<number | null> {
    this.now = Math.max(this.now, this.moment()?.dueAt ?? 0);
    this.jobs.tick();
    while (this.jobs.isRunning(kind, REF)) await new Promise((resolve) => setTimeout(resolve, 1));
    const moment = this.moment();
    return moment === null ? null : moment.dueAt - this.now;
  }
}

const onBench = (
  of: ObjectKind,
  work: (row: JobRow, bench: Bench) => Promise<void>,
  test: (bench: Bench) => Promise<void>,
) =>
  runInDurableObject(env.TOKEN.getByName(`${freshAddress().tenant}:test`), (_, state) =>
    test(new Bench(state, of, work)),
  );

const busy = problemOf("nemo_busy", "Not now.", { askedSeconds: 120 });

/** The same with every kind, each in storage of its own. */
const everyKind =
  (test: (of: ObjectKind, kind: JobKind, tries: number | null) => Promise<void>): (() => Promise<void>) =>
  async () => {
    await Promise.all(ALL.map(({ of, kind }) => test(of, kind, maxFailures(of, kind))));
  };

beforeEach(() => {
  for (const level of ["info", "warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("jobs of every kind", () => {
  it(
    "that always fail end after their attempts or continue at growing intervals, also when they schedule themselves before they fail",
    everyKind(async (of, kind, tries) => {
      const problem = async (_: JobRow, { jobs, now }: Bench): Promise<void> => {
        jobs.schedule(kind, REF, now);
        jobs.scheduleOnce(kind, REF, now);
        await Promise.resolve();
        throw new Error("rejected");
      };
      await onBench(of, problem, async (bench) => {
        bench.jobs.schedule(kind, REF, bench.now);
        const distances: number[] = [];
        for (let nth = 0; nth < 60; nth++) {
          const distance = await bench.next(kind);
          if (distance === null) break;
          distances.push(distance);
        }
        expect(distances.slice(0, 7)).toEqual([5, 10, 20, 40, 80, 160, 320].map((s) => s * SECOND_MS));
        expect(new Set(distances.slice(7))).toEqual(new Set(tries === POISON_ATTEMPTS ? [] : [10 * MINUTE_MS]));
        expect(bench.begun.length).toBe(tries ?? 60);
        expect(bench.givenUp).toEqual(tries === null ? [] : [kind]);
        expect(bench.moment() === null).toBe(tries !== null);
      });
    }),
  );

  it.each(["check_write", "asset"] as const)("on a file are retried for five and a half hours: %s", async (kind) => {
    const problem = async (): Promise<void> => {
      throw new Error("the store gives nothing");
    };
    await onBench("upload", problem, async (bench) => {
      const began = bench.now;
      bench.jobs.schedule(kind, REF, began);
      while ((await bench.next(kind)) !== null);
      expect(bench.givenUp).toEqual([kind]);
      expect(Math.round((10 * (bench.now - began)) / HOUR_MS) / 10).toBe(5.5);
    });
  });

  it(
    "wait as long as the rejection says",
    everyKind(async (of, kind) => {
      const problem = async (): Promise<void> => {
        throw new RetryLater("rejected", busy);
      };
      await onBench(of, problem, async (bench) => {
        bench.jobs.schedule(kind, REF, bench.now);
        const distances = [await bench.next(kind), await bench.next(kind)];
        expect(distances).toEqual([120 * SECOND_MS, 120 * SECOND_MS]);
      });
    }),
  );

  it(
    "that end their instance each time are given up, or run once an hour",
    everyKind(async (of, kind, tries) => {
      await onBench(
        of,
        () => new Promise(() => undefined),
        async (bench) => {
          bench.jobs.schedule(kind, REF, bench.now);
          for (let abort = 0; abort < 12 && bench.moment() !== null; abort++) {
            bench.now = Math.max(bench.now, bench.moment()?.dueAt ?? 0);
            const before = bench.begun.length;
            bench.jobs.tick();
            await until(async () => bench.begun.length > before || bench.moment() === null);
            bench.begin(); // the instance before it is gone, with all it was doing
          }
          const last = bench.begun.slice(-2);
          expect(bench.begun.length).toBe(tries === null ? 12 : POISON_ATTEMPTS);
          expect(bench.givenUp).toEqual(tries === null ? [] : [kind]);
          if (tries === null) expect((last[1] ?? 0) - (last[0] ?? 0)).toBe(HOUR_MS);
        },
      );
    }),
  );

  it(
    "that schedule themselves in the past run a little later, and others run in between",
    everyKind(async (of, kind) => {
      let served = 0;
      const seen: number[] = [];
      const back = async ({ key }: JobRow, { jobs }: Bench): Promise<void> => {
        seen.push(served);
        setTimeout(() => {
          served += 1;
        }, 0);
        if (seen.length < 10) jobs.schedule(kind, key, 1);
        else jobs.done(kind, key);
      };
      await onBench(of, back, async (bench) => {
        bench.begin(Date.now);
        bench.jobs.schedule(kind, REF, Date.now());
        bench.jobs.tick();
        await until(async () => seen.length === 10 && !bench.jobs.isRunning(kind, REF));
        expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        const apart = bench.begun.slice(1).map((at, nth) => at - (bench.begun[nth] ?? 0));
        expect(Math.min(...apart)).toBeGreaterThan(0);
        expect(bench.moment()).toBeNull();
      });
    }),
  );

  it(
    "that succeed and schedule themselves for now get a later time and no failures",
    everyKind(async (of, kind) => {
      let isFailing = true;
      const work = async ({ key }: JobRow, { jobs, now }: Bench): Promise<void> => {
        if (isFailing) throw new Error("rejected");
        jobs.schedule(kind, key, now);
      };
      await onBench(of, work, async (bench) => {
        bench.jobs.schedule(kind, REF, bench.now);
        await bench.next(kind);
        isFailing = false;
        const distance = await bench.next(kind);
        expect(distance).toBeGreaterThan(0);
        expect(bench.moment()?.attempts).toBe(0);
      });
    }),
  );

  it(
    "that are requested while they complete run once more",
    everyKind(async (of, kind) => {
      const stops = async ({ key }: JobRow, bench: Bench): Promise<void> => {
        if (bench.begun.length === 1) bench.jobs.scheduleOnce(kind, key, bench.now);
        bench.jobs.done(kind, key);
      };
      await onBench(of, stops, async (bench) => {
        bench.jobs.schedule(kind, REF, bench.now);
        expect(await bench.next(kind)).toBeGreaterThan(0);
        expect(await bench.next(kind)).toBeNull();
        expect(bench.begun.length).toBe(2);
      });
    }),
  );
});

describe("a real object with jobs of every kind for missing resources", () => {
  type Left = { kind: string; moment: number };
  type Row = { kind: string; due_at: number; lease_until: number; attempts: number; unfinished: number };

  /** Schedules them all far in the past, waits until each has run, and returns what is due too early. */
  const tooEarly = (
    stub: DurableObjectStub,
    kinds: readonly string[],
    refs: Record<string, string> = {},
  ): Promise<Left[]> =>
    runInDurableObject(
      stub as DurableObjectStub<Rpc.DurableObjectBranded & { alarm(): Promise<void> }>,
      async (object, state) => {
        const { sql } = state.storage;
        const rows = (): Row[] =>
          sql.exec<Row>("SELECT kind, due_at, lease_until, attempts, unfinished FROM jobs").toArray();
        for (const kind of kinds)
          sql.exec("INSERT OR REPLACE INTO jobs (kind, key, due_at) VALUES (?, ?, 1)", kind, refs[kind] ?? "unknown");
        // A moment counts from here: one that a job gave a while ago may be over by the time the others have ended.
        const begun = Date.now();
        await object.alarm();
        return until(async () => {
          const left = rows();
          const isSettled = left.every(
            ({ due_at, attempts, unfinished }) => unfinished === 0 && (attempts > 0 || due_at > 1),
          );
          if (!isSettled) return null;
          return left
            .map(({ kind, due_at, lease_until }) => ({ kind, moment: Math.max(due_at, lease_until) - begun }))
            .filter(({ moment }) => moment <= 0);
        });
      },
    );

  it("of a user has no job due at or before now", async () => {
    const address = freshAddress();
    good(await userRpc(address).createProject(call(), { name: "p", metadata: {} }));
    const ends = ["delete_user", "purge", "audit"]; // the first two end the object, and an entry is whole in its key
    const kinds = Object.keys(JOBS.user).filter((kind) => !ends.includes(kind));
    expect(await tooEarly(userStub(address), kinds)).toEqual([]);
  });

  it("of a tenant has no job due", async () => {
    const address = freshAddress();
    good(await tenantRpc(address).createEndpoint(call(), { url: "http://127.0.0.1:9/in", types: ["*"] }));
    expect(await tooEarly(tenantStub(address), Object.keys(JOBS.tenant))).toEqual([]);
  });

  it("of a tenant that keeps an old event for a younger delivery checks again in a day", async () => {
    const address = freshAddress();
    const newEvent = { ...EVENT, id: await eventId("rnd_old", "render.failed#1") };
    await pendingDeliveries(address, [newEvent], "http://127.0.0.1:9/in");
    const distance = await runInDurableObject(tenantStub(address), async (object, { storage }) => {
      storage.sql.exec("UPDATE events SET at = at - ?", 31 * DAY_MS);
      storage.sql.exec("UPDATE jobs SET due_at = 1 WHERE kind = 'cleanup'");
      await object.alarm();
      return until(async () => {
        const { due_at } = storage.sql.exec<{ due_at: number }>("SELECT due_at FROM jobs WHERE kind = 'cleanup'").one();
        return due_at > 1 && due_at - Date.now();
      });
    });
    expect(distance).toBeGreaterThan(DAY_MS - MINUTE_MS);
    expect(distance).toBeLessThanOrEqual(DAY_MS);
  });

  it("of an upload has no job due", async () => {
    const address = freshAddress();
    const id = ownedId("upl", address.uh, Date.now(), random);
    const body = { filename: "a.mp4", size_bytes: 5, metadata: {} };
    good(await uploadRpc(address, id).create(call(), address, id, body));
    expect(await tooEarly(env.UPLOAD.getByName(uploadObjectName(address, id)), Object.keys(JOBS.upload))).toEqual([]);
  });

  it("of a shared token has no job due", async () => {
    const name = `${freshAddress().tenant}:live`;
    await env.TOKEN.getByName(name).report("none", true);
    const kinds = Object.keys(JOBS.token).filter((kind) => kind !== "audit");
    expect(await tooEarly(env.TOKEN.getByName(name), kinds)).toEqual([]);
  });
});
