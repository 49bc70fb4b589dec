package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/internal/hint"
)

// ablateText makes text in which words follow one another in a fixed way, or shuffled.
func ablateText(rng *rand.Rand, n int, shuffled bool) string {
	words := strings.Fields("the mill stood still and the river ran over stones past old houses until march")
	var b strings.Builder
	for range n {
		order := rng.Perm(len(words))
		from := rng.IntN(len(words))
		for i := range 8 {
			k := (from + i) % len(words)
			if shuffled {
				k = order[i]
			}
			b.WriteString(words[k] + " ")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func writeDocs(t testing.TB, name string, rng *rand.Rand, docs int, shuffled bool) string {
	t.Helper()
	var b bytes.Buffer
	for i := range docs {
		line, err := json.Marshal(map[string]string{"id": fmt.Sprint(i), "text": ablateText(rng, 20, shuffled)})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func testAblation(t testing.TB) Ablation {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(5, 6))
	return Ablation{
		A: writeDocs(t, filepath.Join(dir, "a.jsonl"), rng, 40, false), B: writeDocs(t, filepath.Join(dir, "b.jsonl"), rng, 40, true),
		Text: []string{"new=" + writeDocs(t, filepath.Join(dir, "n.jsonl"), rng, 10, false)}, Size: 1 << 20,
		Seeds: 2, Seed: 1, Tokens: 40 * 256, Depth: 1, Context: 32, Batch: 256, Vocab: 300, Out: filepath.Join(dir, "out"), Workers: 2,
	}
}

// TestAblate finds ordered text better than shuffled text for ordered text, and sees
// nothing between a corpus and itself.
func TestAblate(t *testing.T) {
	o := testAblation(t)
	r, err := Ablate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	m := r.Measures[0]
	if m.Better != "A" || m.Difference.High >= 0 || m.Name != "new" || m.Pieces < 2 || r.A.Docs != 40 || r.Tokens != o.Tokens || len(m.Difference.BySeed) != 2 {
		t.Errorf("%+v of %+v", m, r)
	}
	if m.OverlapB > 0.05 {
		t.Errorf("%v of the neutral text stands in shuffled text", m.OverlapB)
	}
	b, err := json.Marshal(r)
	if err != nil || !bytes.Contains(b, []byte(`"better":"A"`)) {
		t.Errorf("%s, %v", b, err)
	}
	o.B, o.Out = o.A, filepath.Join(t.TempDir(), "same")
	r, err = Ablate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if m := r.Measures[0]; m.Better != "" || m.Difference.Value != 0 {
		t.Errorf("a corpus against itself: %+v", m)
	}
}

// TestAblateResume stops a comparison part of the way; the same arguments go on, others
// are refused.
func TestAblateResume(t *testing.T) {
	o := testAblation(t)
	whole, err := Ablate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	first := o.Out
	o.Out = filepath.Join(t.TempDir(), "stopped")
	ctx, cancel := context.WithCancel(t.Context())
	o.Stderr = writerFunc(func(b []byte) (int, error) {
		if bytes.Contains(b, []byte("model 3 of 4")) {
			cancel()
		}
		return len(b), nil
	})
	if _, err := Ablate(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped: %v", err)
	}
	o.Stderr = nil
	again, err := Ablate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	a, b := encoded(whole), encoded(again)
	if !bytes.Equal(a, b) {
		t.Errorf("stopped and gone on:\n%s\nin one go:\n%s", b, a)
	}
	if x, err := os.ReadFile(filepath.Join(first, "ablation.json")); err != nil || len(x) == 0 {
		t.Error(err)
	}
	o.Seeds = 3
	if _, err := Ablate(t.Context(), o); err == nil || !strings.Contains(hint.Of(err), "--fresh") {
		t.Errorf("other arguments: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestAblateRefuses names what is missing.
func TestAblateRefuses(t *testing.T) {
	for want, change := range map[string]func(*Ablation){
		"two pairs":     func(o *Ablation) { o.Seeds = 1 },
		"nothing to":    func(o *Ablation) { o.Text = nil },
		"less than one": func(o *Ablation) { o.Tokens = 10 },
		"context is 0":  func(o *Ablation) { o.Context = 0 },
		"depth is 0":    func(o *Ablation) { o.Depth = 0 },
		"batch is 1.09": func(o *Ablation) { o.Batch = 1 << 40 },
		"empty.jsonl holds no document": func(o *Ablation) {
			o.B = filepath.Join(t.TempDir(), "empty.jsonl")
			if err := os.WriteFile(o.B, nil, 0o666); err != nil {
				t.Fatal(err)
			}
		},
		"no path given":     func(o *Ablation) { o.B = "zh-web" },
		"is no recipe":      func(o *Ablation) { o.B = filepath.Join(t.TempDir(), "none.jsonl") },
		"no folder":         func(o *Ablation) { o.Out = "" },
		"no file matches":   func(o *Ablation) { o.Text = []string{"zh=" + filepath.Join(t.TempDir(), "none.txt")} },
		"no file of a task": func(o *Ablation) { o.Data, o.Tasks = t.TempDir(), nil },
		"has no file":       func(o *Ablation) { o.Data, o.Tasks = t.TempDir(), []string{"blimp"} },
		"r.yaml: line 1: crawl": func(o *Ablation) {
			o.B = filepath.Join(t.TempDir(), "r.yaml")
			if err := os.WriteFile(o.B, []byte("crawl: {source: auto, path: none.jsonl}\n"), 0o666); err != nil {
				t.Fatal(err)
			}
		},
	} {
		o := testAblation(t)
		change(&o)
		if _, err := Ablate(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if _, err := os.Stat(filepath.Join(o.Out, "arguments.json")); err == nil && !strings.HasPrefix(want, "empty") {
			t.Errorf("%s: the refused ablation left its arguments, which would refuse the right ones", want)
		}
	}
}

// TestAblateRecipe runs a recipe for one of the corpora.
func TestAblateRecipe(t *testing.T) {
	o := testAblation(t)
	recipe := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(recipe, []byte(fmt.Sprintf("crawl: {source: auto, path: %q}\ndedup: {exact: }\n", o.A)), 0o666); err != nil {
		t.Fatal(err)
	}
	o.A = recipe
	r, err := Ablate(t.Context(), o)
	if err != nil || r.A.Docs != 40 || r.Measures[0].Better != "A" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestPieces(t *testing.T) {
	line := strings.Repeat("x", 700) + "\n"
	got := pieces(strings.Repeat(line, 7))
	if len(got) != 3 || len(got[0]) != 2102 || strings.Join(got, "\n")+"\n" != strings.Repeat(line, 7) {
		t.Errorf("%d pieces", len(got))
	}
	if got := pieces("\n \n"); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
