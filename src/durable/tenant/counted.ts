/** What a tenant's object counts: quotas, which calls are kept within, and use, which is shown. */
import type { UserHash } from "../../core/ids.ts";
import type { SettledTurn } from "../../core/user-record.ts";
import type { Database } from "../database.ts";
import type { Ground } from "../ground.ts";
import { Quotas } from "./quotas.ts";
import { Usage } from "./usage.ts";

export type Counted = {
  readonly quotas: Quotas;
  readonly usage: Usage;
  /** Forgets a deleted user, and counts what its last turns cost. Call in a transaction. */
  readonly erase: (uh: UserHash, settled: readonly SettledTurn[]) => void;
};

export function openCounted(ground: Ground, database: Database): Counted {
  const quotas = new Quotas(ground, database);
  const usage = new Usage(ground, database);
  return {
    quotas,
    usage,
    erase: (uh, settled) => {
      quotas.erase(uh);
      usage.erase(uh);
      for (const turn of settled) usage.settled(turn);
    },
  };
}
