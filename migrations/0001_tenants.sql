-- Tenants, keys, users, and what is owed. What happens inside a tenant lives in its objects; STORAGE.md has the whole map.

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  state TEXT NOT NULL,             -- active | paused | deleting
  tier TEXT NOT NULL,              -- small | medium | large: the flood gate's tier
  created_at INTEGER NOT NULL      -- ms since epoch
) STRICT;

CREATE TABLE keys (
  hash TEXT PRIMARY KEY,           -- SHA-256 of the key, hex; the key itself is stored nowhere
  id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL REFERENCES tenants (id),
  mode TEXT NOT NULL,              -- live | test
  name TEXT NOT NULL,
  hint TEXT NOT NULL,              -- its first characters, to recognise it by
  scopes TEXT NOT NULL,            -- JSON array
  created_at INTEGER NOT NULL,     -- ms since epoch
  expires_at INTEGER,              -- ms since epoch; null: never
  revoked_at INTEGER               -- ms since epoch; null: valid
) STRICT;

CREATE INDEX keys_of_tenant ON keys (tenant, mode, created_at);

-- One row per object that owes something: the cron's only question is which of them are overdue.
CREATE TABLE busy (
  object_name TEXT NOT NULL,
  kind TEXT NOT NULL,              -- user | tenant | upload: whose namespace the name belongs to
  due_at INTEGER NOT NULL,         -- ms since epoch; the object's earliest due time plus a grace
  since INTEGER NOT NULL,          -- ms since epoch; when the row was made
  PRIMARY KEY (object_name, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX busy_by_due ON busy (due_at, kind, object_name);
