-- Pages of the live web that were fetched for answers, as they were.
CREATE TABLE pages (
  version TEXT PRIMARY KEY,  -- hash of the other fields but fetched
  url     TEXT NOT NULL,
  title   TEXT NOT NULL,
  date    TEXT NOT NULL,
  text    TEXT NOT NULL,
  fetched INTEGER NOT NULL
);
