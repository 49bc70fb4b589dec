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

// TestConformanceValues holds the recipes' values to those published, the ones
// too that no document of [TestConformance] is close to.
func TestConformanceValues(t *testing.T) {
	minhash := "near.ngram=5 near.bands=14 near.rows=8 near.verify=false near.keep=earliest near.short=skip"
	for name, want := range map[string]string{
		"gpt3": "quality.gpt3.alpha=9 dedup: near.tokens=spark near.hash=spark near.bands=10 near.rows=1 near.verify=true",
		"ccnet": "language.min_confidence=0.5 language.new_lines=delete language.decimals=2 quality: perplexity@en.head=340 perplexity@en.middle=520 " +
			"perplexity@zh.head=1460 perplexity@zh.middle=1950 filter: length.min_chars=300 dedup: line.min_docs=2 line.keep_first=false line.inside=true",
		"c4": "language.min_confidence=0.99 filter: c4_page.min_sentences=5 c4_lines.min_words=3 c4_lines.max_word_length=1000",
		"gopher": "filter: gopher_quality.min_words=50 gopher_quality.max_words=100000 gopher_quality.min_mean_word=3 gopher_quality.max_mean_word=10 " +
			"gopher_repetition.dup_para_frac=0.3 gopher_repetition.dup_line_frac=0.3 gopher_repetition.dup_line_char_frac=0.2 gopher_repetition.dup_para_char_frac=0.2 " +
			"gopher_repetition.top_2_gram=0.2 gopher_repetition.top_3_gram=0.18 gopher_repetition.top_4_gram=0.16 gopher_repetition.dup_5_gram=0.15 " +
			"gopher_repetition.dup_6_gram=0.14 gopher_repetition.dup_7_gram=0.13 gopher_repetition.dup_8_gram=0.12 gopher_repetition.dup_9_gram=0.11 " +
			"gopher_repetition.dup_10_gram=0.1 dedup: near.ngram=13 near.threshold=0.8 near.verify=true",
		"fineweb-2024-04": "language.min_confidence=0.65 dedup: near.hash=sha1 near.tokens=treebank " + minhash,
		"fineweb-2025": "language.min_confidence=0.65 filter: fineweb.min_line_punct=0.12 fineweb.max_short_lines=0.67 fineweb.short_line=30 " +
			"fineweb.max_dup_chars=0.01 fineweb.max_new_lines=0.3 dedup: near.hash=sha1 near.tokens=words " + minhash,
		"fineweb2-zh": "language.min_confidence=0.692 filter: gopher_repetition.dup_para_frac=0 gopher_repetition.dup_para_char_frac=0 gopher_repetition.dup_line_char_frac=0 " +
			"gopher_repetition.dup_line_frac=0.287 gopher_repetition.top_2_gram=0.256 gopher_repetition.top_3_gram=0.201 gopher_repetition.top_4_gram=0.171 " +
			"gopher_repetition.dup_5_gram=0.198 gopher_repetition.dup_6_gram=0.182 gopher_repetition.dup_7_gram=0.167 gopher_repetition.dup_8_gram=0.154 " +
			"gopher_repetition.dup_9_gram=0.14 gopher_repetition.dup_10_gram=0.127 fineweb.max_short_lines=999 fineweb.max_dup_chars=0.1 fineweb.min_line_punct=0.106 " +
			"fineweb.max_new_lines=0.178 gopher_quality.min_mean_word=1 gopher_quality.max_mean_word=5 gopher_quality.min_alpha_words=0.735 " +
			"gopher_quality.min_stop_words=2 dedup: near.hash=xxh64 " + minhash,
		"refinedweb": "language.min_confidence=0.65 filter: refined_web_page.max_removed=0.05 dedup: near.ngram=5 near.bands=450 near.rows=20 substring.unit=tokens substring.length=50",
		"dclm": "language.min_confidence=0.65 filter: clean_up.max_new_lines=2 length.min_words=50 length.max_words=100000 length.words=boundaries " +
			"dclm_quality.max_non_alpha_words=0.2 dclm_quality.max_bullet_lines=0.9 dclm_repetition.top_3_gram=0.18 dclm_repetition.dup_9_gram=0.11 " +
			"refined_web_page.max_removed=0.05 refined_web_lines.max_uppercase=0.5 refined_web_lines.short_line=10 " +
			"quality.fasttext.min=0.018112 dedup: ngram.min=13 ngram.max=13 ngram.threshold=0.8 ngram.false_positives=0.01 ngram.remove=old-both",
	} {
		r, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		stage := ""
		for _, w := range strings.Fields(want) {
			if s, ok := strings.CutSuffix(w, ":"); ok {
				stage = s + "."
				continue
			}
			key, value, _ := strings.Cut(w, "=")
			if !strings.HasPrefix(key, "language.") && !strings.HasPrefix(key, "quality.") {
				key = stage + key
			}
			if got, ok := r.named(key); !ok || got != value {
				t.Errorf("%s has %s = %q, want %s", name, key, got, value)
			}
		}
	}
}

// TestConformanceDclmBullets has each mark that DCLM counts as a bullet, and one
// that it does not.
func TestConformanceDclmBullets(t *testing.T) {
	r, err := Load("dclm")
	if err != nil {
		t.Fatal(err)
	}
	for mark, rule := range map[string]string{"●": "max_bullet_lines", "•": "max_bullet_lines", "*": "max_bullet_lines", "-": "max_bullet_lines", "+": ""} {
		text := strings.Repeat(mark+"apples of the orchard and pears\n", 10)
		c := conformCase{step: "filter.dclm_quality", name: "bullet " + mark, doc: feilun.Doc{Text: text}, rule: rule, value: 1, limit: 0.9}
		c.filter(t, r, conformance{})
	}
}
