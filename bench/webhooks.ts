/**
 * `npm run bench:webhooks [-- --quick --peers --before FOLDER]`: how fast an event reaches its receiver.
 *
 * 2,000 events at once, then one after the other on an idle gateway; compared with a plain Node loop that signs and posts with
 * the same number of concurrent requests, with `--peers` with queues that store their jobs, and with `--before` with the gateway
 * of another checkout. Interleaved rounds, medians. README.md explains the tables.
 */
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { readFlags } from "../scripts/lib/flags.ts";
import { dim } from "../scripts/lib/paint.ts";
import { machineLine, scratchDir } from "./lib/machine.ts";
import { untilQuiet } from "./lib/noise.ts";
import { BEFORE, startWebhooks } from "./lib/servers.ts";
import { shown } from "./lib/table.ts";
import { prepareWebhookBefore, prepareWebhookPeers } from "./lib/webhook-peers.ts";
import { goalLines, peerTable, type Runs, type SenderName, webhookTable } from "./lib/webhook-report.ts";
import { gatewaySender, type Load, loopSender, type Measured, measure, type Sender } from "./lib/webhook-runs.ts";

const {
  quick,
  peers: isWithPeers,
  before,
} = readFlags({
  command: "npm run bench:webhooks",
  says: "How fast an event reaches its receiver.",
  flags: {
    quick: { says: "less of it, as bench/README.md says" },
    peers: { says: "measures other projects too; needs redis-server and PostgreSQL" },
    before: BEFORE,
  },
}).flags;
const plan = quick
  ? { rounds: 1, burst: 500, idle: 20, quietMs: 0 }
  : { rounds: 3, burst: 2_000, idle: 50, quietMs: 20_000 };
const LOADS: readonly Load[] = [
  { kind: "burst", events: plan.burst },
  { kind: "idle", events: plan.idle },
];

try {
  const dir = scratchDir();
  const machine = machineLine(dir);
  const server = await startWebhooks(dir);
  const peers = [
    ...(before === undefined ? [] : [await prepareWebhookBefore(dir, before)]),
    ...(isWithPeers ? prepareWebhookPeers(dir) : []),
  ];
  const gateway = await gatewaySender(server);
  const senders: readonly { readonly key: SenderName; readonly send: Sender }[] = [
    { key: "loop", send: loopSender },
    { key: "gateway", send: gateway },
    ...peers.filter(({ missing }) => missing === null),
  ];
  // Warm-up.
  for (const { key, send } of senders)
    if (key === "gateway" || key === "before") await measure(send, { kind: "burst", events: 500 });
  const runs = new Map<string, Measured[]>() as Map<string, Measured[]> & Runs;
  for (let round = 1; round <= plan.rounds; round++) {
    for (const load of LOADS) {
      for (const { key: name, send } of round % 2 === 1 ? senders : senders.toReversed()) {
        await untilQuiet(plan.quietMs);
        const got = await measure(send, load);
        runs.set(`${name} ${load.kind}`, [...(runs.get(`${name} ${load.kind}`) ?? []), got]);
        const speed = `${got.arrived} of ${load.events} in ${shown(got.wholeMs)} ms, p50 ${shown(got.p50)}, p95 ${shown(got.p95)} ms`;
        const cost = `CPU ${shown(got.cpuMicros)} µs each, ${shown(got.bytes)} bytes, again ${got.again}`;
        console.error(
          dim(`round ${round}, ${load.kind}, ${name}: ${speed}, ${cost}, others used ${shown(got.noisePercent)} %`),
        );
      }
    }
  }
  const what = `${plan.burst} events at once and ${plan.idle} one by one, ${plan.rounds} rounds, medians`;
  console.log(`## Webhooks\n\n${machine}\n\n${what}\n\n${webhookTable(runs)}\n\n${goalLines(runs)}\n`);
  if (peers.length > 0) console.log(`${peerTable(runs, peers)}\n`);
} finally {
  await cleanUp();
}
