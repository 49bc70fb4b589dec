package store

import (
	"context"
	"database/sql"
	"time"

	"feilun/internal/fetch"
)

// KeepPage keeps a page of the live web that was fetched for an answer. The same version is kept once.
func (s *Store) KeepPage(ctx context.Context, p fetch.Page) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO pages(version, url, title, date, text, fetched) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			p.Version, p.URL, p.Title, p.Date, p.Text, millis(p.Fetched))
		return err
	})
}

// KeptPage returns a page by its version.
func (s *Store) KeptPage(ctx context.Context, version string) (p fetch.Page, err error) {
	p.Version = version
	var at int64
	err = s.read.QueryRowContext(ctx, "SELECT url, title, date, text, fetched FROM pages WHERE version = ?", version).Scan(&p.URL, &p.Title, &p.Date, &p.Text, &at)
	p.Fetched = fromMillis(at)
	return p, notFound(err)
}

// pageGrace is how long a page is kept for an answer that does not name it yet.
const pageGrace = time.Hour

// dropPages deletes the pages that no message names any more, after chats were deleted. Young ones are left to a later call.
func (s *Store) dropPages(tx *sql.Tx, now time.Time) error {
	if !s.orphans {
		return nil
	}
	const unnamed = "version NOT IN (SELECT json_extract(j.value, '$.version') FROM messages m, json_each(m.data, '$.sources') j WHERE json_extract(j.value, '$.version') IS NOT NULL)"
	if _, err := tx.Exec("DELETE FROM pages WHERE fetched < ? AND "+unnamed, millis(now.Add(-pageGrace))); err != nil {
		return err
	}
	if err := tx.QueryRow("SELECT EXISTS (SELECT 1 FROM pages WHERE " + unnamed + ")").Scan(&s.orphans); err != nil {
		return err
	}
	s.scrub = true
	return nil
}
