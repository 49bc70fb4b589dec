// Command fasttext compares internal/fasttext with fastText's Python module in
// training and prediction, in time and in answers:
//
//	CFLAGS='-O3 -march=native' pip install --no-binary fasttext fasttext   # in a virtual environment
//	cd bench/fasttext && go run . --python /path/to/venv/bin/python
//
// Both read the same lines in turn, so that load on the machine hits both; time
// is processor time, that of loading a model apart. Everything runs on one
// thread but the training in rounds, whose figure says so.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"
	"syscall"

	"feilun/internal/fasttext"
)

type config struct {
	python, data, dir string
	docs, rounds      int
	dim, epochs       int
	bucket            int
	kind              string
	train             bool
}

func main() {
	var c config
	flag.StringVar(&c.python, "python", "python3", "python with the fasttext module")
	flag.StringVar(&c.data, "data", "../../../shared/data", "folder with the test data")
	flag.StringVar(&c.dir, "dir", "", "folder for text and models (default: a temporary one)")
	flag.IntVar(&c.docs, "docs", 10000, "documents to score, of 2 kB each")
	flag.IntVar(&c.rounds, "rounds", 5, "times each side scores them")
	flag.IntVar(&c.dim, "dim", 100, "dimension of the models")
	flag.IntVar(&c.epochs, "epochs", 2, "epochs of training")
	flag.IntVar(&c.bucket, "bucket", 2000000, "buckets of n-grams")
	flag.StringVar(&c.kind, "kind", "quality", "quality: two labels, word bigrams, softmax; languages: subwords of 2 to 4, hierarchical softmax")
	flag.BoolVar(&c.train, "train", true, "train anew; else the models of an earlier run are in --dir")
	flag.Parse()
	if err := run(c); err != nil {
		fmt.Fprintln(os.Stderr, "fasttext:", err)
		os.Exit(1)
	}
}

func run(c config) error {
	if c.dir == "" {
		dir, err := os.MkdirTemp("", "bench-fasttext")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.dir = dir
	}
	texts, err := corpus(c)
	if err != nil {
		return err
	}
	p, err := startPeer(c.python)
	if err != nil {
		return err
	}
	defer p.stop()
	if c.train {
		if err := train(c, p, texts); err != nil {
			return err
		}
	}
	docs := texts.docs[:min(c.docs, len(texts.docs))]
	name := filepath.Join(c.dir, "docs.txt")
	if err := os.WriteFile(name, []byte(strings.Join(docs, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	for _, model := range []string{"peer.bin", "own.bin"} {
		if err := predict(c, p, filepath.Join(c.dir, model), name, docs); err != nil {
			return err
		}
	}
	return nil
}

func (c config) args() (fasttext.TrainArgs, map[string]any) {
	a := fasttext.DefaultTrainArgs()
	a.Dim, a.Epochs, a.Bucket = c.dim, c.epochs, c.bucket
	py := map[string]any{"dim": a.Dim, "epoch": a.Epochs, "bucket": a.Bucket, "thread": 1, "verbose": 0, "seed": 0}
	if c.kind == "languages" {
		a.Loss, a.MinN, a.MaxN = fasttext.LossHierarchical, 2, 4
		py["loss"], py["minn"], py["maxn"] = "hs", 2, 4
	} else {
		a.WordNgrams = 2
		py["loss"], py["wordNgrams"] = "softmax", 2
	}
	return a, py
}

// train trains both sides on every line but those that are held out.
func train(c config, p *peer, t *texts) error {
	a, py := c.args()
	name := filepath.Join(c.dir, "train.txt")
	if err := os.WriteFile(name, t.train, 0o600); err != nil {
		return err
	}
	open := func() (io.ReadCloser, error) { return os.Open(name) }
	var own, own2, wall2, other []float64
	var m, m2 *fasttext.Model
	for range min(c.rounds, 3) {
		out, err := p.ask(map[string]any{"do": "train", "input": name, "model": filepath.Join(c.dir, "peer.bin"), "args": py})
		if err != nil {
			return err
		}
		other = append(other, out.Seconds)
		m, m2 = nil, nil
		runtime.GC()
		start := cpu()
		if m, err = fasttext.Train(context.Background(), a, open, nil); err != nil {
			return err
		}
		own = append(own, cpu()-start)
		if err := save(m, filepath.Join(c.dir, "own.bin")); err != nil {
			return err
		}
		held := accuracy(m, t)
		m = nil
		runtime.GC()
		b, wall, start := a, clock(), cpu()
		b.Threads = 2
		if m2, err = fasttext.Train(context.Background(), b, open, nil); err != nil {
			return err
		}
		own2, wall2 = append(own2, cpu()-start), append(wall2, clock()-wall)
		fmt.Printf("held out: one thread %s; rounds %s\n", held, accuracy(m2, t))
	}
	words := float64(len(bytes.Fields(t.train)) * c.epochs)
	fmt.Printf("training  %d lines, %.1f MB, %d epochs: fastText %.2f s (%.2f M words/s), feilun %.2f s (%.2f M words/s), ratio %.2f; in rounds on 2 threads %.2f s, %.2f s of the wall\n",
		bytes.Count(t.train, []byte{'\n'}), float64(len(t.train))/1e6, c.epochs, median(other), words/median(other)/1e6,
		median(own), words/median(own)/1e6, median(other)/median(own), median(own2), median(wall2))
	return nil
}

func save(m *fasttext.Model, name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return m.Save(f)
}

func accuracy(m *fasttext.Model, t *texts) string {
	p, right := m.Predictor(), 0
	var loss float64
	for i, d := range t.held {
		for _, l := range p.Predict(d, -1, 0) {
			if l.Name == t.heldLabels[i] {
				loss -= math.Log(min(1, float64(l.Prob)))
			}
		}
		if best := p.Predict(d, 1, 0); len(best) > 0 && best[0].Name == t.heldLabels[i] {
			right++
		}
	}
	n := float64(len(t.held))
	return fmt.Sprintf("%.4f right, log loss %.4f", float64(right)/n, loss/n)
}

// predict has both sides score the documents with a model.
func predict(c config, p *peer, model, name string, docs []string) error {
	if _, err := p.ask(map[string]any{"do": "load", "model": model}); err != nil {
		return err
	}
	start := cpu()
	m, err := fasttext.Open(model)
	if err != nil {
		return err
	}
	loaded := cpu() - start
	start = cpu()
	small, err := m.Collapse()
	if err != nil {
		return err
	}
	sides := []*side{{name: "exact", p: m.Predictor()}, {name: "collapsed", p: small.Predictor()}}
	fmt.Printf("%s: loaded in %.2f s, collapsed in %.2f s\n", filepath.Base(model), loaded, cpu()-start)
	var other []float64
	var want *answer
	for range c.rounds {
		if want, err = p.ask(map[string]any{"do": "predict", "model": model, "docs": name, "k": 2}); err != nil {
			return err
		}
		other = append(other, want.Seconds)
		for _, s := range sides {
			s.run(docs)
		}
	}
	var size int
	for _, d := range docs {
		size += len(d)
	}
	n := float64(len(docs))
	fmt.Printf("  fastText   %6.0f documents/s, %5.1f MB/s\n", n/median(other), float64(size)/median(other)/1e6)
	for _, s := range sides {
		s.compare(docs, want)
		t := median(s.seconds)
		fmt.Printf("  %-10s %6.0f documents/s, %5.1f MB/s, ratio %.2f; other labels %d, other by six digits %d, most off by %.2g\n",
			s.name, n/t, float64(size)/t/1e6, median(other)/t, s.labels, s.digits, s.most)
	}
	return nil
}

// A side is a way of ours to score.
type side struct {
	name           string
	p              *fasttext.Predictor
	seconds        []float64
	labels, digits int
	most           float64
}

func (s *side) run(docs []string) {
	runtime.GC()
	start := cpu()
	for _, d := range docs {
		s.p.Predict(d, 2, 0)
	}
	s.seconds = append(s.seconds, cpu()-start)
}

func (s *side) compare(docs []string, want *answer) {
	for i, d := range docs {
		got := s.p.Predict(d, 2, 0)
		if len(got) != len(want.Labels[i]) {
			s.labels++
			continue
		}
		labels, digits := false, false
		for j, l := range got {
			labels = labels || l.Name != want.Labels[i][j]
			digits = digits || fmt.Sprintf("%.6g", l.Prob) != fmt.Sprintf("%.6g", float32(want.Probs[i][j]))
			s.most = max(s.most, math.Abs(float64(l.Prob)-want.Probs[i][j]))
		}
		if labels {
			s.labels++
		}
		if digits {
			s.digits++
		}
	}
}

func median(x []float64) float64 {
	x = slices.Clone(x)
	sort.Float64s(x)
	return x[len(x)/2]
}

func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
