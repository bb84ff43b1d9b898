/** The tables of an upload measurement, with goals and results. */
import { median } from "./statistics.ts";
import { shown, table } from "./table.ts";
import { TARGETS_WITH_BEFORE, type UploadTarget } from "./upload-targets.ts";
import { type Conditions, verdict } from "./validity.ts";

/** One measurement: MB/s, the server's processor time per MB, its memory growth in MiB, failed files, and others' share of a core. */
export type Measured = {
  readonly mbPerSecond: number;
  readonly cpuMsPerMb: number;
  readonly grownMib: number;
  readonly failed: number;
  readonly noisePercent: number;
};
export type Rounds = ReadonlyMap<UploadTarget["name"], readonly Measured[]>;

/** Goals: shares of the peers' speed in the same run, and MiB above the loop's growth. */
const GOALS = { loop: 0.95, put: 0.6, grownMib: 64 } as const;

const of = (rounds: Rounds, name: UploadTarget["name"], field: keyof Measured): number =>
  median((rounds.get(name) ?? []).map((one) => one[field]));

/** The measurements behind a comparison of the gateway with a peer. */
const behindOf = (rounds: Rounds, peer: UploadTarget["name"]): Conditions[] =>
  [...(rounds.get("gateway") ?? []), ...(rounds.get(peer) ?? [])].map(({ failed, noisePercent }) => ({
    faults: { "failed file": failed },
    noisePercent,
  }));

/** The gateway's share of a peer's speed: computed within each round, then the median. */
function shareOf(rounds: Rounds, peer: UploadTarget["name"]): number {
  const ours = rounds.get("gateway") ?? [];
  return median(ours.map((one, round) => one.mbPerSecond / (rounds.get(peer)?.[round]?.mbPerSecond ?? Number.NaN)));
}

export function uploadTable(rounds: Rounds): string {
  const measured = TARGETS_WITH_BEFORE.filter(({ name }) => rounds.has(name));
  const rows = measured.map(({ name, title }) => [
    title,
    shown(of(rounds, name, "mbPerSecond")),
    name === "gateway" ? "1" : shown(shareOf(rounds, name)),
    shown(of(rounds, name, "cpuMsPerMb")),
    shown(of(rounds, name, "grownMib")),
    String(Math.max(...(rounds.get(name) ?? []).map(({ failed }) => failed))),
  ]);
  return table(["server", "MB/s", "gateway / it", "CPU ms/MB", "memory growth, MiB", "failed"], rows);
}

/** The goals with their results: speed of the one large file, memory of the many at once. */
export function goalLines(one: Rounds, many: Rounds): string {
  const [loop, put, tusLoop] = [shareOf(one, "loop"), shareOf(one, "put"), shareOf(one, "tus-loop")];
  const loops = shareOf(many, "loop");
  const above = of(many, "gateway", "grownMib") - of(many, "loop", "grownMib");
  const failed = [one, many].flatMap((all) => all.get("gateway") ?? []).reduce((sum, got) => sum + got.failed, 0);
  return [
    `≥ ${GOALS.loop} × (a): ${shown(loop)} ${verdict(loop >= GOALS.loop, behindOf(one, "loop"))}`,
    `≥ ${GOALS.loop} × (a), 20 at once: ${shown(loops)} ${verdict(loops >= GOALS.loop, behindOf(many, "loop"))}`,
    `beside (d), which takes the same requests: ${shown(tusLoop)}`,
    `≥ ${GOALS.put} × (b): ${shown(put)} ${verdict(put >= GOALS.put, behindOf(one, "put"))}`,
    `growth at 20 at once ≤ (a)'s + ${GOALS.grownMib} MiB: ${shown(above)} above ${verdict(above <= GOALS.grownMib, behindOf(many, "loop"))}`,
    `none failing: ${failed} ${failed === 0 ? "met" : "missed"}`,
  ].join("\n");
}
