package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	mrand "math/rand/v2"
	"net/http"
	"slices"

	"feilun/internal/store"
)

// ask takes a question and starts its answers. It answers once question and answers are on disk.
func (s *Server) ask(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	body, err := s.readAsk(w, r, true)
	if err != nil {
		return err
	}
	q := &store.Message{ID: s.store.NewID(), Parent: body.Parent, Role: "user", Text: body.Text, State: store.Done, Mode: body.Mode}
	all, err := s.begin(r, a, &body, r.PathValue("id"), q, q.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"question": all[0].Shown(), "answers": shownAll(all[1:])})
	return nil
}

// again starts another answer to a question.
func (s *Server) again(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	body, err := s.readAsk(w, r, false)
	if err != nil {
		return err
	}
	q, err := s.store.Message(r.Context(), a.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	if q.Role != "user" {
		return badRequest("", "only a question is answered")
	}
	all, err := s.begin(r, a, &body, q.Chat, nil, q.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"answers": shownAll(all)})
	return nil
}

func shownAll(all []*store.Message) []*store.Message {
	out := make([]*store.Message, len(all))
	for i, m := range all {
		out[i] = m.Shown()
	}
	return out
}

// begin puts a question, unless it is there, and its answers on disk, and starts these. A key that was
// used before gives the messages of then, and starts nothing.
func (s *Server) begin(r *http.Request, a Actor, body *askBody, chat string, q *store.Message, parent string) ([]*store.Message, error) {
	ids := []string{body.Model}
	if body.Compare != nil {
		ids = append(ids, body.Compare.Model)
		if coin() {
			ids[0], ids[1] = ids[1], ids[0]
		}
	}
	var answers []*store.Message
	var models []Model
	for i, id := range ids {
		model, err := s.chosenModel(r.Context(), id, body.Mode)
		if err != nil {
			return nil, err
		}
		m := newAnswer(body, parent, model)
		if len(ids) > 1 {
			m.Side = [...]string{"a", "b"}[i]
		}
		answers, models = append(answers, m), append(models, model)
	}
	if err := compared(models); err != nil {
		return nil, err
	}
	dones, err := s.admitAll(r, a, len(answers))
	if err != nil {
		return nil, err
	}
	add := answers
	if q != nil {
		add = append([]*store.Message{q}, answers...)
	}
	all, fresh, err := s.store.AddMessages(r.Context(), a.ID, body.Key, chat, add)
	if err != nil || !fresh {
		for _, done := range dones {
			done(Result{})
		}
		return all, err
	}
	for i, m := range answers {
		s.start(a.ID, m, models[i], body.Params, dones[i])
	}
	return all, nil
}

// newAnswer is the message of an answer that is about to begin.
func newAnswer(body *askBody, parent string, model Model) *store.Message {
	seed := mrand.Int64N(1 << 53)
	if body.Params != nil && body.Params.Seed != nil {
		seed = *body.Params.Seed
	}
	return &store.Message{Parent: parent, Role: "assistant", State: store.Running, Mode: body.Mode, Model: model.ID, Params: body.Params, Seed: &seed,
		Origin: store.Origin{Kind: model.Kind, SHA: model.SHA, Template: model.Template}}
}

// compared refuses a pair of answers that would be the same.
func compared(models []Model) error {
	if len(models) == 2 && models[0].Kind == Extractive && models[1].Kind == Extractive {
		return badRequest("compare", "both answers would be the same quotes: compare models that write answers from sources")
	}
	return nil
}

// admitAll asks for n generations, or for none.
func (s *Server) admitAll(r *http.Request, a Actor, n int) (dones []func(Result), err error) {
	for range n {
		done, err := s.admit(r, a)
		if err != nil {
			for _, d := range dones {
				d(Result{})
			}
			return nil, err
		}
		dones = append(dones, done)
	}
	return dones, nil
}

// coin decides which of two answers stands left; it cannot be foreseen.
func coin() bool {
	var b [1]byte
	rand.Read(b[:])
	return b[0]&1 == 1
}

// stop ends an answer. It answers when nothing is generated any more and the text is on disk.
func (s *Server) stop(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if _, err := s.store.Message(r.Context(), a.ID, id); err != nil {
		return err
	}
	if live := s.running(id); live != nil {
		live.stop(errStopped)
		if err := live.wait(r.Context()); err != nil {
			return err
		}
	}
	m, err := s.store.Message(r.Context(), a.ID, id)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, m.Shown())
	return nil
}

// wait returns when the run has ended.
func (r *run) wait(ctx context.Context) error {
	for {
		_, more := r.since(0)
		if more == nil {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stopGone ends the answers of an owner: all, or those whose chats went with a session.
func (s *Server) stopGone(ctx context.Context, owner string, all bool) {
	s.runs.mu.Lock()
	live := slices.Collect(maps.Values(s.runs.live))
	s.runs.mu.Unlock()
	for _, r := range live {
		if r.owner != owner {
			continue
		}
		if _, err := s.store.Message(ctx, owner, r.m.ID); all || errors.Is(err, store.ErrNotFound) { // the id does not change
			r.stop(errStopped)
		}
	}
}

// stopChat ends the answers of a chat that was deleted.
func (s *Server) stopChat(ctx context.Context, chat string) error {
	s.runs.mu.Lock()
	var own []*run
	for _, r := range s.runs.live {
		if r.m.Chat == chat { // it does not change
			own = append(own, r)
		}
	}
	s.runs.mu.Unlock()
	for _, r := range own {
		r.stop(errStopped)
		if err := r.wait(ctx); err != nil {
			return fmt.Errorf("an answer of the chat did not end: %w", err)
		}
	}
	return nil
}
