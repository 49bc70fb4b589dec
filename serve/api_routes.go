package serve

import (
	"net/http"
	"time"

	"feilun/internal/openai"
)

// apiRoutes are what programs use: OpenAI's API and the state of the server.
func (s *Server) apiRoutes(mux *http.ServeMux) {
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request) error{
		"POST /v1/chat/completions": s.chatCompletions,
		"POST /v1/completions":      s.completions,
		"POST /v1/responses":        s.responses,
		"POST /v1/embeddings":       s.embeddings,
		"POST /v1/rerank":           s.rerank,
		"GET /v1/models":            s.listModels,
		"GET /v1/models/{id...}":    s.showModel,
		"POST /tokenize":            s.tokenize,
		"POST /detokenize":          s.detokenize,
		"GET /health":               s.health,
		"GET /version":              s.version,
		"GET /metrics":              s.showMetrics,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := handle(w, r); err != nil {
				s.failOpenAI(w, r, err)
			}
		})
	}
}

// failOpenAI answers a request of the API for programs with an error.
func (s *Server) failOpenAI(w http.ResponseWriter, r *http.Request, err error) {
	e := s.explain(r, err)
	retryAfter(w, e)
	writeJSON(w, e.Status, openAIError(e))
}

// openAIError writes an error in OpenAI's form, with its words for types and codes.
func openAIError(e *Error) any {
	type body struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    *string `json:"code"`
	}
	code, kind := e.Code, "invalid_request_error"
	switch e.Code {
	case "bad_request":
		code = ""
	case "not_logged_in":
		code = "invalid_api_key"
	case "context_full":
		code = "context_length_exceeded"
	case "too_large":
		code = "request_too_large"
	case "rate_limited":
		code, kind = "rate_limit_exceeded", "rate_limit_error"
	case "busy":
		code, kind = "overloaded", "server_error"
	case "upstream", "internal":
		code, kind = e.Code+"_error", "server_error"
	}
	b := body{Message: e.Message, Type: kind}
	if e.Param != "" {
		b.Param = &e.Param
	}
	if code != "" {
		b.Code = &code
	}
	return map[string]body{"error": b}
}

func (s *Server) listModels(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.actor(r, ScopeChat); err != nil {
		return err
	}
	all, err := s.models(r.Context())
	if err != nil {
		return err
	}
	list := openai.ModelList{Object: "list", Data: []openai.Model{}}
	for _, m := range all {
		list.Data = append(list.Data, wireModel(m))
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

func wireModel(m Model) openai.Model {
	return openai.Model{ID: m.ID, Object: "model", Created: m.Created, OwnedBy: m.Kind, MaxModelLen: m.Context}
}

func (s *Server) showModel(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.actor(r, ScopeChat); err != nil {
		return err
	}
	m, err := s.model(r.Context(), r.PathValue("id"))
	if err == nil {
		writeJSON(w, http.StatusOK, wireModel(m))
	}
	return err
}

// health is 503 while the models cannot be told.
func (s *Server) health(w http.ResponseWriter, r *http.Request) error {
	all, err := s.models(r.Context())
	if err != nil {
		return &Error{Status: http.StatusServiceUnavailable, Code: "busy", Message: "the model is not there yet", RetryAfter: 5 * time.Second}
	}
	writeJSON(w, http.StatusOK, map[string]any{"status": "ok", "models": len(all)})
	return nil
}

func (s *Server) version(w http.ResponseWriter, r *http.Request) error {
	writeJSON(w, http.StatusOK, map[string]string{"version": s.o.Version})
	return nil
}

// showMetrics is for admins, and on a server without accounts for everybody.
func (s *Server) showMetrics(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeAdmin)
	if err != nil {
		return err
	}
	if a.Role != RoleAdmin && a.Role != RoleLocal {
		return &Error{Status: http.StatusForbidden, Code: "forbidden", Message: "metrics are for admins"}
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	waiting := 0
	if g, ok := s.o.Generator.(waiter); ok {
		waiting = g.Waiting()
	}
	s.metrics.write(w, waiting)
	return nil
}
