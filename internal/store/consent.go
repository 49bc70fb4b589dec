package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// What a user allows. Nothing leaves the database without.
const (
	ConsentNone    = "none"
	ConsentImprove = "improve" // the next model of this server may learn from it
	ConsentPublish = "publish" // it may also be given to others
)

// Consent is what a user has allowed, by which text.
type Consent struct {
	Scope  string    `json:"scope"`
	Policy string    `json:"policy,omitempty"` // version of the text
	Given  time.Time `json:"given,omitzero"`
}

// Consent returns what a user allows now.
func (s *Store) Consent(ctx context.Context, user string) (Consent, error) {
	return consentOf(s.read.QueryRowContext(ctx, "SELECT scope, policy, given FROM consents WHERE user = ? AND chat = '' ORDER BY n DESC LIMIT 1", user))
}

func consentOf(row scanner) (Consent, error) {
	c, given := Consent{}, int64(0)
	switch err := row.Scan(&c.Scope, &c.Policy, &given); {
	case errors.Is(err, sql.ErrNoRows):
		return Consent{Scope: ConsentNone}, nil
	case err != nil:
		return c, err
	}
	c.Given = fromMillis(given)
	return c, nil
}

// SetConsent records what a user allows. It counts for chats begun from now on; for older ones each can be allowed.
func (s *Store) SetConsent(ctx context.Context, user, scope, policy string) error {
	if !slices.Contains([]string{ConsentNone, ConsentImprove, ConsentPublish}, scope) {
		return fmt.Errorf("%w: consent is none, improve or publish", ErrConflict)
	}
	return s.update(ctx, func(tx *sql.Tx) error { return addConsent(tx, user, "", scope, policy) })
}

func addConsent(tx *sql.Tx, user, chat, scope, policy string) error {
	_, err := tx.Exec("INSERT INTO consents(user, chat, scope, policy, given) VALUES (?, ?, ?, ?, ?)", user, chat, scope, policy, millis(Now()))
	return err
}

// effective is what a chat allows: no is no; yes is at least improve; else what the user allowed before the chat was begun.
func effective(chat string, created time.Time, c Consent) string {
	switch {
	case chat == "no":
		return ConsentNone
	case chat == "yes" && c.Scope != ConsentPublish:
		return ConsentImprove
	case chat == "yes", !created.Before(c.Given):
		return c.Scope
	}
	return ConsentNone
}

// Touched is what a withdrawal concerns.
type Touched struct {
	Events  int             `json:"events"`
	Chats   int             `json:"chats"`
	Exports []TouchedExport `json:"exports"`
	Models  []string        `json:"models"` // that were trained on such an export
}

// A TouchedExport is an export with rows that may no longer be used.
type TouchedExport struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Rows    int       `json:"rows"`
}

// Withdraw takes back the consent of a user, for all chats or for one, lists what was made with it, and marks rows of exports as
// withdrawn. Chats and ratings stay where they are.
func (s *Store) Withdraw(ctx context.Context, user, chat, policy string) (t Touched, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		where, args := "c.owner = ?1 AND c.consent <> 'no'", []any{user}
		if chat != "" {
			if err := ownChat(tx, user, chat); err != nil {
				return err
			}
			where, args = "c.owner = ?1 AND c.id = ?2", []any{user, chat}
		}
		if err := tx.QueryRow("SELECT count(DISTINCT e.chat), count(*) FROM events e JOIN chats c ON c.id = e.chat WHERE "+where, args...).Scan(&t.Chats, &t.Events); err != nil {
			return err
		}
		rows := "user = ?1"
		if chat != "" {
			rows = "user = ?1 AND chat = ?2"
		}
		if t.Exports, t.Models, err = withdrawRows(tx, rows, args...); err != nil {
			return err
		}
		if chat != "" {
			if _, err := tx.Exec("UPDATE chats SET consent = 'no' WHERE id = ?", chat); err != nil {
				return err
			}
			return addConsent(tx, user, chat, ConsentNone, policy)
		}
		if _, err := tx.Exec("UPDATE chats SET consent = 'default' WHERE owner = ? AND consent = 'yes'", user); err != nil {
			return err
		}
		return addConsent(tx, user, "", ConsentNone, policy)
	})
	return t, err
}

// withdrawRows marks rows of exports as withdrawn, and forgets whose they were.
func withdrawRows(tx *sql.Tx, where string, args ...any) (exports []TouchedExport, models []string, err error) {
	exports, models = []TouchedExport{}, []string{}
	rows, err := tx.Query("SELECT e.id, e.created, count(*) FROM export_rows r JOIN exports e ON e.id = r.export WHERE "+where+" GROUP BY e.id ORDER BY e.id", args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e TouchedExport
		var created int64
		if err := rows.Scan(&e.ID, &created, &e.Rows); err != nil {
			return nil, nil, err
		}
		e.Created = fromMillis(created)
		exports = append(exports, e)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, err
	}
	for _, e := range exports {
		names, err := trainedOn(tx, e.ID)
		if err != nil {
			return nil, nil, err
		}
		for _, n := range names {
			if !slices.Contains(models, n) {
				models = append(models, n)
			}
		}
	}
	if _, err := tx.Exec("INSERT OR IGNORE INTO withdrawn(export, row, time) SELECT export, row, "+fmt.Sprint(millis(Now()))+" FROM export_rows WHERE "+where, args...); err != nil {
		return nil, nil, err
	}
	_, err = tx.Exec("DELETE FROM export_rows WHERE "+where, args...)
	return exports, models, err
}

// trainedOn names the models that read a file of an export, and those that were trained from these.
func trainedOn(tx *sql.Tx, export string) ([]string, error) {
	rows, err := tx.Query(`WITH RECURSIVE hit(weights, name) AS (
		SELECT t.weights, t.name FROM trained t, json_each(t.inputs) i JOIN exports e ON e.id = ?, json_each(e.files) f WHERE f.value = i.value
		UNION SELECT t.weights, t.name FROM hit, trained t, json_each(t.inputs) i WHERE i.value = hit.weights)
		SELECT DISTINCT name FROM hit ORDER BY name`, export)
	if err != nil {
		return nil, err
	}
	return scanStrings(rows)
}
