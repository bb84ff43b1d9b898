/** The tables of a user's object. A record is JSON beside the columns that queries need; times are ms since epoch. */
import type { Migrations } from "../shared/database.ts";
import { IDEMPOTENCY_TABLE } from "../shared/idempotency.ts";
import { JOBS_LEASED_INDEX, JOBS_TABLE } from "../shared/jobs.ts";
import { OUTBOX_TABLES } from "../shared/outbox.ts";

export const USER_MIGRATIONS: Migrations = [
  `
  CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    is_deleted INTEGER NOT NULL DEFAULT 0, -- 1: being deleted, hidden from callers
    record TEXT NOT NULL                  -- Project of projects.ts
  ) STRICT;
  CREATE INDEX projects_deleted ON projects (id) WHERE is_deleted = 1;

  CREATE TABLE turns (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    phase TEXT NOT NULL,
    sent_at INTEGER,                      -- null: not sent
    ended_at INTEGER,                     -- null: has not ended
    events_deleted INTEGER NOT NULL DEFAULT 0, -- 1: of its events only the messages are left
    record TEXT NOT NULL                  -- Turn of src/core/turn.ts
  ) STRICT;
  CREATE INDEX turns_by_project ON turns (project);                      -- ordered by row
  CREATE INDEX turns_open_by_project ON turns (project) WHERE ended_at IS NULL;
  CREATE INDEX turns_by_phase ON turns (phase);
  CREATE INDEX turns_by_sent ON turns (sent_at);
  CREATE INDEX turns_by_age ON turns (events_deleted, ended_at);

  CREATE TABLE event_log (
    owner TEXT NOT NULL,                  -- id of a turn or a video
    seq INTEGER NOT NULL,                 -- from 1, without gaps: the public cursor
    type TEXT NOT NULL,
    data TEXT NOT NULL,                   -- the frame's data line, byte for byte
    PRIMARY KEY (owner, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE tickets (
    signature_end TEXT PRIMARY KEY,       -- the end of the ticket's signature; the ticket itself is not stored
    turn TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER                       -- the first use; null: not yet
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tickets_by_turn ON tickets (turn);
  CREATE INDEX tickets_by_age ON tickets (created_at);

  CREATE TABLE assets (
    id TEXT PRIMARY KEY,
    record TEXT NOT NULL                  -- AssetRecord of src/core/rpc/user.ts
  ) STRICT;

  CREATE TABLE uploads (
    position INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of creation: an id may be derived from its Idempotency-Key
    id TEXT NOT NULL UNIQUE,
    is_open INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,          -- when an open upload expires, by its last report
    work TEXT,                            -- import | final: it holds a slot for work, or waits for one; null: neither
    work_until INTEGER NOT NULL DEFAULT 0, -- its slot, or its wait, counts until then
    has_slot INTEGER NOT NULL DEFAULT 0, -- 1: it holds a slot
    record TEXT NOT NULL                  -- the upload as shown to callers, by its last report
  ) STRICT;
  CREATE INDEX uploads_open ON uploads (is_open, expires_at);
  CREATE INDEX uploads_working ON uploads (work, work_until) WHERE work IS NOT NULL;

  CREATE TABLE upload_checks (
    id TEXT PRIMARY KEY,                  -- of an upload, also of a deleted one
    due_at INTEGER NOT NULL               -- when its object is asked whether its data may be deleted
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX upload_checks_by_time ON upload_checks (due_at);

  CREATE TABLE attachments (
    project TEXT NOT NULL,
    asset TEXT NOT NULL,
    status TEXT NOT NULL,                 -- pending | attached | failed
    record TEXT NOT NULL,                 -- Attachment of attachments.ts
    PRIMARY KEY (project, asset)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX attachments_by_asset ON attachments (asset);
  CREATE INDEX attachments_by_status ON attachments (project, status);

  CREATE TABLE renders (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    reuse_key TEXT,                       -- timeline and output of a completed one, to find a file to reuse; null: not completed
    file_owner TEXT,                      -- the render whose file it uses: itself or another; null: none
    file_expires_at INTEGER,              -- when that file expires; null: there is none
    record TEXT NOT NULL                  -- Render of src/core/render.ts
  ) STRICT;
  CREATE INDEX renders_by_project ON renders (project, id);
  CREATE INDEX renders_by_reuse_key ON renders (project, reuse_key, file_expires_at);
  CREATE INDEX renders_by_file ON renders (file_owner, file_expires_at);

  CREATE TABLE videos (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    turn TEXT,                            -- the turn it waits for, or waited for last; null: none yet
    render TEXT,                          -- the same for its render
    ended_at INTEGER,                     -- null: has not ended
    events_deleted INTEGER NOT NULL DEFAULT 0, -- 1: its events are deleted
    record TEXT NOT NULL                  -- Video of src/core/video.ts
  ) STRICT;
  CREATE INDEX videos_by_turn ON videos (turn);
  CREATE INDEX videos_by_render ON videos (render);
  CREATE INDEX videos_by_age ON videos (events_deleted, ended_at);
  CREATE INDEX videos_by_status ON videos (status, id);
  CREATE INDEX videos_by_project ON videos (record ->> '$.project', id);
  CREATE INDEX videos_by_batch ON videos (record ->> '$.batch', id) WHERE record ->> '$.batch' IS NOT NULL;

  CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    record TEXT NOT NULL                  -- Batch of src/core/batch.ts
  ) STRICT;
  CREATE TABLE batch_items (
    batch TEXT NOT NULL,
    position INTEGER NOT NULL,            -- its index in the batch, from 0
    video TEXT,                           -- null until the item starts
    record TEXT NOT NULL,                 -- the item's own settings; '{}' once it has started
    PRIMARY KEY (batch, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX batch_items_by_video ON batch_items (video);

  CREATE TABLE generator_jobs (
    id TEXT PRIMARY KEY,
    turn TEXT,                            -- the turn it waits for; null: none yet
    record TEXT NOT NULL                  -- GeneratorJob of src/core/generators/job.ts
  ) STRICT;
  CREATE INDEX generator_jobs_by_turn ON generator_jobs (turn);

  CREATE TABLE deletions (
    id TEXT PRIMARY KEY,                  -- of the deleted project, video or asset
    deleted_at INTEGER NOT NULL,
    record TEXT                           -- what is left to delete; null: nothing
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deletions_by_age ON deletions (deleted_at) WHERE record IS NULL;

  ${IDEMPOTENCY_TABLE}
  ${JOBS_TABLE}
  ${OUTBOX_TABLES}
  `,
  JOBS_LEASED_INDEX,
];
