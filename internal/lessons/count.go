package lessons

import (
	"context"
	"time"

	"feilun/internal/store"
)

// Counts are how much there is of what may be used.
type Counts struct {
	Users   int              `json:"users"`
	Chats   int              `json:"chats"`
	Answers int              `json:"answers"`
	Kinds   map[string]int   `json:"kinds"` // up, down, better, edit, choice, report, regenerate, unanswered
	Models  map[string]Tally `json:"models"`
	Reasons map[string]int   `json:"reasons"` // of ratings, and of reports
	Days    map[string]int   `json:"days"`    // events by UTC date
	Battles []Battle         `json:"-"`
}

// A Tally counts what was said of a model.
type Tally struct {
	Answers int `json:"answers"`
	Up      int `json:"up"`
	Down    int `json:"down"`
}

// A Battle is a blind choice between two models.
type Battle struct {
	A, B   string // names
	Choice string // a, b, tie or bad
}

// Count counts.
func Count(ctx context.Context, st *store.Store) (*Counts, error) {
	c := &Counts{Kinds: map[string]int{}, Models: map[string]Tally{}, Reasons: map[string]int{}, Days: map[string]int{}}
	users := map[string]bool{}
	err := st.Consented(ctx, func(r *store.Record) error {
		users[r.User] = true
		c.Chats++
		for _, m := range r.Chat.Messages {
			c.answer(m)
		}
		t := newChat(r, &Options{}, nil)
		for _, m := range r.Chat.Messages {
			if m.Role == "assistant" && t.regenerated(m) != nil {
				c.Kinds["regenerate"]++
			}
		}
		for _, e := range r.Events {
			c.event(&e)
		}
		return nil
	})
	c.Users = len(users)
	return c, err
}

func (c *Counts) answer(m *store.Message) {
	if m.Role != "assistant" || m.Blind() {
		return
	}
	if m.Edited != "" {
		c.Kinds["edit"]++
		return
	}
	c.Answers++
	t := c.Models[m.Model]
	t.Answers++
	if r := m.Rating; r != nil {
		if r.Value > 0 {
			t.Up++
			c.Kinds["up"]++
		} else {
			t.Down++
			c.Kinds["down"]++
		}
		if r.Better != "" {
			c.Kinds["better"]++
		}
		for _, why := range r.Reasons {
			c.Reasons[why]++
		}
	}
	c.Models[m.Model] = t
	if m.Kind == "unanswered" {
		c.Kinds["unanswered"]++
	}
}

func (c *Counts) event(e *store.Event) {
	c.Days[e.Created.Format(time.DateOnly)]++
	switch {
	case e.Kind == store.EventReport:
		c.Kinds["report"]++
		c.Reasons[e.Why]++
	case e.Kind == store.EventChoose && e.A != nil && e.B != nil:
		c.Kinds["choice"]++
		c.Battles = append(c.Battles, Battle{e.A.Model, e.B.Model, e.Choice})
	}
}
