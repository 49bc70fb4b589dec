package search

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"feilun"
	"feilun/internal/params"
	"feilun/internal/terms"

	"github.com/google/go-cmp/cmp"
)

func defaults(tb testing.TB) Params {
	var p Params
	if err := params.Fill(&p); err != nil {
		tb.Fatal(err)
	}
	return p
}

// small is a corpus of our own, in both languages and scripts.
func small() []*feilun.Doc {
	return []*feilun.Doc{
		{ID: "tea", URL: "https://tea.example/1", Title: "How tea is made", Text: "Green tea is heated soon after picking.\nBlack tea is withered, rolled and left to oxidise. The leaves are then dried.", Date: "2026-01-02"},
		{ID: "ships", URL: "https://sea.example/ships", Title: "Sailing ships", Text: "A clipper carried tea from Fuzhou to London in ninety-nine days. Its crew numbered 1,200 in no case.", Date: "2020-05-01"},
		{ID: "茶", URL: "https://cha.example/lvcha", Title: "绿茶的制作", Text: "绿茶在采摘后不久即杀青。红茶要经过萎凋、揉捻和发酵，然后干燥。龙井茶产于杭州西湖。", Date: "2025-03-04"},
		{ID: "運河", URL: "https://water.example/canal", Title: "大運河", Text: "大運河始建於春秋時期，北起北京，南至杭州，全長約一千七百九十七公里。運河兩岸的城市因漕運而繁榮。"},
		{ID: "wheel", URL: "https://water.example/wheel", Title: "水车", Text: "水车用流水的力量提水灌溉，相传为汉代毕岚所造。ＡＢＣ１２３ 是全角字。"},
	}
}

func ids(hits []Hit) (out []string) {
	for _, h := range hits {
		out = append(out, h.ID)
	}
	return out
}

func ask(tb testing.TB, x *Index, q string) []Hit {
	tb.Helper()
	hits, err := x.Search(tb.Context(), Query{Text: q})
	if err != nil {
		tb.Fatal(err)
	}
	return hits
}

func TestSearch(t *testing.T) {
	x := openDocs(t, defaults(t), small())
	for _, tt := range []struct{ question, first string }{
		{"How is black tea made?", "tea"},
		{"clippers carrying tea", "ships"}, // stems
		{"红茶怎么制作？", "茶"},
		{"紅茶怎麼製作？", "茶"},    // traditional question, simplified page
		{"大运河全长多少公里", "運河"}, // and the other way round
		{"杭州", ""},
		{"西湖", "茶"},
		{"abc123", "wheel"}, // full width
		{"ＡＢＣ１２３", "wheel"}, // on either side
		{"1200", "ships"},   // thousands
		{"岚", "wheel"},      // a single character
		{`"left to oxidise"`, "tea"},
		{`tea -london`, "tea"},
		{"site:water.example 杭州", "運河"},
	} {
		hits := ask(t, x, tt.question)
		if len(hits) == 0 || tt.first != "" && hits[0].ID != tt.first {
			t.Errorf("Search(%q) = %v, want %s first", tt.question, ids(hits), tt.first)
		}
	}
	for _, q := range []string{"", "？！", `"tea left"`, "site:nowhere.example tea", "量子"} {
		if hits := ask(t, x, q); len(hits) > 0 {
			t.Errorf("Search(%q) = %v, want nothing", q, ids(hits))
		}
	}
	if hits := ask(t, x, "tea -london"); slices.Contains(ids(hits), "ships") {
		t.Errorf("tea -london finds ships")
	}
}

// TestSpans holds every hit to what a span promises: its text is the stored
// bytes, the best sentences lie in it, marks in the snippet, and it or its title has a term of the question.
func TestSpans(t *testing.T) {
	docs := small()
	long := strings.Repeat("水稻在春天播种，秋天收割。农夫修渠引水。\n", 200) + "只有这里提到灯塔。" + strings.Repeat("Rice is sown in spring. ", 300)
	docs = append(docs, &feilun.Doc{ID: "long", Text: long})
	x := openDocs(t, defaults(t), docs)
	for _, q := range []string{"灯塔在哪里", "rice in spring", "杭州", "tea", "水车", "秋天收割 London"} {
		p := parse(q, &x.defaults)
		for _, h := range ask(t, x, q) {
			text, err := x.Text(h.Span)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(docs, func(d *feilun.Doc) bool { return d.ID == h.ID })
			if d := docs[i]; VersionOf(d) != h.Span.Version || d.Text[h.Span.Start:h.Span.End] != text {
				t.Errorf("%q: span %v of %s gives %q", q, h.Span, h.ID, text)
			}
			if best, err := x.Text(h.Best); err != nil || best != h.Snippet || h.Best.Start < h.Span.Start || h.Best.End > h.Span.End {
				t.Errorf("%q: best %v of span %v: %q, %v", q, h.Best, h.Span, best, err)
			}
			if !has(p, text) && !has(p, h.Title) {
				t.Errorf("%q: no term in %q", q, text)
			}
			for _, m := range h.Marks {
				if !has(p, h.Snippet[m[0]:m[1]]) {
					t.Errorf("%q: mark %q", q, h.Snippet[m[0]:m[1]])
				}
			}
		}
	}
	if h := ask(t, x, "灯塔"); len(h) != 1 || h[0].Snippet != "只有这里提到灯塔。" {
		t.Errorf("灯塔: %+v", h)
	}
}

func has(p *parsed, text string) bool {
	s := terms.NewScanner()
	for s.Reset(text); s.Next(); {
		if _, ok := p.number[string(s.Term(nil))]; ok {
			return true
		}
	}
	return false
}

func TestUpdate(t *testing.T) {
	dir, p := t.TempDir(), defaults(t)
	docs := small()
	update := func(docs []*feilun.Doc) Report {
		t.Helper()
		r, err := Update(t.Context(), dir, p, listDocs(docs), 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := update(docs); r.Added != 5 || r.Docs != 5 {
		t.Fatalf("first: %+v", r)
	}
	if r := update(docs); r.Added != 0 || r.Kept != 5 || r.Removed != 0 {
		t.Fatalf("again: %+v", r)
	}
	changed := slices.Clone(docs[1:])
	d := *changed[0]
	d.Text = "Steamers replaced the clippers."
	changed[0] = &d
	if r := update(changed); r.Added != 1 || r.Kept != 3 || r.Removed != 2 || r.Docs != 4 {
		t.Fatalf("changed: %+v", r)
	}
	if _, err := Remove(t.Context(), dir, []string{"https://water.example/canal"}); err != nil {
		t.Fatal(err)
	}
	if r := update(changed); r.Refused != 1 || r.Docs != 3 {
		t.Fatalf("removed address: %+v", r)
	}
	for _, gone := range []string{"withered", "fuzhou", "漕運"} {
		if holds(t, dir, gone) {
			t.Errorf("bytes of %q are still in the index", gone)
		}
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if err := x.Verify(); err != nil {
		t.Error(err)
	}
	if got := ids(ask(t, x, "clippers")); !slices.Equal(got, []string{"ships"}) {
		t.Errorf("clippers: %v", got)
	}
	if _, err := Update(t.Context(), dir, Params{Chunk: 300, Batch: 1 << 20}, listDocs(docs), 1, nil); err == nil {
		t.Error("other parameters were accepted")
	}
}

// holds reports whether a dictionary of the index has the term.
func holds(t *testing.T, dir, text string) bool {
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	s := terms.NewScanner()
	for s.Reset(text); s.Next(); {
		for _, g := range x.segments {
			if _, ok := g.find(s.Term(nil)); ok {
				return true
			}
		}
	}
	return false
}

// many makes documents out of few words, so that postings are long.
func many(n int) (docs []*feilun.Doc) {
	draw := rand.New(rand.NewPCG(3, 4))
	vocabulary := strings.Fields("river stone ship 大河 石头 航船 wind of 天风 cloud the 云海 sail 2026 帆")
	for i := range n {
		var b strings.Builder
		for range 5 + draw.IntN(60) {
			fmt.Fprint(&b, vocabulary[int(float64(len(vocabulary))*draw.Float64()*draw.Float64())], " ")
		}
		docs = append(docs, &feilun.Doc{ID: fmt.Sprint(i), Title: vocabulary[draw.IntN(len(vocabulary))], Text: b.String()})
	}
	return docs
}

// TestScores compares scores with BM25 by its definition, computed over all
// documents without an index: pruning must not change what is found.
func TestScores(t *testing.T) {
	p := defaults(t)
	p.Batch = 40 << 10 // several segments, some merged
	docs := many(3000)
	x := openDocs(t, p, docs)
	r := x.defaults
	for _, q := range []string{"river", "of the river stone", "大河 石头 sail", "2026 帆", "the of wind cloud ship 天风 云海 航船"} {
		pq := parse(q, &r)
		got, _, err := x.candidates(t.Context(), pq, &r, 20)
		if err != nil {
			t.Fatal(err)
		}
		want := plainScores(x, pq, &r)
		for i, c := range got {
			if d := c.score - want[i]; d > 1e-3 || d < -1e-3 {
				t.Errorf("%q: score %d is %v, want %v", q, i, c.score, want[i])
			}
		}
	}
}

// plainScores returns all scores, best first.
func plainScores(x *Index, p *parsed, r *Ranking) (scores []float64) {
	table := x.impacts(r)
	s := terms.NewScanner()
	for _, g := range x.segments {
		for c := range g.info.Chunks {
			e := g.chunk(uint32(c))
			rec, _, err := g.passage(nil, g.doc(e.doc), int(e.start), int(e.end))
			if err != nil {
				panic(err)
			}
			counts := map[string]uint8{}
			for s.Reset(rec.title); s.Next(); {
				counts[string(s.Term(nil))] |= 1
			}
			for s.Reset(rec.text); s.Next(); {
				counts[string(s.Term(nil))] += 2
			}
			sum := 0.0
			for i, q := range p.terms {
				if n := counts[q.term]; n > 0 {
					sum += q.weight * p.idf[i] * float64(table[min(n, 62|n&1)][g.file[fileLens][c]])
				}
			}
			scores = append(scores, sum)
		}
	}
	slices.Sort(scores)
	slices.Reverse(scores)
	return scores
}

// TestStopped stops an update after each of its writes and goes on: the bytes must be those of
// an undisturbed one, for any number of workers.
func TestStopped(t *testing.T) {
	p := defaults(t)
	p.Batch = 8 << 10
	docs := many(900)
	whole := t.TempDir()
	if _, err := Update(t.Context(), whole, p, listDocs(docs), 1, nil); err != nil {
		t.Fatal(err)
	}
	want := tree(t, whole)
	for stop := 50; stop < len(docs); stop += 170 {
		dir := t.TempDir()
		stopped := fmt.Errorf("stopped")
		_, err := Update(t.Context(), dir, p, func(each func(*feilun.Doc) error) error {
			for i, d := range docs {
				if i == stop {
					return stopped
				}
				if err := each(d); err != nil {
					return err
				}
			}
			return nil
		}, 2, nil)
		if err == nil {
			t.Fatal("no error")
		}
		if _, err := Update(t.Context(), dir, p, listDocs(docs), 3, nil); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, tree(t, dir)); d != "" {
			t.Fatalf("stopped at %d: other bytes: %.500s", stop, d)
		}
	}
}

func tree(t *testing.T, dir string) map[string]string {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		files[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestConcurrent(t *testing.T) {
	x := openDocs(t, defaults(t), many(500))
	want := ask(t, x, "river 大河")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got := ask(t, x, "river 大河"); !cmp.Equal(got, want) {
					t.Error("other hits")
				}
			}
		})
	}
	wg.Wait()
}

func TestCaps(t *testing.T) {
	var docs []*feilun.Doc
	for i := range 8 {
		docs = append(docs, &feilun.Doc{ID: fmt.Sprint("a", i), URL: fmt.Sprintf("https://a.example/%d", i), Text: fmt.Sprintf("lighthouse number %d stands on rock %d by the %d. bay", i, i*7, i*13)})
	}
	docs = append(docs, &feilun.Doc{ID: "b", URL: "https://b.example/", Text: "Far from the sea, where hardly anybody goes in winter, an old lighthouse was rebuilt as a museum of birds."},
		&feilun.Doc{ID: "copy", URL: "https://c.example/", Text: "Far from the sea, where hardly anybody goes in winter, an old lighthouse was rebuilt as a museum of birds!"})
	x := openDocs(t, defaults(t), docs)
	hits := ask(t, x, "lighthouse")
	if got := ids(hits); len(got) != 9 || got[3] != "b" && got[3] != "copy" {
		t.Errorf("hits %v, want three of a host before others, and one of two copies", got)
	}
	if i := slices.IndexFunc(hits, func(h Hit) bool { return len(h.Same) == 1 }); i < 0 {
		t.Error("no hit names its copy")
	}
}

// TestFold holds folding to what it is for: a question in any form finds a page in any other.
func TestFold(t *testing.T) {
	for _, tt := range [][2]string{
		{"漢語", "汉语"}, {"ＧＰＴ－４", "gpt 4"}, {"Café", "cafe"}, {"STRASSE", "strasse"}, {"١٢٣", "123"}, {"ﾃﾞｰﾀ", "データ"}, {"１，０００", "1,000"}, {"電腦", "电脑"}, {"runs", "running"}, {"ﬁne", "fine"}, {"🈚書", "无书"},
	} {
		if a, b := termsOf(tt[0]), termsOf(tt[1]); !slices.Equal(a, b) {
			t.Errorf("terms of %q are %q, of %q %q", tt[0], a, tt[1], b)
		}
	}
	again := func(s string) bool { // folding what is folded changes nothing
		f := terms.Folds()
		for _, r := range s {
			if e := f.Of(r); e>>24 == terms.ClassPair || e>>24 == terms.ClassWord {
				if f.Of(rune(e&0xffffff))&0xffffff != e&0xffffff {
					return false
				}
			}
		}
		return true
	}
	for r := range rune(0x110000) {
		if !again(string(r)) {
			t.Errorf("%U %c folds to what folds to another", r, r)
		}
	}
	f := terms.Folds()
	for r := rune(0x80); r < 1<<16; r++ {
		if e := f[r]; e>>24 == terms.ClassPair && e&0xffffff < 1<<16 && f[e&0xffff] != e {
			t.Errorf("%c folds to %c, which folds to %c", r, rune(e&0xffff), rune(f[e&0xffff]&0xffff))
		}
	}
}

func termsOf(text string) (out []string) {
	s := terms.NewScanner()
	for s.Reset(text); s.Next(); {
		out = append(out, string(s.Term(nil)))
	}
	return out
}

func TestStem(t *testing.T) {
	for _, tt := range [][2]string{
		{"caresses", "caress"}, {"ponies", "poni"}, {"cats", "cat"}, {"agreed", "agre"}, {"plastered", "plaster"}, {"motoring", "motor"}, {"hopping", "hop"}, {"hoping", "hope"},
		{"relational", "relat"}, {"conditional", "condit"}, {"vietnamization", "vietnam"}, {"hopefulness", "hope"}, {"formalize", "formal"}, {"adjustment", "adjust"}, {"adoption", "adopt"},
		{"probate", "probat"}, {"controlling", "control"}, {"sky", "sky"}, {"is", "is"}, {"größe", "größe"}, {"b2b", "b2b"},
	} {
		if got := string(terms.Stem([]byte(tt[0]), 0)); got != tt[1] {
			t.Errorf("stem(%q) = %q, want %q", tt[0], got, tt[1])
		}
	}
}
