/** A Nemo token that several users share: which turns run on it, so that a balance is read only where it means something. */
import { DurableObject } from "cloudflare:workers";
import type { TurnId } from "../core/ids.ts";
import type { TokenPort } from "../core/ports.ts";
import { DAY_MS, type EpochMs } from "../core/time.ts";
import type { Env } from "../env.ts";
import { type Database, openDatabase } from "./database.ts";
import { type Ground, layGround } from "./ground.ts";

const MIGRATIONS = [
  `
  CREATE TABLE leases (
    turn TEXT PRIMARY KEY,
    since INTEGER NOT NULL,      -- ms since epoch
    until INTEGER NOT NULL       -- ms since epoch; the release, or the latest end
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX leases_by_end ON leases (until);
  `,
];

export class TokenObject extends DurableObject<Env> implements TokenPort {
  readonly #ground: Ground;
  readonly #database: Database;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#ground = layGround(ctx, env);
    this.#database = openDatabase(this.#ground, MIGRATIONS);
  }

  async lease(turn: TurnId, until: EpochMs): Promise<{ shared: boolean }> {
    this.#database.ready();
    const { sql, now } = this.#ground;
    sql.exec("DELETE FROM leases WHERE until < ?", now() - DAY_MS);
    sql.exec(
      "INSERT INTO leases (turn, since, until) VALUES (?, ?, ?) ON CONFLICT (turn) DO UPDATE SET until = excluded.until",
      turn,
      now(),
      until,
    );
    return { shared: this.#overlaps(turn) };
  }

  async release(turn: TurnId): Promise<{ shared: boolean }> {
    this.#database.ready();
    const shared = this.#overlaps(turn);
    this.#ground.sql.exec("UPDATE leases SET until = ? WHERE turn = ?", this.#ground.now(), turn);
    return { shared };
  }

  #overlaps(turn: TurnId): boolean {
    const count = this.#ground.sql
      .exec<{ n: number }>(
        "SELECT count(*) AS n FROM leases AS other, leases AS mine WHERE mine.turn = ? AND other.turn != mine.turn AND other.since <= ? AND other.until >= mine.since",
        turn,
        this.#ground.now(),
      )
      .one().n;
    return count > 0;
  }
}
