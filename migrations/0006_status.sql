-- What the operator's status tells beside what is owed.

-- Facts that an object could not tell its tenant for a minute, when its row was last written.
ALTER TABLE busy ADD COLUMN outbox INTEGER NOT NULL DEFAULT 0;

-- Refusals and faults by code and minute, told by every isolate a few seconds late; kept for a day.
CREATE TABLE error_counts (
  minute INTEGER NOT NULL,         -- minutes since epoch
  code TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (minute, code)
) STRICT, WITHOUT ROWID;

-- Queue messages that failed too often; kept for 30 days.
CREATE TABLE dead_letters (
  id TEXT PRIMARY KEY,             -- the message's
  at INTEGER NOT NULL,             -- ms since epoch
  body TEXT NOT NULL               -- JSON: which object or delivery it named
) STRICT, WITHOUT ROWID;

CREATE INDEX dead_letters_by_age ON dead_letters (at);
