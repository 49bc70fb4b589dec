package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/filter"
	"feilun/internal/hint"
)

func load(t testing.TB, text string) (*Recipe, error) {
	name := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return Load(name)
}

func TestShippedRecipes(t *testing.T) {
	t.Setenv("FEILUN_DATA", "") // what small reads is not there
	for _, name := range Names() {
		r, err := Load(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.About == "" || r.Name != name {
			t.Errorf("%s: name %q, about %q", name, r.Name, r.About)
		}
		switch err := r.Check(t.Context()); {
		case err == nil && len(r.Needs) > 0:
			t.Errorf("%s: runs without what its user has to bring", name)
		case err != nil:
			for _, n := range r.Needs { // one error about all of them
				if !hint.IsUsage(err) || !strings.Contains(err.Error(), n.Key) || !strings.Contains(err.Error(), n.What) {
					t.Errorf("%s: %v; want a usage error that names %s", name, err, n.Key)
				}
			}
			if len(r.Needs) == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
		again, err := load(t, string(r.YAML()))
		if err != nil {
			t.Errorf("%s printed and read again: %v", name, err)
			continue
		}
		if again.Hash() != r.Hash() {
			t.Errorf("%s is another recipe when printed and read again", name)
		}
	}
}

func TestBaseAndOverride(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	write("under.yaml", "about: under\nfilter:\n  status: {}\n  soft404: {}\n  robots: {}\ndedup: {url: {}, near: {ngram: 7}}\n")
	top := write("top.yaml", "base: under.yaml\nfilter.soft404: off\ndedup.near.rows: 3\ncrawl: {path: \"a/*.warc.gz\"}\nfilter:\n  status@zh+en: {}\n  status.max_status: 299\n")
	r, err := Load(top, "dedup.near.bands=9")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, s := range r.Filter {
		keys = append(keys, s.Key)
	}
	if got := strings.Join(keys, " "); got != "status robots status@zh+en" {
		t.Errorf("steps = %q", got)
	}
	p := dedupParams(r.Dedup).Near
	if p.Ngram != 7 || p.Rows != 3 || p.Bands != 9 {
		t.Errorf("near = %+v", p)
	}
	if r.Name != "top" || r.About != "under" || r.Crawl.Path != "a/*.warc.gz" {
		t.Errorf("recipe = %s %q %q", r.Name, r.About, r.Crawl.Path)
	}
	if got := r.Filter[0].Params.(*filter.Status).MaxStatus; got != 299 {
		t.Errorf("status.max_status = %d, want 299", got)
	}
	s := r.Filter[2]
	if !s.applies("zh", "Hans") || s.applies("de", "Latn") {
		t.Errorf("languages of %s = %v", s.Key, s.Languages)
	}
	if s := (Step{Languages: []string{"zh-Hant"}}); !s.applies("zh", "Hant") || s.applies("zh", "Hans") {
		t.Error("zh-Hant is not Chinese in traditional script alone")
	}
}

func TestRecipeErrors(t *testing.T) {
	for _, tt := range []struct{ text, err, hint string }{
		{"filtr: {}", `unknown key "filtr"`, `did you mean "filter"`},
		{"mix: {}", "no sources", "name them"},
		{"mix: {sources: {a: {share: 1, epoch: 2}}}", `unknown parameter "epoch"`, ""},
		{"search: {}", `stage "search" is not built`, "take the step out"},
		{"filter: {statuss: {}}", `no step "statuss"`, `did you mean "status"`},
		{"filter: {status: {keeep: 1}}", "unknown parameter", ""},
		{"dedup: {near: {bands: -1}}", "at least 1", ""},
		{"dedup: {near: {bands: many}}", "cannot read", ""},
		{"output: {format: csv}", "neither parquet nor jsonl", ""},
		{"crawl: [1, 2]", "keys and values", ""},
		{"a: &x [1]\nb: *x", "aliases", ""},
		{"crawl: {path: a, path: b}", "", ""},
		{"- a", `key: value`, ""},
		{"filter: {status@: {}}", "name languages", ""},
		{"needs: {\"a b\": x}", "no parameter's name", ""},
		{"base: nonesuch", `no recipe "nonesuch"`, "feilun recipes"},
		{"crawl: {source: [", "", ""},
		{"about: a\n---\nabout: b\n", "line 2: a second YAML document", "one recipe"},
		{"about: a\n---\n", "a second YAML document", ""},
		{"dedup: {near@zh: {}}", "take @zh away", ""},
	} {
		_, err := load(t, tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(hint.Of(err), tt.hint) {
			t.Errorf("Load(%q) = %v, hint %q; want %q, hint %q", tt.text, err, hint.Of(err), tt.err, tt.hint)
			continue
		}
		if !hint.IsUsage(err) {
			t.Errorf("Load(%q): %v is not a usage error", tt.text, err)
		}
	}
}

// TestErrorsNameTheirFile has mistakes in a base, in the recipe and in --set.
func TestErrorsNameTheirFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"under.yaml": "about: under\n\nfilter: {status: {max: 1}}\n", "mid.yaml": "base: under.yaml\n",
		"top.yaml": "base: mid.yaml\n", "own.yaml": "base: good.yaml\nfiltr: {}\n", "good.yaml": "about: good\n",
		"stage.yaml": "base: later.yaml\n", "later.yaml": "\n\nsearch: {}\n", "mixed.yaml": "base: mix.yaml\n", "mix.yaml": "\n\nmix: {}\n", "cut.yaml": "base: two.yaml\n", "two.yaml": "a: b\n---\n- c\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ recipe, set, err string }{
		{"top.yaml", "", filepath.Join(dir, "under.yaml") + " line 3: filter.status"},
		{"own.yaml", "", "own.yaml: line 2: unknown key"},
		{"good.yaml", "filter.status.max=1", `--set "filter.status.max=1": filter.status`},
		{"good.yaml", "filter.statuss=on", `--set "filter.statuss=on": filter has no step`},
		{"stage.yaml", "", "later.yaml line 3: stage"},
		{"mixed.yaml", "", "mix.yaml line 3: mix: no sources"},
		{"cut.yaml", "", "two.yaml: line 2: a second"},
	} {
		var over []string
		if tt.set != "" {
			over = append(over, tt.set)
		}
		_, err := Load(filepath.Join(dir, tt.recipe), over...)
		if err == nil || !strings.Contains(err.Error(), tt.err) || !hint.IsUsage(err) {
			t.Errorf("Load(%s, %q) = %v, want usage error with %q", tt.recipe, tt.set, err, tt.err)
		}
	}
}

// TestCheckErrors has mistakes that show only when a recipe is prepared.
func TestCheckErrors(t *testing.T) {
	for _, tt := range []struct{ text, err, hint string }{
		{"language: {keep: [zz]}", `knows no language "zz"`, "known are af, "},
		{"language: {keep: [zh-Hnat]}", `knows no language "zh-Hnat"`, "zh-Hant"},
		{"language: {keep: [cmn]}", `knows no language "cmn"`, `cmn is named "zh"`},
		{"filter: {length@xx: {}}", `length@xx: the language model knows no language "xx"`, "known are"},
		{"filter: {length@en+chinese: {}}", `no language "chinese"`, "known are"},
		{"language: {model: nonesuch.bin}", "nonesuch.bin", ""},
		{"filter: {url: {lists: nonesuch}}", "nonesuch", ""},
	} {
		r, err := load(t, tt.text)
		if err != nil {
			t.Errorf("Load(%q): %v", tt.text, err)
			continue
		}
		_, judge := NewJudge(r)
		_, run := Run(t.Context(), r, Options{Out: t.TempDir()})
		for _, err := range []error{r.Check(t.Context()), judge, run} {
			if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(hint.Of(err), tt.hint) || !hint.IsUsage(err) {
				t.Errorf("%q: %v, hint %q; want usage error %q, hint %q", tt.text, err, hint.Of(err), tt.err, tt.hint)
			}
		}
	}
	for _, text := range []string{"language: {keep: [zh-Hant, und, ja, en-Latn]}", "filter: {length@zh-Hans+ko: {}}"} {
		r, err := load(t, text)
		if err == nil {
			err = r.Check(t.Context())
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestModelFiles: files that only training and evaluation read are missed before the run, not after it.
func TestModelFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "blimp.jsonl.zst"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, err string }{
		{"evaluate: {data: nonesuch}", "nonesuch holds no file of a task"},
		{"evaluate: {data: " + dir + ", tasks: [blimp, cmmlu]}", "task cmmlu has no file"},
		{"evaluate: {text: [nonesuch.txt]}", "evaluate.text nonesuch.txt"},
		{"evaluate: {text: [a=nonesuch.txt]}", "evaluate.text a=nonesuch.txt"},
		{"train: {init: nonesuch}", "train.init"},
		{"train: {config: nonesuch.json}", "train.config"},
		{"tokenize: {tokenizer: nonesuch.json}", "tokenize.tokenizer"},
		{"evaluate: {data: " + dir + ", tasks: [blimp], text: [recipe_test.go]}", ""},
	} {
		r, err := load(t, "base: tiny\n"+tt.text)
		if err != nil {
			t.Errorf("Load(%q): %v", tt.text, err)
			continue
		}
		errs := []error{r.Check(t.Context())}
		if tt.err != "" {
			_, err := Run(t.Context(), r, Options{Out: t.TempDir()})
			errs = append(errs, err)
		}
		for _, err := range errs {
			if (err != nil) != (tt.err != "") || err != nil && (!strings.Contains(err.Error(), tt.err) || !hint.IsUsage(err)) {
				t.Errorf("%q: %v, want usage error %q", tt.text, err, tt.err)
			}
		}
	}
	for text, want := range map[string][2]string{"a=b/c": {"a", "b/c"}, "b/c.txt": {"c.txt", "b/c.txt"}} {
		if name, path := namedText(text); name != want[0] || path != want[1] {
			t.Errorf("namedText(%q) = %q, %q, want %q", text, name, path, want)
		}
	}
}

// TestStepsPrepare prepares every filter with its default parameters.
func TestStepsPrepare(t *testing.T) {
	for _, f := range filter.All() {
		r := Recipe{Filter: []Step{{Key: filter.Name(f), Params: filter.New(filter.Name(f))}}}
		if _, err := r.prepare(); err != nil {
			t.Errorf("%s with default parameters: %v", filter.Name(f), err)
		}
	}
}

func FuzzRecipe(f *testing.F) {
	f.Add("about: x\nfilter:\n  status:\n  url: {lists: a}\n")
	f.Add("base: zh-web\nfilter.status: off\n")
	f.Add("output: {part_size: 1e3kB}\ndedup: {near: {threshold: .5}}")
	f.Add("crawl: &a {path: *a}")
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := parseTree([]byte(text), "")
		if err != nil {
			return
		}
		var r Recipe
		if err := r.build(tree); err != nil {
			return
		}
		for _, printed := range [][]byte{r.YAML(), r.JSON()} {
			tree, err = parseTree(printed, "")
			if err != nil {
				t.Fatalf("printed recipe does not parse: %v\n%s", err, printed)
			}
			var again Recipe
			if err := again.build(tree); err != nil {
				t.Fatalf("printed recipe is refused: %v\n%s", err, printed)
			}
			if again.Hash() != r.Hash() {
				t.Fatalf("printed recipe is another one:\n%s\n%s", printed, again.YAML())
			}
		}
	})
}

// TestModelSections reads what follows a corpus, prints it and reads it again.
func TestModelSections(t *testing.T) {
	r, err := load(t, "base: tiny\ntokenize: {vocab: 512, valid: 0.05}\ntrain: {depth: 1, prompts: [\"a, b\"]}\n")
	if err != nil || r.Tokenize.Vocab != 512 || r.Train.Depth != 1 || len(r.Train.Prompts) != 1 {
		t.Fatalf("%+v, %+v, %v", r.Tokenize, r.Train, err)
	}
	again, err := load(t, string(r.YAML()))
	if err != nil || again.Hash() != r.Hash() {
		t.Errorf("printed and read again the recipe differs: %v", err)
	}
	if r, err = load(t, "base: tiny\ntokenize:\ntrain: off\n"); err != nil || r.Train != nil || r.Tokenize == nil {
		t.Errorf("train: off leaves %+v, %v", r.Train, err)
	}
	if _, err = load(t, "train: {dept: 1}\n"); err == nil || !strings.Contains(err.Error(), "did you mean") && hint.Of(err) == "" && !strings.Contains(err.Error(), "depth") {
		t.Errorf("an unknown parameter: %v", err)
	}
}
