package serve

import (
	"cmp"
	"encoding/json"
	"net/http"
	"unicode/utf8"
)

// texts reads a field that is a text, texts, a list of tokens, or lists of tokens; tokens are
// turned to text.
func (s *Server) texts(r *http.Request, m Model, param string, raw json.RawMessage) ([]string, error) {
	var one string
	var many []string
	var ids []int
	var lists [][]int
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, badRequest(param, "%s is missing", param)
	case json.Unmarshal(raw, &one) == nil:
		many = []string{one}
	case json.Unmarshal(raw, &many) == nil:
	case json.Unmarshal(raw, &ids) == nil:
		many, lists = nil, [][]int{ids}
	case json.Unmarshal(raw, &lists) == nil:
		many = nil
	default:
		return nil, badRequest(param, "%s must be a text, a list of texts, or a list of tokens", param)
	}
	for _, list := range lists {
		b, err := s.detokenized(r, m.ID, list)
		if err != nil {
			return nil, err
		}
		if !utf8.Valid(b) {
			return nil, badRequest(param, "these tokens make no text: they end or begin inside a character")
		}
		many = append(many, string(b))
	}
	if len(many) == 0 || len(many) > s.o.Limits.Inputs {
		return nil, badRequest(param, "%s has %d texts; it must have 1 to %d", param, len(many), s.o.Limits.Inputs)
	}
	return many, nil
}

func (s *Server) detokenized(r *http.Request, model string, ids []int) ([]byte, error) {
	d, ok := s.o.Generator.(Detokenizer)
	if !ok {
		return nil, Unsupported("tokens", "this model takes texts, not tokens")
	}
	return d.Detokenize(r.Context(), model, ids)
}

// tokenize cuts a text into tokens. It reads the bodies of llama.cpp (content, with_pieces) and of vLLM
// (prompt), and answers in both forms at once.
func (s *Server) tokenize(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.actor(r, ScopeChat); err != nil {
		return err
	}
	var q struct {
		Model      string  `json:"model"`
		Content    *string `json:"content"`
		Prompt     *string `json:"prompt"`
		WithPieces bool    `json:"with_pieces"`
		TokenStrs  bool    `json:"return_token_strs"`
	}
	if err := s.readAPI(w, r, &q, "messages"); err != nil {
		return err
	}
	text := cmp.Or(q.Content, q.Prompt)
	if text == nil {
		return badRequest("content", "content, the text to cut, is missing")
	}
	m, err := s.model(r.Context(), q.Model)
	if err != nil {
		return err
	}
	tokens, err := s.o.Generator.Tokens(r.Context(), m.ID, *text)
	if err != nil {
		return err
	}
	ids, strs, pieces := make([]int, len(tokens)), make([]string, len(tokens)), make([]tokenPiece, len(tokens))
	for i, t := range tokens {
		ids[i], strs[i], pieces[i] = t.ID, tokenText(t.Bytes), pieceOf(t)
	}
	out := map[string]any{"tokens": ids, "count": len(ids), "max_model_len": m.Context}
	if q.WithPieces {
		out["tokens"] = pieces
	}
	if q.TokenStrs {
		out["token_strs"] = strs
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// A tokenPiece is a token as llama.cpp shows it.
type tokenPiece struct {
	ID    int `json:"id"`
	Piece any `json:"piece"` // text, or bytes of a part of a character
}

func pieceOf(t Token) tokenPiece {
	if utf8.Valid(t.Bytes) {
		return tokenPiece{t.ID, string(t.Bytes)}
	}
	list := make([]int, len(t.Bytes))
	for k, b := range t.Bytes {
		list[k] = int(b)
	}
	return tokenPiece{t.ID, list}
}

// detokenize joins tokens. What makes no character is shown as U+FFFD.
func (s *Server) detokenize(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.actor(r, ScopeChat); err != nil {
		return err
	}
	var q struct {
		Model  string `json:"model"`
		Tokens []int  `json:"tokens"`
	}
	if err := s.readAPI(w, r, &q); err != nil {
		return err
	}
	m, err := s.model(r.Context(), q.Model)
	if err != nil {
		return err
	}
	b, err := s.detokenized(r, m.ID, q.Tokens)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]string{"content": string(b), "prompt": string(b)})
	return nil
}
