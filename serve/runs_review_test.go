package serve

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Whoever asks for the events behind a place that there never was is told the end of the answer, and so is who has seen it.
func TestFollowFromNowhere(t *testing.T) {
	c := openChat(t, Options{Generator: says("a few words")})
	a := c.ask(map[string]any{"key": "k", "text": "x", "mode": "plain"})
	id := a.Answers[0].ID
	n := len(c.events(id, "0"))
	for _, from := range []string{"1", fmt.Sprint(n), fmt.Sprint(n + 1), "99999999999"} {
		if m := lastMessage(t, c.events(id, from)); m.Text != "a few words" {
			t.Errorf("from %s: %+v", from, m)
		}
	}
	for _, from := range []string{"-1", "x", "1e3", "99999999999999999999"} {
		if res, _ := ask(t, "GET", c.web.URL+"/api/messages/"+id+"/events?from="+from, ""); res.StatusCode != 400 {
			t.Errorf("from %s = %d", from, res.StatusCode)
		}
	}
}

// A key is of one message: a program that uses it for another is told so, and nothing is started.
func TestKeyOfAnother(t *testing.T) {
	c := openChat(t, Options{Generator: says("a few words")})
	first := c.ask(map[string]any{"key": "k", "text": "x", "mode": "plain"})
	var again sent
	if code := c.post("/api/chats/"+c.chat+"/messages", map[string]any{"key": "k", "text": "x", "mode": "plain"}, &again); code != 200 || again.Question.ID != first.Question.ID || again.Answers[0].ID != first.Answers[0].ID {
		t.Errorf("the same again = %d %+v", code, again)
	}
	other, err := c.s.store.AddChat(t.Context(), "local", "", false, "")
	if err != nil {
		t.Fatal(err)
	}
	for what, path := range map[string]string{"another chat": "/api/chats/" + other.ID + "/messages", "another answer": "/api/messages/" + first.Question.ID + "/answers"} {
		if code := c.post(path, map[string]any{"key": "k", "text": "x", "mode": "plain"}, &again); code != 409 {
			t.Errorf("%s with the key = %d", what, code)
		}
	}
	if code := c.post("/api/chats/"+c.chat+"/messages", map[string]any{"key": "k", "text": "y", "mode": "plain"}, &again); code != 409 {
		t.Errorf("another text with the key = %d", code)
	}
	if chat, err := c.s.store.Chat(t.Context(), "local", c.chat); err != nil || len(chat.Messages) != 2 {
		t.Errorf("the chat has %d messages (%v)", len(chat.Messages), err)
	}
}

// trigger runs a statement on the database of a server, beside it.
func trigger(t *testing.T, x *site, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+x.s.store.Path()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// While the disk is full people read what there is, the answer that was being written is told, and it is kept as soon as
// there is room.
func TestFullDisk(t *testing.T) {
	x := openSite(t, Options{Generator: says("a few words")})
	v := x.admin()
	chat := v.must("POST", "/api/chats", "{}")["id"].(string)
	for _, table := range []string{"messages", "sessions", "keys"} {
		trigger(t, x, "CREATE TRIGGER full_"+table+" BEFORE UPDATE ON "+table+" BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
	}
	key := v.must("POST", "/api/keys", `{"name":"k","scopes":["chat"]}`)["key"].(string)
	m := v.must("POST", "/api/chats/"+chat+"/messages", `{"text":"x","mode":"plain"}`)
	id := m["answers"].([]any)[0].(map[string]any)["id"].(string)
	all, err := readEvents(t.Context(), x.url+"/api/messages/"+id+"/events", "Cookie", sessionCookie+"="+v.cookie)
	if err != nil || lastMessage(t, all).Text != "a few words" {
		t.Fatalf("events %v (%v)", all, err)
	}
	if m := v.must("GET", "/api/messages/"+id, ""); m["text"] != "a few words" {
		t.Errorf("the message while the disk is full: %v", m)
	}
	if res, body := ask(t, "GET", x.url+"/api/chats", "", "Authorization", "Bearer "+key); res.StatusCode != 200 {
		t.Errorf("a key whose use cannot be written down = %d %s", res.StatusCode, body)
	}
	trigger(t, x, "DROP TRIGGER full_messages")
	state := func() (state string) {
		db, err := sql.Open("sqlite", "file:"+x.s.store.Path())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.QueryRow("SELECT state FROM messages WHERE id = ?", id).Scan(&state); err != nil {
			t.Fatal(err)
		}
		return state
	}
	for range 1000 {
		if state() == "done" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("with room again the answer is %s", state())
}

// A generator that panics is an error of that request, also where it writes several answers.
func TestPanickingGenerator(t *testing.T) {
	c := openChat(t, Options{Generator: writerFunc(func(context.Context, *Request, func(Piece) error) (Result, error) { panic("a mistake of ours") })})
	res, body := ask(t, "POST", c.web.URL+"/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}],"n":3}`)
	if res.StatusCode != 500 || strings.Contains(body, "mistake") {
		t.Errorf("= %d %s", res.StatusCode, body)
	}
	a := c.ask(map[string]any{"key": "k", "text": "x", "mode": "plain"})
	if m := lastMessage(t, c.events(a.Answers[0].ID, "0")); m.State != "error" || m.Error == nil || m.Error.Code != "internal" {
		t.Errorf("message %+v", m)
	}
}

// A chat that is deleted while answers are written ends them.
func TestDeleteEndsRuns(t *testing.T) {
	var running atomic.Int32
	c := openChat(t, Options{Generator: endless(&running)})
	a := c.ask(map[string]any{"key": "k", "text": "Hi", "mode": "plain"})
	for running.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if res, _ := ask(t, "DELETE", c.web.URL+"/api/chats/"+c.chat, "", csrfHeader, c.csrf()); res.StatusCode != 204 || running.Load() != 0 {
		t.Errorf("deleted = %d, %d run on", res.StatusCode, running.Load())
	}
	if res, _ := ask(t, "GET", c.web.URL+"/api/messages/"+a.Answers[0].ID+"/events", ""); res.StatusCode != 404 {
		t.Errorf("events of a deleted chat = %d", res.StatusCode)
	}
}
