/** The timeline, drawn: a row for each track, a block for each clip, what the last turn changed marked. */
import type { Schemas, Timeline } from "nemo-gateway";
import { clock, t, textOr } from "../text.ts";

type Diff = Schemas["TimelineDiff"];
type Segment = Timeline["tracks"][number]["segments"][number];

const ROW = 34;
const GAP = 6;
const TICKS = 4;

/** Keys of the clips that a diff added or changed: track, name and start. */
function changedIn(diff: Diff | null): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const change of diff?.changes ?? []) {
    if (change.kind === "duration_changed" || change.kind === "track_removed" || change.kind === "segment_removed")
      continue;
    const track = change.track_number - 1;
    if (change.kind === "track_added" || change.kind === "track_moved") changed.add(`${track}`);
    const { after } = change;
    const start = after !== null && typeof after === "object" && "start_ms" in after ? after.start_ms : null;
    changed.add(start === null ? `${track}/${change.label}` : `${track}/${change.label}/${start}`);
  }
  return changed;
}

export function TimelinePicture({ timeline, diff }: { readonly timeline: Timeline; readonly diff: Diff | null }) {
  const { tracks } = timeline;
  const ends = tracks.flatMap(({ segments }) =>
    segments.map(({ start_ms, duration_ms }) => (start_ms ?? 0) + (duration_ms ?? 0)),
  );
  const whole = Math.max(timeline.duration_ms ?? 0, ...ends, 1);
  if (tracks.length === 0) return <p class="muted">{t("timelineEmpty")}</p>;
  const changed = changedIn(diff);
  const isChanged = (track: number, { label, start_ms }: Segment): boolean =>
    [`${track}`, `${track}/${label}`, `${track}/${label}/${start_ms}`].some((key) => changed.has(key));
  const height = tracks.length * (ROW + GAP) + 18;
  const percentOf = (ms: number): string => `${(ms / whole) * 100}%`;
  return (
    <figure class="timeline">
      <div class="timeline-names" aria-hidden="true">
        {tracks.map(({ kind }, n) => (
          <span key={`${kind}-${n}`}>{textOr(`track_${kind}`, kind)}</span>
        ))}
      </div>
      <svg
        width="100%"
        height={height}
        role="img"
        aria-label={t("timelineOf", { tracks: tracks.length, length: clock(whole) })}
      >
        {tracks.map(({ kind, segments }, track) => (
          <g key={`${kind}-${track}`}>
            <rect class="track" x="0" width="100%" y={track * (ROW + GAP)} height={ROW} rx="4" />
            {segments.map((segment, n) => {
              const { label, text, start_ms, duration_ms } = segment;
              const name = text ?? label;
              return (
                <svg
                  key={`${start_ms}-${n}`}
                  x={percentOf(start_ms ?? 0)}
                  y={track * (ROW + GAP)}
                  width={percentOf(duration_ms ?? whole - (start_ms ?? 0))}
                  height={ROW}
                  class={`clip ${kind} ${isChanged(track, segment) ? "changed" : ""}`}
                >
                  <title>{`${name} · ${clock(start_ms ?? 0, true)}${duration_ms === null ? "" : ` – ${clock((start_ms ?? 0) + duration_ms, true)}`}`}</title>
                  <rect class="segment" y="1" height={ROW - 2} rx="4" />
                  <text x="8" y={ROW / 2 + 4}>
                    {name}
                  </text>
                </svg>
              );
            })}
          </g>
        ))}
        {Array.from({ length: TICKS + 1 }, (_, n) => (
          <text
            key={n}
            class="tick"
            x={`${(n / TICKS) * 100}%`}
            y={height - 2}
            text-anchor={n === 0 ? "start" : n === TICKS ? "end" : "middle"}
          >
            {clock((whole / TICKS) * n, whole < 10_000)}
          </text>
        ))}
      </svg>
      <figcaption class="muted small" dir="auto">
        {timeline.summary}
        {changed.size > 0 ? <span class="legend">{t("changedMarked")}</span> : null}
      </figcaption>
    </figure>
  );
}
