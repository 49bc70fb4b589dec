package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"feilun/internal/fetch"
)

func openTest(t *testing.T) *Store {
	t.Helper()
	s, err := OpenServer(filepath.Join(t.TempDir(), "feilun.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func question(text string) *Message { return &Message{Role: "user", State: Done, Text: text} }

// ask adds a question under parent with one answer that is running.
func ask(t *testing.T, s *Store, owner, chat, parent, text string) (*Message, *Message) {
	t.Helper()
	q := question(text)
	q.ID, q.Parent = s.NewID(), parent
	a := &Message{Role: "assistant", State: Running, Parent: q.ID, Model: "m"}
	all, fresh, err := s.AddMessages(t.Context(), owner, s.NewID(), chat, []*Message{q, a})
	if err != nil || !fresh || len(all) != 2 {
		t.Fatalf("AddMessages = %v, %v, %v", all, fresh, err)
	}
	return all[0], all[1]
}

func newChat(t *testing.T, s *Store, owner, title string) *Chat {
	t.Helper()
	c, err := s.AddChat(t.Context(), owner, title, false, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTree(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	c := newChat(t, s, "ann", "")
	q, a := ask(t, s, "ann", c.ID, "", "How do flywheels work?\nIn short.")
	part := *a
	part.Text = "They st"
	s.Checkpoint(part)
	if m, err := s.Message(ctx, "ann", a.ID); err != nil || m.Text != "They st" || m.State != Running {
		t.Fatalf("Message of a running answer = %+v, %v", m, err)
	}
	seed := int64(7)
	part.Text, part.State, part.Finish, part.Seed, part.Origin.SHA = "They store energy.", Done, "stop", &seed, "abc"
	part.Citations = []Citation{{N: 1, Source: 1, Start: 2, End: 9, Quote: "energy", Sentence: [2]int{0, 18}, Support: 1}}
	if err := s.FinishMessage(ctx, &part); err != nil {
		t.Fatal(err)
	}
	if err := s.FinishMessage(ctx, &part); !errors.Is(err, ErrConflict) {
		t.Errorf("FinishMessage again = %v, want a conflict", err)
	}
	_, a2 := ask(t, s, "ann", c.ID, a.ID, "And why?")
	full, err := s.Chat(ctx, "ann", c.ID)
	if err != nil || len(full.Messages) != 4 || full.Title != "How do flywheels work?" || full.Active != a2.ID || !full.Running {
		t.Fatalf("Chat = %+v, %v", full, err)
	}
	if got := full.Messages[1]; got.Text != part.Text || *got.Seed != 7 || got.Origin.SHA != "abc" || len(got.Citations) != 1 || got.Parent != q.ID {
		t.Errorf("answer came back as %+v", got)
	}
	thread, err := s.Thread(ctx, "ann", a2.ID)
	if err != nil || len(thread) != 4 || thread[0].ID != q.ID || thread[3].ID != a2.ID {
		t.Errorf("Thread = %v, %v", thread, err)
	}
	for name, err := range map[string]error{
		"answer without question": second(s.AddMessages(ctx, "ann", "", c.ID, []*Message{{Role: "assistant"}})),
		"answer under an answer":  second(s.AddMessages(ctx, "ann", "", c.ID, []*Message{{Role: "assistant", Parent: a.ID}})),
	} {
		if !errors.Is(err, ErrConflict) {
			t.Errorf("%s: %v, want a conflict", name, err)
		}
	}
}

func second[A, B any](_ A, _ B, err error) error { return err }

func TestOwners(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	c := newChat(t, s, "ann", "secret plan")
	_, a := ask(t, s, "ann", c.ID, "", "the secret plan")
	title := "x"
	other := newChat(t, s, "bob", "mine")
	_, errChat := s.Chat(ctx, "bob", c.ID)
	_, errMessage := s.Message(ctx, "bob", a.ID)
	_, errThread := s.Thread(ctx, "bob", a.ID)
	_, errChange := s.ChangeChat(ctx, "bob", c.ID, ChatChange{Title: &title})
	_, errActive := s.ChangeChat(ctx, "bob", other.ID, ChatChange{Active: &a.ID})
	for name, err := range map[string]error{
		"Chat": errChat, "Message": errMessage, "Thread": errThread, "ChangeChat": errChange, "Active": errActive,
		"DeleteChat":  s.DeleteChat(ctx, "bob", c.ID),
		"AddMessages": second(s.AddMessages(ctx, "bob", "k", c.ID, []*Message{question("x")})),
		"parent":      second(s.AddMessages(ctx, "bob", "k", other.ID, []*Message{{Role: "user", Parent: a.ID}})),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s by another = %v, want not found", name, err)
		}
	}
	if heads, err := s.Find(ctx, "bob", "secret", 10); err != nil || len(heads) != 0 {
		t.Errorf("Find by another = %v, %v", heads, err)
	}
	if heads, _, err := s.Chats(ctx, "bob", "", 10); err != nil || len(heads) != 1 {
		t.Errorf("Chats of bob = %v, %v", heads, err)
	}
}

func TestKeyOnce(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	c := newChat(t, s, "ann", "")
	var wg sync.WaitGroup
	var mu sync.Mutex
	ids, started := map[string]int{}, 0
	for range 20 {
		wg.Go(func() {
			all, fresh, err := s.AddMessages(ctx, "ann", "key", c.ID, []*Message{question("once")})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids[all[0].ID]++
			if fresh {
				started++
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || started != 1 {
		t.Errorf("one key gave %d messages and started %d times", len(ids), started)
	}
	if _, fresh, err := s.AddMessages(ctx, "bob", "key", newChat(t, s, "bob", "").ID, []*Message{question("other")}); err != nil || !fresh {
		t.Errorf("the key of another counts: %v, %v", fresh, err)
	}
}

func TestInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feilun.db")
	s, err := OpenServer(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenServer(path); err == nil {
		t.Fatal("a second server opened the database")
	}
	c := newChat(t, s, "ann", "")
	_, a := ask(t, s, "ann", c.ID, "", "q")
	part := *a
	part.Text = "half an answer about zebras"
	s.Checkpoint(part)
	if tool, err := Open(path); err != nil {
		t.Fatal(err)
	} else if m, err := tool.Message(t.Context(), "ann", a.ID); err != nil || m.State != Running {
		t.Errorf("a tool beside the server sees %v, %v", m, err)
	} else {
		tool.Close()
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = OpenServer(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m, err := s.Message(t.Context(), "ann", a.ID)
	if err != nil || m.State != Interrupted || m.Text != part.Text {
		t.Errorf("after a break: %+v, %v", m, err)
	}
	if heads, _ := s.Find(t.Context(), "ann", "zebras", 10); len(heads) != 1 {
		t.Error("the interrupted answer is not found")
	}
}

func TestList(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	want := []string{}
	for i := range 25 {
		want = append(want, newChat(t, s, "ann", fmt.Sprint("chat ", i)).ID)
	}
	if _, err := s.AddChat(ctx, "ann", "hidden", true, ""); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(want)
	var got []string
	for next := ""; ; {
		heads, n, err := s.Chats(ctx, "ann", next, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range heads {
			got = append(got, h.ID)
		}
		if next = n; n == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages gave %d chats in another order than %d", len(got), len(want))
	}
	if _, _, err := s.Chats(ctx, "ann", "nonsense", 7); err == nil {
		t.Error("a cursor of nonsense was taken")
	}
}

func TestFind(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	zh := newChat(t, s, "ann", "关于用户")
	ask(t, s, "ann", zh.ID, "", "请问飞轮的储能效率是多少？The PyTorch backend, naïve")
	trad := newChat(t, s, "ann", "")
	ask(t, s, "ann", trad.ID, "", "機器學習與資料庫")
	temp, err := s.AddChat(ctx, "ann", "飞轮", true, "")
	if err != nil {
		t.Fatal(err)
	}
	ask(t, s, "ann", temp.ID, "", "飞轮")
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"飞轮", []string{zh.ID}},
		{"储能效率", []string{zh.ID}},
		{"储率", nil},
		{"率", []string{zh.ID}},
		{"飞", []string{zh.ID}},
		{"用户", []string{zh.ID}}, // the title
		{"机器学习", []string{trad.ID}},
		{"機器", []string{trad.ID}},
		{"ＰＹＴＯＲＣＨ", []string{zh.ID}},
		{"pyto", []string{zh.ID}},
		{"pytorch 飞轮", []string{zh.ID}},
		{"pyto backend", nil}, // only the last word may go on
		{`" OR terms:飞轮 NOT (`, nil},
		{`飞轮"`, []string{zh.ID}},
		{"…！", nil},
		{"", nil},
	} {
		heads, err := s.Find(ctx, "ann", tt.query, 10)
		var got []string
		for _, h := range heads {
			got = append(got, h.ID)
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("Find(%q) = %v, %v, want %v", tt.query, got, err, tt.want)
		}
	}
	heads, _ := s.Find(ctx, "ann", "储能", 10)
	if len(heads) != 1 || !strings.Contains(heads[0].Snippet, "储能") || heads[0].Message == "" {
		t.Errorf("snippet = %+v", heads)
	}
}

func TestDeleteIsReal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feilun.db")
	s, err := OpenServer(path)
	if err != nil {
		t.Fatal(err)
	}
	c := newChat(t, s, "ann", "")
	ask(t, s, "ann", c.ID, "", "marker_xyzzy_plugh "+strings.Repeat("filler words ", 3000))
	temp, err := s.AddChat(t.Context(), "ann", "", true, "")
	if err != nil {
		t.Fatal(err)
	}
	ask(t, s, "ann", temp.ID, "", "marker_xyzzy_temporary")
	if err := s.DeleteChat(t.Context(), "ann", c.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(t.Context(), time.Now().Add(TemporaryLife+time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Chat(t.Context(), "ann", c.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("a deleted chat: %v", err)
	}
	if _, err := s.Chat(t.Context(), "ann", temp.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("a temporary chat whose time is over: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("xyzzy")) {
			t.Errorf("%s still has the deleted text", filepath.Base(name))
		}
	}
}

// TestDeletePages deletes chats for which pages were fetched.
func TestDeletePages(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	now := time.Now()
	chats := []*Chat{newChat(t, s, "ann", ""), newChat(t, s, "bob", "")}
	for v, in := range map[string][]int{"both": {0, 1}, "ann": {0}, "nobody": nil, "fresh": nil} {
		p := fetch.Page{Version: v, Text: "page", Fetched: now.Add(-2 * pageGrace)}
		if v == "fresh" {
			p.Fetched = now
		}
		if err := s.KeepPage(ctx, p); err != nil {
			t.Fatal(err)
		}
		for _, i := range in {
			q := question("q")
			q.Sources = []Source{{N: 1, Version: v}}
			if _, _, err := s.AddMessages(ctx, []string{"ann", "bob"}[i], "", chats[i].ID, []*Message{q}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.DeleteChat(ctx, "ann", chats[0].ID); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		later time.Duration
		want  string
	}{{0, "[both fresh]"}, {2 * pageGrace, "[both]"}} {
		if err := s.Sweep(ctx, now.Add(tt.later)); err != nil {
			t.Fatal(err)
		}
		var kept []string
		for _, v := range []string{"ann", "both", "fresh", "nobody"} {
			if _, err := s.KeptPage(ctx, v); err == nil {
				kept = append(kept, v)
			}
		}
		if fmt.Sprint(kept) != tt.want {
			t.Errorf("%v later: pages %v, want %s", tt.later, kept, tt.want)
		}
	}
}

// TestDeleteWithdraws deletes a chat of which rows were exported.
func TestDeleteWithdraws(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	if err := s.SetConsent(ctx, "ann", ConsentImprove, "1"); err != nil {
		t.Fatal(err)
	}
	c, other := newChat(t, s, "ann", ""), newChat(t, s, "bob", "")
	e, err := s.AddExport(ctx, Export{Form: "kto", Rows: 1}, []ExportRow{{"r1", "ann", c.ID}, {"r2", "ann", c.ID}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddExport(ctx, Export{}, []ExportRow{{"r3", "bob", other.ID}}); !errors.Is(err, ErrConflict) {
		t.Errorf("an export of a chat that may not be used: %v", err)
	}
	if err := s.DeleteChat(ctx, "ann", c.ID); err != nil {
		t.Fatal(err)
	}
	if gone, err := s.WithdrawnRows(ctx, e.ID); err != nil || len(gone) != 2 || !gone["r1"] {
		t.Errorf("withdrawn rows %v, %v", gone, err)
	}
	if all, err := s.Exports(ctx); err != nil || len(all) != 1 {
		t.Errorf("exports %v, %v", all, err)
	}
	if _, err := s.AddExport(ctx, Export{}, []ExportRow{{"r4", "ann", c.ID}}); !errors.Is(err, ErrConflict) {
		t.Errorf("an export of a deleted chat: %v", err)
	}
}

// FuzzFind searches for anything: the words of users are no query language.
func FuzzFind(f *testing.F) {
	for _, q := range []string{"飞轮", `"`, "a OR b", "owner: x", "NEAR(", "*", "ก่า ၀", "ﬁﬃ", "\x00\xff", "a\u0301b", "𠀀𠀁"} {
		f.Add(q)
	}
	s, err := OpenServer(filepath.Join(f.TempDir(), "feilun.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, q string) {
		c := newChat(t, s, "ann", "")
		if _, _, err := s.AddMessages(t.Context(), "ann", "", c.ID, []*Message{question(q)}); err != nil {
			t.Fatal(err)
		}
		heads, err := s.Find(t.Context(), "ann", q, 1000)
		if err != nil {
			t.Errorf("Find(%q): %v", q, err)
		}
		if matchQuery("ann", q) != "" && !slices.ContainsFunc(heads, func(h ChatHead) bool { return h.ID == c.ID }) {
			t.Errorf("Find(%q) does not find the message that says just that", q)
		}
		if err := s.DeleteChat(t.Context(), "ann", c.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestIDs(t *testing.T) {
	s := &Store{}
	last := ""
	for range 20000 {
		id := s.NewID()
		if id <= last || len(id) != 20 {
			t.Fatalf("%q after %q", id, last)
		}
		last = id
	}
}

// TestWritersShare has many writers and readers at once; an error of one write leaves the others of its transaction.
func TestWritersShare(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	c := newChat(t, s, "ann", "")
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if i%4 == 0 {
				if _, _, err := s.AddMessages(ctx, "ann", "", c.ID, []*Message{{Role: "user", Parent: "nowhere"}}); !errors.Is(err, ErrNotFound) {
					t.Errorf("a bad parent: %v", err)
				}
				return
			}
			if _, _, err := s.AddMessages(ctx, "ann", "", c.ID, []*Message{question(fmt.Sprint(i))}); err != nil {
				t.Error(err)
			}
			if _, err := s.Chat(ctx, "ann", c.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	full, err := s.Chat(ctx, "ann", c.ID)
	if err != nil || len(full.Messages) != 30 {
		t.Errorf("%d messages, %v, want 30", len(full.Messages), err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := s.AddMessages(gone, "ann", "", c.ID, []*Message{question("late")}); err == nil {
		t.Error("a write of a context that had ended")
	}
}
