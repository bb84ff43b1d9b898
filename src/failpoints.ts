/** Failpoints: stops a loopback run at a named moment, to test that a crash there neither loses nor repeats work. */
import type { Failpoint } from "./core/failpoints.ts";
import type { Config } from "./env.ts";

/** The value of CRASH_AT for every failpoint. */
const EVERYWHERE = "*";

/**
 * At the named failpoint (`*`: at every one) asks the launcher, which kills this run or lets it continue; anywhere
 * else returns at once.
 */
export async function failAt(at: Failpoint, { crashAt, crashUrl }: Config): Promise<void> {
  if (crashUrl === null || (crashAt !== at && crashAt !== EVERYWHERE)) return;
  const answer = await fetch(crashUrl, { method: "POST", body: JSON.stringify({ at }) });
  await answer.body?.cancel();
}
