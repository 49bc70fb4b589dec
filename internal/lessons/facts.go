package lessons

import (
	"slices"
	"strings"
	"time"

	"feilun/internal/store"
)

// A Happening is something that happened to an answer, with its texts masked. Beside the kinds of the store: regenerate,
// continue, rephrase (another wording of a question), stop, unanswered.
type Happening struct {
	ID       string    `json:"id" parquet:"id"`
	Kind     string    `json:"kind" parquet:"kind"`
	Created  time.Time `json:"created" parquet:"created,timestamp"`
	Message  string    `json:"message" parquet:"message"`
	Other    string    `json:"other,omitempty" parquet:"other"` // the message it turned to: edit, regenerate, rephrase
	Question string    `json:"question" parquet:"question"`
	Answer   string    `json:"answer" parquet:"answer"`
	Next     string    `json:"next,omitempty" parquet:"next"`     // text of other
	Detail   string    `json:"detail,omitempty" parquet:"detail"` // JSON of what the user said, and of how answers came to be
	Scope    string    `json:"scope" parquet:"scope"`
	Policy   string    `json:"policy" parquet:"policy"`
}

func (c *chat) happen(h Happening, m *store.Message) {
	h.Message, h.Scope, h.Policy = m.ID, c.r.Scope, c.r.Policy
	if m.Role == "assistant" {
		h.Answer = c.o.Mask(m.Text)
		if q := c.byID[m.Parent]; q != nil {
			h.Question = c.o.Mask(q.Text)
		}
	} else {
		h.Question = c.o.Mask(m.Text)
	}
	if o := c.byID[h.Other]; o != nil {
		h.Next = c.o.Mask(o.Text)
	}
	c.add(&h, h.Created, h.Kind+" "+m.ID+" "+h.Other+" "+h.Created.Format(time.RFC3339Nano))
}

// happenings lists events, and what the tree tells.
func (c *chat) happenings() {
	c.told()
	c.grown()
}

// told are the events that are kept as such.
func (c *chat) told() {
	for _, e := range c.r.Events {
		m := c.byID[e.Message]
		if m == nil {
			continue
		}
		d := e.EventData
		d.Text = c.o.Mask(d.Text)
		if r := d.Rating; r != nil {
			masked := *r
			masked.Text, masked.Better = c.o.Mask(r.Text), c.o.Mask(r.Better)
			d.Rating = &masked
		}
		for _, s := range []**store.Snapshot{&d.Answer, &d.A, &d.B} {
			*s = c.masked(*s)
		}
		detail, err := Line(d)
		if err != nil {
			panic(err) // plain fields that came from JSON
		}
		c.happen(Happening{Kind: e.Kind, Created: e.Created, Other: e.Edited, Detail: strings.TrimSpace(string(detail))}, m)
	}
}

// grown are those that the tree tells.
func (c *chat) grown() {
	last := map[string]*store.Message{} // of the messages that were made by asking, by parent and role
	for _, m := range c.r.Chat.Messages {
		if m.Role == "user" {
			if old := last[m.Parent+" user"]; old != nil {
				c.happen(Happening{Kind: "rephrase", Created: m.Created, Other: m.ID}, old)
			}
			if a := c.byID[m.Parent]; a != nil {
				c.happen(Happening{Kind: "continue", Created: m.Created, Other: m.ID}, a)
			}
			last[m.Parent+" user"] = m
			continue
		}
		if m.Edited == "" && m.Side == "" {
			if old := last[m.Parent]; old != nil {
				c.happen(Happening{Kind: "regenerate", Created: m.Created, Other: m.ID}, old)
			}
			last[m.Parent] = m
		}
		if m.State == store.Stopped {
			c.happen(Happening{Kind: "stop", Created: m.Created}, m)
		}
		if m.Kind == "unanswered" {
			c.happen(Happening{Kind: "unanswered", Created: m.Created}, m)
		}
	}
}

// masked is a snapshot whose own instruction to the model is masked: a user wrote it.
func (c *chat) masked(s *store.Snapshot) *store.Snapshot {
	if s == nil || s.Params == nil || s.Params.System == "" {
		return s
	}
	out, p := *s, *s.Params
	p.System = c.o.Mask(p.System)
	out.Params = &p
	return &out
}

// A Question had no answer in the sources: what to crawl for.
type Question struct {
	ID    string    `json:"id" parquet:"id"`
	Text  string    `json:"question" parquet:"question"`
	Mode  string    `json:"mode" parquet:"mode"` // corpus or web
	Count int       `json:"count" parquet:"count"`
	First time.Time `json:"first" parquet:"first,timestamp"`
	Last  time.Time `json:"last" parquet:"last,timestamp"`
}

func (c *chat) questions(merged map[string]int) {
	for _, m := range c.r.Chat.Messages {
		q := c.byID[m.Parent]
		if m.Kind != "unanswered" || q == nil {
			continue
		}
		key := strings.ToLower(squeeze(q.Text)) + " " + m.Mode
		row, fresh := c.merge(merged, key, m.Created)
		if fresh {
			row.Value = &Question{Text: squeeze(c.o.Mask(q.Text)), Mode: m.Mode, First: m.Created, Last: m.Created}
		}
		v := row.Value.(*Question)
		v.Count++
		if m.Created.Before(v.First) {
			v.First = m.Created
		}
		if m.Created.After(v.Last) {
			v.Last = m.Created
		}
	}
}

// A Page is cited by answers that were liked, or disliked. Its columns are those of a document without text, so that
// programs that read documents find the address.
type Page struct {
	ID       string `json:"id" parquet:"id"`
	URL      string `json:"url" parquet:"url"`
	Title    string `json:"title" parquet:"title"`
	Likes    int    `json:"likes" parquet:"likes"`
	Dislikes int    `json:"dislikes" parquet:"dislikes"`
	Reports  int    `json:"reports" parquet:"reports"` // citations that users called wrong
}

// pages counts each page once an answer.
func (c *chat) pages(merged map[string]int) {
	for _, m := range c.r.Chat.Messages {
		var likes, dislikes int
		switch {
		case m.Rating != nil && m.Rating.Value > 0, m.Chosen:
			likes = 1
		case m.Rating != nil && m.Rating.Value < 0 && slices.ContainsFunc(m.Rating.Reasons, func(r string) bool { return r == "wrong" || r == "unsupported" }):
			dislikes = 1
		}
		wrong := map[int]bool{}
		for _, e := range c.r.Events {
			if e.Kind == store.EventReport && e.Message == m.ID {
				wrong[e.N] = true
			}
		}
		seen := map[int]bool{}
		for _, q := range m.Citations {
			if seen[q.Source] || likes+dislikes == 0 && !wrong[q.N] {
				continue
			}
			i := slices.IndexFunc(m.Sources, func(s store.Source) bool { return s.N == q.Source })
			if i < 0 || m.Sources[i].URL == "" {
				continue
			}
			seen[q.Source] = true
			row, fresh := c.merge(merged, m.Sources[i].URL, m.Created)
			if fresh {
				row.Value = &Page{URL: m.Sources[i].URL, Title: m.Sources[i].Title}
			}
			v := row.Value.(*Page)
			if wrong[q.N] {
				v.Reports++
			} else {
				v.Likes, v.Dislikes = v.Likes+likes, v.Dislikes+dislikes
			}
		}
	}
}

// merge finds the row of a key, which several chats may have made.
func (c *chat) merge(merged map[string]int, key string, created time.Time) (row *Row, fresh bool) {
	i, ok := merged[key]
	if !ok {
		i = len(c.set.Rows)
		merged[key] = i
		c.set.Rows = append(c.set.Rows, Row{created: created, key: key})
	}
	row = &c.set.Rows[i]
	if s := (Source{c.r.User, c.r.Chat.ID}); !slices.Contains(row.From, s) {
		row.From = append(row.From, s)
	}
	return row, !ok
}
