package fasttext

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func opener(text []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
}

func trainBytes(tb testing.TB, a TrainArgs, text []byte) []byte {
	m, err := Train(context.Background(), a, opener(text), nil)
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	if err := m.Save(&out); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// TestTrainFixtures trains the models that testdata/generate.sh made with fastText.
func TestTrainFixtures(t *testing.T) {
	text := read(t, "testdata/train.txt")
	base := DefaultTrainArgs()
	base.Epochs, base.LearningRate, base.Seed, base.Dim, base.Bucket = 80, float64(float32(0.8)), 1, 4, 200
	for name, set := range map[string]func(a *TrainArgs){
		"softmax": func(*TrainArgs) {},
		"ngrams":  func(a *TrainArgs) { a.Dim, a.WordNgrams = 5, 3 },
		"hs":      func(a *TrainArgs) { a.Loss, a.MinN, a.MaxN = LossHierarchical, 2, 4 },
		"ova":     func(a *TrainArgs) { a.Loss, a.MinN, a.MaxN, a.WordNgrams = LossOneVsAll, 1, 3, 2 },
		"ns":      func(a *TrainArgs) { a.Loss, a.Negatives, a.MinN, a.MaxN = LossNegative, 2, 3, 3 },
	} {
		a := base
		set(&a)
		if !bytes.Equal(trainBytes(t, a, text), read(t, "testdata/"+name+".bin")) {
			t.Errorf("%s: trained model differs from fastText's", name)
		}
	}
}

// A conformance is a training run whose model fastText 0.9.2 has made too.
type conformance struct {
	name string
	set  func(a *TrainArgs)
	text func() []byte
	sum  string // SHA-256 of the .bin of fastText -thread 1, first 16 digits
}

func conformances() []conformance {
	grams := func(loss int) func(a *TrainArgs) {
		return func(a *TrainArgs) { a.Loss, a.WordNgrams = loss, 2 }
	}
	characters := func(loss int) func(a *TrainArgs) {
		return func(a *TrainArgs) { a.Loss, a.MinN, a.MaxN = loss, 2, 4 }
	}
	return []conformance{
		{"softmax n-grams", grams(LossSoftmax), twoLabels, "a57621dc0e0417e3"},
		{"softmax subwords", characters(LossSoftmax), twoLabels, "ab80e98bc301286c"},
		{"hs n-grams", grams(LossHierarchical), twoLabels, "775d97a81bcbbba2"},
		{"hs subwords", characters(LossHierarchical), twoLabels, "69f7118b0971fae8"},
		{"ova n-grams", grams(LossOneVsAll), twoLabels, "99a90268854c381b"},
		{"ova subwords", characters(LossOneVsAll), twoLabels, "e7f7313b263623cf"},
		{"ns n-grams", grams(LossNegative), twoLabels, "84ab15cee80dd6fc"},
		{"ns subwords", characters(LossNegative), twoLabels, "39e30961d471f8e2"},
		{"words alone", func(a *TrainArgs) { a.Dim, a.Seed, a.Epochs = 13, 0, 3 }, twoLabels, "55b20eb49077dcbc"},
		{"dimension 37", func(a *TrainArgs) { a.Dim, a.WordNgrams, a.Seed = 37, 3, 77 }, twoLabels, "8b89d3c35c99c384"},
		{"odd softmax", grams(LossSoftmax), odd, "ef4700d67e70f44f"},
		{"odd hs", characters(LossHierarchical), odd, "dec8b11e3c555ed9"},
		{"odd ova", grams(LossOneVsAll), odd, "d7353a2aca5c4d9a"},
		{"odd ns", grams(LossNegative), odd, "b75f14a3aa1b19ea"},
		{"rare words dropped", func(a *TrainArgs) { a.MinCount, a.MinCountLabel, a.MinN, a.MaxN = 4, 3, 1, 5 }, odd, "41c2e684715a098c"},
		{"slow rate", func(a *TrainArgs) { a.UpdateRate, a.LearningRate, a.WordNgrams = 7, 0.0625, 4 }, odd, "1ff16e9ba319de96"},
	}
}

func (c conformance) args() TrainArgs {
	a := DefaultTrainArgs()
	a.Dim, a.LearningRate, a.Seed, a.Bucket = 8, 0.5, 1, 1000
	c.set(&a)
	return a
}

// twoLabels is 400 lines of random words under two labels.
func twoLabels() []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var out []byte
	for range 400 {
		label := rng.IntN(2)
		out = fmt.Appendf(out, "__label__%c", 'a'+label)
		for range rng.IntN(12) {
			switch rng.IntN(4) {
			case 0:
				out = fmt.Appendf(out, " word%d", rng.IntN(200))
			case 1:
				out = fmt.Appendf(out, " 词%d", rng.IntN(90))
			default:
				out = append(out, ' ')
				out = append(out, [2][]string{{"river", "mill", "é", "the", "of"}, {"轮子", "磨坊", "水", "the", "的"}}[label][rng.IntN(5)]...)
			}
		}
		out = append(out, '\n')
	}
	return out
}

// odd has everything a line can have: several labels, none, labels alone, rare
// ones, "</s>" inside, empty lines, every separator, bytes that are no UTF-8,
// and no line feed at the end.
func odd() []byte {
	rng := rand.New(rand.NewPCG(3, 4))
	blanks := []string{" ", "  ", "\t", "\r", "\v", "\f", "\x00", " \t "}
	var out []byte
	for range 500 {
		for range rng.IntN(25) {
			switch rng.IntN(16) {
			case 0, 1:
				out = fmt.Appendf(out, "__label__%d", rng.IntN(9)*rng.IntN(9)*rng.IntN(3))
			case 2:
				out = append(out, []string{"</s>", "\n", "", "__label__", "__labe", "\xff\xe8\xbd", "</s>x", "a\xccb"}[rng.IntN(8)]...)
			default:
				out = fmt.Appendf(out, "w%d", rng.IntN(15)*rng.IntN(15))
			}
			out = append(out, blanks[rng.IntN(len(blanks))]...)
		}
		out = append(out, '\n')
	}
	return append(out, "__label__0 the last line"...)
}

func sum(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b))[:16] }

// TestTrainConformance holds whole model files to those of fastText.
func TestTrainConformance(t *testing.T) {
	for _, c := range conformances() {
		if got := sum(trainBytes(t, c.args(), c.text())); got != c.sum {
			t.Errorf("%s: model of SHA-256 %s, want %s", c.name, got, c.sum)
		}
	}
}

// peer returns the fasttext command to compare with.
func peer(tb testing.TB) string {
	name := os.Getenv("FEILUN_FASTTEXT_COMMAND")
	if name == "" {
		tb.Skip("set FEILUN_FASTTEXT_COMMAND to the fasttext command, version 0.9.2 built without -march, to compare with it")
	}
	return name
}

// flags are the arguments of the command for a training run.
func (a *TrainArgs) flags() []string {
	loss := []string{"hs", "ns", "softmax", "ova"}[a.Loss-1]
	return strings.Fields(fmt.Sprintf("-thread 1 -verbose 0 -lr %v -dim %d -epoch %d -minCount %d -minCountLabel %d -wordNgrams %d -minn %d -maxn %d -bucket %d -loss %s -neg %d -lrUpdateRate %d -seed %d",
		a.LearningRate, a.Dim, a.Epochs, a.MinCount, a.MinCountLabel, a.WordNgrams, a.MinN, a.MaxN, a.Bucket, loss, a.Negatives, a.UpdateRate, a.Seed))
}

// TestTrainPeer runs the conformances, and random ones, against the command itself.
func TestTrainPeer(t *testing.T) {
	command, dir := peer(t), t.TempDir()
	all := conformances()
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 40 {
		all = append(all, conformance{"random " + strconv.Itoa(i), func(a *TrainArgs) {
			*a = TrainArgs{LearningRate: float64(0.01 + rng.Float32()), Dim: 1 + rng.IntN(40), Epochs: 1 + rng.IntN(6), MinCount: rng.IntN(4),
				MinCountLabel: rng.IntN(3), WordNgrams: 1 + rng.IntN(4), MinN: rng.IntN(4), MaxN: rng.IntN(6), Bucket: 1 + rng.IntN(3000),
				Loss: 1 + rng.IntN(4), Negatives: 1 + rng.IntN(6), UpdateRate: rng.IntN(150), Seed: rng.Int32N(1000), Threads: 1}
		}, []func() []byte{twoLabels, odd}[i%2], ""})
	}
	for _, c := range all {
		a, text := c.args(), c.text()
		if err := os.WriteFile(filepath.Join(dir, "text"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"supervised", "-input", filepath.Join(dir, "text"), "-output", filepath.Join(dir, "model")}, a.flags()...)
		if out, err := exec.Command(command, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
		want := read(t, filepath.Join(dir, "model.bin"))
		t.Logf("%s: %s", c.name, sum(want))
		if !bytes.Equal(trainBytes(t, a, text), want) {
			t.Errorf("%s: model differs from that of %s", c.name, strings.Join(args, " "))
		}
	}
}

func TestTrainRefuses(t *testing.T) {
	good := DefaultTrainArgs()
	good.Bucket, good.Dim = 100, 4
	for name, c := range map[string]struct {
		set  func(a *TrainArgs)
		text string
		want string
	}{
		"no label":   {func(*TrainArgs) {}, "some words\n", "no line of the training text has a label"},
		"empty":      {func(*TrainArgs) {}, "", "no line of the training text has a label"},
		"no words":   {func(a *TrainArgs) { a.MinCount = 9 }, "__label__a b\n", "0 words"},
		"dimension":  {func(a *TrainArgs) { a.Dim = 0 }, "__label__a b\n", "Dim is 0"},
		"rate":       {func(a *TrainArgs) { a.LearningRate = 0 }, "__label__a b\n", "LearningRate"},
		"one label":  {func(a *TrainArgs) { a.Loss = LossNegative }, "__label__a b\n", "two labels"},
		"buckets":    {func(a *TrainArgs) { a.WordNgrams, a.Bucket = 2, 0 }, "__label__a b\n", "Bucket"},
		"memory":     {func(a *TrainArgs) { a.Memory = 10 }, "__label__a b\n", "needs more memory than allowed"},
		"divergence": {func(a *TrainArgs) { a.LearningRate, a.Epochs = 9e5, 90 }, string(odd()), "diverged"},
	} {
		a := good
		c.set(&a)
		if _, err := Train(context.Background(), a, opener([]byte(c.text)), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Train = %v, want an error with %q", name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Train(ctx, good, opener(twoLabels()), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Train after cancelling = %v", err)
	}
}

// TestTrainThreads trains in rounds: the number of threads changes no byte, and
// the answers are those of training line by line, but for a little.
func TestTrainThreads(t *testing.T) {
	for _, c := range conformances() {
		a := c.args()
		a.Threads = 2
		want := trainBytes(t, a, c.text())
		for _, n := range []int{2, 3, 7} {
			if a.Threads = n; !bytes.Equal(trainBytes(t, a, c.text()), want) {
				t.Errorf("%s: other bytes with %d threads", c.name, n)
			}
		}
	}
}

func TestBehindEnd(t *testing.T) {
	for line, want := range map[string]int{"": 0, "</s>": 4, "a </s> b": 6, "a</s> </s>x </s>": 16, "a </s>\x00": 6, "</s": 0} {
		if got := behindEnd([]byte(line)); got != want {
			t.Errorf("behindEnd(%q) = %d, want %d", line, got, want)
		}
	}
}
