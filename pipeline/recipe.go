package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"feilun/crawl"
	"feilun/dedup"
	"feilun/evaluate"
	"feilun/extract"
	"feilun/filter"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/language"
	"feilun/mix"
	"feilun/quality"
	"feilun/tokenize"
	"feilun/train"

	"go.yaml.in/yaml/v4"
)

// A Recipe is what a run does, all values decided.
type Recipe struct {
	Name     string
	About    string
	Crawl    crawl.Params
	Extract  extract.Params
	Language language.Params
	Filter   []Step
	Quality  []Step
	Dedup    []Step
	Mix      *mix.Spec         // nil when the run ends with its own corpus
	Tokenize *tokenize.Params  // nil when the run ends with a corpus
	Train    *train.Params     // nil when it ends without a model
	Evaluate *evaluate.Section // nil when nothing is held out and nothing measured
	Output   OutputParams
	Needs    []Need // what a user must bring

	labelled []quality.Example // of Output.Labels, after prepare
	from     string            // shipped name or file, as given
	at       map[string]string // where keys stand, by path; see [Recipe.placed]
}

// A Step is one filter, edit, quality model or dedup method of a recipe.
type Step struct {
	Key       string   // as in the recipe: name, or name@languages
	Name      string   // of the filter, edit, kind of model or method
	Languages []string // the step looks at documents of these alone; empty means all
	Params    any      // pointer to the parameter struct
}

// OutputParams say how the corpus is written.
type OutputParams struct {
	// Format is the form of the corpus files: parquet or jsonl.
	Format string `json:"format" default:"parquet"`
	// PartSize is the text a corpus file holds before the next one begins.
	PartSize params.Size `json:"part_size" default:"256MiB"`
	// Sample is how many characters of a dropped document its ledger row keeps.
	Sample int `json:"sample" default:"300" range:"0..100000"`
	// Scores adds a column to the corpus: the score that the last quality step gave the document, null where no step looked at it.
	Scores bool `json:"scores" default:"false"`
	// Labels is a file of JSON lines with text and label (1 or true for good, 0 or false for bad) on which the report draws precision and recall of the quality steps.
	Labels string `json:"labels" default:""`
}

// Load reads a recipe by shipped name or path, with its bases, and lays
// overrides of the form key=value over it. Errors name line and key.
func Load(recipe string, overrides ...string) (*Recipe, error) {
	tree, name, err := readTree(recipe, 0)
	if err != nil {
		return nil, err
	}
	for _, o := range overrides {
		key, value, ok := strings.Cut(o, "=")
		if !ok || key == "" {
			return nil, hint.Usage(fmt.Errorf("--set %q: want key=value, such as filter.length.min_words=50", o))
		}
		where := fmt.Sprintf("--set %q", o)
		over, err := parseTree([]byte(key+": "+value), where)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		merge(tree, over)
	}
	r := &Recipe{Name: name, from: recipe, at: map[string]string{}}
	r.places(tree, "")
	if err := r.build(tree); err != nil {
		return nil, hint.Usage(fmt.Errorf("recipe %s: %w", recipe, err))
	}
	return r, nil
}

func (r *Recipe) build(tree *yaml.Node) error {
	for _, p := range []any{&r.Crawl, &r.Extract, &r.Language, &r.Output} {
		if err := params.Fill(p); err != nil {
			panic(err) // a default tag is wrong
		}
	}
	kv, err := pairs(tree, "a recipe")
	if err != nil {
		return err
	}
	for _, p := range kv {
		if err := r.section(p[0], p[1]); err != nil {
			return err
		}
	}
	if r.Output.Format != "parquet" && r.Output.Format != "jsonl" {
		return fmt.Errorf("%s: output: format %q is neither parquet nor jsonl", r.at["output.format"], r.Output.Format)
	}
	r.expand()
	if err := r.checkEvaluate(); err != nil {
		return fmt.Errorf("%s: %w", r.place("evaluate", err), err)
	}
	return nil
}

func (r *Recipe) section(key, value *yaml.Node) error {
	switch key.Value {
	case "name":
		return phrase(&r.Name, key, value)
	case "about":
		return phrase(&r.About, key, value)
	case "crawl":
		return set(&r.Crawl, value, "crawl")
	case "extract":
		return set(&r.Extract, value, "extract")
	case "language":
		return set(&r.Language, value, "language")
	case "needs":
		return r.needs(value, "")
	case "output":
		return set(&r.Output, value, "output")
	case "filter":
		return steps(&r.Filter, value, "filter", filter.New, filterNames())
	case "mix":
		if isOff(value) {
			r.Mix = nil
			return nil
		}
		m, err := mix.Section(value)
		if err != nil {
			return inMix(key, err)
		}
		r.Mix = m
	case "tokenize":
		return section(&r.Tokenize, value, "tokenize")
	case "train":
		return section(&r.Train, value, "train")
	case "evaluate":
		return section(&r.Evaluate, value, "evaluate")
	case "quality":
		return steps(&r.Quality, value, "quality", quality.New, quality.Names())
	case "dedup":
		return steps(&r.Dedup, value, "dedup", dedup.New, dedup.Names())
	default:
		return unknownSection(key)
	}
	return nil
}

// phrase reads a text for people.
func phrase(out *string, key, value *yaml.Node) error {
	if value.Kind != yaml.ScalarNode {
		return fmt.Errorf("%s: %s takes words", at(key), key.Value)
	}
	*out = strings.TrimSpace(value.Value)
	return nil
}

// section reads the parameters of a stage that a recipe need not have.
func section[T any](out **T, n *yaml.Node, what string) error {
	if isOff(n) {
		*out = nil
		return nil
	}
	*out = filled(new(T))
	if n.Kind == yaml.ScalarNode && (n.Value == "" || n.Value == "on" || n.Value == "true") {
		return nil
	}
	return set(*out, n, what)
}

func unknownSection(key *yaml.Node) error {
	if s, ok := stageNamed(key.Value); ok {
		return hint.With(fmt.Errorf("%s: stage %q is not built into runs", at(key), s.Word),
			fmt.Sprintf("take the step out of the recipe; it is a command of its own: feilun %s --help", s.Word))
	}
	if key.Value == "base" { // of files it is gone by now
		return hint.With(fmt.Errorf("%s: a base stands in the file of a recipe alone", at(key)), "name the other recipe in place of this one")
	}
	known := []string{"name", "about", "base", "crawl", "extract", "language", "filter", "quality", "dedup", "mix", "tokenize", "train", "evaluate", "output", "needs"}
	err := fmt.Errorf("%s: unknown key %q; known are %s", at(key), key.Value, strings.Join(known, ", "))
	if near := params.Nearest(key.Value, known); near != "" {
		return hint.With(err, fmt.Sprintf("did you mean %q?", near))
	}
	return err
}

func filterNames() []string {
	var names []string
	for _, f := range filter.All() {
		names = append(names, filter.Name(f))
	}
	for _, e := range filter.Edits() {
		names = append(names, filter.Name(e))
	}
	return names
}

// steps reads the steps of a stage in the order they stand.
func steps(out *[]Step, n *yaml.Node, stage string, create func(string) any, known []string) error {
	if isOff(n) {
		*out = nil
		return nil
	}
	kv, err := pairs(n, stage)
	if err != nil {
		return err
	}
	for _, p := range kv {
		if isOff(p[1]) {
			continue
		}
		name, langs, limited := strings.Cut(p[0].Value, "@")
		if limited && langs == "" {
			return fmt.Errorf("%s: %s: name languages after the @, such as %szh+en", at(p[0]), p[0].Value, p[0].Value)
		}
		if limited && stage == "dedup" {
			return fmt.Errorf("%s: %s: dedup compares documents of all languages: take @%s away", at(p[0]), p[0].Value, langs)
		}
		ptr := create(name)
		if ptr == nil {
			err := fmt.Errorf("%s: %s has no step %q; known are %s", at(p[0]), stage, name, strings.Join(known, ", "))
			if near := params.Nearest(name, known); near != "" {
				return hint.With(err, fmt.Sprintf("did you mean %q?", near))
			}
			return err
		}
		if !(p[1].Kind == yaml.ScalarNode && (p[1].Value == "on" || p[1].Value == "true")) {
			if err := set(ptr, p[1], stage+"."+p[0].Value); err != nil {
				return err
			}
		}
		s := Step{Key: p[0].Value, Name: name, Params: ptr}
		if langs != "" {
			s.Languages = strings.Split(langs, "+")
		}
		*out = append(*out, s)
	}
	return nil
}

// Hash identifies the recipe's meaning.
func (r *Recipe) Hash() string {
	return digest.Of(r.YAML())
}

// applies reports whether the step looks at documents of this language, which
// steps may name with its script: zh, zh-Hant.
func (s *Step) applies(language, script string) bool {
	return len(s.Languages) == 0 || slices.Contains(s.Languages, language) || slices.Contains(s.Languages, language+"-"+script)
}

// SetInput replaces what the recipe reads by files, folders or patterns.
func (r *Recipe) SetInput(path string) {
	r.Crawl.Path = crawl.Paths(path)
	delete(r.at, "crawl.path")
}
