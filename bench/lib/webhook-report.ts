/** The table of a webhook measurement, with goals and results. */
import { comparison, notMeasured, type Ratio, ratioOf, shownRatio } from "./comparison.ts";
import { median } from "./statistics.ts";
import { shown, table } from "./table.ts";
import { verdict } from "./validity.ts";
import type { WebhookPeer } from "./webhook-peers.ts";
import type { Load, Measured } from "./webhook-runs.ts";

export const SENDERS = ["loop", "gateway"] as const;
export type SenderName = (typeof SENDERS)[number] | WebhookPeer["key"];

/** All measurements of a sender under a load, one per round, in order. */
export type Runs = ReadonlyMap<`${SenderName} ${Load["kind"]}`, readonly Measured[]>;

/** Goals: the share of the loop's deliveries per second, and ms from the outbox's commit to receipt. */
const GOALS = { share: 0.85, cost: 1.2, idleMs: 15 } as const;
const TITLES: Readonly<Record<(typeof SENDERS)[number], string>> = {
  loop: "plain loop, keeps nothing",
  gateway: "gateway, live key",
};

const perSecond = ({ arrived, wholeMs }: Measured): number => (1_000 * arrived) / wholeMs;

const over = (runs: Runs, name: SenderName, kind: Load["kind"], figure: (one: Measured) => number): number =>
  median((runs.get(`${name} ${kind}`) ?? []).map(figure));

/** The gateway's result relative to the loop's. */
const share = (runs: Runs, figure: (one: Measured) => number): number =>
  ratioOf(runs.get("gateway burst") ?? [], runs.get("loop burst") ?? [], figure);

const HEAD = ["sender", "deliveries/s", "CPU µs/delivery", "burst, ms p50 / p95", "idle, ms p50 / p95", "sent twice"];

/** The figures of one sender. */
function figures(runs: Runs, name: SenderName, title: string): string[] {
  const of = (kind: Load["kind"], figure: (one: Measured) => number): string => shown(over(runs, name, kind, figure));
  const pair = (kind: Load["kind"]): string => `${of(kind, ({ p50 }) => p50)} / ${of(kind, ({ p95 }) => p95)}`;
  const twice = bothOf(runs, name).reduce((sum, { again }) => sum + again, 0);
  const burst = [of("burst", perSecond), of("burst", ({ cpuMicros }) => cpuMicros), pair("burst")];
  return [title, ...burst, pair("idle"), `${twice}`];
}

/** All measurements of a sender, of both loads. */
const bothOf = (runs: Runs, name: SenderName): Measured[] => [
  ...(runs.get(`${name} burst`) ?? []),
  ...(runs.get(`${name} idle`) ?? []),
];

export const webhookTable = (runs: Runs): string =>
  table(
    HEAD,
    SENDERS.map((name) => figures(runs, name, TITLES[name])),
  );

/** The peers, and the gateway's figures divided by theirs. */
export function peerTable(runs: Runs, peers: readonly WebhookPeer[]): string {
  const rows = peers
    .filter(({ missing }) => missing === null)
    .map(({ key, name }) => {
      const of = (kind: Load["kind"], figure: (one: Measured) => number): number =>
        ratioOf(runs.get(`gateway ${kind}`) ?? [], runs.get(`${key} ${kind}`) ?? [], figure);
      const ratios: Ratio[] = [
        { name: "deliveries/s", value: of("burst", perSecond), isMoreBetter: true },
        { name: "CPU", value: of("burst", ({ cpuMicros }) => cpuMicros) },
        { name: "burst p50", value: of("burst", ({ p50 }) => p50) },
        { name: "burst p95", value: of("burst", ({ p95 }) => p95) },
        { name: "idle p50", value: of("idle", ({ p50 }) => p50) },
        { name: "idle p95", value: of("idle", ({ p95 }) => p95) },
      ];
      const result = comparison(ratios, bothOf(runs, "gateway"), bothOf(runs, key));
      return [...figures(runs, key, name), ...ratios.map(shownRatio), result];
    });
  const gateway = [...figures(runs, "gateway", TITLES.gateway), ...Array.from({ length: 7 }, () => "")];
  const ratioHead = ["gateway ÷ peer: deliveries/s", "CPU", "burst p50", "burst p95", "idle p50", "idle p95"];
  const made = table([...HEAD, ...ratioHead, "the gateway is"], [gateway, ...rows]);
  return [made, ...notMeasured(peers)].join("\n\n");
}

export function goalLines(runs: Runs): string {
  const [speed, cost] = [share(runs, perSecond), share(runs, ({ cpuMicros }) => cpuMicros)];
  const idle = over(runs, "gateway", "idle", ({ p50 }) => p50);
  const missing = [...runs.values()].flat().reduce((sum, { lost }) => sum + lost, 0);
  const behind = (...keys: `${SenderName} ${Load["kind"]}`[]): Measured[] => keys.flatMap((key) => runs.get(key) ?? []);
  return [
    `- ≥ ${GOALS.share} × the loop's deliveries/s: ${shown(speed)} ${verdict(speed >= GOALS.share, behind("loop burst", "gateway burst"))}`,
    `- ≤ ${GOALS.cost} × its processor time: ${shown(cost)} ${verdict(cost <= GOALS.cost, behind("loop burst", "gateway burst"))}`,
    `- p50 ≤ ${GOALS.idleMs} ms from the outbox's commit to receipt, idle: ${shown(idle)} ${verdict(idle <= GOALS.idleMs, behind("gateway idle"))}`,
    `- none missing: ${missing} ${missing === 0 ? "met" : "missed"}`,
  ].join("\n");
}
