/** Generator jobs: the agent is asked to write a generator, in steps that each have their own idempotency key. */

import { type Problem, problemOf } from "../../core/errors.ts";
import { builtInGenerator } from "../../core/generators/built-in.ts";
import {
  type GeneratorJob,
  type GeneratorJobRequest,
  newGeneratorJobOf,
  nextGeneratorJobStep,
  toFailedGeneratorJob,
  toReady,
} from "../../core/generators/job.ts";
import { recipeRequest } from "../../core/generators/recipe.ts";
import { type GeneratorJobId, ownedId, plainId, slugOf, type TurnId } from "../../core/ids.ts";
import { GENERATORS_PER_SCOPE } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { GeneratorJobWire, RecipeWire } from "../../core/wire/generator.ts";
import { newTurn } from "../../core/wire/turn.ts";
import { insertGenerator } from "../../store/generators.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, TablePresence } from "../shared/database.ts";
import { createOnce } from "../shared/idempotency.ts";
import { RetryLater } from "../shared/jobs.ts";
import { isFull, isTransient, retryDelay } from "../shared/problems.ts";
import { admitNewUser, GENERATOR_JOB, originOf, stepCall, type UserContext } from "./context.ts";
import type { UserServices } from "./services.ts";
import { turnOutcome } from "./turns/settle.ts";
import { checkCallback, failureOf } from "./turns/store.ts";

/** When to read one again. Chosen: a turn of text alone takes seconds. */
const POLL_AFTER_SECONDS = 3;

export class GeneratorJobRows {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #presence: TablePresence;

  constructor(runtime: ObjectRuntime, database: Database) {
    this.#runtime = runtime;
    this.#database = database;
    this.#presence = new TablePresence(runtime, "generator_jobs");
  }

  find(id: GeneratorJobId): GeneratorJob | null {
    if (!this.#database.exists()) return null;
    const row = this.#runtime.sql
      .exec<{ record: string }>("SELECT record FROM generator_jobs WHERE id = ?", id)
      .toArray()[0];
    return row === undefined ? null : (JSON.parse(row.record) as GeneratorJob); // written by save() only
  }

  save(generatorJob: GeneratorJob): void {
    this.#runtime.sql.exec(
      "INSERT OR REPLACE INTO generator_jobs (id, turn, record) VALUES (?, ?, ?)",
      generatorJob.id,
      generatorJob.turn,
      JSON.stringify(generatorJob),
    );
    this.#presence.inserted();
  }

  waitingFor(turn: TurnId): GeneratorJobId[] {
    if (!this.#presence.mayHaveRows()) return [];
    const rows = this.#runtime.sql
      .exec<{ id: GeneratorJobId }>("SELECT id FROM generator_jobs WHERE turn = ?", turn)
      .toArray();
    return rows.map(({ id }) => id);
  }
}

export function showGeneratorJob(context: UserContext, generatorJob: GeneratorJob): GeneratorJobWire {
  const { charged, spent, endedAt, status } = generatorJob;
  return {
    id: generatorJob.id,
    status,
    description: generatorJob.description,
    generator_id: status === "completed" ? generatorJob.generator : null,
    slug: generatorJob.storedAs,
    made_by: generatorJob.madeBy,
    fault: generatorJob.fault,
    project_id: generatorJob.project,
    turn_id: generatorJob.turn,
    charged,
    credits: charged === null ? null : { amount: spent, basis: spent === null ? "unknown" : "measured" },
    error: generatorJob.error === null ? null : failureOf(generatorJob.error),
    status_url: `${originOf(context)}/v1/generator_jobs/${generatorJob.id}`,
    poll_after_seconds: endedAt === null ? POLL_AFTER_SECONDS : null,
    created_at: toRfc3339(generatorJob.createdAt),
    ended_at: endedAt === null ? null : toRfc3339(endedAt),
  };
}

/** The attribution sent to Nemo, and the name of the project made here. */
const GENERATOR_MAKER = "generator-maker-generator";

export class GeneratorJobs {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Schedules the generator jobs that wait for a turn. */
  onEvent(resource: string): void {
    const { jobs, runtime, generatorJobRows } = this.#user;
    if (!resource.startsWith("trn_")) return;
    for (const id of generatorJobRows.waitingFor(resource as TurnId)) jobs.schedule(GENERATOR_JOB, id, runtime.now());
  }

  /** Stores the request; its job does the rest. */
  start(call: Call, order: GeneratorJobRequest): Promise<Result<GeneratorJobWire, Problem>> {
    const { runtime, address, jobs } = this.#user;
    const now = runtime.now();
    const id = ownedId("gjb", address.uh, now, runtime.random);
    const generator = plainId("gen", now, runtime.random);
    const generatorJob = newGeneratorJobOf({ ...order, key: call.key ?? null }, id, generator, now);
    return createOnce<unknown, Result<GeneratorJobWire, Problem>>(this.#user, call, {
      existing: (known) => this.read(known as GeneratorJobId), // the key of `commit`
      check: () => checkCallback(this.#user, { callback_url: order.callback ?? undefined }),
      prepare: () => admitNewUser(this.#user, call, [], { isPaid: true }),
      commit: () => {
        this.#user.generatorJobRows.save(generatorJob);
        jobs.schedule(GENERATOR_JOB, id, now);
        return id;
      },
      created: async () => {
        await runtime.failpoint("generator_job.intent");
        jobs.tick();
        return ok(showGeneratorJob(this.#user, generatorJob));
      },
    });
  }

  read(id: GeneratorJobId): Result<GeneratorJobWire, Problem> {
    const generatorJob = this.#user.generatorJobRows.find(id);
    return generatorJob === null ? err(noGeneratorJob()) : ok(showGeneratorJob(this.#user, generatorJob));
  }

  /** Job: runs every step that can run now. */
  async perform(id: GeneratorJobId): Promise<void> {
    const { runtime, jobs } = this.#user;
    for (;;) {
      const generatorJob = this.#user.generatorJobRows.find(id);
      if (generatorJob === null || generatorJob.endedAt !== null) return jobs.done(GENERATOR_JOB, id);
      const step = nextGeneratorJobStep(generatorJob, turnOutcome(this.#user, generatorJob.turn), runtime.now());
      if (step.do === "wait")
        return jobs.schedule(GENERATOR_JOB, id, runtime.now() + runtime.config.timings.videoPollInterval);
      const next =
        step.do === "fail"
          ? ok(step.generatorJob)
          : step.do === "store"
            ? await this.#store(step.generatorJob, step.recipe)
            : await this.#runStep(step.do, generatorJob);
      if (!next.ok && isFull(next.error))
        return jobs.schedule(GENERATOR_JOB, id, runtime.now() + retryDelay(runtime, next.error));
      if (!next.ok && isTransient(next.error)) throw new RetryLater("generator job step failed", next.error);
      await runtime.failpoint("generator_job.step");
      this.#save(next.ok ? next.value : toFailedGeneratorJob(generatorJob, next.error, runtime.now()));
    }
  }

  /** Fails a generator job whose job keeps failing. */
  giveUp(id: GeneratorJobId): void {
    const generatorJob = this.#user.generatorJobRows.find(id);
    if (generatorJob === null || generatorJob.endedAt !== null) return;
    const failure = problemOf(
      "nemo_unavailable",
      "The generator could not be made after several attempts; start again later with POST /v1/generators/make.",
      {
        hint: "POST /v1/generators/make",
      },
    );
    this.#save(toFailedGeneratorJob(generatorJob, failure, this.#user.runtime.now()));
  }

  /** Stores a step, and publishes the end. */
  #save(generatorJob: GeneratorJob): void {
    this.#user.runtime.storage.transactionSync(() => {
      this.#user.generatorJobRows.save(generatorJob);
      if (generatorJob.status === "running") return;
      this.#user.outbox.add(
        `generator_job.${generatorJob.status}`,
        generatorJob.id,
        showGeneratorJob(this.#user, generatorJob),
        generatorJob,
      );
    });
  }

  async #runStep(
    what: "make_project" | "start_turn",
    generatorJob: GeneratorJob,
  ): Promise<Result<GeneratorJob, Problem>> {
    const { projects, turns } = this.#user;
    if (what === "make_project" || generatorJob.project === null) {
      const made = await projects.create(stepCall(this.#user, generatorJob, "project"), {
        name: GENERATOR_MAKER,
        metadata: {},
      });
      return made.ok ? ok({ ...generatorJob, project: made.value.id }) : made;
    }
    const language = generatorJob.language === null ? {} : { language: generatorJob.language };
    const body = newTurn.parse({ prompt: recipeRequest(generatorJob.description), route: "chat", ...language });
    const attribution = builtInGenerator(GENERATOR_MAKER)?.attribution ?? null;
    const call = stepCall(this.#user, generatorJob, "turn");
    const made = await turns.start(call, generatorJob.project, body, { attribution, source: "generator_job" });
    return made.ok ? ok({ ...generatorJob, turn: made.value.id }) : made;
  }

  /**
   * Stores the generator for the whole tenant. If its slug was taken meanwhile, a suffix is added, since the answer
   * has cost credits.
   */
  async #store(generatorJob: GeneratorJob, recipe: RecipeWire): Promise<Result<GeneratorJob, Problem>> {
    const { runtime, address } = this.#user;
    const { generator: id, madeBy } = generatorJob;
    const at = generatorJob.createdAt;
    const store = (slug: string) =>
      insertGenerator(runtime.env.DB, address, { id, slug, madeBy: madeBy ?? "agent", recipe, at, idempotency: null });
    const wanted = generatorJob.slug ?? slugOf(recipe.name);
    const isFree = builtInGenerator(wanted) === null;
    const first = isFree ? await store(wanted) : err("slug_taken" as const);
    const made = !first.ok && first.error === "slug_taken" ? await store(slugOf(wanted, id)) : first;
    return made.ok ? ok(toReady(generatorJob, made.value.slug, runtime.now())) : err(tooMany());
  }
}

const noGeneratorJob = (): Problem =>
  problemOf("not_found", "No generator job with this id exists; start one with POST /v1/generators/make.", {
    hint: "POST /v1/generators/make",
  });

const tooMany = (): Problem =>
  problemOf("too_many_generators", `A tenant may have ${GENERATORS_PER_SCOPE} generators; delete one first.`, {
    hint: "DELETE /v1/generators/{id}",
  });
