package evaluate

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/testkit"
)

// table is a scorer that knows log-likelihoods by heart.
type table map[Request]Score

func (t table) Score(_ context.Context, all []Request) ([]Score, error) {
	var out []Score
	for _, r := range all {
		s, ok := t[r]
		if !ok {
			return nil, fmt.Errorf("asked for %q", r)
		}
		out = append(out, s)
	}
	return out, nil
}

func (t table) Greedy(ctx context.Context, all []Request) ([]Score, error) { return t.Score(ctx, all) }

func usual(t testing.TB) *Params {
	t.Helper()
	p := &Params{}
	if err := params.Fill(p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestNormalisations works out by hand which option each way chooses.
//
//	option  characters  bytes  tokens  log-likelihood  without the question
//	猫      1           3      1       −4.0            −4.5
//	dog     3           3      3       −3.9            −3.0
//	long    10          10     2       −9.0            −9.4
func TestNormalisations(t *testing.T) {
	i := Item{Question: "q?", Options: []string{"猫", "dog", "long words"}, Answer: 0}
	s := Set{Task: &cmmlu{}, Items: []Item{i}}
	before, options := s.Task.Ask(&i, Cloze)
	m := table{
		{before, options[0]}: {LogProb: -4.0, Tokens: 1}, {before, options[1]}: {LogProb: -3.9, Tokens: 3}, {before, options[2]}: {LogProb: -9.0, Tokens: 2},
		{blank(options[0], Choice), options[0]}: {LogProb: -4.5}, {blank(options[1], Choice), options[1]}: {LogProb: -3.0}, {blank(options[2], Choice), options[2]}: {LogProb: -9.4},
	}
	p := usual(t)
	p.PMI = true
	// sum: −4.0, −3.9, −9.0 → dog; char: −4, −1.3, −0.9 → long; byte: −1.33, −1.3, −0.9 → long; token: −4, −1.3, −4.5 → dog; pmi: 0.5, −0.9, 0.4 → 猫
	for way, answer := range map[string]int{bySum: 1, byChar: 2, byByte: 2, byToken: 1, byPMI: 0} {
		s.Items[0].Answer = answer
		r, err := Run(t.Context(), m, p, s)
		if err != nil {
			t.Fatal(err)
		}
		for w, a := range r.Accuracy {
			want := 0.0
			if answer == map[string]int{bySum: 1, byChar: 2, byByte: 2, byToken: 1, byPMI: 0}[w] {
				want = 1
			}
			if a.Value != want {
				t.Errorf("%s: answer %d has accuracy %v by %s, want %v", way, answer, a.Value, w, want)
			}
		}
		if math.Abs(r.Chance-1.0/3) > 1e-12 || r.Main != byChar {
			t.Errorf("chance %v by %s", r.Chance, r.Main)
		}
	}
}

func TestAsk(t *testing.T) {
	zh := &Item{Passage: "文", Question: "问？", Options: []string{"甲", "乙"}}
	en := &Item{Question: "Q?", Options: []string{"a", "b"}}
	for _, tt := range []struct {
		i      *Item
		form   string
		before string
		option string
	}{
		{zh, Cloze, "文\n问题：问？\n答案：", "乙"},
		{zh, Letter, "文\n问题：问？\nA. 甲\nB. 乙\n答案：", "B"},
		{en, Cloze, "Question: Q?\nAnswer:", " b"},
		{en, Letter, "Question: Q?\nA. a\nB. b\nAnswer:", " B"},
	} {
		before, options := ask(tt.i, tt.form)
		if before != tt.before || options[1] != tt.option {
			t.Errorf("ask(%s) = %q, %q; want %q, %q", tt.form, before, options[1], tt.before, tt.option)
		}
	}
}

// TestShots shows solved items of the same subject.
func TestShots(t *testing.T) {
	s := Set{Task: &cmmlu{}, Items: []Item{{Group: "b", Question: "三", Options: []string{"x", "y"}}},
		Dev: []Item{{Group: "a", Question: "一", Options: []string{"x", "y"}}, {Group: "b", Question: "二", Options: []string{"x", "y"}, Answer: 1}}}
	p := usual(t)
	p.Shots = 2
	if got, want := s.shots(p, 0), "问题：二\n答案：y\n\n"; got != want {
		t.Errorf("shots = %q, want %q", got, want)
	}
}

// TestPairs counts a pair only if the acceptable sentence is likelier.
func TestPairs(t *testing.T) {
	s := Set{Task: &minimalPairs{name: "blimp"}, Items: []Item{{Group: "x", Options: []string{"a", "b"}}, {Group: "x", Options: []string{"c", "d"}}, {Group: "y", Options: []string{"e", "f"}}}}
	m := table{{"", "a"}: {LogProb: -1, Tokens: 1}, {"", "b"}: {LogProb: -2, Tokens: 1}, {"", "c"}: {LogProb: -3, Tokens: 1}, {"", "d"}: {LogProb: -3, Tokens: 1}, {"", "e"}: {LogProb: -2, Tokens: 1}, {"", "f"}: {LogProb: -5, Tokens: 1}}
	r, err := Run(t.Context(), m, usual(t), s)
	if err != nil {
		t.Fatal(err)
	}
	if r.Accuracy[bySum].Value != 2.0/3 || r.Macro != 0.75 || r.Chance != 0.5 || len(r.Groups) != 2 {
		t.Errorf("accuracy %v, macro %v, chance %v, %d groups", r.Accuracy, r.Macro, r.Chance, len(r.Groups))
	}
}

// TestWords holds accuracy and perplexity of last words to their definitions.
func TestWords(t *testing.T) {
	items, err := (&lambada{}).Items(strings.NewReader(`{"text":"the mill stood still"}` + "\n" + `{"text":"it stood in March"}`))
	if err != nil || items[0].Question != "the mill stood" || items[0].Options[0] != "still" {
		t.Fatalf("items %v, %v", items, err)
	}
	m := table{{"the mill stood", " still"}: {LogProb: -1, Greedy: true}, {"it stood in", " March"}: {LogProb: -3}}
	r, err := Run(t.Context(), m, usual(t), Set{Task: &lambada{}, Items: items})
	if err != nil || r.Accuracy["exact"].Value != 0.5 || math.Abs(r.Perplexity.Value-math.Exp(2)) > 1e-9 {
		t.Errorf("%v, perplexity %v, %v; want 0.5 and e²", r.Accuracy, r.Perplexity, err)
	}
}

// TestWilson compares with published values: 0 and 1 of 10, and 81 of 263 (Newcombe,
// 1998, table I: 0.2553 to 0.3662).
func TestWilson(t *testing.T) {
	for _, tt := range []struct {
		hits, n   int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		if got := Wilson(tt.hits, tt.n); math.Abs(got.Low-tt.low) > 6e-5 || math.Abs(got.High-tt.high) > 6e-5 {
			t.Errorf("Wilson(%d, %d) = %v, want %v to %v", tt.hits, tt.n, got, tt.low, tt.high)
		}
	}
}

// TestBootstrap compares with the normal interval of a mean, and is the same each time.
func TestBootstrap(t *testing.T) {
	var over, under []float64
	for i := range 400 {
		over, under = append(over, float64(i%7)), append(under, 1)
	}
	got := bootstrap(over, under, 2000, 1)
	half := 1.96 * 2 / math.Sqrt(400)
	if math.Abs(got.High-got.Low-2*half) > 0.25*2*half || got != bootstrap(over, under, 2000, 1) {
		t.Errorf("bootstrap = %v, want a width of about %v", got, 2*half)
	}
	for _, x := range []float64{got.Value - got.Low, got.High - got.Value} {
		if math.Abs(x-half) > 0.1*half {
			t.Errorf("a bound is %v from the mean, want about %v", x, half)
		}
	}
}

func TestWindows(t *testing.T) {
	ids := make([]uint32, 24)
	for i := range ids {
		ids[i] = uint32(i)
	}
	for _, keep := range []int{0, 3, 7} {
		next := uint32(1)
		for _, w := range windows(ids, 8, keep) {
			if len(w.ids) > 9 || w.from < 1 || next > 8 && w.from != keep+1 {
				t.Errorf("keep %d: %d tokens scored from %d", keep, len(w.ids), w.from)
			}
			for _, id := range w.ids[w.from:] {
				if id != next {
					t.Fatalf("keep %d: token %d counted, want %d", keep, id, next)
				}
				next++
			}
		}
		if next != 24 {
			t.Errorf("keep %d: counted up to %d", keep, next)
		}
	}
}

// TestOverlap flags a benchmark that a corpus holds, and none that it does not.
func TestOverlap(t *testing.T) {
	var items []Item
	for i := range 40 {
		items = append(items, Item{Question: fmt.Sprintf("问题第%d号：在下列%s里哪一项最能说明那座旧磨坊到三月都没有动静", i, strings.Repeat("山", i+1)), Options: []string{"水", "风"}})
	}
	s := Set{Task: &cmmlu{}, Items: items}
	for _, tt := range []struct {
		docs  []string
		found int
	}{
		{[]string{"完全无关的一篇文章，讲的是别的事情。", "unrelated words of another matter altogether, as it happens to be here"}, 0},
		{[]string{"前言。" + items[3].Question + "水", strings.ToUpper(items[7].text())}, 2},
	} {
		x := NewIndex()
		x.Add(s)
		for _, d := range tt.docs {
			x.Look(d)
		}
		r := &Result{Task: "cmmlu", hits: make([]bool, 40)}
		x.Report(r)
		if r.Overlap.Found != tt.found || r.Overlap.Flagged != (tt.found > 0) || r.Overlap.Items != 40 {
			t.Errorf("%+v, want %d found", r.Overlap, tt.found)
		}
	}
}

// TestData reads the tasks as others publish them.
func TestData(t *testing.T) {
	dir := testkit.Data(t, "eval")
	p := usual(t)
	sets, err := Load(p, dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range sets {
		names = append(names, s.Task.Name())
		for _, i := range s.Items[:3] {
			if before, options := s.Task.Ask(&i, Letter); len(options) != len(i.Options) || s.Task.Kind() == Pair && before != "" {
				t.Errorf("%s asks %q, %q", s.Task.Name(), before, options)
			}
		}
	}
	if want := []string{"cmmlu", "c3", "agieval", "hellaswag", "lambada", "blimp", "zhoblimp"}; !slices.Equal(names, want) {
		t.Errorf("tasks %v, want %v", names, want)
	}
}

func FuzzItems(f *testing.F) {
	f.Add(`{"subject":"a","split":"dev","question":"q","A":"1","B":"2","C":"3","D":"4","answer":"C"}`)
	f.Add(`[[["x"],[{"question":"q","choice":["a","b"],"answer":"b"}],"1"]]`)
	f.Add(`{"text":"a b"}`)
	f.Fuzz(func(t *testing.T, in string) {
		for _, task := range Tasks() {
			items, err := task.Items(strings.NewReader(in))
			for k := range items {
				if err == nil {
					task.Ask(&items[k], Letter)
				}
			}
		}
	})
}

// TestMark: a byte order mark and Windows's line ends, as editors there write them, are no part of a task.
func TestMark(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "blimp.jsonl"), []byte("\ufeff"+`{"sentence_good":"a","sentence_bad":"b"}`+"\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tasks := range []params.List{nil, {"blimp"}, {"blimp", "blimp"}} { // named twice: once
		if sets, err := Load(&Params{Tasks: tasks, Form: Cloze}, dir); err != nil || len(sets) != 1 || len(sets[0].Items) != 1 {
			t.Errorf("tasks %v: %v, %v", tasks, sets, err)
		}
	}
}

// TestEmptyTask: a task's file without an item is an error that names it.
func TestEmptyTask(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "blimp.jsonl"), []byte("\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tasks := range []params.List{nil, {"blimp"}} {
		if _, err := Load(&Params{Tasks: tasks, Form: Cloze}, dir); err == nil || !hint.IsUsage(err) || !strings.Contains(err.Error(), "blimp.jsonl") {
			t.Errorf("tasks %v of an empty file: %v", tasks, err)
		}
	}
}
