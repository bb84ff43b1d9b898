/**
 * `npm run bench:webhooks [-- --quick]`: how fast an event reaches its receiver.
 *
 * 2,000 events at once, then one after the other on an idle gateway; compared with a plain Node loop that signs and posts with
 * the same number of concurrent requests. Interleaved rounds, medians. README.md explains the table.
 */
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { readFlags } from "../scripts/lib/flags.ts";
import { dim } from "../scripts/lib/paint.ts";
import { machineLine, scratchDir } from "./lib/machine.ts";
import { untilQuiet } from "./lib/noise.ts";
import { startWebhooks } from "./lib/servers.ts";
import { shown } from "./lib/table.ts";
import { goalLines, type Runs, SENDERS, webhookTable } from "./lib/webhook-report.ts";
import { gatewaySender, type Load, loopSender, type Measured, measure } from "./lib/webhook-runs.ts";

const { quick } = readFlags({
  command: "npm run bench:webhooks",
  says: "How fast an event reaches its receiver.",
  flags: { quick: { says: "less of it, as bench/README.md says" } },
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
  const senders = { loop: loopSender, gateway: await gatewaySender(server) };
  await measure(senders.gateway, { kind: "burst", events: 500 }); // warm-up
  const runs = new Map<string, Measured[]>() as Map<string, Measured[]> & Runs;
  for (let round = 1; round <= plan.rounds; round++) {
    for (const load of LOADS) {
      for (const name of round % 2 === 1 ? SENDERS : SENDERS.toReversed()) {
        await untilQuiet(plan.quietMs);
        const got = await measure(senders[name], load);
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
} finally {
  await cleanUp();
}
