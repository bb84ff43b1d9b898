/** Upstream's stream told to people: words, stages and time, never tools. One narrator per running turn. */

import { MESSAGE_CHARS } from "../../core/limits.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Turn } from "../../core/turn.ts";
import type { TurnEventWire } from "../../core/wire/turn-event.ts";
import type { NemoFailure } from "../../nemo/failures.ts";
import type { TurnEvent } from "../../nemo/turn-event.ts";

type Stage = Extract<TurnEventWire, { type: "progress" }>["stage"];

/** Name fragments of upstream's slow tools. Source: nemo-api reference section 9. */
const GENERATING = /generat|seedance|music|suno/i;

export class Narrator {
  readonly #sentAt: EpochMs;
  readonly #open = new Map<string, string>();
  #message = 1;
  #spoke = false;
  /** A record could not be read: words may be missing, so the stream is not taken for whole. */
  #garbled = false;
  #stage: Stage = "preparing";
  /** Words or tools came: upstream has begun to work. */
  worked = false;
  /** Something of the answer was read. */
  began = false;
  failure: NemoFailure | null = null;
  end: "closed" | "cut" | "cancelled" | null = null;

  constructor(sentAt: EpochMs) {
    this.#sentAt = sentAt;
  }

  /** What one read of upstream's stream becomes. */
  tell(events: readonly TurnEvent[], now: EpochMs): TurnEventWire[] {
    this.began = true;
    this.worked ||= events.some(({ type }) => type === "text" || type === "tool_started");
    return events.flatMap((event) => this.#tell(event, now));
  }

  /** "Still working", with the stage and the time since the send. */
  progress(now: EpochMs): TurnEventWire {
    return { type: "progress", stage: this.#stage, elapsed_ms: Math.max(0, now - this.#sentAt) };
  }

  /** How the stream ended, as the turn's record keeps it. */
  stream(): Turn["stream"] {
    const end = this.failure !== null ? "error" : this.#garbled ? "cut" : (this.end ?? "cut");
    return { end, spoke: this.#spoke, toolsOpen: this.#open.size };
  }

  #tell(event: TurnEvent, now: EpochMs): TurnEventWire[] {
    switch (event.type) {
      case "text":
        return [...this.#enter("working", now), ...piecesOf(event.text).map((text) => this.#say(text, event.partial))];
      case "tool_started":
        this.#open.set(event.callId, event.name);
        this.#spoke = false;
        return this.#enter(GENERATING.test(event.name) ? "generating" : "editing", now);
      case "tool_finished":
        this.#open.delete(event.callId);
        return [];
      case "failed":
        this.failure = event.failure;
        return [];
      case "ended":
        this.end = event.why === "closed" || event.why === "cancelled" ? event.why : "cut";
        return [];
      case "unreadable":
        this.#garbled = true;
        return [];
      case "heartbeat":
      case "state_hint":
        return [];
    }
  }

  #say(text: string, partial: boolean): TurnEventWire {
    const told: TurnEventWire = { type: "message", message: this.#message, text, partial };
    if (!partial) {
      this.#message++;
      this.#spoke = true;
    }
    return told;
  }

  #enter(stage: Stage, now: EpochMs): TurnEventWire[] {
    if (stage === this.#stage) return [];
    this.#stage = stage;
    return [this.progress(now)];
  }
}

/** A text in pieces that fit into a row, cut between characters. */
function piecesOf(text: string): string[] {
  if (text.length <= MESSAGE_CHARS) return [text];
  const cut = text.charCodeAt(MESSAGE_CHARS - 1) >> 10 === 0x36 ? MESSAGE_CHARS - 1 : MESSAGE_CHARS; // not inside a surrogate pair
  return [text.slice(0, cut), ...piecesOf(text.slice(cut))];
}
