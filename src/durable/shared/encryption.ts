/**
 * Tracks under which root secret an object's stored ciphertexts are encrypted. A row in D1 holds the key id, so that
 * the re-encryption cron finds the objects that still use an old root secret.
 *
 * The row is written before the first ciphertext. After a rotation the next wake call or write re-encrypts everything
 * and then updates the row; after a crash in between it is done again.
 */
import { kidOf } from "../../core/crypto.ts";
import type { ObjectKind } from "../../env.ts";
import { deleteEncryption, writeEncryption } from "../../store/status.ts";
import type { ObjectRuntime } from "./context.ts";
import { type Database, readMeta, writeMeta } from "./database.ts";

const KEY_ID_META = "encryption_kid";

export class Encryption {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #kind: ObjectKind;
  readonly #renewAll: () => Promise<number>;

  /**
   * `renewAll` re-encrypts whatever is not under the current root secret and returns how many ciphertexts there are in
   * all.
   */
  constructor(runtime: ObjectRuntime, database: Database, kind: ObjectKind, renewAll: () => Promise<number>) {
    this.#runtime = runtime;
    this.#database = database;
    this.#kind = kind;
    this.#renewAll = renewAll;
  }

  /** Await before storing a new ciphertext. Costs one write to D1 in an object's life and one per rotation. */
  async note(): Promise<void> {
    this.#database.ready();
    const kid = await kidOf(this.#runtime.config.rootSecret);
    if (readMeta(this.#runtime.sql, KEY_ID_META) === kid) return;
    await this.#renewAll();
    await this.#write(kid);
  }

  /**
   * Re-encrypts everything under the current root secret, or removes the row when nothing is left to encrypt: the wake
   * call's job.
   */
  async renew(): Promise<void> {
    const { sql, env, name, config } = this.#runtime;
    if (!this.#database.exists()) return deleteEncryption(env.DB, name, this.#kind);
    const kid = await kidOf(config.rootSecret);
    if (readMeta(sql, KEY_ID_META) === kid) return;
    const count = await this.#renewAll();
    if (count > 0) await this.#write(kid);
    else await deleteEncryption(env.DB, name, this.#kind);
  }

  async #write(kid: string): Promise<void> {
    const { sql, env, name } = this.#runtime;
    await writeEncryption(env.DB, name, this.#kind, kid);
    writeMeta(sql, KEY_ID_META, kid);
  }
}
