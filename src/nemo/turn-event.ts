/** What a running turn tells: the domain's own words for upstream's stream. */
import type { NemoFailure } from "./failures.ts";

export type TurnEvent =
  /**
   * Visible words. With `partial` they are a delta; the whole text follows later with `partial: false` and replaces the deltas since the
   * last whole text. Never empty. `author` is the agent's name, null where upstream names none.
   */
  | { readonly type: "text"; readonly text: string; readonly partial: boolean; readonly author: string | null }
  /** Bytes came that say nothing but "still here". */
  | { readonly type: "heartbeat" }
  | { readonly type: "tool_started"; readonly name: string; readonly callId: string }
  /** `ok` is null where the answer does not say whether it worked. */
  | { readonly type: "tool_finished"; readonly name: string; readonly callId: string; readonly ok: boolean | null }
  /** Upstream says that the draft or the media lists changed: worth a state read. Not sent by every server. */
  | { readonly type: "state_hint" }
  /** A record came that cannot be read: words may be missing from here on. */
  | { readonly type: "unreadable"; readonly chars: number }
  /** An error told inside the stream. More events may follow. */
  | { readonly type: "failed"; readonly failure: NemoFailure }
  /** Always the last, exactly once. `clean` only when upstream closed the stream itself between two records. */
  | { readonly type: "ended"; readonly clean: boolean; readonly why: EndReason };

/**
 * `closed` by upstream · `cut` by the network or in the middle of a record · `cancelled` by us · `idle`: no byte for the idle limit ·
 * `too_long`: the stream's total time · `too_big`: a record or the whole stream above its cap.
 */
export type EndReason = "closed" | "cut" | "cancelled" | "idle" | "too_long" | "too_big";

export type TurnStream = {
  /** Everything that one read brought, together and in order; never an empty array. To be iterated once. */
  readonly events: AsyncIterable<readonly TurnEvent[]>;
  /** Drops the connection. The work upstream goes on. */
  cancel(): void;
};
