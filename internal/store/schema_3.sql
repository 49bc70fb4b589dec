-- Feedback: what users said of answers, what they allow, what was made of it.
CREATE TABLE events (
  n       INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  kind    TEXT NOT NULL,
  user    TEXT NOT NULL,
  chat    TEXT NOT NULL REFERENCES chats(id) ON DELETE CASCADE,
  message TEXT NOT NULL,
  created INTEGER NOT NULL,
  data    TEXT NOT NULL
);
CREATE INDEX events_by_chat ON events(chat, n);

-- Every consent that was given, as it was given; the newest counts. chat is '' for all chats of the user.
CREATE TABLE consents (
  n      INTEGER PRIMARY KEY,
  user   TEXT NOT NULL,
  chat   TEXT NOT NULL,
  scope  TEXT NOT NULL,
  policy TEXT NOT NULL,
  given  INTEGER NOT NULL
);
CREATE INDEX consents_by_user ON consents(user, chat, n);

CREATE TABLE exports (
  id      TEXT PRIMARY KEY,
  created INTEGER NOT NULL,
  actor   TEXT NOT NULL,
  form    TEXT NOT NULL,
  rows    INTEGER NOT NULL,
  files   TEXT NOT NULL  -- JSON list of SHA-256
);

-- Where the rows of an export came from; no text.
CREATE TABLE export_rows (
  export TEXT NOT NULL REFERENCES exports(id),
  row    TEXT NOT NULL,  -- id of the row: part of its SHA-256
  user   TEXT NOT NULL,
  chat   TEXT NOT NULL,
  PRIMARY KEY (export, row, chat)
) WITHOUT ROWID;
CREATE INDEX export_rows_by_chat ON export_rows(chat);
CREATE INDEX export_rows_by_user ON export_rows(user);

-- Rows of exports that may no longer be used; not whose.
CREATE TABLE withdrawn (
  export TEXT NOT NULL,
  row    TEXT NOT NULL,
  time   INTEGER NOT NULL,
  PRIMARY KEY (export, row)
) WITHOUT ROWID;

-- Models that were trained on exports, by the hashes of the files they read.
CREATE TABLE trained (
  weights TEXT PRIMARY KEY,  -- SHA-256
  name    TEXT NOT NULL,
  inputs  TEXT NOT NULL,     -- JSON list of SHA-256
  created INTEGER NOT NULL
);
