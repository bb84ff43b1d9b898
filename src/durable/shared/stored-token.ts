/**
 * The Nemo token that was provided for a user or a tenant: verified with upstream before it is stored, encrypted at
 * rest, marked when upstream rejects it, announced a day before it expires. Also the Nemo client that an object uses.
 */

import { ownerOf, parseScope } from "../../core/address.ts";
import { decrypt, encrypt, reEncrypt } from "../../core/crypto.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import { mayUse, type PublishedTokenStatus, showToken, type TokenStatus, warningAt } from "../../core/nemo-token.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { ProvidedToken } from "../../core/rpc/token.ts";
import type { AuditEntry } from "../../core/tenant.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Attribution } from "../../core/usage/usage.ts";
import type { NemoTokenWire, TokenFor } from "../../core/wire/token.ts";
import { log, logCounted } from "../../log.ts";
import { createNemo, type Nemo } from "../../nemo/client.ts";
import type { NemoFailure } from "../../nemo/errors.ts";
import type { Watch } from "../../nemo/http.ts";
import { putTokenStatus } from "../../store/users.ts";
import type { ObjectRuntime } from "./context.ts";
import { deleteMeta, readMeta, writeMeta } from "./database.ts";
import type { Encryption } from "./encryption.ts";
import type { JobScheduler } from "./jobs.ts";
import { noteAudit, type Outbox } from "./outbox.ts";
import { toProblem } from "./problems.ts";

/* A token's status in D1, for the operator's status page: scheduled with each change, written by a job. */

/** The job kind; its `key` names the token. */
export const TOKEN_STATUS = "token_status";

type StatusJob = {
  readonly runtime: ObjectRuntime;
  readonly jobs: JobScheduler;
  readonly key: string;
  readonly source: string;
  /** The current status; null when no token is stored. */
  readonly tokenStatus: () => PublishedTokenStatus | null;
};

/** The job: writes the row in D1 until it matches the current status. Idempotent. */
export async function publishTokenStatus({ runtime, jobs, key, source, tokenStatus }: StatusJob): Promise<void> {
  const { env, name } = runtime;
  const { mode } = parseScope(name);
  for (;;) {
    const published = tokenStatus();
    await putTokenStatus(env.DB, { objectName: name, source, mode }, published);
    const now = tokenStatus(); // it may have changed during the write
    if (now?.state === published?.state && now?.until === published?.until) return jobs.done(TOKEN_STATUS, key);
  }
}

/** The job kind of the warning before the token expires. */
export const TOKEN_WARNING = "token_warning";
/** The token's key in the `meta` table and in the job table. */
export const STORED_TOKEN_KEY = "stored_token";

/** The stored token. `setAt` identifies its version: a report about an earlier one does not change it. */
type Record = TokenStatus & { readonly encrypted: string; readonly setAt: EpochMs };

/** A decrypted token; `token` is null when it must not be used now. */
export type OpenToken = { readonly token: string | null; readonly version: string; readonly suspect: boolean };

export type StoredTokenParts = {
  readonly runtime: ObjectRuntime;
  readonly jobs: JobScheduler;
  readonly outbox: Outbox;
  readonly encryption: Encryption;
  /** For whom the token is, and the owner its ciphertext is bound to. */
  readonly source: TokenFor;
  readonly owner: string;
  /** The resource of its events. */
  readonly resource: string;
};

export class StoredToken {
  readonly #parts: StoredTokenParts;
  /** The last decrypted ciphertext, so that a call costs no decryption. */
  #decrypted: { readonly encrypted: string; readonly token: string } | null = null;

  constructor(parts: StoredTokenParts) {
    this.#parts = parts;
  }

  /**
   * Reads the token's credits from upstream and stores the token only when upstream accepts it. An earlier one is
   * replaced.
   */
  async put(
    nemo: Nemo,
    { token, expires_at }: ProvidedToken,
    audit: AuditEntry | null,
  ): Promise<Result<NemoTokenWire, Problem>> {
    const { runtime, encryption, owner, jobs } = this.#parts;
    const expiresAt = expires_at === null ? null : Date.parse(expires_at);
    if (expiresAt !== null && expiresAt <= runtime.now())
      return err(invalidField("/expires_at", "must be in the future"));
    const [checked] = await Promise.all([nemo.readCredits(token), encryption.note()]);
    if (!checked.ok) return err(checkProblem(checked.error));
    const encrypted = await encrypt(token, owner, runtime.config.roots, runtime.random);
    const record: Record = { encrypted, setAt: runtime.now(), expiresAt, rejectedAt: null };
    const warnAt = warningAt(record);
    runtime.storage.transactionSync(() => {
      this.#write(record);
      if (warnAt === null) jobs.done(TOKEN_WARNING, STORED_TOKEN_KEY);
      else jobs.schedule(TOKEN_WARNING, STORED_TOKEN_KEY, Math.max(warnAt, runtime.now()));
      jobs.schedule(TOKEN_STATUS, STORED_TOKEN_KEY, runtime.now());
      noteAudit(runtime, jobs, audit);
    });
    jobs.tick();
    return ok(this.#show(record));
  }

  /** Deletes the token; nothing happens when there is none. */
  remove(audit: AuditEntry | null): void {
    if (this.#read() === null) return;
    const { runtime, jobs } = this.#parts;
    runtime.storage.transactionSync(() => {
      deleteMeta(runtime.sql, STORED_TOKEN_KEY);
      jobs.done(TOKEN_WARNING, STORED_TOKEN_KEY);
      jobs.schedule(TOKEN_STATUS, STORED_TOKEN_KEY, runtime.now());
      noteAudit(runtime, jobs, audit);
    });
    this.#decrypted = null;
    jobs.tick();
  }

  /** The token's public status; null when there is none. The object's tables must exist. */
  state(): NemoTokenWire | null {
    const record = this.#read();
    return record === null ? null : this.#show(record);
  }

  /** The token for a call; null when none is stored. The object's tables must exist. */
  async open(): Promise<OpenToken | null> {
    const record = this.#read();
    if (record === null) return null;
    const { runtime } = this.#parts;
    const isUsable = mayUse(record, runtime.now(), runtime.config.timings);
    const token = isUsable ? await this.#decrypt(record.encrypted) : null;
    return { token, version: String(record.setAt), suspect: record.rejectedAt !== null };
  }

  /** Records whether upstream accepted the token of this `version` or rejected it. */
  report(version: string, isAccepted: boolean): void {
    const record = this.#read();
    if (record === null || String(record.setAt) !== version || (isAccepted && record.rejectedAt === null)) return;
    const { runtime, jobs } = this.#parts;
    runtime.storage.transactionSync(() => {
      this.#write({ ...record, rejectedAt: isAccepted ? null : runtime.now() });
      jobs.schedule(TOKEN_STATUS, STORED_TOKEN_KEY, runtime.now());
    });
    jobs.tick();
  }

  /** The job that publishes the token's status for the operator. */
  publishStatus(): Promise<void> {
    const { runtime, jobs, source } = this.#parts;
    return publishTokenStatus({
      runtime,
      jobs,
      key: STORED_TOKEN_KEY,
      source,
      tokenStatus: () => this.#publishedStatus(),
    });
  }

  /** The `token_warning` job: publishes the event that the token expires within a day. */
  warn(): void {
    const { runtime, jobs, outbox, resource } = this.#parts;
    const record = this.#read();
    runtime.storage.transactionSync(() => {
      if (record !== null) outbox.add("token.expiring", resource, this.#show(record));
      jobs.done(TOKEN_WARNING, STORED_TOKEN_KEY);
    });
  }

  /** Re-encrypts the token under the current root secret; returns the number of ciphertexts. */
  async renewEncryption(): Promise<number> {
    const record = this.#read();
    if (record === null) return 0;
    const { runtime, owner } = this.#parts;
    const fresh = await reEncrypt(record.encrypted, owner, runtime.config.roots, runtime.random);
    const now = this.#read();
    if (fresh !== null && now?.encrypted === record.encrypted) this.#write({ ...now, encrypted: fresh });
    return 1;
  }

  async #decrypt(encrypted: string): Promise<string | null> {
    if (this.#decrypted?.encrypted === encrypted) return this.#decrypted.token;
    const { runtime, owner } = this.#parts;
    const token = await decrypt(encrypted, owner, runtime.config.roots);
    if (token === null) log("error", "secret_not_decrypted", { work: "nemo_token" });
    else this.#decrypted = { encrypted, token };
    return token;
  }

  #publishedStatus(): PublishedTokenStatus | null {
    const record = this.#read();
    return record && { state: record.rejectedAt === null ? "ready" : "rejected", until: record.expiresAt };
  }

  #show(record: Record): NemoTokenWire {
    return showToken(this.#parts.source, record, this.#parts.runtime.now());
  }

  #read(): Record | null {
    const text = readMeta(this.#parts.runtime.sql, STORED_TOKEN_KEY);
    return text === null ? null : (JSON.parse(text) as Record); // written by #write only
  }

  #write(record: Record): void {
    writeMeta(this.#parts.runtime.sql, STORED_TOKEN_KEY, JSON.stringify(record));
  }
}

const invalidField = (field: string, message: string): Problem =>
  problemOf("invalid_request", `${field}: ${message}`, { errors: [{ field, message }] });

/** Why a provided token is not stored: the caller must change it, or upstream failed. */
function checkProblem(failure: NemoFailure): Problem {
  if (failure.reason === "token_rejected" || failure.reason === "rejected" || failure.reason === "not_found")
    return invalidField("/token", "is unknown to Nemo or was revoked; send a valid token (nothing was stored)");
  return toProblem(failure);
}

/* The Nemo API of an object: the real host in live mode, the user's own sandbox in test mode. */

/** The sandbox's base URL inside its own binding; it is never resolved. */
export const SANDBOX_URL = "https://sandbox.nemo.internal";

/** One log line and one span per upstream request: which it was, how it ended, and the time to its response headers. */
const logRequests =
  ({ env, name, now, spans }: ObjectRuntime): Watch =>
  (at) => {
    const startedAt = now();
    return (status) => {
      const endedAt = now();
      const fields = { work: at, ...(status === null ? {} : { status }), ...ownerOf(name) };
      logCounted(env.COUNTERS, "upstream", { ...fields, upstream_ms: endedAt - startedAt });
      spans?.add("upstream.call", { startedAt, endedAt, failed: status === null || status >= 400, fields });
    };
  };

/** The client of an object. `sandbox`: the name of the sandbox that it calls; null in live mode. */
export const nemoOf = (runtime: ObjectRuntime, sandbox: string | null, attribution: Attribution): Nemo =>
  createNemo({
    baseUrl: sandbox === null ? runtime.config.nemoUrl : SANDBOX_URL,
    fetch: (request) => (sandbox === null ? fetch(request) : runtime.env.SANDBOX.getByName(sandbox).fetch(request)),
    attribution,
    targets: runtime.config.targets,
    watch: logRequests(runtime),
    timeouts: { turnTotalMs: runtime.config.timings.turnStream },
  });
