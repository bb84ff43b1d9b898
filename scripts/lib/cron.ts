/** The every-minute cron, which the local runtime does not trigger by itself. */
import { setTimeout as sleep } from "node:timers/promises";

/** From one tick to the next. Source: `crons` in wrangler.toml. */
const MINUTE_MS = 60_000;
/** However much a run is scaled: a tick takes some time itself. Chosen. */
const LEAST_MS = 250;

/** One tick, awaited to its end. True when the Worker's scheduled handler succeeded. */
export async function tick(gatewayUrl: string): Promise<boolean> {
  const answer = await fetch(`${gatewayUrl}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`);
  await answer.body?.cancel();
  return answer.ok;
}

/** Ticks every minute divided by `timeScale`, one at a time, until the signal. A tick that fails is the next one's work. */
export async function driveCron(gatewayUrl: string, timeScale: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(Math.max(MINUTE_MS / timeScale, LEAST_MS), undefined, { signal, ref: false }).catch(() => {});
    if (!signal.aborted) await tick(gatewayUrl).catch(() => {});
  }
}
