/**
 * A Nemo token that several users share, a tenant's or the operator's: its status, the turns that use it (so that a
 * balance is attributed only where it is meaningful), and its last known balance.
 * A tenant's token is stored here, encrypted. The operator's is a secret of the Worker; only Nemo's verdict on it is
 * stored.
 */
import { DurableObject } from "cloudflare:workers";
import { OPERATOR_TOKEN_NAME, parseScope } from "../../core/address.ts";
import { kidOf } from "../../core/crypto.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { TurnId } from "../../core/ids.ts";
import { mayUse, NO_TOKEN, showToken } from "../../core/nemo-token.ts";
import { err, type Result } from "../../core/result.ts";
import type { Balance, ProvidedToken, SharedTokenInfo, TokenRpc } from "../../core/rpc/token.ts";
import type { Call } from "../../core/rpc/user.ts";
import { DAY_MS, type EpochMs } from "../../core/time.ts";
import { attributionOf } from "../../core/usage/usage.ts";
import type { NemoTokenWire } from "../../core/wire/token.ts";
import type { Env } from "../../env.ts";
import { createRuntime, endObject, type ObjectRuntime } from "../shared/context.ts";
import { type Database, deleteMeta, type Migrations, openDatabase, readMeta, writeMeta } from "../shared/database.ts";
import { Encryption } from "../shared/encryption.ts";
import { handlerOf, JOBS_TABLE, JobScheduler, type JobTable } from "../shared/jobs.ts";
import { AUDIT, OUTBOX, OUTBOX_TABLES, Outbox, publishAudit } from "../shared/outbox.ts";
import { nemoOf, StoredToken, TOKEN_STATUS, TOKEN_WARNING } from "../shared/stored-token.ts";

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE leases (
    turn TEXT PRIMARY KEY,
    since INTEGER NOT NULL,      -- ms since epoch
    until INTEGER NOT NULL       -- ms since epoch; the release, or the latest end
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX leases_by_end ON leases (until);

  ${JOBS_TABLE}
  ${OUTBOX_TABLES}
  `,
];

/** Meta key of the operator's token: its version, and when Nemo rejected it. */
const REJECTION = "rejection";
/** Meta key: the account's balance, as read by the last turn that ended. */
const BALANCE = "balance";
/** A tenant's events belong to no user. */
const NO_USER = { uh: "", named: () => false };

type TokenServices = {
  readonly runtime: ObjectRuntime;
  readonly jobs: JobScheduler;
  readonly outbox: Outbox;
  readonly stored: StoredToken | null;
};

const TOKEN_JOBS: JobTable<"token", TokenServices> = {
  [OUTBOX]: { run: ({ outbox }) => outbox.flush() },
  [AUDIT]: { run: ({ runtime, jobs }, entry) => publishAudit(runtime, jobs, entry) },
  [TOKEN_STATUS]: { run: ({ stored }) => stored?.publishStatus() },
  [TOKEN_WARNING]: { run: ({ stored }) => stored?.warn() },
};

export class TokenObject extends DurableObject<Env> implements TokenRpc {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #jobs: JobScheduler;
  readonly #outbox: Outbox;
  readonly #encryption: Encryption;
  /** A tenant's token; null in the operator's object. */
  readonly #stored: StoredToken | null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const runtime = createRuntime(ctx, env);
    this.#runtime = runtime;
    this.#database = openDatabase(runtime, MIGRATIONS);
    this.#jobs = new JobScheduler(
      runtime,
      this.#database,
      "token",
      handlerOf(TOKEN_JOBS, () => ({ runtime, jobs: this.#jobs, outbox: this.#outbox, stored: this.#stored })),
    );
    this.#outbox = new Outbox(runtime, this.#jobs, NO_USER);
    this.#encryption = new Encryption(
      runtime,
      this.#database,
      "token",
      async () => (await this.#stored?.renewEncryption()) ?? 0,
    );
    this.#stored = runtime.name === OPERATOR_TOKEN_NAME ? null : this.#openTenantToken();
  }

  async use(): Promise<SharedTokenInfo | null> {
    if (this.#stored === null) return this.#readOperatorToken();
    const open = this.#database.exists() ? await this.#stored.open() : null;
    const shown = open === null ? null : this.#stored.state();
    return open === null || shown === null ? null : { source: "tenant", shown, ...open };
  }

  async put(call: Call, token: ProvidedToken): Promise<Result<NemoTokenWire, Problem>> {
    if (this.#stored === null) throw new Error("the operator's token is a secret of the Worker");
    if (parseScope(this.#runtime.name).mode === "test") return err(liveOnly());
    this.#database.ready();
    const nemo = nemoOf(this.#runtime, null, attributionOf(call.attribution));
    return this.#stored.put(nemo, token, call.audit ?? null);
  }

  async read(): Promise<NemoTokenWire> {
    return (await this.use())?.shown ?? NO_TOKEN;
  }

  async remove(call?: Call): Promise<void> {
    if (this.#database.exists()) this.#stored?.remove(call?.audit ?? null);
  }

  async report(version: string, accepted: boolean): Promise<void> {
    this.#database.ready();
    if (this.#stored !== null) return this.#stored.report(version, accepted);
    if (accepted) deleteMeta(this.#runtime.sql, REJECTION);
    else writeMeta(this.#runtime.sql, REJECTION, JSON.stringify({ version, rejectedAt: this.#runtime.now() }));
  }

  async lease(turn: TurnId, until: EpochMs): Promise<{ shared: boolean }> {
    this.#database.ready();
    const { sql, now } = this.#runtime;
    sql.exec("DELETE FROM leases WHERE until < ?", now() - DAY_MS);
    sql.exec(
      "INSERT INTO leases (turn, since, until) VALUES (?, ?, ?) ON CONFLICT (turn) DO UPDATE SET until = excluded.until",
      turn,
      now(),
      until,
    );
    return { shared: this.#overlaps(turn) };
  }

  async release(turn: TurnId, balance: Balance | null = null): Promise<{ shared: boolean }> {
    this.#database.ready();
    const shared = this.#overlaps(turn);
    this.#runtime.sql.exec("UPDATE leases SET until = ? WHERE turn = ?", this.#runtime.now(), turn);
    if (balance !== null) writeMeta(this.#runtime.sql, BALANCE, JSON.stringify(balance));
    return { shared };
  }

  async destroy(): Promise<void> {
    await endObject(this.ctx, this.#runtime, "token");
  }

  async wake(): Promise<void> {
    await this.#encryption.renew();
    await this.#jobs.wake();
  }

  override async alarm(): Promise<void> {
    this.#jobs.alarm();
  }

  #openTenantToken(): StoredToken {
    const { tenant, mode } = parseScope(this.#runtime.name);
    return new StoredToken({
      runtime: this.#runtime,
      jobs: this.#jobs,
      outbox: this.#outbox,
      encryption: this.#encryption,
      source: "tenant",
      owner: `tenant_token|${tenant}|${mode}|`,
      resource: "nemo_token",
    });
  }

  /**
   * The Worker's own secret, with Nemo's verdict on it. A new secret has another version, to which an old verdict
   * does not apply.
   */
  async #readOperatorToken(): Promise<SharedTokenInfo | null> {
    const { config, now } = this.#runtime;
    if (config.nemoToken === null) return null;
    const version = await kidOf(config.nemoToken);
    const text = this.#database.exists() ? readMeta(this.#runtime.sql, REJECTION) : null;
    const rejection = text === null ? null : (JSON.parse(text) as { version: string; rejectedAt: EpochMs }); // written by report() only
    const tokenStatus = { expiresAt: null, rejectedAt: rejection?.version === version ? rejection.rejectedAt : null };
    return {
      source: "operator",
      token: mayUse(tokenStatus, now(), config.timings) ? config.nemoToken : null,
      version,
      suspect: tokenStatus.rejectedAt !== null,
      shown: showToken("operator", tokenStatus, now()),
    };
  }

  #overlaps(turn: TurnId): boolean {
    const count = this.#runtime.sql
      .exec<{ n: number }>(
        "SELECT count(*) AS n FROM leases AS other, leases AS mine WHERE mine.turn = ? AND other.turn != mine.turn AND other.since <= ? AND other.until >= mine.since",
        turn,
        this.#runtime.now(),
      )
      .one().n;
    return count > 0;
  }
}

const liveOnly = (): Problem =>
  problemOf(
    "live_only",
    "In test mode every user has its own account in the sandbox, so a tenant's token cannot be used; set it with a live key.",
  );
