/** Turns that are commands: answered here in the shape of any other turn, without a message to Nemo. */
import { type Action, actionFor, actionOf } from "../../core/action.ts";
import { sayCredits, sayExport, sayUpload } from "../../core/answer-words.ts";
import type { Refusal } from "../../core/errors.ts";
import type { Command } from "../../core/intent.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Turn } from "../../core/turn.ts";
import { newRender } from "../../core/wire/render.ts";
import { type Home, originOf } from "./home.ts";
import type { Renders } from "./renders.ts";
import type { TurnSettle } from "./turn-settle.ts";

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

  /** Carries the command out and ends its turn. Safe to repeat after a crash: only an export changes anything, and it is keyed. */
  async perform(turn: Turn, command: Command): Promise<void> {
    const answer = await this.#answer(turn, command);
    if (!answer.ok) return this.#settle.end(turn, { status: "failed", charged: "no" }, null, answer.error);
    const { text, actions } = answer.value;
    this.#home.log.append(turn.id, [
      { type: "message", message: 1, text, partial: false },
      ...actions.map((action) => ({ type: "action" as const, ...actionFor(action, turn.project) })),
    ]);
    this.#settle.end(turn, { status: "completed", charged: "no" }, null, null);
  }

  /** Orders the one render that a turn may ask for by itself. */
  render(turn: Turn): Promise<Result<unknown, Refusal>> {
    const call = {
      origin: originOf(this.#home),
      named: false,
      repeat: { key: `turn ${turn.id}`, fingerprint: turn.id },
      key: turn.key ?? null,
    };
    return this.#renders.start(call, turn.project, newRender.parse({}), turn.attribution);
  }

  async #answer(turn: Turn, command: Command): Promise<Result<Answer, Refusal>> {
    switch (command) {
      case "state": {
        const seen = await this.#settle.picture(turn.project);
        return "code" in seen ? err(seen) : ok({ text: seen.summary, actions: [actionOf("timeline")] });
      }
      case "credits": {
        const read = await this.#home.account.read((token) => this.#home.account.nemo.readCredits(token));
        if (!read.ok) return read;
        return ok({
          text: sayCredits(read.value.available, read.value.frozen, turn.speech),
          actions: [actionOf("credits")],
        });
      }
      case "export": {
        const ordered = await this.render(turn);
        return ordered.ok ? ok({ text: sayExport(turn.speech), actions: [] }) : ordered;
      }
      case "upload":
        return ok({ text: sayUpload(turn.speech), actions: [actionOf("upload")] });
    }
  }
}
