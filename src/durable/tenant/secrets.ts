/**
 * The signing secrets of webhooks: one per endpoint, and the tenant's default secret for callbacks and hooks.
 *
 * A secret is returned only by the call that created it. The default secret may be created by the first message that needs
 * it; the first call that asks for it then returns it. After a rotation the previous secret signs as well for a day,
 * so that receivers can be updated one after another.
 */

import { Webhook } from "standardwebhooks";
import { decrypt, encrypt, type RootSecrets, reEncrypt } from "../../core/crypto.ts";
import { base64 } from "../../core/encoding.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { EndpointId, EventId } from "../../core/ids.ts";
import { SECRET_OVERLAP_MS, SECRETS_AT_ONCE } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import { SECOND_MS, toRfc3339 } from "../../core/time.ts";
import type { JwksWire, RotatedSecretWire } from "../../core/wire/webhook.ts";
import { readMeta, writeMeta } from "../shared/database.ts";
import { createOnce } from "../shared/idempotency.ts";
import type { TenantServices } from "./services.ts";

/*
 * An owner has a shared secret for HMAC (`v1`); an endpoint also has an Ed25519 key pair (`v1a`), whose public key is
 * published. Both are stored as one text, so that one ciphertext holds them: `whsec_… d x`, the pair as in a JWK (RFC
 * 8037).
 */

/** Random bytes of a signing secret. Source: Standard Webhooks, 24 to 64 bytes. */
export const SECRET_BYTES = 32;

export type SigningKeys = {
  readonly secret: string;
  /** Signs messages; null when there is no key pair. */
  readonly pair: CryptoKey | null;
  /** The public key, a JWK's `x`; null when there is no key pair. */
  readonly publicX: string | null;
};

const ED25519 = { name: "Ed25519" };
const utf8 = new TextEncoder();

/** The secret and a newly generated key pair, as text. */
export async function withPair(secret: string): Promise<string> {
  const pair = (await crypto.subtle.generateKey(ED25519, true, ["sign", "verify"])) as CryptoKeyPair; // Ed25519 makes pairs
  const { d, x } = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as JsonWebKey; // "jwk" makes JWKs
  return `${secret} ${d} ${x}`;
}

/** Parses the text of `withPair`, or a secret alone. */
export async function readKeys(text: string): Promise<SigningKeys> {
  const [secret = "", d, x] = text.split(" ");
  if (d === undefined || x === undefined) return { secret, pair: null, publicX: null };
  const jwk = { kty: "OKP", crv: "Ed25519", d, x };
  return { secret, pair: await crypto.subtle.importKey("jwk", jwk, ED25519, false, ["sign"]), publicX: x };
}

/** The signatures of one message, as in the header `webhook-signature`. Source: Standard Webhooks. */
export async function signatures(
  { secret, pair }: SigningKeys,
  id: EventId,
  at: Date,
  body: string,
): Promise<string[]> {
  const hmac = new Webhook(secret).sign(id, at, body);
  if (pair === null) return [hmac];
  const message = utf8.encode(`${id}.${Math.floor(at.getTime() / SECOND_MS)}.${body}`);
  const signed = await crypto.subtle.sign(ED25519, pair, message);
  return [hmac, `v1a,${base64(new Uint8Array(signed))}`];
}

/** The owner of a secret: an endpoint, or `default` for targets without a secret of their own. */
export type SecretOwner = EndpointId | typeof DEFAULT_SECRET;
export const DEFAULT_SECRET = "default";

/** The `meta` key of the time at which the default secret, or a successor of it, was first returned. */
const SHOWN = "default_secret_shown_at";

/** A new secret that is not stored yet. */
export type FreshSecret = { readonly owner: SecretOwner; readonly secret: string; readonly encrypted: string };

/** A stored secret. `encrypted` holds all of it; it signs until `validUntil`, null for the current one. */
type Row = { readonly version: number; readonly encrypted: string; readonly validUntil: number | null };

export class Secrets {
  readonly #tenant: TenantServices;
  /**
   * Caches of read rows and decrypted keys: reading and decrypting cost more than signing. Cleared with every change.
   */
  readonly #read = new Map<SecretOwner, readonly Row[]>();
  readonly #decrypted = new Map<string, Promise<SigningKeys | null>>();

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
  }

  /** Creates a secret for an owner. Nothing is stored before `put`. */
  async fresh(owner: SecretOwner): Promise<FreshSecret> {
    const { random } = this.#tenant.runtime;
    await this.#tenant.encryption.note();
    const secret = `whsec_${base64(random(SECRET_BYTES))}`;
    const keys = owner === DEFAULT_SECRET ? secret : await withPair(secret);
    return { owner, secret, encrypted: await encrypt(keys, this.#purpose(owner), this.#roots(), random) };
  }

  /** Makes a new secret the current one. Call inside a transaction. */
  put({ owner, encrypted }: FreshSecret): void {
    this.#clearCaches();
    const { sql, now } = this.#tenant.runtime;
    const until = now() + SECRET_OVERLAP_MS;
    const query = "SELECT max(version) AS last FROM secrets WHERE owner = ?";
    const last = sql.exec<{ last: number | null }>(query, owner).one().last ?? 0;
    sql.exec("UPDATE secrets SET valid_until = ? WHERE owner = ? AND valid_until IS NULL", until, owner);
    sql.exec(
      "DELETE FROM secrets WHERE owner = ? AND (valid_until <= ? OR version <= ?)",
      owner,
      now(),
      last + 1 - SECRETS_AT_ONCE,
    );
    sql.exec(
      "INSERT INTO secrets (owner, version, secret, created_at) VALUES (?, ?, ?, ?)",
      owner,
      last + 1,
      encrypted,
      now(),
    );
  }

  /** Rotates the secret. Only this answer contains it; a repeated call answers that it was shown once. */
  rotate(call: Call, owner: SecretOwner): Promise<Result<RotatedSecretWire, Problem>> {
    return createOnce<FreshSecret, Result<RotatedSecretWire, Problem>>(this.#tenant, call, {
      existing: () => ok({ secret_shown_once: true, previous_until: this.#previousUntil(owner) }),
      prepare: async () => ok(await this.fresh(owner)),
      commit: (fresh) => {
        this.put(fresh);
        if (owner === DEFAULT_SECRET) this.#markShown();
        return owner;
      },
      created: async ({ secret }) => {
        await this.#tenant.runtime.failpoint("secret.rotated");
        return ok({ secret, previous_until: this.#previousUntil(owner) });
      },
    });
  }

  /**
   * The default secret, created if there is none. Only the first call returns it; a later one is a problem, and a
   * repeated one answers that it was shown once.
   */
  show(call: Call): Promise<Result<RotatedSecretWire, Problem>> {
    const answer = (shown: Pick<RotatedSecretWire, "secret" | "secret_shown_once">) =>
      ok({ ...shown, previous_until: this.#previousUntil(DEFAULT_SECRET) });
    return createOnce<string, Result<RotatedSecretWire, Problem>>(this.#tenant, call, {
      existing: () => answer({ secret_shown_once: true }),
      check: () => (this.#isShown() ? secretShown() : null),
      prepare: async () => {
        if (this.#rows(DEFAULT_SECRET).length === 0) await this.#createDefault();
        const [current] = this.#rows(DEFAULT_SECRET);
        const keys = current === undefined ? null : await this.#decrypt(DEFAULT_SECRET, current.encrypted);
        return keys === null ? err(secretLost()) : ok(keys.secret);
      },
      commit: () => {
        this.#markShown();
        return DEFAULT_SECRET;
      },
      created: (secret) => answer({ secret }),
    });
  }

  #isShown(): boolean {
    return readMeta(this.#tenant.runtime.sql, SHOWN) !== null;
  }

  #markShown(): void {
    const { sql, now } = this.#tenant.runtime;
    writeMeta(sql, SHOWN, String(now()));
  }

  /**
   * The signatures of one message, newest secret first, in the format of Standard Webhooks; null when no secret can be
   * decrypted.
   */
  async sign(owner: SecretOwner, id: EventId, at: Date, body: string): Promise<string | null> {
    if (owner === DEFAULT_SECRET && this.#rows(owner).length === 0) await this.#createDefault();
    const keys = await Promise.all(this.#rows(owner).map(({ encrypted }) => this.#decrypt(owner, encrypted)));
    const signed = await Promise.all(keys.map((one) => (one === null ? [] : signatures(one, id, at, body))));
    const all = signed.flat();
    return all.length === 0 ? null : all.join(" ");
  }

  /** The public keys that sign now, newest first. */
  async publicKeys(owner: SecretOwner): Promise<JwksWire> {
    const rows = this.#rows(owner);
    const keys = await Promise.all(rows.map(({ encrypted }) => this.#decrypt(owner, encrypted)));
    return {
      keys: keys.flatMap((one, at) =>
        one === null || one.publicX === null
          ? []
          : [
              {
                kty: "OKP",
                crv: "Ed25519",
                x: one.publicX,
                use: "sig",
                alg: "EdDSA",
                kid: `${owner}.${rows[at]?.version}`,
              },
            ],
      ),
    };
  }

  /** Re-encrypts every secret under the current root secret; returns how many there are. */
  async renewEncryptions(): Promise<number> {
    const { sql, random } = this.#tenant.runtime;
    type Encrypted = { owner: SecretOwner; version: number; secret: string };
    const rows = sql.exec<Encrypted>("SELECT owner, version, secret FROM secrets").toArray();
    for (const { owner, version, secret } of rows) {
      const fresh = await reEncrypt(secret, this.#purpose(owner), this.#roots(), random);
      if (fresh !== null)
        sql.exec("UPDATE secrets SET secret = ? WHERE owner = ? AND version = ?", fresh, owner, version);
    }
    this.#clearCaches();
    return rows.length;
  }

  /** Removes the secrets of a deleted owner. */
  removeAll(owner: SecretOwner): void {
    this.#clearCaches();
    this.#tenant.runtime.sql.exec("DELETE FROM secrets WHERE owner = ?", owner);
  }

  /** Creates the default secret when it is first needed, unless a concurrent call has created it. */
  async #createDefault(): Promise<void> {
    const fresh = await this.fresh(DEFAULT_SECRET);
    this.#tenant.runtime.storage.transactionSync(() => {
      if (this.#rows(DEFAULT_SECRET).length === 0) this.put(fresh);
    });
  }

  /** Until when the secret before the current one signs too; null when there is none. */
  #previousUntil(owner: SecretOwner): string | null {
    const { until } = this.#tenant.runtime.sql
      .exec<{ until: number | null }>("SELECT max(valid_until) AS until FROM secrets WHERE owner = ?", owner)
      .one();
    return until === null ? null : toRfc3339(until);
  }

  /** The secrets that sign now, newest first. */
  #rows(owner: SecretOwner): Row[] {
    const { sql, now } = this.#tenant.runtime;
    const query =
      "SELECT version, secret AS encrypted, valid_until AS validUntil FROM secrets WHERE owner = ? ORDER BY version DESC";
    const all = this.#read.get(owner) ?? sql.exec<Row>(query, owner).toArray();
    this.#read.set(owner, all);
    return all.filter(({ validUntil }) => validUntil === null || validUntil > now());
  }

  #clearCaches(): void {
    this.#read.clear();
    this.#decrypted.clear();
  }

  #decrypt(owner: SecretOwner, encrypted: string): Promise<SigningKeys | null> {
    const known = this.#decrypted.get(encrypted);
    if (known !== undefined) return known;
    const decrypting = decrypt(encrypted, this.#purpose(owner), this.#roots()).then((text) =>
      text === null ? null : readKeys(text),
    );
    this.#decrypted.set(encrypted, decrypting);
    return decrypting;
  }

  #purpose(owner: SecretOwner): string {
    return `webhook_secret|${this.#tenant.scope.tenant}|${this.#tenant.scope.mode}|${owner}`;
  }

  #roots(): RootSecrets {
    return {
      current: this.#tenant.runtime.config.rootSecret,
      previous: this.#tenant.runtime.config.rootSecretPrevious,
    };
  }
}

const ROTATE = { hint: "POST /v1/webhook_secret/rotate" };

const secretShown = (): Problem =>
  problemOf(
    "secret_shown",
    "The default secret was shown before and is shown only once; rotate it to get a new one. For 24 hours both sign.",
    ROTATE,
  );

const secretLost = (): Problem =>
  problemOf("secret_shown", "The default secret can no longer be decrypted; rotate it to get a new one.", ROTATE);
