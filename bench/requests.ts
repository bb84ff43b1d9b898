/**
 * `npm run bench:requests [-- --quick]`: what the gateway's house rules cost a plain request.
 *
 * Eight connections, interleaved rounds, medians: the bare platform, and the gateway's routes beside it.
 */
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { dim } from "../scripts/lib/paint.ts";
import { listening, startChild } from "./lib/children.ts";
import { liveKey, makeUsers } from "./lib/gateway-users.ts";
import { LOAD_CPU, machineLine, SERVER_CPU, scratchDir } from "./lib/machine.ts";
import { type RequestResult, requestResult } from "./lib/request-messages.ts";
import { type Answering, askOf, REQUEST_TARGETS, type RequestTarget } from "./lib/request-targets.ts";
import { openHouse, startServer } from "./lib/servers.ts";
import { median } from "./lib/statistics.ts";
import { shown, table } from "./lib/table.ts";

const CONNECTIONS = 8;
const quick = process.argv.includes("--quick");
const plan = quick ? { rounds: 1, warmSeconds: 1, seconds: 2 } : { rounds: 3, warmSeconds: 2, seconds: 5 };

const results = new Map<string, RequestResult[]>();

async function load(target: RequestTarget, urls: Answering, key: string, seconds: number): Promise<RequestResult> {
  const settings = { ...askOf(target, urls, key), connections: CONNECTIONS, seconds };
  const child = startChild("request-load.ts", LOAD_CPU, settings);
  try {
    return await child.hear(requestResult);
  } finally {
    await child.stop();
  }
}

const middle = (name: string, figure: keyof RequestResult): number =>
  median((results.get(name) ?? []).map((result) => result[figure]));

function ratio({ name, beside }: RequestTarget): string {
  if (beside === null) return "";
  const share = middle(name, "perSecond") / middle(beside.name, "perSecond");
  const judged = beside.goal === null ? "" : ` (≥ ${beside.goal}) ${share >= beside.goal ? "met" : "missed"}`;
  return `${shown(share)} × ${beside.name}${judged}`;
}

function report(): string {
  const rows = REQUEST_TARGETS.map((target) => {
    const of = (figure: keyof RequestResult): string => shown(middle(target.name, figure));
    return [target.name, of("perSecond"), of("p50"), of("p95"), of("faults"), ratio(target)];
  });
  return table(["", "requests/s", "p50, ms", "p95, ms", "faults", "beside"], rows);
}

async function startAll(dir: string): Promise<Answering> {
  const house = await openHouse(dir);
  const plain = await startChild("plain-server.ts", SERVER_CPU, {}).hear(listening);
  const [peers, gateway] = [await startServer(house, "peers"), await startServer(house, "gateway")];
  return { plain: plain.url, peers: peers.url, gateway: gateway.url };
}

try {
  const dir = scratchDir();
  const machine = machineLine(dir);
  const urls = await startAll(dir);
  const key = await liveKey(urls.gateway);
  await makeUsers(urls.gateway, key, "bench", 1);
  for (const target of REQUEST_TARGETS) await load(target, urls, key, plan.warmSeconds);
  for (let round = 1; round <= plan.rounds; round++) {
    for (const target of round % 2 === 1 ? REQUEST_TARGETS : REQUEST_TARGETS.toReversed()) {
      const got = await load(target, urls, key, plan.seconds);
      results.set(target.name, [...(results.get(target.name) ?? []), got]);
      console.log(dim(`round ${round}, ${target.name}: ${shown(got.perSecond)}/s, p50 ${shown(got.p50)} ms`));
    }
  }
  console.log(
    `\n${machine}\n${CONNECTIONS} connections, ${plan.rounds} rounds of ${plan.seconds} s, medians\n\n${report()}`,
  );
} finally {
  await cleanUp();
}
