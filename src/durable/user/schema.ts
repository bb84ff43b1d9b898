/** The tables of a user's object. A record is JSON beside the columns that queries need; times are ms since epoch. */
import type { Migrations } from "../shared/database.ts";
import { IDEMPOTENCY_TABLE } from "../shared/idempotency.ts";
import { JOB_INDEX, JOB_TABLES, JOB_UNENDED_COLUMN } from "../shared/jobs.ts";
import { OUTBOX_CALLBACK, OUTBOX_KEY, OUTBOX_TABLES } from "../shared/outbox.ts";
import { ATTACHMENT_INDEXES } from "./attachments.ts";
import { BATCH_TABLES } from "./batches.ts";
import { GENERATOR_JOB_TABLES } from "./generator-jobs.ts";
import { DELETION_AGE, DELETION_TABLES } from "./project-deletion.ts";
import { RENDER_INDEX } from "./renders/store.ts";
import { TURN_INDEXES } from "./turns/store.ts";
import { TICKET_INDEX } from "./turns/turns.ts";
import { UPLOAD_CHECKS } from "./uploads.ts";
import { VIDEO_INDEXES, VIDEO_TABLES } from "./videos/store.ts";

/**
 * Which uploads hold one of the user's slots for work, or wait for one: an import that is fetched, a final upload
 * that is hashed.
 */
const UPLOAD_WORK_COLUMNS = `
  ALTER TABLE uploads ADD COLUMN work TEXT;                            -- import | final; null: no work
  ALTER TABLE uploads ADD COLUMN work_until INTEGER NOT NULL DEFAULT 0; -- ms since epoch: its slot, or its wait, counts until then
  ALTER TABLE uploads ADD COLUMN is_working INTEGER NOT NULL DEFAULT 0; -- 1: it holds a slot
  CREATE INDEX uploads_working ON uploads (work, work_until) WHERE work IS NOT NULL;
`;

export const USER_MIGRATIONS: Migrations = [
  `
  CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;

  CREATE TABLE turns (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    phase TEXT NOT NULL,
    sent_at INTEGER,
    ended_at INTEGER,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX turns_of_project ON turns (project, id);
  CREATE INDEX turns_by_phase ON turns (phase);

  CREATE TABLE turn_events (
    turn TEXT NOT NULL,
    seq INTEGER NOT NULL,             -- from 1, without gaps: the public cursor
    type TEXT NOT NULL,
    data TEXT NOT NULL,               -- the frame's data line, byte for byte
    PRIMARY KEY (turn, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE assets (
    id TEXT PRIMARY KEY,
    record TEXT NOT NULL
  ) STRICT;

  CREATE TABLE attachments (
    project TEXT NOT NULL,
    asset TEXT NOT NULL,
    status TEXT NOT NULL,             -- pending | attached | failed
    record TEXT NOT NULL,
    PRIMARY KEY (project, asset)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE renders (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX renders_of_project ON renders (project, id);

  ${IDEMPOTENCY_TABLE}
  ${JOB_TABLES}
  ${OUTBOX_TABLES}
  `,
  `
  CREATE TABLE tickets (
    mac TEXT PRIMARY KEY,             -- the ticket's signature; the ticket itself is not stored
    turn TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    used_at INTEGER                   -- the first use; null: not yet
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tickets_of_turn ON tickets (turn);
  `,
  JOB_INDEX,
  `
  ALTER TABLE turns ADD COLUMN tidied INTEGER NOT NULL DEFAULT 0;  -- 1: of its events only the messages are left
  CREATE INDEX turns_by_age ON turns (tidied, ended_at);
  `,
  OUTBOX_CALLBACK,
  `
  ALTER TABLE renders ADD COLUMN made TEXT;            -- completed: timeline and output, to find a file to reuse
  ALTER TABLE renders ADD COLUMN file_of TEXT;         -- the render whose file it uses: itself or another
  ALTER TABLE renders ADD COLUMN file_until INTEGER;   -- ms since epoch: when that file expires; null: there is none
  CREATE INDEX renders_by_made ON renders (project, made);
  CREATE INDEX renders_by_file ON renders (file_of, file_until);
  `,
  `
  CREATE TABLE uploads (
    n INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of creation: an upload's id may be derived from its Idempotency-Key
    id TEXT NOT NULL UNIQUE,
    is_open INTEGER NOT NULL,
    until INTEGER NOT NULL,           -- ms since epoch: when an open upload expires, by its last report
    record TEXT NOT NULL              -- the upload, by its last report
  ) STRICT;
  CREATE INDEX uploads_open ON uploads (is_open, until);
  `,
  VIDEO_TABLES,
  GENERATOR_JOB_TABLES,
  BATCH_TABLES,
  OUTBOX_KEY,
  DELETION_TABLES,
  UPLOAD_WORK_COLUMNS,
  JOB_UNENDED_COLUMN,
  [TURN_INDEXES, RENDER_INDEX, VIDEO_INDEXES, TICKET_INDEX, ATTACHMENT_INDEXES, DELETION_AGE, UPLOAD_CHECKS].join("\n"),
];
