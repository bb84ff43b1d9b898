/**
 * `npm run bench:growth [-- --quick]`: what a turn, an event, a delivery and a page of each list cost in an empty object and in a
 * full one: a user with 10,000 turns, a tenant with 1,000,000 events and 100 endpoints.
 *
 * Rows read, rows written and statements are counted by the objects' own storage, so they do not depend on the machine.
 * README.md explains the table.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { readFlags } from "../scripts/lib/flags.ts";
import { dim } from "../scripts/lib/paint.ts";
import { startReceivers } from "./lib/growth-receivers.ts";
import { grownStatements, growthTable, isFlat, type Measured } from "./lib/growth-report.ts";
import { fillTenant, fillUser, makeSubject, type Size, type Subject, sampleOf, stateOf } from "./lib/growth-state.ts";
import { type Cost, measure, operations, SETTLE_MS } from "./lib/growth-work.ts";
import { machineLine, scratchDir } from "./lib/machine.ts";
import { untilQuiet, watchNoise } from "./lib/noise.ts";
import { startGrowth } from "./lib/servers.ts";
import { shown } from "./lib/table.ts";

const { quick } = readFlags({
  command: "npm run bench:growth",
  says: "What a turn, an event, a delivery and a page cost in an empty object and in a full one.",
  flags: { quick: { says: "less of it, as bench/README.md says" } },
}).flags;
const plan = quick ? { rounds: 1, share: 0.2, quietMs: 0 } : { rounds: 3, share: 1, quietMs: 2_000 };
/** Lists are compared by whole pages, so the empty object has four pages of each. */
const EMPTY: Size = { name: "empty", turns: 100, projects: 100, events: 100, endpoints: 1 };
const MIDDLE: Size = { name: "middle", turns: 1_000, projects: 1_000, events: 100_000, endpoints: 10 };
const FULL: Size = { name: "full", turns: 10_000, projects: 10_000, events: 1_000_000, endpoints: 100 };
const SIZES = quick ? [EMPTY, { ...MIDDLE, endpoints: FULL.endpoints }] : [EMPTY, MIDDLE, FULL];

try {
  const dir = scratchDir();
  const machine = machineLine(dir);
  const server = await startGrowth(dir);
  const receivers = await startReceivers(FULL.endpoints);
  const first = await makeSubject(server.url, { ...EMPTY, name: "sample" }, receivers);
  await first.turn();
  await receivers.more(1);
  await sleep(SETTLE_MS);
  const sample = await sampleOf(first);
  const subjects: Subject[] = [];
  const states: string[] = [];
  for (const size of SIZES) {
    const subject = await makeSubject(server.url, size, receivers);
    await fillUser(subject, sample);
    await fillTenant(subject, sample);
    await subject.turn(); // the first of a user creates its session
    await receivers.more(1);
    subjects.push(subject);
    states.push(`${size.name}: ${await stateOf(subject)}`);
    console.error(dim(states.at(-1) ?? ""));
  }
  const all: Measured[] = [];
  let noise = 0;
  for (const operation of await operations(subjects, receivers, plan.share)) {
    const costs = subjects.map((): Cost[] => []);
    for (let round = 1; round <= plan.rounds; round++) {
      const order = [...subjects.entries()];
      for (const [nth, subject] of round % 2 === 1 ? order : order.toReversed()) {
        await untilQuiet(plan.quietMs);
        const others = watchNoise();
        const cost = await measure(server, subject, operation);
        noise = Math.max(noise, others());
        costs[nth]?.push(cost);
        const { read, written, statements, cpuMicros } = cost;
        const rows = `${shown(read)} rows read, ${shown(written)} written, ${shown(statements)} statements`;
        console.error(
          dim(`${operation.name}, ${subject.size.name}, round ${round}: ${rows}, CPU ${shown(cpuMicros)} µs`),
        );
      }
    }
    all.push({ name: operation.name, sizes: costs });
  }
  const sizes = subjects.map(({ size }) => size.name).join(", ");
  const flat = all.filter(isFlat).length;
  console.log(`## Growth\n\n${machine}\n`);
  console.log(`${sizes}; ${plan.rounds} rounds, medians; others used ${shown(noise)} % of a core at most\n`);
  console.log(`${growthTable(all)}\n\n${flat} of ${all.length} flat\n`);
  for (const line of [...states, ...grownStatements(all)]) console.log(`- ${line}`);
} finally {
  await cleanUp();
}
