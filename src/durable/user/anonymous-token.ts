/**
 * The token that a user's object gets for itself: an anonymous one of Nemo's, or the sandbox's in test mode.
 *
 * Upstream rations them, so one is renewed with the same client id, once when it is refused, and not asked for again
 * before upstream gives one.
 */
import type { UserAddress } from "../../core/address.ts";
import { reseal, seal, unseal } from "../../core/crypto.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { MINT_RATION_MS } from "../../core/limits.ts";
import { mayRenew, NO_TOKEN, nextMintAt, showToken, type ToldStanding, warningAt } from "../../core/nemo-token.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../core/time.ts";
import type { NemoTokenWire } from "../../core/wire/token.ts";
import type { Nemo } from "../../nemo/client.ts";
import type { Ground } from "../shared/context.ts";
import { deleteMeta, readMeta, writeMeta } from "../shared/database.ts";
import type { Seals } from "../shared/encryption.ts";
import type { Schedule } from "../shared/jobs.ts";
import type { Outbox } from "../shared/outbox.ts";
import { refusalOf } from "../shared/problems.ts";
import { TOKEN_STANDING, TOKEN_WARNING, tellStanding } from "../shared/stored-token.ts";

const OWN = "token";
const MINT_AFTER = "mint_after";
const USER = "nemo_user";

/** `issuedAt` is missing in records of the first version. */
type Own = {
  readonly sealed: string;
  readonly clientId: string;
  readonly expiresAt: EpochMs | null;
  readonly issuedAt?: EpochMs;
};

export type OwnMintParts = {
  readonly ground: Ground;
  readonly schedule: Schedule;
  readonly outbox: Outbox;
  readonly seals: Seals;
  /** The client of the moment. */
  readonly nemo: () => Nemo;
  readonly address: UserAddress;
};

export class OwnMint {
  readonly #parts: OwnMintParts;
  readonly source: "sandbox" | "anonymous";
  #minting: Promise<Result<string, Refusal>> | null = null;
  #opened: { readonly sealed: string; readonly token: string } | null = null;

  constructor(parts: OwnMintParts) {
    this.#parts = parts;
    this.source = parts.address.mode === "test" ? "sandbox" : "anonymous";
  }

  /** The kept token as long as it is good, or a new one: where none is good, or before its end where upstream gives one then. */
  async token(): Promise<Result<string, Refusal>> {
    const { now } = this.#parts.ground;
    const own = this.#good();
    const kept = own === null ? null : await this.#unseal(own.sealed);
    if (own === null || kept === null) return this.#mintOnce();
    const isAsked = mayRenew({ expiresAt: own.expiresAt, issuedAt: own.issuedAt ?? null }, now());
    if (!isAsked || (this.#mintAfter() ?? 0) > now()) return ok(kept);
    const fresh = await this.#mintOnce();
    return fresh.ok ? fresh : ok(kept);
  }

  /** A token in place of one that upstream refused. One that was renewed meanwhile is not renewed again. */
  async renew(refused: string): Promise<Result<string, Refusal>> {
    const own = this.#read();
    const now = own === null ? null : await this.#unseal(own.sealed);
    return now === null || now === refused ? this.#mintOnce() : ok(now);
  }

  /** What the outside may know of it. `exists`: the object's tables are there. */
  state(exists: boolean): NemoTokenWire {
    if (!this.#isAllowed()) return NO_TOKEN;
    const now = this.#parts.ground.now();
    const own = exists ? this.#read() : null;
    const shown = showToken(this.source, { expiresAt: own?.expiresAt ?? null, rejectedAt: null }, now);
    if (own !== null && shown.state !== "rejected") return shown;
    const next = exists ? this.#mintAfter() : null;
    if (next === null || next <= now) return { ...shown, state: "ready" };
    return { ...shown, state: "rationed", next_try_at: toRfc3339(next) };
  }

  /** Nemo's name of the anonymous user, by which registering keeps what it made; null where upstream gave none. */
  nemoUser(): string | null {
    return readMeta(this.#parts.ground.sql, USER);
  }

  /** Tells that an anonymous token ends within a day: the schedule's work. */
  warn(): void {
    const { ground, schedule, outbox, address } = this.#parts;
    ground.storage.transactionSync(() => {
      if (this.#read() !== null) outbox.add("token.expiring", `nemo_token_${address.uh}`, this.state(true));
      schedule.done(TOKEN_WARNING, OWN);
    });
  }

  /** Tells the operator's status how an anonymous token stands: the schedule's work. */
  tell(): Promise<void> {
    const { ground, schedule } = this.#parts;
    return tellStanding({ ground, schedule, ref: OWN, source: this.source, standing: () => this.#told() });
  }

  /** Seals it under the current root secret; answers how many seals there are. */
  async renewSeal(): Promise<number> {
    const own = this.#read();
    if (own === null) return 0;
    const { ground } = this.#parts;
    const fresh = await reseal(own.sealed, this.#owner(), ground.config.roots, ground.random);
    const now = this.#read();
    if (fresh !== null && now?.sealed === own.sealed) this.#write({ ...now, sealed: fresh });
    return 1;
  }

  /** The kept token, as long as it has not ended. */
  #good(): Own | null {
    const own = this.#read();
    return own === null || (own.expiresAt !== null && own.expiresAt <= this.#parts.ground.now()) ? null : own;
  }

  /** In test mode always, and from the sandbox only; in live mode where the operator says so. */
  #isAllowed(): boolean {
    return this.#parts.address.mode === "test" || this.#parts.ground.config.allowAnonymous;
  }

  #mintOnce(): Promise<Result<string, Refusal>> {
    this.#minting ??= this.#mint().finally(() => {
      this.#minting = null;
    });
    return this.#minting;
  }

  async #mint(): Promise<Result<string, Refusal>> {
    if (!this.#isAllowed()) return err(noToken());
    const { ground, seals } = this.#parts;
    const nemo = this.#parts.nemo();
    const after = this.#mintAfter();
    if (after !== null && after > ground.now()) return err(rationed(after - ground.now()));
    const clientId = this.#read()?.clientId ?? crypto.randomUUID();
    await seals.note(); // first: a token that was made is not lost by what fails beside it
    let minted = await nemo.mintToken(clientId);
    let used = clientId;
    if (!minted.ok && minted.error.reason === "client_id_refused") {
      used = crypto.randomUUID();
      minted = await nemo.mintToken(used);
    }
    if (!minted.ok) {
      if (minted.error.reason !== "token_rationed") return err(refusalOf(minted.error));
      const last = this.#read();
      const issuedAt = last?.issuedAt ?? (last?.expiresAt ? last.expiresAt - MINT_RATION_MS : null);
      const next = nextMintAt(ground.now(), minted.error.retryAfterMs, issuedAt);
      ground.storage.transactionSync(() => {
        writeMeta(ground.sql, MINT_AFTER, String(next));
        this.#oweStanding();
      });
      return err(rationed(next - ground.now()));
    }
    const { token, expiresAt, userId } = minted.value;
    const sealed = await seal(token, this.#owner(), ground.config.roots, ground.random);
    ground.storage.transactionSync(() => {
      this.#write({ sealed, clientId: used, expiresAt, issuedAt: ground.now() });
      deleteMeta(ground.sql, MINT_AFTER);
      if (userId !== null) writeMeta(ground.sql, USER, userId);
      this.#oweWarning(expiresAt);
      this.#oweStanding();
    });
    this.#opened = { sealed, token };
    return ok(token);
  }

  #oweStanding(): void {
    const { schedule, ground } = this.#parts;
    if (this.source === "anonymous") schedule.owe(TOKEN_STANDING, OWN, ground.now());
  }

  #told(): ToldStanding | null {
    const mintAfter = this.#mintAfter();
    const own = this.#good();
    if (own === null && mintAfter !== null) return { state: "rationed", until: mintAfter };
    const last = own ?? this.#read();
    return last && { state: "ready", until: last.expiresAt };
  }

  /** Of the sandbox's tokens nobody needs to know: they are renewed without end. */
  #oweWarning(expiresAt: EpochMs | null): void {
    const warnAt = warningAt({ expiresAt, rejectedAt: null });
    if (warnAt !== null && this.source === "anonymous")
      this.#parts.schedule.owe(TOKEN_WARNING, OWN, Math.max(warnAt, this.#parts.ground.now()));
  }

  async #unseal(sealed: string): Promise<string | null> {
    if (this.#opened?.sealed === sealed) return this.#opened.token;
    const token = await unseal(sealed, this.#owner(), this.#parts.ground.config.roots);
    if (token !== null) this.#opened = { sealed, token };
    return token;
  }

  #mintAfter(): EpochMs | null {
    const text = readMeta(this.#parts.ground.sql, MINT_AFTER);
    return text === null ? null : Number(text);
  }

  #read(): Own | null {
    const text = readMeta(this.#parts.ground.sql, OWN);
    return text === null ? null : (JSON.parse(text) as Own); // written by #write only
  }

  #write(own: Own): void {
    writeMeta(this.#parts.ground.sql, OWN, JSON.stringify(own));
  }

  #owner(): string {
    const { tenant, mode, uh } = this.#parts.address;
    return `nemo_token|${tenant}|${mode}|${uh}`;
  }
}

export const noToken = (): Refusal =>
  refusal("nemo_token_unavailable", "No Nemo token is set; bring one with PUT /v1/nemo_token.", {
    charged: "no",
    hint: "PUT /v1/nemo_token",
  });

const rationed = (waitMs: number): Refusal =>
  refusal(
    "nemo_token_unavailable",
    "Nemo gives no anonymous token right now; wait, or bring your own with PUT /v1/nemo_token.",
    { charged: "no", hint: "PUT /v1/nemo_token", retryAfterSeconds: Math.ceil(waitMs / SECOND_MS) },
  );
