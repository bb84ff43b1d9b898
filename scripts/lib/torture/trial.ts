/** One run of a story: a gateway with a state of its own, killed where it is told, judged when the story is over. */
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
import { judgeFacts, judgeLedger, judgeUse, readLedger } from "./judge.ts";
import { type Life, startLife } from "./life.ts";
import { STORIES, type StoryName } from "./plan.ts";
import { judgeRemains } from "./remains.ts";
import type { Customer } from "./story.ts";

const TIME_SCALE = 20;

export type Trial = {
  readonly story: StoryName;
  /** Its name among all runs: letters and digits. */
  readonly run: string;
  /** An empty state with its database, to begin with. */
  readonly template: string;
  readonly stateDir: string;
  readonly sandbox: SandboxServer;
  /** Asked at every boundary, with how often it was reached by now. */
  readonly isFatal: (at: string, passing: number) => boolean;
  /** What else happens to it while the story is told, until the signal. */
  readonly meanwhile?: (life: Life, over: AbortSignal) => Promise<void>;
};

export type Verdict = { readonly ms: number; readonly deaths: readonly string[]; readonly fault: string | null };

async function customerOf({ url, adminToken }: Life, run: string, sink: WebhookReceiver): Promise<Customer> {
  const admin = apiWith(url, adminToken);
  const tenant = await makeTenant(admin, run);
  const api = apiWith(url, await makeKey(admin, tenant, "live", "torture"));
  const endpoint = await api.get("/v1/webhook_endpoints", shownEndpoint, { method: "POST", json: { url: sink.url } });
  sink.trust(endpoint.secret);
  return { api, admin, tenant, endpoint: endpoint.id, run };
}

async function tellAndJudge(trial: Trial, life: Life, sink: WebhookReceiver): Promise<void> {
  const customer = await customerOf(life, trial.run, sink);
  const over = new AbortController();
  const meanwhile = trial.meanwhile?.(life, over.signal);
  const told = await Promise.race([STORIES[trial.story].tell(customer), life.lost]);
  over.abort();
  await meanwhile;
  const ledger = await readLedger(trial.sandbox);
  judgeLedger(ledger, told);
  if (told.facts === null) return;
  await judgeFacts(customer, told.facts, sink);
  if (told.erased !== true) await judgeUse(customer, told.facts, ledger);
}

/** Waits until no object is behind, or for as long as it may take. */
async function untilQuiet({ url, adminToken }: Life): Promise<void> {
  const admin = apiWith(url, adminToken);
  for (const until = Date.now() + 10_000; Date.now() < until; await sleep(250)) {
    const status = await (await admin.send("/admin/status")).json();
    if ((status as { overdue: number }).overdue === 0) return; // its schema is this route's own
  }
}

/** Runs it. Never throws for what the gateway does wrong: that is the verdict's fault. */
export async function run(trial: Trial): Promise<Verdict> {
  const began = Date.now();
  cpSync(trial.template, trial.stateDir, { recursive: true });
  await fetch(`${trial.sandbox.url}/__reset`, { method: "POST" });
  const timeScale = STORIES[trial.story].timeScale ?? TIME_SCALE;
  const vars = { NEMO_API_URL: trial.sandbox.url, TIME_SCALE: String(timeScale) };
  const sink = await startReceiver();
  const life = await startLife({ stateDir: trial.stateDir, port: await freePort(), vars, isFatal: trial.isFatal });
  let fault: string | null = null;
  try {
    await tellAndJudge(trial, life, sink);
    await untilQuiet(life);
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  const last = life.lastLines().split("\n").filter(isUseful).join("\n");
  await life.stop();
  sink.close();
  const deaths = life.deaths();
  try {
    const place = { state: join(trial.stateDir, "state"), stoppedAt: Date.now() };
    if (fault === null) judgeRemains(place, deaths.filter((at) => at === "upload.begun" || at === "random").length);
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  return { ms: Date.now() - began, deaths, fault: fault === null ? null : `${fault}\n${last}` };
}
