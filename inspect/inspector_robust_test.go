package inspect

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/ledger"
	"feilun/internal/shard"

	"github.com/google/go-cmp/cmp"
)

// edit cuts pieces out of a text at random, or replaces them, and returns the
// rows that say so.
func edit(r *rand.Rand, text, step string, sample int) (string, []ledger.Row) {
	var out strings.Builder
	var rows []ledger.Row
	at := 0
	for at < len(text) && r.IntN(4) > 0 {
		start := at + r.IntN(len(text)-at)
		end := start + r.IntN(len(text)-start+1)
		if end-start > 20 && r.IntN(2) > 0 {
			end = start + 20
		}
		for start > 0 && start < len(text) && text[start]&0xc0 == 0x80 {
			start++
		}
		for end < len(text) && text[end]&0xc0 == 0x80 {
			end++
		}
		if start >= end || start < at {
			break
		}
		to := ""
		if r.IntN(3) == 0 {
			to = "<x>"[:min(3, end-start)]
		}
		out.WriteString(text[at:start] + to)
		rows = append(rows, ledger.Row{Stage: "filter", Filter: step, Rule: "r", Cut: true, Start: start, End: end, Bytes: int64(end - start - len(to)), Sample: clipBytes(text[start:end], sample)})
		at = end
	}
	out.WriteString(text[at:])
	return out.String(), rows
}

// TestUncut holds pieces to return to where they stood, after several edits.
func TestUncut(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		first := strings.Repeat("河边的旧书店 opens when it rains. ", 1+r.IntN(4))
		text := first
		var rows []ledger.Row
		for _, step := range []string{"a", "b", "c"} {
			var more []ledger.Row
			text, more = edit(r, text, step, 1000)
			rows = append(rows, more...)
		}
		all, err := uncut(marked(text, nil), rows)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var back, kept strings.Builder
		for _, s := range all {
			back.WriteString(s.Text)
			if s.Kind == "" {
				kept.WriteString(s.Text)
			}
		}
		if back.String() != first {
			t.Fatalf("seed %d: %q, want %q", seed, back.String(), first)
		}
	}
}

// FuzzUncut holds any rows to give a text or an error.
func FuzzUncut(f *testing.F) {
	f.Add("some text", 0, 4, int64(4), "some", 2, 3, int64(0), "x")
	f.Add("正文", -1, 100, int64(-5), "\xff", 5, 1, int64(9), "")
	f.Fuzz(func(t *testing.T, text string, a, b int, n int64, s string, c, d int, m int64, u string) {
		rows := []ledger.Row{{Cut: true, Start: a, End: b, Bytes: n, Sample: s}, {Cut: true, Start: c, End: d, Bytes: m, Sample: u, Filter: s}, {Cut: true, Start: a, End: d, Bytes: n, Sample: u}}
		all, err := uncut(marked(text, nil), rows)
		if err != nil {
			return
		}
		plain := 0
		for _, s := range all {
			if s.Kind == "" {
				plain += len(s.Text)
			}
		}
		if plain > len(text) {
			t.Errorf("%d bytes stayed of %d", plain, len(text))
		}
	})
}

// FuzzMarks holds marks of any verdict to be in order and inside the text.
func FuzzMarks(f *testing.F) {
	f.Add("the mill the mill the mill", "en", "gopher_repetition@en", "top_2_gram", "", "other text")
	f.Add("天才一秒记住本站", "zh", "mirror", "max_marks", "天才一秒", "天才两秒")
	f.Add("a.\n\n- b\na.\n…", "", "x", "min_line_punct", "that … [a-", "")
	f.Fuzz(func(t *testing.T, text, language, step, rule, note, other string) {
		if len(text) > 4000 {
			return
		}
		whole := func(text string, marks []mark) {
			var b strings.Builder
			for _, s := range marked(text, marks) {
				b.WriteString(s.Text)
			}
			if b.String() != text {
				t.Errorf("%q became %q", text, b.String())
			}
			if !slices.IsSortedFunc(marks, func(a, b mark) int { return a.start - b.start }) {
				t.Errorf("marks out of order: %v", marks)
			}
		}
		marks, _ := marksOf(text, language, &ledger.Row{Stage: "filter", Filter: step, Rule: rule, Note: note})
		whole(text, marks)
		a, b := differences(text, other)
		whole(text, a)
		whole(other, b)
	})
}

func TestMarks(t *testing.T) {
	for _, tt := range []struct{ text, step, rule, note, want, where string }{
		{"We can't find that page. Try the homepage.", "soft404", "max_share", "that page … can't find", "can't find|that page", markNote},
		{"天才一秒记住本站", "mirror", "max_marks", "天才一秒", "天才一秒", markNote},
		{"a cat, cats and a Cat", "stuffed", "max_word", "cat", "cat|cat|Cat", markNote},
		{"one two three one two four one two", "gopher_repetition@en", "top_2_gram", "", "one two|one two|one two", markRepeat},
		{"a b c d a b c d", "gopher_repetition@en", "dup_3_gram", "", "a b c d", markRepeat},
		{"x\ny\nx\nx", "g", "dup_line_frac", "", "x|x", markRepeat},
		{"A sentence.\nno end\n也没有", "fineweb", "min_line_punct", "", "no end|也没有", markLine},
		{"any", "length", "min_chars", "", "", whereWhole},
		{"any", "url", "domain", "spam.example", "", whereURL},
		{"any", "status", "max_status", "", "", wherePage},
	} {
		marks, where := marksOf(tt.text, "en", &ledger.Row{Stage: "filter", Filter: tt.step, Rule: tt.rule, Note: tt.note})
		var got []string
		for _, m := range marks {
			got = append(got, tt.text[m.start:m.end])
		}
		if s := strings.Join(got, "|"); s != tt.want || where != tt.where {
			t.Errorf("%s.%s: %q, %s", tt.step, tt.rule, s, where)
		}
	}
	a, b := differences("The mill stood still until March that year.", "The mill stood idle until March that year.")
	if len(a) != 1 || len(b) != 1 || a[0].start != 15 || a[0].end != 20 || b[0].end != 19 {
		t.Errorf("differences %v, %v", a, b)
	}
}

// FuzzIndex holds any bytes to give an index or an error, and its use no panic.
func FuzzIndex(f *testing.F) {
	dir := f.TempDir()
	name := filepath.Join(dir, "index")
	src := filepath.Join(dir, "run")
	if err := os.MkdirAll(filepath.Join(src, "work"), 0o777); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(src, "work", "plan.json"), []byte("{}"), 0o666); err != nil {
		f.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(src, "ledger"), 0o777); err != nil {
		f.Fatal(err)
	}
	l, err := os.Create(filepath.Join(src, "ledger", "pages-00000.jsonl.zst"))
	if err != nil {
		f.Fatal(err)
	}
	w, err := ledger.NewWriter(l)
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range inspectRows() {
		if err := w.Write(r); err != nil {
			f.Fatal(err)
		}
	}
	w.Close()
	l.Close()
	files, err := filesOf(src)
	if err != nil {
		f.Fatal(err)
	}
	if err := buildIndex(context.Background(), src, name, files, func(int64, int64) {}); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add([]byte(strings.Repeat("\x00", 32) + indexMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(t.TempDir(), "index")
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
		x, err := openIndex(name)
		if err != nil {
			return
		}
		defer x.close()
		for _, q := range []query{{Count: 10}, {Text: "a", Order: "near", Count: 10}} {
			x.query(t.Context(), &q, nil, nil, nil)
		}
		s := &snapshot{dir: t.TempDir(), x: x}
		for n := range min(x.t.Docs, 20) {
			s.document(n)
		}
	})
}

// TestDamaged holds a damaged ledger to be read up to the damage, and a damaged
// or foreign index to be made anew.
func TestDamaged(t *testing.T) {
	dir := writeRun(t, smallRun(), inspectRows())
	if err := os.WriteFile(filepath.Join(dir, "ledger", "pages-00001.jsonl.zst"), []byte("\x28\xb5\x2f\xfdnonsense"), 0o666); err != nil {
		t.Fatal(err)
	}
	n, problems, err := BuildIndex(t.Context(), dir, func(int64, int64) {})
	if err != nil || n != 5 || len(problems) != 1 || !strings.HasPrefix(problems[0], "ledger/pages-00001") {
		t.Errorf("%d documents, problems %v, %v", n, problems, err)
	}
	name, err := indexName(dir)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{nil, []byte("other"), want[:len(want)/2], append(slices.Clone(want[:100]), want...)} {
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if n, _, err := BuildIndex(t.Context(), dir, func(int64, int64) {}); err != nil || n != 5 {
			t.Errorf("index of %d bytes: %d documents, %v", len(b), n, err)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != string(want) {
			t.Errorf("index of %d bytes: not made anew, %v", len(b), err)
		}
	}
	if _, err := NewServer(t.TempDir(), Tools{}, nil); !hint.IsUsage(err) {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestInProgress holds a run that is not finished to show the texts it has, and
// to be read again when it goes on.
func TestInProgress(t *testing.T) {
	dir := writeRun(t, smallRun(), inspectRows())
	stats := filepath.Join(dir, "stats.json")
	if err := os.Rename(stats, stats+".later"); err != nil {
		t.Fatal(err)
	}
	docs := filepath.Join(dir, "work", "docs")
	if err := os.MkdirAll(docs, 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(docs, "00000.jsonl.zst"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := shard.NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"zh-1", "p2", "p3"} {
		if err := w.Write(&feilun.Doc{ID: id, Text: "正文 " + id, Language: "zh"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	c := newClient(t, dir, Tools{})
	if s := get[state](c, "/api/state"); s.Finished || s.Docs != 6 || s.Stale {
		t.Errorf("%+v", s)
	}
	if v := c.doc(4); v.ID != "p2" || v.Segments[0].Text != "正文 p2" {
		t.Errorf("%+v", v)
	}
	if err := os.Rename(stats+".later", stats); err != nil {
		t.Fatal(err)
	}
	if s := get[state](c, "/api/state"); !s.Stale {
		t.Error("the run went on, and the page is not told")
	}
	c.ask("POST", "/api/refresh", nil, nil)
	<-c.s.build.ended
	if s := get[state](c, "/api/state"); !s.Finished || s.Docs != 5 || s.Stale {
		t.Errorf("%+v", s)
	}
}

// TestOddDocuments holds ids, addresses and texts of any shape to pass through.
func TestOddDocuments(t *testing.T) {
	s := smallRun()
	s.Samples = s.Samples[:1]
	ids := []string{`quote" <b>/../?#%00`, "☃", strings.Repeat("long", 2000), "-", "..", "\u202eltr", "a\nb", "{}"}
	for _, id := range ids {
		d := s.Samples[0]
		d.ID, d.URL, d.Title, d.Text = id, id, id, id
		s.Samples = append(s.Samples, d)
	}
	long := s.Samples[0]
	long.ID, long.Text = "long", strings.Repeat("长文 long text\n", 350_000)
	s.Samples = append(s.Samples, long)
	c := newClient(t, writeRun(t, s, inspectRows()), Tools{})
	a := get[answer](c, "/api/list?state=kept&count=100")
	if len(a.Docs) != len(ids)+2 {
		t.Fatalf("%d documents", len(a.Docs))
	}
	for i, id := range ids {
		n := a.Docs[i+1].N
		if v := c.doc(n); v.ID != id || v.URL != id || v.Segments[0].Text != id {
			t.Errorf("%q became %q", id, v.ID)
		}
		if st, _, body := c.ask("POST", "/api/label", map[string]any{"n": n, "gen": c.s.current().gen, "label": "good"}, nil); st != 200 {
			t.Errorf("%q: %s", id, body)
		}
	}
	var labelled []string
	for _, l := range c.s.labels.rows() {
		labelled = append(labelled, l.ID)
	}
	if d := cmp.Diff(ids, labelled); d != "" {
		t.Error(d)
	}
	v := c.doc(a.Docs[len(a.Docs)-1].N)
	if v.Left == 0 || len(v.Segments[0].Text)+v.Left != len(long.Text) {
		t.Errorf("%d bytes shown, %d left of %d", len(v.Segments[0].Text), v.Left, len(long.Text))
	}
	if got := get[answer](c, "/api/list?q=text%0A长文&whole=1"); got.Found != 1 {
		t.Errorf("%d documents have it", got.Found)
	}
}

// TestDifferences holds what is not marked to be one subsequence of both texts,
// as long as a table says the longest is.
func TestDifferences(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		a, b := make([]int, r.IntN(14)), make([]int, r.IntN(14))
		for _, s := range [][]int{a, b} {
			for i := range s {
				s[i] = r.IntN(4)
			}
		}
		inA, inB, ok := common(a, b)
		if !ok {
			t.Fatalf("%v, %v: given up", a, b)
		}
		var sa, sb []int
		for i, in := range inA {
			if in {
				sa = append(sa, a[i])
			}
		}
		for i, in := range inB {
			if in {
				sb = append(sb, b[i])
			}
		}
		best := make([][]int, len(a)+1)
		for i := range best {
			best[i] = make([]int, len(b)+1)
		}
		for i := range a {
			for j := range b {
				if best[i+1][j+1] = max(best[i][j+1], best[i+1][j]); a[i] == b[j] {
					best[i+1][j+1] = best[i][j] + 1
				}
			}
		}
		if !slices.Equal(sa, sb) || len(sa) != best[len(a)][len(b)] {
			t.Fatalf("%v, %v: common %v and %v, longest is %d", a, b, sa, sb, best[len(a)][len(b)])
		}
	}
}
