package train

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"feilun/internal/atomicfile"
	"feilun/internal/tensor"
	"feilun/model"
)

// peerCurve is a loss curve that PyTorch made of the same weights and rows.
type peerCurve struct {
	Optimizer string
	Steps     int
	Losses    []float64
}

// peerLoop returns a run that PyTorch repeats in bench/torch/train.py: float32,
// documents not hidden from one another.
func peerLoop(t *testing.T, optimizer, text string, steps, depth int) (*loop, *Params, *model.Model) {
	t.Helper()
	c, err := OpenCorpus(text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	p := usual(t)
	p.Optimizer, p.Schedule, p.Depth, p.Context, p.Batch, p.Rows, p.Steps, p.Mask, p.Warmup, p.Final = optimizer, Cosine, depth, 128, 1024, 8, steps, false, 0.1, 0.1
	p.ValidEvery, p.SaveEvery, p.SampleEvery, p.Spike = steps, steps, steps, 0
	p.Rate = 0
	if rate, err := strconv.ParseFloat(os.Getenv("FEILUN_RATE"), 64); err == nil {
		p.Rate = rate
	}
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	m, err := p.model(c, 8<<30)
	if err != nil {
		t.Fatal(err)
	}
	cpu := tensor.New(0)
	net := newTransformer(m, cpu, p.Rows, p.Context, false)
	return &loop{p: p, cpu: cpu, net: net, opt: newOptimizer(cpu, p, net.Weights()), feed: newTextFeed(c, p), steps: steps,
		dir: filepath.Join(t.TempDir(), "checkpoints"), recipe: "peer", show: newShow(nil)}, p, m
}

// TestGoldenCurve repeats the first steps of a run whose losses PyTorch gave; see
// docs/log/train.md.
func TestGoldenCurve(t *testing.T) {
	text := packed(t, vocabulary(t, 400), words(4000, 1), 0)
	for _, optimizer := range []string{AdamW, Muon} {
		b, err := os.ReadFile(filepath.Join("testdata", "torch-"+optimizer+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var want peerCurve
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		l, _, _ := peerLoop(t, optimizer, text, want.Steps, 1)
		if err := l.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		compareCurves(t, optimizer, losses(l.log.history), want.Losses, 0.005)
	}
}

func compareCurves(t *testing.T, what string, got []point, want []float64, most float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d losses, want %d", what, len(got), len(want))
	}
	worst, at := 0.0, 0
	for i, p := range got {
		if d := math.Abs(p.y-want[i]) / want[i]; d > worst {
			worst, at = d, i
		}
	}
	t.Logf("%s: largest difference %.4f %% at step %d; last losses %.5f and %.5f", what, 100*worst, at+1, got[len(got)-1].y, want[len(want)-1])
	if worst > most {
		t.Errorf("%s: step %d has loss %v, PyTorch's is %v", what, at+1, got[at].y, want[at])
	}
}

// TestPeer writes weights and rows for PyTorch to a folder, or compares with the
// curve that it left there. FEILUN_PEER names the folder, FEILUN_TOKENS packed text
// (without it the text of TestGoldenCurve), FEILUN_RATE AdamW's learning rate.
func TestPeer(t *testing.T) {
	dir := os.Getenv("FEILUN_PEER")
	if dir == "" {
		t.Skip("FEILUN_PEER names no folder")
	}
	text, steps, depth := os.Getenv("FEILUN_TOKENS"), 40, 1
	if text == "" {
		text = packed(t, vocabulary(t, 400), words(4000, 1), 0)
	} else {
		steps, depth = 500, 2
	}
	for _, optimizer := range []string{AdamW, Muon} {
		l, p, m := peerLoop(t, optimizer, text, steps, depth)
		name := filepath.Join(dir, "torch-"+optimizer+".json")
		if b, err := os.ReadFile(name); err == nil {
			var want peerCurve
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			if err := l.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			ours := peerCurve{Optimizer: optimizer, Steps: steps}
			for _, x := range losses(l.log.history) {
				ours.Losses = append(ours.Losses, x.y)
			}
			if err := atomicfile.WriteJSON(filepath.Join(dir, "feilun-"+optimizer+".json"), "  ", ours); err != nil {
				t.Fatal(err)
			}
			compareCurves(t, optimizer, losses(l.log.history), want.Losses, 0.005)
			continue
		}
		if err := m.Save(filepath.Join(dir, optimizer), false); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, optimizer, "rows.bin"))
		if err != nil {
			t.Fatal(err)
		}
		for range steps {
			var b batch
			if err := l.feed.next(&b); err != nil {
				t.Fatal(err)
			}
			if err := binary.Write(f, binary.LittleEndian, append(append([]uint32{uint32(b.rows)}, b.ids...), b.targets...)); err != nil {
				t.Fatal(err)
			}
		}
		f.Close()
		if err := atomicfile.WriteJSON(filepath.Join(dir, optimizer, "params.json"), "  ", p); err != nil {
			t.Fatal(err)
		}
	}
}
