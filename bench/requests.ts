/**
 * `npm run bench:requests [-- --quick]`: what the gateway's middleware costs a plain request.
 *
 * Eight connections, interleaved rounds, medians: the gateway's routes compared with the bare platform.
 */
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { readFlags } from "../scripts/lib/flags.ts";
import { dim } from "../scripts/lib/paint.ts";
import { type Child, listening, startChild } from "./lib/children.ts";
import { liveKey, makeUsers } from "./lib/gateway-users.ts";
import { LOAD_CPU, machineLine, SERVER_CPU, scratchDir } from "./lib/machine.ts";
import { untilQuiet, watchNoise } from "./lib/noise.ts";
import { requestResult } from "./lib/request-messages.ts";
import { type Measured, requestTable } from "./lib/request-report.ts";
import { askOf, REQUEST_TARGETS, type RequestTarget } from "./lib/request-targets.ts";
import { prepareBench, startServer } from "./lib/servers.ts";
import { shown } from "./lib/table.ts";
import { usageOf } from "./lib/usage.ts";

const CONNECTIONS = 8;
const { quick } = readFlags({
  command: "npm run bench:requests",
  says: "What the gateway's middleware costs a plain request.",
  flags: { quick: { says: "less of it, as bench/README.md says" } },
}).flags;
const plan = quick
  ? { rounds: 1, warmSeconds: 1, seconds: 2, quietMs: 0 }
  : { rounds: 3, warmSeconds: 2, seconds: 5, quietMs: 8_000 };

type Servers = Readonly<Record<RequestTarget["at"], Child & { readonly url: string }>>;

async function startAll(dir: string): Promise<Servers> {
  const setup = await prepareBench(dir);
  const child: Child = startChild("plain-server.ts", SERVER_CPU, {});
  const plain = { ...child, ...(await child.nextMessage(listening)) };
  return { plain, peers: await startServer(setup, "peers"), gateway: await startServer(setup, "gateway") };
}

async function load(target: RequestTarget, servers: Servers, key: string, seconds: number): Promise<Measured> {
  const server = servers[target.at];
  const settings = { ...askOf(target, server.url, key), connections: CONNECTIONS, seconds };
  const before = usageOf(server.pid).cpuSeconds;
  const noise = watchNoise();
  const child = startChild("request-load.ts", LOAD_CPU, settings);
  try {
    const result = await child.nextMessage(requestResult);
    const requests = Math.max(1, result.requests);
    const cpuMicros = (1e6 * (usageOf(server.pid).cpuSeconds - before)) / requests;
    return { ...result, cpuMicros, noisePercent: noise() };
  } finally {
    await child.stop();
  }
}

try {
  const dir = scratchDir();
  const machine = machineLine(dir);
  const servers = await startAll(dir);
  const key = await liveKey(servers.gateway.url);
  await makeUsers(servers.gateway.url, key, "bench", 1);
  for (const target of REQUEST_TARGETS) await load(target, servers, key, plan.warmSeconds);
  const rounds = new Map<string, Measured[]>();
  for (let round = 1; round <= plan.rounds; round++) {
    for (const target of round % 2 === 1 ? REQUEST_TARGETS : REQUEST_TARGETS.toReversed()) {
      await untilQuiet(plan.quietMs);
      const got = await load(target, servers, key, plan.seconds);
      rounds.set(target.name, [...(rounds.get(target.name) ?? []), got]);
      console.error(
        dim(
          `round ${round}, ${target.name}: ${shown(got.perSecond)}/s, CPU ${shown(got.cpuMicros)} µs, others used ${shown(got.noisePercent)} %`,
        ),
      );
    }
  }
  const what = `${CONNECTIONS} connections, ${plan.rounds} rounds of ${plan.seconds} s, medians`;
  console.log(`## Requests\n\n${machine}\n\n${what}\n\n${requestTable(rounds)}\n`);
} finally {
  await cleanUp();
}
