package store

import (
	"context"
	"database/sql"

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
