/**
 * `npm run bench:requests [-- --quick --before FOLDER]`: what the gateway's middleware costs a plain request.
 *
 * Eight connections, interleaved rounds, medians: the gateway's routes compared with the bare platform, and with `--before` the
 * same routes of another checkout compared with them.
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
import { askOf, REQUEST_TARGETS, type RequestTarget, TARGETS_WITH_BEFORE } from "./lib/request-targets.ts";
import { BEFORE, prepareBefore, prepareBench, startServer } from "./lib/servers.ts";
import { shown } from "./lib/table.ts";
import { usageOf } from "./lib/usage.ts";

const CONNECTIONS = 8;
const { quick, before } = readFlags({
  command: "npm run bench:requests",
  says: "What the gateway's middleware costs a plain request.",
  flags: { quick: { says: "less of it, as bench/README.md says" }, before: BEFORE },
}).flags;
const plan = quick
  ? { rounds: 1, warmSeconds: 1, seconds: 2, quietMs: 0 }
  : { rounds: 3, warmSeconds: 2, seconds: 5, quietMs: 8_000 };

type Running = Child & { readonly url: string };
type Servers = Readonly<Record<Exclude<RequestTarget["at"], "before">, Running> & Partial<Record<"before", Running>>>;

async function startAll(dir: string): Promise<Servers> {
  const setup = await prepareBench(dir);
  const child: Child = startChild("plain-server.ts", SERVER_CPU, {});
  const plain = { ...child, ...(await child.nextMessage(listening)) };
  const started = { plain, peers: await startServer(setup, "peers"), gateway: await startServer(setup, "gateway") };
  return before === undefined ? started : { ...started, before: await (await prepareBefore(setup, before))() };
}

async function load(target: RequestTarget, server: Running, key: string, seconds: number): Promise<Measured> {
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
  const keys = new Map<Running, string>();
  for (const server of [servers.gateway, servers.before ?? []].flat()) {
    const key = await liveKey(server.url);
    await makeUsers(server.url, key, "bench", 1);
    keys.set(server, key);
  }
  const targets = servers.before === undefined ? REQUEST_TARGETS : TARGETS_WITH_BEFORE;
  const run = (target: RequestTarget, seconds: number): Promise<Measured> => {
    const server = servers[target.at];
    if (server === undefined) throw new Error(`${target.name} has no server`);
    return load(target, server, keys.get(server) ?? "", seconds);
  };
  for (const target of targets) await run(target, plan.warmSeconds);
  const rounds = new Map<string, Measured[]>();
  for (let round = 1; round <= plan.rounds; round++) {
    for (const target of round % 2 === 1 ? targets : targets.toReversed()) {
      await untilQuiet(plan.quietMs);
      const got = await run(target, plan.seconds);
      rounds.set(target.name, [...(rounds.get(target.name) ?? []), got]);
      console.error(
        dim(
          `round ${round}, ${target.name}: ${shown(got.perSecond)}/s, CPU ${shown(got.cpuMicros)} µs, others used ${shown(got.noisePercent)} %`,
        ),
      );
    }
  }
  const what = `${CONNECTIONS} connections, ${plan.rounds} rounds of ${plan.seconds} s, medians`;
  console.log(`## Requests\n\n${machine}\n\n${what}\n\n${requestTable(rounds, targets)}\n`);
} finally {
  await cleanUp();
}
