/** The rows of generators that the agent is asked to write, and what callers see of them. */
import type { MakingId, TurnId } from "../../core/ids.ts";
import type { Making } from "../../core/making.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { MakingWire } from "../../core/wire/making.ts";
import type { Database } from "../database.ts";
import type { Ground } from "../ground.ts";
import { type Home, originOf } from "./home.ts";
import { failureOf } from "./show.ts";

export const MAKING_TABLES = `
  CREATE TABLE makings (
    id TEXT PRIMARY KEY,
    turn TEXT,                        -- the one it waits for
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX makings_by_turn ON makings (turn);
`;

/** When to read one again. Chosen: a turn of words alone takes seconds. */
const POLL_AFTER_SECONDS = 3;

export class MakingRows {
  readonly #ground: Ground;
  readonly #database: Database;

  constructor(ground: Ground, database: Database) {
    this.#ground = ground;
    this.#database = database;
  }

  find(id: MakingId): Making | null {
    if (!this.#database.exists()) return null;
    const row = this.#ground.sql.exec<{ record: string }>("SELECT record FROM makings WHERE id = ?", id).toArray()[0];
    return row === undefined ? null : (JSON.parse(row.record) as Making); // written by save() only
  }

  save(making: Making): void {
    this.#ground.sql.exec(
      "INSERT OR REPLACE INTO makings (id, turn, record) VALUES (?, ?, ?)",
      making.id,
      making.turn,
      JSON.stringify(making),
    );
  }

  waitingFor(turn: TurnId): MakingId[] {
    const rows = this.#ground.sql.exec<{ id: MakingId }>("SELECT id FROM makings WHERE turn = ?", turn).toArray();
    return rows.map(({ id }) => id);
  }
}

export function showMaking(home: Home, making: Making): MakingWire {
  const { charged, spent, endedAt, status } = making;
  return {
    id: making.id,
    status,
    description: making.description,
    generator_id: status === "ready" ? making.generator : null,
    slug: making.storedAs,
    made_by: making.madeBy,
    fault: making.fault,
    project_id: making.project,
    turn_id: making.turn,
    charged,
    credits: charged === null ? null : { amount: spent, basis: spent === null ? "unknown" : "measured" },
    error: making.error === null ? null : failureOf(making.error),
    status_url: `${originOf(home)}/v1/generators/makings/${making.id}`,
    poll_after_seconds: endedAt === null ? POLL_AFTER_SECONDS : null,
    created_at: toRfc3339(making.createdAt),
    ended_at: endedAt === null ? null : toRfc3339(endedAt),
  };
}
