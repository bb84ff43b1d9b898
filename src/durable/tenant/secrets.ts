/**
 * What webhooks are signed with: each endpoint's own secret, and the tenant's default one for callbacks and hooks.
 *
 * A secret is shown by the call that made it and by no other. After a rotation the one before signs beside it for a day,
 * so that receivers can be told one after the other.
 */

import { Webhook } from "standardwebhooks";
import type { Scope } from "../../core/address.ts";
import { decrypt, encrypt, type RootSecrets, reEncrypt } from "../../core/crypto.ts";
import { base64 } from "../../core/encoding.ts";
import type { Problem } from "../../core/errors.ts";
import type { EndpointId, EventId } from "../../core/ids.ts";
import { SECRET_OVERLAP_MS, SECRETS_AT_ONCE } from "../../core/limits.ts";
import { ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../core/time.ts";
import type { JwksWire, RotatedSecretWire } from "../../core/wire/webhook.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import type { Encryption } from "../shared/encryption.ts";
import { findByIdempotencyKey, saveIdempotencyKey } from "../shared/idempotency.ts";

/*
 * What one owner signs webhooks with: a shared secret for HMAC (`v1`), and for endpoints an Ed25519 pair (`v1a`), whose public
 * half anybody may hold. Written as one text, so that one seal holds both: `whsec_… d x`, the pair as in a JWK (RFC 8037).
 */

/** Random bytes of a signing secret. Source: Standard Webhooks, 24 to 64 bytes. */
export const SECRET_BYTES = 32;

export type SigningKeys = {
  readonly secret: string;
  /** Signs messages; null where there is no pair. */
  readonly pair: CryptoKey | null;
  /** The public half, a JWK's `x`; null where there is no pair. */
  readonly publicX: string | null;
};

const ED25519 = { name: "Ed25519" };
const utf8 = new TextEncoder();

/** A secret and a new pair as text. The pair is the platform's to make. */
export async function withPair(secret: string): Promise<string> {
  const pair = (await crypto.subtle.generateKey(ED25519, true, ["sign", "verify"])) as CryptoKeyPair; // Ed25519 makes pairs
  const { d, x } = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as JsonWebKey; // "jwk" makes JWKs
  return `${secret} ${d} ${x}`;
}

/** Reads what `withPair` wrote, or a secret alone. */
export async function readKeys(text: string): Promise<SigningKeys> {
  const [secret = "", d, x] = text.split(" ");
  if (d === undefined || x === undefined) return { secret, pair: null, publicX: null };
  const jwk = { kty: "OKP", crv: "Ed25519", d, x };
  return { secret, pair: await crypto.subtle.importKey("jwk", jwk, ED25519, false, ["sign"]), publicX: x };
}

/** The signatures of one message, as the header `webhook-signature` has them. Source: Standard Webhooks. */
export async function signatures(
  { secret, pair }: SigningKeys,
  id: EventId,
  at: Date,
  body: string,
): Promise<string[]> {
  const shared = new Webhook(secret).sign(id, at, body);
  if (pair === null) return [shared];
  const message = utf8.encode(`${id}.${Math.floor(at.getTime() / SECOND_MS)}.${body}`);
  const signed = await crypto.subtle.sign(ED25519, pair, message);
  return [shared, `v1a,${base64(new Uint8Array(signed))}`];
}

/** Whose secret: an endpoint's, or that of everything that has none of its own. */
export type SecretOwner = EndpointId | typeof DEFAULT_SECRET;
export const DEFAULT_SECRET = "default";

/** A secret that is not stored yet. */
export type FreshSecret = { readonly owner: SecretOwner; readonly secret: string; readonly encrypted: string };

/** A key of an owner. `encrypted` holds all of it; it signs until then, null for the current one. */
type Row = { readonly n: number; readonly encrypted: string; readonly until: number | null };

export class Secrets {
  readonly #runtime: ObjectRuntime;
  readonly #scope: Scope;
  readonly #encryption: Encryption;
  /** What was read and opened before, by its owner and its seal: both cost more than signing. Forgotten with every change. */
  readonly #read = new Map<SecretOwner, readonly Row[]>();
  readonly #opened = new Map<string, Promise<SigningKeys | null>>();

  constructor(runtime: ObjectRuntime, scope: Scope, encryption: Encryption) {
    this.#runtime = runtime;
    this.#scope = scope;
    this.#encryption = encryption;
  }

  /** Makes a secret for an owner. Nothing is stored before `put`. */
  async fresh(owner: SecretOwner): Promise<FreshSecret> {
    const { random } = this.#runtime;
    await this.#encryption.note();
    const secret = `whsec_${base64(random(SECRET_BYTES))}`;
    const keys = owner === DEFAULT_SECRET ? secret : await withPair(secret);
    return { owner, secret, encrypted: await encrypt(keys, this.#purpose(owner), this.#roots(), random) };
  }

  /** Makes a fresh secret the current one; answers until when the one before it signs too. Call inside a transaction. */
  put({ owner, encrypted }: FreshSecret): EpochMs | null {
    this.#forgetRead();
    const { sql, now } = this.#runtime;
    const until = now() + SECRET_OVERLAP_MS;
    const last = sql.exec<{ n: number | null }>("SELECT max(n) AS n FROM secrets WHERE owner = ?", owner).one().n ?? 0;
    sql.exec("UPDATE secrets SET until = ? WHERE owner = ? AND until IS NULL", until, owner);
    sql.exec(
      "DELETE FROM secrets WHERE owner = ? AND (until <= ? OR n <= ?)",
      owner,
      now(),
      last + 1 - SECRETS_AT_ONCE,
    );
    sql.exec("INSERT INTO secrets (owner, n, secret, made_at) VALUES (?, ?, ?, ?)", owner, last + 1, encrypted, now());
    return last === 0 ? null : until;
  }

  /** A new secret, shown by this answer alone: a repeat of the call says that it was shown. */
  async rotate(call: Call, owner: SecretOwner): Promise<Result<RotatedSecretWire, Problem>> {
    const { storage, boundary } = this.#runtime;
    const known = this.#replayed(call, owner);
    if (known !== null) return known;
    const fresh = await this.fresh(owner);
    const duplicate = this.#replayed(call, owner); // one may have come while the secret was sealed
    if (duplicate !== null) return duplicate;
    const until = storage.transactionSync(() => {
      saveIdempotencyKey(this.#runtime, call, owner);
      return this.put(fresh);
    });
    await boundary("secret.rotated");
    return ok({ secret: fresh.secret, previous_until: until === null ? null : toRfc3339(until) });
  }

  /** The signatures of one message, the newest secret's first, as Standard Webhooks writes them; null when no secret can be opened. */
  async sign(owner: SecretOwner, id: EventId, at: Date, body: string): Promise<string | null> {
    if (owner === DEFAULT_SECRET && this.#rows(owner).length === 0) await this.#first();
    const keys = await Promise.all(this.#rows(owner).map(({ encrypted }) => this.#open(owner, encrypted)));
    const signed = await Promise.all(keys.map((one) => (one === null ? [] : signatures(one, id, at, body))));
    const all = signed.flat();
    return all.length === 0 ? null : all.join(" ");
  }

  /** The public halves of an owner's pairs that sign now, the newest first. */
  async publicKeys(owner: SecretOwner): Promise<JwksWire> {
    const rows = this.#rows(owner);
    const keys = await Promise.all(rows.map(({ encrypted }) => this.#open(owner, encrypted)));
    return {
      keys: keys.flatMap((one, at) =>
        one === null || one.publicX === null
          ? []
          : [{ kty: "OKP", crv: "Ed25519", x: one.publicX, use: "sig", alg: "EdDSA", kid: `${owner}.${rows[at]?.n}` }],
      ),
    };
  }

  /** Seals every secret under the current root secret; answers how many there are. */
  async renewEncryptions(): Promise<number> {
    const { sql, random } = this.#runtime;
    type Encrypted = { owner: SecretOwner; n: number; secret: string };
    const rows = sql.exec<Encrypted>("SELECT owner, n, secret FROM secrets").toArray();
    for (const { owner, n, secret } of rows) {
      const fresh = await reEncrypt(secret, this.#purpose(owner), this.#roots(), random);
      if (fresh !== null) sql.exec("UPDATE secrets SET secret = ? WHERE owner = ? AND n = ?", fresh, owner, n);
    }
    this.#forgetRead();
    return rows.length;
  }

  /** An owner is gone. */
  forget(owner: SecretOwner): void {
    this.#forgetRead();
    this.#runtime.sql.exec("DELETE FROM secrets WHERE owner = ?", owner);
  }

  /** The default secret on its first need, unless another need came first. */
  async #first(): Promise<void> {
    const fresh = await this.fresh(DEFAULT_SECRET);
    this.#runtime.storage.transactionSync(() => {
      if (this.#rows(DEFAULT_SECRET).length === 0) this.put(fresh);
    });
  }

  #replayed(call: Call, owner: SecretOwner): Result<RotatedSecretWire, Problem> | null {
    const idempotency = findByIdempotencyKey(this.#runtime, call);
    if (!idempotency.ok) return idempotency;
    if (idempotency.value === null) return null;
    const until = this.#runtime.sql
      .exec<{ until: number | null }>("SELECT max(until) AS until FROM secrets WHERE owner = ?", owner)
      .one().until;
    return ok({ secret_shown_once: true, previous_until: until === null ? null : toRfc3339(until) });
  }

  /** What signs now, the newest first. */
  #rows(owner: SecretOwner): Row[] {
    const { sql, now } = this.#runtime;
    const query = "SELECT n, secret AS encrypted, until FROM secrets WHERE owner = ? ORDER BY n DESC";
    const all = this.#read.get(owner) ?? sql.exec<Row>(query, owner).toArray();
    this.#read.set(owner, all);
    return all.filter(({ until }) => until === null || until > now());
  }

  #forgetRead(): void {
    this.#read.clear();
    this.#opened.clear();
  }

  #open(owner: SecretOwner, encrypted: string): Promise<SigningKeys | null> {
    const known = this.#opened.get(encrypted);
    if (known !== undefined) return known;
    const opening = decrypt(encrypted, this.#purpose(owner), this.#roots()).then((text) =>
      text === null ? null : readKeys(text),
    );
    this.#opened.set(encrypted, opening);
    return opening;
  }

  #purpose(owner: SecretOwner): string {
    return `webhook_secret|${this.#scope.tenant}|${this.#scope.mode}|${owner}`;
  }

  #roots(): RootSecrets {
    return { current: this.#runtime.config.rootSecret, previous: this.#runtime.config.rootSecretPrevious };
  }
}
