/** The table of a webhook measurement, with goals and results. */
import { median } from "./statistics.ts";
import { shown, table } from "./table.ts";
import { verdict } from "./validity.ts";
import type { Load, Measured } from "./webhook-runs.ts";

export const SENDERS = ["loop", "gateway"] as const;
export type SenderName = (typeof SENDERS)[number];

/** All measurements of a sender under a load, one per round, in order. */
export type Runs = ReadonlyMap<`${SenderName} ${Load["kind"]}`, readonly Measured[]>;

/** Goals: the share of the loop's deliveries per second, and ms from the outbox's commit to receipt. */
const GOALS = { share: 0.7, idleMs: 100 } as const;
const TITLES: Readonly<Record<SenderName, string>> = {
  loop: "plain loop, keeps nothing",
  gateway: "gateway, live key",
};

const perSecond = ({ arrived, wholeMs }: Measured): number => (1_000 * arrived) / wholeMs;

const over = (runs: Runs, name: SenderName, kind: Load["kind"], figure: (one: Measured) => number): number =>
  median((runs.get(`${name} ${kind}`) ?? []).map(figure));

/** The gateway's result relative to the loop's: computed within each round, then the median. */
function share(runs: Runs, figure: (one: Measured) => number): number {
  const theirs = runs.get("loop burst") ?? [];
  const ours = runs.get("gateway burst") ?? [];
  return median(ours.map((one, round) => figure(one) / figure(theirs[round] ?? one)));
}

export function webhookTable(runs: Runs): string {
  const rows = SENDERS.map((name) => {
    const of = (kind: Load["kind"], figure: (one: Measured) => number): string => shown(over(runs, name, kind, figure));
    const pair = (kind: Load["kind"]): string => `${of(kind, ({ p50 }) => p50)} / ${of(kind, ({ p95 }) => p95)}`;
    const all = [...(runs.get(`${name} burst`) ?? []), ...(runs.get(`${name} idle`) ?? [])];
    const twice = all.reduce((sum, { again }) => sum + again, 0);
    return [
      TITLES[name],
      of("burst", perSecond),
      of("burst", ({ cpuMicros }) => cpuMicros),
      pair("burst"),
      pair("idle"),
      `${twice}`,
    ];
  });
  const head = ["sender", "deliveries/s", "CPU µs/delivery", "burst, ms p50 / p95", "idle, ms p50 / p95", "sent twice"];
  return table(head, rows);
}

export function goalLines(runs: Runs): string {
  const [speed, cost] = [share(runs, perSecond), share(runs, ({ cpuMicros }) => cpuMicros)];
  const idle = over(runs, "gateway", "idle", ({ p50 }) => p50);
  const missing = [...runs.values()].flat().reduce((sum, { lost }) => sum + lost, 0);
  const behind = (...keys: `${SenderName} ${Load["kind"]}`[]): Measured[] => keys.flatMap((key) => runs.get(key) ?? []);
  return [
    `- ≥ ${GOALS.share} × the loop's deliveries/s: ${shown(speed)} ${verdict(speed >= GOALS.share, behind("loop burst", "gateway burst"))} (CPU ${shown(cost)} ×)`,
    `- p50 ≤ ${GOALS.idleMs} ms from the outbox's commit to receipt, idle: ${shown(idle)} ${verdict(idle <= GOALS.idleMs, behind("gateway idle"))}`,
    `- none missing: ${missing} ${missing === 0 ? "met" : "missed"}`,
  ].join("\n");
}
