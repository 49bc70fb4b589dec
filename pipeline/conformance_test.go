package pipeline

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/crawl"
	"feilun/internal/corpus"
	"feilun/internal/ledger"
)

// A conformance case is a document at the edge of one step of one recipe. What
// it expects was computed by hand from the definition in the paper or the code
// that the recipe's comment names; cases that another program computed say so.
type conformCase struct {
	step    string // stage.key, such as filter.gopher_quality
	name    string
	doc     feilun.Doc
	rule    string // "" if the document stays
	value   float64
	limit   float64
	noValue bool   // value and limit are not part of the definition
	want    string // text after an edit; "" if the step changes nothing
}

// conformance gathers which sides of each step the cases of a recipe try.
type conformance map[string][2]bool // by step: kept, and dropped or edited

func (c conformance) saw(step string, kept bool) {
	sides := c[step]
	if kept {
		sides[0] = true
	} else {
		sides[1] = true
	}
	c[step] = sides
}

// conformSteps lists the steps of a recipe that decide on documents.
func conformSteps(r *Recipe) []string {
	var all []string
	if r.Crawl.WetTitle {
		all = append(all, "crawl.wet_title")
	}
	if len(r.Language.Keep) > 0 || r.Language.MinConfidence > 0 {
		all = append(all, "language")
	}
	for stage, steps := range map[string][]Step{"filter": r.Filter, "quality": r.Quality, "dedup": r.Dedup} {
		for _, s := range steps {
			all = append(all, stage+"."+s.Key)
		}
	}
	if r.Mix != nil {
		all = append(all, "mix")
		if r.Mix.Decontaminate != nil {
			all = append(all, "mix.decontaminate")
		}
	}
	slices.Sort(all)
	return all
}

// TestConformance holds every step of every published recipe to documents on
// both sides of its limits. A step without a case on either side fails.
func TestConformance(t *testing.T) {
	lists := conformLists(t)
	for _, name := range Names() {
		if name == "tiny" || name == "small" { // zh-web on the sample crawl; a model, with steps that others hold
			continue
		}
		t.Run(name, func(t *testing.T) {
			sets := slices.Clone(lists[name])
			r, err := Load(name, sets...)
			if err != nil {
				t.Fatal(err)
			}
			seen := conformance{}
			for _, c := range filterCases(name) {
				c.filter(t, r, seen)
			}
			conformCrawl(t, r, seen)
			conformLanguage(t, r, seen)
			conformQuality(t, r, seen)
			conformDedup(t, r, seen)
			conformMix(t, r, seen)
			for _, step := range conformSteps(r) {
				if seen[step] != [2]bool{true, true} {
					t.Errorf("step %s has cases: kept %v, dropped or edited %v; it needs both", step, seen[step][0], seen[step][1])
				}
			}
		})
	}
}

// filter runs a case through the recipe's own step.
func (c conformCase) filter(t *testing.T, r *Recipe, seen conformance) {
	t.Helper()
	key := strings.TrimPrefix(c.step, "filter.")
	one := Recipe{Name: r.Name, Crawl: r.Crawl, Extract: r.Extract}
	for _, s := range r.Filter {
		if s.Key == key {
			one.Filter = []Step{s}
		}
	}
	if len(one.Filter) == 0 {
		t.Errorf("%s: the recipe has no step %s", c.name, c.step)
		return
	}
	j, err := NewJudge(&one)
	if err != nil {
		t.Fatal(err)
	}
	d := c.doc
	if d.Language == "" {
		d.Language = "en"
	}
	if d.ID == "" {
		d.ID = c.name
	}
	before := d.Text
	_, v := j.Document(&d)
	where := fmt.Sprintf("%s %s", c.step, c.name)
	if v.Rule != c.rule || !c.noValue && c.rule != "" && (math.Abs(v.Value-c.value) > 1e-12 || v.Limit != c.limit) {
		t.Errorf("%s: rule %q, value %v, limit %v; want %q, %v, %v\n%.300q", where, v.Rule, v.Value, v.Limit, c.rule, c.value, c.limit, before)
	}
	want := c.want
	if want == "" && c.rule == "" {
		want = before
	}
	if c.rule == "" && d.Text != want {
		t.Errorf("%s: text %q, want %q", where, d.Text, want)
	}
	seen.saw(c.step, c.rule == "" && c.want == "")
}

// conformRun runs documents through a recipe and returns the texts that stay, by
// id, and the ledger's rows.
func conformRun(t *testing.T, r *Recipe, docs []feilun.Doc) (map[string]string, []ledger.Row) {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "in.jsonl")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := corpus.NewWriter(f, "jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for i := range docs {
		if err := w.Write(&docs[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	one := *r
	one.Crawl.Source, one.Crawl.Path, one.Output.Format = "jsonl", crawl.Paths(name), "jsonl"
	out := filepath.Join(dir, "out")
	if _, err := Run(t.Context(), &one, Options{Out: out, Workers: 2, Memory: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	return conformTexts(t, out), conformRows(t, out)
}

func conformTexts(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := corpus.Files(filepath.Join(dir, "corpus"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range files {
		for d, err := range corpus.Read(f) {
			if err != nil {
				t.Fatal(err)
			}
			texts[d.ID] = d.Text
		}
	}
	return texts
}

func conformRows(t *testing.T, dir string) []ledger.Row {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "ledger", "*.jsonl.zst"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []ledger.Row
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range ledger.Rows(f) {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
		f.Close()
	}
	return rows
}
