package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// Kinds of events. What else happened (another answer, another wording, a stop) stands in the tree of messages.
const (
	EventRate   = "rate"
	EventChoose = "choose"
	EventReport = "report"
	EventEdit   = "edit"
)

// An Event is what a user did with an answer, with how the answer came to be at that time.
type Event struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	User    string    `json:"-"`
	Chat    string    `json:"chat"`
	Message string    `json:"message"`
	Created time.Time `json:"created"`
	EventData
}

// EventData are the fields of an event, by its kind.
type EventData struct {
	Answer  *Snapshot `json:"answer,omitempty"`
	Rating  *Rating   `json:"rating,omitempty"` // of rate; nil takes it back
	Choice  string    `json:"choice,omitempty"` // of choose: a, b, tie or bad
	ShownMS int64     `json:"shown_ms,omitempty"`
	A       *Snapshot `json:"a,omitempty"`
	B       *Snapshot `json:"b,omitempty"`
	N       int       `json:"n,omitempty"` // of report: the citation
	Why     string    `json:"why,omitempty"`
	Text    string    `json:"text,omitempty"`
	Edited  string    `json:"edited,omitempty"` // of edit: the new message
}

// A Snapshot is how an answer came to be.
type Snapshot struct {
	Message   string     `json:"message"`
	Model     string     `json:"model,omitempty"`
	Kind      string     `json:"kind,omitempty"` // engine, upstream or extractive
	SHA       string     `json:"sha,omitempty"`
	Template  string     `json:"template,omitempty"`
	Params    *Params    `json:"params,omitempty"`
	Seed      *int64     `json:"seed,omitempty"`
	Sources   []Source   `json:"sources,omitempty"`
	Citations []Citation `json:"citations,omitempty"`
}

func snapshot(m *Message) *Snapshot {
	return &Snapshot{m.ID, m.Model, m.Origin.Kind, m.Origin.SHA, m.Origin.Template, m.Params, m.Seed, m.Sources, m.Citations}
}

func (s *Store) addEvent(tx *sql.Tx, kind, owner string, m *Message, d EventData) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO events(id, kind, user, chat, message, created, data) VALUES (?, ?, ?, ?, ?, ?, ?)", s.NewID(), kind, owner, m.Chat, m.ID, millis(Now()), string(b))
	return err
}

// ended reads an answer of owner that is no longer running.
func ended(tx *sql.Tx, owner, id string) (*Message, error) {
	m, err := scanMessage(tx.QueryRow("SELECT "+messageColumns+" FROM messages m JOIN chats c ON c.id = m.chat WHERE m.id = ? AND c.owner = ?", id, owner))
	switch {
	case err != nil:
		return nil, err
	case m.Role != "assistant":
		return nil, fmt.Errorf("%w: this is no answer", ErrConflict)
	case m.State == Running:
		return nil, fmt.Errorf("%w: the answer is still being written", ErrConflict)
	}
	return m, nil
}

// Rate keeps what a user thinks of an answer; nil takes it back.
func (s *Store) Rate(ctx context.Context, owner, id string, r *Rating) (m *Message, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		if m, err = ended(tx, owner, id); err != nil {
			return err
		}
		m.Rating = r
		if err := saveMessage(tx, m); err != nil {
			return err
		}
		return s.addEvent(tx, EventRate, owner, m, EventData{Answer: snapshot(m), Rating: r})
	})
	return m, err
}

// Choose decides a blind pair by either of its answers, once, and returns both: a, then b. The winner becomes the active leaf.
func (s *Store) Choose(ctx context.Context, owner, id, choice string, shownMS int64) (pair []*Message, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		m, err := ended(tx, owner, id)
		if err != nil {
			return err
		}
		if !m.Blind() {
			return fmt.Errorf("%w: this answer is of no pair whose choice is open", ErrConflict)
		}
		if pair, err = pairOf(tx, owner, m); err != nil {
			return err
		}
		leaf := id
		for _, p := range pair {
			p.Origin.Choice, p.Chosen = choice, p.Side == choice
			if err := saveMessage(tx, p); err != nil {
				return err
			}
			if p.Chosen {
				leaf = p.ID
			}
		}
		if _, err := tx.Exec("UPDATE chats SET active = ? WHERE id = ? AND active IN (?, ?)", leaf, m.Chat, pair[0].ID, pair[1].ID); err != nil {
			return err
		}
		return s.addEvent(tx, EventChoose, owner, m, EventData{Choice: choice, ShownMS: shownMS, A: snapshot(pair[0]), B: snapshot(pair[1])})
	})
	return pair, err
}

// pairOf finds the other of a blind pair: the answer to the same question, on the other side, added nearest.
func pairOf(tx *sql.Tx, owner string, m *Message) ([]*Message, error) {
	rows, err := tx.Query("SELECT "+messageColumns+" FROM messages m WHERE m.chat = ?1 AND m.parent = ?2 ORDER BY abs(m.n - (SELECT n FROM messages WHERE id = ?3))", m.Chat, m.Parent, m.ID)
	if err != nil {
		return nil, err
	}
	all, err := scanMessages(rows)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if !o.Blind() || o.Side == m.Side {
			continue
		}
		if o, err = ended(tx, owner, o.ID); err != nil {
			return nil, err
		}
		if m.Side == "a" {
			return []*Message{m, o}, nil
		}
		return []*Message{o, m}, nil
	}
	return nil, fmt.Errorf("%w: the other answer of the pair is not there", ErrConflict)
}

// Report keeps that citation n of an answer is wrong.
func (s *Store) Report(ctx context.Context, owner, id string, n int, why, text string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		m, err := ended(tx, owner, id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(m.Citations, func(c Citation) bool { return c.N == n }) {
			return fmt.Errorf("%w: the answer has no citation %d", ErrConflict, n)
		}
		return s.addEvent(tx, EventReport, owner, m, EventData{Answer: snapshot(m), N: n, Why: why, Text: text})
	})
}

// EditAnswer adds an answer as the user would have it beside the one it is an edit of. Of its citations those stay whose numbers
// still stand in the text; nobody has checked what they support, so their support is 0.
func (s *Store) EditAnswer(ctx context.Context, owner, id, text string) (edited *Message, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		m, err := ended(tx, owner, id)
		if err != nil {
			return err
		}
		if m.Blind() {
			return fmt.Errorf("%w: choose first", ErrConflict)
		}
		edited = &Message{ID: s.NewID(), Chat: m.Chat, Parent: m.Parent, Role: m.Role, Text: text, Created: Now(), State: Done,
			Mode: m.Mode, Model: m.Model, Edited: m.ID, Sources: m.Sources, Citations: citedIn(text, m.Citations), Origin: m.Origin}
		edited.Origin.Choice = ""
		if err := insertMessage(tx, edited); err != nil {
			return err
		}
		if err := index(tx, owner, edited); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE chats SET active = ?, updated = ? WHERE id = ?", edited.ID, millis(edited.Created), m.Chat); err != nil {
			return err
		}
		return s.addEvent(tx, EventEdit, owner, m, EventData{Answer: snapshot(m), Edited: edited.ID})
	})
	return edited, err
}

var markers = regexp.MustCompile(`\[(\d{1,4})\]`)

func citedIn(text string, all []Citation) []Citation {
	var kept []Citation
	for _, at := range markers.FindAllStringSubmatchIndex(text, -1) {
		n, _ := strconv.Atoi(text[at[2]:at[3]])
		i := slices.IndexFunc(all, func(c Citation) bool { return c.N == n })
		if i < 0 || slices.ContainsFunc(kept, func(c Citation) bool { return c.N == n }) {
			continue
		}
		c := all[i]
		from := len(utf16.Encode([]rune(text[:at[0]])))
		c.Sentence, c.Support = [2]int{from, from + at[1] - at[0]}, 0
		kept = append(kept, c)
	}
	return kept
}

// WithoutMarkers takes the numbers of citations out of a text.
func WithoutMarkers(m *Message) string {
	if len(m.Citations) == 0 {
		return m.Text
	}
	out := markers.ReplaceAllStringFunc(m.Text, func(s string) string {
		n, _ := strconv.Atoi(s[1 : len(s)-1])
		if slices.ContainsFunc(m.Citations, func(c Citation) bool { return c.N == n }) {
			return ""
		}
		return s
	})
	for _, mark := range []string{".", ",", ";", "!", "?"} {
		out = strings.ReplaceAll(out, " "+mark, mark)
	}
	return strings.TrimSpace(out)
}

// A Record is a chat that may be used, and how far.
type Record struct {
	User   string
	Scope  string // improve or publish
	Policy string // version of the text by which the user allowed it
	Chat   *Chat
	Events []Event
}

// Consented goes through the chats that may be used, the oldest first; temporary ones never are.
func (s *Store) Consented(ctx context.Context, each func(*Record) error) error {
	return s.view(ctx, func(tx *sql.Tx) error {
		rows, err := tx.Query("SELECT id FROM chats WHERE temporary = 0 AND consent <> 'no' ORDER BY id")
		if err != nil {
			return err
		}
		ids, err := scanStrings(rows)
		if err != nil {
			return err
		}
		for _, id := range ids {
			r, err := record(tx, id)
			if err != nil {
				return err
			}
			if r == nil {
				continue
			}
			if err := each(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// record reads a chat, nil when it may not be used.
func record(tx *sql.Tx, id string) (*Record, error) {
	r, err := allowed(tx, id)
	if r == nil || err != nil {
		return nil, err
	}
	rows, err := tx.Query("SELECT "+messageColumns+" FROM messages m WHERE m.chat = ? ORDER BY m.n", id)
	if err != nil {
		return nil, err
	}
	if r.Chat.Messages, err = scanMessages(rows); err != nil {
		return nil, err
	}
	r.Events, err = events(tx, id)
	return r, err
}

// allowed is a record without messages and events, nil when the chat may not be used.
func allowed(tx *sql.Tx, id string) (*Record, error) {
	r := &Record{Chat: &Chat{}}
	if err := tx.QueryRow("SELECT owner FROM chats WHERE id = ? AND temporary = 0", id).Scan(&r.User); err != nil {
		if notFound(err) == ErrNotFound {
			return nil, nil
		}
		return nil, err
	}
	var err error
	if r.Chat.ChatHead, err = scanHead(tx.QueryRow("SELECT "+headColumns+" FROM chats c WHERE c.id = ?", id)); err != nil {
		return nil, err
	}
	const newest = "SELECT scope, policy, given FROM consents WHERE user = ? AND chat = ? ORDER BY n DESC LIMIT 1"
	c, err := consentOf(tx.QueryRow(newest, r.User, ""))
	if err != nil {
		return nil, err
	}
	if r.Scope = effective(r.Chat.Consent, r.Chat.Created, c); r.Scope == ConsentNone {
		return nil, nil
	}
	own, err := consentOf(tx.QueryRow(newest, r.User, id))
	if r.Policy = c.Policy; own.Policy != "" {
		r.Policy = own.Policy
	}
	return r, err
}

func events(tx *sql.Tx, chat string) ([]Event, error) {
	rows, err := tx.Query("SELECT id, kind, user, chat, message, created, data FROM events WHERE chat = ? ORDER BY n", chat)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Event
	for rows.Next() {
		var e Event
		var created int64
		var raw []byte
		if err := rows.Scan(&e.ID, &e.Kind, &e.User, &e.Chat, &e.Message, &created, &raw); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &e.EventData); err != nil {
			return nil, err
		}
		e.Created = fromMillis(created)
		all = append(all, e)
	}
	return all, rows.Err()
}
