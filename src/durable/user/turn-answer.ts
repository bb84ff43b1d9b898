/** Turns that are commands: answered here in the shape of any other turn, without a message to Nemo. */
import { type Action, actionFor, actionOf } from "../../core/action.ts";
import { sayCredits, sayCreditsShared, sayExport, sayUpload } from "../../core/answer-words.ts";
import type { Refusal } from "../../core/errors.ts";
import type { RenderId, TurnId } from "../../core/ids.ts";
import type { Command } from "../../core/intent.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Turn } from "../../core/turn.ts";
import { newRender } from "../../core/wire/render.ts";
import { madeUnder } from "../repeats.ts";
import { type Home, isNamed, originOf } from "./home.ts";
import type { Renders } from "./renders.ts";
import type { TurnSettle } from "./turn-settle.ts";

/** The key of the render that a turn orders. */
const renderStepOf = (id: TurnId): string => `turn ${id}`;

type Answer = { readonly text: string; readonly actions: readonly Action[] };

export class TurnAnswer {
  readonly #home: Home;
  readonly #settle: TurnSettle;
  readonly #renders: Renders;

  constructor(home: Home, settle: TurnSettle, renders: Renders) {
    this.#home = home;
    this.#settle = settle;
    this.#renders = renders;
  }

  /**
   * Carries the command out and ends its turn, unless it was cancelled meanwhile. Safe to repeat after a crash: only an export
   * changes anything, and it is keyed.
   */
  async perform(turn: Turn, command: Command): Promise<void> {
    const answer = await this.#answer(turn, command);
    if (!answer.ok) {
      this.#settle.end(turn.id, { verdict: { status: "failed", charged: "no" }, error: answer.error });
      return;
    }
    const { text, actions } = answer.value;
    this.#settle.end(turn.id, {
      verdict: { status: "completed", charged: "no" },
      error: null,
      says: [
        { type: "message", message: 1, text, partial: false },
        ...actions.map((action) => ({ type: "action" as const, ...actionFor(action, turn.project) })),
      ],
    });
  }

  /** Takes back what a command that is cancelled has made: an earlier instance may have ordered its export. */
  takeBack(id: TurnId): void {
    const made = madeUnder(this.#home.ground, renderStepOf(id));
    if (made !== null) this.#renders.cancel(made as RenderId); // made by render() only
  }

  /** Orders the one render that a turn may ask for by itself; none where `isWanted` says no at the commit. */
  render(turn: Turn, isWanted: () => boolean = () => true): Promise<Result<unknown, Refusal>> {
    const call = {
      origin: originOf(this.#home),
      named: false,
      repeat: { key: renderStepOf(turn.id), fingerprint: turn.id },
      key: turn.key ?? null,
    };
    return this.#renders.start(call, turn.project, newRender.parse({}), turn.attribution, isWanted);
  }

  async #answer(turn: Turn, command: Command): Promise<Result<Answer, Refusal>> {
    switch (command) {
      case "state": {
        const seen = await this.#settle.picture(turn.project);
        return "code" in seen ? err(seen) : ok({ text: seen.summary, actions: [actionOf("timeline")] });
      }
      case "credits": {
        const { account } = this.#home;
        // A user reads this turn; what is shared with others is the tenant's to know. The token in use may change meanwhile.
        const isOpen = async (): Promise<boolean> => !isNamed(this.#home) || (await account.isOwn());
        const shared = ok({ text: sayCreditsShared(turn.speech), actions: [] });
        if (!(await isOpen())) return shared;
        const read = await account.read((token) => account.nemo.readCredits(token));
        if (!read.ok) return read;
        if (!(await isOpen())) return shared;
        return ok({
          text: sayCredits(read.value.available, read.value.frozen, turn.speech),
          actions: [actionOf("credits")],
        });
      }
      case "export": {
        const ordered = await this.render(turn, () => this.#settle.isOpen(turn.id));
        return ordered.ok ? ok({ text: sayExport(turn.speech), actions: [] }) : ordered;
      }
      case "upload":
        return ok({ text: sayUpload(turn.speech), actions: [actionOf("upload")] });
    }
  }
}
