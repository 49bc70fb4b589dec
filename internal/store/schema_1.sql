-- Chats and their messages. Times are milliseconds since 1970.
CREATE TABLE chats (
  n         INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  owner     TEXT NOT NULL,
  title     TEXT NOT NULL,
  created   INTEGER NOT NULL,
  updated   INTEGER NOT NULL,
  active    TEXT NOT NULL DEFAULT '',
  temporary INTEGER NOT NULL DEFAULT 0,
  session   TEXT NOT NULL DEFAULT '',  -- of a temporary chat: ends with it
  consent   TEXT NOT NULL DEFAULT 'default'
);
CREATE INDEX chats_by_owner ON chats(owner, temporary, updated DESC, id DESC);

CREATE TABLE messages (
  n       INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  chat    TEXT NOT NULL REFERENCES chats(id) ON DELETE CASCADE,
  parent  TEXT NOT NULL DEFAULT '',
  role    TEXT NOT NULL,
  state   TEXT NOT NULL,
  created INTEGER NOT NULL,
  text    TEXT NOT NULL,
  data    TEXT NOT NULL  -- JSON of the other fields
);
CREATE INDEX messages_by_chat ON messages(chat, n);
CREATE INDEX messages_running ON messages(chat) WHERE state = 'running';

-- What a key has sent: asked again, it gives the same messages.
CREATE TABLE sends (
  owner   TEXT NOT NULL,
  key     TEXT NOT NULL,
  chat    TEXT NOT NULL REFERENCES chats(id) ON DELETE CASCADE,
  created INTEGER NOT NULL,
  ids     TEXT NOT NULL,  -- JSON list of message ids
  PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE INDEX sends_by_chat ON sends(chat);

-- Terms of messages (rowid n of the message) and of titles (rowid -n of the chat).
CREATE VIRTUAL TABLE found USING fts5(owner, terms, chat UNINDEXED, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'");
INSERT INTO found(found, rank) VALUES ('secure-delete', 1);
