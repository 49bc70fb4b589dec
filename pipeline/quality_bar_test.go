package pipeline

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/params"
	"feilun/internal/testkit"
	"feilun/internal/words"
	"feilun/quality"
)

func trainParams(t *testing.T) quality.TrainParams {
	var p quality.TrainParams
	if err := params.Fill(&p); err != nil {
		t.Fatal(err)
	}
	p.Bucket = 200000 // fastText's table; the sets have fewer bigrams than that
	return p
}

func train(t *testing.T, kind string, all []quality.Example, p quality.TrainParams) *quality.Model {
	m, err := quality.Train(t.Context(), kind, all, p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// spam returns the Chinese spam pages that stand in quality/testdata.
func spam(t *testing.T) []*feilun.Doc {
	name := filepath.Join(testkit.Root(t), "quality", "testdata", "spam-zh.jsonl")
	if _, err := os.Stat(name); err != nil {
		name += ".zst"
	}
	var all []*feilun.Doc
	if err := testReader(t).Docs(t.Context(), name, func(d *feilun.Doc) error { all = append(all, d); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// spaced cuts Chinese texts into jieba's words, which fastText needs.
func spaced(all []quality.Example) []quality.Example {
	var out []quality.Example
	for _, e := range all {
		d := *e.Doc
		var parts []string
		for _, s := range words.Tokenize(nil, d.Text, "zh") {
			parts = append(parts, s.Of(d.Text))
		}
		d.Text = strings.Join(parts, " ")
		out = append(out, quality.Example{Doc: &d, Positive: e.Positive})
	}
	return out
}

func logEvaluation(t *testing.T, what string, a quality.AUC) {
	t.Logf("%-34s AUC %.4f (95 %%: %.4f to %.4f), %d + %d documents", what, a.Value, a.Low, a.High, a.Positives, a.Negatives)
}

// TestBarEnglish: curated text against boilerplate and error pages, split by
// host, and the documents that people labelled.
func TestBarEnglish(t *testing.T) {
	all := examples(curatedEnglish(t), boilerplate(t, false))
	m := train(t, "gpt3", all, trainParams(t))
	held := m.Result().HeldOut.AUC
	logEvaluation(t, "held-out hosts", held)
	if held.Value < 0.97 {
		t.Errorf("AUC %.4f, want 0.97", held.Value)
	}
	people := human(t, "en")
	ours := quality.Evaluate(m, people).AUC
	logEvaluation(t, "people's labels, gpt3", ours)
	counts := trainParams(t)
	counts.Weights = quality.WeightCounts
	logEvaluation(t, "people's labels, gpt3 counts", quality.Evaluate(train(t, "gpt3", all, counts), people).AUC)
	joined := trainParams(t)
	joined.Models = []string{"gpt3"}
	logEvaluation(t, "people's labels, signals", quality.Evaluate(train(t, "signals", all, joined), people).AUC)
	peer := quality.Evaluate(train(t, "fasttext", all, trainParams(t)), people).AUC
	logEvaluation(t, "people's labels, fastText", peer)
	if ours.Value <= peer.Value {
		t.Errorf("gpt3 %.4f is not above fastText's %.4f", ours.Value, peer.Value)
	}
}

// TestBarChinese is the same in Chinese, with the spam set.
func TestBarChinese(t *testing.T) {
	all := examples(curatedChinese(t), append(boilerplate(t, true), spam(t)...))
	m := train(t, "gpt3", all, trainParams(t))
	held := m.Result().HeldOut.AUC
	logEvaluation(t, "held-out hosts", held)
	if held.Value < 0.95 {
		t.Errorf("AUC %.4f, want 0.95", held.Value)
	}
	people := human(t, "zh")
	ours := quality.Evaluate(m, people).AUC
	logEvaluation(t, "people's labels, gpt3", ours)
	joined := trainParams(t)
	joined.Models = []string{"gpt3"}
	logEvaluation(t, "people's labels, signals", quality.Evaluate(train(t, "signals", all, joined), people).AUC)
	best := 0.0
	for _, peer := range []struct {
		what           string
		all, people    []quality.Example
		ngrams, lo, hi int
	}{
		{"fastText, jieba, bigrams", spaced(all), spaced(people), 2, 0, 0},
		{"fastText, jieba, words", spaced(all), spaced(people), 1, 0, 0},
		{"fastText, characters 1 to 2", all, people, 1, 1, 2},
	} {
		p := trainParams(t)
		p.WordNgrams, p.MinN, p.MaxN = peer.ngrams, peer.lo, peer.hi
		a := quality.Evaluate(train(t, "fasttext", peer.all, p), peer.people).AUC
		logEvaluation(t, "people's labels, "+peer.what, a)
		best = max(best, a.Value)
	}
	if ours.Value <= best {
		t.Errorf("gpt3 %.4f is not above fastText's %.4f", ours.Value, best)
	}
	keepRatio(t, m)
}

// keepRatio mixes real pages with spam as raw crawls are mixed: GPT-3's authors
// kept 570 GB of 45 TB.
func keepRatio(t *testing.T, m *quality.Model) {
	const good = 570.0 / 45000
	var real []*feilun.Doc
	err := testReader(t).Docs(t.Context(), testkit.Data(t, "warc", "realweb-mix.warc.gz"), func(d *feilun.Doc) error {
		real = append(real, d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	g := quality.GPT3{Alpha: 9}
	mean := func(docs []*feilun.Doc, keep func(s float64) float64) (sum float64) {
		for _, d := range docs {
			sum += keep(m.Score(d))
		}
		return sum / float64(max(1, len(docs)))
	}
	junk := spam(t)
	zh := real[:0:0]
	for _, d := range real {
		if d.Language == "zh" {
			zh = append(zh, d)
		}
	}
	for _, r := range []struct {
		what string
		docs []*feilun.Doc
	}{{"all", real}, {"zh", zh}} {
		a, b := mean(r.docs, g.KeepShare), mean(junk, g.KeepShare)
		t.Logf("realweb-mix %s: %d pages keep %.4f, mean score %.3f; %d spam pages keep %.4f, mean %.3f; mixed 570:45000 keep %.2f %%, mixed one to one %.2f %%", r.what, len(r.docs), a,
			mean(r.docs, func(s float64) float64 { return s }), len(junk), b, mean(junk, func(s float64) float64 { return s }), 100*(good*a+(1-good)*b), 50*(a+b))
	}
	for _, at := range []float64{0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99} {
		over := func(s float64) float64 {
			if s > at {
				return 1
			}
			return 0
		}
		t.Logf("  threshold %.2f keeps %.2f %% of the mix", at, 100*(good*mean(real, over)+(1-good)*mean(junk, over)))
	}
	if math.IsNaN(good) {
		t.Fatal()
	}
}
