-- What is asked across objects. What happens inside a tenant is stored in its objects; STORAGE.md lists both.
-- Columns that end in _at, and until, are ms since epoch.

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  state TEXT NOT NULL,             -- active | paused | deleting
  tier TEXT NOT NULL,              -- small | medium | large: the rate limit
  settings TEXT NOT NULL DEFAULT '{}', -- JSON: scopes, origins, quotas and others, as far as they were set
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE keys (
  hash TEXT PRIMARY KEY,           -- SHA-256 of the key, hex; the key itself is not stored
  id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL REFERENCES tenants (id),
  mode TEXT NOT NULL,              -- live | test
  name TEXT NOT NULL,
  hint TEXT NOT NULL,              -- the key's first characters
  scopes TEXT NOT NULL,            -- JSON array
  created_at INTEGER NOT NULL,
  expires_at INTEGER,              -- null: never
  last_used_on TEXT,               -- the day, YYYY-MM-DD in UTC; null: never
  rotated_at INTEGER,              -- null: has no successor
  revoked_at INTEGER,              -- null: valid; may be in the future for a rotated key
  replaces TEXT                    -- id of the key whose successor this one is; null: none
) STRICT;

CREATE INDEX keys_by_tenant ON keys (tenant, mode, created_at);
-- A key has one successor: of two rotations at the same time the second fails as a whole.
CREATE UNIQUE INDEX keys_by_replaced ON keys (replaces);
CREATE INDEX keys_by_revocation ON keys (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX keys_by_expiry ON keys (expires_at) WHERE expires_at IS NOT NULL;

-- One row per user's object that was ever written to.
CREATE TABLE users (
  tenant TEXT NOT NULL,
  mode TEXT NOT NULL,              -- live | test
  uh TEXT NOT NULL,                -- the user hash, as in the object's name
  name TEXT,                       -- the tenant's own name of the user, encrypted; null: created without one
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, mode, uh)
) STRICT, WITHOUT ROWID;

CREATE INDEX users_by_age ON users (tenant, mode, created_at, uh) WHERE name IS NOT NULL;

-- A tenant's saved recipes, separate for each mode. The built-in generators are code.
CREATE TABLE generators (
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL REFERENCES tenants (id),
  mode TEXT NOT NULL,              -- live | test
  slug TEXT NOT NULL,              -- readable, unique within tenant and mode
  version INTEGER NOT NULL,        -- from 1; each change adds 1
  made_by TEXT NOT NULL,           -- tenant | agent | fallback
  recipe TEXT NOT NULL,            -- the current version as JSON
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  idempotency_key TEXT,            -- of the request that created it; null: none, or expired
  fingerprint TEXT,                -- SHA-256 of that request's method, path and body
  UNIQUE (tenant, mode, slug)
) STRICT;

CREATE INDEX generators_by_tenant ON generators (tenant, mode, id);
CREATE UNIQUE INDEX generators_by_idempotency_key ON generators (tenant, mode, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

-- The current version of a generator and those before it.
CREATE TABLE generator_versions (
  generator TEXT NOT NULL REFERENCES generators (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  recipe TEXT NOT NULL,            -- JSON
  created_at INTEGER NOT NULL,
  PRIMARY KEY (generator, version)
) STRICT, WITHOUT ROWID;

-- Idempotency-Keys of requests that created rows of this database.
CREATE TABLE idempotency_records (
  owner TEXT NOT NULL,             -- tenant:mode, or admin
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,       -- SHA-256 of method, path and body
  resource_id TEXT NOT NULL,       -- the id that the first request created
  created_at INTEGER NOT NULL,
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_records_by_age ON idempotency_records (created_at);

-- One row per action of the operator or of a key, written in the transaction of the action. Append-only.
CREATE TABLE audit_log (
  id TEXT PRIMARY KEY,             -- begins with its time
  tenant TEXT NOT NULL,            -- no reference: the log outlives the tenant
  mode TEXT,                       -- live | test; null: both
  happened_at INTEGER NOT NULL,
  actor TEXT NOT NULL,             -- admin, or a key's id
  action TEXT NOT NULL,
  target TEXT NOT NULL,            -- the id of what was changed
  request_id TEXT NOT NULL,
  detail TEXT NOT NULL             -- JSON: what was set; never a secret
) STRICT;

CREATE INDEX audit_log_by_tenant ON audit_log (tenant, id);

CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- One row per object with scheduled jobs, and per unfinished deletion of a tenant. The cron wakes what is overdue.
CREATE TABLE watchdogs (
  object_name TEXT NOT NULL,       -- for a deletion the tenant's id
  kind TEXT NOT NULL,              -- user | tenant | upload | token: the object's class; or deletion
  due_at INTEGER NOT NULL,         -- the object's earliest due time plus a grace period
  created_at INTEGER NOT NULL,
  outbox_backlog INTEGER NOT NULL DEFAULT 0, -- events not published for a minute, when the row was last written
  PRIMARY KEY (object_name, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX watchdogs_by_due ON watchdogs (due_at, kind, object_name);
CREATE INDEX watchdogs_by_outbox_backlog ON watchdogs (outbox_backlog) WHERE outbox_backlog > 0;

-- One row per object that stores encrypted values, so that a rotation of the root secret finds what is left.
CREATE TABLE encrypted_objects (
  object_name TEXT NOT NULL,
  kind TEXT NOT NULL,              -- user | tenant | upload | token: the object's class
  kid TEXT NOT NULL,               -- the key id (public name) of the root secret they are encrypted under
  PRIMARY KEY (object_name, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX encrypted_objects_by_kid ON encrypted_objects (kid, object_name, kind);

-- The status of each stored Nemo token, as its object last reported it. Never a token.
CREATE TABLE token_statuses (
  object_name TEXT NOT NULL,       -- the object that stores the token: tenant:mode, or tenant:mode:uh
  source TEXT NOT NULL,            -- tenant | user | anonymous
  mode TEXT NOT NULL,              -- live | test
  state TEXT NOT NULL,             -- ready | rejected | rationed
  until INTEGER,                   -- the end of the token or of the rationing; null: not known
  PRIMARY KEY (object_name, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX token_statuses_by_state ON token_statuses (mode, state, until, source);

-- The deletion of a tenant: its current step, afterwards its receipt. Its row in watchdogs says when it continues.
CREATE TABLE tenant_deletions (
  tenant TEXT PRIMARY KEY,         -- no reference: the receipt outlives the tenant
  step TEXT NOT NULL,              -- src/core/tenant.ts has them in order
  cursor TEXT,                     -- where the step continues; null: at its beginning
  removed TEXT NOT NULL,           -- JSON: how much of each kind was removed
  requested_at INTEGER NOT NULL,
  completed_at INTEGER             -- null: not yet
) STRICT, WITHOUT ROWID;

-- Queue messages that failed three times; kept for 30 days.
CREATE TABLE dead_letters (
  id TEXT PRIMARY KEY,             -- the message's
  body TEXT NOT NULL,              -- JSON: which object or delivery it named
  recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX dead_letters_by_age ON dead_letters (recorded_at);
