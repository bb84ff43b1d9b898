/** What a tenant's object counts: quotas, which calls are kept within, and use, which is shown. */
import type { UserHash } from "../../core/ids.ts";
import type { Database } from "../database.ts";
import type { Ground } from "../ground.ts";
import { Quotas } from "./quotas.ts";
import { Usage } from "./usage.ts";

export type Counted = {
  readonly quotas: Quotas;
  readonly usage: Usage;
  /** Forgets a deleted user. Call in a transaction. */
  readonly erase: (uh: UserHash) => void;
};

export function openCounted(ground: Ground, database: Database): Counted {
  const quotas = new Quotas(ground, database);
  const usage = new Usage(ground, database);
  return {
    quotas,
    usage,
    erase: (uh) => {
      quotas.erase(uh);
      usage.erase(uh);
    },
  };
}
