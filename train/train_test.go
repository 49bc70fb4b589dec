package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"feilun/internal/atomicfile"
	"feilun/internal/hint"
	"feilun/internal/tensor"
	"feilun/model"
)

// TestMemoryBefore: what a process took before training is given back, what it still holds is
// foretold, and neither is told as training's own.
func TestMemoryBefore(t *testing.T) {
	text := packed(t, vocabulary(t, 300), words(100, 1), 10)
	p := *small(t)
	p.Steps = 2
	remarks := func() string {
		var b bytes.Buffer
		if _, err := Run(t.Context(), p, text, Options{Out: filepath.Join(t.TempDir(), "model"), Workers: 1, Stderr: &b}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	expected := func(text string) (mb float64) {
		_, after, _ := strings.Cut(text, "training: expect ")
		if _, err := fmt.Sscanf(after, "%f MB of memory", &mb); err != nil {
			t.Fatalf("no prediction in %q", text)
		}
		return mb
	}
	const size = 256 << 20
	usual := expected(remarks())
	held := bytes.Repeat([]byte{1}, size)
	with := expected(remarks())
	runtime.KeepAlive(held)
	if d := with - usual; d < size/1e6-10 || d > size/1e6+10 {
		t.Errorf("%.0f MB foretold, %.0f with %.0f MB held", usual, with, size/1e6)
	}
	held = nil
	last := remarks()
	if d := expected(last) - usual; d > 10 {
		t.Errorf("%.0f MB more foretold than before, for garbage", d)
	}
	if !strings.Contains(last, "training took no more than the ") {
		t.Errorf("memory of before is told as that of training:\n%s", last)
	}
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapReleased < size/4*3 {
		t.Errorf("%d MB given back of %d", m.HeapReleased>>20, size>>20)
	}
}

// TestRows checks that an epoch's rows hold every token once, whatever the
// packing, and that skipping leads to where reading does.
func TestRows(t *testing.T) {
	tok := vocabulary(t, 280)
	c, err := OpenCorpus(packed(t, tok, words(300, 1), 10))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, packing := range []string{Stream, Aligned} {
		p := usual(t)
		p.Packing = packing
		r := newRows(c, p)
		train, _ := c.Total()
		for epoch := range 3 {
			r.begin()
			seen := map[[2]int64]int{}
			total := int64(0)
			for _, row := range r.list {
				size := int64(0)
				for _, s := range row {
					size += s.size
					for i := range s.size {
						seen[[2]int64{int64(s.doc), s.from + i}]++
					}
				}
				total += size
				if size != int64(p.Context) {
					t.Fatalf("%s: a row of %d tokens, want %d", packing, size, p.Context)
				}
			}
			if int64(len(seen)) != train || total >= train+int64(p.Context) {
				t.Errorf("%s: epoch %d has %d different tokens of %d, %d in all", packing, epoch, len(seen), train, total)
			}
		}
		for _, n := range []int64{0, 1, 2, 57, 199} {
			a, b := newRows(c, p), newRows(c, p)
			var x, y row
			for range n {
				if err := a.row(&x); err != nil {
					t.Fatal(err)
				}
			}
			b.skip(n)
			if err := errors.Join(a.row(&x), b.row(&y)); err != nil || !slices.Equal(x.ids, y.ids) {
				t.Errorf("%s: row %d after skipping is %v, %v; want %v", packing, n, y.ids, err, x.ids)
			}
		}
	}
}

// TestHoldOut measures on documents that are not learned, also where the folder
// names none, and checks what stands before each row.
func TestHoldOut(t *testing.T) {
	tok := vocabulary(t, 280)
	c, err := OpenCorpus(packed(t, tok, words(60, 1), 0))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, valid := c.Total(); valid == 0 || len(c.valid) != 1 || len(c.train) != 59 {
		t.Errorf("%d documents held out of 60, want 1", len(c.valid))
	}
	for part, want := range map[string]int{`0,`: 60, `0.005,`: 59} {
		dir := packed(t, tok, words(60, 1), 0)
		name := filepath.Join(dir, "manifest.json")
		b, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(name, []byte(strings.Replace(string(b), "{", `{"valid_part":`+part, 1)), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		other, err := OpenCorpus(dir)
		if err != nil || len(other.train) != want {
			t.Fatalf("with a share of %s %d documents of 60 are trained on, %v; want %d", part, len(other.train), err, want)
		}
		other.Close()
	}
	r := newRows(c, usual(t))
	var out row
	for range 50 {
		if err := r.row(&out); err != nil {
			t.Fatal(err)
		}
		first := r.list[r.taken-1][0]
		want := []uint32{c.EOT}
		if first.from > 0 {
			if err := c.read(want, c.train[first.doc], first.from-1); err != nil {
				t.Fatal(err)
			}
		}
		if out.ids[0] != want[0] {
			t.Errorf("before a row stands %d, want %d", out.ids[0], want[0])
		}
	}
}

// TestOtherManifest: what ends documents is a token of the vocabulary, and that is the one that the
// manifest tells of.
func TestOtherManifest(t *testing.T) {
	tok := vocabulary(t, 280)
	for _, tt := range []struct {
		key   string
		value int
		want  string
	}{{"eot", tok.Size(), "ends documents"}, {"vocab", tok.Size() + 1, "by manifest.json"}} {
		dir := packed(t, tok, words(60, 1), 0)
		name := filepath.Join(dir, "manifest.json")
		b, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(name, regexp.MustCompile(`"`+tt.key+`":\d+`).ReplaceAll(b, fmt.Appendf(nil, `"%s":%d`, tt.key, tt.value)), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenCorpus(dir); err == nil || !hint.IsUsage(err) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("OpenCorpus with %s %d in its manifest: %v, want %q", tt.key, tt.value, err, tt.want)
		}
	}
}

// weightsOf runs a loop in a folder and returns the bytes of its last checkpoint.
func weightsOf(t *testing.T, dir string) []byte {
	t.Helper()
	all, err := checkpoints(filepath.Join(dir, "checkpoints"))
	if err != nil || len(all) != 1 {
		t.Fatalf("%d checkpoints, %v; want 1", len(all), err)
	}
	f, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	n := int(f[0]) | int(f[1])<<8 | int(f[2])<<16
	return f[8+n:]
}

// TestResume stops a run at random steps, with numbers of workers that differ,
// and compares it with one that was not stopped.
func TestResume(t *testing.T) {
	for _, optimizer := range []string{Muon, AdamW} {
		p := usual(t)
		p.Optimizer = optimizer
		whole := t.TempDir()
		l, net := toyLoop(t, p, whole, 1, 40)
		if err := l.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := weightsOf(t, whole)
		chosen := slices.Clone(net.w[1].Data)
		rng := rand.New(rand.NewPCG(4, 4))
		parts := t.TempDir()
		for try := 0; ; try++ {
			ctx, cancel := context.WithCancel(t.Context())
			l, net = toyLoop(t, p, parts, 1+rng.IntN(4), 40)
			l.feed = &stopper{feed: l.feed, after: 1 + rng.IntN(9), stop: cancel, hard: try%2 == 0}
			err := l.run(ctx)
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(weightsOf(t, parts), want) || !slices.Equal(net.w[1].Data, chosen) {
			t.Errorf("%s: weights differ after stopping and going on", optimizer)
		}
	}
}

// A stopper ends a run after some batches, with or without a last checkpoint.
type stopper struct {
	feed
	after int
	stop  func()
	hard  bool
}

var errKilled = errors.New("killed")

func (s *stopper) next(b *batch) error {
	if s.after--; s.after < 0 {
		if s.hard {
			return errKilled
		}
		s.stop()
	}
	return s.feed.next(b)
}

// TestLearns checks that loss falls and that the log tells it.
func TestLearns(t *testing.T) {
	p := usual(t)
	dir := t.TempDir()
	l, _ := toyLoop(t, p, dir, 2, 120)
	if err := l.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	log, err := openLog(filepath.Join(dir, "train.log"), l.s.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	all := losses(log.history)
	if len(all) != 120 || all[119].y > all[0].y-1 {
		t.Errorf("%d losses from %v to %v", len(all), all[0], all[len(all)-1])
	}
	if text := curve(all, 20, 4); strings.Count(text, "\n") != 4 {
		t.Errorf("curve is %q", text)
	}
}

// TestValidationWithoutNumber goes on when the validation loss is no number, and says so.
func TestValidationWithoutNumber(t *testing.T) {
	p := usual(t)
	l, _ := toyLoop(t, p, t.TempDir(), 1, 20)
	check, n := l.check, 0
	l.check = func() Row {
		r := check()
		if n++; n == 1 {
			r.Valid, r.BPB = math.NaN(), math.NaN()
		}
		return r
	}
	var said bytes.Buffer
	l.show = newShow(&said)
	p.ValidEvery = 5
	if err := l.run(t.Context()); err != nil || !(l.s.Best > 0) || !strings.Contains(said.String(), "step 5: the validation loss is NaN") {
		t.Errorf("run: %v, best %v, said %s", err, l.s.Best, said.String())
	}
}

// TestBadBatches skips batches whose gradient is no number, and gives up after
// some in a row.
func TestBadBatches(t *testing.T) {
	p := usual(t)
	l, net := toyLoop(t, p, t.TempDir(), 1, 20)
	net.breakAt = map[int]bool{3: true, 11: true}
	if err := l.run(t.Context()); err != nil || l.s.Skipped != 2 || l.s.Moves != 18 {
		t.Errorf("run: %v, %d skipped, %d moves; want 2 and 18", err, l.s.Skipped, l.s.Moves)
	}
	p.BadBatches = 3
	l, net = toyLoop(t, p, t.TempDir(), 1, 200)
	net.breakAt = map[int]bool{}
	for i := range 6 {
		net.breakAt[51+i] = true
	}
	err := l.run(t.Context())
	if !errors.Is(err, errBad) || hint.Of(err) == "" {
		t.Errorf("run = %v, want %v with a hint", err, errBad)
	}
	for _, x := range net.w[1].Data {
		if math.IsNaN(float64(x)) {
			t.Fatal("weights are not numbers")
		}
	}
}

// TestSpike skips a batch whose gradient is far longer than usual.
func TestSpike(t *testing.T) {
	l := &loop{p: &Params{Spike: 10}, s: state{Norm: 1, Moves: 50}}
	for _, tt := range []struct {
		loss, norm float64
		bad        bool
	}{{1, 9, false}, {1, 10.1, true}, {math.NaN(), 1, true}, {1, math.Inf(1), true}} {
		if got := l.unusable(tt.loss, tt.norm); (got != "") != tt.bad {
			t.Errorf("unusable(%v, %v) = %q, want bad %v", tt.loss, tt.norm, got, tt.bad)
		}
	}
	l.s.Moves = 3
	if got := l.unusable(1, 100); got != "" {
		t.Errorf("a norm counts as a spike after three steps: %s", got)
	}
}

// TestCheckpointForm: a checkpoint of another form is refused.
func TestCheckpointForm(t *testing.T) {
	net := newToy(10, 4, 1)
	o := newOptimizer(tensor.New(1), usual(t), net.Weights())
	dir := t.TempDir()
	if err := save(dir, o, &state{Format: "feilun.checkpoint/0", Step: 1}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := load(dir, o); err == nil || !strings.Contains(err.Error(), "feilun.checkpoint/0") || hint.Of(err) == "" {
		t.Errorf("load: %v", err)
	}
}

// TestForeign: a folder with any file of another's model is left alone.
func TestForeign(t *testing.T) {
	for _, name := range []string{"config.json", "model.safetensors", "model.safetensors.index.json", "tokenizer.json"} {
		j := &job{Options: Options{Out: t.TempDir()}}
		if err := j.foreign(); err != nil {
			t.Errorf("an empty folder: %v", err)
		}
		if err := os.WriteFile(filepath.Join(j.Out, name), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := j.foreign(); err == nil || !hint.IsUsage(err) || !strings.Contains(err.Error(), name) {
			t.Errorf("a folder with %s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(j.Out, "train.log"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := j.foreign(); err != nil {
			t.Errorf("a folder with %s of our own training: %v", name, err)
		}
	}
}

// TestCheckpointDamage cuts a checkpoint short in many places.
func TestCheckpointDamage(t *testing.T) {
	net := newToy(10, 4, 1)
	o := newOptimizer(tensor.New(1), usual(t), net.Weights())
	dir := t.TempDir()
	if err := save(dir, o, &state{Format: checkpointFormat, Step: 1}); err != nil {
		t.Fatal(err)
	}
	all, _ := checkpoints(dir)
	whole, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(whole); n += 1 + n/8 {
		if err := os.WriteFile(all[0], whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := load(dir, o); err == nil || hint.Of(err) == "" {
			t.Fatalf("%d of %d bytes: load = %v, want an error with a hint", n, len(whole), err)
		}
	}
}

func TestSaveFails(t *testing.T) {
	p := usual(t)
	dir := t.TempDir()
	l, _ := toyLoop(t, p, dir, 1, 5)
	if err := l.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := weightsOf(t, dir)
	// a folder in the place of the temporary file: no checkpoint can be written
	l.s.Step = 6
	if err := os.Mkdir(filepath.Join(l.dir, "step-000000006.safetensors.tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := save(l.dir, l.opt, &l.s)
	if err == nil || !strings.Contains(hint.Of(err), "is whole") {
		t.Errorf("save = %v with hint %q, want one that names the last checkpoint", err, hint.Of(err))
	}
	if !bytes.Equal(weightsOf(t, dir), want) {
		t.Error("the last checkpoint was touched")
	}
}

// TestInitNarrow: a model to begin with whose embedding has fewer rows than its vocabulary has
// tokens is refused.
func TestInitNarrow(t *testing.T) {
	tok, dir := vocabulary(t, 300), t.TempDir()
	m, err := model.New(model.FromDepth(1, tok.Size()-5))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Save(dir, false), atomicfile.Write(filepath.Join(dir, "tokenizer.json"), tok.WriteJSON)); err != nil {
		t.Fatal(err)
	}
	p := *small(t)
	p.Init, p.Steps = dir, 1
	_, err = Run(t.Context(), p, packed(t, tok, words(100, 1), 10), Options{Out: t.TempDir()})
	if !hint.IsUsage(err) || !strings.Contains(err.Error(), "in the model") {
		t.Errorf("a model of %d rows for %d tokens: %v", tok.Size()-5, tok.Size(), err)
	}
}
