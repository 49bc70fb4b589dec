package lessons

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"feilun/internal/store"
)

// A chat is a record with its tree.
type chat struct {
	r        *store.Record
	o        *Options
	set      *Set
	byID     map[string]*store.Message
	children map[string][]*store.Message
	when     map[string]time.Time // of the last event about a message
}

func newChat(r *store.Record, o *Options, set *Set) *chat {
	c := &chat{r, o, set, map[string]*store.Message{}, map[string][]*store.Message{}, map[string]time.Time{}}
	for _, m := range r.Chat.Messages {
		c.byID[m.ID] = m
		c.children[m.Parent] = append(c.children[m.Parent], m)
	}
	for _, e := range r.Events {
		c.when[e.Message] = e.Created
	}
	return c
}

// A verdict is what a user said: that good is preferred to bad, or alone what is good or bad. Text is what the user wrote
// in place of good's own.
type verdict struct {
	rule, strength string
	good, bad      *store.Message
	text           string
	created        time.Time
	position       string
}

// lessons makes rows of the verdicts about the answers of a chat.
func (c *chat) lessons() {
	for _, m := range c.r.Chat.Messages {
		if m.Role != "assistant" {
			continue
		}
		if m.Edited != "" {
			c.learn(verdict{rule: "edit", strength: "strong", good: m, bad: c.byID[m.Edited], text: m.Text, created: m.Created})
		}
		if r := m.Rating; r != nil {
			if r.Better != "" {
				c.learn(verdict{rule: "better", strength: "strong", bad: m, text: r.Better, created: c.when[m.ID]})
			}
			c.thumb(m)
		}
		if old := c.regenerated(m); old != nil {
			c.learn(verdict{rule: "regenerate", strength: "weak", good: m, bad: old, created: m.Created})
		}
	}
	for _, e := range c.r.Events {
		if e.Kind != store.EventChoose || e.A == nil || e.B == nil {
			continue
		}
		a, b := c.byID[e.A.Message], c.byID[e.B.Message]
		switch e.Choice {
		case "a":
			c.learn(verdict{rule: "choice", strength: "strong", good: a, bad: b, created: e.Created, position: "a"})
		case "b":
			c.learn(verdict{rule: "choice", strength: "strong", good: b, bad: a, created: e.Created, position: "b"})
		}
	}
}

// regenerated returns the answer that m was asked for in place of, when the user went on under m, or liked it, and not
// under the other: asking again alone says little.
func (c *chat) regenerated(m *store.Message) *store.Message {
	if m.Edited != "" || m.Side != "" || m.State != store.Done || !c.wentOn(m) {
		return nil
	}
	var old *store.Message
	for _, s := range c.children[m.Parent] {
		if s.ID == m.ID {
			break
		}
		if s.Role == "assistant" && s.Edited == "" && s.Side == "" && (s.State == store.Done || s.State == store.Stopped) {
			old = s
		}
	}
	if old == nil || c.wentOn(old) {
		return nil
	}
	return old
}

func (c *chat) wentOn(m *store.Message) bool {
	return len(c.children[m.ID]) > 0 || m.Rating != nil && m.Rating.Value > 0
}

// learn makes a pair, and of what a user wrote an example.
func (c *chat) learn(v verdict) {
	if v.bad == nil || v.good == nil && v.text == "" || c.set.Form == KTO || c.set.Form == SFT && v.text == "" {
		return
	}
	var good string
	if v.text == "" {
		good = store.WithoutMarkers(v.good)
	} else {
		good = store.WithoutMarkers(&store.Message{Text: v.text, Citations: v.bad.Citations})
	}
	bad := store.WithoutMarkers(v.bad)
	switch {
	case strings.TrimSpace(good) == "" || strings.TrimSpace(bad) == "":
		c.set.skip("an empty answer")
	case v.text != "" && deletion(good, bad):
		c.set.skip("an edit that only takes away")
	case squeeze(good) == squeeze(bad):
		c.set.skip("both answers are the same")
	case v.bad.Kind == "extractive" || v.text == "" && v.good.Kind == "extractive":
		c.set.skip("quotes of pages, which no model wrote")
	case v.text == "" && !usable(v.good) || !usable(v.bad):
		c.set.skip("an answer that broke off")
	default:
		c.emit(v, good, bad)
	}
}

func usable(m *store.Message) bool { return m.State == store.Done || m.State == store.Stopped }

func (c *chat) emit(v verdict, good, bad string) {
	prompt, ok := c.prompt(v.bad)
	human := v.text != ""
	if !ok {
		c.set.skip("a conversation that broke off before")
		return
	}
	third := c.thirdParty(v.bad.Parent) || v.rule == "edit" && upstream(v.bad)
	if c.set.Form == DPO {
		third = third || upstream(v.bad) || !human && upstream(v.good)
	}
	if third && !c.o.ThirdParty {
		c.set.skip("outputs of a model of others")
		return
	}
	about := c.about(v.rule, v.strength, v.bad)
	about.Position = v.position
	if about.Origin = "human"; !human {
		about.Origin = origin(v.good)
	}
	if v.good != nil {
		about.Messages = append(about.Messages, v.good.ID)
	}
	g, b := c.turn("assistant", good), c.turn("assistant", bad)
	if c.set.Form == SFT {
		if human {
			c.add(&Example{append(prompt, g), about}, v.created, fmt.Sprint(prompt, g))
		}
		return
	}
	c.add(&Pair{prompt, []Turn{g}, []Turn{b}, prompt, g, b, about}, v.created, fmt.Sprint(prompt, g, b))
}

// thumb makes a row of a rating by itself.
func (c *chat) thumb(m *store.Message) {
	if c.set.Form != KTO {
		return
	}
	switch reasons := m.Rating.Reasons; {
	case m.Rating.Value == 0:
		return
	case m.Rating.Value < 0 && len(reasons) == 1 && reasons[0] == "unsupported":
		c.set.skip("a wrong citation, which is for the search to learn from")
		return
	case m.Kind == "extractive":
		c.set.skip("quotes of pages, which no model wrote")
		return
	case m.State != store.Done || m.Edited != "":
		c.set.skip("an answer that broke off, or was edited")
		return
	case (upstream(m) || c.thirdParty(m.Parent)) && !c.o.ThirdParty:
		c.set.skip("outputs of a model of others")
		return
	}
	prompt, ok := c.prompt(m)
	if !ok {
		c.set.skip("a conversation that broke off before")
		return
	}
	about := c.about("thumb", "strong", m)
	about.Origin = origin(m)
	answer := c.turn("assistant", store.WithoutMarkers(m))
	dialog := append(slices.Clone(prompt), answer)
	c.add(&Thumb{prompt, []Turn{answer}, m.Rating.Value > 0, dialog, about}, c.when[m.ID], fmt.Sprint(prompt, answer))
}

func (c *chat) add(value any, created time.Time, key string) {
	if created.IsZero() {
		created = c.r.Chat.Created
	}
	c.set.Rows = append(c.set.Rows, Row{Value: value, From: []Source{{c.r.User, c.r.Chat.ID}}, created: created, user: c.r.User, key: key})
}

func (c *chat) turn(role, text string) Turn { return Turn{role, c.o.Mask(text)} }

// prompt is the conversation before an answer. It is false when an answer in it has no text.
func (c *chat) prompt(m *store.Message) (turns []Turn, ok bool) {
	for at := c.byID[m.Parent]; at != nil; at = c.byID[at.Parent] {
		text := store.WithoutMarkers(at)
		if strings.TrimSpace(text) == "" || at.Role == "assistant" && !usable(at) && at.State != store.Interrupted {
			return nil, false
		}
		turns = append(turns, c.turn(at.Role, text))
	}
	if m.Params != nil && m.Params.System != "" {
		turns = append(turns, c.turn("system", m.Params.System))
	}
	slices.Reverse(turns)
	return turns, len(turns) > 0
}

// thirdParty reports whether an answer on the way from the root to a message is of a model of others.
func (c *chat) thirdParty(id string) bool {
	for at := c.byID[id]; at != nil; at = c.byID[at.Parent] {
		if upstream(at) {
			return true
		}
	}
	return false
}

func upstream(m *store.Message) bool { return m.Role == "assistant" && m.Origin.Kind == "upstream" }

func origin(m *store.Message) string {
	if upstream(m) {
		return "upstream:" + m.Model
	}
	return "model:" + m.Model
}

func (c *chat) about(rule, strength string, m *store.Message) About {
	a := About{Rule: rule, Strength: strength, Model: m.Model, SHA: m.Origin.SHA, Template: m.Origin.Template, Mode: m.Mode,
		Scope: c.r.Scope, Policy: c.r.Policy, Messages: []string{m.ID}, Spans: []string{}}
	if m.Seed != nil {
		a.Seed = strconv.FormatInt(*m.Seed, 10)
	}
	for _, q := range m.Citations {
		for _, s := range m.Sources {
			if s.N == q.Source {
				a.Spans = append(a.Spans, fmt.Sprintf("%s:%d-%d", s.Version, q.Start, q.End))
			}
		}
	}
	return a
}

// squeeze leaves out white space, which is no difference.
func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }

// deletion reports whether an edit only takes words away, which says what is too much but not what is better. Characters
// of scripts without spaces count as words.
func deletion(edited, original string) bool {
	rest := pieces(original)
	for _, p := range pieces(edited) {
		i := slices.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}

// pieces cuts a text into words, in lower case and without marks.
func pieces(text string) []string {
	var all []string
	word := func(w string) {
		if w != "" {
			all = append(all, strings.ToLower(w))
		}
	}
	from := 0
	for i, r := range text {
		han := unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
		if !han && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)) {
			continue
		}
		word(text[from:i])
		from = i + len(string(r))
		if han {
			all = append(all, string(r))
		}
	}
	word(text[min(from, len(text)):])
	return all
}
