package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// several is a generator of three models that cannot read sources, and of one that says it can and has no room.
type several struct{ writerFunc }

func (several) Models(context.Context) ([]Model, error) {
	return []Model{{ID: "base", Kind: "engine", Base: true, Context: 8192}, {ID: "short", Kind: "engine", Context: 128}, {ID: "known", Kind: "upstream", Context: 1024},
		{ID: "full", Kind: "upstream"}}, nil
}

// Models that cannot answer from sources have them quoted, and the list of models says so.
func TestModelsThatQuote(t *testing.T) {
	writes := writerFunc(func(_ context.Context, r *Request, emit func(Piece) error) (Result, error) {
		if r.Model == "full" {
			return Result{}, fmt.Errorf("%w: it always is", ErrContextFull)
		}
		return Result{Finish: "stop"}, emit(Piece{Text: "from " + r.Model})
	})
	c := openChat(t, Options{Generator: several{writes}, Searcher: harbour()})
	for i, id := range []string{"", "base", "short", "known", "full"} {
		a := c.ask(map[string]any{"key": fmt.Sprint(i), "text": "When was the harbour of Lorna built?", "mode": "corpus", "model": id})
		m := lastMessage(t, c.events(a.Answers[0].ID, "0"))
		model := Extractive
		if id == "full" {
			model = id // it was asked
		}
		if m.Kind != "extractive" || m.Model != model || len(m.Citations) == 0 || !strings.HasPrefix(m.Text, "Quoted from the sources:") {
			t.Errorf("model %q: %+v", id, m)
		}
	}
	a := c.ask(map[string]any{"key": "plain", "text": "Go on", "mode": "plain", "model": "base"})
	if m := lastMessage(t, c.events(a.Answers[0].ID, "0")); m.Text != "from base" || m.Kind != "generated" {
		t.Errorf("without sources: %+v", m)
	}
	var none struct{}
	if code := c.post("/api/chats/"+c.chat+"/messages", map[string]any{"text": "x", "mode": "corpus", "model": "base", "compare": map[string]string{"model": "short"}}, &none); code != 400 {
		t.Errorf("a comparison of quotes with quotes: %d", code)
	}
	for lang, want := range map[string][2]string{"en-GB": {"base model", "1024 tokens"}, "zh-CN": {"基础模型", "1024 个词元"}, "zh-TW": {"基礎模型", "1024 個詞元"}} {
		var list struct {
			Models []shownModel `json:"models"`
		}
		_, body := ask(t, "GET", c.web.URL+"/api/models", "", "Accept-Language", lang)
		if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Models) != 5 {
			t.Fatalf("models: %s (%v)", body, err)
		}
		if m := list.Models; !strings.Contains(m[0].Note, want[0]) || !strings.Contains(m[2].Note, want[1]) || m[3].Note != "" || m[4].Note != "" {
			t.Errorf("%s: notes %q, %q, %q, %q", lang, m[0].Note, m[2].Note, m[3].Note, m[4].Note)
		}
	}
	bare := openChat(t, Options{Generator: several{writes}})
	if _, body := ask(t, "GET", bare.web.URL+"/api/models", ""); strings.Contains(body, "note") {
		t.Errorf("without an index there is a note: %s", body)
	}
}
