package pipeline

import (
	"slices"
	"strings"
	"testing"

	"feilun"
)

// TestConformanceOrder holds the filter steps of each recipe to the order of its
// definition, which the cases of [TestConformance], one step each, do not see.
func TestConformanceOrder(t *testing.T) {
	fineweb := "url gopher_repetition gopher_quality c4_page c4_lines fineweb mask"
	for name, want := range map[string]string{
		"gpt3": "", "ccnet": "length", "c4": "c4_page c4_lines c4_bad_words",
		"gopher":          "gopher_quality gopher_repetition",
		"fineweb-2024-04": fineweb, "fineweb-2025": fineweb,
		"fineweb2-zh": "gopher_repetition fineweb gopher_quality mask",
		"refinedweb":  "url gopher_repetition gopher_quality refined_web_page refined_web_lines",
		"dclm":        "url clean_up length dclm_quality dclm_repetition refined_web_page refined_web_lines",
	} {
		r, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range r.Filter {
			got = append(got, s.Key)
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s filters by %q, want %q", name, got, want)
		}
	}
}

// TestConformanceC4BadWords has a word of the list in a line that C4 takes out,
// as menus are, and in one that stays: its code looks for such words last.
func TestConformanceC4BadWords(t *testing.T) {
	r, err := Load("c4", conformLists(t)["c4"]...)
	if err != nil {
		t.Fatal(err)
	}
	j, err := NewJudge(&Recipe{Name: r.Name, Crawl: r.Crawl, Extract: r.Extract, Filter: r.Filter})
	if err != nil {
		t.Fatal(err)
	}
	page := strings.TrimSuffix(strings.Repeat("This line is a sentence.\n", 5), "\n")
	for first, want := range map[string]string{"Naughty pictures and more\n": "", "That page was naughty.\n": "found"} {
		d := feilun.Doc{ID: "page", Language: "en", Text: first + page}
		if _, v := j.Document(&d); v.Rule != want || want == "" && d.Text != page {
			t.Errorf("page beginning %q: rule %q, want %q; text %q", first, v.Rule, want, d.Text)
		}
	}
}

// TestLackingLanguageModel has the way to go without the model of a recipe.
func TestLackingLanguageModel(t *testing.T) {
	r, err := Load("refinedweb", "filter.url=off")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.lacks(); err == nil || len(r.Lacking()) != 1 {
		t.Errorf("a model that is not there is not missed: %v", err)
	}
	r, err = Load("refinedweb", "filter.url=off", "language.model=", "needs.language.model=off")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.lacks(); err != nil {
		t.Errorf("without the model: %v", err)
	}
}
