package mix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"feilun"
	"feilun/internal/corpus"
	"feilun/internal/hint"
	"feilun/internal/ledger"

	"github.com/google/go-cmp/cmp"
)

// do runs tasks on so many goroutines.
func do(workers int) func(ctx context.Context, n int, task func(ctx context.Context, worker, i int) error) error {
	return func(ctx context.Context, n int, task func(ctx context.Context, worker, i int) error) error {
		errs := make([]error, n)
		next := make(chan int)
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := range next {
					errs[i] = task(ctx, w, i)
				}
			})
		}
		for i := range n {
			next <- i
		}
		close(next)
		wg.Wait()
		return errors.Join(errs...)
	}
}

// source writes a source of n documents of about size bytes in so many files
// and returns its path.
func source(tb testing.TB, dir, name string, n, size, files int) string {
	tb.Helper()
	r := rand.New(rand.NewPCG(uint64(n), uint64(size)))
	lines := make([]strings.Builder, files)
	for i := range n {
		var text strings.Builder
		for want := size/2 + r.IntN(size); text.Len() < want; {
			fmt.Fprintf(&text, "%s word%d 字%c. ", name, r.IntN(5000), rune(0x4e00+r.IntN(5000)))
		}
		b, err := json.Marshal(map[string]any{"id": fmt.Sprintf("%s-%d", name, i), "url": fmt.Sprintf("http://%s.example/%d", name, i), "text": text.String(), "language": "zh", "source": name})
		if err != nil {
			tb.Fatal(err)
		}
		fmt.Fprintf(&lines[i*files/n], "%s\n", b)
	}
	for k := range lines {
		textFile(tb, filepath.Join(dir, name, fmt.Sprintf("%03d.jsonl", k)), lines[k].String())
	}
	return filepath.Join(dir, name)
}

// gpt3 is GPT-3's table in thousandths of a ten-millionth.
func gpt3(tb testing.TB, dir string, files int) *Spec {
	tb.Helper()
	s := New()
	s.Tokens = 1_000_000
	s.Output.PartSize, s.Output.Format = 512<<10, "jsonl"
	for _, x := range []struct {
		name  string
		docs  int
		share float64
	}{{"cc", 4100, 0.60}, {"webtext2", 190, 0.22}, {"books1", 120, 0.08}, {"books2", 550, 0.08}, {"wikipedia", 30, 0.03}} {
		path := source(tb, dir, x.name, x.docs, 900, files)
		s.Sources = append(s.Sources, NamedSource{x.name, SourceParams{Path: Paths(path), Share: x.share}})
	}
	return s
}

func runMix(tb testing.TB, s *Spec, o Options) *Result {
	tb.Helper()
	if o.Out == "" {
		o.Out = tb.TempDir()
	}
	o.Workers = max(o.Workers, 1)
	o.Do = do(o.Workers)
	r, err := Run(tb.Context(), s, o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// files reads what must not depend on how a mix went.
func files(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(name, "lock") {
			return err
		}
		b, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		all[rel] = string(b)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// written reads a mixed corpus as origin, epoch and id of each copy, in order.
func written(tb testing.TB, dir string) (copies [][3]string, tokens map[string]int64) {
	tb.Helper()
	names, err := corpus.Files(filepath.Join(dir, "corpus"))
	if err != nil {
		tb.Fatal(err)
	}
	tokens = map[string]int64{}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			tb.Fatal(err)
		}
		plain, done, err := corpus.Plain(f)
		if err != nil {
			tb.Fatal(err)
		}
		for dec := json.NewDecoder(plain); dec.More(); {
			var v struct {
				ID, Text, Origin string
				Epoch            int
			}
			if err := dec.Decode(&v); err != nil {
				tb.Fatal(err)
			}
			n, _ := countTokens(v.Text, "estimate")
			tokens[v.Origin] += n
			copies = append(copies, [3]string{v.Origin, fmt.Sprint(v.Epoch), v.ID})
		}
		done()
		f.Close()
	}
	return copies, tokens
}

// TestTable mixes by GPT-3's table: shares and epochs of what was written.
func TestTable(t *testing.T) {
	s := gpt3(t, t.TempDir(), 3)
	out := t.TempDir()
	r := runMix(t, s, Options{Out: out, Workers: 2})
	copies, tokens := written(t, out)
	total := int64(0)
	for _, n := range tokens {
		total += n
	}
	if off := math.Abs(float64(total)/1e6 - 1); off > 0.001 {
		t.Errorf("%d tokens, want 1,000,000", total)
	}
	seen := map[[3]string]bool{}
	for _, c := range copies {
		if seen[c] {
			t.Fatalf("%v is written twice", c)
		}
		seen[c] = true
	}
	for i, src := range s.Sources {
		row := r.Plan.Rows[i]
		want := src.Share / 1.01
		got := float64(tokens[src.Name]) / float64(total)
		t.Logf("%-10s share %.5f, got %.5f, %.3f epochs, off %.5f %%", src.Name, want, got, row.Epochs, 100*math.Abs(got/want-1))
		if math.Abs(got/want-1) > 0.001 || row.Mixed != tokens[src.Name] {
			t.Errorf("%s: share %.5f (%d tokens), want %.5f (%d)", src.Name, got, tokens[src.Name], want, row.Mixed)
		}
		for c := range seen { // a document comes as often as the epochs say, up to one
			if c[0] == src.Name && c[1] > fmt.Sprint(int(row.Epochs)) {
				t.Errorf("%v: more than %v epochs", c, row.Epochs)
			}
		}
	}
	inOrder := 0
	for i := 1; i < len(copies); i++ {
		if copies[i][0] == copies[i-1][0] {
			inOrder++
		}
	}
	if share := float64(inOrder) / float64(len(copies)); share > 0.6 { // about 0.42 by chance
		t.Errorf("%.2f of neighbours are of one source: not shuffled", share)
	}
}

// TestSameBytes compares workers, memory and how the input is cut into files.
func TestSameBytes(t *testing.T) {
	dir := t.TempDir()
	s := gpt3(t, dir, 4)
	set := fmt.Sprintf("{\"q\":%q}\n", firstText(t, filepath.Join(dir, "books1", "000.jsonl"))[:300])
	d, err := Rule("gpt3")
	if err != nil {
		t.Fatal(err)
	}
	d.Sets = Paths(textFile(t, filepath.Join(dir, "eval", "set.jsonl"), set))
	d.Around, d.MinPiece = 20, 40
	s.Decontaminate = d
	out := t.TempDir()
	r := runMix(t, s, Options{Out: out})
	if c := r.Contamination; c.Touched != 1 || c.Cut+c.Dropped != 1 || c.Sets[0].Full != 1 {
		t.Errorf("contamination = %+v, want one document touched", c)
	}
	want := files(t, out)
	for _, o := range []Options{{Workers: 2}, {Workers: 5, Memory: 1 << 30}, {Workers: 2, Memory: 320 << 20}} {
		o.Out = t.TempDir()
		runMix(t, s, o)
		if diff := cmp.Diff(want, files(t, o.Out)); diff != "" {
			t.Errorf("%+v: %.2000s", o, diff)
		}
	}
	// Other files, the same documents: the same corpus.
	other := gpt3(t, t.TempDir(), 1)
	other.Decontaminate = d
	again := t.TempDir()
	runMix(t, other, Options{Out: again})
	for name, b := range files(t, again) {
		if strings.HasPrefix(name, "corpus") && want[name] != b {
			t.Errorf("%s differs when the input is one file instead of four", name)
		}
	}
}

func firstText(tb testing.TB, name string) string {
	tb.Helper()
	for d, err := range corpus.Read(name) {
		if err != nil {
			tb.Fatal(err)
		}
		return d.Text
	}
	tb.Fatal("no document")
	return ""
}

// TestBooks holds the ledger to the books: every document is in the mix or in
// the ledger once.
func TestBooks(t *testing.T) {
	s := gpt3(t, t.TempDir(), 2)
	out := t.TempDir()
	r := runMix(t, s, Options{Out: out})
	copies, _ := written(t, out)
	in := map[string]int{}
	for _, c := range copies {
		in[c[2]] = 1
	}
	rows := 0
	names, err := filepath.Glob(filepath.Join(out, "ledger", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range ledger.Rows(f) {
			if err != nil {
				t.Fatal(err)
			}
			rows++
			if in[row.ID]++; in[row.ID] != 1 || row.Stage != "mix" || row.Rule != "share" || row.Limit == 0 {
				t.Fatalf("row %+v; in the mix or ledger %d times", row, in[row.ID])
			}
		}
		f.Close()
	}
	rep := r.Run.Reports[0]
	if rep.In.Docs != 4990 || rep.Dropped.Docs != int64(rows) || len(in) != 4990 {
		t.Errorf("report %+v, %d rows, %d documents", rep, rows, len(in))
	}
}

// TestTargets says how shares, epochs and tokens go together.
func TestTargets(t *testing.T) {
	dir := t.TempDir()
	a, b := source(t, dir, "a", 400, 400, 1), source(t, dir, "b", 100, 400, 1)
	type src = SourceParams
	for _, c := range []struct {
		name   string
		tokens Amount
		a, b   src
		epochs [2]float64
		warn   string
		err    string
	}{
		{name: "epochs alone", a: src{Epochs: 0.5}, b: src{Epochs: 3}, epochs: [2]float64{0.5, 3}},
		{name: "shares alone", a: src{Share: 0.5}, b: src{Share: 0.5}, epochs: [2]float64{-1, 1}},
		{name: "share beside epochs", a: src{Epochs: 1}, b: src{Share: 0.6}, epochs: [2]float64{1, -4}, warn: "max_epochs"},
		{name: "both", tokens: 20000, a: src{Share: 0.8}, b: src{Share: 0.2, Epochs: 9}, epochs: [2]float64{-1, -1}, warn: "the share decides"},
		{name: "no room", tokens: 100, a: src{Epochs: 1}, b: src{Share: 0.5}, err: "leaves nothing"},
		{name: "no room for epochs", a: src{Epochs: 1}, b: src{Share: 1}, err: "leaves nothing"},
		{name: "mistyped", tokens: 1e15, a: src{Share: 1}, b: src{Share: 1}, err: "would come"},
		{name: "nearly all beside epochs", a: src{Share: 0.9999999999}, b: src{Epochs: 9e5}, err: "would come"},
		{name: "neither", a: src{Epochs: 1}, b: src{}, err: "neither share nor epochs"},
	} {
		s := New()
		s.Tokens, s.Output.Format = c.tokens, "jsonl"
		c.a.Path, c.b.Path = Paths(a), Paths(b)
		s.Sources = []NamedSource{{"a", c.a}, {"b", c.b}}
		r, err := Run(t.Context(), s, Options{Out: t.TempDir(), DryRun: true, Do: do(1)})
		if c.err != "" || err != nil {
			if err == nil || c.err == "" || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %q", c.name, err, c.err)
			}
			continue
		}
		for i, want := range c.epochs {
			if got := r.Plan.Rows[i].Epochs; want > 0 && math.Abs(got-want) > 1e-3 {
				t.Errorf("%s: source %d has %.4f epochs, want %.4f", c.name, i, got, want)
			}
		}
		if w := strings.Join(r.Plan.Warnings, "; "); !strings.Contains(w, c.warn) || c.warn == "" && w != "" {
			t.Errorf("%s: warnings %q, want %q", c.name, w, c.warn)
		}
	}
}

// TestLinks mixes a folder that is a link, and refuses an output folder inside a
// source whatever way leads there.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	path := source(t, dir, "a", 20, 100, 1)
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		path, out string
		ok        bool
	}{
		{link, filepath.Join(dir, "out"), true},
		{path, filepath.Join(path, "out"), false},
		{path, filepath.Join(link, "deep", "out"), false},
		{link, filepath.Join(path, "out"), false},
	} {
		s := New()
		s.Output.Format = "jsonl"
		s.Sources = []NamedSource{{"a", SourceParams{Path: Paths(c.path), Share: 1}}}
		r, err := Run(t.Context(), s, Options{Out: c.out, Do: do(1)})
		if (err == nil) != c.ok || err == nil && r.Plan.Docs != 20 || err != nil && !hint.IsUsage(err) {
			t.Errorf("%s to %s: %v", c.path, c.out, err)
		}
	}
}

// TestResume stops a mix at every file and goes on.
func TestResume(t *testing.T) {
	s := gpt3(t, t.TempDir(), 2)
	s.Sources = s.Sources[:3]
	whole := t.TempDir()
	runMix(t, s, Options{Out: whole})
	want := files(t, whole)
	out := t.TempDir()
	stops := 0
	for n := 1; ; n++ {
		ctx, stop := context.WithCancel(t.Context())
		left := 3
		_, err := Run(ctx, s, Options{Out: out, Do: func(ctx context.Context, n int, task func(ctx context.Context, worker, i int) error) error {
			for i := range n {
				if left--; left < 0 {
					stop()
				}
				if err := task(ctx, 0, i); err != nil {
					return err
				}
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			return nil
		}})
		stop()
		if err == nil {
			break
		}
		if stops++; !errors.Is(err, context.Canceled) || stops > 200 {
			t.Fatal(err)
		}
		left = 3 + n
		if stops == 12 { // what is done already counts as a step each time: give it room
			runMix(t, s, Options{Out: out})
		}
	}
	if diff := cmp.Diff(want, files(t, out)); diff != "" {
		t.Errorf("after %d stops: %.2000s", stops, diff)
	}
	s.Seed = 2
	if _, err := Run(t.Context(), s, Options{Out: out, Do: do(1)}); err == nil || !strings.Contains(err.Error(), "another recipe") {
		t.Errorf("another seed in the same folder: error %v", err)
	}
}

// TestParquet mixes what corpora and other writers of Parquet leave, and reads
// what it wrote.
func TestParquet(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "part-00000.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := corpus.NewWriter(f, "parquet")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if err := w.Write(&feilun.Doc{ID: fmt.Sprint("p", i), Text: fmt.Sprintf("正文 %d", i), Language: "zh", Confidence: 0.5, Source: "s"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	s := New()
	s.Sources = []NamedSource{{"p", SourceParams{Path: Paths(dir), Epochs: 2}}}
	out := t.TempDir()
	runMix(t, s, Options{Out: out})
	got := map[string]int{}
	for d, err := range corpus.Read(filepath.Join(out, "corpus", "part-00000.parquet")) {
		if err != nil {
			t.Fatal(err)
		}
		if got[d.ID]++; d.Confidence != 0.5 || d.Source != "s" || !strings.HasPrefix(d.Text, "正文") {
			t.Errorf("document %+v", d)
		}
	}
	for id, n := range got {
		if n != 2 || len(got) != 50 {
			t.Errorf("%s comes %d times, want 2; %d documents", id, n, len(got))
		}
	}
}

// FuzzParse holds that what is a mix is the same mix when written and read.
func FuzzParse(f *testing.F) {
	f.Add([]byte("mix: {tokens: 300B, seed: 3, sources: {cc: {path: a, share: 0.6}, b: {path: [x, y], epochs: 1.9, share: 0.4}}}"))
	f.Add([]byte("sources: {a: {path: a, share: 1}}\ndecontaminate: {sets: e, rule: palm, overlap: 0.5}\noutput: {part_size: 1MiB}"))
	f.Add([]byte("sources: 3"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(s.YAML())
		if err != nil {
			t.Fatalf("%v\n%s", err, s.YAML())
		}
		if diff := cmp.Diff(s, again); diff != "" {
			t.Error(diff)
		}
	})
}
