-- Version 3: the organization's hardware tokens (api/entra 1.8). A token that somebody has is also a row of methods, of
-- the same id, with its seed.
CREATE TABLE hardware_tokens (
  id TEXT PRIMARY KEY,
  serial TEXT NOT NULL UNIQUE COLLATE NOCASE,
  manufacturer TEXT NOT NULL, model TEXT NOT NULL, name TEXT,
  secret BLOB,                               -- the seed; null in those that are only looked at
  interval_s INTEGER NOT NULL,               -- 30 or 60
  hash TEXT NOT NULL,                        -- hmacsha1 | hmacsha256
  status TEXT NOT NULL DEFAULT 'available',  -- available | assigned | activated | failedActivation
  user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  last_used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX hardware_tokens_user ON hardware_tokens (user_id);
INSERT OR IGNORE INTO hardware_tokens (id, serial, manufacturer, model, name, secret, interval_s, hash, status, user_id, last_used_at)
  SELECT id, coalesce(json_extract(extra, '$.serialNumber'), id), coalesce(json_extract(extra, '$.manufacturer'), 'unknown'),
    coalesce(json_extract(extra, '$.model'), 'unknown'), name, secret, coalesce(json_extract(extra, '$.timeIntervalInSeconds'), 30),
    coalesce(json_extract(extra, '$.hashFunction'), 'hmacsha1'), iif(state = 'ready', 'activated', 'assigned'), user_id, last_used_at
  FROM methods WHERE kind = 'hardware-token';
