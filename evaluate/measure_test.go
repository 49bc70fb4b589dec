package evaluate

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun/internal/hint"
	"feilun/model"
)

const testModel = "../cmd/feilun/testdata/model"

// TestGreedy: of all tokens behind a text one is the likeliest, and scoring by logits gives what
// the pass's loss gives.
func TestGreedy(t *testing.T) {
	m, err := Open(testModel, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	asked := func() (all []*sequence) {
		for id := range m.tok.Size() {
			all = append(all, &sequence{ids: []uint32{m.first, 100, 101, uint32(id)}, from: 3})
		}
		return all
	}
	logits, losses := asked(), asked()
	if err := m.run(t.Context(), logits, true); err != nil {
		t.Fatal(err)
	}
	if err := m.run(t.Context(), losses, false); err != nil {
		t.Fatal(err)
	}
	best := slices.MaxFunc(logits, func(a, b *sequence) int {
		return int(max(-1, min(1, 1e6*(a.score.LogProb-b.score.LogProb))))
	})
	for i, s := range logits {
		if s.score.Greedy != (s == best) {
			t.Errorf("token %d of log-probability %v, greedy is %v; the likeliest has %v", i, s.score.LogProb, s.score.Greedy, best.score.LogProb)
		}
		if d := s.score.LogProb - losses[i].score.LogProb; d > 1e-4 || d < -1e-4 {
			t.Errorf("token %d: log-probability %v by logits, %v by the loss", i, s.score.LogProb, losses[i].score.LogProb)
		}
	}
}

// TestEncodeLong: what does not fit is cut off the beginning, and the same tokens are scored.
func TestEncodeLong(t *testing.T) {
	m, err := Open(testModel, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	short := m.encode(Request{"the mill", " stood still"})
	long := m.encode(Request{strings.Repeat("the mill ", m.size) + "the mill", " stood still"})
	if short.score.Truncated || !long.score.Truncated || len(long.ids) != m.size+1 {
		t.Errorf("truncated %v and %v, %d tokens of %d", short.score.Truncated, long.score.Truncated, len(long.ids), m.size+1)
	}
	if a, b := short.ids[short.from:], long.ids[long.from:]; !slices.Equal(a, b) {
		t.Errorf("tokens %v are scored, want %v", b, a)
	}
}

// TestOtherVocabulary: a vocabulary larger than the model is a mistake in use.
func TestOtherVocabulary(t *testing.T) {
	dir := t.TempDir()
	c := model.FromDepth(1, 200)
	m, err := model.New(c)
	if err == nil {
		err = m.Save(dir, false)
	}
	words, wrong := os.ReadFile(filepath.Join(testModel, "tokenizer.json"))
	if err != nil || wrong != nil {
		t.Fatal(err, wrong)
	}
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), words, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, 1, false); err == nil || !hint.IsUsage(err) || hint.Of(err) == "" || !strings.Contains(err.Error(), "200 in the model") {
		t.Errorf("Open: %v", err)
	}
}

// TestLetterIsSum: answers by letter are of one length, so that their sums are compared.
func TestLetterIsSum(t *testing.T) {
	i := Item{Question: "q?", Options: []string{"x", "y"}, Answer: 1}
	p := usual(t)
	p.Form = Letter
	s := Set{Task: &cmmlu{}, Items: []Item{i}}
	before, options := s.Task.Ask(&i, Letter)
	r, err := Run(t.Context(), table{{before, options[0]}: {LogProb: -2, Tokens: 1}, {before, options[1]}: {LogProb: -1, Tokens: 1}}, p, s)
	if err != nil || r.Main != bySum || r.Accuracy[r.Main].Value != 1 {
		t.Errorf("main %q, accuracy %v, %v", r.Main, r.Accuracy, err)
	}
}

// TestNoLetter: an answer that is no letter of an option is an error.
func TestNoLetter(t *testing.T) {
	for _, label := range []string{"", "AB", "a", "C", "飞"} {
		if items, err := (&agieval{}).Items(strings.NewReader(fmt.Sprintf(`{"question":"q","options":["(A)x","(B)y"],"label":%q}`, label))); err == nil {
			t.Errorf("label %q is read as answer %d", label, items[0].Answer)
		}
	}
}

// TestIndexRules: the n-grams are as long as the fifth percentile of the items, and those that more
// than ten items hold are the way the task asks.
func TestIndexRules(t *testing.T) {
	item := func(words ...string) Item { return Item{Question: strings.Join(words, " "), Options: []string{"."}} }
	words := func(name string, n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprint(name, i))
		}
		return all
	}
	var lengths []Item // 9, 9, 10, 11, 12, then 20 words
	for i, n := range []int{9, 9, 10, 11, 12} {
		lengths = append(lengths, item(words(fmt.Sprint("s", i, "x"), n)...))
	}
	for i := range 35 {
		lengths = append(lengths, item(words(fmt.Sprint("l", i, "x"), 20)...))
	}
	x := NewIndex()
	x.Add(Set{Task: &cmmlu{}, Items: lengths})
	r := &Result{Task: "cmmlu"}
	if x.Report(r); r.Overlap.N != 10 {
		t.Errorf("n-grams of %d words, want 10", r.Overlap.N)
	}
	for same, found := range map[int]int{templateItems: templateItems, templateItems + 1: 0} {
		var items []Item
		for i := range same {
			items = append(items, item(append(words("same", 13), words(fmt.Sprint("own", i, "x"), 13)...)...))
		}
		x := NewIndex()
		x.Add(Set{Task: &cmmlu{}, Items: items})
		x.Look(strings.Join(words("same", 13), " "))
		r := &Result{Task: "cmmlu"}
		if x.Report(r); r.Overlap.Found != found {
			t.Errorf("words that %d items begin with: %d found, want %d", same, r.Overlap.Found, found)
		}
	}
}
