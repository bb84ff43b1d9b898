/**
 * The one Nemo token that was brought for a user or a tenant: checked before it is kept, sealed at rest, marked when
 * upstream refuses it, told about a day before its end.
 */

import { ownerOf, parseScope, type UserAddress, userObjectName } from "../../core/address.ts";
import { decrypt, encrypt, reEncrypt } from "../../core/crypto.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import { mayUse, type PublishedTokenStatus, showToken, type TokenStatus, warningAt } from "../../core/nemo-token.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { ProvidedToken } from "../../core/rpc/token.ts";
import type { AuditEntry } from "../../core/tenant.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Attribution } from "../../core/usage.ts";
import type { NemoTokenWire, TokenFor } from "../../core/wire/token.ts";
import { log } from "../../log.ts";
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

/* How a kept Nemo token stands, told to D1 for the operator's status: owed with each change, written by the schedule. */

/** The schedule's kind of row; its ref names the token. */
export const TOKEN_STATUS = "token_standing";

type Told = {
  readonly runtime: ObjectRuntime;
  readonly jobs: JobScheduler;
  readonly ref: string;
  readonly source: string;
  /** How it stands now; null when none is kept. */
  readonly tokenStatus: () => PublishedTokenStatus | null;
};

/** The schedule's work: the row in D1, until it says how the token stands. Twice is once. */
export async function publishTokenStatus({ runtime, jobs, ref, source, tokenStatus }: Told): Promise<void> {
  const { env, name } = runtime;
  const { mode } = parseScope(name);
  for (;;) {
    const told = tokenStatus();
    await putTokenStatus(env.DB, { objectName: name, source, mode }, told);
    const now = tokenStatus(); // it may have changed while it was written
    if (now?.state === told?.state && now?.until === told?.until) return jobs.done(TOKEN_STATUS, ref);
  }
}

/** The schedule's kind of row for the warning before its end. */
export const TOKEN_WARNING = "token_warning";
/** Its name in the notebook and in the schedule. */
export const KEPT = "kept_token";

/** A token as it is kept. `setAt` names it: a report about an earlier one does not touch it. */
type Record = TokenStatus & { readonly encrypted: string; readonly setAt: EpochMs };

/** A token opened for use, or the news that it is not to be used now. */
export type OpenToken = { readonly token: string | null; readonly mark: string; readonly suspect: boolean };

export type StoredTokenParts = {
  readonly runtime: ObjectRuntime;
  readonly jobs: JobScheduler;
  readonly outbox: Outbox;
  readonly encryption: Encryption;
  /** For whom it is, and what its seal is bound to. */
  readonly source: TokenFor;
  readonly owner: string;
  /** The resource that its events are about. */
  readonly resource: string;
};

export class StoredToken {
  readonly #parts: StoredTokenParts;
  /** The last seal that was opened, so that a call costs no decryption. */
  #opened: { readonly encrypted: string; readonly token: string } | null = null;

  constructor(parts: StoredTokenParts) {
    this.#parts = parts;
  }

  /** Asks upstream what the token holds; keeps it only when upstream knows it. Any earlier one is replaced. */
  async put(
    nemo: Nemo,
    { token, expires_at }: ProvidedToken,
    audit: AuditEntry | null,
  ): Promise<Result<NemoTokenWire, Problem>> {
    const { runtime, encryption, owner, jobs } = this.#parts;
    const expiresAt = expires_at === null ? null : Date.parse(expires_at);
    if (expiresAt !== null && expiresAt <= runtime.now()) return err(wrong("/expires_at", "must lie in the future"));
    const [checked] = await Promise.all([nemo.readCredits(token), encryption.note()]);
    if (!checked.ok) return err(refusedAtCheck(checked.error));
    const encrypted = await encrypt(token, owner, runtime.config.roots, runtime.random);
    const record: Record = { encrypted, setAt: runtime.now(), expiresAt, rejectedAt: null };
    const warnAt = warningAt(record);
    runtime.storage.transactionSync(() => {
      this.#write(record);
      if (warnAt === null) jobs.done(TOKEN_WARNING, KEPT);
      else jobs.schedule(TOKEN_WARNING, KEPT, Math.max(warnAt, runtime.now()));
      jobs.schedule(TOKEN_STATUS, KEPT, runtime.now());
      noteAudit(runtime, jobs, audit);
    });
    jobs.tick();
    return ok(this.#show(record));
  }

  /** Lets go of it; nothing happens when there is none. */
  remove(audit: AuditEntry | null): void {
    if (this.#read() === null) return;
    const { runtime, jobs } = this.#parts;
    runtime.storage.transactionSync(() => {
      deleteMeta(runtime.sql, KEPT);
      jobs.done(TOKEN_WARNING, KEPT);
      jobs.schedule(TOKEN_STATUS, KEPT, runtime.now());
      noteAudit(runtime, jobs, audit);
    });
    this.#opened = null;
    jobs.tick();
  }

  /** What the outside may know of it; null when there is none. The object's tables must exist. */
  state(): NemoTokenWire | null {
    const record = this.#read();
    return record === null ? null : this.#show(record);
  }

  /** The token for a call; null when none is kept. The object's tables must exist. */
  async open(): Promise<OpenToken | null> {
    const record = this.#read();
    if (record === null) return null;
    const { runtime } = this.#parts;
    const may = mayUse(record, runtime.now(), runtime.config.timings);
    const token = may ? await this.#decrypt(record.encrypted) : null;
    return { token, mark: String(record.setAt), suspect: record.rejectedAt !== null };
  }

  /** Notes whether upstream took the token of this mark or refused it. */
  report(mark: string, taken: boolean): void {
    const record = this.#read();
    if (record === null || String(record.setAt) !== mark || (taken && record.rejectedAt === null)) return;
    const { runtime, jobs } = this.#parts;
    runtime.storage.transactionSync(() => {
      this.#write({ ...record, rejectedAt: taken ? null : runtime.now() });
      jobs.schedule(TOKEN_STATUS, KEPT, runtime.now());
    });
    jobs.tick();
  }

  /** Tells the operator's status how it stands: the schedule's work. */
  tell(): Promise<void> {
    const { runtime, jobs, source } = this.#parts;
    return publishTokenStatus({ runtime, jobs, ref: KEPT, source, tokenStatus: () => this.#told() });
  }

  /** Tells that it ends within a day: the schedule's work for the `token_warning` row. */
  warn(): void {
    const { runtime, jobs, outbox, resource } = this.#parts;
    const record = this.#read();
    runtime.storage.transactionSync(() => {
      if (record !== null) outbox.add("token.expiring", resource, this.#show(record));
      jobs.done(TOKEN_WARNING, KEPT);
    });
  }

  /** Seals it under the current root secret; answers how many seals there are. */
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
    if (this.#opened?.encrypted === encrypted) return this.#opened.token;
    const { runtime, owner } = this.#parts;
    const token = await decrypt(encrypted, owner, runtime.config.roots);
    if (token === null) log("error", "seal_not_opened", { work: "nemo_token" });
    else this.#opened = { encrypted, token };
    return token;
  }

  #told(): PublishedTokenStatus | null {
    const record = this.#read();
    return record && { state: record.rejectedAt === null ? "ready" : "rejected", until: record.expiresAt };
  }

  #show(record: Record): NemoTokenWire {
    return showToken(this.#parts.source, record, this.#parts.runtime.now());
  }

  #read(): Record | null {
    const text = readMeta(this.#parts.runtime.sql, KEPT);
    return text === null ? null : (JSON.parse(text) as Record); // written by #write only
  }

  #write(record: Record): void {
    writeMeta(this.#parts.runtime.sql, KEPT, JSON.stringify(record));
  }
}

const wrong = (field: string, message: string): Problem =>
  problemOf("invalid_request", `${field}: ${message}`, { errors: [{ field, message }] });

/** Why a token that was brought is not kept: it is the caller's to change, or upstream's to answer. */
function refusedAtCheck(failure: NemoFailure): Problem {
  if (failure.reason === "token_rejected" || failure.reason === "refused" || failure.reason === "not_found")
    return wrong("/token", "is not known to Nemo, or was revoked; nothing was kept");
  return toProblem(failure);
}

/* Nemo's API as an object reaches it: the real host for live mode, the user's own sandbox for test mode. */

/** The sandbox's address inside its own binding; nothing resolves it. */
export const SANDBOX_URL = "https://sandbox.nemo.internal";

/** One line for every request upstream: which it was, how it ended, and how long its answer's headers took. */
const logging =
  ({ name, now }: ObjectRuntime): Watch =>
  (at) => {
    const began = now();
    return (status) =>
      log("info", "upstream", {
        work: at,
        ...(status === null ? {} : { status }),
        upstream_ms: now() - began,
        ...ownerOf(name),
      });
  };

/** The client of live mode. */
export const liveNemo = (runtime: ObjectRuntime, attribution: Attribution): Nemo =>
  createNemo({
    baseUrl: runtime.config.nemoUrl,
    fetch: (request) => fetch(request),
    attribution,
    targets: runtime.config.targets,
    watch: logging(runtime),
    timeouts: { turnTotalMs: runtime.config.timings.turnStream },
  });

/** The client of one user, by the user's mode. */
export const nemoOf = (runtime: ObjectRuntime, address: UserAddress, attribution: Attribution): Nemo =>
  address.mode === "live"
    ? liveNemo(runtime, attribution)
    : createNemo({
        baseUrl: SANDBOX_URL,
        fetch: (request) => runtime.env.SANDBOX.getByName(userObjectName(address)).fetch(request),
        attribution,
        targets: runtime.config.targets,
        watch: logging(runtime),
        timeouts: { turnTotalMs: runtime.config.timings.turnStream },
      });
