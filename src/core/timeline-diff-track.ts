/** What is told of one track that was there before and is there after. */
import { freeOf, type Pair } from "./timeline-diff-align.ts";
import type { TimelineChange } from "./timeline-diff-change.ts";
import type { Lane, Piece } from "./timeline-diff-piece.ts";
import type { SegmentPairs } from "./timeline-diff-segments.ts";

type Placed = { readonly piece: Piece; readonly position: number };

const factsOf = ({ startMs, durationMs, volume, text }: Piece) => ({ startMs, durationMs, volume, text });
const spanOf = ({ startMs, durationMs }: Piece) => ({ startMs, durationMs });

/**
 * Whether a segment that kept its order was moved in time. Not when it only followed (its distance to the one before is the same), and not
 * when it was trimmed from its front (its end is the same): what it followed and the trim are told instead.
 */
function wasShifted(before: Piece, after: Piece): boolean {
  if (before.startMs === after.startMs) return false;
  if (before.gapMs !== null && before.gapMs === after.gapMs) return false;
  return before.durationMs === after.durationMs || before.endMs === null || before.endMs !== after.endMs;
}

/** A piece that changed its order has moved unless its time says that it has not. */
const wasReordered = (before: Piece, after: Piece, isTimed: boolean): boolean =>
  !isTimed || before.startMs !== after.startMs;

type Where = { readonly trackKind: Lane["kind"]; readonly trackNumber: number };

function changesOfPair(where: Where, before: Placed, after: Placed, hasMoved: boolean): readonly TimelineChange[] {
  const at = { ...where, label: after.piece.label };
  const [b, a] = [before.piece, after.piece];
  const changes: TimelineChange[] = [];
  if (hasMoved)
    changes.push({
      kind: "segment_moved",
      ...at,
      before: { startMs: b.startMs, position: before.position },
      after: { startMs: a.startMs, position: after.position },
    });
  if (b.durationMs !== a.durationMs)
    changes.push({ kind: "segment_trimmed", ...at, before: spanOf(b), after: spanOf(a) });
  if (b.text !== a.text) changes.push({ kind: "text_changed", ...at, before: b.text, after: a.text });
  if (b.volume !== a.volume) changes.push({ kind: "volume_changed", ...at, before: b.volume, after: a.volume });
  return changes;
}

/** The changes of a track: what is gone, in the order before, then the rest in the order after. `trackNumber` counts from 1, after. */
export function changesOfTrack(
  trackNumber: number,
  lanes: { readonly before: Lane; readonly after: Lane },
  pairs: SegmentPairs,
): readonly TimelineChange[] {
  const { before, after } = lanes;
  const where: Where = { trackKind: after.kind, trackNumber };
  const isTimed = before.timed && after.timed;
  const partners = new Map<number, { readonly before: number; readonly moved: boolean }>();
  const note = (moved: boolean) => (pair: Pair) => partners.set(pair[1], { before: pair[0], moved });
  pairs.kept.forEach(note(false));
  pairs.moved.forEach(note(true));

  const gone = freeOf([...pairs.kept, ...pairs.moved], { before: before.pieces.length, after: 0 }).before;
  const removed = gone.flatMap((at): TimelineChange[] => {
    const piece = before.pieces[at];
    if (piece === undefined) return [];
    return [{ kind: "segment_removed", ...where, label: piece.label, before: factsOf(piece), after: null }];
  });
  const rest = after.pieces.flatMap((piece, at): readonly TimelineChange[] => {
    const partner = partners.get(at);
    const was = partner === undefined ? undefined : before.pieces[partner.before];
    if (partner === undefined || was === undefined)
      return [{ kind: "segment_added", ...where, label: piece.label, before: null, after: factsOf(piece) }];
    const hasMoved = partner.moved ? wasReordered(was, piece, isTimed) : wasShifted(was, piece);
    return changesOfPair(where, { piece: was, position: partner.before + 1 }, { piece, position: at + 1 }, hasMoved);
  });
  return [...removed, ...rest];
}
