/** One run of a story: a gateway with its own state, killed as planned, and checked when the story has ended. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { shownEndpoint } from "../../../src/core/wire/webhook.ts";
import { apiWith } from "../api.ts";
import { isUseful } from "../gateway.ts";
import { freePort } from "../ports.ts";
import type { SandboxServer } from "../sandbox-server.ts";
import { makeKey, makeTenant } from "../tenant.ts";
import { startReceiver, type WebhookReceiver } from "../webhook-receiver.ts";
import { judgeEvents, judgeRequestLog, judgeUsage, readRequestLog } from "./checks.ts";
import { STORIES, type StoryName } from "./plan.ts";
import { judgeRemains } from "./remains.ts";
import { type RestartingGateway, startRestarting } from "./restarting-gateway.ts";
import type { Customer } from "./story.ts";

const TIME_SCALE = 20;

export type Trial = {
  readonly story: StoryName;
  /** The run's unique name: letters and digits. */
  readonly run: string;
  /** The initial state: empty, with a migrated database. */
  readonly template: string;
  readonly stateDir: string;
  readonly sandbox: SandboxServer;
  /** Called at every failpoint with the number of times it was reached. */
  readonly isFatal: (at: string, passing: number) => boolean;
  /** Runs during the story, until the signal. */
  readonly meanwhile?: (gateway: RestartingGateway, over: AbortSignal) => Promise<void>;
};

export type Verdict = { readonly ms: number; readonly killedAt: readonly string[]; readonly fault: string | null };

async function customerOf(
  { url, adminToken }: RestartingGateway,
  run: string,
  sink: WebhookReceiver,
): Promise<Customer> {
  const admin = apiWith(url, adminToken);
  const tenant = await makeTenant(admin, run);
  const api = apiWith(url, await makeKey(admin, tenant, "live", "torture"));
  const endpoint = await api.get("/v1/webhook_endpoints", shownEndpoint, { method: "POST", json: { url: sink.url } });
  sink.trust(endpoint.secret);
  return { api, admin, tenant, endpoint: endpoint.id, run };
}

async function runAndJudge(trial: Trial, gateway: RestartingGateway, sink: WebhookReceiver): Promise<void> {
  const customer = await customerOf(gateway, trial.run, sink);
  const over = new AbortController();
  const meanwhile = trial.meanwhile?.(gateway, over.signal);
  const expected = await Promise.race([STORIES[trial.story].perform(customer), gateway.failed]);
  over.abort();
  await meanwhile;
  const requestLog = await readRequestLog(trial.sandbox);
  judgeRequestLog(requestLog, expected);
  if (expected.eventNames === null) return;
  await judgeEvents(customer, expected.eventNames, sink);
  if (expected.erased !== true) await judgeUsage(customer, expected.eventNames, requestLog);
}

/** Waits until no object is overdue, or until the timeout. */
async function untilQuiet({ url, adminToken }: RestartingGateway): Promise<void> {
  const admin = apiWith(url, adminToken);
  for (const until = Date.now() + 10_000; Date.now() < until; await sleep(250)) {
    const status = await (await admin.send("/admin/status")).json();
    if ((status as { overdue: number }).overdue === 0) return; // its schema is this route's own
  }
}

/** Runs the story. Faults of the gateway are in the verdict, not thrown. */
export async function run(trial: Trial): Promise<Verdict> {
  const began = Date.now();
  cpSync(trial.template, trial.stateDir, { recursive: true });
  await fetch(`${trial.sandbox.url}/__reset`, { method: "POST" });
  const timeScale = STORIES[trial.story].timeScale ?? TIME_SCALE;
  const vars = { NEMO_API_URL: trial.sandbox.url, TIME_SCALE: String(timeScale) };
  const sink = await startReceiver();
  const gateway = await startRestarting({
    stateDir: trial.stateDir,
    port: await freePort(),
    vars,
    isFatal: trial.isFatal,
  });
  let fault: string | null = null;
  try {
    await runAndJudge(trial, gateway, sink);
    await untilQuiet(gateway);
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  const last = gateway.lastLines().split("\n").filter(isUseful).join("\n");
  await gateway.stop();
  sink.close();
  const killedAt = gateway.killedAt();
  try {
    const stopped = { state: join(trial.stateDir, "state"), stoppedAt: Date.now() };
    if (fault === null) judgeRemains(stopped, killedAt.filter((at) => at === "upload.begun" || at === "random").length);
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  return { ms: Date.now() - began, killedAt, fault: fault === null ? null : `${fault}\n${last}` };
}
