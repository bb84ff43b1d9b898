/** What connected apps hold, in D1: codes, access tokens and refresh tokens, found by their hash. The app itself is a row of `keys`. */
import type { AppTokenKind } from "../core/auth.ts";
import type { KeyId } from "../core/ids.ts";
import { APP_TOKEN_KEPT_MS } from "../core/limits.ts";
import type { EpochMs } from "../core/time.ts";
import type { StoredApp } from "./keys.ts";

/** A code or refresh token, with the app that it was issued to. */
export type HeldToken = {
  readonly key: KeyId;
  readonly app: StoredApp;
  readonly expiresAt: EpochMs;
  readonly isUsed: boolean;
  /** Of a code. */
  readonly challenge: string | null;
  readonly redirectUri: string | null;
};

export type NewCode = {
  readonly hash: string;
  readonly key: KeyId;
  readonly expiresAt: EpochMs;
  readonly challenge: string;
  readonly redirectUri: string;
};

const INSERT_CODE = `INSERT INTO app_tokens (hash, kind, key, expires_at, challenge, redirect_uri)
  VALUES (?1, 'code', ?2, ?3, ?4, ?5)`;
const FIND = `SELECT app_tokens.*, keys.app AS app FROM app_tokens JOIN keys ON keys.id = app_tokens.key
  WHERE app_tokens.hash = ?1 AND app_tokens.kind = ?2`;
const USE =
  "UPDATE app_tokens SET successor = ?2 WHERE hash = ?1 AND kind != 'access' AND successor IS NULL AND expires_at > ?3";
/** Only for the request whose refresh token became the successor. */
const ISSUE = `INSERT INTO app_tokens (hash, kind, key, expires_at)
  SELECT ?3, ?4, key, ?5 FROM app_tokens WHERE hash = ?1 AND successor = ?2`;
const EXTEND = `UPDATE keys SET expires_at = ?3, app = coalesce(?4, app)
  WHERE id = (SELECT key FROM app_tokens WHERE hash = ?1 AND successor = ?2) AND revoked_at IS NULL`;
const DELETE_EXPIRED = "DELETE FROM app_tokens WHERE expires_at < ?1";

export const insertCode = (db: D1Database, code: NewCode): D1PreparedStatement =>
  db.prepare(INSERT_CODE).bind(code.hash, code.key, code.expiresAt, code.challenge, code.redirectUri);

/** The code or refresh token with this hash, used or not; null if there is none. */
export async function findAppToken(
  db: D1Database,
  hash: string,
  kind: Exclude<AppTokenKind, "access">,
): Promise<HeldToken | null> {
  type Row = {
    key: KeyId;
    app: string;
    expires_at: number;
    successor: string | null;
    challenge: string | null;
    redirect_uri: string | null;
  };
  const row = await db.prepare(FIND).bind(hash, kind).first<Row>();
  if (row === null) return null;
  return {
    key: row.key,
    app: JSON.parse(row.app) as StoredApp, // written by store/keys.ts only
    expiresAt: row.expires_at,
    isUsed: row.successor !== null,
    challenge: row.challenge,
    redirectUri: row.redirect_uri,
  };
}

export type NewTokens = {
  readonly access: { readonly hash: string; readonly expiresAt: EpochMs };
  readonly refresh: { readonly hash: string; readonly expiresAt: EpochMs };
};

/**
 * Uses a code or refresh token for new tokens; the app stays connected as long as the new refresh token. `app` replaces what is
 * stored of it, with its user encrypted under the current root secret; null if it is. False, and nothing is
 * done, if it was used before or has expired. One transaction: of two requests at the same time one gets tokens, and a crash
 * leaves either the token unused or the new ones stored.
 */
export async function exchangeToken(
  db: D1Database,
  hash: string,
  { access, refresh }: NewTokens,
  now: EpochMs,
  app: StoredApp | null = null,
): Promise<boolean> {
  const issue = db.prepare(ISSUE);
  const [used] = await db.batch([
    db.prepare(USE).bind(hash, refresh.hash, now),
    issue.bind(hash, refresh.hash, access.hash, "access", access.expiresAt),
    issue.bind(hash, refresh.hash, refresh.hash, "refresh", refresh.expiresAt),
    db.prepare(EXTEND).bind(hash, refresh.hash, refresh.expiresAt, app === null ? null : JSON.stringify(app)),
  ]);
  return used?.meta.changes === 1;
}

/** Deletes codes and tokens that expired so long ago that a repeat is no longer expected. */
export async function deleteExpiredAppTokens(db: D1Database, now: EpochMs): Promise<void> {
  await db
    .prepare(DELETE_EXPIRED)
    .bind(now - APP_TOKEN_KEPT_MS)
    .run();
}
