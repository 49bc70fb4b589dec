package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Extractive is the id of the model that only quotes.
const Extractive = "extractive"

// shownModel is a model as the page sees it.
type shownModel struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Kind    string       `json:"kind"`
	Context int          `json:"context,omitempty"`
	Trained *shownCorpus `json:"trained,omitempty"`
	Note    string       `json:"note,omitempty"`
}

type shownCorpus struct {
	Corpus string `json:"corpus"`
}

func (s *Server) chatModels(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.actor(r, ScopeChat); err != nil {
		return err
	}
	all, err := s.models(r.Context())
	if err != nil && !s.searches() {
		return err // where there is an index, it can be quoted from
	}
	answer := struct {
		Models  []shownModel `json:"models"`
		Default string       `json:"default,omitempty"`
	}{Models: []shownModel{}}
	for _, m := range all {
		v := shownModel{ID: m.ID, Name: m.Name, Kind: m.Kind, Context: m.Context}
		if m.Corpus != "" {
			v.Trained = &shownCorpus{m.Corpus}
		}
		if s.searches() {
			v.Note = quotesNote(m, wordsFor(r).Lang)
		}
		answer.Models = append(answer.Models, v)
	}
	if s.searches() {
		answer.Models = append(answer.Models, shownModel{ID: Extractive, Name: Extractive, Kind: Extractive})
	}
	if len(answer.Models) > 0 {
		answer.Default = answer.Models[0].ID
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (s *Server) searches() bool { return s.o.Searcher != nil || s.runs.web != nil }

// searcher is what finds passages in a mode; nil for none.
func (s *Server) searcher(mode string) Searcher {
	switch mode {
	case "corpus":
		return s.o.Searcher
	case "web":
		return s.runs.web
	}
	return nil
}

// chosenModel checks that a model can answer in a mode. From sources, one that does not read them is replaced by [Extractive].
func (s *Server) chosenModel(ctx context.Context, id, mode string) (Model, error) {
	if mode != "plain" && s.searcher(mode) == nil {
		return Model{}, badRequest("mode", "this server has nothing to search for %s", mode)
	}
	quotes := Model{ID: Extractive, Name: Extractive, Kind: Extractive}
	switch {
	case id == Extractive && mode == "plain":
		return Model{}, badRequest("model", "it only quotes: choose a corpus or the web to quote from")
	case id == Extractive:
		return quotes, nil
	}
	m, err := s.model(ctx, id)
	if err != nil && id == "" && mode != "plain" && (errors.Is(err, ErrNoModel) || errors.Is(err, ErrUpstream)) {
		return quotes, nil
	}
	if err == nil && mode != "plain" && !m.reads() {
		return quotes, nil
	}
	return m, err
}

// leastCited is how many tokens a model's context must hold to read sources: the rules of [cite.NewPrompt], one passage
// with what stands around it (some 4 kB, in Chinese up to 1,500 tokens), the question, and an answer.
const leastCited = 2048

// reads reports whether a model can be asked to answer from sources: it has a chat template, by which it is told
// what to do, and a context that holds some, or of unknown size. For others sources are quoted.
func (m Model) reads() bool { return !m.Base && (m.Context == 0 || m.Context >= leastCited) }

// quotesNote says why a model does not answer from sources; "" for one that does.
func quotesNote(m Model, lang string) string {
	switch {
	case m.reads():
		return ""
	case m.Base:
		return map[string]string{"en": "a base model without chat template: with sources, these are quoted instead", "zh-Hans": "没有对话模板的基础模型：查找资料时只摘录原文",
			"zh-Hant": "沒有對話模板的基礎模型：查找資料時只摘錄原文"}[lang]
	}
	return fmt.Sprintf(map[string]string{"en": "its context of %d tokens is too small for sources: these are quoted instead", "zh-Hans": "上下文只有 %d 个词元，放不下资料：查找资料时只摘录原文",
		"zh-Hant": "上下文只有 %d 個詞元，放不下資料：查找資料時只摘錄原文"}[lang], m.Context)
}
