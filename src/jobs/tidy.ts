/** Lets go of what D1 no longer keeps: every minute, a few rows each time. */
import type { Env } from "../env.ts";
import { tidyKeys } from "../store/key-changes.ts";
import { tidyRepeats } from "../store/repeats.ts";
import { tidyStatus } from "../store/status.ts";

export async function tidy({ DB }: Pick<Env, "DB">, now: number): Promise<void> {
  await Promise.all([tidyRepeats(DB, now), tidyStatus(DB, now), tidyKeys(DB, now)]);
}
