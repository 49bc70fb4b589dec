package filter

import (
	"math"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"testing/quick"

	"feilun"
)

// measured are the filters whose tests compare numbers.
var measured = []string{
	"soft404", "parked", "han", "stuffed", "mirror", "length", "c4_paragraph", "c4_page",
	"refined_web_page", "gopher_quality", "fineweb", "gopher_repetition", "dclm_quality", "dclm_repetition",
}

// pieces are what the documents of these tests are put together from.
var pieces = []string{
	"The old mill stood by the river, and the people of the town had walked there with their children for years. ",
	"It was said that the miller could tell the weather from the sound of the wheel; nobody had reason to doubt it.\n",
	"老磨坊立在河边，镇上的人们多年来常带着孩子到那里散步。据说磨坊主听水车的声音就能知道天气，没有人怀疑过他。\n",
	"第二天早晨下起了小雨，田里的庄稼终于喝足了水，农民们高兴地坐在屋檐下喝茶聊天。",
	"Home\nAbout\nContact\n", "- one\n- two\n- three\n", "# # # #\n", "wait... and see...\n", "…\n", "\n\n", "\n",
	"Page not found. ", "404 Not Found\n", "抱歉，您访问的页面不存在。\n", "This domain is for sale. ", "域名出售，请联系我们。\n",
	"最新章节 加入书签 请记住本站域名\n", "第三章 雨夜\n", "plumber near me plumber near me ", "深圳搬家公司哪家好 ",
	"【】【】", "12345 67890 ", "supercalifragilisticexpialidocious", "Lorem ipsum dolor sit amet, this is filler text. ",
	"if (x) { y(); }\n", "READ MORE\n", "3 likes\n", "a ", "word ", "\u0301", "\x00", "\xff",
}

// sampleDoc is a document of random pieces, many of them repeated.
type sampleDoc struct{ feilun.Doc }

// Generate implements [quick.Generator].
func (sampleDoc) Generate(r *rand.Rand, _ int) reflect.Value {
	var b strings.Builder
	few := r.Perm(len(pieces))[:1+r.Intn(6)]
	for range r.Intn(60) {
		b.WriteString(pieces[few[r.Intn(len(few))]])
	}
	d := sampleDoc{feilun.Doc{Text: b.String(), Language: []string{"", "zh", "en", "und", "de"}[r.Intn(5)]}}
	if r.Intn(2) == 0 {
		d.Title = strings.TrimSpace(pieces[r.Intn(len(pieces))])
	}
	return reflect.ValueOf(d)
}

// strict returns filters of one name that test more than by default.
func strict(t *testing.T, name string) []Measurer {
	t.Helper()
	all := []Measurer{build(t, name).(Measurer)}
	switch name {
	case "length":
		all = append(all, build(t, name, "min_chars", "40", "max_chars", "900", "max_words", "120").(Measurer))
	case "fineweb":
		all = append(all, build(t, name, "inclusive", "true", "allow_no_punct", "true").(Measurer))
	case "c4_page":
		all = append(all, build(t, name, "terminal_punctuation", "false", "curly_bracket", "false").(Measurer))
	case "gopher_quality":
		all = append(all, build(t, name, "min_words", "0", "min_stop_words", "0", "empty", "false").(Measurer))
	case "gopher_repetition":
		all = append(all, build(t, name, "dup_para_frac", "0", "dup_para_char_frac", "0", "dup_line_frac", "0",
			"dup_line_char_frac", "0", "top_2_gram", "0").(Measurer))
	}
	return all
}

// TestMeasure holds Measure to what [Measurer] promises: its rules are
// parameters, each comes once, and what Check drops for is among them.
func TestMeasure(t *testing.T) {
	for _, name := range measured {
		t.Run(name, func(t *testing.T) {
			seen, dropped := 0, map[string]bool{}
			for _, f := range strict(t, name) {
				names := described(t, New(name))
				try := func(s sampleDoc) bool {
					d := &s.Doc
					v, got := f.Check(d), map[string]float64{}
					f.Measure(d, func(rule string, x float64) {
						if _, twice := got[rule]; twice || !names[rule] || math.IsNaN(x) {
							t.Errorf("%q: rule %s = %v: unknown, twice or undefined", d.Text, rule, x)
						}
						got[rule] = x
					})
					if x, ok := got[v.Rule]; !v.Kept() && (!ok || x != v.Value) {
						t.Errorf("%q: Check says %+v, Measure %v", d.Text, v, got)
					}
					if again := f.Check(d); again != v {
						t.Errorf("%q: Check says %+v, after Measure %+v", d.Text, v, again)
					}
					seen += len(got)
					dropped[v.Rule] = true
					return !t.Failed()
				}
				for _, text := range append(awkward, pieces...) {
					for _, language := range []string{"", "zh", "en"} {
						try(sampleDoc{feilun.Doc{Text: text, Title: pieces[0], Language: language}})
						try(sampleDoc{feilun.Doc{Text: strings.Repeat(text, 15), Language: language}})
					}
				}
				if err := quick.Check(try, &quick.Config{MaxCount: 150, Rand: rand.New(rand.NewSource(1))}); err != nil {
					t.Error(err)
				}
			}
			if seen == 0 || !dropped[""] || len(dropped) < 2 {
				t.Errorf("%d values, verdicts by %v: the samples do not try this filter", seen, dropped)
			}
		})
	}
}

// TestMeasured fails when a filter gains Measure and is not tested above.
func TestMeasured(t *testing.T) {
	listed := map[string]bool{}
	for _, name := range measured {
		listed[name] = true
	}
	for _, f := range All() {
		if _, ok := f.(Measurer); ok != listed[Name(f)] {
			t.Errorf("%s: measures %v, listed as measured %v", Name(f), ok, listed[Name(f)])
		}
	}
}

// TestMeasureOrder holds values to come in the order of the tests, those behind
// a failed test included.
func TestMeasureOrder(t *testing.T) {
	f := build(t, "gopher_quality").(Measurer)
	var rules []string
	f.Measure(&feilun.Doc{Text: "# # ... and no more.", Language: "en"}, func(rule string, _ float64) { rules = append(rules, rule) })
	want := []string{
		"min_words", "max_words", "min_mean_word", "max_mean_word", "max_hashes", "max_ellipses",
		"max_bullet_lines", "max_ellipsis_lines", "min_alpha_words", "min_stop_words",
	}
	if !reflect.DeepEqual(rules, want) {
		t.Errorf("rules %v, want %v", rules, want)
	}
}

// TestMeasureCounts holds counts not to end at their limits, as a verdict's may.
func TestMeasureCounts(t *testing.T) {
	text := strings.Repeat(strings.Repeat("The mill of the town is to be sold with all that people have in it, and soon. ", 3)+"\n", 9)
	for _, want := range []struct {
		name, rule string
		value      float64
	}{{"c4_paragraph", "min_paragraphs", 9}, {"c4_page", "min_sentences", 27}, {"gopher_quality", "min_stop_words", 8}} {
		got := math.NaN()
		build(t, want.name).(Measurer).Measure(&feilun.Doc{Text: text, Language: "en"}, func(rule string, x float64) {
			if rule == want.rule {
				got = x
			}
		})
		if got != want.value {
			t.Errorf("%s.%s = %v, want %v", want.name, want.rule, got, want.value)
		}
	}
}
