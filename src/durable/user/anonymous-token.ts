/**
 * The token that a user's object issues for itself: an anonymous one of Nemo, or one of the sandbox in test mode.
 * Nemo limits how often it issues them. So a token is renewed with the same client id, once after Nemo rejected it,
 * and none is requested before the time at which Nemo issues the next one.
 */
import type { UserAddress } from "../../core/address.ts";
import { decrypt, encrypt, reEncrypt } from "../../core/crypto.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import {
  mayRenew,
  NO_TOKEN,
  nextIssueAt,
  type PublishedTokenStatus,
  showToken,
  warningAt,
} from "../../core/nemo-token.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../core/time.ts";
import type { NemoTokenWire } from "../../core/wire/token.ts";
import type { Nemo } from "../../nemo/client.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { deleteMeta, readMeta, writeMeta } from "../shared/database.ts";
import type { Encryption } from "../shared/encryption.ts";
import type { JobScheduler } from "../shared/jobs.ts";
import type { Outbox } from "../shared/outbox.ts";
import { toProblem } from "../shared/problems.ts";
import { publishTokenStatus, TOKEN_STATUS, TOKEN_WARNING } from "../shared/stored-token.ts";

const OWN = "anonymous_token";
const ISSUE_AFTER = "issue_token_after";
const USER = "nemo_user_id";

type TokenRecord = {
  readonly encrypted: string;
  readonly clientId: string;
  readonly expiresAt: EpochMs | null;
  readonly issuedAt: EpochMs;
};

export type AnonymousTokenParts = {
  readonly runtime: ObjectRuntime;
  readonly jobs: JobScheduler;
  readonly outbox: Outbox;
  readonly encryption: Encryption;
  /** Returns the current client of Nemo's API. */
  readonly nemo: () => Nemo;
  readonly address: UserAddress;
};

export class AnonymousToken {
  readonly #parts: AnonymousTokenParts;
  readonly source: "sandbox" | "anonymous";
  #issuing: Promise<Result<string, Problem>> | null = null;
  #opened: { readonly encrypted: string; readonly token: string } | null = null;

  constructor(parts: AnonymousTokenParts) {
    this.#parts = parts;
    this.source = parts.address.mode === "test" ? "sandbox" : "anonymous";
  }

  /** The stored token while it is valid, else a new one. Also renews it before its end, if Nemo may issue one then. */
  async token(): Promise<Result<string, Problem>> {
    const { now } = this.#parts.runtime;
    const record = this.#valid();
    const current = record === null ? null : await this.#decrypt(record.encrypted);
    if (record === null || current === null) return this.#issueOnce();
    const isRenewalDue = mayRenew({ expiresAt: record.expiresAt, issuedAt: record.issuedAt }, now());
    if (!isRenewalDue || (this.#issueAfter() ?? 0) > now()) return ok(current);
    const fresh = await this.#issueOnce();
    return fresh.ok ? fresh : ok(current);
  }

  /** A new token in place of one that Nemo rejected. A token that was renewed meanwhile is not renewed again. */
  async renew(rejected: string): Promise<Result<string, Problem>> {
    const record = this.#read();
    const now = record === null ? null : await this.#decrypt(record.encrypted);
    return now === null || now === rejected ? this.#issueOnce() : ok(now);
  }

  /** The public status of the token. `exists`: the object's tables exist. */
  state(exists: boolean): NemoTokenWire {
    if (!this.#isAllowed()) return NO_TOKEN;
    const now = this.#parts.runtime.now();
    const record = exists ? this.#read() : null;
    const shown = showToken(this.source, { expiresAt: record?.expiresAt ?? null, rejectedAt: null }, now);
    if (record !== null && shown.state !== "rejected") return shown;
    const next = exists ? this.#issueAfter() : null;
    if (next === null || next <= now) return { ...shown, state: "ready" };
    return { ...shown, state: "rationed", next_try_at: toRfc3339(next) };
  }

  /** Nemo's id of the anonymous user, with which a registration keeps the user's work; null when Nemo sent none. */
  nemoUser(): string | null {
    return readMeta(this.#parts.runtime.sql, USER);
  }

  /** Job: publishes that an anonymous token expires within a day. */
  warn(): void {
    const { runtime, jobs, outbox, address } = this.#parts;
    runtime.storage.transactionSync(() => {
      if (this.#read() !== null) outbox.add("token.expiring", `nemo_token_${address.uh}`, this.state(true));
      jobs.done(TOKEN_WARNING, OWN);
    });
  }

  /** Job: publishes the status of an anonymous token to the operator's status page. */
  publishStatus(): Promise<void> {
    const { runtime, jobs } = this.#parts;
    return publishTokenStatus({
      runtime,
      jobs,
      key: OWN,
      source: this.source,
      tokenStatus: () => this.#publishedStatus(),
    });
  }

  /** Re-encrypts the token under the current root secret. Returns how many encrypted values there are. */
  async renewEncryption(): Promise<number> {
    const record = this.#read();
    if (record === null) return 0;
    const { runtime } = this.#parts;
    const fresh = await reEncrypt(record.encrypted, this.#owner(), runtime.config.roots, runtime.random);
    const now = this.#read();
    if (fresh !== null && now?.encrypted === record.encrypted) this.#write({ ...now, encrypted: fresh });
    return 1;
  }

  /** The stored token, unless it has expired. */
  #valid(): TokenRecord | null {
    const record = this.#read();
    return record === null || (record.expiresAt !== null && record.expiresAt <= this.#parts.runtime.now())
      ? null
      : record;
  }

  /**
   * Always allowed in test mode, where tokens come from the sandbox only; in live mode only if the operator
   * configured it.
   */
  #isAllowed(): boolean {
    return this.#parts.address.mode === "test" || this.#parts.runtime.config.allowAnonymous;
  }

  #issueOnce(): Promise<Result<string, Problem>> {
    this.#issuing ??= this.#issue().finally(() => {
      this.#issuing = null;
    });
    return this.#issuing;
  }

  async #issue(): Promise<Result<string, Problem>> {
    if (!this.#isAllowed()) return err(noToken());
    const { runtime, encryption } = this.#parts;
    const nemo = this.#parts.nemo();
    const after = this.#issueAfter();
    if (after !== null && after > runtime.now()) return err(rationed(after - runtime.now()));
    const clientId = this.#read()?.clientId ?? crypto.randomUUID();
    await encryption.note(); // before the request, so that an issued token is not lost when the note fails
    let issued = await nemo.issueToken(clientId);
    let usedClientId = clientId;
    if (!issued.ok && issued.error.reason === "client_id_rejected") {
      usedClientId = crypto.randomUUID();
      issued = await nemo.issueToken(usedClientId);
    }
    if (!issued.ok) {
      if (issued.error.reason !== "token_rationed") return err(toProblem(issued.error));
      const issuedAt = this.#read()?.issuedAt ?? null;
      const next = nextIssueAt(runtime.now(), issued.error.retryAfterMs, issuedAt);
      runtime.storage.transactionSync(() => {
        writeMeta(runtime.sql, ISSUE_AFTER, String(next));
        this.#scheduleTokenStatus();
      });
      return err(rationed(next - runtime.now()));
    }
    const { token, expiresAt, userId } = issued.value;
    const encrypted = await encrypt(token, this.#owner(), runtime.config.roots, runtime.random);
    runtime.storage.transactionSync(() => {
      this.#write({ encrypted, clientId: usedClientId, expiresAt, issuedAt: runtime.now() });
      deleteMeta(runtime.sql, ISSUE_AFTER);
      if (userId !== null) writeMeta(runtime.sql, USER, userId);
      this.#scheduleWarning(expiresAt);
      this.#scheduleTokenStatus();
    });
    this.#opened = { encrypted, token };
    return ok(token);
  }

  #scheduleTokenStatus(): void {
    const { jobs, runtime } = this.#parts;
    if (this.source === "anonymous") jobs.schedule(TOKEN_STATUS, OWN, runtime.now());
  }

  #publishedStatus(): PublishedTokenStatus | null {
    const issueAfter = this.#issueAfter();
    const record = this.#valid();
    if (record === null && issueAfter !== null) return { state: "rationed", until: issueAfter };
    const last = record ?? this.#read();
    return last && { state: "ready", until: last.expiresAt };
  }

  /** Tokens of the sandbox need no warning: they can be renewed without limit. */
  #scheduleWarning(expiresAt: EpochMs | null): void {
    const warnAt = warningAt({ expiresAt, rejectedAt: null });
    if (warnAt !== null && this.source === "anonymous")
      this.#parts.jobs.schedule(TOKEN_WARNING, OWN, Math.max(warnAt, this.#parts.runtime.now()));
  }

  async #decrypt(encrypted: string): Promise<string | null> {
    if (this.#opened?.encrypted === encrypted) return this.#opened.token;
    const token = await decrypt(encrypted, this.#owner(), this.#parts.runtime.config.roots);
    if (token !== null) this.#opened = { encrypted, token };
    return token;
  }

  #issueAfter(): EpochMs | null {
    const text = readMeta(this.#parts.runtime.sql, ISSUE_AFTER);
    return text === null ? null : Number(text);
  }

  #read(): TokenRecord | null {
    const text = readMeta(this.#parts.runtime.sql, OWN);
    return text === null ? null : (JSON.parse(text) as TokenRecord); // written by #write only
  }

  #write(record: TokenRecord): void {
    writeMeta(this.#parts.runtime.sql, OWN, JSON.stringify(record));
  }

  #owner(): string {
    const { tenant, mode, uh } = this.#parts.address;
    return `nemo_token|${tenant}|${mode}|${uh}`;
  }
}

export const noToken = (): Problem =>
  problemOf("nemo_token_unavailable", "No Nemo token is set; set one with PUT /v1/nemo_token.", {
    charged: "no",
    hint: "PUT /v1/nemo_token",
  });

const rationed = (waitMs: number): Problem =>
  problemOf(
    "nemo_token_unavailable",
    "Nemo issues no anonymous token right now; retry later, or set your own token with PUT /v1/nemo_token.",
    { charged: "no", hint: "PUT /v1/nemo_token", retryAfterSeconds: Math.ceil(waitMs / SECOND_MS) },
  );
