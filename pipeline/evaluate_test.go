package pipeline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/stats"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// books writes two books of chapters, and a file of one text, as JSON lines. Every
// chapter has words of its own, so that what is held out can be told.
func books(t testing.TB, dir string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields("the mill river stood still until march when ice broke and water ran over stones past old houses where people waited for bread")
	for book, chapters := range map[string]int{"one": 20, "two": 30, "alone": 1} {
		var b bytes.Buffer
		for c := range chapters {
			var text strings.Builder
			fmt.Fprintf(&text, "Chapter %d of %s.\n", c+1, book)
			for range 12 {
				for range 9 {
					text.WriteString(words[rng.IntN(len(words))] + " ")
				}
				fmt.Fprintf(&text, "in year %d.\n", rng.IntN(1e6))
			}
			line, err := json.Marshal(map[string]string{"text": text.String(), "id": fmt.Sprintf("%s-%02d", book, c+1)})
			if err != nil {
				t.Fatal(err)
			}
			b.Write(append(line, '\n'))
		}
		if err := os.WriteFile(filepath.Join(dir, book+".jsonl"), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func modelRecipe(t testing.TB, in, evaluate string) *Recipe {
	t.Helper()
	name := filepath.Join(t.TempDir(), "model.yaml")
	text := fmt.Sprintf("crawl: {source: auto, path: %q}\ntokenize: {vocab: 300, valid: 0.05}\ntrain: {depth: 1, context: 32, batch: 128, steps: 6}\n%s\n", in, evaluate)
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// idsOf lists the ids in a compressed file of JSON lines.
func idsOf(t testing.TB, name string) []string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var ids []string
	for s := bufio.NewScanner(z); s.Scan(); {
		var row struct{ ID string }
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, row.ID)
	}
	return ids
}

// TestHeldOut holds the last tenth of every book out of vocabulary and training, none
// of a book of one chapter, and measures on just those.
func TestHeldOut(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	books(t, in)
	r := modelRecipe(t, in, "evaluate: {hold_out: 0.1, order: 3, sample_tokens: 4, groups: [\"books=*.jsonl\"]}")
	if _, err := Run(t.Context(), r, Options{Out: out, Workers: 2}); err != nil {
		t.Fatal(err)
	}
	want := []string{"one-19", "one-20", "two-28", "two-29", "two-30"}
	if got := idsOf(t, filepath.Join(out, "heldout", "part-00000.jsonl.zst")); !slices.Equal(got, want) {
		t.Errorf("held out %v, want %v", got, want)
	}
	packed := idsOf(t, filepath.Join(out, "tokens", "documents-00000.jsonl.zst"))
	if len(packed) != 46 {
		t.Errorf("%d documents are packed, want 46", len(packed))
	}
	for _, id := range want {
		if slices.Contains(packed, id) {
			t.Errorf("%s is held out and in the tokens", id)
		}
	}
	e := evaluated(t, out)
	if e.HeldOut.Docs != 5 || e.HeldOut.Part != 1 || e.Model.Steps != 6 || len(e.Curve) < 6 || len(e.Baselines) != 3 || len(e.Samples) != 3 {
		t.Errorf("held out %+v, model %+v, %d points, %d baselines, %d samples", e.HeldOut, e.Model, len(e.Curve), len(e.Baselines), len(e.Samples))
	}
	var rows []string
	for _, x := range e.Text {
		rows = append(rows, fmt.Sprintf("%s %s %d", x.Kind, x.Name, x.Docs))
		if x.Ratio == nil || x.Bits.Value <= 0 || x.Baselines["token"] <= 0 || x.Baselines["byte"] <= 0 || x.Baselines["character"] <= 0 {
			t.Errorf("%s: %+v", x.Name, x)
		}
	}
	if d := cmp.Diff([]string{"all all 5", "group books 5", "language en 5", "domain one 2", "domain two 3"}, rows); d != "" {
		t.Error(d)
	}
	again(t, r, out)
}

// limits notes the limit for the heap at every line that is written.
type limits struct {
	bytes.Buffer
	seen []int64
}

func (l *limits) Write(b []byte) (int, error) {
	l.seen = append(l.seen, debug.SetMemoryLimit(-1))
	return l.Buffer.Write(b)
}

// TestMemoryOfModel: what memory is told for is said, and the limit holds for the evaluation
// of a run that goes on, too.
func TestMemoryOfModel(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	books(t, in)
	r := modelRecipe(t, in, "evaluate: {hold_out: 0.1, order: 2, sample_tokens: 4}")
	for range 2 {
		var l limits
		if _, err := Run(t.Context(), r, Options{Out: out, Workers: 1, Memory: 2 << 30, Stderr: &l}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"n-grams are counted in up to 1GiB of memory, half of the limit\n", "this process took "} {
			if !strings.Contains(l.String(), want) {
				t.Errorf("no %q in %s", want, l.String())
			}
		}
		if most := slices.Max(l.seen); most > 2<<30 {
			t.Errorf("a limit of %d bytes for the heap", most)
		}
		if err := os.Remove(filepath.Join(out, EvaluationFile)); err != nil {
			t.Fatal(err)
		}
	}
}

// again holds that a process that goes on changes nothing, and that the results come out
// the same when they are made anew.
func again(t *testing.T, r *Recipe, out string) {
	t.Helper()
	name := filepath.Join(out, EvaluationFile)
	first, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, remove := range []bool{false, true} {
		if remove {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Run(t.Context(), r, Options{Out: out, Workers: 1}); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(name); err != nil || !bytes.Equal(b, first) {
			t.Errorf("the results differ when they are made again (removed %v): %v", remove, err)
		}
	}
}

func evaluated(t testing.TB, out string) *stats.Evaluation {
	t.Helper()
	var e stats.Evaluation
	if err := readJSON(filepath.Join(out, EvaluationFile), &e); err != nil {
		t.Fatal(err)
	}
	return &e
}

// TestHeldOutDrawn draws about a tenth by id, the same ones each time.
func TestHeldOutDrawn(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	books(t, in)
	r := modelRecipe(t, in, "evaluate: {hold_out: 0.1, choose: draw, seed: 2, order: 0}")
	r.Train = nil
	if _, err := Run(t.Context(), r, Options{Out: out, Workers: 2}); err != nil {
		t.Fatal(err)
	}
	held, _, err := heldOutOf(out)
	if err != nil || len(held) < 2 || len(held) > 12 {
		t.Fatalf("%d of 51 are held out, %v", len(held), err)
	}
	for _, id := range idsOf(t, filepath.Join(out, "tokens", "documents-00000.jsonl.zst")) {
		if held[id] {
			t.Errorf("%s is held out and in the tokens", id)
		}
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	text := "crawl: {path: x}\nmix: {sources: {run: {share: 1}}}\nevaluate: {hold_out: 0.1}\n"
	if err := os.WriteFile(bad, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(bad); err == nil || !strings.Contains(hint.Of(err), "choose: draw") {
		t.Errorf("last documents of a mix: %v", err)
	}
}

// TestContaminated flags a task whose questions stand in the training text, and not one
// whose questions stand in what is held out alone.
func TestContaminated(t *testing.T) {
	in, data := t.TempDir(), t.TempDir()
	books(t, in)
	var trained, held bytes.Buffer
	for i := range 30 {
		book := "one"
		for _, to := range []struct {
			out     *bytes.Buffer
			chapter int
		}{{&trained, 1 + i%10}, {&held, 19 + i%2}} {
			text := chapter(t, in, book, to.chapter)
			lines := strings.Split(text, "\n")
			good := lines[1+i%10] + " " + lines[2+i%10]
			line, err := json.Marshal(map[string]string{"sentence_good": good, "sentence_bad": strings.ToUpper(good) + "!", "UID": "x"})
			if err != nil {
				t.Fatal(err)
			}
			to.out.Write(append(line, '\n'))
		}
	}
	for name, b := range map[string]*bytes.Buffer{"blimp.jsonl": &trained, "zhoblimp.jsonl": &held} {
		if err := os.WriteFile(filepath.Join(data, name), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	r := modelRecipe(t, in, fmt.Sprintf("evaluate: {hold_out: 0.1, order: 0, data: %q}", data))
	if _, err := Run(t.Context(), r, Options{Out: out, Workers: 2}); err != nil {
		t.Fatal(err)
	}
	e := evaluated(t, out)
	if len(e.Tasks) != 2 || !e.Tasks[0].Flagged || e.Tasks[0].Found < 25 || e.Tasks[1].Flagged || e.Tasks[1].Found != 0 {
		t.Errorf("tasks %+v", e.Tasks)
	}
}

// chapter reads a chapter of a book of [books].
func chapter(t testing.TB, dir, book string, n int) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, book+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var row struct{ Text string }
	if err := json.Unmarshal(bytes.Split(b, []byte("\n"))[n-1], &row); err != nil {
		t.Fatal(err)
	}
	return row.Text
}

func TestDomain(t *testing.T) {
	for source, want := range map[string]string{"红楼梦.txt.zst": "红楼梦", "docs-zh-en.warc.wet.gz": "docs-zh-en", "a.b.jsonl": "a.b", "plain": "plain"} {
		if got := domain(&feilun.Doc{Source: source}); got != want {
			t.Errorf("%s is of domain %q, want %q", source, got, want)
		}
	}
}

// TestEnvironment puts an environment variable into paths, and says what is lacking when
// it is not set.
func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "r.yaml")
	text := "crawl: {source: auto, path: [$FEILUN_TEST_DATA/a, other]}\nevaluate: {data: $FEILUN_TEST_DATA/eval}\nneeds: {crawl.path: text}\n"
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FEILUN_TEST_DATA", "")
	r, err := Load(name)
	if err != nil || len(r.Lacking()) != 1 || !strings.Contains(r.lacks().Error(), "$FEILUN_TEST_DATA/a") {
		t.Errorf("not set: %v, %v", r, err)
	}
	t.Setenv("FEILUN_TEST_DATA", dir)
	if r, err = Load(name); err != nil || string(r.Crawl.Path) != filepath.Join(dir, "a")+"\nother" || r.Evaluate.Data != filepath.Join(dir, "eval") {
		t.Errorf("set: %q, %v", r.Crawl.Path, err)
	}
}
