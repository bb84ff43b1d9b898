/** What callers ask of turns: to start one, to read it, to follow it. Running and settling are next door. */
import { type Refusal, refusal } from "../../core/errors.ts";
import { ownedId, type ProjectId, type TurnId } from "../../core/ids.ts";
import { intentOf } from "../../core/intent.ts";
import { EVENTS_TTL_MS, QUEUED_TURNS_PER_PROJECT } from "../../core/limits.ts";
import type { Pass } from "../../core/pass.ts";
import type { Call, Page, PageRequest, Watching } from "../../core/ports.ts";
import { type Metered, metered } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type SpeechLanguage, speechLanguage } from "../../core/speech-language.ts";
import { newTurnOf, type Turn } from "../../core/turn.ts";
import type { PromptSource } from "../../core/user-view.ts";
import type { AttributionWire } from "../../core/wire/attribution.ts";
import type { NewTurn, TurnWire } from "../../core/wire/turn.ts";
import type { TurnEventsPage, TurnEventWire } from "../../core/wire/turn-event.ts";
import { readMeta, writeMeta } from "../database.ts";
import { pageOf } from "../page.ts";
import { giveQuota, keepPlace, takeQuota } from "../quota.ts";
import { asRepeated, findRepeat, goneFor, keepRepeat } from "../repeats.ts";
import { refuseCallback } from "./callback.ts";
import { enter, type Home, TURN } from "./home.ts";
import { noProject, type Projects } from "./projects.ts";
import type { TurnRows } from "./turn-rows.ts";
import { aheadEndsBy, eventsUrl, showTurn } from "./turn-show.ts";
import { tooManyWait, type Waiting } from "./waiting.ts";
import type { Watchers } from "./watchers.ts";

export class Turns {
  readonly #home: Home;
  readonly #projects: Projects;
  readonly #rows: TurnRows;
  readonly #watchers: Watchers;
  readonly #waiting: Waiting;

  constructor(home: Home, projects: Projects, rows: TurnRows, watchers: Watchers, waiting: Waiting) {
    this.#home = home;
    this.#projects = projects;
    this.#rows = rows;
    this.#watchers = watchers;
    this.#waiting = waiting;
  }

  /**
   * Commits the intent and its first event; the schedule sends it when the project is free. `isWanted` is asked with the
   * commit, nothing comes between: where it says no, there is no project for it any more.
   */
  async start(
    call: Call,
    project: ProjectId,
    body: NewTurn,
    attribution: AttributionWire | null = null,
    isWanted: () => boolean = () => true,
    source: PromptSource = "caller",
  ): Promise<Metered<TurnWire>> {
    if (this.#projects.find(project) === null) {
      const { ground, database } = this.#home;
      return err(goneFor(ground, database.exists(), call, noProject()));
    }
    const unreachable = refuseCallback(this.#home, body);
    if (unreachable !== null) return err(unreachable);
    enter(this.#home, call);
    const { ground, address, schedule } = this.#home;
    const known = this.#known(call, project);
    if (known !== null) return known;
    const turn = newTurnOf({
      id: ownedId("trn", address.uh, ground.now(), ground.random),
      project,
      prompt: body.prompt,
      intent: body.route === "chat" ? "chat" : intentOf(body.prompt),
      act: body.act,
      language: body.language ?? null,
      speech: this.#speech(call, body),
      metadata: body.metadata,
      callback: body.callback_url ?? null,
      onSessionLoss: body.on_session_loss,
      source,
      attribution,
      key: call.key ?? null,
      createdAt: ground.now(),
    });
    const taken = await takeQuota(ground, call, [{ quota: "concurrent_turns", ref: turn.id, amount: 1 }]);
    const twin = this.#known(call, project); // one may have come while the place was taken
    const isGone = this.#projects.find(project) === null || !isWanted(); // or the project was deleted
    if ((twin !== null || isGone) && taken.ok) giveQuota(ground, turn.id);
    if (twin !== null) return twin;
    if (!taken.ok) return taken;
    if (isGone) return err(noProject());
    ground.storage.transactionSync(() => {
      const opening = this.#opening(turn);
      this.#rows.add(turn);
      keepRepeat(ground, call, turn.id);
      this.#home.log.append(turn.id, opening);
      schedule.owe(TURN, turn.id, ground.now());
    });
    keepPlace(ground, turn.id);
    await ground.boundary("turn.intent");
    schedule.tick();
    return metered(showTurn(this.#home, this.#rows, turn), taken.value);
  }

  /** The start of a new instance: the word that a turn was committed may be lost with the last one. */
  keepPlaces(): void {
    for (const turn of this.#rows.inPhases(["queued", "sending", "streaming", "settling"]))
      keepPlace(this.#home.ground, turn.id);
  }

  /** Whether it asks the agent to write a generator: the tenant's own. */
  isMaking(id: TurnId): boolean {
    return this.#rows.find(id)?.source === "making";
  }

  /** What the call's key made before, or why nothing can be made now; null when it can. */
  #known(call: Call, project: ProjectId): Metered<TurnWire> | null {
    const repeat = findRepeat(this.#home.ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value !== null) return { ...asRepeated(this.read(repeat.value as TurnId)), repeated: true }; // written by start() only
    return this.#rows.waitingIn(project) >= QUEUED_TURNS_PER_PROJECT ? err(queueFull()) : null;
  }

  read(id: TurnId): Result<TurnWire, Refusal> {
    const turn = this.#rows.shown(id);
    return turn === null ? err(noTurn()) : ok(showTurn(this.#home, this.#rows, turn));
  }

  list(project: ProjectId, page: PageRequest): Result<Page<TurnWire>, Refusal> {
    if (this.#projects.find(project) === null) return err(noProject());
    const turns = this.#rows.page(project, page);
    const show = (turn: Turn): TurnWire => showTurn(this.#home, this.#rows, turn);
    return ok(pageOf(turns, page, (turn) => turn.id, show));
  }

  /** A stream of the turn's events after the cursor; "ended" when the cursor already stands at the last of an ended turn. */
  watch(id: TurnId, after: number, pass: Pass | null): Result<Watching, Refusal> {
    const turn = this.#kept(id);
    if (!turn.ok) return turn;
    if (turn.value.phase === "ended" && after >= this.#home.log.last(id)) return ok({ kind: "ended" });
    const opened = this.#watchers.open(id, after, pass);
    return opened.ok ? ok({ kind: "stream", body: opened.value }) : opened;
  }

  /** A page of events after the cursor; waits up to `waitMs` for the first one of a turn that is still going on. */
  async readEvents(id: TurnId, after: number, limit: number, waitMs: number): Promise<Result<TurnEventsPage, Refusal>> {
    const turn = this.#kept(id);
    if (!turn.ok) return turn;
    const { log } = this.#home;
    const nothingYet = turn.value.phase !== "ended" && log.readAfter(id, after, 1).length === 0;
    if (nothingYet && waitMs > 0) {
      if (this.#waiting.isFull) return err(tooManyWait());
      await this.#waiting.forChange(id, waitMs);
    }
    const frames = log.readAfter(id, after, limit);
    const last = frames.at(-1)?.seq ?? after;
    const ended = this.#rows.shown(id)?.phase === "ended" && last >= log.last(id);
    const data = frames.map(({ seq, data }) => ({ id: seq, event: JSON.parse(data) as TurnEventWire })); // rows of our own log
    return ok({ data, next_after: last, ended });
  }

  /** The turn once it has ended, or as it is when the time is over. */
  async awaitEnd(id: TurnId, waitMs: number): Promise<Result<TurnWire, Refusal>> {
    const until = this.#home.ground.now() + waitMs;
    for (;;) {
      const turn = this.#rows.shown(id);
      const left = until - this.#home.ground.now();
      const isCrowded = this.#waiting.isFull; // a preference may be passed over (RFC 7240)
      if (turn === null || turn.phase === "ended" || left <= 0 || isCrowded) return this.read(id);
      await this.#waiting.forChange(id, left);
    }
  }

  /** The language to speak to this caller in; what it named is remembered for its next turns. */
  #speech(call: Call, { language, prompt }: NewTurn): SpeechLanguage {
    const { sql } = this.#home.ground;
    const last = readMeta(sql, "language");
    if (language !== undefined && language !== last) writeMeta(sql, "language", language);
    return speechLanguage({ explicit: language ?? null, last, acceptLanguage: call.acceptLanguage ?? null, prompt });
  }

  #opening(turn: Turn): TurnEventWire[] {
    const started: TurnEventWire = { type: "turn.started", id: turn.id, events_url: eventsUrl(this.#home, turn.id) };
    const runs = this.#rows.runningIn(turn.project);
    const running = runs === null ? null : this.#rows.find(runs);
    const ahead = this.#rows.waitingIn(turn.project) + (running === null ? 0 : 1);
    if (ahead === 0) return [started];
    const by = running === null ? null : aheadEndsBy(running, this.#home.ground.config.waits);
    return [started, { type: "turn.queued", id: turn.id, position: ahead, ahead_ends_by: by }];
  }

  /** The turn, if its events are still kept. */
  #kept(id: TurnId): Result<Turn, Refusal> {
    const turn = this.#rows.shown(id);
    if (turn === null) return err(noTurn());
    const kept = turn.endedAt === null || this.#home.ground.now() - turn.endedAt <= EVENTS_TTL_MS;
    return kept ? ok(turn) : err(eventsExpired(id));
  }
}

export const noTurn = (): Refusal =>
  refusal("not_found", "No turn with this id exists here; list yours with GET /v1/projects/{id}/turns.");

const eventsExpired = (id: TurnId): Refusal =>
  refusal("events_expired", "A turn's events are kept for 24 hours after its end; the turn itself is still there.", {
    hint: `GET /v1/turns/${id}`,
  });

const queueFull = (): Refusal =>
  refusal(
    "queue_full",
    `${QUEUED_TURNS_PER_PROJECT} turns of this project are waiting; send this one when some have ended.`,
    {
      retryAfterSeconds: 30,
      charged: "no",
    },
  );
