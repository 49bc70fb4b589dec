package dedup

import (
	"fmt"
	"index/suffixarray"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"feilun"
	"feilun/internal/testkit"

	"github.com/google/go-cmp/cmp"
)

func substring(length int) *SubstringParams {
	p := New("substring").(*SubstringParams)
	p.Length = length
	return p
}

// after returns the texts that are left, "" for dropped documents.
func after(tb testing.TB, p Params, docs []feilun.Doc, shards int) []string {
	tb.Helper()
	kept := map[string]string{}
	for _, d := range left(tb, p, docs, shards) {
		kept[d.ID] = d.Text
	}
	var texts []string
	for _, d := range docs {
		texts = append(texts, kept[d.ID])
	}
	return texts
}

func texts(all ...string) []feilun.Doc {
	var docs []feilun.Doc
	for i, s := range all {
		docs = append(docs, feilun.Doc{ID: fmt.Sprint("d", i), Text: s})
	}
	return docs
}

func TestSubstring(t *testing.T) {
	for _, c := range []struct {
		name, unit, keep string
		length           int
		in, want         []string
	}{
		{"english", "tokens", "first", 5,
			[]string{"one two three four five six seven", "a b two three four  five\nsix c d"},
			[]string{"one two three four five six seven", "a b c d"}},
		{"too short", "tokens", "first", 6,
			[]string{"one two three four five six seven", "a b two three four five six c d"},
			[]string{"one two three four five six seven", "a b two three four five six c d"}},
		{"case counts", "tokens", "first", 3, []string{"One two three", "one two three"}, []string{"One two three", "one two three"}},
		{"chinese", "tokens", "first", 6,
			[]string{"甲春茶采得很晚。乙", "丙春茶采得很晚。丁"}, []string{"甲春茶采得很晚。乙", "丙丁"}},
		{"none stays", "tokens", "none", 3, []string{"a b c d", "x a b c y"}, []string{"d", "x y"}},
		{"within one", "tokens", "first", 3, []string{"a b c x a b c y"}, []string{"a b c x y"}},
		{"overlap with itself", "tokens", "first", 3, []string{"z z z z z z z"}, []string{"z z z"}},
		{"all of a text", "tokens", "first", 3, []string{"a b c", "a b c"}, []string{"a b c", ""}},
		{"end of a text", "tokens", "first", 3, []string{"a b c", "x\n\na b c\n"}, []string{"a b c", "x"}},
		{"characters", "characters", "first", 4, []string{"abcd", "x ab cd y"}, []string{"abcd", "x y"}},
		{"bytes in characters", "bytes", "first", 5, []string{"茶采x", "得茶采y"}, []string{"茶采x", "得y"}},
		{"bytes of half characters", "bytes", "first", 4, []string{"茶采", "茶釆"}, []string{"茶采", "釆"}},
	} {
		p := substring(c.length)
		p.Unit, p.Keep = c.unit, c.keep
		for shards := range 2 {
			if d := cmp.Diff(c.want, after(t, Of(p), texts(c.in...), shards+1)); d != "" {
				t.Errorf("%s: %s", c.name, d)
			}
		}
	}
}

// naive cuts by the definition, window by window.
func naive(docs []feilun.Doc, n int, none bool) (out []string) {
	type place struct{ doc, at int }
	all := map[string][]place{}
	var words [][]string
	for i, d := range docs {
		words = append(words, strings.Fields(d.Text))
		for k := 0; k+n <= len(words[i]); k++ {
			w := strings.Join(words[i][k:k+n], " ")
			all[w] = append(all[w], place{i, k})
		}
	}
	gone := map[place]bool{}
	for _, places := range all {
		for i, p := range places {
			if len(places) == 1 || i == 0 && !none {
				continue
			}
			for k := p.at; k < p.at+n; k++ {
				if none || p.doc != places[0].doc || k >= places[0].at+n {
					gone[place{p.doc, k}] = true
				}
			}
		}
	}
	for i := range docs {
		var kept []string
		for k, w := range words[i] {
			if !gone[place{i, k}] {
				kept = append(kept, w)
			}
		}
		out = append(out, strings.Join(kept, " "))
	}
	return out
}

// TestSubstringNaive compares with the definition on texts of few words, full
// of repeats that overlap.
func TestSubstringNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 25 {
		var docs []feilun.Doc
		n, vocabulary := 2+r.IntN(9), 2+r.IntN(12)
		for i := range 1 + r.IntN(12) {
			var w []string
			for range r.IntN(120) {
				if k := r.IntN(30); k == 0 && i > 0 {
					old := strings.Fields(docs[r.IntN(i)].Text)
					if len(old) > 0 {
						w = append(w, old[r.IntN(len(old)):]...)
					}
				}
				w = append(w, fmt.Sprint("w", r.IntN(vocabulary)))
			}
			docs = append(docs, feilun.Doc{ID: fmt.Sprint(i), Text: strings.Join(w, " ")})
		}
		p := substring(n)
		for _, keep := range []string{"first", "none"} {
			p.Keep = keep
			if d := cmp.Diff(naive(docs, n, keep == "none"), after(t, Of(p), docs, 1+round%3)); d != "" {
				t.Fatalf("round %d, length %d, keep %s: %s", round, n, keep, d)
			}
		}
	}
}

// TestSubstringSame compares worker counts and memory limits, with all steps.
func TestSubstringSame(t *testing.T) {
	docs := corpus(500, 21)
	shards := writeShards(t, docs, 5)
	p := everything()
	p.Substring = substring(8)
	p.Line.MinDocs = 3
	want := decide(t, p, shards, Options{Workers: 1})
	for _, o := range []Options{{Workers: 3}, {Workers: 2, Memory: 1 << 14}} {
		if diff := cmp.Diff(want, decide(t, p, shards, o)); diff != "" {
			t.Errorf("%+v: %s", o, diff)
		}
	}
	lines, passages := 0, 0
	for i, part := range want {
		for _, d := range part {
			at := 0
			text := docs[i*100+d.Index].Text
			for _, c := range d.Cuts {
				if c.Start < at || c.End <= c.Start || c.Bytes != c.End-c.Start || c.End > len(text) {
					t.Fatalf("cuts of %d: %+v", d.Index, d.Cuts)
				}
				at = c.End
				if c.Rule == "line" {
					lines++
				} else {
					passages++
				}
			}
		}
	}
	if lines == 0 || passages == 0 {
		t.Errorf("%d cuts by line, %d by substring: want both", lines, passages)
	}
}

// FuzzOriginal compares two rounds of cuts with the same cuts made at once.
func FuzzOriginal(f *testing.F) {
	f.Add("甲乙 丙丁 戊己 庚辛", uint64(1))
	f.Add("a b c d e f g h i j", uint64(77))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		draw := func(n int) (cuts []feilun.Cut) {
			for at := 0; at < n; {
				start := at + r.IntN(n-at)
				end := start + 1 + r.IntN(n-start)
				cuts = append(cuts, feilun.Cut{Rule: "x", Start: start, End: end, Bytes: end - start})
				at = end + 1
			}
			return cuts
		}
		earlier := draw(len(text))
		first := Apply(text, earlier)
		later := draw(len(first))
		all := original(earlier, later)
		if got, want := Apply(text, all), Apply(first, later); got != want || !slices.IsSortedFunc(all, func(a, b feilun.Cut) int { return a.Start - b.Start }) {
			t.Errorf("original(%v, %v) = %v leaves %q, want %q", earlier, later, all, got, want)
		}
	})
}

// FuzzUnite holds that cuts fall between characters and stay inside the text.
func FuzzUnite(f *testing.F) {
	f.Add("茶采 得很晚\n", uint64(3))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		var spans []uint64
		for range r.IntN(5) {
			if len(text) > 0 {
				a := r.IntN(len(text))
				spans = append(spans, uint64(a)<<32|uint64(a+1+r.IntN(len(text)-a)))
			}
		}
		slices.Sort(spans)
		left := Apply(text, unite(text, spans))
		if utf8.ValidString(text) && !utf8.ValidString(left) {
			t.Errorf("cuts %v of %q leave %q", spans, text, left)
		}
	})
}

// BenchmarkSubstring measures the whole step on real texts, of which a fifth
// stands there four times, and on two editions of a novel, of which nearly all
// does; beside it the suffix array of Go's library.
func BenchmarkSubstring(b *testing.B) {
	for name, docs := range map[string][]feilun.Doc{"en": news(b), "zh": edition(b), "zh-twice": novel(b)} {
		var all []feilun.Doc
		b.Run(name, func(b *testing.B) {
			all = nil
			for round := range 4 { // words differ by round, so that rounds do not repeat
				for i, d := range docs {
					if round > 0 && i%5 > 0 {
						d.Text = strings.Map(func(r rune) rune {
							if r == ' ' || r == '\n' {
								return r
							}
							return r ^ rune(round)
						}, d.Text)
					}
					d.ID = fmt.Sprint(round, "-", d.ID)
					all = append(all, d)
				}
			}
			shards := writeShards(b, all, 4)
			n := size(all)
			report := testkit.CPU(b, int(n))
			for b.Loop() {
				decide(b, Of(New("substring")), shards, Options{Workers: 1, Memory: 256 << 20})
			}
			report()
		})
		b.Run(name+"/suffixarray", func(b *testing.B) { // a peer: the array alone, in memory
			var text []byte
			for _, d := range all {
				text = append(text, d.Text...)
			}
			report := testkit.CPU(b, len(text))
			for b.Loop() {
				suffixarray.New(text)
			}
			report()
		})
	}
}

// edition is one of the two editions of novel.
func edition(tb testing.TB) []feilun.Doc {
	return slices.DeleteFunc(novel(tb), func(d feilun.Doc) bool { return strings.HasSuffix(d.ID, "-b") })
}
