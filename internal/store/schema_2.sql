-- People: accounts, sessions, invitations, API keys, what they used, what they did.
CREATE TABLE users (
  id       TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  folded   TEXT NOT NULL UNIQUE,      -- name without case and width
  role     TEXT NOT NULL,
  password TEXT NOT NULL DEFAULT '',  -- argon2id in PHC form; '' for none
  oidc     TEXT UNIQUE,               -- issuer and subject
  language TEXT NOT NULL DEFAULT '',
  disabled INTEGER NOT NULL DEFAULT 0,
  created  INTEGER NOT NULL,
  seen     INTEGER NOT NULL DEFAULT 0
);

-- Tokens of sessions, invitations and keys are kept as SHA-256.
CREATE TABLE sessions (
  hash    TEXT PRIMARY KEY,
  user    TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  created INTEGER NOT NULL,
  seen    INTEGER NOT NULL,
  expires INTEGER NOT NULL
);
CREATE INDEX sessions_by_user ON sessions(user);

CREATE TABLE invitations (
  hash    TEXT PRIMARY KEY,
  role    TEXT NOT NULL,
  author  TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL
);

CREATE TABLE keys (
  id             TEXT PRIMARY KEY,
  hash           TEXT NOT NULL UNIQUE,
  user           TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  name           TEXT NOT NULL,
  start          TEXT NOT NULL,  -- first characters, to tell keys apart
  scopes         TEXT NOT NULL,  -- JSON list
  per_minute     INTEGER NOT NULL DEFAULT 0,
  tokens_per_day INTEGER NOT NULL DEFAULT 0,
  created        INTEGER NOT NULL,
  seen           INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX keys_by_user ON keys(user);

CREATE TABLE usage (
  who    TEXT NOT NULL,  -- id of a user or key
  day    TEXT NOT NULL,  -- UTC
  tokens INTEGER NOT NULL,
  PRIMARY KEY (who, day)
) WITHOUT ROWID;

CREATE TABLE audit (
  n      INTEGER PRIMARY KEY AUTOINCREMENT,
  time   INTEGER NOT NULL,
  actor  TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  origin TEXT NOT NULL   -- address
);

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
