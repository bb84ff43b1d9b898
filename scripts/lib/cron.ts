/** The every-minute cron, which the local runtime does not trigger by itself. */
import { setTimeout as sleep } from "node:timers/promises";

/** Interval of the cron. Source: `crons` in wrangler.toml. */
const MINUTE_MS = 60_000;
/** Minimum interval of a scaled run, because a tick takes time itself. Chosen. */
const LEAST_MS = 250;

/** Runs one tick to its end. True if the Worker's scheduled handler succeeded. */
export async function tick(gatewayUrl: string): Promise<boolean> {
  const answer = await fetch(`${gatewayUrl}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`);
  await answer.body?.cancel();
  return answer.ok;
}

/** Ticks every minute divided by `timeScale`, one at a time, until the signal. A failed tick is repeated by the next one. */
export async function driveCron(gatewayUrl: string, timeScale: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(Math.max(MINUTE_MS / timeScale, LEAST_MS), undefined, { signal, ref: false }).catch(() => {});
    if (!signal.aborted) await tick(gatewayUrl).catch(() => {});
  }
}
