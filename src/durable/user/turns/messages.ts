/** Translates Nemo's stream into a turn's public events: messages, suggested calls, stages and times, without tools. */

import { GuiInstructionStream, translateGuiInstructions } from "../../../core/agent-text/gui-instructions.ts";
import { isTrailingNoise, saysNoCredits } from "../../../core/agent-text/noise.ts";
import type { ProjectId } from "../../../core/ids.ts";
import { MESSAGE_CHARS } from "../../../core/limits.ts";
import { cut, cutAt } from "../../../core/text.ts";
import type { EpochMs } from "../../../core/time.ts";
import { type Action, actionFor, type Turn } from "../../../core/turn.ts";
import type { TurnEventWire } from "../../../core/wire/turn.ts";
import type { NemoFailure } from "../../../nemo/errors.ts";
import type { TurnEvent } from "../../../nemo/translate.ts";

/** Splits a text into chunks that fit into a row, at character boundaries. */
function chunksOf(text: string): string[] {
  if (text.length <= MESSAGE_CHARS) return [text];
  const end = cutAt(text, MESSAGE_CHARS);
  return [text.slice(0, end), ...chunksOf(text.slice(end))];
}

/** Joins neighbouring partial texts of a message, as far as they fit into a row. */
function joinChunks(events: readonly TurnEventWire[]): TurnEventWire[] {
  const joined: TurnEventWire[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    const isNext =
      event.type === "message" &&
      event.partial &&
      last?.type === "message" &&
      last.partial &&
      last.message === event.message &&
      last.text.length + event.text.length <= MESSAGE_CHARS;
    if (isNext) joined[joined.length - 1] = { ...last, text: last.text + event.text };
    else joined.push(event);
  }
  return joined;
}

type Stage = Extract<TurnEventWire, { type: "progress" }>["stage"];

/** Name fragments of Nemo's slow tools. Source: nemo-api reference section 9. */
const GENERATING = /generat|seedance|music|suno/i;

/** Messages are numbered and have no instructions for a GUI, which become suggested calls. */
export class StreamTranslator {
  readonly #project: ProjectId;
  readonly #sentAt: EpochMs;
  /** The number of the message that arrives. */
  #message = 1;
  /** The translation of the message that is arriving in chunks; null between messages. */
  #stream: GuiInstructionStream | null = null;
  #hasPartialText = false;
  readonly #openTools = new Map<string, string>();
  #hasText = false;
  /** A record could not be parsed: text may be missing, so the stream does not count as complete. */
  #malformed = false;
  #stage: Stage = "preparing";
  /** Every call that the agent's messages suggested so far, each once. */
  readonly actions: Action[] = [];
  /** Text or tools arrived: Nemo has begun to work. */
  worked = false;
  /** Some of the answer was read. */
  began = false;
  failure: NemoFailure | null = null;
  end: "closed" | "cut" | "cancelled" | null = null;

  constructor(project: ProjectId, sentAt: EpochMs) {
    this.#project = project;
    this.#sentAt = sentAt;
  }

  /** Why Nemo rejected the message before any work; null when work has, or may have, begun. */
  get rejection(): NemoFailure | null {
    return this.failure === null || this.worked || this.failure.reason === "agent_failed" ? null : this.failure;
  }

  /**
   * The public events of one read from Nemo's stream. Chunks of text that arrive together are one event: the more the
   * reader is behind, the fewer events a text has.
   */
  translate(events: readonly TurnEvent[], now: EpochMs): TurnEventWire[] {
    this.began = true;
    const translated: TurnEventWire[] = [];
    for (const event of events) {
      switch (event.type) {
        case "text":
          translated.push(...this.#enterStage("working", now), ...this.#readText(event.text, event.partial));
          break;
        case "tool_started":
          this.#openTools.set(event.callId, event.name);
          this.worked = true;
          this.#hasText = false;
          translated.push(...this.#enterStage(GENERATING.test(event.name) ? "generating" : "editing", now));
          break;
        case "tool_finished":
          this.#openTools.delete(event.callId);
          break;
        case "failed":
          // The first reason is kept: a later "agent_failed" does not replace it.
          if (this.failure === null || this.failure.reason === "agent_failed") this.failure = event.failure;
          break;
        case "ended":
          this.end = event.why === "closed" || event.why === "cancelled" ? event.why : "cut";
          break;
        case "unreadable":
          this.#malformed = true;
          break;
        case "heartbeat":
        case "state_hint":
          break;
      }
    }
    return joinChunks(translated);
  }

  /** The current stage and the time since the message was sent. */
  progress(now: EpochMs): TurnEventWire {
    return { type: "progress", stage: this.#stage, elapsed_ms: Math.max(0, now - this.#sentAt) };
  }

  /** How the stream ended, as stored in the turn's record. */
  stream(): Turn["stream"] {
    const end = this.failure !== null ? "error" : this.#malformed ? "cut" : (this.end ?? "cut");
    return { end, hasFinalText: this.#hasText, openTools: this.#openTools.size, closed: this.end === "closed" };
  }

  /**
   * The events of a text. A chunk of a message gives the sentences that are complete by now; a complete message replaces
   * its chunks. A message that contained only instructions has no text.
   */
  #readText(given: string, partial: boolean): TurnEventWire[] {
    if (partial) {
      this.worked = true;
      this.#stream ??= new GuiInstructionStream();
    } else {
      // The apology that follows a successful turn; without other output it is the turn's answer.
      if (this.worked && !this.#hasPartialText && isTrailingNoise(given)) return [];
      if (!this.worked && saysNoCredits(given)) this.failure ??= noCredits(given);
      else this.worked = true;
      this.#hasText = true;
      this.#stream = null;
    }
    const { text, actions } = this.#stream?.push(given) ?? translateGuiInstructions(given);
    const fresh = actions.filter(({ action }) => !this.actions.some((known) => known.action === action));
    this.actions.push(...fresh);
    const calls = fresh.map((action) => ({ type: "action" as const, ...actionFor(action, this.#project) }));
    const hasNothing = text === "" && (partial || !this.#hasPartialText);
    this.#hasPartialText = partial && (this.#hasPartialText || text !== "");
    if (hasNothing) return calls;
    const chunks = chunksOf(text.toWellFormed()).map((chunk) => {
      const message = this.#message;
      if (!partial) this.#message++; // a text too long for one row becomes several messages
      return { type: "message" as const, message, text: chunk, partial };
    });
    return [...chunks, ...calls];
  }

  #enterStage(stage: Stage, now: EpochMs): TurnEventWire[] {
    if (stage === this.#stage) return [];
    this.#stage = stage;
    return [this.progress(now)];
  }
}

/** The agent reports this as text; other endpoints report it as code 2001. */
const noCredits = (message: string): NemoFailure => ({
  reason: "no_credits",
  at: "run_sse",
  status: null,
  code: null,
  message: cut(message, 200),
});
