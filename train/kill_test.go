package train

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"feilun/internal/hint"
)

// childEnv names folders and workers of a run in a process of its own.
const childEnv = "FEILUN_TRAIN_CHILD"

func small(t testing.TB) *Params {
	p := usual(t)
	p.Depth, p.Steps, p.BF16, p.SaveEvery, p.ValidEvery, p.SampleEvery = 1, 24, true, 5, 7, 11
	p.Batch, p.Context, p.Rows = 128, 32, 3
	return p
}

// A child is a run in a process of its own: what it learns, from what, and where to.
type child struct {
	kind, text, base, out string
	workers               int
}

func (c *child) run(t *testing.T) {
	t.Helper()
	o := Options{Out: c.out, Workers: c.workers}
	tune := TuneParams{Context: 48, Batch: 192, Rows: 2, Steps: 24, Rate: 0.003, Valid: 0.1, Beta: 0.1, Seed: 1, BF16: true, Prompts: []string{"say 0"}}
	var err error
	switch c.kind {
	case "pretrain":
		_, err = Run(t.Context(), *small(t), c.text, o)
	case "sft":
		_, err = Tune(t.Context(), tune, c.base, []string{c.text}, o)
	case "dpo":
		_, err = Prefer(t.Context(), tune, c.base, []string{c.text}, o)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestChild is the run that TestKill kills.
func TestChild(t *testing.T) {
	env := os.Getenv(childEnv)
	if env == "" {
		t.Skip("runs as a child of TestKill")
	}
	parts := strings.Split(env, "|")
	workers, _ := strconv.Atoi(parts[4])
	(&child{parts[0], parts[1], parts[2], parts[3], workers}).run(t)
}

// TestKill kills a run at random steps, each time with another number of workers,
// until it is done, and compares the model's files with those of a run that nobody
// killed: in pretraining, in fine-tuning, and in learning preferences.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	text := packed(t, vocabulary(t, 300), words(300, 1), 10)
	base := filepath.Join(dir, "pretrain-whole")
	chats, pairs := answered(t, dir)
	kills := 6
	if testing.Short() {
		kills = 3
	}
	for i, c := range []child{{kind: "pretrain", text: text}, {kind: "sft", text: chats, base: base}, {kind: "dpo", text: pairs, base: base}} {
		whole, killed := c, c
		whole.out, whole.workers = filepath.Join(dir, c.kind+"-whole"), 1
		whole.run(t)
		killed.out = filepath.Join(dir, c.kind)
		killed.survive(t, kills, rand.New(rand.NewPCG(8, uint64(i))))
		for _, name := range []string{"model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "manifest.json", "checkpoints/best.safetensors"} {
			want, err := os.ReadFile(filepath.Join(whole.out, name))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(killed.out, name)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %s differs after %d kills (%v)", c.kind, name, kills, err)
			}
		}
		a, b := lossesOf(t, whole.out), lossesOf(t, killed.out)
		if len(a) != 24 || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: losses %v, want %v", c.kind, b, a)
		}
	}
}

// answered writes conversations and preferences.
func answered(t *testing.T, dir string) (chats, pairs string) {
	t.Helper()
	chats, pairs = filepath.Join(dir, "chats.jsonl"), filepath.Join(dir, "pairs.jsonl")
	var a, b strings.Builder
	for i, word := range words(120, 5) {
		fmt.Fprintf(&a, `{"instruction":"say %d","output":%q}`+"\n", i%3, []string{"the mill", "stood", "March"}[i%3])
		fmt.Fprintf(&b, `{"prompt":%q,"chosen":"stood still","rejected":"没有"}`+"\n", word)
	}
	for name, text := range map[string]string{chats: a.String(), pairs: b.String()} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return chats, pairs
}

// survive runs a child until it is done, and before that kills it so often.
func (c *child) survive(t *testing.T, kills int, rng *rand.Rand) {
	t.Helper()
	for n := range kills + 1 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%s|%s|%d", childEnv, c.kind, c.text, c.base, c.out, 1+n%3))
		cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if n < kills {
			waitSteps(t, filepath.Join(c.out, "train.log"), 1+rng.IntN(18/kills))
			cmd.Process.Kill()
			cmd.Wait()
		} else if err := cmd.Wait(); err != nil {
			t.Fatalf("%s: %v", c.kind, err)
		}
	}
}

func lossesOf(t *testing.T, dir string) []point {
	t.Helper()
	rows, err := readLog(filepath.Join(dir, "train.log"))
	if err != nil {
		t.Fatal(err)
	}
	return losses(rows)
}

// waitSteps waits until a log has grown by some steps, or for good when the run ends.
func waitSteps(t *testing.T, name string, more int) {
	t.Helper()
	count := func() int {
		b, _ := os.ReadFile(name)
		return bytes.Count(b, []byte(`"norm"`))
	}
	for start, tries := count(), 0; count() < start+more && tries < 2000; tries++ {
		if b, err := os.ReadFile(name); err == nil && bytes.Count(b, []byte(`"norm"`)) >= 23 {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// TestRunRefuses holds what a run refuses.
func TestRunRefuses(t *testing.T) {
	tok := vocabulary(t, 300)
	text := packed(t, tok, words(100, 1), 10)
	dir := filepath.Join(t.TempDir(), "model")
	p := *small(t)
	p.Steps = 2
	if _, err := Run(t.Context(), p, text, Options{Out: dir, Memory: 1 << 20}); err == nil || !hint.IsUsage(err) || !strings.Contains(err.Error(), "memory") {
		t.Errorf("a run in a megabyte: %v", err)
	}
	first, err := Run(t.Context(), p, text, Options{Out: dir})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Run(t.Context(), p, text, Options{Out: dir})
	if err != nil || *again != *first {
		t.Errorf("the finished run again: %+v, %v; want %+v", again, err, first)
	}
	p.Rate *= 2
	if _, err := Run(t.Context(), p, text, Options{Out: dir}); err == nil || !strings.Contains(hint.Of(err), "--fresh") {
		t.Errorf("another rate in the same folder: %v", err)
	}
	if _, err := Run(t.Context(), p, text, Options{Out: dir, Fresh: true}); err != nil {
		t.Error(err)
	}
	if _, err := Run(t.Context(), p, t.TempDir(), Options{Out: dir}); err == nil || hint.Of(err) == "" {
		t.Errorf("a folder without tokens: %v", err)
	}
	for _, fresh := range []bool{false, true} { // a folder of tokens has a manifest and a tokenizer, too
		if _, err := Run(t.Context(), p, text, Options{Out: text, Fresh: fresh}); err == nil || !hint.IsUsage(err) || !strings.Contains(err.Error(), "feilun.tokens/1") {
			t.Errorf("the tokens' own folder, fresh %v: %v", fresh, err)
		}
		if _, err := OpenCorpus(text); err != nil {
			t.Fatalf("the tokens are gone: %v", err)
		}
	}
	if _, err := Run(t.Context(), p, text, Options{Out: dir, Workers: -1}); err == nil || !hint.IsUsage(err) {
		t.Errorf("workers below zero: %v", err)
	}
	p.Schedule = "x"
	if _, err := Run(t.Context(), p, text, Options{Out: dir}); err == nil || !hint.IsUsage(err) {
		t.Errorf("an unknown schedule: %v", err)
	}
}

// TestTune teaches a small model answers, and preferences.
func TestTune(t *testing.T) {
	tok := vocabulary(t, 300)
	text := packed(t, tok, words(100, 1), 10)
	dir := t.TempDir()
	p := *small(t)
	p.Steps = 2
	if _, err := Run(t.Context(), p, text, Options{Out: dir + "/base"}); err != nil {
		t.Fatal(err)
	}
	chats, pairs := answered(t, dir)
	tune := TuneParams{Context: 64, Batch: 512, Rows: 8, Epochs: 30, Rate: 0.003, Valid: 0.1, Beta: 0.1, Seed: 1, Prompts: []string{"say 0"}}
	o, err := Tune(t.Context(), tune, dir+"/base", []string{chats}, Options{Out: dir + "/chat"})
	if err != nil {
		t.Fatal(err)
	}
	if all := lossesOf(t, o.Model); o.Valid > 0.5 || o.Valid > all[0].y/4 {
		t.Errorf("fine-tuning ends at loss %v from %v", o.Valid, all[0].y)
	}
	tune.Epochs, tune.Rate = 4, 0.001
	o, err = Prefer(t.Context(), tune, dir+"/chat", []string{pairs}, Options{Out: dir + "/preferred"})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readLog(o.Log)
	if err != nil {
		t.Fatal(err)
	}
	last := Row{}
	for _, r := range rows {
		if r.Valid > 0 {
			last = r
		}
	}
	if last.Preferred < 0.9 || last.Valid > 0.5 {
		t.Errorf("after learning preferences the loss is %v, the chosen answer likelier in %v", last.Valid, last.Preferred)
	}
}

// TestPreferenceGradient compares the gradient of the loss with differences.
func TestPreferenceGradient(t *testing.T) {
	net := newToy(12, 4, 2)
	rng := rand.New(rand.NewPCG(2, 2))
	var all []pair
	for range 3 {
		var p pair
		for i := range p.rows {
			ids := make([]uint32, 5+i)
			learn := make([]bool, len(ids))
			for k := range ids {
				ids[k], learn[k] = uint32(rng.IntN(12)), k > 2
			}
			p.rows[i] = padded(ids, learn, 8)
		}
		all = append(all, p)
	}
	remember(net, all, 2)
	pointers := []*pair{&all[0], &all[1], &all[2]}
	for i := range net.w {
		for k := range net.w[i].Data {
			net.w[i].Data[k] += float32(rng.NormFloat64() * 0.05)
		}
	}
	loss := func() float64 {
		var b batch
		b.fill(pairRows(all))
		return aim(net, &b, pointers, 0.7, 2)
	}
	var b batch
	b.fill(pairRows(all))
	aim(net, &b, pointers, 0.7, 2)
	net.Backward(&b, true)
	for i := range net.w {
		for k := 0; k < len(net.w[i].Data); k += 5 {
			x := net.w[i].Data[k]
			const h = 1e-2
			net.w[i].Data[k] = x + h
			up := loss()
			net.w[i].Data[k] = x - h
			down := loss()
			net.w[i].Data[k] = x
			want := (up - down) / (2 * h)
			if got := float64(net.w[i].Grad[k]); got-want > 1e-3 || want-got > 1e-3 {
				t.Errorf("%s[%d]: gradient %v, difference %v", net.w[i].Name, k, got, want)
			}
		}
	}
}
