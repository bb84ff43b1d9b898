-- What the operator sets for a tenant, and what a key's life needs beside its making and its end.

ALTER TABLE tenants ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';  -- JSON: scopes, origins, quotas; what is not there has its default

ALTER TABLE keys ADD COLUMN last_used_on TEXT;    -- the day, YYYY-MM-DD in UTC; null: never
ALTER TABLE keys ADD COLUMN rotated_at INTEGER;   -- ms since epoch; null: no successor. A rotated key's revoked_at may lie ahead
ALTER TABLE keys ADD COLUMN replaces TEXT;        -- id of the key that this one was made to follow

-- A key has one successor: a second rotation at the same time fails as a whole.
CREATE UNIQUE INDEX keys_of_rotation ON keys (replaces);
