-- Who did what, and what a repeated request made the first time.

-- One row per admin or key action, written in the transaction of the action itself. Append-only: the database refuses the rest.
CREATE TABLE audit_log (
  id TEXT PRIMARY KEY,             -- begins with its time
  tenant TEXT NOT NULL,            -- whose; no reference, the log outlives the tenant
  mode TEXT,                       -- live | test; null: both
  at INTEGER NOT NULL,             -- ms since epoch
  actor TEXT NOT NULL,             -- admin, or a key's id
  action TEXT NOT NULL,
  target TEXT NOT NULL,            -- the id of what it was done to
  request_id TEXT NOT NULL,
  detail TEXT NOT NULL             -- JSON: what was set; never a secret
) STRICT;

CREATE INDEX audit_log_of_tenant ON audit_log (tenant, id);

CREATE TRIGGER audit_log_keeps_rows BEFORE DELETE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_log_keeps_words BEFORE UPDATE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- Idempotency keys of what is kept in D1.
CREATE TABLE repeats (
  owner TEXT NOT NULL,             -- tenant:mode, or admin
  key TEXT NOT NULL,               -- the Idempotency-Key
  fingerprint TEXT NOT NULL,       -- SHA-256 of method, path and body
  made TEXT NOT NULL,              -- the id that the first request made
  at INTEGER NOT NULL,             -- ms since epoch
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX repeats_by_age ON repeats (at);
