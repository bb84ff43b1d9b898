-- Few objects have facts that they cannot tell: the operator's status asks for those alone.
CREATE INDEX busy_by_outbox ON busy (outbox) WHERE outbox > 0;

-- The end of a tenant: a job, its place, and afterwards its receipt. The `busy` row of kind `deletion` says when it goes on.
CREATE TABLE tenant_deletions (
  tenant TEXT PRIMARY KEY,         -- no reference: the receipt outlives the tenant
  step TEXT NOT NULL,              -- core/deletion.ts has them in order
  cursor TEXT,                     -- where the step goes on; null: at its beginning
  removed TEXT NOT NULL,           -- JSON: how much there was of each
  requested_at INTEGER NOT NULL,   -- ms since epoch
  completed_at INTEGER             -- ms since epoch; null: still going on
) STRICT, WITHOUT ROWID;
