import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALIGNED_SEGMENTS,
  CHANGE_KINDS,
  diffTimelines,
  LISTED_CHANGES,
  type TimelineDiff,
} from "../../../src/core/timeline/diff.ts";
import type { Segment, Timeline } from "../../../src/core/timeline/timeline.ts";
import { timelineDiff, timelineDiffWire } from "../../../src/core/wire/project.ts";
import { anyTimeline, audio, clip, plainTimeline, song, timeline, title, titles, video } from "../support/timelines.ts";

const NOTHING: TimelineDiff = { changes: [], more: [] };
const count = ({ changes, more }: TimelineDiff): number => more.reduce((sum, each) => sum + each.count, changes.length);

/** Clips end to end, a second each. */
const row = (names: readonly string[]): readonly Segment[] => names.map((name, at) => clip(name, at * 1_000, 1_000));
const named = (length: number, name: (at: number) => string): readonly string[] =>
  Array.from({ length }, (_, at) => name(at));

/** All that a diff reports of a timeline, as text: two are equal exactly if the diff must be empty. */
function reported({ tracks, durationMs }: Timeline): unknown {
  const propertiesOf = ({ label, text, startMs, durationMs, volume }: Segment) =>
    JSON.stringify([startMs, text ?? label, text, durationMs, volume]);
  return [
    durationMs,
    tracks.map(({ kind, segments }) => {
      const lines = segments.map(propertiesOf);
      return [kind, segments.every(({ startMs }) => startMs !== null) ? lines.sort() : lines];
    }),
  ];
}

describe("a diff of any two timelines", () => {
  it("property: is empty for a timeline and itself, and its copy", () => {
    fc.assert(
      fc.property(anyTimeline, (one) => {
        expect(diffTimelines(one, one)).toEqual(NOTHING);
        expect(diffTimelines(one, structuredClone(one))).toEqual(NOTHING);
      }),
    );
  });

  it("property: never throws, stays within its bounds, and is deterministic", () => {
    fc.assert(
      fc.property(anyTimeline, anyTimeline, (before, after) => {
        const diff = diffTimelines(before, after);
        expect(diff.changes.length).toBeLessThanOrEqual(LISTED_CHANGES);
        expect(diff.more.every((each) => each.count > 0 && CHANGE_KINDS.includes(each.kind))).toBe(true);
        expect(diffTimelines(structuredClone(before), structuredClone(after))).toEqual(diff);
      }),
    );
  });

  it("property: is empty only if no reported property differs", () => {
    fc.assert(
      fc.property(plainTimeline, plainTimeline, (before, after) => {
        const isSame = JSON.stringify(reported(before)) === JSON.stringify(reported(after));
        expect(count(diffTimelines(before, after)) === 0).toBe(isSame);
      }),
      { numRuns: 1_000 },
    );
  });

  it("property: reports a single edit as one change", () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(names, fc.nat(), fc.nat(), (labels, from, to) => {
        const kinds = (changed: readonly string[]) =>
          diffTimelines(timeline(video(...row(labels))), timeline(video(...row(changed)))).changes.map(
            ({ kind }) => kind,
          );
        const at = from % labels.length;
        const rest = labels.toSpliced(at, 1);
        expect(kinds(labels.toSpliced(at, 0, "* new *"))).toEqual(["duration_changed", "segment_added"]);
        expect(kinds(rest)).toEqual(["duration_changed", "segment_removed"]);
        const goal = to % labels.length;
        expect(kinds(rest.toSpliced(goal, 0, labels[at] ?? ""))).toEqual(at === goal ? [] : ["segment_moved"]);
      }),
    );
  });

  it("property: adds and removes as many segments as the track grew", () => {
    const balance = ({ changes, more }: TimelineDiff): number =>
      [...changes.map(({ kind }) => ({ kind, count: 1 })), ...more].reduce(
        (sum, { kind, count: of }) =>
          kind === "segment_added" ? sum + of : kind === "segment_removed" ? sum - of : sum,
        0,
      );
    const oneTrack = fc
      .array(fc.constantFrom("a", "b", "c"), { maxLength: 30 })
      .map((names) => timeline(video(...row(names))));
    fc.assert(
      fc.property(oneTrack, oneTrack, (before, after) => {
        const sizes = [before, after].map(({ tracks }) => tracks[0]?.segments.length ?? 0);
        expect(balance(diffTimelines(before, after))).toBe((sizes[1] ?? 0) - (sizes[0] ?? 0));
      }),
    );
  });

  it("property: has a JSON form that survives a round trip", () => {
    fc.assert(
      fc.property(anyTimeline, anyTimeline, (before, after) => {
        const wire = timelineDiffWire(diffTimelines(before, after));
        expect(timelineDiff.parse(JSON.parse(JSON.stringify(wire)))).toEqual(wire);
      }),
    );
  });
});

describe("a diff's bounds", () => {
  it("lists twenty changes and counts the others by kind", () => {
    const before = timeline(video(...row(named(15, (at) => `old ${at}`))), audio(song("x", 0, 9_000, 0.1)));
    const after = timeline(video(...row(named(15, (at) => `new ${at}`))), audio(song("x", 0, 9_000, 0.2)));
    const diff = diffTimelines(before, after);
    expect(diff.changes).toHaveLength(20);
    expect(diff.changes.slice(0, 15).every(({ kind }) => kind === "segment_removed")).toBe(true);
    expect(diff.more).toEqual([
      { kind: "segment_added", count: 10 },
      { kind: "volume_changed", count: 1 },
    ]);
  });

  it("counts, and does not list, what happened in a track of more than 2,000 segments", () => {
    const names = named(ALIGNED_SEGMENTS + 1, (at) => `clip ${at}`);
    const edited = ["new", ...names.slice(10), ...names.slice(1, 10)];
    const diff = diffTimelines(timeline(video(...row(names))), timeline(video(...row(edited))));
    expect(diff.changes).toEqual([]);
    expect(diff.more).toEqual([
      { kind: "segment_added", count: 1 },
      { kind: "segment_removed", count: 1 },
      { kind: "segment_moved", count: 9 },
    ]);
  });

  it("lists an edit in a track of 2,000 segments", () => {
    const names = named(ALIGNED_SEGMENTS, (at) => `clip ${at}`);
    const diff = diffTimelines(timeline(video(...row(names))), timeline(video(...row(names.slice(1)))));
    expect(diff.changes.map(({ kind }) => kind)).toEqual(["duration_changed", "segment_removed"]);
    expect(diff.more).toEqual([]);
  });

  it("counts after the cell budget is used, even in shorter tracks", () => {
    const tracks = (names: (track: number, at: number) => string): Timeline =>
      timeline(...named(3, String).map((_, track) => video(...row(named(1_500, (at) => names(track, at))))));
    const [before, after] = [
      tracks((track, at) => `${track} ${at % 7}`),
      tracks((track, at) => `${track} ${(at + 3) % 5}`),
    ];
    const diff = diffTimelines(before, after);
    expect(diff.changes).toHaveLength(LISTED_CHANGES);
    expect(diff.changes.every((change) => change.kind === "duration_changed" || change.trackNumber === 1)).toBe(true);
  });

  it("bounds the time for many long tracks that are rearranged", () => {
    const big = (seed: number): Timeline =>
      timeline(
        ...named(50, String).map((_, track) =>
          titles(
            ...named(2_000, (at) => `t${(at * seed + track) % 1_999}`).map((text, at) =>
              title(text, at * 1_000, 1_000),
            ),
          ),
        ),
      );
    const [before, after] = [big(3), big(5)];
    const diff = diffTimelines(before, after);
    expect(count(diff)).toBeGreaterThan(LISTED_CHANGES);
  });

  it("ignores tracks after the two-hundredth", () => {
    const tracks = named(201, String).map((name) => audio(song(name, 0, 1_000, 0.5)));
    expect(diffTimelines(timeline(...tracks), timeline(...tracks.slice(0, 200)))).toEqual(NOTHING);
  });
});
