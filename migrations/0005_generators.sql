-- Generators: a tenant's saved recipes, one set for each mode. The built-in ones are code.

CREATE TABLE generators (
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL REFERENCES tenants (id),
  mode TEXT NOT NULL,              -- live | test
  slug TEXT NOT NULL,              -- readable, unique within tenant and mode
  version INTEGER NOT NULL,        -- counts the changes, from 1
  made_by TEXT NOT NULL,           -- tenant | agent | fallback
  recipe TEXT NOT NULL,            -- the recipe as JSON, in its current version
  created_at INTEGER NOT NULL,     -- ms since epoch
  updated_at INTEGER NOT NULL,     -- ms since epoch
  repeat_key TEXT,                 -- the Idempotency-Key that made it
  fingerprint TEXT,                -- SHA-256 of the method, path and body it came with
  UNIQUE (tenant, mode, slug)
) STRICT;

CREATE INDEX generators_of_tenant ON generators (tenant, mode, id);
CREATE UNIQUE INDEX generators_by_repeat ON generators (tenant, mode, repeat_key) WHERE repeat_key IS NOT NULL;

-- Every version that ever was, so that what made a video can be read again.
CREATE TABLE generator_versions (
  generator TEXT NOT NULL REFERENCES generators (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  recipe TEXT NOT NULL,
  at INTEGER NOT NULL,             -- ms since epoch
  PRIMARY KEY (generator, version)
) STRICT, WITHOUT ROWID;
