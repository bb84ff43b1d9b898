-- An invite opens one session of the console, for a person who has no key. keys.parent of the session is its id.
CREATE TABLE invites (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,       -- SHA-256 of the code in its link, hex; the code itself is not stored
  tenant TEXT NOT NULL REFERENCES tenants (id),
  mode TEXT NOT NULL,              -- live | test
  label TEXT NOT NULL,             -- whom it is for, as the operator wrote
  scopes TEXT NOT NULL,            -- JSON array
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  accepted_at INTEGER,             -- null: not used
  revoked_at INTEGER               -- null: not revoked
) STRICT;

CREATE INDEX invites_by_tenant ON invites (tenant, id);
CREATE INDEX invites_by_expiry ON invites (expires_at);
