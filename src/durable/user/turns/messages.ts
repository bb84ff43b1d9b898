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

/** Assembles the agent's messages: numbered, without instructions for a GUI, which become suggested calls. */
export class MessageAssembler {
  readonly #project: ProjectId;
  readonly #suggested = new Set<string>();
  #message = 1;
  /** The translation of the message that is arriving in chunks; null between messages. */
  #stream: GuiInstructionStream | null = null;
  #hasPartialText = false;
  /** Every call suggested so far. */
  readonly actions: Action[] = [];

  constructor(project: ProjectId) {
    this.#project = project;
  }

  /** Adds a chunk of a message. Returns the sentences that are complete by now. */
  chunk(text: string): TurnEventWire[] {
    this.#stream ??= new GuiInstructionStream();
    const translated = this.#stream.push(text);
    return [...this.#emit(translated.text, true), ...this.#suggest(translated.actions)];
  }

  /** A complete message, which replaces its chunks. A message that contained only instructions produces no text. */
  full(text: string): TurnEventWire[] {
    const translated = translateGuiInstructions(text);
    const events = [...this.#emit(translated.text, false), ...this.#suggest(translated.actions)];
    this.#stream = null;
    this.#hasPartialText = false;
    return events;
  }

  /** True for the apology that follows a successful turn; without other output it is the turn's answer. */
  isNoise(text: string, worked: boolean): boolean {
    return worked && !this.#hasPartialText && isTrailingNoise(text);
  }

  /** True when the agent's only answer is that the credits are used up. */
  isOutOfCredits(text: string, worked: boolean): boolean {
    return !worked && saysNoCredits(text);
  }

  #emit(text: string, partial: boolean): TurnEventWire[] {
    if (text === "" && !(this.#hasPartialText && !partial)) return [];
    this.#hasPartialText ||= partial;
    const chunks = chunksOf(text.toWellFormed()).map(
      (chunk): TurnEventWire => ({ type: "message", message: this.#message, text: chunk, partial }),
    );
    if (partial) return chunks;
    // A text too long for one row becomes several messages.
    return chunks.map((translated) => ({ ...translated, message: this.#message++ }) as TurnEventWire);
  }

  #suggest(actions: readonly Action[]): TurnEventWire[] {
    const fresh = actions.filter(({ action }) => !this.#suggested.has(action));
    for (const action of fresh) this.#suggested.add(action.action);
    this.actions.push(...fresh);
    return fresh.map((action) => ({ type: "action", ...actionFor(action, this.#project) }));
  }
}

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

export class StreamTranslator {
  readonly #sentAt: EpochMs;
  readonly #assembler: MessageAssembler;
  readonly #openTools = new Map<string, string>();
  #hasText = false;
  /** A record could not be parsed: text may be missing, so the stream does not count as complete. */
  #malformed = false;
  #stage: Stage = "preparing";
  /** Text or tools arrived: Nemo has begun to work. */
  worked = false;
  /** Some of the answer was read. */
  began = false;
  failure: NemoFailure | null = null;
  end: "closed" | "cut" | "cancelled" | null = null;

  constructor(project: ProjectId, sentAt: EpochMs) {
    this.#sentAt = sentAt;
    this.#assembler = new MessageAssembler(project);
  }

  /** Why Nemo rejected the message before any work; null when work has, or may have, begun. */
  get rejection(): NemoFailure | null {
    return this.failure === null || this.worked || this.failure.reason === "agent_failed" ? null : this.failure;
  }

  /** The calls that the agent's messages suggested. */
  get actions(): readonly Action[] {
    return this.#assembler.actions;
  }

  /**
   * The public events of one read from Nemo's stream. Chunks of text that arrive together are one event: the more the
   * reader is behind, the fewer events a text has.
   */
  translate(events: readonly TurnEvent[], now: EpochMs): TurnEventWire[] {
    this.began = true;
    return joinChunks(events.flatMap((event) => this.#translate(event, now)));
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

  #translate(event: TurnEvent, now: EpochMs): TurnEventWire[] {
    switch (event.type) {
      case "text":
        return [...this.#enterStage("working", now), ...this.#readText(event.text, event.partial)];
      case "tool_started":
        this.#openTools.set(event.callId, event.name);
        this.worked = true;
        this.#hasText = false;
        return this.#enterStage(GENERATING.test(event.name) ? "generating" : "editing", now);
      case "tool_finished":
        this.#openTools.delete(event.callId);
        return [];
      case "failed":
        // The first reason is kept: a later "agent_failed" does not replace it.
        if (this.failure === null || this.failure.reason === "agent_failed") this.failure = event.failure;
        return [];
      case "ended":
        this.end = event.why === "closed" || event.why === "cancelled" ? event.why : "cut";
        return [];
      case "unreadable":
        this.#malformed = true;
        return [];
      case "heartbeat":
      case "state_hint":
        return [];
    }
  }

  #readText(text: string, partial: boolean): TurnEventWire[] {
    const assembler = this.#assembler;
    if (partial) {
      this.worked = true;
      return assembler.chunk(text);
    }
    if (assembler.isNoise(text, this.worked)) return [];
    if (assembler.isOutOfCredits(text, this.worked)) this.failure ??= noCredits(text);
    else this.worked = true;
    this.#hasText = true;
    return assembler.full(text);
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
