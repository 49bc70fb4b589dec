package serve

import (
	"fmt"
	"testing"
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
