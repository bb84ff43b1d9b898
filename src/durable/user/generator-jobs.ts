/** Generators that the agent is asked to write: ordered, read, and made step by step, each step under a key of its own. */

import { type Refusal, refusal } from "../../core/errors.ts";
import { builtInGenerator } from "../../core/generators/built-in.ts";
import {
  type Making,
  type MakingOrder,
  newMakingOf,
  nextMakingStep,
  toFailedMaking,
  toReady,
} from "../../core/generators/job.ts";
import { recipeRequest } from "../../core/generators/recipe.ts";
import { type MakingId, ownedId, plainId, slugOf, type TurnId } from "../../core/ids.ts";
import { GENERATORS_PER_SCOPE } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { RecipeWire } from "../../core/wire/generator.ts";
import type { MakingWire } from "../../core/wire/making.ts";
import { newTurn } from "../../core/wire/turn.ts";
import { insertGenerator } from "../../store/generators.ts";
import type { Ground } from "../shared/context.ts";
import type { Database } from "../shared/database.ts";
import { asRepeated, findRepeat, keepRepeat, stepKey } from "../shared/idempotency.ts";
import { TryAgain } from "../shared/jobs.ts";
import { isFull, isPassing, lookAfter } from "../shared/problems.ts";
import { enterAsNew, type Home, isNamed, MAKING, originOf } from "./context.ts";
import type { Projects } from "./projects.ts";
import { endedTurn } from "./turns/settle.ts";
import { failureOf, refuseCallback, type TurnRows } from "./turns/store.ts";
import type { Turns } from "./turns/turns.ts";

/* The rows of generators that the agent is asked to write, and what callers see of them. */

export const MAKING_TABLES = `
  CREATE TABLE makings (
    id TEXT PRIMARY KEY,
    turn TEXT,                        -- the one it waits for
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX makings_by_turn ON makings (turn);
`;

/** When to read one again. Chosen: a turn of words alone takes seconds. */
const POLL_AFTER_SECONDS = 3;

export class MakingRows {
  readonly #ground: Ground;
  readonly #database: Database;

  constructor(ground: Ground, database: Database) {
    this.#ground = ground;
    this.#database = database;
  }

  find(id: MakingId): Making | null {
    if (!this.#database.exists()) return null;
    const row = this.#ground.sql.exec<{ record: string }>("SELECT record FROM makings WHERE id = ?", id).toArray()[0];
    return row === undefined ? null : (JSON.parse(row.record) as Making); // written by save() only
  }

  save(making: Making): void {
    this.#ground.sql.exec(
      "INSERT OR REPLACE INTO makings (id, turn, record) VALUES (?, ?, ?)",
      making.id,
      making.turn,
      JSON.stringify(making),
    );
  }

  waitingFor(turn: TurnId): MakingId[] {
    const rows = this.#ground.sql.exec<{ id: MakingId }>("SELECT id FROM makings WHERE turn = ?", turn).toArray();
    return rows.map(({ id }) => id);
  }
}

export function showMaking(home: Home, making: Making): MakingWire {
  const { charged, spent, endedAt, status } = making;
  return {
    id: making.id,
    status,
    description: making.description,
    generator_id: status === "ready" ? making.generator : null,
    slug: making.storedAs,
    made_by: making.madeBy,
    fault: making.fault,
    project_id: making.project,
    turn_id: making.turn,
    charged,
    credits: charged === null ? null : { amount: spent, basis: spent === null ? "unknown" : "measured" },
    error: making.error === null ? null : failureOf(making.error),
    status_url: `${originOf(home)}/v1/generators/makings/${making.id}`,
    poll_after_seconds: endedAt === null ? POLL_AFTER_SECONDS : null,
    created_at: toRfc3339(making.createdAt),
    ended_at: endedAt === null ? null : toRfc3339(endedAt),
  };
}

type Tools = { readonly projects: Projects; readonly turns: Turns; readonly turnRows: TurnRows };

/** Its name at upstream, and its project's here. */
const MAKER = "generator-maker-generator";

export class Makings {
  readonly #home: Home;
  readonly #rows: MakingRows;
  readonly #tools: Tools;

  constructor(home: Home, rows: MakingRows, tools: Tools) {
    this.#home = home;
    this.#rows = rows;
    this.#tools = tools;
    home.outbox.heard((resource) => {
      if (!resource.startsWith("trn_")) return;
      for (const id of rows.waitingFor(resource as TurnId)) home.schedule.owe(MAKING, id, home.ground.now());
    });
  }

  /** Commits the order; the schedule makes it. */
  async start(call: Call, order: MakingOrder): Promise<Result<MakingWire, Refusal>> {
    const { ground, address, schedule } = this.#home;
    const refused = refuseCallback(this.#home, { callback_url: order.callback ?? undefined });
    if (refused !== null) return err(refused);
    const entered = await enterAsNew(this.#home, call);
    if (!entered.ok) return entered;
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value !== null) return asRepeated(this.read(repeat.value as MakingId)); // written by this method only
    const now = ground.now();
    const id = ownedId("mak", address.uh, now, ground.random);
    const generator = plainId("gen", now, ground.random);
    const making = { ...newMakingOf(order, id, generator, now), key: call.key ?? null };
    ground.storage.transactionSync(() => {
      this.#rows.save(making);
      keepRepeat(ground, call, making.id);
      schedule.owe(MAKING, making.id, now);
    });
    await ground.boundary("making.intent");
    schedule.tick();
    return ok(showMaking(this.#home, making));
  }

  read(id: MakingId): Result<MakingWire, Refusal> {
    const making = this.#rows.find(id);
    return making === null ? err(noMaking()) : ok(showMaking(this.#home, making));
  }

  /** The schedule's work for one making: every step that can be made now. */
  async perform(id: MakingId): Promise<void> {
    const { ground, schedule } = this.#home;
    for (;;) {
      const making = this.#rows.find(id);
      if (making === null || making.endedAt !== null) return schedule.done(MAKING, id);
      const step = nextMakingStep(making, endedTurn(this.#home, this.#tools.turnRows, making.turn), ground.now());
      if (step.do === "wait") return schedule.owe(MAKING, id, ground.now() + ground.config.waits.videoLook);
      const next =
        step.do === "fail"
          ? ok(step.making)
          : step.do === "store"
            ? await this.#store(step.making, step.recipe)
            : await this.#make(step.do, making);
      if (!next.ok && isFull(next.error)) return schedule.owe(MAKING, id, ground.now() + lookAfter(ground, next.error));
      if (!next.ok && isPassing(next.error)) throw new TryAgain("not made", next.error);
      await ground.boundary("making.step");
      this.#keep(next.ok ? next.value : toFailedMaking(making, next.error, ground.now()));
    }
  }

  /** Gives one that keeps failing an end. */
  giveUp(id: MakingId): void {
    const making = this.#rows.find(id);
    if (making === null || making.endedAt !== null) return;
    const lost = refusal("nemo_unavailable", "The generator could not be taken further; have it made again later.", {
      hint: "POST /v1/generators/make",
    });
    this.#keep(toFailedMaking(making, lost, this.#home.ground.now()));
  }

  /** Writes a step, and tells an end. */
  #keep(making: Making): void {
    this.#home.ground.storage.transactionSync(() => {
      this.#rows.save(making);
      if (making.status === "making") return;
      this.#home.outbox.add(`making.${making.status}`, making.id, showMaking(this.#home, making), making);
    });
  }

  async #make(what: "make_project" | "start_turn", making: Making): Promise<Result<Making, Refusal>> {
    const { projects, turns } = this.#tools;
    if (what === "make_project" || making.project === null) {
      const made = await projects.create(this.#call(making, "project"), { name: MAKER, metadata: {} });
      return made.ok ? ok({ ...making, project: made.value.id }) : made;
    }
    const language = making.language === null ? {} : { language: making.language };
    const body = newTurn.parse({ prompt: recipeRequest(making.description), route: "chat", ...language });
    const told = builtInGenerator(MAKER)?.attribution ?? null;
    const made = await turns.start(this.#call(making, "turn"), making.project, body, told, undefined, "making");
    return made.ok ? ok({ ...making, turn: made.value.id }) : made;
  }

  /** Stores the generator for the whole tenant. A slug that was taken meanwhile gets an ending: the answer was paid for. */
  async #store(making: Making, recipe: RecipeWire): Promise<Result<Making, Refusal>> {
    const { ground, address } = this.#home;
    const { generator: id, madeBy } = making;
    const at = making.createdAt;
    const store = (slug: string) =>
      insertGenerator(ground.env.DB, address, { id, slug, madeBy: madeBy ?? "agent", recipe, at, repeat: null });
    const wanted = making.slug ?? slugOf(recipe.name);
    const free = builtInGenerator(wanted) === null;
    const first = free ? await store(wanted) : err("slug_taken" as const);
    const made = !first.ok && first.error === "slug_taken" ? await store(slugOf(wanted, id)) : first;
    return made.ok ? ok(toReady(making, made.value.slug, ground.now())) : err(tooMany());
  }

  /** A call in the making's own name. */
  #call({ id, key = null }: Making, step: string): Call {
    const home = this.#home;
    const repeat = { key: stepKey(id, step), fingerprint: id };
    return { origin: originOf(home), named: isNamed(home), repeat, key };
  }
}

const noMaking = (): Refusal =>
  refusal("not_found", "No generator with this id is being made here.", { hint: "POST /v1/generators/make" });

const tooMany = (): Refusal =>
  refusal("too_many_generators", `A tenant has at most ${GENERATORS_PER_SCOPE} generators; delete one first.`, {
    hint: "DELETE /v1/generators/{id}",
  });
