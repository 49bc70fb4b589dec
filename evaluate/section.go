package evaluate

import (
	"fmt"
	"path"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/params"
)

// A Section is what a recipe says about evaluation: which documents of its corpus
// no training sees, and what its model is measured on.
type Section struct {
	// HoldOut is the share of the corpus's documents that vocabulary and training never see, for bits for each byte of text that is new to the model. 0 holds out none.
	HoldOut float64 `json:"hold_out" default:"0.05" range:"0..0.5"`
	// Choose says which documents these are: last (the last ones of each input file in its order, such as the last chapters of a book, at least one of each file that has two) or draw (by a hash of the id).
	Choose string `json:"choose" default:"last"`
	// Size is how much of the text held out is measured at most, in bytes; of more, a part is drawn by document.
	Size params.Size `json:"size" default:"16MiB"`
	// Groups are rows of the report that sum up text held out by the file it came from, each as NAME=PATTERN PATTERN, such as "chapters=*.txt *.epub".
	Groups params.List `json:"groups" default:"[]"`
	// Text lists more text to measure on, each as NAME=PATH: files or folders of any form that crawl reads. It has to be new to the model; what of it stands in the training text is reported.
	Text params.List `json:"text" default:"[]"`
	// Order is the order of the n-gram models that the model is compared with on the same text, in modified Kneser-Ney smoothing, one of the model's tokens, one of characters, one of bytes. 0 compares with none.
	Order int `json:"order" default:"5" range:"0..8"`
	// Data is the folder with the tasks' files. Empty asks no tasks.
	Data string `json:"data" default:""`
	// Tasks names the tasks; none takes all whose files are there.
	Tasks params.List `json:"tasks" default:"[]"`
	// Form is how questions with options are asked: cloze or letter.
	Form string `json:"form" default:"cloze"`
	// Shots is how many solved questions of the same subject stand before each question, where a task has some set apart.
	Shots int `json:"shots" default:"0" range:"0..64"`
	// Limit is how many items of a task are taken, evenly over all. 0 takes every one.
	Limit int `json:"limit" default:"0" range:"0.."`
	// Prompts are the beginnings of samples in the report; an empty one begins a document.
	Prompts params.List `json:"prompts" default:"[\"\",\"中国\",\"The\"]"`
	// SampleTokens is how long a sample is at most, in tokens.
	SampleTokens int `json:"sample_tokens" default:"120" range:"1..4096"`
	// Seed decides samples, drawn documents and the draws of intervals.
	Seed uint64 `json:"seed" default:"1"`
}

// The ways of choosing documents to hold out.
const (
	Last = "last"
	Draw = "draw"
)

// Check reports values that have no meaning, as usage errors.
func (s *Section) Check() error {
	if s.Choose != Last && s.Choose != Draw {
		return hint.Usage(fmt.Errorf("evaluate.choose is %q: want %s or %s", s.Choose, Last, Draw))
	}
	for _, g := range s.Groups {
		name, patterns, ok := strings.Cut(g, "=")
		if _, err := path.Match(patterns, ""); !ok || name == "" || err != nil {
			return hint.Usage(fmt.Errorf("evaluate.groups: %q is not NAME=PATTERN", g))
		}
	}
	for _, text := range s.Text {
		if name, path, ok := strings.Cut(text, "="); text == "" || ok && (name == "" || path == "") {
			return hint.Usage(fmt.Errorf("evaluate.text: %q is not NAME=PATH", text))
		}
	}
	if _, err := named(s.Tasks); err != nil {
		return fmt.Errorf("evaluate.tasks: %w", err)
	}
	return nil
}

// Group returns the first group that a source belongs to, or "".
func (s *Section) Group(source string) string {
	for _, g := range s.Groups {
		name, patterns, _ := strings.Cut(g, "=")
		for p := range strings.FieldsSeq(patterns) {
			if ok, _ := path.Match(p, source); ok {
				return name
			}
		}
	}
	return ""
}

// Params are the parameters of the tasks and measurements.
func (s *Section) Params() *Params {
	p := &Params{}
	if err := params.Fill(p); err != nil {
		panic(err) // a default tag is wrong
	}
	p.Tasks, p.Form, p.Shots, p.Limit, p.Seed = s.Tasks, s.Form, s.Shots, s.Limit, s.Seed
	return p
}
