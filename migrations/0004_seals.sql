-- One row per object that keeps something sealed: which root secret it is sealed under, so that a rotation finds what is left.
CREATE TABLE seals (
  object_name TEXT NOT NULL,
  kind TEXT NOT NULL,              -- user | tenant | upload | token: whose namespace the name belongs to
  kid TEXT NOT NULL,               -- the public name of the root secret
  PRIMARY KEY (object_name, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX seals_by_kid ON seals (kid, object_name, kind);
