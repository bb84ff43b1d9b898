-- One row per user's object that was ever written to: what a tenant lists, and what the end of a tenant has to go through.
CREATE TABLE users (
  tenant TEXT NOT NULL,
  mode TEXT NOT NULL,              -- live | test
  uh TEXT NOT NULL,                -- the hash in the object's name
  name TEXT,                       -- the tenant's own name of the user, sealed; null: made without one
  created_at INTEGER NOT NULL,     -- ms since epoch
  PRIMARY KEY (tenant, mode, uh)
) STRICT, WITHOUT ROWID;

CREATE INDEX users_by_age ON users (tenant, mode, created_at, uh) WHERE name IS NOT NULL;
