/**
 * The Nemo account of a user's object: which token its calls use, and the API client for them.
 * The order is: the user's own token, the tenant's, the operator's, an anonymous one. In test mode: a token that was
 * set for the user in the sandbox, else one that the sandbox issues.
 * A token that Nemo rejected is not replaced by one of the next level, so that no other account is charged; the caller
 * gets an error.
 */
import { OPERATOR_TOKEN_NAME, tenantObjectName, type UserAddress, userObjectName } from "../../core/address.ts";
import { type Charged, type Problem, problemOf } from "../../core/errors.ts";
import type { TurnId } from "../../core/ids.ts";
import { SHARED_TOKEN_MAX_AGE_MS } from "../../core/limits.ts";
import { NO_TOKEN } from "../../core/nemo-token.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Balance, ProvidedToken, SharedTokenInfo, TokenRpc } from "../../core/rpc/token.ts";
import type { AuditEntry } from "../../core/tenant.ts";
import type { EpochMs } from "../../core/time.ts";
import { attributionOf } from "../../core/usage/usage.ts";
import type { AttributionWire } from "../../core/wire/common.ts";
import type { NemoTokenWire, TokenFor } from "../../core/wire/token.ts";
import { logBug } from "../../log.ts";
import type { ClaimLink, Nemo } from "../../nemo/client.ts";
import type { NemoFailure } from "../../nemo/errors.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, readMeta, writeMeta } from "../shared/database.ts";
import { Encryption } from "../shared/encryption.ts";
import type { JobScheduler } from "../shared/jobs.ts";
import type { Outbox } from "../shared/outbox.ts";
import { toProblem } from "../shared/problems.ts";
import { nemoOf, STORED_TOKEN_KEY, StoredToken } from "../shared/stored-token.ts";
import { AnonymousToken, noToken } from "./anonymous-token.ts";
import { renewName } from "./context.ts";

/**
 * The token that a user shares with others: its tenant's, else the operator's. Read from their objects and cached for
 * 30 s.
 */
export class SharedToken {
  readonly #runtime: ObjectRuntime;
  readonly #address: UserAddress;
  #cached: { readonly shared: SharedTokenInfo | null; readonly at: EpochMs } | null = null;
  #fetching: Promise<SharedTokenInfo | null> | null = null;

  constructor(runtime: ObjectRuntime, address: UserAddress) {
    this.#runtime = runtime;
    this.#address = address;
  }

  /** The shared token, at most 30 s old; null when there is none, and always in test mode. */
  async find(): Promise<SharedTokenInfo | null> {
    if (this.#address.mode === "test") return null;
    if (this.#cached !== null && this.#runtime.now() - this.#cached.at < SHARED_TOKEN_MAX_AGE_MS)
      return this.#cached.shared;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  /**
   * Whether calls use a shared token, without a request. Unknown counts as shared, so that no balance is attributed
   * to this user.
   */
  mayBeShared(): boolean {
    return this.#address.mode === "live" && (this.#cached === null || this.#cached.shared !== null);
  }

  /** Leases the token for this turn. Returns whether another turn uses it at the same time. */
  async lease(turn: TurnId, until: EpochMs): Promise<boolean> {
    const shared = await this.find();
    return shared === null ? false : (await this.#tokenObject(shared.source).lease(turn, until)).shared;
  }

  /** Ends the lease and reports the balance at that time. If the release fails, the lease expires by itself. */
  async release(turn: TurnId, balance: Balance | null): Promise<void> {
    const shared = await this.find();
    if (shared !== null) await this.#tokenObject(shared.source).release(turn, balance);
  }

  /** Reports to the token's object whether Nemo accepted it. */
  async report(shared: SharedTokenInfo, accepted: boolean): Promise<void> {
    if (accepted && !shared.suspect) return;
    this.#cached = null;
    await this.#tokenObject(shared.source).report(shared.version, accepted);
  }

  async #fetch(): Promise<SharedTokenInfo | null> {
    const { config, now } = this.#runtime;
    const [tenants, operators] = await Promise.all([
      this.#tokenObject("tenant").use(),
      config.nemoToken === null ? null : this.#tokenObject("operator").use(),
    ]);
    const shared = tenants ?? operators;
    this.#cached = { shared, at: now() };
    return shared;
  }

  #tokenObject(source: SharedTokenInfo["source"]): TokenRpc {
    const name = source === "operator" ? OPERATOR_TOKEN_NAME : tenantObjectName(this.#address);
    return this.#runtime.env.TOKEN.getByName(name) as unknown as TokenRpc; // TokenObject implements TokenRpc; RPC stubs carry its methods
  }
}

/** Where a user registers to keep the work of an anonymous account. Source: nemo-api reference 2.3. */
const REGISTER_URL = "https://nemovideo.com/register";

const ATTRIBUTION = "attribution";

export type AccountParts = {
  readonly runtime: ObjectRuntime;
  readonly address: UserAddress;
  readonly database: Database;
  readonly jobs: JobScheduler;
  readonly outbox: Outbox;
};

/**
 * A token in use. `report` records whether Nemo accepted it; for a rejected anonymous token it returns a new one to
 * try once.
 */
type InUse = {
  readonly token: string;
  readonly report: (accepted: boolean) => Promise<Result<string, Problem> | null>;
};

export class Account {
  readonly #runtime: ObjectRuntime;
  readonly #address: UserAddress;
  readonly #database: Database;
  readonly #provided: StoredToken;
  readonly #anonymous: AnonymousToken;
  readonly #shared: SharedToken;
  readonly #encryption: Encryption;

  constructor({ runtime, address, database, jobs, outbox }: AccountParts) {
    this.#runtime = runtime;
    this.#address = address;
    this.#database = database;
    this.#encryption = new Encryption(runtime, database, "user", async () => {
      const counts = await Promise.all([
        this.#provided.renewEncryption(),
        this.#anonymous.renewEncryption(),
        renewName(runtime, address),
      ]);
      return counts.reduce((sum, one) => sum + one, 0);
    });
    const parts = { runtime, jobs, outbox, encryption: this.#encryption };
    const owner = `user_token|${address.tenant}|${address.mode}|${address.uh}`;
    this.#provided = new StoredToken({ ...parts, source: "user", owner, resource: `nemo_token_${address.uh}` });
    this.#anonymous = new AnonymousToken({ ...parts, address, nemo: () => this.nemo });
    this.#shared = new SharedToken(runtime, address);
  }

  /** The API client with the tenant's attribution. */
  get nemo(): Nemo {
    return this.nemoFor(null);
  }

  /** The API client for a call on behalf of a generator, whose attribution comes before the tenant's. */
  nemoFor(generator: AttributionWire | null | undefined): Nemo {
    const text = this.#database.exists() ? readMeta(this.#runtime.sql, ATTRIBUTION) : null;
    const tenants = text === null ? null : (JSON.parse(text) as AttributionWire); // written by setAttribution() only
    const sandbox = this.#address.mode === "test" ? userObjectName(this.#address) : null;
    return nemoOf(this.#runtime, sandbox, attributionOf(generator, tenants));
  }

  /** Stores the tenant's attribution, so that calls from jobs send it too. */
  setAttribution(tenants: AttributionWire): void {
    const text = JSON.stringify(tenants);
    if (readMeta(this.#runtime.sql, ATTRIBUTION) !== text) writeMeta(this.#runtime.sql, ATTRIBUTION, text);
  }

  /**
   * Calls Nemo with the token; when Nemo rejects an anonymous token, once more with a new one.
   * Safe for any call, also one that costs credits: a call with a rejected token has no effect.
   */
  async call<T>(use: (token: string) => Promise<Result<T, NemoFailure>>): Promise<Result<T, Problem | NemoFailure>> {
    const selected = await this.#selectToken();
    if (!selected.ok) return selected;
    const answer = await use(selected.value.token);
    const isRejected = !answer.ok && answer.error.reason === "token_rejected";
    const other = answer.ok || isRejected ? await this.#report(selected.value, answer.ok) : null;
    if (other === null) return answer;
    return other.ok ? use(other.value) : other;
  }

  /**
   * Reports on the token. Returns another one to try, if there is one. A call that Nemo accepted may have cost
   * credits, so its result counts even if the report fails.
   */
  async #report({ report }: InUse, accepted: boolean): Promise<Result<string, Problem> | null> {
    try {
      return await report(accepted);
    } catch (error) {
      logBug("token_not_reported", error, { work: "token" });
      return accepted ? null : err(noOtherToken());
    }
  }

  /** Like `call`, with every failure converted into a problem. */
  async read<T>(use: (token: string) => Promise<Result<T, NemoFailure>>): Promise<Result<T, Problem>> {
    const answer = await this.call(use);
    return answer.ok ? answer : err(this.explain(answer.error));
  }

  /** Converts a failure of a call into a problem, with a registration link when that helps. */
  explain(failure: Problem | NemoFailure, charged: Charged = "no"): Problem {
    const problem = "detail" in failure ? failure : toProblem(failure, charged);
    if (!this.#database.exists()) return problem;
    const canRegister = problem.code === "insufficient_credits" || problem.code === "plan_upgrade_required";
    const user = canRegister && !this.isShared() && this.#provided.state() === null ? this.#anonymous.nemoUser() : null;
    return user === null ? problem : { ...problem, registerUrl: `${REGISTER_URL}?bind=${encodeURIComponent(user)}` };
  }

  /**
   * A link that opens a project in Nemo's web app. Only for a token that no other user shares: the link shows all of
   * its projects.
   */
  async browserLink(session: { taskId: string; sessionId: string }): Promise<Result<ClaimLink, Problem>> {
    if (this.isShared())
      return err(
        problemOf(
          "browser_link_unavailable",
          "This project belongs to a shared Nemo account, which a link would open to its holder; links need a user with its own Nemo token.",
        ),
      );
    return this.read((token) => this.nemo.claimLink(token, session));
  }

  /**
   * Leases the shared token for this turn. Returns whether another user's turn uses it too. An own token is never
   * shared.
   */
  async lease(turn: TurnId, until: EpochMs): Promise<boolean> {
    return this.#provided.state() === null && this.#shared.lease(turn, until);
  }

  /** Ends the lease, with the balance if it was read. */
  async release(turn: TurnId, balance: Balance | null = null): Promise<void> {
    if (this.#provided.state() === null) await this.#shared.release(turn, balance);
  }

  /** Whether no other user shares the token in use. */
  async isOwn(): Promise<boolean> {
    const { source } = await this.state();
    return source !== "tenant" && source !== "operator";
  }

  /** Whether other users share the token in use, without a request. */
  isShared(): boolean {
    return this.#provided.state() === null && this.#shared.mayBeShared();
  }

  /** Stores the user's own token once Nemo has accepted it. */
  async put(token: ProvidedToken, audit: AuditEntry | null): Promise<Result<NemoTokenWire, Problem>> {
    return this.#provided.put(this.nemo, token, audit);
  }

  /** Removes the user's own token; from here on the next one in the order is used. */
  remove(audit: AuditEntry | null): void {
    if (this.#database.exists()) this.#provided.remove(audit);
  }

  /** The public status of the token that a call would use; with `only`, of the user's own token alone. */
  async state(only: TokenFor | null = null): Promise<NemoTokenWire> {
    const exists = this.#database.exists();
    const provided = exists ? this.#provided.state() : null;
    if (provided !== null || only === "user") return provided ?? NO_TOKEN;
    return (await this.#shared.find())?.shown ?? this.#anonymous.state(exists);
  }

  /** Job `token_warning`: warns of the token's expiry. */
  warn(key: string): void {
    if (key === STORED_TOKEN_KEY) this.#provided.warn();
    else this.#anonymous.warn();
  }

  /** Job `token_status`: publishes the token's status. */
  publishTokenStatus(key: string): Promise<void> {
    return key === STORED_TOKEN_KEY ? this.#provided.publishStatus() : this.#anonymous.publishStatus();
  }

  /** Registers this object in D1 for re-encryption after a rotation. */
  noteEncryptions(): Promise<void> {
    return this.#encryption.note();
  }

  /** Re-encrypts everything under the current root secret; called when a wake message arrives. */
  renewEncryptions(): Promise<void> {
    return this.#encryption.renew();
  }

  /**
   * The token to use for a call. Reading never creates a user or an account: without a user, no token is requested
   * from Nemo.
   */
  async #selectToken(): Promise<Result<InUse, Problem>> {
    const exists = this.#database.exists();
    const provided = exists ? await this.#provided.open() : null;
    if (provided !== null)
      return inUse("user", provided, async (accepted) => this.#provided.report(provided.version, accepted));
    const shared = await this.#shared.find();
    if (shared !== null) return inUse(shared.source, shared, (accepted) => this.#shared.report(shared, accepted));
    if (!exists) return err(this.#anonymous.state(false).source === NO_TOKEN.source ? noToken() : nothingMade());
    const own = await this.#anonymous.token();
    if (!own.ok) return own;
    return ok({ token: own.value, report: async (accepted) => (accepted ? null : this.#anonymous.renew(own.value)) });
  }
}

const noOtherToken = (): Problem =>
  problemOf("unavailable", "Nemo rejected its token, and no other one could be requested; try again.", {
    charged: "no",
    retryAfterSeconds: 5,
  });

/** A token that the user, the tenant or the operator set: when Nemo rejects it, there is no other. */
function inUse(
  source: "user" | "tenant" | "operator",
  { token }: { readonly token: string | null },
  send: (accepted: boolean) => Promise<void>,
): Result<InUse, Problem> {
  if (token === null) {
    const detail = `Nemo rejected the ${source}'s token, or it has expired; set a new one with PUT /v1/nemo_token.`;
    return err(problemOf("nemo_token_rejected", detail, { charged: "no", hint: "PUT /v1/nemo_token" }));
  }
  const report = async (accepted: boolean): Promise<null> => {
    await send(accepted);
    return null;
  };
  return ok({ token, report });
}

const nothingMade = (): Problem =>
  problemOf("not_found", "This user has no account with Nemo yet; create a project first with POST /v1/projects.", {
    hint: "POST /v1/projects",
  });
