/** The migrations of a tenant's object. Times are ms since epoch. */
import type { Migrations } from "../shared/database.ts";
import { IDEMPOTENCY_TABLE } from "../shared/idempotency.ts";
import { JOB_INDEX, JOB_TABLES, JOB_UNENDED_COLUMN } from "../shared/jobs.ts";
import { SETTLED_COLUMN, TOMBSTONES_TABLE } from "./deletion.ts";
import { LANES, UNMADE_COLUMN } from "./deliveries/store.ts";
import { USER_CURSOR_TABLES } from "./events.ts";
import { DEDUPE_TABLE, QUOTA_SHARES, QUOTA_TABLES } from "./quotas.ts";
import { HOOK_HEALTH_COLUMNS, REMOVED_TARGETS_TABLE } from "./subscriptions.ts";
import { RENDER_BYTES_COLUMN, USAGE_TABLES } from "./usage.ts";

export const TENANT_MIGRATIONS: Migrations = [
  `
  CREATE TABLE events (
    cursor INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,          -- derived from resource and sequence, so that a repeated publication is found
    type TEXT NOT NULL,
    resource TEXT NOT NULL,
    sequence INTEGER NOT NULL,        -- counts the events of one resource, from 1
    at INTEGER NOT NULL,
    uh TEXT NOT NULL,                 -- the user's hash, for user tokens
    data TEXT NOT NULL                -- the resource as JSON
  ) STRICT;
  CREATE INDEX events_by_age ON events (at);

  CREATE TABLE endpoints (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    types TEXT NOT NULL,              -- JSON array of event types, or ["*"]
    state TEXT NOT NULL,              -- enabled | disabled
    secret TEXT NOT NULL,             -- whsec_… encrypted
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    state TEXT NOT NULL,              -- pending | delivered | failed
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER,                   -- the next attempt; null when over
    last_status INTEGER,
    last_answer TEXT,                 -- its first 1,000 bytes
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (event, endpoint)
  ) STRICT;

  ${IDEMPOTENCY_TABLE}
  ${JOB_TABLES}
  `,
  JOB_INDEX,
  `
  CREATE TABLE secrets (
    owner TEXT NOT NULL,              -- an endpoint's id, or "default": callbacks and hooks
    n INTEGER NOT NULL,               -- from 1; the highest is the current one
    secret TEXT NOT NULL,             -- whsec_… encrypted
    made_at INTEGER NOT NULL,
    until INTEGER,                    -- after a rotation: signs until then; null for the current one
    PRIMARY KEY (owner, n)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO secrets (owner, n, secret, made_at) SELECT id, 1, secret, created_at FROM endpoints;
  ALTER TABLE endpoints DROP COLUMN secret;

  CREATE TABLE sendings (
    id TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    target_kind TEXT NOT NULL,        -- endpoint | callback | hook
    target TEXT NOT NULL,             -- an endpoint's or a hook's id, a callback's address
    state TEXT NOT NULL,              -- pending | delivered | failed
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER,                   -- the next attempt; null when over
    last_status INTEGER,
    last_answer TEXT,                 -- its first 1,000 bytes
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (event, target_kind, target)
  ) STRICT;
  INSERT INTO sendings
    SELECT id, event, 'endpoint', endpoint, state, attempts, due_at, last_status, last_answer, created_at, ended_at
    FROM deliveries;
  DROP TABLE deliveries;
  ALTER TABLE sendings RENAME TO deliveries;
  `,
  `
  ALTER TABLE endpoints ADD COLUMN failing TEXT;                         -- JSON: failures since the last success
  ALTER TABLE endpoints ADD COLUMN disabled_by TEXT;                     -- you | gone | failing
  ALTER TABLE endpoints ADD COLUMN disabled_at INTEGER;
  ALTER TABLE endpoints ADD COLUMN disablings INTEGER NOT NULL DEFAULT 0; -- times the gateway disabled it
  ALTER TABLE endpoints ADD COLUMN recover_since INTEGER;                -- a running recovery: of events from this time on,
  ALTER TABLE endpoints ADD COLUMN recover_after INTEGER;                -- after this cursor,
  ALTER TABLE endpoints ADD COLUMN recover_until INTEGER;                -- up to this one

  CREATE TABLE attempts (
    delivery TEXT NOT NULL,
    n INTEGER NOT NULL,               -- from 1
    at INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    status INTEGER,                   -- null: no answer
    error TEXT,                       -- why there was none
    answer TEXT NOT NULL,             -- its first 1,000 bytes
    PRIMARY KEY (delivery, n)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sendings (
    id TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    target_kind TEXT NOT NULL,        -- endpoint | callback | hook
    target TEXT NOT NULL,             -- an endpoint's or a hook's id, a callback's address
    host TEXT NOT NULL,               -- of its URL: the rate limit is counted by it
    resource TEXT NOT NULL,           -- the event's resource
    cursor INTEGER NOT NULL,          -- its cursor: first attempts for one resource are sent in this order
    state TEXT NOT NULL,              -- pending | delivered | failed
    attempts INTEGER NOT NULL DEFAULT 0,
    spent INTEGER NOT NULL DEFAULT 0, -- attempts made before the retry schedule last started
    taken INTEGER NOT NULL DEFAULT 0, -- 1: an attempt is running, given up at due_at
    due_at INTEGER,                   -- the next attempt; null when over
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (event, target_kind, target)
  ) STRICT;
  INSERT INTO sendings (id, event, target_kind, target, host, resource, cursor, state, attempts, due_at, created_at, ended_at)
    SELECT d.id, d.event, d.target_kind, d.target, '', e.resource, e.cursor, d.state, d.attempts, d.due_at, d.created_at, d.ended_at
    FROM deliveries AS d JOIN events AS e ON e.id = d.event;
  INSERT INTO attempts (delivery, n, at, took_ms, status, answer)
    SELECT id, attempts, coalesce(ended_at, created_at), 0, last_status, coalesce(last_answer, '')
    FROM deliveries WHERE last_status IS NOT NULL OR last_answer IS NOT NULL;
  DROP TABLE deliveries;
  ALTER TABLE sendings RENAME TO deliveries;
  CREATE INDEX deliveries_due ON deliveries (due_at, cursor) WHERE state = 'pending';
  CREATE INDEX deliveries_taken ON deliveries (host) WHERE taken = 1;
  CREATE INDEX deliveries_of_resource ON deliveries (target, resource, cursor);
  CREATE INDEX deliveries_by_state ON deliveries (state, id);
  CREATE INDEX deliveries_by_age ON deliveries (created_at);
  DELETE FROM due WHERE kind = 'delivery';
  INSERT OR IGNORE INTO due (kind, ref, due_at)
    SELECT 'deliver', '', min(due_at) FROM deliveries WHERE state = 'pending' GROUP BY state;
  `,
  TOMBSTONES_TABLE,
  `
  CREATE TABLE hooks (
    id TEXT PRIMARY KEY,
    target_url TEXT NOT NULL,
    event TEXT NOT NULL,              -- one type
    created_at INTEGER NOT NULL,
    UNIQUE (event, target_url)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX events_by_type ON events (type, cursor);
  `,
  QUOTA_TABLES,
  `
  -- 1: a sample, sent to an endpoint and in no list
  ALTER TABLE events ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
  `,
  DEDUPE_TABLE,
  USAGE_TABLES,
  HOOK_HEALTH_COLUMNS,
  SETTLED_COLUMN,
  RENDER_BYTES_COLUMN,
  "DROP INDEX deliveries_by_state", // no query uses it, and every delivery wrote it three times
  QUOTA_SHARES,
  REMOVED_TARGETS_TABLE,
  JOB_UNENDED_COLUMN,
  UNMADE_COLUMN,
  USER_CURSOR_TABLES,
  LANES,
];
