package serve

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"

	"feilun/internal/openai"
)

// embeddings answers with a vector for each text, as numbers or base64.
func (s *Server) embeddings(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	var q struct {
		Model    string          `json:"model"`
		Input    json.RawMessage `json:"input"`
		Encoding string          `json:"encoding_format"`
	}
	if err := s.readAPI(w, r, &q, "dimensions"); err != nil {
		return err
	}
	if q.Encoding = cmp.Or(q.Encoding, "float"); q.Encoding != "float" && q.Encoding != "base64" {
		return badRequest("encoding_format", "encoding_format is %q; it must be float or base64", q.Encoding)
	}
	m, err := s.model(r.Context(), q.Model)
	if err != nil {
		return err
	}
	texts, err := s.texts(r, m, "input", q.Input)
	if err != nil {
		return err
	}
	if slices.Contains(texts, "") {
		return badRequest("input", "an empty text has no vector")
	}
	vectors, n, err := s.embed(r, a, m, "input", texts)
	if err != nil {
		return err
	}
	out := openai.EmbeddingResponse{Object: "list", Model: m.ID, Usage: openai.Usage{Prompt: n, Total: n}, Data: []openai.Embedding{}}
	for i, v := range vectors {
		out.Data = append(out.Data, openai.Embedding{Index: i, Vector: v, Base64: q.Encoding == "base64"})
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// embed makes vectors of the texts of a field, and counts the tokens they took, where the model can count.
func (s *Server) embed(r *http.Request, a Actor, m Model, param string, texts []string) (vectors [][]float32, tokens int, err error) {
	done, err := s.admit(r, a)
	if err != nil {
		return nil, 0, err
	}
	defer func() { done(Result{PromptTokens: tokens}) }()
	vectors, tokens, err = s.o.Generator.Embed(r.Context(), m.ID, texts)
	if e, ok := errors.AsType[*Error](err); ok && e.Param == "" {
		about := *e
		about.Param = param
		err = &about
	}
	return vectors, tokens, err
}

// rerank orders documents by the likeness of their vectors to the question's, in the form of
// Jina and Cohere.
func (s *Server) rerank(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeSearch)
	if err != nil {
		return err
	}
	var q struct {
		Model     string            `json:"model"`
		Query     string            `json:"query"`
		Documents []json.RawMessage `json:"documents"`
		TopN      *int              `json:"top_n"`
		Return    bool              `json:"return_documents"`
	}
	if err := s.readAPI(w, r, &q); err != nil {
		return err
	}
	if q.Query == "" || len(q.Documents) == 0 || len(q.Documents) > s.o.Limits.Inputs {
		return badRequest("documents", "rerank needs a query and 1 to %d documents", s.o.Limits.Inputs)
	}
	texts, err := rerankTexts(q.Query, q.Documents)
	if err != nil {
		return err
	}
	m, err := s.model(r.Context(), q.Model)
	if err != nil {
		return err
	}
	vectors, n, err := s.embed(r, a, m, "documents", texts)
	if err != nil {
		return err
	}
	results := make([]rerankResult, len(q.Documents))
	for i := range results {
		results[i] = rerankResult{Index: i, Score: cosine(vectors[0], vectors[i+1])}
		if q.Return {
			results[i].Document = &rerankDocument{texts[i+1]}
		}
	}
	slices.SortStableFunc(results, func(a, b rerankResult) int { return cmp.Compare(b.Score, a.Score) })
	if q.TopN != nil && *q.TopN >= 0 {
		results = results[:min(*q.TopN, len(results))]
	}
	writeJSON(w, http.StatusOK, map[string]any{"id": newID("rerank-"), "model": m.ID, "results": results, "usage": openai.Usage{Prompt: n, Total: n}})
	return nil
}

type rerankDocument struct {
	Text string `json:"text"`
}

type rerankResult struct {
	Index    int             `json:"index"`
	Score    float64         `json:"relevance_score"`
	Document *rerankDocument `json:"document,omitempty"`
}

// rerankTexts returns the question and behind it the documents, each a text or an object with
// one.
func rerankTexts(query string, documents []json.RawMessage) ([]string, error) {
	texts := []string{query}
	for _, raw := range documents {
		var d rerankDocument
		if json.Unmarshal(raw, &d.Text) != nil && json.Unmarshal(raw, &d) != nil || d.Text == "" {
			return nil, badRequest("documents", "a document is a text, or an object with a text")
		}
		texts = append(texts, d.Text)
	}
	return texts, nil
}

// cosine is the likeness of two vectors of one length, from -1 to 1.
func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i, x := range a {
		y := float64(b[i])
		ab, aa, bb = ab+float64(x)*y, aa+float64(x)*float64(x), bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
