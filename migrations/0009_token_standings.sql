-- One row per Nemo token that an object keeps, as it last told: what the operator's status counts. Never a token.
CREATE TABLE token_standings (
  object_name TEXT NOT NULL,       -- the object that keeps it: tenant:mode, or tenant:mode:hash of the user
  source TEXT NOT NULL,            -- tenant | user | anonymous
  mode TEXT NOT NULL,              -- live | test
  state TEXT NOT NULL,             -- ready | rejected | rationed
  until INTEGER,                   -- ms since epoch; the token's end, or that of the ration; null: not known
  PRIMARY KEY (object_name, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX token_standings_by_state ON token_standings (mode, state, until, source);
