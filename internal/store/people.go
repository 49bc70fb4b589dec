package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// LocalUser owns the chats of a server without accounts.
const LocalUser = "local"

// A User is an account.
type User struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Role     string    `json:"role"`
	Disabled bool      `json:"disabled"`
	Created  time.Time `json:"created"`
	Seen     time.Time `json:"seen,omitzero"`
	Language string    `json:"-"`
	Password string    `json:"-"` // hash; "" for none
	OIDC     string    `json:"-"` // issuer and subject; "" for none
}

const userColumns = "u.id, u.name, u.role, u.disabled, u.created, u.seen, u.language, u.password, coalesce(u.oidc, '')"

func scanUser(row scanner, more ...any) (u User, err error) {
	var created, seen int64
	err = row.Scan(append([]any{&u.ID, &u.Name, &u.Role, &u.Disabled, &created, &seen, &u.Language, &u.Password, &u.OIDC}, more...)...)
	u.Created = fromMillis(created)
	if seen > 0 {
		u.Seen = fromMillis(seen)
	}
	return u, notFound(err)
}

// fold is a name as it is compared.
func fold(name string) string { return strings.ToLower(norm.NFKC.String(name)) }

// HasUsers reports whether there is an account.
func (s *Store) HasUsers(ctx context.Context) (has bool, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM users)").Scan(&has)
	return has, err
}

func (s *Store) insertUser(tx *sql.Tx, u *User) error {
	u.ID, u.Created = s.NewID(), Now()
	res, err := tx.Exec("INSERT INTO users(id, name, folded, role, password, oidc, language, created) VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, ?) ON CONFLICT DO NOTHING",
		u.ID, u.Name, fold(u.Name), u.Role, u.Password, u.OIDC, u.Language, millis(u.Created))
	return oneRow(res, err, fmt.Errorf("%w: the name is taken", ErrConflict))
}

// oneRow is none when a statement changed nothing.
func oneRow(res sql.Result, err error, none error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, none)
	}
	return nil
}

// AddFirst makes the first account, which takes over the chats of the local user. It is [ErrConflict] when there is one.
func (s *Store) AddFirst(ctx context.Context, u User) (User, error) {
	return u, s.update(ctx, func(tx *sql.Tx) error {
		var has bool
		if err := tx.QueryRow("SELECT EXISTS (SELECT 1 FROM users)").Scan(&has); err != nil {
			return err
		}
		if has {
			return fmt.Errorf("%w: there is an account", ErrConflict)
		}
		if err := s.insertUser(tx, &u); err != nil {
			return err
		}
		return inherit(tx, u.ID)
	})
}

// inherit gives what the local user has to another.
func inherit(tx *sql.Tx, id string) error {
	for _, q := range []string{
		"UPDATE chats SET owner = ?1 WHERE owner = ?2",
		"UPDATE sends SET owner = ?1 WHERE owner = ?2",
		"UPDATE events SET user = ?1 WHERE user = ?2",
		"UPDATE consents SET user = ?1 WHERE user = ?2",
		"UPDATE export_rows SET user = ?1 WHERE user = ?2",
	} {
		if _, err := tx.Exec(q, id, LocalUser); err != nil {
			return err
		}
	}
	_, err := tx.Exec("UPDATE found SET owner = ? WHERE owner = ?", ownerTerm(id), ownerTerm(LocalUser))
	return err
}

// Join makes an account by an invitation, which is used up. It is [ErrNotFound] for one that is not there or too old.
func (s *Store) Join(ctx context.Context, invitation string, u User) (User, error) {
	return u, s.update(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRow("DELETE FROM invitations WHERE hash = ? AND expires > ? RETURNING role", Hash(invitation), millis(Now())).Scan(&u.Role)
		if err != nil {
			return notFound(err)
		}
		return s.insertUser(tx, &u)
	})
}

// UserOf finds the account of an OIDC subject, and makes it where there is none, by the first of the names that is free.
// Nobody may become an admin so.
func (s *Store) UserOf(ctx context.Context, oidc, role string, names []string) (u User, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		u, err = scanUser(tx.QueryRow("SELECT "+userColumns+" FROM users u WHERE oidc = ?", oidc))
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		for _, name := range names {
			u = User{Name: name, Role: role, OIDC: oidc}
			if err := s.insertUser(tx, &u); !errors.Is(err, ErrConflict) {
				return err
			}
		}
		return fmt.Errorf("%w: the name is taken", ErrConflict)
	})
	return u, err
}

// UserNamed finds an account by its name, without regard to case and width.
func (s *Store) UserNamed(ctx context.Context, name string) (User, error) {
	return scanUser(s.read.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users u WHERE folded = ?", fold(name)))
}

// User finds an account by its id.
func (s *Store) User(ctx context.Context, id string) (User, error) {
	return scanUser(s.read.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users u WHERE id = ?", id))
}

// Users lists all accounts.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+userColumns+" FROM users u ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []User{}
	for rows.Next() {
		u, err := scanUser(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, rows.Err()
}

// SetRole changes what an account may do, or whether it may do anything: nil leaves as it is. Who is disabled loses sessions and
// keys; who is no admin any more loses the invitations that they made. The last admin who is not disabled stays one ([ErrConflict]).
func (s *Store) SetRole(ctx context.Context, id string, role *string, disabled *bool) (u User, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("UPDATE users SET role = coalesce(?, role), disabled = coalesce(?, disabled) WHERE id = ?", role, disabled, id)
		if err := oneRow(res, err, ErrNotFound); err != nil {
			return err
		}
		var admins int
		if err := tx.QueryRow("SELECT count(*) FROM users WHERE role = 'admin' AND disabled = 0").Scan(&admins); err != nil {
			return err
		}
		if admins == 0 {
			return fmt.Errorf("%w: there has to be an admin", ErrConflict)
		}
		if u, err = scanUser(tx.QueryRow("SELECT "+userColumns+" FROM users u WHERE id = ?", id)); err != nil {
			return err
		}
		if u.Role != "admin" || u.Disabled {
			if _, err := tx.Exec("DELETE FROM invitations WHERE author = ?", id); err != nil {
				return err
			}
		}
		if !u.Disabled {
			return nil
		}
		if err := s.dropSessions(tx, id, ""); err != nil {
			return err
		}
		_, err = tx.Exec("DELETE FROM keys WHERE user = ?", id)
		return err
	})
	return u, err
}

// SetLanguage changes the language of the page.
func (s *Store) SetLanguage(ctx context.Context, id, language string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("UPDATE users SET language = ? WHERE id = ?", language, id)
		return oneRow(res, err, ErrNotFound)
	})
}

// SetPassword changes the password's hash and ends all sessions but the one of the hash keep.
func (s *Store) SetPassword(ctx context.Context, id, password, keep string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("UPDATE users SET password = ? WHERE id = ?", password, id)
		if err := oneRow(res, err, ErrNotFound); err != nil {
			return err
		}
		return s.dropSessions(tx, id, keep)
	})
}

// Setting returns what is kept under a name, and keeps what make returns where nothing is.
func (s *Store) Setting(ctx context.Context, name string, make func() string) (value string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = ?", name).Scan(&value)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return value, err
	}
	err = s.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO settings(name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", name, make()); err != nil {
			return err
		}
		return tx.QueryRow("SELECT value FROM settings WHERE name = ?", name).Scan(&value)
	})
	return value, err
}

// SetSetting keeps a value under a name.
func (s *Store) SetSetting(ctx context.Context, name, value string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO settings(name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)
		return err
	})
}
