/**
 * What an object keeps sealed, and the row in D1 that says under which root secret: how the sweep finds what is left of an
 * old one.
 *
 * The row stands before the first seal does. A new root secret makes it stale, and the next wake or write seals everything
 * anew and then moves the row; a crash in between does it once more.
 */
import { kidOf } from "../../core/crypto.ts";
import type { ObjectKind } from "../../env.ts";
import { deleteEncryption, writeEncryption } from "../../store/encryption.ts";
import type { ObjectRuntime } from "./context.ts";
import { type Database, readMeta, writeMeta } from "./database.ts";

const NOTED = "seals_kid";

export class Encryption {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #kind: ObjectKind;
  readonly #renewAll: () => Promise<number>;

  /** `renewAll` seals anew whatever is not under the current root secret, and answers how much is kept sealed at all. */
  constructor(runtime: ObjectRuntime, database: Database, kind: ObjectKind, renewAll: () => Promise<number>) {
    this.#runtime = runtime;
    this.#database = database;
    this.#kind = kind;
    this.#renewAll = renewAll;
  }

  /** Await before keeping a new seal. Costs a write to D1 once in an object's life, and once per rotation. */
  async note(): Promise<void> {
    this.#database.ready();
    const kid = await kidOf(this.#runtime.config.rootSecret);
    if (readMeta(this.#runtime.sql, NOTED) === kid) return;
    await this.#renewAll();
    await this.#write(kid);
  }

  /** Brings everything under the current root secret: what a wake does. */
  async renew(): Promise<void> {
    const { sql, env, name, config } = this.#runtime;
    if (!this.#database.exists()) return deleteEncryption(env.DB, name, this.#kind);
    const kid = await kidOf(config.rootSecret);
    if (readMeta(sql, NOTED) === kid) return;
    const kept = await this.#renewAll();
    if (kept > 0) await this.#write(kid);
    else await deleteEncryption(env.DB, name, this.#kind);
  }

  async #write(kid: string): Promise<void> {
    const { sql, env, name } = this.#runtime;
    await writeEncryption(env.DB, name, this.#kind, kid);
    writeMeta(sql, NOTED, kid);
  }
}
