/** The tables of a tenant's object. Times are ms since epoch. */
import type { Migrations } from "../database.ts";
import { SCHEDULE_INDEX, SCHEDULE_TABLES } from "../due-rows.ts";
import { REPEATS_TABLE } from "../repeats.ts";

export const TENANT_MIGRATIONS: Migrations = [
  `
  CREATE TABLE events (
    cursor INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,          -- made from the fact: the second telling finds it
    type TEXT NOT NULL,
    resource TEXT NOT NULL,
    sequence INTEGER NOT NULL,        -- counts the facts of one resource, from 1
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
    secret TEXT NOT NULL,             -- whsec_… sealed
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

  ${REPEATS_TABLE}
  ${SCHEDULE_TABLES}
  `,
  SCHEDULE_INDEX,
  `
  CREATE TABLE secrets (
    owner TEXT NOT NULL,              -- an endpoint's id, or "default": callbacks and hooks
    n INTEGER NOT NULL,               -- from 1; the highest is the current one
    secret TEXT NOT NULL,             -- whsec_… sealed
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
];
