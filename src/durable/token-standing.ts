/** How a kept Nemo token stands, told to D1 for the operator's status: owed with each change, written by the schedule. */
import { parseScope } from "../core/address.ts";
import type { ToldStanding } from "../core/nemo-token.ts";
import { putStanding } from "../store/token-standings.ts";
import type { Ground } from "./ground.ts";
import type { Schedule } from "./schedule.ts";

/** The schedule's kind of row; its ref names the token. */
export const TOKEN_STANDING = "token_standing";

type Told = {
  readonly ground: Ground;
  readonly schedule: Schedule;
  readonly ref: string;
  readonly source: string;
  /** How it stands now; null when none is kept. */
  readonly standing: () => ToldStanding | null;
};

/** The schedule's work: the row in D1, until it says how the token stands. Twice is once. */
export async function tellStanding({ ground, schedule, ref, source, standing }: Told): Promise<void> {
  const { env, name } = ground;
  const { mode } = parseScope(name);
  for (;;) {
    const told = standing();
    await putStanding(env.DB, { objectName: name, source, mode }, told);
    const now = standing(); // it may have changed while it was written
    if (now?.state === told?.state && now?.until === told?.until) return schedule.done(TOKEN_STANDING, ref);
  }
}
