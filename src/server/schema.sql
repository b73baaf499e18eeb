-- The embedded identity service's one file, version 1. Times are integer milliseconds since 1970 (UTC) on the
-- service's own clock. Booleans are 0 or 1. Every write to these tables is made in one BEGIN IMMEDIATE.

-- seed (32 random bytes), tenant (guid), client_id (guid), signing_key (PKCS#8, ES256), clock_offset_ms, created_at,
-- seeded_users (how many `local seed --users` made)
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- key: authenticationMethodsPolicy configurations by id (Sms, Voice, …), registrationEnforcement, and ours:
-- rememberedDevices {allowed, days}, registration {postponeDays}, appPasswords {allowed},
-- securityQuestions {state, required, register, pool:[text]}, conditionalAccess {mfa: "all"}
CREATE TABLE policy (key TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE users (
  id TEXT PRIMARY KEY,                       -- guid, lower case
  upn TEXT NOT NULL UNIQUE COLLATE NOCASE,
  display_name TEXT NOT NULL,
  given_name TEXT, surname TEXT, mail TEXT, mobile_phone TEXT, job_title TEXT, office TEXT, language TEXT,
  user_type TEXT NOT NULL DEFAULT 'Member',  -- Member | Guest
  enabled INTEGER NOT NULL DEFAULT 1,
  synced INTEGER,                            -- onPremisesSyncEnabled, null in a cloud-only account
  created_at INTEGER NOT NULL,
  last_sign_in_at INTEGER,
  sessions_valid_from INTEGER NOT NULL,
  grace_from INTEGER,                        -- first time registration was asked for; grace = this + postponeDays
  registration_required INTEGER NOT NULL DEFAULT 0, -- an administrator asked for it: no postponing
  mfa_state TEXT NOT NULL DEFAULT 'disabled',-- disabled | enabled | enforced (per-user MFA)
  system_preferred INTEGER NOT NULL DEFAULT 0,
  preferred TEXT,                            -- push oath voiceMobile voiceAlternateMobile voiceOffice sms, or null
  password_hash TEXT,                        -- argon2id PHC; null while the seeded password has not been hashed yet
  password_seeded INTEGER NOT NULL DEFAULT 1,-- 1: the password is still HMAC(seed, …); 0: it was changed
  must_change_password INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0, locked_until INTEGER
) WITHOUT ROWID;
CREATE INDEX users_mail ON users (mail COLLATE NOCASE);
CREATE INDEX users_name ON users (display_name COLLATE NOCASE);

-- Every verification method but the password and the security questions.
CREATE TABLE methods (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id TEXT NOT NULL,                          -- well-known id for phones and email, else opaque
  kind TEXT NOT NULL,                        -- phone:mobile … as MethodKind in src/domain/kind.rs
  name TEXT,                                 -- displayName
  value TEXT,                                -- number ("+1 4255550100", "+1 4255550100x12") or address
  pending_value TEXT,                        -- a new number of a default, saved only when it is verified
  channel TEXT,                              -- sms | call: how the next verification goes out
  state TEXT NOT NULL DEFAULT 'ready',       -- ready | pending
  secret BLOB,                               -- TOTP seed, or SHA-256 of a pass, where machine-made after seeding
  seed_n INTEGER,                            -- not null: the secret is HMAC(seed, user, kind, seed_n)
  extra TEXT NOT NULL DEFAULT '{}',          -- JSON: the type's other properties, in Graph's spelling
  starts_at INTEGER, expires_at INTEGER, once INTEGER, used INTEGER NOT NULL DEFAULT 0, -- temporary pass
  last_step INTEGER,                         -- last TOTP step that was accepted: replay is refused
  created_at INTEGER, last_used_at INTEGER,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;

CREATE TABLE registered_devices (
  id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, device_id TEXT NOT NULL,
  name TEXT NOT NULL, os TEXT, os_version TEXT, trust TEXT, enabled INTEGER NOT NULL DEFAULT 1,
  compliant INTEGER, managed INTEGER, registered_at INTEGER, last_sign_in_at INTEGER
) WITHOUT ROWID;
CREATE INDEX registered_devices_user ON registered_devices (user_id);

CREATE TABLE remembered_devices (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, id TEXT NOT NULL,
  name TEXT NOT NULL, browser TEXT, os TEXT,
  token_hash BLOB,                           -- SHA-256; null while seeded (seed_n)
  seed_n INTEGER, created_at INTEGER NOT NULL, last_used_at INTEGER,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;

CREATE TABLE app_passwords (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, id TEXT NOT NULL, name TEXT NOT NULL,
  hash BLOB, seed_n INTEGER, created_at INTEGER NOT NULL, last_used_at INTEGER,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;

CREATE TABLE sessions (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, id TEXT NOT NULL, token_hash BLOB,
  device TEXT, created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;

CREATE TABLE questions (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, n INTEGER NOT NULL, question TEXT NOT NULL,
  answer_hash TEXT, seed_n INTEGER, created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, n)
) WITHOUT ROWID;

-- Codes that are out: purpose verify | sign_in | recover.
CREATE TABLE challenges (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, method_id TEXT NOT NULL, purpose TEXT NOT NULL,
  code_hash BLOB NOT NULL, expires_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, method_id, purpose)
) WITHOUT ROWID;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, at INTEGER NOT NULL,
  channel TEXT NOT NULL,                     -- sms | call | email | approve
  recipient TEXT NOT NULL, text TEXT NOT NULL, code TEXT
);
CREATE INDEX outbox_user ON outbox (user_id);

CREATE TABLE groups (id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, role_assignable INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE group_members (group_id TEXT NOT NULL, member_id TEXT NOT NULL, PRIMARY KEY (group_id, member_id)) WITHOUT ROWID;
CREATE INDEX group_members_of ON group_members (member_id);

-- role_id is the role template id (api/entra 7.3); principal_id a user or a role-assignable group.
CREATE TABLE role_assignments (principal_id TEXT NOT NULL, role_id TEXT NOT NULL, PRIMARY KEY (principal_id, role_id)) WITHOUT ROWID;

CREATE TABLE operations (
  id TEXT PRIMARY KEY, user_id TEXT NOT NULL, created_at INTEGER NOT NULL, polls_left INTEGER NOT NULL, status TEXT NOT NULL
) WITHOUT ROWID;
