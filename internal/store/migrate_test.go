package store

import (
	"bytes"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

var update = flag.Bool("update", false, "write testdata/vN.db.zst of versions that have none; those that are there stay forever")

// sampleRows are what a database of each version holds beside what its older ones do.
var sampleRows = map[int][]string{
	1: {
		`INSERT INTO chats(n, id, owner, title, created, updated, active) VALUES (1, 'c1', 'local', '关于飞轮', 1790000000000, 1790000001000, 'm2')`,
		`INSERT INTO messages(n, id, chat, parent, role, state, created, text, data) VALUES (1, 'm1', 'c1', '', 'user', 'done', 1790000000000, '飞轮是什么？', '{"mode":"plain"}')`,
		`INSERT INTO messages(n, id, chat, parent, role, state, created, text, data) VALUES (2, 'm2', 'c1', 'm1', 'assistant', 'running', 1790000000500, 'It stores', '{"mode":"plain","model":"house","seed":7,"origin":{"kind":"engine","sha":"abc"}}')`,
		`INSERT INTO sends(owner, key, chat, created, ids) VALUES ('local', 'k', 'c1', 1790000000000, '["m1","m2"]')`,
		`INSERT INTO found(rowid, owner, terms, chat) VALUES (1, 'local', '飞轮 轮是 是什 什么 么', 'c1'), (-1, 'local', '关于 于飞 飞轮 轮', 'c1')`,
	},
	2: {
		`INSERT INTO users(id, name, folded, role, password, created) VALUES ('u1', 'Ann', 'ann', 'admin', '$argon2id$x', 1790000000000)`,
		`INSERT INTO sessions(hash, user, created, seen, expires) VALUES ('` + strings.Repeat("0", 64) + `', 'u1', 1790000000000, 1790000000000, 4000000000000)`,
		`INSERT INTO keys(id, hash, user, name, start, scopes, created) VALUES ('k1', 'h', 'u1', 'mine', 'fl-abcd', '["chat"]', 1790000000000)`,
		`INSERT INTO audit(time, actor, action, object, origin) VALUES (1790000000000, 'u1', 'setup', 'u1', '127.0.0.1')`,
		`INSERT INTO settings(name, value) VALUES ('secret', 's')`,
	},
	3: {
		`INSERT INTO consents(user, chat, scope, policy, given) VALUES ('local', '', 'improve', '1', 1780000000000)`,
		`INSERT INTO events(id, kind, user, chat, message, created, data) VALUES ('e1', 'rate', 'local', 'c1', 'm2', 1790000002000, '{"rating":{"value":1}}')`,
		`INSERT INTO exports(id, created, actor, form, rows, files) VALUES ('x1', 1790000003000, 'u1', 'kto', 1, '["f"]')`,
		`INSERT INTO export_rows(export, row, user, chat) VALUES ('x1', 'r1', 'local', 'c1')`,
		`INSERT INTO trained(weights, name, inputs, created) VALUES ('w', 'house-2', '["f"]', 1790000004000)`,
	},
	4: {
		`INSERT INTO pages(version, url, title, date, text, fetched) VALUES ('p1', 'http://a.example/', 'A', '', 'a page', 1790000000000)`,
	},
}

func sampleName(v int) string { return filepath.Join("testdata", fmt.Sprintf("v%d.db.zst", v)) }

// writeSample makes the database of a version as it is today.
func writeSample(t *testing.T, v int) {
	path := filepath.Join(t.TempDir(), "sample.db")
	db, err := connect(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for i := 1; i <= v; i++ {
		script, err := schemas.ReadFile(fmt.Sprintf("schema_%d.sql", i))
		if err != nil {
			t.Fatal(err)
		}
		if err := step(db, string(script), i); err != nil {
			t.Fatal(err)
		}
		for _, q := range sampleRows[i] {
			if _, err := db.Exec(q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
	}
	if _, err := db.Exec("VACUUM"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sampleName(v), enc.EncodeAll(b, nil), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sample unpacks the database of a version.
func sample(t *testing.T, v int) string {
	if _, err := os.Stat(sampleName(v)); err != nil && *update {
		writeSample(t, v)
	}
	z, err := os.ReadFile(sampleName(v))
	if err != nil {
		t.Fatalf("version %d has no sample; run: go test ./internal/store -run Upgrade -update", v)
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := dec.DecodeAll(z, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "old.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestUpgrade opens a database of every version and finds all that was in it.
func TestUpgrade(t *testing.T) {
	for v := 1; v <= Version; v++ {
		path := sample(t, v)
		s, err := OpenServer(path)
		if err != nil {
			t.Fatalf("version %d: %v", v, err)
		}
		ctx := t.Context()
		c, err := s.Chat(ctx, LocalUser, "c1")
		if err != nil || len(c.Messages) != 2 || c.Title != "关于飞轮" {
			t.Fatalf("version %d: chat %+v, %v", v, c, err)
		}
		if m := c.Messages[1]; m.State != Interrupted || m.Text != "It stores" || *m.Seed != 7 || m.Origin.SHA != "abc" {
			t.Errorf("version %d: answer %+v", v, m)
		}
		if all, fresh, err := s.AddMessages(ctx, LocalUser, "k", "c1", []*Message{question(c.Messages[0].Text)}); err != nil || fresh || len(all) != 2 {
			t.Errorf("version %d: the key was forgotten: %v, %v, %v", v, all, fresh, err)
		}
		for _, q := range []string{"飞轮", "stores"} {
			if heads, err := s.Find(ctx, LocalUser, q, 10); err != nil || len(heads) != 1 {
				t.Errorf("version %d: Find(%s) = %v, %v", v, q, heads, err)
			}
		}
		if v >= 2 {
			checkPeople(t, s)
		}
		if v >= 3 {
			touched, err := s.Withdraw(ctx, LocalUser, "", "1")
			if err != nil || touched.Events != 1 || len(touched.Exports) != 1 || fmt.Sprint(touched.Models) != "[house-2]" {
				t.Errorf("version %d: withdrawal %+v, %v", v, touched, err)
			}
		}
		if p, err := s.KeptPage(ctx, "p1"); v >= 4 && (err != nil || p.Text != "a page") {
			t.Errorf("version %d: page %+v, %v", v, p, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := Check(path); err != nil {
			t.Errorf("version %d after the upgrade: %v", v, err)
		}
	}
}

func checkPeople(t *testing.T, s *Store) {
	u, err := s.UserNamed(t.Context(), "ANN")
	if err != nil || u.Role != "admin" || u.Password != "$argon2id$x" {
		t.Errorf("user %+v, %v", u, err)
	}
	if keys, err := s.Keys(t.Context(), "u1"); err != nil || len(keys) != 1 {
		t.Errorf("keys %v, %v", keys, err)
	}
	if log, err := s.AuditLog(t.Context(), 0, 10); err != nil || len(log) != 1 {
		t.Errorf("audit %v, %v", log, err)
	}
	if v, err := s.Setting(t.Context(), "secret", func() string { return "other" }); err != nil || v != "s" {
		t.Errorf("secret %q, %v", v, err)
	}
}

// TestUpgradeBreaks has an upgrade fail half-way: the database stays as it was.
func TestUpgradeBreaks(t *testing.T) {
	path := sample(t, 1)
	db, err := connect(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := step(db, "CREATE TABLE half (a); CREATE TABLE chats (b)", 2); err == nil {
		t.Fatal("a script that fails did not")
	}
	var version, half int
	err = db.QueryRow("SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema WHERE name = 'half')").Scan(&version, &half)
	if err != nil || version != 1 || half != 0 {
		t.Errorf("after a failed step: version %d, %d tables of it, %v", version, half, err)
	}
}

func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	newer := sample(t, Version)
	db, err := connect(newer, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(fmt.Sprintf("PRAGMA user_version = %d", Version+1)); err != nil {
		t.Fatal(err)
	}
	db.Close()
	other := filepath.Join(dir, "other.db")
	db, err = sql.Open("sqlite", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE notes (a)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, bytes.Repeat([]byte("no database\n"), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{newer, other, text} {
		if s, err := OpenServer(name); err == nil {
			s.Close()
			t.Errorf("OpenServer(%s) took it", filepath.Base(name))
		}
		if err := Check(name); err == nil {
			t.Errorf("Check(%s) took it", filepath.Base(name))
		}
		if err := Restore(name, filepath.Join(dir, "new.db")); err == nil {
			t.Errorf("Restore(%s) took it", filepath.Base(name))
		}
	}
	if _, err := Open(filepath.Join(dir, "nothing.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of nothing: %v", err)
	}
}

func TestBackupRestore(t *testing.T) {
	dir := t.TempDir()
	path, copied := filepath.Join(dir, "feilun.db"), filepath.Join(dir, "backups", "one.db")
	s, err := OpenServer(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	c := newChat(t, s, "ann", "")
	stop := make(chan struct{})
	written := make(chan int)
	go func() { // a busy server
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				written <- n
				return
			default:
			}
			if _, _, err := s.AddMessages(ctx, "ann", "", c.ID, []*Message{question(fmt.Sprint("m", n))}); err != nil {
				t.Error(err)
			}
		}
	}()
	for {
		if full, err := s.Chat(ctx, "ann", c.ID); err != nil || len(full.Messages) > 20 {
			break
		}
	}
	if err := s.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, copied); err == nil {
		t.Error("a backup over another")
	}
	close(stop)
	total := <-written
	if err := Restore(copied, path); err == nil {
		t.Error("restored under a running server")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Restore(copied, path); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]func(int) bool{path: func(n int) bool { return n > 20 && n <= total }, path + ".before-restore": func(n int) bool { return n == total }} {
		s, err := OpenServer(name)
		if err != nil {
			t.Fatal(err)
		}
		full, err := s.Chat(ctx, "ann", c.ID)
		if err != nil || !want(len(full.Messages)) {
			t.Errorf("%s: %d messages of %d, %v", filepath.Base(name), len(full.Messages), total, err)
		}
		for i, m := range full.Messages { // none missing in between
			if m.Text != fmt.Sprint("m", i) {
				t.Fatalf("%s: message %d is %q", filepath.Base(name), i, m.Text)
			}
		}
		s.Close()
	}
}
