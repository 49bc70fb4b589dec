package pipeline

import (
	"os"
	"path/filepath"
	"regexp"
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
		{"\nbase: [tiny]", "line 2: base is one recipe", "shipped name"},
		{"base:", "line 1: base is one recipe", ""},
		{"a" + strings.Repeat(".a", 60000) + ": 1", "line 1: a key with more than 8 dots", ""},
		{"evaluate:\n  order: 3\n  tasks: [none]\n", "line 3: evaluate.tasks: no task", ""},
		{"filter:\n  length:\n    min_words: .nan\n", "line 3: filter.length: .nan is no finite number", ""},
		{"evaluate:\n  order: 3\n  text: [news=]\n", `line 3: evaluate.text: "news=" is not NAME=PATH`, ""},
		{"about: {a: b}", "about takes words", ""},
		{"name: [a]", "name takes words", ""},
		{"\ncrawl: {path: [3, x]}", `line 2: crawl: path: cannot read [3,"x"] as a string`, ""},
		{"\noutput:\n  format: csv", "line 3: output: format", ""},
		{"mix:\n  tokens: many", "r.yaml: line 2: tokens", ""},
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
		{"good.yaml", "base=tiny", `--set "base=tiny": a base stands in the file`},
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

// TestPlaces has mistakes that show when a value is used; they name file and line.
func TestPlaces(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, tt := range []struct{ text, place string }{
		{"language:\n  min_confidence: 0\n  keep: [zz]\n", "line 3: language: keep"},
		{"filter:\n  status:\n  url:\n    domain: true\n    lists: nonesuch\n", "line 5: filter url"},
		{"filter:\n  c4_bad_words: {lists: nonesuch}\n", "line 2: filter c4_bad_words"},
		{"filter:\n  length@xx:\n    min_words: 1\n", "line 2: step length@xx"},
		{"dedup:\n  near:\n    ngram: 5\n    short: no\n", "line 4: dedup.near.short"},
		{"dedup:\n  exact:\n  near: {hash: spark}\n", "line 3: near: tokens"},
		{"train:\n  depth: 1\n  schedule: none\n", "line 3: train: no schedule"},
		{"tokenize:\n  vocab: 300\n  pattern: none\n", "line 3: tokenize: no split pattern"},
		{"tokenize:\n  format: none\n", "line 2: tokenize: no format"},
		{"language:\n  min_confidence: 0\n  model: none\n", "line 3: language: language model"},
		{"train:\n  depth: 1\n  init: none\n", "line 3: train.init: stat none"},
		{"evaluate:\n  order: 3\n  text: [news=none]\n", "line 3: evaluate.text news=none: stat none"},
		{"evaluate:\n  order: 3\n  data: none\n", "line 3: evaluate: none holds no file"},
		{"crawl:\n  source: warc\n  path: none/*.warc.gz\n", "line 3: crawl: no file matches"},
		{"crawl:\n  path: a.warc\n  source: wrac\n", "line 3: crawl: unknown source"},
		{"crawl:\n  source: commoncrawl\n  snapshot: S\n  kind: wat\n  path: .\n", "line 4: crawl: kind"},
	} {
		for name, text := range map[string]string{"under.yaml": tt.text, "top.yaml": "base: under.yaml\n"} {
			if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		for recipe, place := range map[string]string{"under.yaml": "recipe under.yaml: ", "top.yaml": "recipe top.yaml: under.yaml "} {
			r, err := Load(recipe)
			if err != nil {
				t.Errorf("%q: %v", tt.text, err)
				continue
			}
			if err := r.Check(t.Context()); err == nil || !strings.HasPrefix(err.Error(), place+tt.place) || !hint.IsUsage(err) {
				t.Errorf("%q: %v; want usage error with %q", tt.text, err, place+tt.place)
			}
		}
	}
	r, err := Load("zh-web", "crawl.path=none")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(t.Context()); err == nil || !strings.Contains(err.Error(), `--set "crawl.path=none": crawl: no file`) {
		t.Errorf("--set: %v", err)
	}
	r.SetInput("neither")
	if err := r.Check(t.Context()); err == nil || err.Error() != `crawl: no file matches "neither"` {
		t.Errorf("SetInput: %v", err)
	}
}

// TestIdle tells where the lists can be had that a step lacks.
func TestIdle(t *testing.T) {
	for recipe, want := range map[string][]string{
		"gopher": nil, "tiny": nil, "zh-web": {"filter url: "}, "fineweb-2024-04": {"filter url: .*ut-capitole.fr"}, "c4": {"filter c4_bad_words: .*LDNOOBW"},
	} {
		r, err := Load(recipe)
		if err != nil {
			t.Fatal(err)
		}
		got := r.Idle()
		if len(got) != len(want) {
			t.Errorf("%s: %q", recipe, got)
		}
		for i := range min(len(got), len(want)) {
			if !regexp.MustCompile(want[i]).MatchString(got[i]) {
				t.Errorf("%s: %q, want %q", recipe, got[i], want[i])
			}
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
		{"filter: {url: {lists: nonesuch}}", "nonesuch", "--set filter.url.lists=PATH"},
		{"filter: {url: {lists: .}}", "UT1", ""},
		{"dedup: {near: {tokens: letters}}", `dedup.near.tokens is "letters"`, "mixed"},
		{"dedup: {near: {hash: spark}}", "hash spark", "together"},
		{"tokenize: {pattern: gpt9}", "gpt9", ""},
		{"tokenize: {format: pickle}", "pickle", ""},
		{"tokenize: {vocab: 258}", "special tokens alone are 259", ""},
		{"tokenize: {special: [<a>, <b>]}", "no special token to end a document", ""},
		{"train: {optimizer: sgd}", `"sgd"`, ""},
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
	for _, name := range []string{"blimp.jsonl.zst", "damaged.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ text, err string }{
		{"evaluate: {data: nonesuch}", "nonesuch holds no file of a task"},
		{"evaluate: {data: " + dir + ", tasks: [blimp, cmmlu]}", "task cmmlu has no file"},
		{"evaluate: {text: [nonesuch.txt]}", "evaluate.text nonesuch.txt"},
		{"evaluate: {text: [a=nonesuch.txt]}", "evaluate.text a=nonesuch.txt"},
		{"train: {init: nonesuch}", "train.init"},
		{"train: {config: nonesuch.json}", "train.config"},
		{"train: {config: " + dir + "/damaged.json}", "train.config"},
		{"tokenize: {tokenizer: nonesuch.json}", "tokenize.tokenizer"},
		{"tokenize: {tokenizer: " + dir + "/damaged.json}", "tokenize.tokenizer"},
		{"tokenize: {tokenizer: recipe_test.go}", "tokenize.tokenizer"},
		{"tokenize: {tokenizer: ../cmd/feilun/testdata/model}", ""},
		{"train: {config: recipe_test.go}", "train.config"},
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
