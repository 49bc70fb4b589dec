package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A guest speaks the page's API. Errors are told by ok: the server may be killed at any moment.
type guest struct{ url, csrf string }

func visitServer(url string) (g guest, ok bool) {
	g.url = url
	var me struct{ CSRF string }
	ok = g.call("GET", "api/me", nil, &me)
	g.csrf = me.CSRF
	return g, ok
}

func (g guest) call(method, path string, body, into any) bool {
	b, _ := json.Marshal(body)
	r, err := http.NewRequest(method, g.url+path, bytes.NewReader(b))
	if err != nil {
		return false
	}
	r.Header.Set("X-Feilun-CSRF", g.csrf)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	b, err = io.ReadAll(res.Body)
	return err == nil && res.StatusCode == http.StatusOK && (into == nil || json.Unmarshal(b, into) == nil)
}

type said struct {
	ID, Text, State string
	Rating          *struct{ Text string }
}

// A ledger of what the server has acknowledged.
type acknowledged struct {
	mu       sync.Mutex
	asked    map[string]string // text by id
	finished map[string]string
	rated    map[string]string
}

func (a *acknowledged) note(m map[string]string, id, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m[id] = text
}

// begun waits until something is acknowledged: on a busy machine that takes its time.
func (a *acknowledged) begun() {
	for range 3000 {
		a.mu.Lock()
		n := len(a.asked)
		a.mu.Unlock()
		if n > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// talk asks and rates until the server is gone.
func (a *acknowledged) talk(url string, user int) {
	g, ok := visitServer(url)
	var chat struct{ ID string }
	if !ok || !g.call("POST", "api/chats", map[string]any{}, &chat) {
		return
	}
	for i := 0; ; i++ {
		text := fmt.Sprintf("question %d of %d: why?", i, user)
		var r struct {
			Question said
			Answers  []said
		}
		if !g.call("POST", "api/chats/"+chat.ID+"/messages", map[string]any{"key": fmt.Sprint(chat.ID, "-", i), "text": text, "mode": "plain"}, &r) {
			return
		}
		a.note(a.asked, r.Question.ID, text)
		a.note(a.asked, r.Answers[0].ID, "")
		var m said
		for m.State = "running"; m.State == "running"; {
			if !g.call("GET", "api/messages/"+r.Answers[0].ID, nil, &m) {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		if m.State == "done" {
			a.note(a.finished, m.ID, m.Text)
		}
		if !g.call("POST", "api/messages/"+m.ID+"/rating", map[string]any{"value": 1, "text": text}, nil) {
			return
		}
		a.note(a.rated, m.ID, text)
	}
}

func (a *acknowledged) check(t *testing.T, url string, try int) {
	t.Helper()
	g, ok := visitServer(url)
	if !ok {
		t.Fatalf("kill %d: the server does not answer", try)
	}
	for id, text := range a.asked {
		var m said
		if !g.call("GET", "api/messages/"+id, nil, &m) || m.State == "running" || text != "" && m.Text != text {
			t.Errorf("kill %d: message %s is %+v, want %q", try, id, m, text)
		}
		if text, ok := a.finished[id]; ok && (m.Text != text || m.State != "done") {
			t.Errorf("kill %d: answer %s is %+v, want %q", try, id, m, text)
		}
		if text, ok := a.rated[id]; ok && (m.Rating == nil || m.Rating.Text != text) {
			t.Errorf("kill %d: rating of %s is lost", try, id)
		}
	}
}

// TestKillServe kills the server under load at random moments, 5 times or FEILUN_KILLS; nothing that it acknowledged is lost.
func TestKillServe(t *testing.T) {
	tries, err := strconv.Atoi(os.Getenv("FEILUN_KILLS"))
	if err != nil {
		tries = 5
	}
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.jsonl")
	if err := os.WriteFile(rules, []byte(`{"match":"why","text":"Because {{last}} 因为。","repeat":8,"piece":12,"delay_ms":1}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--scripted", rules, "--data", filepath.Join(dir, "data")}
	total := 0
	a := &acknowledged{asked: map[string]string{}, finished: map[string]string{}, rated: map[string]string{}}
	for try := range tries {
		s := serveProgram(t, args...)
		if try > 0 {
			a.check(t, s.url, try)
			total += len(a.asked) + len(a.finished) + len(a.rated)
			a.asked, a.finished, a.rated = map[string]string{}, map[string]string{}, map[string]string{}
		}
		var wg sync.WaitGroup
		for user := range 12 {
			wg.Go(func() { a.talk(s.url, user) })
		}
		a.begun()
		time.Sleep(time.Duration(rand.IntN(800)) * time.Millisecond)
		if err := s.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		s.cmd.Wait()
		wg.Wait()
		http.DefaultClient.CloseIdleConnections()
	}
	s := serveProgram(t, args...)
	a.check(t, s.url, tries)
	total += len(a.asked) + len(a.finished) + len(a.rated)
	if t.Logf("%d kills, %d acknowledged messages, ends of answers and ratings", tries, total); total < tries {
		t.Error("next to nothing was acknowledged")
	}
	if err := s.end(t); err != nil {
		t.Error(err)
	}
}
