/** The draft inside a submitted body, as the text it was sent as, and how it compares with what the session shows or showed. */
import { findNodeAtLocation, parseTree } from "jsonc-parser";
import { draftMark, viewAt } from "./evaluate.ts";
import { fieldsIn, fieldsOf } from "./fields.ts";
import type { DraftMatch, SessionRecord } from "./records.ts";
import type { Turn } from "./turn.ts";

/** The characters of the `draft` value; null when there is none. */
export function cutDraft(body: string): string | null {
  const tree = parseTree(body);
  const node = tree === undefined ? undefined : findNodeAtLocation(tree, ["draft"]);
  return node === undefined ? null : body.slice(node.offset, node.offset + node.length);
}

export type DraftFacts = {
  readonly isEmpty: boolean;
  readonly durationMs: number;
  /** Pixels; 0 where the draft does not say. */
  readonly width: number;
  readonly height: number;
};

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

/** What a renderer needs of a draft. Empty: no track has a segment. */
export function factsOf(draftText: string): DraftFacts {
  const draft = fieldsIn(draftText);
  const tracks = Array.isArray(draft.t) ? draft.t.map(fieldsOf) : [];
  const segments = tracks.flatMap((track) => (Array.isArray(track.sg) ? track.sg.map(fieldsOf) : []));
  const meta = fieldsOf(draft.m);
  const longest = Math.max(0, ...segments.map((segment) => number(segment.start ?? segment.s) + number(segment.d)));
  return {
    isEmpty: segments.length === 0,
    durationMs: number(draft.d) || longest || 1_000,
    width: number(meta.width),
    height: number(meta.height),
  };
}

export function compareDraft(
  draftText: string,
  session: SessionRecord,
  open: readonly Turn[],
  now: number,
): DraftMatch {
  if (factsOf(draftText).isEmpty) return "empty";
  if (viewAt(session, open, now).draftText === draftText) return "current";
  const inScripts = open.filter((turn) => turn.sessionId === session.sessionId).flatMap((turn) => turn.changes);
  const marks = new Set([...session.pastDrafts, ...inScripts.map(({ change }) => draftMark(change.draftText))]);
  if (session.draftText !== null) marks.add(draftMark(session.draftText));
  return marks.has(draftMark(draftText)) ? "earlier" : "differs";
}
