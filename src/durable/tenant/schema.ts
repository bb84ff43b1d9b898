/** The tables of a tenant's object. Times are ms since epoch. */
import type { Migrations } from "../shared/database.ts";
import { IDEMPOTENCY_TABLE } from "../shared/idempotency.ts";
import { JOBS_TABLE } from "../shared/jobs.ts";

export const TENANT_MIGRATIONS: Migrations = [
  `
  CREATE TABLE events (
    cursor INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,          -- derived from resource and sequence, so that a repeated publication is found
    type TEXT NOT NULL,
    resource TEXT NOT NULL,           -- the id of what the event is about
    sequence INTEGER NOT NULL,        -- counts the events of one resource, from 1
    at INTEGER NOT NULL,              -- when it happened
    uh TEXT NOT NULL,                 -- the user hash; empty: about the tenant itself
    user_cursor INTEGER NOT NULL,     -- counts the events of one user, from 1: the cursor of user tokens; 0: a sample
    key TEXT,                         -- id of the API key that caused it; null: unknown
    is_named INTEGER NOT NULL,        -- 1: the tenant named the user; 0: the user was created for the call
    is_sample INTEGER NOT NULL,       -- 1: sent to an endpoint under test and in no list
    data TEXT NOT NULL                -- the resource as JSON; empty: in R2
  ) STRICT;
  CREATE INDEX events_by_age ON events (at);
  CREATE INDEX events_by_type ON events (type, cursor);
  CREATE INDEX events_by_user ON events (uh, user_cursor);

  CREATE TABLE user_cursors (
    uh TEXT PRIMARY KEY,              -- the user hash
    last INTEGER NOT NULL             -- the user_cursor of the last event
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE endpoints (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    types TEXT NOT NULL,              -- JSON array of event types, or ["*"]
    state TEXT NOT NULL,              -- enabled | disabled
    failures TEXT,                    -- JSON: failures since the last success; null: none
    disabled_by TEXT,                 -- you | gone | failing; null: enabled
    disabled_at INTEGER,              -- null: enabled
    times_disabled INTEGER NOT NULL,  -- how often the gateway disabled it
    recovery_since INTEGER,           -- a running recovery: of events from this time on; null: none runs
    recovery_after INTEGER,           -- after this cursor,
    recovery_until INTEGER,           -- up to this one
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE hooks (
    id TEXT PRIMARY KEY,
    target_url TEXT NOT NULL,
    event TEXT NOT NULL,              -- one type
    failures TEXT,                    -- JSON: failures since the last success; null: none
    disabled_at INTEGER,              -- null: enabled
    times_disabled INTEGER NOT NULL,  -- how often the gateway disabled it
    created_at INTEGER NOT NULL,
    UNIQUE (event, target_url)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE deleted_targets (
    position INTEGER PRIMARY KEY AUTOINCREMENT, -- only the newest rows are kept
    id TEXT NOT NULL UNIQUE           -- of an endpoint or a hook
  ) STRICT;

  CREATE TABLE secrets (
    owner TEXT NOT NULL,              -- an endpoint's id, or "default": callbacks and hooks
    version INTEGER NOT NULL,         -- from 1; the highest is the current one
    secret TEXT NOT NULL,             -- whsec_… and an endpoint's Ed25519 key pair, encrypted
    created_at INTEGER NOT NULL,
    valid_until INTEGER,              -- after a rotation: signs until then; null for the current one
    PRIMARY KEY (owner, version)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    target_kind TEXT NOT NULL,        -- endpoint | callback | hook
    target TEXT NOT NULL,             -- an endpoint's or a hook's id, a callback's address
    host TEXT NOT NULL,               -- of its URL: the rate limit is counted by it
    lane TEXT AS (iif(target_kind = 'callback', host, target)) VIRTUAL, -- lanes take turns
    resource TEXT NOT NULL,           -- the event's resource
    cursor INTEGER NOT NULL,          -- the event's cursor: first attempts for one resource are sent in this order
    state TEXT NOT NULL,              -- pending | delivered | failed
    attempts INTEGER NOT NULL DEFAULT 0,
    earlier_attempts INTEGER NOT NULL DEFAULT 0, -- attempts made before the retry schedule last started
    message_failures INTEGER NOT NULL DEFAULT 0, -- times in a row that its message could not be made
    is_running INTEGER NOT NULL DEFAULT 0, -- 1: an attempt is running, given up at due_at
    due_at INTEGER,                   -- the next attempt; null when over
    created_at INTEGER NOT NULL,
    ended_at INTEGER,                 -- null: pending
    UNIQUE (event, target_kind, target)
  ) STRICT;
  CREATE INDEX deliveries_by_due ON deliveries (due_at, cursor) WHERE state = 'pending';
  CREATE INDEX deliveries_by_lane ON deliveries (lane, due_at, cursor) WHERE state = 'pending';
  CREATE INDEX deliveries_running ON deliveries (host) WHERE is_running = 1;
  CREATE INDEX deliveries_by_resource ON deliveries (target, resource, cursor);
  CREATE INDEX deliveries_by_age ON deliveries (created_at);

  CREATE TABLE attempts (
    delivery TEXT NOT NULL,
    n INTEGER NOT NULL,               -- from 1
    at INTEGER NOT NULL,              -- when it began
    took_ms INTEGER NOT NULL,
    status INTEGER,                   -- null: no answer
    error TEXT,                       -- why there was none
    answer TEXT NOT NULL,             -- its first 1,000 bytes
    PRIMARY KEY (delivery, n)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE slots (
    turn TEXT PRIMARY KEY,
    uh TEXT NOT NULL,                 -- the user hash; empty when no user was named
    until INTEGER NOT NULL            -- released then, whatever happened to the turn
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX slots_by_end ON slots (until);
  CREATE INDEX slots_by_user ON slots (uh, until);

  CREATE TABLE reservations (
    day TEXT NOT NULL,                -- YYYY-MM-DD in UTC
    quota TEXT NOT NULL,
    ref TEXT NOT NULL,                -- what it was reserved for: a repeated request reserves nothing more
    uh TEXT NOT NULL,                 -- the user hash; empty when no user was named
    amount INTEGER NOT NULL,
    PRIMARY KEY (day, quota, ref)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reservations_by_ref ON reservations (ref);

  CREATE TABLE reserved_totals (
    day TEXT NOT NULL,
    quota TEXT NOT NULL,
    amount INTEGER NOT NULL,          -- the sum of the day's reservations
    PRIMARY KEY (day, quota)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE reserved_by_user (
    day TEXT NOT NULL,
    quota TEXT NOT NULL,
    uh TEXT NOT NULL,
    amount INTEGER NOT NULL,          -- the sum of the user's reservations of the day
    PRIMARY KEY (day, quota, uh)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE usage (
    dimension TEXT NOT NULL,          -- day | user | key
    subject TEXT NOT NULL,            -- the user hash or the key's id; "-": unknown, or the total (day)
    day TEXT NOT NULL,                -- YYYY-MM-DD in UTC
    turns_completed INTEGER NOT NULL,
    turns_failed INTEGER NOT NULL,
    turns_unknown INTEGER NOT NULL,
    credits_measured REAL NOT NULL,
    credits_estimated REAL NOT NULL,
    credits_unknown_turns INTEGER NOT NULL,
    renders_completed INTEGER NOT NULL,
    renders_failed INTEGER NOT NULL,
    render_bytes INTEGER NOT NULL,
    upload_bytes INTEGER NOT NULL,
    deliveries_delivered INTEGER NOT NULL,
    deliveries_failed INTEGER NOT NULL,
    PRIMARY KEY (dimension, subject, day)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX usage_by_day ON usage (day);

  CREATE TABLE dedupe_keys (
    hash TEXT PRIMARY KEY,            -- of the request's method, path and body
    key TEXT NOT NULL,                -- used as the Idempotency-Key of the request
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX dedupe_keys_by_age ON dedupe_keys (created_at);

  CREATE TABLE deleted_users (
    uh TEXT PRIMARY KEY,              -- the user hash
    deleted_at INTEGER NOT NULL,
    events INTEGER NOT NULL,          -- how many were deleted
    deliveries INTEGER NOT NULL,
    turns_counted INTEGER NOT NULL DEFAULT 0 -- 1: the cost of its last turns was counted
  ) STRICT, WITHOUT ROWID;

  ${IDEMPOTENCY_TABLE}
  ${JOBS_TABLE}
  `,
  `
  CREATE TABLE resources (
    position INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they were entered: the cursor of the lists
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,               -- prj | upl | rnd | vid
    status TEXT NOT NULL,             -- how it ended; empty: it may change, only its owner knows
    sequence INTEGER NOT NULL,        -- its last event that is known here
    generator_id TEXT,                -- of a video that a generator wrote; null: none
    generator_slug TEXT,
    order_type TEXT,                  -- of a video: orders of one type are compared; null: no video
    credits REAL,                     -- what it had cost when it first completed; null: it has not, or that is unknown
    ended_at INTEGER,                 -- when it first completed
    entered_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX resources_by_kind ON resources (kind, position);
  CREATE INDEX resources_by_status ON resources (kind, status, position);
  CREATE INDEX resources_by_generator ON resources (generator_id, position) WHERE generator_id IS NOT NULL;
  CREATE INDEX resources_by_slug ON resources (generator_slug, position) WHERE generator_slug IS NOT NULL;
  CREATE INDEX resources_by_order ON resources (order_type, position) WHERE credits IS NOT NULL;
  CREATE INDEX resources_by_user ON resources (substr(id, -16));
  `,
  `
  CREATE INDEX deliveries_by_state ON deliveries (state, id);
  CREATE INDEX deliveries_by_target ON deliveries (target, state, id);
  `,
];
