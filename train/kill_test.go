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

// TestChild is the run that TestKill kills.
func TestChild(t *testing.T) {
	env := os.Getenv(childEnv)
	if env == "" {
		t.Skip("runs as a child of TestKill")
	}
	parts := strings.Split(env, "|")
	workers, _ := strconv.Atoi(parts[2])
	if _, err := Run(t.Context(), *small(t), parts[0], Options{Out: parts[1], Workers: workers}); err != nil {
		t.Fatal(err)
	}
}

// TestKill kills a run at random steps, each time with another number of workers,
// until it is done, and compares the model's files with those of a run that nobody
// killed.
func TestKill(t *testing.T) {
	tok := vocabulary(t, 300)
	text := packed(t, tok, words(300, 1), 10)
	whole := filepath.Join(t.TempDir(), "model")
	if _, err := Run(t.Context(), *small(t), text, Options{Out: whole, Workers: 1}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "model")
	rng := rand.New(rand.NewPCG(8, 1))
	kills := 0
	for {
		cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%d", childEnv, text, dir, 1+kills%3))
		cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if kills < 6 {
			waitSteps(t, filepath.Join(dir, "train.log"), 1+rng.IntN(6))
			cmd.Process.Kill()
			cmd.Wait()
			kills++
			continue
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		break
	}
	for _, name := range []string{"model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "manifest.json", "checkpoints/best.safetensors"} {
		want, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs after %d kills (%v)", name, kills, err)
		}
	}
	a, b := lossesOf(t, whole), lossesOf(t, dir)
	if len(a) != 24 || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("losses %v, want %v", b, a)
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
	chats, pairs := "", ""
	for i, word := range words(120, 5) {
		chats += fmt.Sprintf(`{"instruction":"say %d","output":%q}`, i%3, []string{"the mill", "stood", "March"}[i%3]) + "\n"
		pairs += fmt.Sprintf(`{"prompt":%q,"chosen":"stood still","rejected":"没有"}`, word) + "\n"
	}
	os.WriteFile(dir+"/chats.jsonl", []byte(chats), 0o644)
	os.WriteFile(dir+"/pairs.jsonl", []byte(pairs), 0o644)
	tune := TuneParams{Context: 64, Batch: 512, Rows: 8, Epochs: 30, Rate: 0.003, Valid: 0.1, Beta: 0.1, Seed: 1, Prompts: []string{"say 0"}}
	o, err := Tune(t.Context(), tune, dir+"/base", []string{dir + "/chats.jsonl"}, Options{Out: dir + "/chat"})
	if err != nil {
		t.Fatal(err)
	}
	if all := lossesOf(t, o.Model); o.Valid > 0.5 || o.Valid > all[0].y/4 {
		t.Errorf("fine-tuning ends at loss %v from %v", o.Valid, all[0].y)
	}
	tune.Epochs, tune.Rate = 4, 0.001
	o, err = Prefer(t.Context(), tune, dir+"/chat", []string{dir + "/pairs.jsonl"}, Options{Out: dir + "/preferred"})
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
