/** What the steps of a run hand on to each other, and how a turn is followed. */
import type { NemoState, Session } from "../../src/nemo/client.ts";
import type { TurnEvent } from "../../src/nemo/translate.ts";
import { claim, value } from "./check.ts";
import type { Target } from "./target.ts";

/** Credits that a step may spend on a server that charges: a clip about 100, an edit about 50 (nemo-api reference section 7.1). */
export const COSTS = { clip: 100, edit: 50 } as const;

export type Step = {
  readonly title: string;
  readonly costs?: keyof typeof COSTS;
  run(target: Target, story: Story): Promise<void>;
};

/** Named observations, one per unknown that only a step can see. */
export type Notes = Map<string, string>;

export type Story = {
  /** For a clip: its token, its session, and its state once it is made. */
  clipToken: string | null;
  clip: Session | null;
  clipState: NemoState | null;
  /** For edits of an uploaded file. */
  editToken: string | null;
  edit: Session | null;
  /** The finished export. */
  renderId: string | null;
  /** Messages that were answered with a stream. */
  turnsOpened: number;
  readonly notes: Notes;
};

export const newStory = (): Story => ({
  clipToken: null,
  clip: null,
  clipState: null,
  editToken: null,
  edit: null,
  renderId: null,
  turnsOpened: 0,
  notes: new Map(),
});

/** A stream's events to its end; claims that the end comes once, last. */
export async function follow(events: AsyncIterable<readonly TurnEvent[]>): Promise<TurnEvent[]> {
  const all: TurnEvent[] = [];
  for await (const batch of events) {
    claim(batch.length > 0, "a batch is never empty");
    all.push(...batch);
  }
  const ends = all.filter((event) => event.type === "ended");
  claim(ends.length === 1 && all.at(-1)?.type === "ended", "a stream ends once, with its last event");
  return all;
}

/** Sends a message and follows its stream; claims that upstream closed it without an error. */
export async function say(
  target: Target,
  story: Story,
  token: string,
  sessionId: string,
  text: string,
): Promise<TurnEvent[]> {
  const stream = value(await target.nemo.openTurn(token, { sessionId, text }));
  story.turnsOpened++;
  const events = await follow(stream.events);
  const failed = events.find((event) => event.type === "failed");
  claim(failed === undefined, `an error in the stream: ${failed?.type === "failed" ? failed.failure.message : ""}`);
  claim(!events.some((event) => event.type === "unreadable"), "every record can be read");
  const end = events.at(-1);
  claim(end?.type === "ended" && end.clean, "upstream closes the stream itself");
  return events;
}

/** Milliseconds between two reads of state, and how many at most. Chosen: five minutes, as the vendor's own recovery waits. */
const READ_EVERY_MS = 5_000;
const READS = 60;

/** Reads state until it differs from `before`; null when it does not in five minutes. */
export async function changedState(
  target: Target,
  token: string,
  sessionId: string,
  before: string,
): Promise<NemoState | null> {
  for (let read = 0; read < READS; read++) {
    const state = value(await target.nemo.readState(token, sessionId));
    if (state.fingerprint !== before) return state;
    await target.wait(READ_EVERY_MS);
  }
  return null;
}
