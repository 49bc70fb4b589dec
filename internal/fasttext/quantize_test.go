package fasttext

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestQuantizePeer compares .ftz files with those of the fasttext command.
func TestQuantizePeer(t *testing.T) {
	command, dir := peer(t), t.TempDir()
	for _, c := range quantizations(t) {
		if err := os.WriteFile(filepath.Join(dir, "text"), c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		model := filepath.Join(dir, "model")
		if err := os.WriteFile(model+".bin", trainBytes(t, c.train, c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"quantize", "-input", filepath.Join(dir, "text"), "-output", model, "-thread", "1", "-verbose", "0"}, strings.Fields(c.flags)...)
		if out, err := exec.Command(command, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
		want := read(t, model+".ftz")
		t.Logf("%s: %s", c.name, sum(want))
		if !bytes.Equal(c.quantize(t), want) {
			t.Errorf("%s: file differs from that of %s", c.name, strings.Join(args, " "))
		}
	}
}

// A quantization is a quantized model that fastText 0.9.2 has made too.
type quantization struct {
	name  string
	text  []byte
	train TrainArgs
	args  QuantizeArgs
	flags string
	sum   string
}

func quantizations(tb testing.TB) []quantization {
	text := odd()
	grams := conformance{set: func(a *TrainArgs) { a.WordNgrams, a.Dim = 2, 10 }}.args()
	hs := conformance{set: func(a *TrainArgs) { a.Loss, a.MinN, a.MaxN, a.Dim = LossHierarchical, 2, 4, 7 }}.args()
	var labels []byte // more than 256, for the output matrix
	rng := rand.New(rand.NewPCG(8, 9))
	for i := range 1500 {
		labels = fmt.Appendf(labels, "__label__%d a%d b%d c%d\n", i%300, i%300, rng.IntN(50), rng.IntN(900))
	}
	all := []quantization{
		{name: "plain", train: grams, flags: "", sum: "422e7a7e6cdfe02a"},
		{name: "norms", train: grams, args: QuantizeArgs{Norms: true}, flags: "-qnorm", sum: "466cd6f014e6935a"},
		{name: "threes", train: hs, args: QuantizeArgs{Norms: true, Part: 3}, flags: "-qnorm -dsub 3", sum: "b298c0e419c7fabd"},
		{name: "cutoff", train: grams, args: QuantizeArgs{Cutoff: 600}, flags: "-cutoff 600", sum: "1e4d91541ea3d833"},
		{name: "cutoff norms", train: hs, args: QuantizeArgs{Cutoff: 700, Norms: true}, flags: "-cutoff 700 -qnorm", sum: "f3a68784dc4110cf"},
		{name: "retrain", train: grams, args: QuantizeArgs{Cutoff: 400, Retrain: true}, flags: "-cutoff 400 -retrain", sum: "916c8b26b5f6807a"},
		{name: "retrain hs", train: hs, args: QuantizeArgs{Cutoff: 300, Norms: true, Retrain: true, Epochs: 3, LearningRate: 0.5}, flags: "-cutoff 300 -qnorm -retrain -epoch 3 -lr 0.5", sum: "233c6e51317ee113"},
		{name: "output", text: labels, train: grams, args: QuantizeArgs{Output: true}, flags: "-qout", sum: "57e5612b8fe27a29"},
		{name: "output norms", text: labels, train: hs, args: QuantizeArgs{Output: true, Norms: true, Cutoff: 1500}, flags: "-qout -qnorm -cutoff 1500", sum: "4f49635e3f5cd39c"},
	}
	large := grams
	large.Bucket, large.Dim, large.Threads = 70000, 4, 2
	all = append(all, quantization{name: "many rows", train: large, flags: "", sum: "5241d91ea096157f"},
		quantization{name: "many rows, cutoff", train: large, args: QuantizeArgs{Cutoff: 69000, Norms: true}, flags: "-cutoff 69000 -qnorm", sum: "5b0c7d0f39ee9f41"})
	for i := range all {
		c, d := &all[i], DefaultQuantizeArgs()
		if c.text == nil {
			c.text = text
		}
		c.args.Threads, c.args.Open = 1, opener(c.text)
		if c.args.Part == 0 {
			c.args.Part = d.Part
		}
		if c.args.Epochs == 0 {
			c.args.Epochs, c.args.LearningRate = d.Epochs, d.LearningRate
		}
	}
	return all
}

func (c quantization) quantize(tb testing.TB) []byte {
	m, err := Train(context.Background(), c.train, opener(c.text), nil)
	if err != nil {
		tb.Fatal(err)
	}
	var before, out bytes.Buffer
	if err := m.Save(&before); err != nil {
		tb.Fatal(err)
	}
	q, err := m.Quantize(context.Background(), c.args)
	if err != nil {
		tb.Fatal(err)
	}
	if err := q.Save(&out); err != nil {
		tb.Fatal(err)
	}
	var after bytes.Buffer
	if err := m.Save(&after); err != nil || !bytes.Equal(before.Bytes(), after.Bytes()) {
		tb.Errorf("%s: Quantize changed the model it read (%v)", c.name, err)
	}
	if l, err := Load(bytes.NewReader(out.Bytes()), int64(out.Len())); err != nil {
		tb.Errorf("%s: Load of the quantized model: %v", c.name, err)
	} else if a, b := format(q.Predict("w12 w4 river", -1, 0)), format(l.Predict("w12 w4 river", -1, 0)); a != b {
		tb.Errorf("%s: answers %s before Save, %s after Load", c.name, a, b)
	}
	return out.Bytes()
}

// TestQuantize holds whole .ftz files to those of fastText.
func TestQuantize(t *testing.T) {
	for _, c := range quantizations(t) {
		if got := sum(c.quantize(t)); got != c.sum {
			t.Errorf("%s: file of SHA-256 %s, want %s", c.name, got, c.sum)
		}
	}
}

// TestKernels compares the kernels with their twins in plain Go, bit for bit.
func TestKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	floats := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = rng.Float32() - 0.5
		}
		return x
	}
	for n := 1; n < 140; n++ {
		data, rows := floats(n*40), make([]int32, rng.IntN(30))
		for i := range rows {
			rows[i] = rng.Int32N(40)
		}
		x, y, z := floats(n), floats(n), floats(n)
		a, b := slices.Clone(x), slices.Clone(x)
		gather(a, data, rows)
		gatherGo(b, data, rows)
		if !slices.Equal(a, b) {
			t.Fatalf("gather of %d columns differs", n)
		}
		c, d := slices.Clone(data), slices.Clone(data)
		scatter(x, c, rows)
		scatterGo(x, d, rows)
		if !slices.Equal(c, d) {
			t.Fatalf("scatter of %d columns differs", n)
		}
		a, b, c, d = slices.Clone(y), slices.Clone(y), slices.Clone(z), slices.Clone(z)
		learn(a, x, c, 0.3)
		learnGo(b, x, d, 0.3)
		if !slices.Equal(a, b) || !slices.Equal(c, d) {
			t.Fatalf("learn of %d columns differs", n)
		}
		columns := floats(n * centers)
		for i := range columns { // coarse, so that distances are equal often
			columns[i] = float32(int(columns[i]*float32(1+n%5))) / 4
		}
		if a, b := nearest(x, columns), nearestGo(x, columns); a != b {
			t.Fatalf("nearest of %d columns is %d, want %d", n, a, b)
		}
	}
}
