/**
 * The one Nemo token that was brought for a user or a tenant: checked before it is kept, sealed at rest, marked when
 * upstream refuses it, told about a day before its end.
 */

import { ownerOf, parseScope, type UserAddress, userObjectName } from "../../core/address.ts";
import { reseal, seal, unseal } from "../../core/crypto.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { mayUse, type Standing, showToken, type ToldStanding, warningAt } from "../../core/nemo-token.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { BroughtToken } from "../../core/rpc/token.ts";
import type { AuditEntry } from "../../core/tenant.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Attribution } from "../../core/usage.ts";
import type { NemoTokenWire, TokenFor } from "../../core/wire/token.ts";
import { log } from "../../log.ts";
import { createNemo, type Nemo } from "../../nemo/client.ts";
import type { NemoFailure } from "../../nemo/errors.ts";
import type { Watch } from "../../nemo/http.ts";
import { putStanding } from "../../store/users.ts";
import type { Ground } from "./context.ts";
import { deleteMeta, readMeta, writeMeta } from "./database.ts";
import type { Seals } from "./encryption.ts";
import type { Schedule } from "./jobs.ts";
import { noteAudit, type Outbox } from "./outbox.ts";
import { refusalOf } from "./problems.ts";

/* How a kept Nemo token stands, told to D1 for the operator's status: owed with each change, written by the schedule. */

/** The schedule's kind of row; its ref names the token. */
export const TOKEN_STANDING = "token_standing";

type Told = {
  readonly ground: Ground;
  readonly schedule: Schedule;
  readonly ref: string;
  readonly source: string;
  /** How it stands now; null when none is kept. */
  readonly standing: () => ToldStanding | null;
};

/** The schedule's work: the row in D1, until it says how the token stands. Twice is once. */
export async function tellStanding({ ground, schedule, ref, source, standing }: Told): Promise<void> {
  const { env, name } = ground;
  const { mode } = parseScope(name);
  for (;;) {
    const told = standing();
    await putStanding(env.DB, { objectName: name, source, mode }, told);
    const now = standing(); // it may have changed while it was written
    if (now?.state === told?.state && now?.until === told?.until) return schedule.done(TOKEN_STANDING, ref);
  }
}

/** The schedule's kind of row for the warning before its end. */
export const TOKEN_WARNING = "token_warning";
/** Its name in the notebook and in the schedule. */
export const KEPT = "kept_token";

/** A token as it is kept. `setAt` names it: a report about an earlier one does not touch it. */
type Record = Standing & { readonly sealed: string; readonly setAt: EpochMs };

/** A token opened for use, or the news that it is not to be used now. */
export type OpenToken = { readonly token: string | null; readonly mark: string; readonly suspect: boolean };

export type KeptTokenParts = {
  readonly ground: Ground;
  readonly schedule: Schedule;
  readonly outbox: Outbox;
  readonly seals: Seals;
  /** For whom it is, and what its seal is bound to. */
  readonly source: TokenFor;
  readonly owner: string;
  /** The resource that its events are about. */
  readonly resource: string;
};

export class KeptToken {
  readonly #parts: KeptTokenParts;
  /** The last seal that was opened, so that a call costs no decryption. */
  #opened: { readonly sealed: string; readonly token: string } | null = null;

  constructor(parts: KeptTokenParts) {
    this.#parts = parts;
  }

  /** Asks upstream what the token holds; keeps it only when upstream knows it. Any earlier one is replaced. */
  async put(
    nemo: Nemo,
    { token, expires_at }: BroughtToken,
    audit: AuditEntry | null,
  ): Promise<Result<NemoTokenWire, Refusal>> {
    const { ground, seals, owner, schedule } = this.#parts;
    const expiresAt = expires_at === null ? null : Date.parse(expires_at);
    if (expiresAt !== null && expiresAt <= ground.now()) return err(wrong("/expires_at", "must lie in the future"));
    const [checked] = await Promise.all([nemo.readCredits(token), seals.note()]);
    if (!checked.ok) return err(refusedAtCheck(checked.error));
    const sealed = await seal(token, owner, ground.config.roots, ground.random);
    const record: Record = { sealed, setAt: ground.now(), expiresAt, rejectedAt: null };
    const warnAt = warningAt(record);
    ground.storage.transactionSync(() => {
      this.#write(record);
      if (warnAt === null) schedule.done(TOKEN_WARNING, KEPT);
      else schedule.owe(TOKEN_WARNING, KEPT, Math.max(warnAt, ground.now()));
      schedule.owe(TOKEN_STANDING, KEPT, ground.now());
      noteAudit(ground, schedule, audit);
    });
    schedule.tick();
    return ok(this.#show(record));
  }

  /** Lets go of it; nothing happens when there is none. */
  remove(audit: AuditEntry | null): void {
    if (this.#read() === null) return;
    const { ground, schedule } = this.#parts;
    ground.storage.transactionSync(() => {
      deleteMeta(ground.sql, KEPT);
      schedule.done(TOKEN_WARNING, KEPT);
      schedule.owe(TOKEN_STANDING, KEPT, ground.now());
      noteAudit(ground, schedule, audit);
    });
    this.#opened = null;
    schedule.tick();
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
    const { ground } = this.#parts;
    const may = mayUse(record, ground.now(), ground.config.waits);
    const token = may ? await this.#unseal(record.sealed) : null;
    return { token, mark: String(record.setAt), suspect: record.rejectedAt !== null };
  }

  /** Notes whether upstream took the token of this mark or refused it. */
  report(mark: string, taken: boolean): void {
    const record = this.#read();
    if (record === null || String(record.setAt) !== mark || (taken && record.rejectedAt === null)) return;
    const { ground, schedule } = this.#parts;
    ground.storage.transactionSync(() => {
      this.#write({ ...record, rejectedAt: taken ? null : ground.now() });
      schedule.owe(TOKEN_STANDING, KEPT, ground.now());
    });
    schedule.tick();
  }

  /** Tells the operator's status how it stands: the schedule's work. */
  tell(): Promise<void> {
    const { ground, schedule, source } = this.#parts;
    return tellStanding({ ground, schedule, ref: KEPT, source, standing: () => this.#told() });
  }

  /** Tells that it ends within a day: the schedule's work for the `token_warning` row. */
  warn(): void {
    const { ground, schedule, outbox, resource } = this.#parts;
    const record = this.#read();
    ground.storage.transactionSync(() => {
      if (record !== null) outbox.add("token.expiring", resource, this.#show(record));
      schedule.done(TOKEN_WARNING, KEPT);
    });
  }

  /** Seals it under the current root secret; answers how many seals there are. */
  async renewSeal(): Promise<number> {
    const record = this.#read();
    if (record === null) return 0;
    const { ground, owner } = this.#parts;
    const fresh = await reseal(record.sealed, owner, ground.config.roots, ground.random);
    const now = this.#read();
    if (fresh !== null && now?.sealed === record.sealed) this.#write({ ...now, sealed: fresh });
    return 1;
  }

  async #unseal(sealed: string): Promise<string | null> {
    if (this.#opened?.sealed === sealed) return this.#opened.token;
    const { ground, owner } = this.#parts;
    const token = await unseal(sealed, owner, ground.config.roots);
    if (token === null) log("error", "seal_not_opened", { work: "nemo_token" });
    else this.#opened = { sealed, token };
    return token;
  }

  #told(): ToldStanding | null {
    const record = this.#read();
    return record && { state: record.rejectedAt === null ? "ready" : "rejected", until: record.expiresAt };
  }

  #show(record: Record): NemoTokenWire {
    return showToken(this.#parts.source, record, this.#parts.ground.now());
  }

  #read(): Record | null {
    const text = readMeta(this.#parts.ground.sql, KEPT);
    return text === null ? null : (JSON.parse(text) as Record); // written by #write only
  }

  #write(record: Record): void {
    writeMeta(this.#parts.ground.sql, KEPT, JSON.stringify(record));
  }
}

const wrong = (field: string, message: string): Refusal =>
  refusal("invalid_request", `${field}: ${message}`, { errors: [{ field, message }] });

/** Why a token that was brought is not kept: it is the caller's to change, or upstream's to answer. */
function refusedAtCheck(failure: NemoFailure): Refusal {
  if (failure.reason === "token_rejected" || failure.reason === "refused" || failure.reason === "not_found")
    return wrong("/token", "is not known to Nemo, or was revoked; nothing was kept");
  return refusalOf(failure);
}

/* Nemo's API as an object reaches it: the real host for live mode, the user's own sandbox for test mode. */

/** The sandbox's address inside its own binding; nothing resolves it. */
export const SANDBOX_URL = "https://sandbox.nemo.internal";

/** One line for every request upstream: which it was, how it ended, and how long its answer's headers took. */
const logging =
  ({ name, now }: Ground): Watch =>
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
export const liveNemo = (ground: Ground, attribution: Attribution): Nemo =>
  createNemo({
    baseUrl: ground.config.nemoUrl,
    fetch: (request) => fetch(request),
    attribution,
    targets: ground.config.targets,
    watch: logging(ground),
    timeouts: { turnTotalMs: ground.config.waits.turnStream },
  });

/** The client of one user, by the user's mode. */
export const nemoOf = (ground: Ground, address: UserAddress, attribution: Attribution): Nemo =>
  address.mode === "live"
    ? liveNemo(ground, attribution)
    : createNemo({
        baseUrl: SANDBOX_URL,
        fetch: (request) => ground.env.SANDBOX.getByName(userObjectName(address)).fetch(request),
        attribution,
        targets: ground.config.targets,
        watch: logging(ground),
        timeouts: { turnTotalMs: ground.config.waits.turnStream },
      });
