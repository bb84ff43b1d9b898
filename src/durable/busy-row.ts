/**
 * The one row in D1 that says when an object should have been heard of: how the cron finds what alarms lost.
 *
 * It stands before the first outside effect and is gone when nothing is owed. It may name too early a time, which costs a
 * needless wake, never too late a one. The last written time is noted here, so that most changes cost no write to D1.
 */
import type { EpochMs } from "../core/time.ts";
import type { ObjectKind } from "../env.ts";
import { deleteBusy, writeBusy } from "../store/busy.ts";
import { type Database, readMeta, writeMeta } from "./database.ts";
import type { Ground } from "./ground.ts";

const WRITTEN = "busy_due_at";

export class BusyRow {
  readonly #ground: Ground;
  readonly #database: Database;
  readonly #kind: ObjectKind;
  readonly #earliest: () => EpochMs | null;
  /** One write after the other, so that a removal never overtakes a newer claim. */
  #writes: Promise<void> = Promise.resolve();

  constructor(ground: Ground, database: Database, kind: ObjectKind, earliest: () => EpochMs | null) {
    this.#ground = ground;
    this.#database = database;
    this.#kind = kind;
    this.#earliest = earliest;
  }

  /** Makes the row right. Writes only when none stands there or it says too late a time; with `move` also when it says too early a one. */
  cover(move: boolean): Promise<void> {
    const next = this.#writes.then(() => this.#write(move));
    this.#writes = next.catch(() => undefined);
    return next;
  }

  async #write(move: boolean): Promise<void> {
    const { sql, env, name, now, config } = this.#ground;
    if (!this.#database.exists()) return deleteBusy(env.DB, name, this.#kind);
    const earliest = this.#earliest();
    const written = readMeta(sql, WRITTEN);
    if (earliest === null) return written === null && !move ? undefined : this.#remove();
    const dueAt = Math.max(earliest, now()) + config.waits.busyGrace;
    if (!move && written !== null && Number(written) <= dueAt) return;
    await writeBusy(env.DB, name, this.#kind, dueAt, now(), this.#untold());
    writeMeta(sql, WRITTEN, String(dueAt));
  }

  /** Facts in the object's outbox that are late: telling them fails, or they would be gone. None where it has no outbox. */
  #untold(): number {
    const { sql, now, config } = this.#ground;
    if (sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'outbox'").toArray().length === 0)
      return 0;
    const late = now() - config.waits.busyGrace;
    return sql.exec<{ n: number }>("SELECT count(*) AS n FROM outbox WHERE at <= ?", late).one().n;
  }

  /** Forgotten here first: a crash in between leaves a row that the next wake removes. */
  async #remove(): Promise<void> {
    const { sql, env, name } = this.#ground;
    sql.exec("DELETE FROM meta WHERE key = ?", WRITTEN);
    await deleteBusy(env.DB, name, this.#kind);
  }
}
