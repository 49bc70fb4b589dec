package mix

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"feilun"
	"feilun/internal/hint"
)

func rule(tb testing.TB, name string) *DecontaminateParams {
	tb.Helper()
	p, err := Rule(name)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// textFile writes a file of a test and returns its name.
func textFile(tb testing.TB, name, text string) string {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		tb.Fatal(err)
	}
	return name
}

func load(tb testing.TB, p *DecontaminateParams, set string) *grams {
	tb.Helper()
	p.Sets = Paths(textFile(tb, filepath.Join(tb.TempDir(), "set.jsonl"), set))
	g, err := newGrams(p)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// one decides about a document alone.
func one(g *grams, text string) (hits []hit, v feilun.Verdict, left string) {
	t := newTokenText()
	t.cut(text)
	hits = g.scan(text, t, nil)
	docs := make([]uint32, len(g.all))
	for _, h := range hits {
		docs[h.gram] = 1
	}
	v, cuts := g.decide(text, hits, docs)
	return hits, v, apply(text, cuts)
}

func TestTokens(t *testing.T) {
	tt := newTokenText()
	tt.keep = true
	for _, c := range []struct{ text, norm string }{
		{"", ""},
		{"  Don't  STOP, well-known — “x”!\n", "dont stop wellknown x"},
		{"第3章abc的ＡＢＣ１", "第 3 章 abc 的 abc1"},
		{"C++ 3.14 a.b", "c 314 ab"},
		{"カタカナ한국어 ภาษา", "カ タ カ ナ 한국어 ภ า ษ า"},
		{"\xff\xfea", "a"},
	} {
		if tt.cut(c.text); string(tt.norm) != c.norm {
			t.Errorf("cut(%q) = %q, want %q", c.text, tt.norm, c.norm)
		}
	}
}

const question = "The river froze early that year and the mill stood still until the month of March came round again"
const 题目 = "那年的春茶采得很晚山上一直下雨老茶农说鲜叶里水太重摊了一夜才敢下锅"

func TestFound(t *testing.T) {
	set := fmt.Sprintf("{\"id\":\"x one two three four five six seven eight nine ten eleven twelve thirteen fourteen\",\"question\":%q}\n{\"question\":%q}\n{\"q\":\"Who should Derek hug after shocking Richard?\"}\n{\"q\":\"yes\"}\n", question, 题目)
	g := load(t, rule(t, "any"), set)
	for _, c := range []struct {
		name, text string
		found      bool
	}{
		{"verbatim", question, true},
		{"case and punctuation", "so: " + strings.ToUpper(question) + "!", true},
		{"thirteen words", "and the mill stood still until the month of March came round again", true},
		{"twelve words", "and the mill stood still until the month of March came round", false},
		{"id", "one two three four five six seven eight nine ten eleven twelve thirteen", false},
		{"verbatim zh", "前文。" + 题目 + "，后文", true},
		{"punctuated zh", "那年的春茶，采得很晚；山上一直下雨。老茶农说：鲜", true},
		{"twenty ideographs", "春茶采得很晚山上一直下雨老茶农说鲜叶里水", true},
		{"nineteen ideographs", "春茶采得很晚山上一直下雨老茶农说鲜叶里", false},
		{"sentence", "He asked. Who should Derek hug after shocking Richard? Nobody knew.", true},
		{"line", "Who should Derek hug after shocking Richard\nnext", true},
		{"inside a sentence", "I wonder who should Derek hug after shocking Richard", false},
		{"too short", "yes", false},
		{"empty", "", false},
	} {
		if hits, v, _ := one(g, c.text); len(hits) > 0 != c.found || v.Kept() == c.found {
			t.Errorf("%s: %d hits, verdict %+v, want found %t", c.name, len(hits), v, c.found)
		}
	}
}

// TestSentences finds both halves of a minimal pair, but not the choices beside a
// short question.
func TestSentences(t *testing.T) {
	g := load(t, rule(t, "any"), `{"good":"Those men have listened.","bad":"Those men has listened today."}
{"question":"Which river froze that year?","choices":["the Ob","the old Lena"]}`)
	for text, found := range map[string]bool{
		"Then. Those men have listened. Why?": true,
		"Those men has listened today":        true,
		"which river froze that year":         true,
		"the old Lena":                        false,
	} {
		if hits, _, _ := one(g, text); len(hits) > 0 != found {
			t.Errorf("%q: %d hits, want found %t", text, len(hits), found)
		}
	}
	p := rule(t, "any")
	p.Fields, p.Sets = "zzz", g.params.Sets
	if _, err := newGrams(p); !hint.IsUsage(err) {
		t.Errorf("a field that no item has: %v", err)
	}
}

func TestPercentile(t *testing.T) {
	var weights []int
	for n := range 100 {
		weights = append(weights, 100-n)
	}
	if got, err := percentile5(weights); got != 6 || err != nil {
		t.Errorf("the 5th percentile of 1 to 100 is %d, %v", got, err)
	}
	if _, err := percentile5(nil); err == nil {
		t.Error("a set without items has a percentile")
	}
}

// TestCommon: what ten documents hold is a trace, what eleven hold a phrase.
func TestCommon(t *testing.T) {
	g := load(t, rule(t, "gpt3"), fmt.Sprintf("{\"question\":%q}", question))
	tt := newTokenText()
	tt.cut(question)
	hits := g.scan(question, tt, nil)
	for n, kept := range map[uint32]bool{1: false, 10: false, 11: true} {
		docs := make([]uint32, len(g.all))
		for i := range docs {
			docs[i] = n
		}
		if v, _ := g.decide(question, hits, docs); v.Kept() != kept {
			t.Errorf("in %d documents: %+v, want kept %t", n, v, kept)
		}
	}
}

func TestCuts(t *testing.T) {
	g := load(t, rule(t, "gpt3"), fmt.Sprintf("{\"question\":%q}", question))
	words := func(seed uint64, n int) string {
		r := rand.New(rand.NewPCG(seed, 0))
		var b strings.Builder
		for b.Len() < n {
			fmt.Fprintf(&b, "w%d字 ", r.IntN(9000))
		}
		return b.String()
	}
	a, b, c := words(1, 1500), words(2, 1500), words(3, 300)
	text := a + question + ". " + b + question + " " + c
	_, v, left := one(g, text)
	if !v.Kept() || !utf8.ValidString(left) || strings.Contains(left, "mill stood") {
		t.Fatalf("verdict %+v, left %q", v, left)
	}
	first, second, ok := strings.Cut(left, between)
	if !ok || !strings.HasPrefix(a, first) || utf8.RuneCountInString(a)-utf8.RuneCountInString(first) != 200 || !strings.Contains(b, second) {
		t.Errorf("pieces %d and %d bytes of %d and %d", len(first), len(second), len(a), len(b))
	}
	if _, v, _ := one(g, c+question+c); v.Rule != ruleMinPiece {
		t.Errorf("two short pieces: verdict %+v, want %s", v, ruleMinPiece)
	}
	many := a
	for range 11 {
		many += question + " " + a
	}
	if _, v, _ := one(g, many); v.Rule != ruleMaxPieces || v.Value != 12 {
		t.Errorf("twelve pieces: verdict %+v, want %s", v, ruleMaxPieces)
	}
	tt := newTokenText()
	tt.cut(text)
	hits := g.scan(text, tt, nil)
	docs := make([]uint32, len(g.all))
	for i := range docs {
		docs[i] = 11
	}
	if v, cuts := g.decide(text, hits, docs); !v.Kept() || cuts != nil {
		t.Errorf("n-grams of 11 documents: %+v, %d cuts, want none", v, len(cuts))
	}
}

func TestOverlap(t *testing.T) {
	set := fmt.Sprintf("{\"question\":%q}", question)
	half := "and the mill stood still until the month of March came round again"
	for name, want := range map[string]string{"palm": "", "tulu": ruleOverlap, "any": ruleNgram} {
		if _, v, _ := one(load(t, rule(t, name), set), half); v.Rule != want {
			t.Errorf("%s: verdict %+v, want rule %q", name, v, want)
		}
		if _, v, _ := one(load(t, rule(t, name), set), question); v.Kept() {
			t.Errorf("%s keeps a verbatim item", name)
		}
	}
}

// FuzzItems holds the reader of test sets to its word: no panic, and cuts add up.
func FuzzItems(f *testing.F) {
	f.Add([]byte("{\"a\":\"b\",\"c\":[\"d\",{\"e\":\"f\"}]}\n\n[1]\n"), "text")
	f.Add([]byte("\ufeff[{\"q\":\"x\"},\"y\",null]"), "文\n字")
	f.Add([]byte("[[[\"男：听\"],[{\"choice\":[\"a\"]}]]]"), "\xff")
	f.Fuzz(func(t *testing.T, set []byte, text string) {
		p := rule(t, "gpt3")
		p.Ngram, p.Whole, p.Sentence, p.Around, p.MinPiece = 2, 1, 1, 3, 2
		err := items(bufio.NewReader(bytes.NewReader(set)), p, func(int, []string) error { return nil })
		if err != nil {
			return
		}
		p.Sets = Paths(textFile(t, filepath.Join(t.TempDir(), "s.json"), string(set)))
		g, err := newGrams(p)
		if err != nil {
			return
		}
		_, v, left := one(g, text)
		tt := newTokenText()
		tt.cut(text)
		_, cuts := g.decide(text, g.scan(text, tt, nil), make([]uint32, len(g.all)))
		gone := 0
		for _, c := range cuts {
			gone += c.Bytes
		}
		if v.Kept() && len(text)-len(left) != gone {
			t.Errorf("cuts say %d bytes, the text lost %d", gone, len(text)-len(left))
		}
	})
}
