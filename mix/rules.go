package mix

import (
	"fmt"
	"slices"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/params"
)

// DecontaminateParams say what counts as a trace of a test and what becomes of
// it. Lengths are in words; a character of a script written without spaces is
// two thirds of a word, so that 13 words are 20 ideographs.
type DecontaminateParams struct {
	// Sets names the test sets: JSON lines (plain, gzip or zstd) or JSON arrays, one item each; patterns, separated by commas, or a list.
	Sets Paths `json:"sets" default:""`
	// Rule names the published rule whose values the other parameters start from: gpt3, palm, tulu, any.
	Rule string `json:"rule" default:"gpt3"`
	// Fields names the fields of an item that are searched for, each on its own; empty means every text in it but ids, labels and names of sources.
	Fields Paths `json:"fields" default:""`
	// Ngram is the number of words in a row that count as a trace.
	Ngram int `json:"ngram" default:"13" range:"1..100"`
	// Adapt takes the 5th percentile of the set's lengths (of an item, its longest field) for ngram where that is shorter, but no less than whole, as GPT-3.
	Adapt bool `json:"adapt" default:"true"`
	// Whole is the number of words from which a field shorter than ngram is searched for as a whole; 0 never does.
	Whole int `json:"whole" default:"8" range:"0..100"`
	// Sentence is the number of words from which an item with no longer field is found where its longest field, or one at least three quarters as long, stands as a sentence or line of its own; 0 never does.
	Sentence int `json:"sentence" default:"2" range:"0..100"`
	// MaxDocs is the number of documents above which a trace is taken for a common phrase and ignored; 0 ignores none.
	MaxDocs int `json:"max_docs" default:"10" range:"0.."`
	// Action is what becomes of a document with traces: cut or drop.
	Action string `json:"action" default:"cut"`
	// Around is how many characters go on both sides of a trace when it is cut.
	Around int `json:"around" default:"200" range:"0..1000000"`
	// MinPiece is the length in characters below which a piece between cuts goes too; a document with no piece left is dropped.
	MinPiece int `json:"min_piece" default:"200" range:"0.."`
	// MaxPieces is the number of pieces above which a document is dropped; 0 sets no limit.
	MaxPieces int `json:"max_pieces" default:"10" range:"0.."`
	// Overlap is, for drop, the part of one item's n-grams that must stand in a document to drop it; 0 drops it for a single one.
	Overlap float64 `json:"overlap" default:"0" range:"0..1"`
}

// Rules lists the published rules.
func Rules() []string { return []string{"gpt3", "palm", "tulu", "any"} }

// Rule returns the parameters of a published rule.
//
//   - gpt3 (arXiv 2005.14165, appendix C): 13 words, cut with 200 characters around.
//   - palm (arXiv 2204.02311, section 8): 70 % of an item's 8-grams in one document.
//   - tulu (arXiv 2411.15124, section 3.2): 8-grams over half of an item.
//   - any: one 13-gram drops the document.
//
// The last three drop documents and ignore no trace for being common.
func Rule(name string) (*DecontaminateParams, error) {
	p := &DecontaminateParams{}
	if err := params.Fill(p); err != nil {
		panic(err) // a default tag in this file is wrong
	}
	if name != "gpt3" {
		p.Action, p.MaxDocs, p.Adapt = "drop", 0, false
	}
	switch name {
	case "gpt3", "any":
	case "palm":
		p.Ngram, p.Overlap = 8, 0.7
	case "tulu":
		p.Ngram, p.Overlap = 8, 0.5
	default:
		err := fmt.Errorf("decontaminate.rule is %q; known are %s", name, strings.Join(Rules(), ", "))
		return nil, hint.With(hint.Usage(err), "each parameter of a rule can be changed: rule: palm, overlap: 0.5")
	}
	p.Rule = name
	return p, nil
}

// Check reports values that have no meaning, as usage errors.
func (p *DecontaminateParams) Check() error {
	switch {
	case len(p.Sets.List()) == 0:
		return hint.Usage(hint.With(fmt.Errorf("decontaminate: no test sets"), "name them: sets: eval/*.jsonl"))
	case p.Action != "cut" && p.Action != "drop":
		return hint.Usage(fmt.Errorf("decontaminate.action %q is neither cut nor drop", p.Action))
	case !slices.Contains(Rules(), p.Rule):
		return hint.Usage(fmt.Errorf("decontaminate.rule is %q; known are %s", p.Rule, strings.Join(Rules(), ", ")))
	}
	return nil
}

// metadata reports keys of items that hold no text of the test.
func metadata(key string) bool {
	key = strings.ToLower(key)
	if strings.HasSuffix(key, "id") || strings.HasSuffix(key, "_file") {
		return true
	}
	return slices.Contains([]string{"source", "subject", "split", "category", "label", "field", "type", "url", "license",
		"linguistics_term", "phenomenon", "dataset", "task", "lang", "language", "metadata"}, key)
}
