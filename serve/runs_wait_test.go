package serve

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Answers that wait for a model tell their places, which fall as others end; then they are written.
func TestAnswersWait(t *testing.T) {
	g := tinyEngine(t, EngineOptions{Running: 1})
	c := openChat(t, Options{Generator: g})
	if err := g.queue.enter(t.Context(), "somebody", nil); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := range 3 {
		a := c.ask(map[string]any{"key": fmt.Sprint("k", i), "text": "Hi", "mode": "plain", "params": map[string]any{"max_tokens": 4}})
		ids = append(ids, a.Answers[0].ID)
		for g.Waiting() <= i {
			time.Sleep(time.Millisecond)
		}
	}
	stages := func(id string) (all []string) {
		events, _ := c.s.running(id).since(0)
		for _, e := range events {
			if e.name == "stage" {
				all = append(all, string(e.data))
			}
		}
		return all
	}
	tells := func(id, stage string) {
		t.Helper()
		for range 500 {
			if slices.Contains(stages(id), stage) {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%s was never told; only %s", stage, strings.Join(stages(id), " "))
	}
	place := func(n int) string { return fmt.Sprintf(`{"position":%d,"stage":"queue"}`, n) }
	for i, id := range ids {
		tells(id, place(i+1))
	}
	if code := c.post("/api/messages/"+ids[1]+"/stop", nil, new(any)); code != 200 {
		t.Errorf("stop: %d", code)
	}
	tells(ids[2], place(2))
	g.queue.leave()
	for i, want := range []string{`{"stage":"queue"} {"stage":"write"} ` + place(1) + ` {"stage":"write"}`, `{"stage":"queue"} {"stage":"write"} ` + place(2), ""} {
		m := lastMessage(t, c.events(ids[i], "0"))
		got := stages(ids[i])
		if s := strings.Join(got, " "); want != "" && s != want || got[len(got)-1] != `{"stage":"write"}` && i != 1 {
			t.Errorf("answer %d: stages %s", i, s)
		}
		if want := map[bool]string{true: "stopped", false: "done"}[i == 1]; m.State != want {
			t.Errorf("answer %d: %s, %+v", i, m.State, m.Error)
		}
	}
}
