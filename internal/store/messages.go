package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// AddMessages puts messages into a chat of owner, parents before children, and returns them when they are on disk.
// Messages without id get one; give the question one by [Store.NewID] where answers of the same call name it as parent.
// Messages of a key that was used before are not added: those of then are returned, and fresh is false; it is [ErrConflict] when these
// were others. A key of "" is never used before. The chat's active leaf becomes the first message of the last generation; a chat without title gets the question's first line.
func (s *Store) AddMessages(ctx context.Context, owner, key, chat string, add []*Message) (all []*Message, fresh bool, err error) {
	for _, m := range add {
		if m.ID == "" {
			m.ID = s.NewID()
		}
		m.Chat = chat
		if m.Created.IsZero() {
			m.Created = Now()
		}
	}
	err = s.update(ctx, func(tx *sql.Tx) error {
		if all, err = sentBefore(tx, owner, key); err != nil {
			return err
		} else if all != nil {
			return repeated(all[0], add[0])
		}
		if err := ownChat(tx, owner, chat); err != nil {
			return err
		}
		if err := insertMessages(tx, owner, add); err != nil {
			return err
		}
		all, fresh = add, true
		if err := afterAdd(tx, owner, chat, add); err != nil || key == "" {
			return err
		}
		ids := make([]string, len(add))
		for i, m := range add {
			ids[i] = m.ID
		}
		list, err := json.Marshal(ids)
		if err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO sends(owner, key, chat, created, ids) VALUES (?, ?, ?, ?, ?)", owner, key, chat, millis(Now()), string(list))
		return err
	})
	return all, fresh, err
}

// sentBefore returns what a key has sent, nil when nothing.
func sentBefore(tx *sql.Tx, owner, key string) ([]*Message, error) {
	if key == "" {
		return nil, nil
	}
	rows, err := tx.Query("SELECT "+messageColumns+" FROM sends s, json_each(s.ids) j JOIN messages m ON m.id = j.value WHERE s.owner = ? AND s.key = ? ORDER BY j.key", owner, key)
	if err != nil {
		return nil, err
	}
	return scanMessages(rows)
}

// repeated is an error unless what a key sends again begins as it did.
func repeated(then, now *Message) error {
	if then.Chat != now.Chat || then.Role != now.Role || then.Parent != now.Parent || then.Role == "user" && then.Text != now.Text {
		return fmt.Errorf("%w: the key was used for another message", ErrConflict)
	}
	return nil
}

func scanMessages(rows *sql.Rows) ([]*Message, error) {
	defer rows.Close()
	var all []*Message
	for rows.Next() {
		m, err := scanMessage(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

func insertMessages(tx *sql.Tx, owner string, add []*Message) error {
	for _, m := range add {
		if m.Parent != "" {
			var role string
			err := tx.QueryRow("SELECT role FROM messages WHERE id = ? AND chat = ?", m.Parent, m.Chat).Scan(&role)
			if err != nil {
				return notFound(err)
			}
			if role == m.Role {
				return fmt.Errorf("%w: a message of %s under another", ErrConflict, role)
			}
		} else if m.Role != "user" {
			return fmt.Errorf("%w: an answer without a question", ErrConflict)
		}
		if err := insertMessage(tx, m); err != nil {
			return err
		}
		if m.State != Running {
			if err := index(tx, owner, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func insertMessage(tx *sql.Tx, m *Message) error {
	d, err := encodeData(m)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO messages(id, chat, parent, role, state, created, text, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		m.ID, m.Chat, m.Parent, m.Role, m.State, millis(m.Created), m.Text, d)
	return err
}

// afterAdd moves the active leaf, the time and, where it has none, the title of a chat.
func afterAdd(tx *sql.Tx, owner, chat string, add []*Message) error {
	leaf := add[0]
	for _, m := range add[1:] {
		if m.Parent == leaf.ID {
			leaf = m
		}
	}
	if _, err := tx.Exec("UPDATE chats SET active = ?, updated = ? WHERE id = ?", leaf.ID, millis(Now()), chat); err != nil {
		return err
	}
	if add[0].Role != "user" {
		return nil
	}
	res, err := tx.Exec("UPDATE chats SET title = ? WHERE id = ? AND title = ''", titleOf(add[0].Text), chat)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return indexTitle(tx, owner, chat, titleOf(add[0].Text))
}

// maxTitle is how many characters of a question make a title.
const maxTitle = 60

func titleOf(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.ToValidUTF8(strings.TrimSpace(line), "�")
	if utf8.RuneCountInString(line) <= maxTitle {
		return line
	}
	return string([]rune(line)[:maxTitle]) + "…"
}

// Checkpoint keeps the text, sources, citations and marks of a running answer. It returns at once; the newest is on
// disk within a fraction of a second, shared with those of other answers. Slices of m may be appended to afterwards, not changed.
func (s *Store) Checkpoint(m Message) {
	s.mu.Lock()
	s.pending[m.ID] = m
	s.mu.Unlock()
}

func writeCheckpoint(tx *sql.Tx, m *Message) error {
	d, err := encodeData(m)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE messages SET text = ?, data = ? WHERE id = ? AND state = 'running'", m.Text, d, m.ID)
	return err
}

// FinishMessage writes the last form of an answer that was running; its State is no longer [Running]. It is
// [ErrConflict] when the answer was finished before, [ErrNotFound] when its chat was deleted. After any other error, such as that of a
// full disk, [Store.Message] still tells this form, and FinishMessage is to be called again.
func (s *Store) FinishMessage(ctx context.Context, m *Message) error {
	s.mu.Lock()
	delete(s.pending, m.ID)
	s.mu.Unlock()
	err := s.finish(ctx, m)
	if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
		s.putBack([]Message{*m})
	}
	return err
}

func (s *Store) finish(ctx context.Context, m *Message) error {
	return s.update(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
		var owner, state string
		err := tx.QueryRow("SELECT c.owner, m.state FROM messages m JOIN chats c ON c.id = m.chat WHERE m.id = ?", m.ID).Scan(&owner, &state)
		switch {
		case err != nil:
			return notFound(err)
		case state != Running:
			return fmt.Errorf("%w: the answer has ended before", ErrConflict)
		}
		if err := saveMessage(tx, m); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE chats SET updated = ? WHERE id = ?", millis(Now()), m.Chat); err != nil {
			return err
		}
		return index(tx, owner, m)
	})
}

func saveMessage(tx *sql.Tx, m *Message) error {
	d, err := encodeData(m)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE messages SET state = ?, text = ?, data = ? WHERE id = ?", m.State, m.Text, d, m.ID)
	return err
}

// interrupt ends the answers that a process left running.
func (s *Store) interrupt() error {
	return s.update(context.Background(), func(tx *sql.Tx) error {
		rows, err := tx.Query("SELECT " + messageColumns + " FROM messages m WHERE m.state = 'running'")
		if err != nil {
			return err
		}
		all, err := scanMessages(rows)
		if err != nil {
			return err
		}
		for _, m := range all {
			m.State = Interrupted
			var owner string
			if err := tx.QueryRow("SELECT owner FROM chats WHERE id = ?", m.Chat).Scan(&owner); err != nil {
				return err
			}
			if err := errors.Join(saveMessage(tx, m), index(tx, owner, m)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Message returns a message of owner; of a running one, what the last [Store.Checkpoint] told.
func (s *Store) Message(ctx context.Context, owner, id string) (*Message, error) {
	s.mu.Lock()
	newest, running := s.pending[id]
	s.mu.Unlock()
	m, err := scanMessage(s.read.QueryRowContext(ctx, "SELECT "+messageColumns+" FROM messages m JOIN chats c ON c.id = m.chat WHERE m.id = ? AND c.owner = ?", id, owner))
	if err == nil && running && m.State == Running {
		m = &newest
	}
	return m, err
}

// Thread returns the messages from the root of a chat to message id, in their order.
func (s *Store) Thread(ctx context.Context, owner, id string) ([]*Message, error) {
	rows, err := s.read.QueryContext(ctx, `WITH RECURSIVE up(id, parent, depth) AS (
		SELECT m.id, m.parent, 0 FROM messages m JOIN chats c ON c.id = m.chat WHERE m.id = ? AND c.owner = ?
		UNION ALL SELECT m.id, m.parent, depth + 1 FROM up JOIN messages m ON m.id = up.parent)
		SELECT `+messageColumns+` FROM up JOIN messages m ON m.id = up.id ORDER BY depth DESC`, id, owner)
	if err != nil {
		return nil, err
	}
	all, err := scanMessages(rows)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	return all, err
}
