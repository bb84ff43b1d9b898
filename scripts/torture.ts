/**
 * `npm run torture [boundary…]`: the gateway is killed with SIGKILL at every named boundary, started again, and must end
 * everything: the turn settled, the render completed, every webhook delivered, and Nemo's ledger showing one message.
 *
 * Without arguments every boundary of core/boundaries.ts; CI names three. The sandbox runs as a process of its own, so its
 * ledger outlives the kill. Waits are divided by 20.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { BOUNDARIES, type Boundary } from "../src/core/boundaries.ts";
import { shownEndpoint } from "../src/core/wire/webhook.ts";
import { apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { type Gateway, startGateway } from "./lib/gateway.ts";
import { bold, dim, green, red } from "./lib/paint.ts";
import { freePort } from "./lib/ports.ts";
import { type SandboxServer, startSandbox } from "./lib/sandbox-server.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";
import { type Outcome, runStory } from "./lib/torture-story.ts";
import { startReceiver, type WebhookReceiver } from "./lib/webhook-receiver.ts";

const TIME_SCALE = 20;
const WEBHOOK_MS = 60_000;
const ledger = z.object({
  turns: z.array(z.object({ prompt: z.string() })),
  renders: z.array(z.object({ submits: z.number() })),
});

const scratch = mkdtempSync(join(tmpdir(), "nemo-torture-"));
onEnd(() => rmSync(scratch, { recursive: true, force: true }));

/** Throws with the reason when the run did not end as promised. */
async function judge(
  at: Boundary,
  prompt: string,
  outcome: Outcome,
  hooks: WebhookReceiver,
  sandbox: SandboxServer,
): Promise<void> {
  const { turn, render, bytes } = outcome;
  if (turn.status !== "completed") throw new Error(`the turn ended as ${turn.status}`);
  if (render.status !== "completed" || bytes < 1_000)
    throw new Error(`the render ended as ${render.status} with ${bytes} bytes`);
  for (const type of ["upload.completed", "asset.ready", "turn.completed", "render.completed"] as const) {
    await hooks
      .waitFor((event) => event.type === type, WEBHOOK_MS)
      .catch(() => Promise.reject(new Error(`${type} was never delivered`)));
  }
  const facts = new Map<string, string>();
  for (const event of hooks.seen()) {
    const fact = `${event.type} ${JSON.stringify(event.data.id ?? event.data.turn_id)} ${event.sequence}`;
    if ((facts.get(fact) ?? event.id) !== event.id) throw new Error(`${fact} came under two ids`);
    facts.set(fact, event.id);
  }
  const end = `render.${outcome.taken.status}`;
  await hooks
    .waitFor((event) => event.type === end && event.data.id === outcome.taken.id, WEBHOOK_MS)
    .catch(() => Promise.reject(new Error(`${end} of the render that was taken back was never delivered`)));
  const { turns, renders } = ledger.parse(await (await fetch(`${sandbox.url}/__ledger`)).json());
  const sent = turns.filter((one) => one.prompt.includes(prompt)).length;
  if (sent !== 1) throw new Error(`Nemo's ledger shows ${sent} messages instead of one at ${at}`);
  if (renders.some(({ submits }) => submits !== 1)) throw new Error(`Nemo's ledger shows an order sent twice at ${at}`);
}

/** One run: killed at the boundary, started again on the same state and port, judged. Answers with how long it took. */
async function torture(at: Boundary, sandbox: SandboxServer): Promise<number> {
  const begun = Date.now();
  const stateDir = join(scratch, at);
  const port = await freePort();
  const vars = { NEMO_API_URL: sandbox.url, TIME_SCALE: String(TIME_SCALE) };
  const first = await startGateway({ stateDir, port, vars: { ...vars, CRASH_AT: at } });
  let running: Gateway = first;
  let crashed = false;
  const restarted = first.crashed.then(async () => {
    crashed = true;
    await first.stop();
    running = await startGateway({ stateDir, port, vars });
  });
  const hooks = await startReceiver();
  try {
    const admin = apiWith(first.url, first.adminToken);
    const api = apiWith(first.url, await makeKey(admin, await makeTenant(admin, at), "live", "torture"));
    const endpoint = await api.get("/v1/webhook_endpoints", shownEndpoint, {
      method: "POST",
      json: { url: hooks.url },
    });
    hooks.trust(endpoint.secret);
    const prompt = `turn this clip into a 4 second promo, run ${at} ${begun}`;
    const outcome = await runStory(api, at, prompt, endpoint.id);
    await judge(at, prompt, outcome, hooks, sandbox);
    if (!crashed) throw new Error("the boundary was never reached");
    await restarted;
    return Date.now() - begun;
  } catch (error) {
    console.error(dim(`${running.lastLines()}\nsandbox: ${sandbox.lastLines()}`));
    throw error;
  } finally {
    await running.stop();
    hooks.close();
  }
}

async function main(): Promise<number> {
  const named = process.argv.slice(2);
  const unknown = named.find((name) => !(BOUNDARIES as readonly string[]).includes(name));
  if (unknown !== undefined) {
    console.error(red(`${unknown} is no boundary; there are ${BOUNDARIES.join(", ")}.`));
    return 1;
  }
  const chosen = BOUNDARIES.filter((name) => named.length === 0 || named.includes(name));
  const sandbox = await startSandbox({ stateDir: join(scratch, "sandbox"), timeScale: 4 });
  let failed = 0;
  for (const at of chosen) {
    try {
      console.log(`${green("✓")} ${bold(at)} ${dim(`${((await torture(at, sandbox)) / 1000).toFixed(1)} s`)}`);
    } catch (error) {
      failed++;
      console.error(`${red("✗")} ${bold(at)} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(red(error instanceof Error ? error.message : String(error)));
}
await cleanUp();
process.exit(code);
