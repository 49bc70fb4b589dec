package serve

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"feilun/internal/fetch"
	"feilun/internal/store"
)

// runs are answers in the making.
type runs struct {
	ctx  context.Context // of all of them
	end  context.CancelCauseFunc
	all  sync.WaitGroup
	mu   sync.Mutex
	live map[string]*run // by message
	web  Searcher        // of the live web; nil for none

	suggestions atomic.Pointer[[]string] // nil until they are made
}

func (s *Server) setupRuns() error {
	s.runs.ctx, s.runs.end = context.WithCancelCause(context.Background())
	s.runs.live = map[string]*run{}
	s.runs.all.Go(func() {
		if all := s.suggest(s.runs.ctx); len(all) > 0 {
			s.runs.suggestions.Store(&all)
		}
	})
	if s.o.Searx == "" {
		return nil
	}
	searx, err := fetch.NewSearx(s.o.Searx)
	if err != nil {
		return err
	}
	if s.o.ReadPage == nil {
		return errors.New("nothing reads the pages that the web search finds")
	}
	s.runs.web = webSearcher{fetch.NewWeb(fetch.New(s.o.Fetch), searx, s.o.ReadPage, s.store)}
	return nil
}

// closeRuns ends all runs; their texts so far are kept.
func (s *Server) closeRuns() error {
	if s.runs.end != nil {
		s.runs.end(errClosing)
		s.runs.all.Wait()
	}
	return nil
}

// runRoutes start, stop and follow answers, and show their sources.
func (s *Server) runRoutes(mux *http.ServeMux) {
	for pattern, h := range map[string]handler{
		"GET /api/models":                 s.chatModels,
		"POST /api/chats/{id}/messages":   s.ask,
		"POST /api/messages/{id}/answers": s.again,
		"POST /api/messages/{id}/stop":    s.stop,
		"GET /api/messages/{id}/events":   s.follow,
		"GET /api/spans":                  s.span,
		"GET /source/{version}":           s.source,
	} {
		mux.HandleFunc(pattern, s.handle(h))
	}
}

// askBody is a question as the page sends it.
type askBody struct {
	Key     string        `json:"key"`
	Parent  string        `json:"parent"`
	Text    string        `json:"text"`
	Mode    string        `json:"mode"`
	Model   string        `json:"model"`
	Params  *store.Params `json:"params"`
	Compare *struct {
		Model string `json:"model"`
	} `json:"compare"`
}

// maxQuestion is how long a question may be, in bytes.
const maxQuestion = 256 << 10

func (s *Server) readAsk(w http.ResponseWriter, r *http.Request, question bool) (a askBody, err error) {
	if err := s.readJSON(w, r, &a); err != nil {
		return a, err
	}
	if a.Mode == "" {
		a.Mode = "plain"
	}
	a.Text = strings.ToValidUTF8(a.Text, "�")
	switch {
	case question && strings.TrimSpace(a.Text) == "":
		return a, badRequest("text", "a question has a text")
	case len(a.Text) > maxQuestion:
		return a, badRequest("text", "a question has at most %d bytes", maxQuestion)
	case a.Mode != "plain" && a.Mode != "corpus" && a.Mode != "web":
		return a, badRequest("mode", "mode is plain, corpus or web")
	case len(a.Key) > 100:
		return a, badRequest("key", "a key has at most 100 bytes")
	}
	return a, checkParams(a.Params)
}

// checkParams refuses settings that no model takes.
func checkParams(p *store.Params) error {
	if p == nil {
		return nil
	}
	within := func(name string, v *float64, low, high float64) error {
		if v != nil && !(*v >= low && *v <= high) {
			return badRequest("params."+name, "%s is from %g to %g", name, low, high)
		}
		return nil
	}
	if p.TopK != nil && *p.TopK < 0 || p.MaxTokens != nil && *p.MaxTokens < 1 {
		return badRequest("params", "top_k and max_tokens are not negative")
	}
	if len(p.Stop) > 16 || slices.Contains(p.Stop, "") || len(p.System) > maxQuestion {
		return badRequest("params", "at most 16 stops that are not empty, and %d bytes of system", maxQuestion)
	}
	return errors.Join(within("temperature", p.Temperature, 0, 5), within("top_p", p.TopP, 0, 1), within("min_p", p.MinP, 0, 1), within("repetition_penalty", p.RepetitionPenalty, 0, 10))
}
