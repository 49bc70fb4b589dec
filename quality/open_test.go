package quality

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/fasttext"
	"feilun/internal/hint"
)

// fasttextFile trains a small fastText model with two labels.
func fasttextFile(t *testing.T, labels ...string) string {
	var text []byte
	for _, l := range labels {
		text = fasttext.AppendLine(text, l, strings.Repeat(l+" word ", 20))
	}
	a := fasttext.DefaultTrainArgs()
	a.Dim, a.Bucket = 8, 100
	m, err := fasttext.Train(t.Context(), a, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "m.bin")
	if err := atomicfile.Write(name, m.Save); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestLabelIsChosen: a label that means good is found, another must be named,
// and no label is made up.
func TestLabelIsChosen(t *testing.T) {
	known, other := fasttextFile(t, "cc", "hq"), fasttextFile(t, "en", "de")
	d := &feilun.Doc{Text: "hq word hq hq hq"}
	m, err := Open(known, "")
	if err != nil {
		t.Fatal(err)
	}
	hq, err := Open(known, "__label__hq")
	if err != nil {
		t.Fatal(err)
	}
	if cc, err := Open(known, "cc"); err != nil || m.Score(d) != hq.Score(d) || math.Abs(m.Score(d)+cc.Score(d)-1) > 1e-4 {
		t.Errorf("scores of hq and cc: %v, %v, %v", m.Score(d), hq.Score(d), err)
	}
	if _, err := Open(other, "de"); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct{ name, label, want, hint string }{
		{other, "", "no label that is known to mean good", "__label__de"},
		{known, "zz", "has no label", "__label__hq"},
	} {
		_, err := Open(tt.name, tt.label)
		if err == nil || !hint.IsUsage(err) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(hint.Of(err), tt.hint) {
			t.Errorf("Open(%s, %q) = %v, hint %q", tt.name, tt.label, err, hint.Of(err))
		}
	}
}

// TestStepsTakeTheirKind: a step refuses models whose scores its limits were
// not made for; the draw takes every kind, and keeps its direction.
func TestStepsTakeTheirKind(t *testing.T) {
	bin := fasttextFile(t, "cc", "hq")
	arpa := filepath.Join(t.TempDir(), "m.arpa")
	const text = "\\data\\\nngram 1=4\n\n\\1-grams:\n-1\t<unk>\n-9\t<s>\n-1\t</s>\n-1\ta\n\n\\end\\\n"
	if err := os.WriteFile(arpa, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, s := range []step{&Signals{Model: bin}, &Perplexity{Model: bin, Keep: []string{"head"}}, &Fasttext{Model: arpa}} {
		if err := s.Prepare(); err == nil || !hint.IsUsage(err) || !strings.Contains(hint.Of(err), "kind") {
			t.Errorf("%T: %v", s, err)
		}
	}
	g := &GPT3{Model: arpa, Alpha: 9}
	if err := g.Prepare(); err != nil || LowIsGood(g) || !LowIsGood(&Perplexity{}) {
		t.Errorf("a draw on a language model's scores: %v, low is good: %v", err, LowIsGood(g))
	}
	if err := (&Perplexity{Model: arpa, Head: 1, Middle: 2}).Prepare(); err == nil || !hint.IsUsage(err) {
		t.Errorf("nothing to keep: %v", err)
	}
}

// TestPartsAreCutAtTenths: CCNet rounds perplexities to one decimal before it
// compares them; Python's round gives these values.
func TestPartsAreCutAtTenths(t *testing.T) {
	for v, want := range map[float64]float64{339.96: 340, 339.94: 339.9, 0.25: 0.2, 0.35: 0.3, 2.675: 2.7, 1e9: 1e9} {
		if got := tenths(v); got != want {
			t.Errorf("tenths(%v) = %v, want %v", v, got, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for head, want := range map[string]string{
		"feilunQ2" + strings.Repeat("x", 99):                       "newer version",
		"mmap lm http://kheafield.com/code format version 5\n\x00": "binary model of KenLM",
		"": "no quality model",
	} {
		name := filepath.Join(t.TempDir(), "m")
		if err := os.WriteFile(name, []byte(head), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(name, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", head, err, want)
		}
	}
}

// TestEmptyText: no text is no reason to keep a document, whatever Spark's one
// empty token weighs.
func TestEmptyText(t *testing.T) {
	all := made(200)
	for i := range all {
		if all[i].Positive {
			all[i].Doc.Text = strings.ReplaceAll(all[i].Doc.Text, " ", "  ")
		}
	}
	m, err := Train(t.Context(), "gpt3", all, defaults(t))
	if err != nil {
		t.Fatal(err)
	}
	if empty, blank := m.Score(&feilun.Doc{}), m.Score(&feilun.Doc{Text: " \n "}); empty != blank || len(m.Explain(&feilun.Doc{}, 5)) > 0 {
		t.Errorf("an empty text scores %v, blanks %v", empty, blank)
	}
	if r := m.Explain(&feilun.Doc{Text: "a  b"}, 1); r[0].Name() != "(empty token)" {
		t.Errorf("the empty token reads %q", r[0].Name())
	}
}

// TestTrainingStops: a fit ends when its context does.
func TestTrainingStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	minimize(ctx, func(w, grad []float64) float64 {
		if calls++; calls == 3 {
			cancel()
		}
		grad[0] = math.Cos(w[0]) + 2
		return math.Sin(w[0]) + 2*w[0]
	}, []float64{0}, 0, 1000)
	if calls > 50 {
		t.Errorf("%d steps after the context was done", calls-3)
	}
	cancel()
	for _, k := range KindNames() {
		if _, err := Train(ctx, k, made(100), small(t)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", k, err)
		}
	}
}

// small are parameters for small models of every kind.
func small(t testing.TB) TrainParams {
	p := defaults(t)
	p.Dim, p.Bucket, p.Order = 8, 1000, 3
	return p
}

func TestFasttextRefuses(t *testing.T) {
	for want, set := range map[string]func(*TrainParams){
		"at most maxn": func(p *TrainParams) { p.MinN, p.MaxN = 3, 2 },
		"more memory":  func(p *TrainParams) { p.Memory = 1000 },
	} {
		p := small(t)
		set(&p)
		if _, err := Train(t.Context(), "fasttext", made(100), p); err == nil || !hint.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestScoreAllocates: scoring takes no memory once its scratch space has grown.
func TestScoreAllocates(t *testing.T) {
	texts := map[string]string{"en": strings.Repeat("The river, the old bridge ", 40), "zh": strings.Repeat("河上有一座旧桥。", 60)}
	for _, form := range []string{FormSpark, FormCharacters} {
		for _, w := range weighings {
			p := small(t)
			p.Form, p.Weights = form, w
			noAllocs(t, "gpt3", p, texts)
		}
	}
	noAllocs(t, "fasttext", small(t), texts)
	noAllocs(t, "perplexity", small(t), texts)
}

func noAllocs(t *testing.T, kind string, p TrainParams, texts map[string]string) {
	m, err := Train(t.Context(), kind, made(100), p)
	if err != nil {
		t.Fatal(err)
	}
	for lang, text := range texts {
		d := &feilun.Doc{Text: text, Language: lang}
		m.Score(d)
		if n := testing.AllocsPerRun(20, func() { m.Score(d) }); n > 0 {
			t.Errorf("%s %s %s of %s: %v allocations a document", kind, p.Form, p.Weights, lang, n)
		}
	}
}

// TestHostForms: lists of hosts may have "www.", capitals and Windows line
// ends, and no infinite reputation.
func TestHostForms(t *testing.T) {
	name := filepath.Join(t.TempDir(), "hosts.tsv")
	if err := os.WriteFile(name, []byte("WWW.Example.org\t0.5\r\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	hosts, err := readHosts(name)
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := reputation(hosts, hostOf(&feilun.Doc{URL: "http://www.example.org/a"})); !ok || r != 0.5 {
		t.Errorf("reputation %v, %v; hosts %v", r, ok, hosts)
	}
	if err := os.WriteFile(name, []byte("a.org\tInf\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := readHosts(name); err == nil {
		t.Error("an infinite reputation was read")
	}
	if _, err := readHosts(name + "x"); !hint.IsUsage(err) {
		t.Errorf("no file of hosts: %v", err)
	}
	if slices.ContainsFunc(Kinds(), func(k Kind) bool { return k.AboutZh == "" }) {
		t.Error("a kind has no Chinese description")
	}
}

// TestScoreIsTheFormula: the tables of scoring give what the format's page says,
// for texts of one token and for tokens beyond the table.
func TestScoreIsTheFormula(t *testing.T) {
	texts := []string{"one", "two two", "旧", strings.Repeat("again ", 3*stepsKept) + "once", strings.Repeat("桥", 2*stepsKept) + "河"}
	for _, form := range []string{FormSpark, FormCharacters, FormWords} {
		for _, weights := range weighings {
			h := gpt3Header{vectorizer{form, 64, 2, false}, weights, 0.25}
			w := make([]float32, h.Features)
			for i := range w {
				w[i] = float32(i%7) - 3.5
			}
			g, err := newGPT3(h, appendFloats(nil, w))
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range texts {
				want, square := 0.0, 0.0
				counts := map[uint32]float64{}
				g.reader.read(text, func(_ []byte, f uint32) { counts[f]++ })
				for f, n := range counts {
					if weights == WeightLog {
						n = 1 + math.Log(n)
					}
					want += n * float64(w[f])
					square += n * n
				}
				if weights != WeightCounts {
					want /= math.Sqrt(square)
				}
				if got := g.logit(text); math.Abs(got-want-0.25) > 1e-9*(1+math.Abs(want)) {
					t.Errorf("%s %s %.10q: log-odds %v, want %v", form, weights, text, got, want+0.25)
				}
			}
		}
	}
}

// TestModelMemory: what a model is said to take covers its file and a table for
// each worker.
func TestModelMemory(t *testing.T) {
	m, err := Train(t.Context(), "gpt3", made(100), defaults(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "m.flq")
	if err := m.Save(name); err != nil {
		t.Fatal(err)
	}
	if m, err = Open(name, ""); err != nil {
		t.Fatal(err)
	}
	if one, ten := m.Memory(1), m.Memory(10); ten-one != 9*4<<12 || one < 3*4<<12 {
		t.Errorf("%d bytes for one worker, %d for ten", one, ten)
	}
	p := defaults(t)
	p.Models = []string{name}
	s, err := Train(t.Context(), "signals", made(100), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(filepath.Join(dir, "s.flq")); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(filepath.Join(dir, "s.flq"), ""); err != nil || s.Memory(1) < m.Memory(1) {
		t.Errorf("a model that stands on another takes %d bytes, that one %d: %v", s.Memory(1), m.Memory(1), err)
	}
}

// TestPartsHaveBounds: a perplexity on a bound is above it, as in CCNet.
func TestPartsHaveBounds(t *testing.T) {
	name := filepath.Join(t.TempDir(), "m.arpa")
	const text = "\\data\\\nngram 1=4\n\n\\1-grams:\n-1\t<unk>\n-9\t<s>\n-1\t</s>\n-1\ta\n\n\\end\\\n"
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	d := &feilun.Doc{Text: "a a"} // a perplexity of 10
	for _, tt := range []struct {
		head, middle float64
		part         string
	}{{10.1, 11, "head"}, {10, 10.1, "middle"}, {9, 10, "tail"}} {
		for _, keep := range parts {
			p := &Perplexity{Model: name, Head: tt.head, Middle: tt.middle, Keep: []string{keep}}
			if err := Prepare(p); err != nil {
				t.Fatal(err)
			}
			if v, verdict := NewJudge(p).Document(d); v != 10 || verdict.Kept() != (keep == tt.part) || !verdict.Kept() && verdict.Note != tt.part {
				t.Errorf("head below %v, middle below %v, keep %s: %v %+v", tt.head, tt.middle, keep, v, verdict)
			}
		}
	}
}
