package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// An acknowledged thing was answered with 200: it must be there after a kill.
type acknowledged struct {
	what  string
	chat  string
	holds func(chat pageChat) bool
}

// A pageChat is what the page's API tells of a chat.
type pageChat struct {
	Messages []pageMessage `json:"messages"`
}

type pageMessage struct {
	ID     string `json:"id"`
	Role   string `json:"role"`
	Text   string `json:"text"`
	State  string `json:"state"`
	Rating *struct {
		Value int `json:"value"`
	} `json:"rating"`
}

func (c pageChat) message(id string) *pageMessage {
	for i := range c.Messages {
		if c.Messages[i].ID == id {
			return &c.Messages[i]
		}
	}
	return nil
}

// A pageUser speaks the API of the chat page.
type pageUser struct{ url, csrf string }

// call sends a request and reads the answer into out. Not ok is any error, of the network as
// well.
func (u *pageUser) call(method, path string, in, out any) (ok bool) {
	b, err := json.Marshal(in)
	if err != nil {
		return false
	}
	r, err := http.NewRequest(method, u.url+path, strings.NewReader(string(b)))
	if err != nil {
		return false
	}
	r.Header.Set("X-Feilun-CSRF", u.csrf)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	b, err = io.ReadAll(res.Body)
	return err == nil && res.StatusCode == http.StatusOK && json.Unmarshal(b, out) == nil
}

// login finds out who one is on a server without accounts.
func login(t *testing.T, url string) *pageUser {
	t.Helper()
	u := &pageUser{url: url}
	var me struct{ CSRF string }
	if !u.call("GET", "api/me", nil, &me) || me.CSRF == "" {
		t.Fatal("the server does not say who asks")
	}
	u.csrf = me.CSRF
	return u
}

// killTries is how often the server is killed: twice, or FEILUN_KILLS times.
func killTries(t *testing.T) int {
	if text := os.Getenv("FEILUN_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 2
}

// A server that is killed at any moment under load keeps every message and rating that it has
// answered for.
func TestServeKill(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "script.jsonl")
	putFile(t, script, []byte(`{"match":"slow","text":"{{last}} ","repeat":50,"delay_ms":10}`+"\n"))
	args := []string{"--scripted", script, "--data", filepath.Join(dir, "data")}
	var all []acknowledged
	for try := range killTries(t) {
		s := serveProgram(t, args...)
		u := login(t, s.url)
		checkAcknowledged(t, u, all)
		if t.Failed() {
			return
		}
		all = all[max(0, len(all)-200):] // older ones have been seen after a restart
		var group sync.WaitGroup
		var mu sync.Mutex
		for worker := range 8 {
			group.Go(func() {
				for n := 0; ; n++ {
					acks, ok := killWork(u, fmt.Sprintf("try %d worker %d message %d", try, worker, n))
					mu.Lock()
					all = append(all, acks...)
					mu.Unlock()
					if !ok {
						return
					}
				}
			})
		}
		time.Sleep(time.Duration(200+rand.IntN(600)) * time.Millisecond)
		s.cmd.Process.Kill()
		s.cmd.Wait()
		group.Wait()
	}
	s := serveProgram(t, args...)
	checkAcknowledged(t, login(t, s.url), all)
	t.Logf("%d things acknowledged of late, all there", len(all))
	if len(all) == 0 {
		t.Error("nothing was acknowledged before the kills")
	}
}

// killWork writes a message, another that takes its time, and a rating, and returns what was
// acknowledged. It is not ok when the server is gone.
func killWork(u *pageUser, text string) (acks []acknowledged, ok bool) {
	var chat struct{ ID string }
	if !u.call("POST", "api/chats", struct{}{}, &chat) {
		return nil, false
	}
	var turn struct {
		Question pageMessage
		Answers  []pageMessage
	}
	if !u.call("POST", "api/chats/"+chat.ID+"/messages", map[string]any{"key": text, "text": text, "mode": "plain"}, &turn) || len(turn.Answers) != 1 {
		return nil, false
	}
	id, answer := turn.Question.ID, turn.Answers[0].ID
	acks = append(acks, acknowledged{"message " + text, chat.ID, func(c pageChat) bool {
		m := c.message(id)
		return m != nil && m.Text == text && c.message(answer) != nil && c.message(answer).State != "running"
	}})
	var m pageMessage
	for m.State != "done" {
		if !u.call("GET", "api/messages/"+answer, nil, &m) {
			return acks, false
		}
	}
	acks = append(acks, acknowledged{"answer to " + text, chat.ID, func(c pageChat) bool {
		m := c.message(answer)
		return m != nil && m.State == "done" && m.Text == text
	}})
	if !u.call("POST", "api/messages/"+answer+"/rating", map[string]any{"value": 1}, &m) {
		return acks, false
	}
	acks = append(acks, acknowledged{"rating of the answer to " + text, chat.ID, func(c pageChat) bool {
		m := c.message(answer)
		return m != nil && m.Rating != nil && m.Rating.Value == 1
	}})
	slow := "slow " + text
	if !u.call("POST", "api/chats/"+chat.ID+"/messages", map[string]any{"key": slow, "parent": answer, "text": slow, "mode": "plain"}, &turn) {
		return acks, false
	}
	id2 := turn.Question.ID
	return append(acks, acknowledged{"message " + slow, chat.ID, func(c pageChat) bool { m := c.message(id2); return m != nil && m.Text == slow }}), true
}

func checkAcknowledged(t *testing.T, u *pageUser, all []acknowledged) {
	t.Helper()
	for _, a := range all {
		var c pageChat
		if !u.call("GET", "api/chats/"+a.chat, nil, &c) || !a.holds(c) {
			t.Errorf("lost: %s (chat %s: %+v)", a.what, a.chat, c)
		}
	}
}
