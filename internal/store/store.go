// Package store keeps what people do with the chat in one SQLite file: accounts, chats as trees of
// messages, feedback. [OpenServer] opens it for the process that serves; [Open] for tools beside it.
// What a method has acknowledged survives a crash of the process or of the machine. It does not
// know HTTP, and it decides who may see what only by the owner that its methods are given.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"feilun/internal/atomicfile"
	"feilun/internal/hint"

	_ "modernc.org/sqlite" // the driver
)

var (
	// ErrNotFound is returned for what is not there and for what belongs to another.
	ErrNotFound = errors.New("not found")
	// ErrConflict is returned for what cannot be done in the state things are in.
	ErrConflict = errors.New("conflict")
)

// A Store is an open database. Its methods are called by many goroutines at once: one goroutine writes,
// in transactions that it shares between callers who wait at the same time; readers do not wait for it.
type Store struct {
	path   string
	write  *sql.DB
	read   *sql.DB
	unlock func()

	jobs chan job
	stop chan struct{}
	done chan struct{}

	mu      sync.Mutex
	pending map[string]Message // checkpoints that are not written yet
	lastMS  int64              // of the newest id
	lastLow uint64

	// Only the writer touches these.
	scrub   bool // the write-ahead log holds deleted text
	orphans bool // there may be pages of deleted chats
}

// Open opens a database that is there, for a tool; a server may have it open too.
func Open(path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, hint.Usage(hint.With(err, "name the file, or the folder that a server was told to keep its data in"))
	}
	return open(path, func() {})
}

// OpenServer opens the database for the one process that serves it; a second is refused. Answers that
// were being written when the last one ended become interrupted.
func OpenServer(path string) (*Store, error) {
	unlock, err := atomicfile.Lock(path+".lock", path)
	if err != nil {
		return nil, hint.With(err, "end the other server, or keep the data in another folder: --data DIR")
	}
	s, err := open(path, unlock)
	if err != nil {
		unlock()
		return nil, err
	}
	if err := s.interrupt(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func open(path string, unlock func()) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // others may not read chats
	if err != nil {
		return nil, err
	}
	f.Close()
	s := &Store{path: path, unlock: unlock, jobs: make(chan job, 256), stop: make(chan struct{}), done: make(chan struct{}), pending: map[string]Message{}}
	if s.write, err = connect(path, 1, "journal_mode(wal)", "secure_delete(1)"); err != nil {
		return nil, err
	}
	if err := migrate(s.write, path); err != nil {
		s.write.Close()
		return nil, err
	}
	if s.read, err = connect(path, 8, "query_only(1)"); err != nil {
		s.write.Close()
		return nil, err
	}
	go s.run()
	return s, nil
}

// connect opens a pool. FULL lets every commit wait for the disk, so that what was acknowledged stays.
func connect(path string, conns int, pragmas ...string) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}}
	if conns > 1 {
		q.Set("_txlock", "deferred")
	}
	for _, p := range append([]string{"busy_timeout(10000)", "synchronous(full)", "foreign_keys(1)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	if err := db.Ping(); err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return db, nil
}

// Close writes what waits and closes the database.
func (s *Store) Close() error {
	close(s.stop)
	<-s.done
	err := errors.Join(s.read.Close(), s.write.Close())
	s.unlock()
	return err
}

// Path is the file.
func (s *Store) Path() string { return s.path }

// view runs a reader on one snapshot of the database.
func (s *Store) view(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return do(tx)
}

const (
	idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	lowBits    = 50
)

// NewID makes an id of 20 letters and digits that sorts behind all made before: 50 bits of milliseconds, 50
// drawn at random, of which those of one millisecond are counted up.
func (s *Store) NewID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ms := time.Now().UnixMilli(); ms > s.lastMS {
		s.lastMS, s.lastLow = ms, random64()>>(64-lowBits+1) // the upper half stays free to count into
	} else {
		s.lastLow += 1 + random64()>>44
	}
	var b [20]byte
	high, low := uint64(s.lastMS), s.lastLow
	for i := 9; i >= 0; i-- {
		b[i], b[10+i] = idAlphabet[high&31], idAlphabet[low&31]
		high, low = high>>5, low>>5
	}
	return string(b[:])
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Now is the time as the database keeps it.
func Now() time.Time { return fromMillis(time.Now().UnixMilli()) }
