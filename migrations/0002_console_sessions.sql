-- A session of the console is a key that ends with the key it was opened with.
ALTER TABLE keys ADD COLUMN parent TEXT; -- id of that key; null: not a session

CREATE INDEX keys_by_parent ON keys (parent, id) WHERE parent IS NOT NULL;
