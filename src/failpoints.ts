/** Where a run is told to die, to prove that nothing is lost or done twice. Only a loopback run can be told to. */
import type { Failpoint } from "./core/failpoints.ts";
import type { Config } from "./env.ts";

/** What CRASH_AT says to ask at every boundary. */
const EVERYWHERE = "*";

/** At the named boundary (`*`: at every one) tells the launcher, which kills this run or lets it go on; anywhere else returns at once. */
export async function failAt(at: Failpoint, { crashAt, crashUrl }: Config): Promise<void> {
  if (crashUrl === null || (crashAt !== at && crashAt !== EVERYWHERE)) return;
  const answer = await fetch(crashUrl, { method: "POST", body: JSON.stringify({ at }) });
  await answer.body?.cancel();
}
