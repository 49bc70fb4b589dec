package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// An Export is a set of rows that left the database.
type Export struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Actor   string    `json:"actor"` // who exported
	Form    string    `json:"form"`
	Rows    int       `json:"rows"`  // lines
	Files   []string  `json:"files"` // SHA-256
}

// An ExportRow says where a row of an export came from.
type ExportRow struct{ ID, User, Chat string }

// AddExport records an export with where its rows came from, so that a withdrawal finds them. It is [ErrConflict] when
// the consent for a chat was withdrawn, or the chat deleted, since its rows were read: read again.
func (s *Store) AddExport(ctx context.Context, e Export, rows []ExportRow) (Export, error) {
	if e.ID == "" {
		e.ID = s.NewID()
	}
	e.Created = Now()
	files, err := json.Marshal(e.Files)
	if err != nil {
		return e, err
	}
	return e, s.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO exports(id, created, actor, form, rows, files) VALUES (?, ?, ?, ?, ?, ?)", e.ID, millis(e.Created), e.Actor, e.Form, e.Rows, string(files)); err != nil {
			return err
		}
		may := map[string]bool{}
		for _, r := range rows {
			if _, seen := may[r.Chat]; !seen {
				rec, err := allowed(tx, r.Chat)
				if err != nil {
					return err
				}
				may[r.Chat] = rec != nil
			}
			if !may[r.Chat] {
				return fmt.Errorf("%w: consent was withdrawn while rows were written", ErrConflict)
			}
			if _, err := tx.Exec("INSERT OR IGNORE INTO export_rows(export, row, user, chat) VALUES (?, ?, ?, ?)", e.ID, r.ID, r.User, r.Chat); err != nil {
				return err
			}
		}
		return nil
	})
}

// Exports lists all exports, the newest last.
func (s *Store) Exports(ctx context.Context) ([]Export, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, created, actor, form, rows, files FROM exports ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Export
	for rows.Next() {
		var e Export
		var created int64
		var files []byte
		if err := rows.Scan(&e.ID, &created, &e.Actor, &e.Form, &e.Rows, &files); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(files, &e.Files); err != nil {
			return nil, err
		}
		e.Created = fromMillis(created)
		all = append(all, e)
	}
	return all, rows.Err()
}

// WithdrawnRows are the rows of an export that may no longer be used.
func (s *Store) WithdrawnRows(ctx context.Context, export string) (map[string]bool, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT row FROM withdrawn WHERE export = ?", export)
	if err != nil {
		return nil, err
	}
	ids, err := scanStrings(rows)
	all := map[string]bool{}
	for _, id := range ids {
		all[id] = true
	}
	return all, err
}

// SetFiles records the hashes of an export's files after rows were taken out; those of before stay known.
func (s *Store) SetFiles(ctx context.Context, export string, more []string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		var raw []byte
		if err := tx.QueryRow("SELECT files FROM exports WHERE id = ?", export).Scan(&raw); err != nil {
			return notFound(err)
		}
		var files []string
		if err := json.Unmarshal(raw, &files); err != nil {
			return err
		}
		b, err := json.Marshal(append(files, more...))
		if err != nil {
			return err
		}
		_, err = tx.Exec("UPDATE exports SET files = ? WHERE id = ?", string(b), export)
		return err
	})
}

// AddTrained records a model with the hashes of what it was trained on: files and weights.
func (s *Store) AddTrained(ctx context.Context, weights, name string, inputs []string) error {
	b, err := json.Marshal(inputs)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO trained(weights, name, inputs, created) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name, inputs = excluded.inputs", weights, name, string(b), millis(Now()))
		return err
	})
}
