/**
 * Whose Nemo token a user's object works with: the user's own, else the tenant's, else the operator's, else an anonymous one.
 *
 * Test mode knows the sandbox alone: a token that was brought for its user there, else one of the sandbox's own making.
 * A token that upstream refused is not replaced by somebody else's: who brought it is told, and nobody else pays.
 */
import { OPERATOR_TOKEN_NAME, tenantObjectName, type UserAddress } from "../../core/address.ts";
import { type Charged, type Problem, problemOf } from "../../core/errors.ts";
import type { TurnId } from "../../core/ids.ts";
import { SHARED_TOKEN_MAX_AGE_MS } from "../../core/limits.ts";
import { NO_TOKEN } from "../../core/nemo-token.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Balance, ProvidedToken, SharedToken as SharedTokenInfo, TokenRpc } from "../../core/rpc/token.ts";
import type { AuditEntry } from "../../core/tenant.ts";
import type { EpochMs } from "../../core/time.ts";
import { attributionOf } from "../../core/usage.ts";
import type { AttributionWire } from "../../core/wire/attribution.ts";
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
import { KEPT, nemoOf, StoredToken } from "../shared/stored-token.ts";
import { AnonymousToken, noToken } from "./anonymous-token.ts";
import { renewName } from "./context.ts";

/* The Nemo token that a user's object shares with others: its tenant's, else the operator's. Asked of the objects that keep them, remembered for 30 s. */

export class SharedToken {
  readonly #runtime: ObjectRuntime;
  readonly #address: UserAddress;
  #cached: { readonly shared: SharedTokenInfo | null; readonly at: EpochMs } | null = null;
  #fetching: Promise<SharedTokenInfo | null> | null = null;

  constructor(runtime: ObjectRuntime, address: UserAddress) {
    this.#runtime = runtime;
    this.#address = address;
  }

  /** The shared token, at most 30 s old; null where neither has one, and in test mode always. */
  async find(): Promise<SharedTokenInfo | null> {
    if (this.#address.mode === "test") return null;
    if (this.#cached !== null && this.#runtime.now() - this.#cached.at < SHARED_TOKEN_MAX_AGE_MS)
      return this.#cached.shared;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  /** Whether calls go out with a shared token, as far as is known without asking. Unknown counts as shared: then no balance is believed. */
  mayBeShared(): boolean {
    return this.#address.mode === "live" && (this.#cached === null || this.#cached.shared !== null);
  }

  /** Notes that this turn runs on it; tells whether another one does. */
  async lease(turn: TurnId, until: EpochMs): Promise<boolean> {
    const shared = await this.find();
    return shared === null ? false : (await this.#tokenObject(shared.source).lease(turn, until)).shared;
  }

  /** Ends the note, and tells what the account held then. A release that is lost ends by itself at the lease's end. */
  async release(turn: TurnId, balance: Balance | null): Promise<void> {
    const shared = await this.find();
    if (shared !== null) await this.#tokenObject(shared.source).release(turn, balance);
  }

  /** Tells its keeper whether upstream took it. */
  async report(shared: SharedTokenInfo, accepted: boolean): Promise<void> {
    if (accepted && !shared.suspect) return;
    this.#cached = null;
    await this.#tokenObject(shared.source).report(shared.mark, accepted);
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

/** Where an anonymous account is kept by registering. Source: nemo-api reference 2.3. */
const REGISTER_URL = "https://nemovideo.com/register";

const ATTRIBUTION = "attribution";

export type AccountParts = {
  readonly runtime: ObjectRuntime;
  readonly address: UserAddress;
  readonly database: Database;
  readonly jobs: JobScheduler;
  readonly outbox: Outbox;
};

/** A token in use, and what follows when upstream took it or refused it: a minted one answers with another to try once. */
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

  /** Nemo's API, with what it is told about this tenant. */
  get nemo(): Nemo {
    return this.nemoFor(null);
  }

  /** Nemo's API, for what is done for a generator: what that says of itself comes first. */
  nemoFor(generator: AttributionWire | null | undefined): Nemo {
    const text = this.#database.exists() ? readMeta(this.#runtime.sql, ATTRIBUTION) : null;
    const tenants = text === null ? null : (JSON.parse(text) as AttributionWire); // written by setAttribution() only
    return nemoOf(this.#runtime, this.#address, attributionOf(generator, tenants));
  }

  /** Remembers what upstream is told about the tenant; work that nobody waits for says it too. */
  setAttribution(tenants: AttributionWire): void {
    const text = JSON.stringify(tenants);
    if (readMeta(this.#runtime.sql, ATTRIBUTION) !== text) writeMeta(this.#runtime.sql, ATTRIBUTION, text);
  }

  /**
   * Makes a call with the token; when upstream refuses an anonymous one, once more with a new one.
   * Safe for any call, a paid one too: a refused token means that nothing was done.
   */
  async call<T>(use: (token: string) => Promise<Result<T, NemoFailure>>): Promise<Result<T, Problem | NemoFailure>> {
    const selected = await this.#selectToken();
    if (!selected.ok) return selected;
    const answer = await use(selected.value.token);
    const problem = !answer.ok && answer.error.reason === "token_rejected";
    const other = answer.ok || problem ? await this.#report(selected.value, answer.ok) : null;
    if (other === null) return answer;
    return other.ok ? use(other.value) : other;
  }

  /**
   * Reports on the token; answers with another one to try, if there is one. A call that upstream took may have been paid for: its
   * answer counts whether or not the report arrives.
   */
  async #report({ report }: InUse, accepted: boolean): Promise<Result<string, Problem> | null> {
    try {
      return await report(accepted);
    } catch (error) {
      logBug("token_not_reported", error, { work: "token" });
      return accepted ? null : err(noOtherToken());
    }
  }

  /** Like `call`, with every failure in our error table's words. */
  async read<T>(use: (token: string) => Promise<Result<T, NemoFailure>>): Promise<Result<T, Problem>> {
    const answer = await this.call(use);
    return answer.ok ? answer : err(this.explain(answer.error));
  }

  /** A failure of a call in our error table's words, whichever side it came from, with the link that helps where one does. */
  explain(failure: Problem | NemoFailure, charged: Charged = "no"): Problem {
    const problem = "detail" in failure ? failure : toProblem(failure, charged);
    if (!this.#database.exists()) return problem;
    const helps = problem.code === "insufficient_credits" || problem.code === "plan_upgrade_required";
    const user = helps && !this.isShared() && this.#provided.state() === null ? this.#anonymous.nemoUser() : null;
    return user === null ? problem : { ...problem, registerUrl: `${REGISTER_URL}?bind=${encodeURIComponent(user)}` };
  }

  /** A link that opens a project in Nemo's web app. Only for a token that is this user's alone: it shows all of its projects. */
  async browserLink(session: { taskId: string; sessionId: string }): Promise<Result<ClaimLink, Problem>> {
    if (this.isShared())
      return err(
        problemOf(
          "browser_link_unavailable",
          "This project belongs to a shared Nemo account, which a link would open to its holder.",
        ),
      );
    return this.read((token) => this.nemo.claimLink(token, session));
  }

  /** Notes on a shared token that this turn runs on it; tells whether another user's turn does too. An own token is never shared. */
  async lease(turn: TurnId, until: EpochMs): Promise<boolean> {
    return this.#provided.state() === null && this.#shared.lease(turn, until);
  }

  /** Ends the note, with what the account held then where it was read. */
  async release(turn: TurnId, balance: Balance | null = null): Promise<void> {
    if (this.#provided.state() === null) await this.#shared.release(turn, balance);
  }

  /** Whether the token in use is this user's alone. */
  async isOwn(): Promise<boolean> {
    const { source } = await this.state();
    return source !== "tenant" && source !== "operator";
  }

  /** Whether other users work with the same token, as far as is known without asking. */
  isShared(): boolean {
    return this.#provided.state() === null && this.#shared.mayBeShared();
  }

  /** Keeps a token of the user's own, once upstream knows it. */
  async put(token: ProvidedToken, audit: AuditEntry | null): Promise<Result<NemoTokenWire, Problem>> {
    return this.#provided.put(this.nemo, token, audit);
  }

  /** Lets go of the user's own token: the next in line is used from here on. */
  remove(audit: AuditEntry | null): void {
    if (this.#database.exists()) this.#provided.remove(audit);
  }

  /** What the outside may know of the token that would be used; of the one that was brought alone when `only` says so. */
  async state(only: TokenFor | null = null): Promise<NemoTokenWire> {
    const exists = this.#database.exists();
    const provided = exists ? this.#provided.state() : null;
    if (provided !== null || only === "user") return provided ?? NO_TOKEN;
    return (await this.#shared.find())?.shown ?? this.#anonymous.state(exists);
  }

  /** The schedule's work for a row of kind `token_warning`. */
  warn(ref: string): void {
    if (ref === KEPT) this.#provided.warn();
    else this.#anonymous.warn();
  }

  /** The schedule's work for a row of kind `token_standing`. */
  publishTokenStatus(ref: string): Promise<void> {
    return ref === KEPT ? this.#provided.tell() : this.#anonymous.publishStatus();
  }

  /** Lets the sweep know that something is sealed here. */
  noteEncryptions(): Promise<void> {
    return this.#encryption.note();
  }

  /** Seals everything under the current root secret: part of a wake. */
  renewEncryptions(): Promise<void> {
    return this.#encryption.renew();
  }

  /** The token to work with. Nothing is asked of Nemo for a user in whose name nothing was made: whoever only reads makes nothing. */
  async #selectToken(): Promise<Result<InUse, Problem>> {
    const exists = this.#database.exists();
    const provided = exists ? await this.#provided.open() : null;
    if (provided !== null)
      return inUse("user", provided, async (accepted) => this.#provided.report(provided.mark, accepted));
    const shared = await this.#shared.find();
    if (shared !== null) return inUse(shared.source, shared, (accepted) => this.#shared.report(shared, accepted));
    if (!exists) return err(this.#anonymous.state(false).source === NO_TOKEN.source ? noToken() : nothingMade());
    const own = await this.#anonymous.token();
    if (!own.ok) return own;
    return ok({ token: own.value, report: async (accepted) => (accepted ? null : this.#anonymous.renew(own.value)) });
  }
}

const noOtherToken = (): Problem =>
  problemOf("unavailable", "Nemo refused its token, and another one could not be asked for now; try again.", {
    charged: "no",
    retryAfterSeconds: 5,
  });

/** A token that somebody brought: when upstream refuses it, there is no other. */
function inUse(
  source: "user" | "tenant" | "operator",
  { token }: { readonly token: string | null },
  send: (accepted: boolean) => Promise<void>,
): Result<InUse, Problem> {
  if (token === null) {
    const detail = `Nemo refused the ${source}'s token, or it has ended; it has to be set anew.`;
    return err(problemOf("nemo_token_rejected", detail, { charged: "no", hint: "PUT /v1/nemo_token" }));
  }
  const report = async (accepted: boolean): Promise<null> => {
    await send(accepted);
    return null;
  };
  return ok({ token, report });
}

const nothingMade = (): Problem =>
  problemOf("not_found", "Nothing was made here yet, so there is no account with Nemo; make a project first.", {
    hint: "POST /v1/projects",
  });
