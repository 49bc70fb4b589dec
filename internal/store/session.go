package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// SessionLife is how long a session lasts after its last use.
const SessionLife = 30 * 24 * time.Hour

// seenEvery is how exactly it is kept when a session or key was last used.
const seenEvery = 5 * time.Minute

// Token makes a secret of 26 letters and digits, 130 bits.
func Token() string { return rand.Text() }

// Hash is what is kept of a token. Tokens are drawn, not chosen, so that a fast hash is enough.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// AddSession begins a session and returns its token.
func (s *Store) AddSession(ctx context.Context, user string) (token string, err error) {
	token, now := Token(), Now()
	return token, s.update(ctx, func(tx *sql.Tx) error {
		if err := s.dropOld(tx, now); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO sessions(hash, user, created, seen, expires) VALUES (?, ?, ?, ?, ?)", Hash(token), user, millis(now), millis(now), millis(now.Add(SessionLife))); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE users SET seen = ? WHERE id = ?", millis(now), user)
		return err
	})
}

// Session finds the account of a session and the session's hash. That its use cannot be written down, as on a full disk, does not end it.
func (s *Store) Session(ctx context.Context, token string) (u User, hash string, err error) {
	hash = Hash(token)
	var seen int64
	now := Now()
	u, err = scanUser(s.read.QueryRowContext(ctx, "SELECT "+userColumns+", s.seen FROM sessions s JOIN users u ON u.id = s.user WHERE s.hash = ? AND s.expires > ? AND u.disabled = 0", hash, millis(now)), &seen)
	if err == nil && now.Sub(fromMillis(seen)) > seenEvery {
		_ = s.update(ctx, func(tx *sql.Tx) error {
			if _, err := tx.Exec("UPDATE sessions SET seen = ?, expires = ? WHERE hash = ?", millis(now), millis(now.Add(SessionLife)), hash); err != nil {
				return err
			}
			_, err := tx.Exec("UPDATE users SET seen = ? WHERE id = ?", millis(now), u.ID)
			return err
		})
	}
	return u, hash, err
}

// DropSession ends a session with its temporary chats.
func (s *Store) DropSession(ctx context.Context, token string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		if err := s.deleteChats(tx, "temporary = 1 AND session = ?", Hash(token)); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM sessions WHERE hash = ?", Hash(token))
		return err
	})
}

// dropSessions ends all sessions of a user but the one of hash keep.
func (s *Store) dropSessions(tx *sql.Tx, user, keep string) error {
	if err := s.deleteChats(tx, "temporary = 1 AND session IN (SELECT hash FROM sessions WHERE user = ? AND hash <> ?)", user, keep); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM sessions WHERE user = ? AND hash <> ?", user, keep)
	return err
}

func (s *Store) dropOld(tx *sql.Tx, now time.Time) error {
	if err := s.deleteChats(tx, "temporary = 1 AND session IN (SELECT hash FROM sessions WHERE expires <= ?)", millis(now)); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM sessions WHERE expires <= ?", millis(now))
	return err
}

// AddInvitation makes an invitation and returns its token.
func (s *Store) AddInvitation(ctx context.Context, role, author string, expires time.Time) (token string, err error) {
	token = Token()
	return token, s.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM invitations WHERE expires <= ?", millis(Now())); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO invitations(hash, role, author, created, expires) VALUES (?, ?, ?, ?, ?)", Hash(token), role, author, millis(Now()), millis(expires))
		return err
	})
}

// A Key lets a program act for a user.
type Key struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	Start        string    `json:"start"` // its first characters
	Scopes       []string  `json:"scopes"`
	PerMinute    int       `json:"per_minute,omitempty"`     // requests; 0 for the server's own limit
	TokensPerDay int       `json:"tokens_per_day,omitempty"` // 0 for no limit
	Created      time.Time `json:"created"`
	Seen         time.Time `json:"used,omitzero"`
}

// keyStart is how many characters of a key are told later.
const keyStart = 7

// KeyPrefix begins every key, so that scanners of leaked secrets know them.
const KeyPrefix = "fl-"

// maxKeys is how many keys one user may have.
const maxKeys = 100

// AddKey makes a key and returns it with its token.
func (s *Store) AddKey(ctx context.Context, user string, k Key) (key Key, token string, err error) {
	token = KeyPrefix + Token() + Token()[:14]
	k.ID, k.Created, k.Start = s.NewID(), Now(), token[:keyStart]
	scopes, err := json.Marshal(k.Scopes)
	if err != nil {
		return k, "", err
	}
	return k, token, s.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("INSERT INTO keys(id, hash, user, name, start, scopes, per_minute, tokens_per_day, created) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM keys WHERE user = ?) < ?",
			k.ID, Hash(token), user, k.Name, k.Start, string(scopes), k.PerMinute, k.TokensPerDay, millis(k.Created), user, maxKeys)
		return oneRow(res, err, fmt.Errorf("%w: a user may have %d keys", ErrConflict, maxKeys))
	})
}

const keyColumns = "k.id, k.name, k.start, k.scopes, k.per_minute, k.tokens_per_day, k.created, k.seen"

// A keyRow scans keyColumns into a key.
type keyRow struct {
	k             Key
	scopes        []byte
	created, seen int64
}

func (r *keyRow) fields() []any {
	return []any{&r.k.ID, &r.k.Name, &r.k.Start, &r.scopes, &r.k.PerMinute, &r.k.TokensPerDay, &r.created, &r.seen}
}

func (r *keyRow) key() (Key, error) {
	r.k.Created = fromMillis(r.created)
	if r.seen > 0 {
		r.k.Seen = fromMillis(r.seen)
	}
	return r.k, json.Unmarshal(r.scopes, &r.k.Scopes)
}

// Keys lists the keys of a user.
func (s *Store) Keys(ctx context.Context, user string) ([]Key, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+keyColumns+" FROM keys k WHERE user = ? ORDER BY id", user)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []Key{}
	for rows.Next() {
		var r keyRow
		if err := rows.Scan(r.fields()...); err != nil {
			return nil, err
		}
		k, err := r.key()
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, rows.Err()
}

// KeyUser finds the account that a key acts for. That its use cannot be written down does not end it.
func (s *Store) KeyUser(ctx context.Context, token string) (u User, k Key, err error) {
	var r keyRow
	now := Now()
	u, err = scanUser(s.read.QueryRowContext(ctx, "SELECT "+userColumns+", "+keyColumns+" FROM keys k JOIN users u ON u.id = k.user WHERE k.hash = ? AND u.disabled = 0", Hash(token)), r.fields()...)
	if err != nil {
		return u, k, err
	}
	if k, err = r.key(); err == nil && now.Sub(k.Seen) > seenEvery {
		_ = s.update(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec("UPDATE keys SET seen = ? WHERE id = ?", millis(now), k.ID)
			return err
		})
	}
	return u, k, err
}

// DropKey deletes a key of a user.
func (s *Store) DropKey(ctx context.Context, user, id string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("DELETE FROM keys WHERE user = ? AND id = ?", user, id)
		return oneRow(res, err, ErrNotFound)
	})
}

// Spend counts tokens of a day for users and keys.
func (s *Store) Spend(ctx context.Context, now time.Time, tokens int, who ...string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		for _, id := range who {
			if _, err := tx.Exec("INSERT INTO usage(who, day, tokens) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens", id, now.UTC().Format(time.DateOnly), tokens); err != nil {
				return err
			}
		}
		return nil
	})
}

// Spent is how many tokens a user or key has taken on a day.
func (s *Store) Spent(ctx context.Context, now time.Time, who string) (tokens int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT coalesce(sum(tokens), 0) FROM usage WHERE who = ? AND day = ?", who, now.UTC().Format(time.DateOnly)).Scan(&tokens)
	return tokens, err
}

// An Entry of the audit log says who did what. It has no text of chats and no secret.
type Entry struct {
	ID     int64     `json:"id,string"`
	Time   time.Time `json:"time"`
	Actor  string    `json:"actor"` // id; "" of who tried a name that nobody has
	Action string    `json:"action"`
	Object string    `json:"object,omitempty"`
	From   string    `json:"from,omitempty"` // address
}

// Audit writes into the audit log.
func (s *Store) Audit(ctx context.Context, e Entry) error {
	return s.update(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO audit(time, actor, action, object, origin) VALUES (?, ?, ?, ?, ?)", millis(Now()), e.Actor, e.Action, e.Object, e.From)
		return err
	})
}

// AuditLog lists entries, the newest first, those before one; 0 begins.
func (s *Store) AuditLog(ctx context.Context, before int64, limit int) ([]Entry, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	rows, err := s.read.QueryContext(ctx, "SELECT n, time, actor, action, object, origin FROM audit WHERE n < ? ORDER BY n DESC LIMIT ?", before, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []Entry{}
	for rows.Next() {
		var e Entry
		var at int64
		if err := rows.Scan(&e.ID, &at, &e.Actor, &e.Action, &e.Object, &e.From); err != nil {
			return nil, err
		}
		e.Time = fromMillis(at)
		all = append(all, e)
	}
	return all, rows.Err()
}
