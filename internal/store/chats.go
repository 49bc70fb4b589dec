package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A ChatHead is a chat without its messages.
type ChatHead struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	Active    string    `json:"active,omitempty"` // the leaf looked at last
	Temporary bool      `json:"temporary,omitempty"`
	Running   bool      `json:"running,omitempty"`
	Consent   string    `json:"consent"`           // default, yes or no
	Snippet   string    `json:"snippet,omitempty"` // of a search: what stands around the hit
	Message   string    `json:"message,omitempty"` // of a search: where, unless in the title
}

// A Chat is a tree of messages, parents first.
type Chat struct {
	ChatHead
	Messages []*Message `json:"messages"`
}

// TemporaryLife is how long a temporary chat lives after its last message, if its session does not end before.
const TemporaryLife = 24 * time.Hour

const headColumns = "c.id, c.title, c.created, c.updated, c.active, c.temporary, c.consent, EXISTS (SELECT 1 FROM messages r WHERE r.chat = c.id AND r.state = 'running')"

func scanHead(row scanner) (h ChatHead, err error) {
	var created, updated int64
	err = row.Scan(&h.ID, &h.Title, &created, &updated, &h.Active, &h.Temporary, &h.Consent, &h.Running)
	h.Created, h.Updated = fromMillis(created), fromMillis(updated)
	return h, notFound(err)
}

// ownChat is [ErrNotFound] unless the chat is there and owner's.
func ownChat(tx *sql.Tx, owner, id string) error {
	var n int
	return notFound(tx.QueryRow("SELECT 1 FROM chats WHERE id = ? AND owner = ?", id, owner).Scan(&n))
}

// AddChat makes an empty chat. A temporary one is never listed nor found, and ends with the session or after [TemporaryLife].
func (s *Store) AddChat(ctx context.Context, owner, title string, temporary bool, session string) (*Chat, error) {
	now := Now()
	c := &Chat{ChatHead{ID: s.NewID(), Title: title, Created: now, Updated: now, Temporary: temporary, Consent: "default"}, []*Message{}}
	return c, s.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO chats(id, owner, title, created, updated, temporary, session) VALUES (?, ?, ?, ?, ?, ?, ?)",
			c.ID, owner, title, millis(now), millis(now), temporary, session); err != nil {
			return err
		}
		return indexTitle(tx, owner, c.ID, title)
	})
}

// Chat returns a chat of owner with all its messages.
func (s *Store) Chat(ctx context.Context, owner, id string) (*Chat, error) {
	c := &Chat{Messages: []*Message{}}
	return c, s.view(ctx, func(tx *sql.Tx) (err error) {
		if c.ChatHead, err = scanHead(tx.QueryRow("SELECT "+headColumns+" FROM chats c WHERE c.id = ? AND c.owner = ?", id, owner)); err != nil {
			return err
		}
		rows, err := tx.Query("SELECT "+messageColumns+" FROM messages m WHERE m.chat = ? ORDER BY m.n", id)
		if err != nil {
			return err
		}
		all, err := scanMessages(rows)
		c.Messages = append(c.Messages, all...)
		s.freshen(c.Messages)
		return err
	})
}

// freshen puts checkpoints that are not on disk yet into running messages.
func (s *Store) freshen(all []*Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range all {
		if newest, ok := s.pending[m.ID]; ok && m.State == Running {
			all[i] = &newest
		}
	}
}

// Chats lists owner's chats, the last used first, from where the last list ended: before is "" or its next,
// and next is "" at the end.
func (s *Store) Chats(ctx context.Context, owner, before string, limit int) (heads []ChatHead, next string, err error) {
	updated, id := int64(1)<<62, ""
	if before != "" {
		ms, rest, _ := strings.Cut(before, "-")
		if updated, err = strconv.ParseInt(ms, 10, 64); err != nil {
			return nil, "", fmt.Errorf("%w: no such place in the list", ErrNotFound)
		}
		id = rest
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+headColumns+" FROM chats c WHERE c.owner = ? AND c.temporary = 0 AND (c.updated, c.id) < (?, ?) ORDER BY c.updated DESC, c.id DESC LIMIT ?", owner, updated, id, limit+1)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		h, err := scanHead(rows)
		if err != nil {
			return nil, "", err
		}
		heads = append(heads, h)
	}
	if len(heads) > limit {
		heads = heads[:limit]
		next = fmt.Sprintf("%d-%s", millis(heads[limit-1].Updated), heads[limit-1].ID)
	}
	return heads, next, rows.Err()
}

// A ChatChange changes the fields that are not nil.
type ChatChange struct {
	Title   *string `json:"title"`
	Active  *string `json:"active"`
	Consent *string `json:"consent"` // default, yes or no
	Policy  string  `json:"-"`       // version of the text by which
}

// ChangeChat renames a chat, moves its active leaf, or sets what it may be used for.
func (s *Store) ChangeChat(ctx context.Context, owner, id string, change ChatChange) (head ChatHead, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		if err := ownChat(tx, owner, id); err != nil {
			return err
		}
		if t := change.Title; t != nil {
			if _, err := tx.Exec("UPDATE chats SET title = ? WHERE id = ?", *t, id); err != nil {
				return err
			}
			if err := indexTitle(tx, owner, id, *t); err != nil {
				return err
			}
		}
		if a := change.Active; a != nil {
			var n int
			if err := tx.QueryRow("SELECT 1 FROM messages WHERE id = ? AND chat = ?", *a, id).Scan(&n); err != nil {
				return notFound(err)
			}
			if _, err := tx.Exec("UPDATE chats SET active = ? WHERE id = ?", *a, id); err != nil {
				return err
			}
		}
		if c := change.Consent; c != nil {
			if !slices.Contains([]string{"default", "yes", "no"}, *c) {
				return fmt.Errorf("%w: consent is default, yes or no", ErrConflict)
			}
			if err := setChatConsent(tx, owner, id, *c, change.Policy); err != nil {
				return err
			}
		}
		head, err = scanHead(tx.QueryRow("SELECT "+headColumns+" FROM chats c WHERE c.id = ?", id))
		return err
	})
	return head, err
}

// setChatConsent sets what a chat may be used for. What was exported of it is withdrawn when it no longer may.
func setChatConsent(tx *sql.Tx, owner, id, consent, policy string) error {
	if _, err := tx.Exec("UPDATE chats SET consent = ? WHERE id = ?", consent, id); err != nil {
		return err
	}
	r, err := allowed(tx, id)
	if err != nil {
		return err
	}
	scope := ConsentNone
	if r != nil {
		scope = r.Scope
	} else if _, _, err := withdrawRows(tx, "chat = ?1", id); err != nil {
		return err
	}
	return addConsent(tx, owner, id, scope, policy)
}

// DeleteChat deletes a chat with its messages and all that was made of them. The bytes are overwritten in the file, and
// leave the write-ahead log as soon as no reader holds it.
func (s *Store) DeleteChat(ctx context.Context, owner, id string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		if err := ownChat(tx, owner, id); err != nil {
			return err
		}
		return s.deleteChat(tx, id)
	})
}

func (s *Store) deleteChat(tx *sql.Tx, id string) error {
	if _, _, err := withdrawRows(tx, "chat = ?1", id); err != nil {
		return err
	}
	for _, q := range []string{
		"DELETE FROM found WHERE rowid IN (SELECT n FROM messages WHERE chat = ?)",
		"DELETE FROM found WHERE rowid = (SELECT -n FROM chats WHERE id = ?)",
		"DELETE FROM chats WHERE id = ?",
	} {
		if _, err := tx.Exec(q, id); err != nil {
			return err
		}
	}
	s.scrub, s.orphans = true, true
	return nil
}

// Sweep deletes temporary chats whose time is over, and pages of the web that were fetched for deleted chats alone.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		if err := s.deleteChats(tx, "temporary = 1 AND updated < ?", millis(now.Add(-TemporaryLife))); err != nil {
			return err
		}
		return s.dropPages(tx, now)
	})
}

func (s *Store) deleteChats(tx *sql.Tx, where string, args ...any) error {
	rows, err := tx.Query("SELECT id FROM chats WHERE "+where, args...)
	if err != nil {
		return err
	}
	ids, err := scanStrings(rows)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.deleteChat(tx, id); err != nil {
			return err
		}
	}
	return nil
}

func scanStrings(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
