package lessons

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"feilun/internal/store"
)

// A room is a database with one chat that may be used.
type room struct {
	t    *testing.T
	st   *store.Store
	chat string
	user string
}

func newRoom(t *testing.T) *room {
	r := &room{t: t, st: openStore(t), user: "ann"}
	r.check(r.st.SetConsent(t.Context(), r.user, store.ConsentImprove, "1"))
	r.open()
	return r
}

func openStore(t *testing.T) *store.Store {
	st, err := store.OpenServer(filepath.Join(t.TempDir(), "feilun.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// close takes back what a room of a store that others use may be used for.
func (r *room) close() {
	_, err := r.st.Withdraw(r.t.Context(), r.user, "", "1")
	r.check(err)
}

func (r *room) open() {
	c, err := r.st.AddChat(r.t.Context(), r.user, "", false, "")
	r.check(err)
	r.chat = c.ID
}

func (r *room) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) add(m store.Message) string {
	r.t.Helper()
	if m.State == "" {
		m.State = store.Done
	}
	_, _, err := r.st.AddMessages(r.t.Context(), r.user, "", r.chat, []*store.Message{&m})
	r.check(err)
	return m.ID
}

func (r *room) ask(parent, text string) string {
	return r.add(store.Message{Role: "user", Parent: parent, Text: text})
}

func (r *room) answer(parent, text string) string {
	return r.add(store.Message{Role: "assistant", Parent: parent, Text: text, Model: "house", Kind: "generated", Origin: store.Origin{Kind: "engine"}})
}

func (r *room) rate(id string, value int, better string, reasons ...string) {
	_, err := r.st.Rate(r.t.Context(), r.user, id, &store.Rating{Value: value, Reasons: reasons, Better: better})
	r.check(err)
}

func (r *room) collect(form string, o Options) *Set {
	r.t.Helper()
	if o.Mask == nil {
		o.Mask = func(s string) string { return s }
	}
	set, err := Collect(r.t.Context(), r.st, form, o)
	r.check(err)
	return set
}

// brief writes rows as "rule: prompt → chosen > rejected".
func brief(set *Set) string {
	var all []string
	last := func(ts []Turn) string { return ts[len(ts)-1].Content }
	for _, row := range set.Rows {
		switch v := row.Value.(type) {
		case *Example:
			all = append(all, fmt.Sprintf("%s: %s → %s", v.Rule, v.Messages[len(v.Messages)-2].Content, last(v.Messages)))
		case *Pair:
			all = append(all, fmt.Sprintf("%s: %s → %s > %s", v.Rule, last(v.Prompt), last(v.Chosen), last(v.Rejected)))
		case *Thumb:
			all = append(all, fmt.Sprintf("%s: %s → %s is %t", v.Rule, last(v.Prompt), last(v.Completion), v.Label))
		}
	}
	return strings.Join(all, "\n")
}

// TestRules goes through what becomes a row and what does not.
func TestRules(t *testing.T) {
	st, users := openStore(t), 0
	for name, tt := range map[string]struct {
		do            func(r *room)
		sft, dpo, kto string
		skipped       string // a reason that has to be told
	}{
		"nothing": {do: func(r *room) { r.answer(r.ask("", "q"), "a") }},
		"edit": {do: func(r *room) {
			_, err := r.st.EditAnswer(r.t.Context(), r.user, r.answer(r.ask("", "q"), "It is a wheel."), "It is a heavy wheel.")
			r.check(err)
		}, sft: "edit: q → It is a heavy wheel.", dpo: "edit: q → It is a heavy wheel. > It is a wheel."},
		"mere deletion": {do: func(r *room) {
			_, err := r.st.EditAnswer(r.t.Context(), r.user, r.answer(r.ask("", "q"), "It is, well, a heavy wheel."), "It is a wheel!")
			r.check(err)
		}, skipped: "an edit that only takes away"},
		"mere deletion in Chinese": {do: func(r *room) {
			_, err := r.st.EditAnswer(r.t.Context(), r.user, r.answer(r.ask("", "q"), "飞轮是一种很重的轮子。"), "飞轮是轮子。")
			r.check(err)
		}, skipped: "an edit that only takes away"},
		"better": {do: func(r *room) { r.rate(r.answer(r.ask("", "q"), "bad"), -1, "good one") },
			sft: "better: q → good one", dpo: "better: q → good one > bad", kto: "thumb: q → bad is false"},
		"thumb up": {do: func(r *room) { r.rate(r.answer(r.ask("", "q"), "a"), 1, "") }, kto: "thumb: q → a is true"},
		"thumb taken back": {do: func(r *room) {
			a := r.answer(r.ask("", "q"), "a")
			r.rate(a, 1, "")
			_, err := r.st.Rate(r.t.Context(), r.user, a, nil)
			r.check(err)
		}},
		"wrong citation":     {do: func(r *room) { r.rate(r.answer(r.ask("", "q"), "a"), -1, "", "unsupported") }, skipped: "a wrong citation, which is for the search to learn from"},
		"wrong and citation": {do: func(r *room) { r.rate(r.answer(r.ask("", "q"), "a"), -1, "", "unsupported", "wrong") }, kto: "thumb: q → a is false"},
		"regenerated, gone on": {do: func(r *room) {
			q := r.ask("", "q")
			r.answer(q, "old")
			r.ask(r.answer(q, "new"), "and?")
		}, dpo: "regenerate: q → new > old"},
		"regenerated, left": {do: func(r *room) {
			q := r.ask("", "q")
			r.answer(q, "old")
			r.answer(q, "new")
		}},
		"regenerated, gone on under both": {do: func(r *room) {
			q := r.ask("", "q")
			r.ask(r.answer(q, "old"), "so?")
			r.ask(r.answer(q, "new"), "and?")
		}},
		"regenerated, liked": {do: func(r *room) {
			q := r.ask("", "q")
			r.answer(q, "old")
			r.rate(r.answer(q, "new"), 1, "")
		}, dpo: "regenerate: q → new > old", kto: "thumb: q → new is true"},
		"regenerated after an error": {do: func(r *room) {
			q := r.ask("", "q")
			r.add(store.Message{Role: "assistant", Parent: q, State: store.Failed, Text: "ol"})
			r.ask(r.answer(q, "new"), "and?")
		}},
		"third party": {do: func(r *room) {
			a := r.add(store.Message{Role: "assistant", Parent: r.ask("", "q"), Text: "theirs", Model: "gpt", Origin: store.Origin{Kind: "upstream"}})
			r.rate(a, -1, "mine")
		}, sft: "better: q → mine", skipped: "outputs of a model of others"},
		"third party before": {do: func(r *room) {
			a := r.add(store.Message{Role: "assistant", Parent: r.ask("", "q"), Text: "theirs", Origin: store.Origin{Kind: "upstream"}})
			r.rate(r.answer(r.ask(a, "q2"), "ours"), 1, "better")
		}, skipped: "outputs of a model of others"},
		"extractive": {do: func(r *room) {
			a := r.add(store.Message{Role: "assistant", Parent: r.ask("", "q"), Text: "quote", Kind: "extractive"})
			r.rate(a, 1, "")
		}, skipped: "quotes of pages, which no model wrote"},
		"broken off": {do: func(r *room) {
			a := r.add(store.Message{Role: "assistant", Parent: r.ask("", "q"), State: store.Interrupted, Text: "hal"})
			r.rate(a, -1, "whole")
		}, skipped: "an answer that broke off"},
		"citations": {do: func(r *room) {
			a := r.add(store.Message{Role: "assistant", Parent: r.ask("", "q"), Text: "A wheel [1]. See [2].", Model: "house", Citations: []store.Citation{{N: 1, Source: 1}}, Origin: store.Origin{Kind: "engine"}})
			r.rate(a, 1, "")
		}, kto: "thumb: q → A wheel. See [2]. is true"},
		"twice": {do: func(r *room) {
			for range 2 {
				r.open()
				r.rate(r.answer(r.ask("", "q"), "a"), 1, "")
			}
		}, kto: "thumb: q → a is true", skipped: "the same row before"},
		"no consent": {do: func(r *room) {
			no := "no"
			r.rate(r.answer(r.ask("", "q"), "a"), 1, "x")
			_, err := r.st.ChangeChat(r.t.Context(), r.user, r.chat, store.ChatChange{Consent: &no})
			r.check(err)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			users++
			r := &room{t: t, st: st, user: fmt.Sprint("user", users)}
			r.check(st.SetConsent(t.Context(), r.user, store.ConsentImprove, "1"))
			defer r.close()
			r.open()
			tt.do(r)
			told := map[string]int{}
			for form, want := range map[string]string{SFT: tt.sft, DPO: tt.dpo, KTO: tt.kto} {
				set := r.collect(form, Options{})
				if got := brief(set); got != want {
					t.Errorf("%s:\n%s\nwant:\n%s", form, got, want)
				}
				for why, n := range set.Skipped {
					told[why] += n
				}
			}
			if tt.skipped != "" && told[tt.skipped] == 0 || tt.skipped == "" && len(told) > 0 {
				t.Errorf("left out %v, want %q", told, tt.skipped)
			}
		})
	}
}

func TestChoice(t *testing.T) {
	for choice, want := range map[string]string{"a": "choice: q → left > right", "b": "choice: q → right > left", "tie": "", "bad": ""} {
		r := newRoom(t)
		q := r.ask("", "q")
		a := r.add(store.Message{Role: "assistant", Parent: q, Text: "left", Side: "a", Model: "m1"})
		r.add(store.Message{Role: "assistant", Parent: q, Text: "right", Side: "b", Model: "m2"})
		_, err := r.st.Choose(t.Context(), r.user, a, choice, 100)
		r.check(err)
		set := r.collect(DPO, Options{})
		if got := brief(set); got != want {
			t.Errorf("choice %s: %s, want %s", choice, got, want)
		}
		if want != "" && set.Rows[0].Value.(*Pair).Position != choice {
			t.Errorf("position %+v", set.Rows[0].Value)
		}
		if c, err := Count(t.Context(), r.st); err != nil || len(c.Battles) != 1 || c.Battles[0] != (Battle{"m1", "m2", choice}) {
			t.Errorf("battles %+v, %v", c, err)
		}
	}
}

func TestOptions(t *testing.T) {
	r := newRoom(t)
	for i := range 5 {
		r.rate(r.answer(r.ask("", fmt.Sprint("q", i)), "a"), 1, "")
	}
	r.add(store.Message{Role: "assistant", Parent: r.ask("", "q"), Text: "theirs", Model: "gpt", Origin: store.Origin{Kind: "upstream"}, Rating: &store.Rating{Value: 1}})
	if set := r.collect(KTO, Options{PerUserDay: 3}); len(set.Rows) != 3 || set.Skipped["more rows of one user and day than allowed"] != 2 {
		t.Errorf("capped: %d rows, %v", len(set.Rows), set.Skipped)
	}
	set := r.collect(KTO, Options{ThirdParty: true})
	if len(set.Rows) != 6 {
		t.Fatalf("with third parties: %d rows", len(set.Rows))
	}
	origins := map[string]int{}
	for _, row := range set.Rows {
		origins[row.Value.(*Thumb).Origin]++
	}
	if origins["upstream:gpt"] != 1 || origins["model:house"] != 5 {
		t.Errorf("origins %v", origins)
	}
	if set := r.collect(KTO, Options{Publish: true}); len(set.Rows) != 0 {
		t.Errorf("published without consent: %d rows", len(set.Rows))
	}
	if _, err := Collect(t.Context(), r.st, KTO, Options{}); err == nil {
		t.Error("rows without a mask")
	}
	again := r.collect(KTO, Options{ThirdParty: true})
	one, _ := set.Lines()
	two, _ := again.Lines()
	if string(one) != string(two) {
		t.Error("the same rows twice differ")
	}
}

// TestFacts looks at events, questions and pages of a chat.
func TestFacts(t *testing.T) {
	r := newRoom(t)
	cited := func(parent string, url string) string {
		return r.add(store.Message{Role: "assistant", Parent: parent, Text: "x [1]", Model: "house", Mode: "corpus", Sources: []store.Source{{N: 1, URL: url, Title: "T"}}, Citations: []store.Citation{{N: 1, Source: 1}}})
	}
	q := r.ask("", "who?")
	good := cited(q, "http://good.example/")
	r.rate(good, 1, "")
	bad := cited(r.ask(good, "and?"), "http://bad.example/")
	r.rate(bad, -1, "", "wrong")
	r.check(r.st.Report(t.Context(), r.user, bad, 1, "not_said", "secret 1"))
	r.add(store.Message{Role: "assistant", Parent: r.ask(good, "When?"), Text: "The sources do not say.", Kind: "unanswered", Mode: "corpus"})
	r.open()
	r.add(store.Message{Role: "assistant", Parent: r.ask("", "when? "), State: store.Stopped, Text: "none", Kind: "unanswered", Mode: "corpus"})

	var pages []string
	for _, row := range r.collect(Pages, Options{}).Rows {
		p := row.Value.(*Page)
		pages = append(pages, fmt.Sprintf("%s %d %d %d", p.URL, p.Likes, p.Dislikes, p.Reports))
	}
	if got := strings.Join(pages, ", "); got != "http://good.example/ 1 0 0, http://bad.example/ 0 0 1" {
		t.Errorf("pages: %s", got)
	}
	questions := r.collect(Frontier, Options{})
	if len(questions.Rows) != 1 || questions.Rows[0].Value.(*Question).Count != 2 || len(questions.Rows[0].From) != 2 {
		t.Errorf("questions: %+v", questions.Rows)
	}
	kinds := map[string]int{}
	for _, row := range r.collect(Events, Options{Mask: func(s string) string { return strings.ReplaceAll(s, "secret", "[masked]") }}).Rows {
		h := row.Value.(*Happening)
		kinds[h.Kind]++
		if strings.Contains(fmt.Sprint(h), "secret") {
			t.Errorf("not masked: %+v", h)
		}
	}
	if got := fmt.Sprint(kinds); got != "map[continue:2 rate:2 rephrase:1 report:1 stop:1 unanswered:2]" {
		t.Errorf("events: %s", got)
	}
}

func TestDeletion(t *testing.T) {
	for _, tt := range []struct {
		edited, original string
		want             bool
	}{
		{"A wheel", "A heavy wheel.", true},
		{"a WHEEL!", "A heavy wheel.", true},
		{"A wheel heavy", "A heavy wheel.", false},
		{"A wheels", "A heavy wheel.", false},
		{"轮重", "很重的轮", false},
		{"很轮", "很重的轮", true},
		{"naïve é", "a naïve thing é", true},
		{"", "x", true},
	} {
		if got := deletion(tt.edited, tt.original); got != tt.want {
			t.Errorf("deletion(%q, %q) = %t", tt.edited, tt.original, got)
		}
	}
}
