-- Version 2: what sign-ins through a browser or a device code leave: codes that wait to be redeemed, device codes that
-- wait for somebody, refresh tokens. Only SHA-256 of each is kept.
CREATE TABLE grants (
  hash BLOB PRIMARY KEY,
  kind TEXT NOT NULL,                        -- code | device | refresh
  status TEXT NOT NULL,                      -- pending | approved | declined | used
  family TEXT NOT NULL,                      -- guid: everything that one sign-in led to
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE, -- null while a device waits
  scopes TEXT NOT NULL,                      -- as they were asked for
  user_code TEXT UNIQUE,                     -- what the person types, of a device
  redirect_uri TEXT, challenge TEXT, nonce TEXT, -- of a code; the challenge is PKCE's, S256
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, polled_at INTEGER,
  interval_ms INTEGER                        -- between two polls of a device, once it was told to slow down
) WITHOUT ROWID;
CREATE INDEX grants_family ON grants (family);
