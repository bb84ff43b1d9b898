/** The agent's words told to people: numbered messages without instructions for a GUI, which become suggested calls. */
import { type Action, actionFor } from "../../core/action.ts";
import { GuiTalkStream, translateGuiTalk } from "../../core/gui-talk.ts";
import type { ProjectId } from "../../core/ids.ts";
import { MESSAGE_CHARS } from "../../core/limits.ts";
import { isTrailingNoise, saysNoCredits } from "../../core/noise.ts";
import { cutAt } from "../../core/text.ts";
import type { TurnEventWire } from "../../core/wire/turn-event.ts";

export class Speaker {
  readonly #project: ProjectId;
  readonly #suggested = new Set<string>();
  #message = 1;
  /** The message being told in pieces; null between messages. */
  #pieces: GuiTalkStream | null = null;
  #shown = false;
  /** Every call suggested so far. */
  readonly actions: Action[] = [];

  constructor(project: ProjectId) {
    this.#project = project;
  }

  /** A piece of a message: what of it is known to be a whole sentence by now. */
  piece(text: string): TurnEventWire[] {
    this.#pieces ??= new GuiTalkStream();
    const told = this.#pieces.push(text);
    return [...this.#say(told.text, true), ...this.#suggest(told.actions)];
  }

  /** A whole message, which replaces its pieces. Nothing is said of one that was nothing but instructions. */
  whole(text: string): TurnEventWire[] {
    const told = translateGuiTalk(text);
    const events = [...this.#say(told.text, false), ...this.#suggest(told.actions)];
    this.#pieces = null;
    this.#shown = false;
    return events;
  }

  /** True for the apology that follows a turn which went well; alone it is the turn's answer. */
  isNoise(text: string, worked: boolean): boolean {
    return worked && !this.#shown && isTrailingNoise(text);
  }

  /** True when the agent's only answer is that credits are exhausted. */
  isRefusal(text: string, worked: boolean): boolean {
    return !worked && saysNoCredits(text);
  }

  #say(text: string, partial: boolean): TurnEventWire[] {
    if (text === "" && !(this.#shown && !partial)) return [];
    this.#shown ||= partial;
    const pieces = piecesOf(text.toWellFormed()).map(
      (piece): TurnEventWire => ({ type: "message", message: this.#message, text: piece, partial }),
    );
    if (partial) return pieces;
    // A text too long for one row is told as several messages.
    return pieces.map((told) => ({ ...told, message: this.#message++ }) as TurnEventWire);
  }

  #suggest(actions: readonly Action[]): TurnEventWire[] {
    const fresh = actions.filter(({ action }) => !this.#suggested.has(action));
    for (const action of fresh) this.#suggested.add(action.action);
    this.actions.push(...fresh);
    return fresh.map((action) => ({ type: "action", ...actionFor(action, this.#project) }));
  }
}

/** A text in pieces that fit into a row, cut between characters. */
function piecesOf(text: string): string[] {
  if (text.length <= MESSAGE_CHARS) return [text];
  const end = cutAt(text, MESSAGE_CHARS);
  return [text.slice(0, end), ...piecesOf(text.slice(end))];
}
