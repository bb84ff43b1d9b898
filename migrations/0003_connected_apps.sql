-- The access of a connected app is a row in keys without a key: its hash matches none. It ends with the key of `parent`.
ALTER TABLE keys ADD COLUMN app TEXT; -- JSON: the app, and the user that it acts for; null: not an app's

-- What connected apps hold: a code for the first tokens, access tokens, and a refresh token for the next ones.
CREATE TABLE app_tokens (
  hash TEXT PRIMARY KEY,           -- SHA-256 of the code or token, hex; it is not stored itself
  kind TEXT NOT NULL,              -- code | access | refresh
  key TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL,
  successor TEXT,                  -- hash of the refresh token that a code or refresh token was used for; null: not used
  challenge TEXT,                  -- of a code: SHA-256 of the verifier, base64url (RFC 7636)
  redirect_uri TEXT                -- of a code: where it was sent
) STRICT, WITHOUT ROWID;

CREATE INDEX app_tokens_by_key ON app_tokens (key);
CREATE INDEX app_tokens_by_expiry ON app_tokens (expires_at);
