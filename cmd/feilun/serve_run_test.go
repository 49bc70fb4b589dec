package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestServeRun goes the way of a newcomer: the smallest recipe, and then the server on its folder. The model is a base model of 128
// tokens, so questions of the corpus are answered by quotes; what the page suggests has an answer; the run can be looked into.
func TestServeRun(t *testing.T) {
	dir := t.TempDir()
	var out strings.Builder
	if code := run([]string{"run", "tiny", "--out", dir, "--workers", "1"}, strings.NewReader(""), &out, io.Discard); code != 0 {
		t.Fatal(code)
	}
	if !strings.Contains(out.String(), "  feilun serve "+dir+"\n") {
		t.Errorf("the run does not say how to go on:\n%s", out.String())
	}
	s := serveProgram(t, dir)
	var me struct {
		Features    struct{ Corpus, Inspect bool }
		Suggestions []string
	}
	g, ok := visitServer(s.url)
	for range 500 {
		if ok = ok && g.call("GET", "api/me", nil, &me); len(me.Suggestions) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if !ok || !me.Features.Corpus || !me.Features.Inspect || len(me.Suggestions) != 4 {
		t.Fatalf("me: %t %+v\n%s", ok, me, s.said())
	}
	if models := getText(t, s.url+"api/models"); !strings.Contains(models, "a base model without chat template") {
		t.Errorf("models: %s", models)
	}
	for _, question := range me.Suggestions {
		if m := g.answered(t, question); m.State != "done" || m.Kind != "extractive" || len(m.Citations) == 0 {
			t.Errorf("%q: %+v", question, m)
		}
	}
	r, err := http.NewRequest("GET", s.url+"inspect/api/state", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Feilun-Key", "")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var state struct{ Recipe string }
	if err := json.NewDecoder(res.Body).Decode(&state); err != nil || state.Recipe != "tiny" {
		t.Errorf("the inspector's state: %d %+v (%v)", res.StatusCode, state, err)
	}
	if page := getText(t, s.url+"report"); !strings.Contains(page, "<title>") {
		t.Errorf("the report: %.200s", page)
	}
	if err := s.end(t); err != nil {
		t.Errorf("after a signal: %v", err)
	}
}

type answer struct {
	ID, State, Kind, Text string
	Citations             []struct{ Quote string }
}

// answered asks the corpus in a new chat and waits for the answer.
func (g guest) answered(t *testing.T, question string) (m answer) {
	t.Helper()
	var chat struct{ ID string }
	var sent struct{ Answers []answer }
	if !g.call("POST", "api/chats", map[string]any{}, &chat) || !g.call("POST", "api/chats/"+chat.ID+"/messages", map[string]any{"text": question, "mode": "corpus"}, &sent) {
		t.Fatalf("%q cannot be asked", question)
	}
	for m.State = "running"; m.State == "running"; time.Sleep(10 * time.Millisecond) {
		m = answer{}
		if !g.call("GET", "api/messages/"+sent.Answers[0].ID, nil, &m) {
			t.Fatalf("%q: the answer cannot be read", question)
		}
	}
	return m
}
