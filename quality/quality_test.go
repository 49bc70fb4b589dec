package quality

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/params"
)

func defaults(t testing.TB) TrainParams {
	var p TrainParams
	if err := params.Fill(&p); err != nil {
		t.Fatal(err)
	}
	p.Features = 1 << 12
	return p
}

// made returns examples of two kinds of text on twenty hosts each: prose, and
// the words of menus, with some of the other's words in each.
func made(n int) []Example {
	rng := rand.New(rand.NewPCG(1, 2))
	good := strings.Fields("the river was and of in to bridge village old built years valley stone people water winter market")
	bad := strings.Fields("login home click cart buy free menu share print cookie accept error page next contact search sign up")
	var all []Example
	for i := range n {
		positive := i%2 == 0
		own, other := good, bad
		if !positive {
			own, other = bad, good
		}
		var b strings.Builder
		for range 20 + rng.IntN(40) {
			list := own
			if rng.Float64() < 0.3 {
				list = other
			}
			b.WriteString(list[rng.IntN(len(list))] + " ")
		}
		d := &feilun.Doc{ID: fmt.Sprint("id", i), URL: fmt.Sprintf("http://%t%d.example/%d", positive, i%20, i), Text: b.String(), Language: "en"}
		all = append(all, Example{d, positive})
	}
	return all
}

// TestTrain: a model of each kind of ours tells the two kinds of text apart, on
// hosts it has not seen, and its bytes depend on the examples alone.
func TestTrain(t *testing.T) {
	for _, kind := range []string{"gpt3", "signals"} {
		for _, weights := range weighings {
			p := defaults(t)
			p.Weights = weights
			if kind == "signals" {
				p.Models = []string{insideName}
			}
			all := made(400)
			m, err := Train(t.Context(), kind, all, p)
			if err != nil {
				t.Fatal(err)
			}
			if a := m.Result().HeldOut.AUC; a.Value < 0.97 || a.Positives < 20 || a.Negatives < 20 {
				t.Errorf("%s %s: held-out AUC %+v", kind, weights, a)
			}
			want, err := m.encode()
			if err != nil {
				t.Fatal(err)
			}
			slices.Reverse(all)
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			again, err := Train(t.Context(), kind, all, p)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := again.encode(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s %s: order or processors change the model, %v", kind, weights, err)
			}
			reopened(t, m, all)
		}
	}
}

// reopened holds a saved model to the one in memory.
func reopened(t *testing.T, m *Model, all []Example) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "m.flq")
	if err := m.Save(name); err != nil {
		t.Fatal(err)
	}
	o, err := Open(name, "")
	if err != nil {
		t.Fatal(err)
	}
	if o.Kind != m.Kind || o.SHA256 == "" || o.Result().Penalty != m.Result().Penalty {
		t.Errorf("opened %s %s %+v", o.Kind, o.SHA256, o.Result())
	}
	c := o.Clone()
	for _, e := range all[:20] {
		if a, b := m.Score(e.Doc), c.Score(e.Doc); a != b {
			t.Errorf("score %v, opened %v", a, b)
		}
		if r := o.Explain(e.Doc, 3); len(r) == 0 || len(r) > 3 {
			t.Errorf("reasons %v", r)
		}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 1
	if _, err := decode(b, name); !errors.Is(err, ErrFormat) {
		t.Errorf("damaged model: %v", err)
	}
}

// TestSignalsStandOnFiles: a signals model finds the models it was trained with
// beside it, wherever both are moved, and refuses others in their place.
func TestSignalsStandOnFiles(t *testing.T) {
	dir, all, p := t.TempDir(), made(200), defaults(t)
	other, joined := filepath.Join(dir, "a", "g.flq"), filepath.Join(dir, "a", "s.flq")
	if err := os.Mkdir(filepath.Dir(other), 0o777); err != nil {
		t.Fatal(err)
	}
	save := func(kind, name string) {
		m, err := Train(t.Context(), kind, all, p)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Save(name); err != nil {
			t.Fatal(err)
		}
	}
	save("gpt3", other)
	p.Models = []string{other}
	save("signals", joined)
	if err := os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	joined = filepath.Join(dir, "b", "s.flq")
	m, err := Open(joined, "")
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Clone().Score(all[0].Doc); s < 0.5 {
		t.Errorf("score %v of a good document", s)
	}
	p.Models, p.Seed = nil, 5
	save("gpt3", filepath.Join(dir, "b", "g.flq"))
	if _, err := Open(joined, ""); err == nil || !strings.Contains(err.Error(), "another model") {
		t.Errorf("another model in its place: %v", err)
	}
	p.Models = []string{joined}
	if _, err := Train(t.Context(), "signals", all, p); err == nil {
		t.Error("signals stand on signals")
	}
}

// TestExplainAddsUp: the weights of a gpt3 model's reasons and its intercept are
// the log-odds.
func TestExplainAddsUp(t *testing.T) {
	for _, weights := range weighings {
		p := defaults(t)
		p.Weights = weights
		all := made(200)
		m, err := Train(t.Context(), "gpt3", all, p)
		if err != nil {
			t.Fatal(err)
		}
		sum := m.header.GPT3.Intercept
		for _, r := range m.Explain(all[0].Doc, 1<<20) {
			sum += r.Weight
		}
		if got := logit(m.Score(all[0].Doc)); math.Abs(got-sum) > 1e-4 {
			t.Errorf("%s: log-odds %v, reasons add up to %v", weights, got, sum)
		}
	}
}

// TestLogistic holds the optimiser to a problem solved by hand: one feature, no
// penalty. With 3 of 4 positive where x is 1 and 1 of 4 where it is 0, b is
// ln(1/3) and w + b is ln 3.
func TestLogistic(t *testing.T) {
	l := &logistic{x: &matrix{width: 1}}
	for i := range 8 {
		if i < 4 {
			l.x.add([]uint32{0}, []float32{1})
		} else {
			l.x.add(nil, nil)
		}
		l.rows = append(l.rows, i)
		l.weight = append(l.weight, 1)
		l.target = append(l.target, float64([]int{1, 1, 1, 0, 1, 0, 0, 0}[i]))
	}
	w := make([]float64, 2)
	minimize(t.Context(), l.value, w, 1e-10, 100)
	if b := math.Log(1. / 3); math.Abs(w[1]-b) > 1e-6 || math.Abs(w[0]-(math.Log(3)-b)) > 1e-6 {
		t.Errorf("w = %v", w)
	}
}

// TestArea holds the area and its interval to values computed by hand: of 12
// pairs one is wrong and one a tie.
func TestArea(t *testing.T) {
	all := []Scored{{.9, true}, {.8, true}, {.4, true}, {.7, true}, {.5, false}, {.4, false}, {.1, false}}
	a := Area(all)
	if math.Abs(a.Value-10.5/12) > 1e-12 || a.Positives != 4 || a.Negatives != 3 {
		t.Errorf("area %+v", a)
	}
	// DeLong: components of positives 1, 1, .5, 1; of negatives .75, .875, 1.
	sd := math.Sqrt(0.0625/4 + 0.015625/3)
	if z := math.Log(a.Value / (1 - a.Value)); math.Abs(a.Low-sigmoid(z-1.96*sd/(a.Value*(1-a.Value)))) > 1e-12 {
		t.Errorf("low %v", a.Low)
	}
	if a := Area([]Scored{{1, true}, {0, false}}); a.Value != 1 || a.High != 1 || a.Low >= 1 {
		t.Errorf("perfect area %+v", a)
	}
	if a := Area(all[:2]); !math.IsNaN(a.Value) {
		t.Errorf("area of one class %+v", a)
	}
}

func TestThresholds(t *testing.T) {
	all := []Scored{{.9, true}, {.6, false}, {.3, true}, {.1, false}}
	for _, p := range Thresholds(all) {
		if p.Threshold == 0.5 && (p.Keep != 0.5 || p.Precision != 0.5 || p.Recall != 0.5 || p.FalseKeep != 0.5) {
			t.Errorf("at 0.5: %+v", p)
		}
	}
	if ap := AveragePrecision(all); math.Abs(ap-(0.5+0.5*2/3)) > 1e-12 {
		t.Errorf("average precision %v", ap)
	}
	bins := Calibration(all, 0.5)
	if bins[9].Docs != 1 || bins[9].Positive != 1 || bins[6].Positive != 0 {
		t.Errorf("bins %+v", bins)
	}
}

// TestPareto holds the draws to the published probabilities: GPT-3's rule keeps
// a document of score s with (2-s)^-9.
func TestPareto(t *testing.T) {
	const n = 400000
	for _, s := range []float64{1, .99, .95, .9, .75, .5, .25, 0} {
		kept := 0
		for i := range n {
			if s > 1-pareto(fmt.Sprint("urn:", i), 1, 9) {
				kept++
			}
		}
		want := math.Pow(2-s, -9)
		if sd := math.Sqrt(want * (1 - want) / n); math.Abs(float64(kept)/n-want) > 4*sd {
			t.Errorf("score %v: kept %.5f, want %.5f", s, float64(kept)/n, want)
		}
		if got := (&GPT3{Alpha: 9}).KeepShare(s); got != want {
			t.Errorf("KeepShare(%v) = %v, want %v", s, got, want)
		}
	}
	if pareto("a", 1, 9) != pareto("a", 1, 9) || pareto("a", 1, 9) == pareto("a", 2, 9) {
		t.Error("a draw is a function of id and seed")
	}
}

func TestSteps(t *testing.T) {
	p := defaults(t)
	all := made(200)
	m, err := Train(t.Context(), "gpt3", all, p)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "m.flq")
	if err := m.Save(name); err != nil {
		t.Fatal(err)
	}
	g := New("gpt3").(*GPT3)
	g.Model, g.Alpha, g.Min = name, 0, 0.5
	if err := Prepare(g); err != nil {
		t.Fatal(err)
	}
	j := NewJudge(g)
	for _, e := range all[:50] {
		s, v := j.Document(e.Doc)
		if v.Kept() != (s > 0.5) || !v.Kept() && (v.Rule != "min" || v.Value != s || v.Limit != 0.5) {
			t.Errorf("score %v: %+v", s, v)
		}
	}
	g.Alpha, g.Min = 9, 0
	j = NewJudge(g)
	for _, e := range all[:50] {
		if s, v := j.Document(e.Doc); v.Kept() != (s > 1-pareto(e.Doc.ID, 1, 9)) || !v.Kept() && v.Rule != "alpha" {
			t.Errorf("score %v: %+v", s, v)
		}
	}
	if Fingerprint(g) == "" || math.Abs(Limit(g)-0.91994) > 1e-5 {
		t.Errorf("limit %v", Limit(g))
	}
	g = New("gpt3").(*GPT3)
	g.Model = filepath.Join(t.TempDir(), "none.flq")
	if err := Prepare(g); !errors.Is(err, fs.ErrNotExist) || !hint.IsUsage(err) || !strings.Contains(hint.Of(err), "quality train") {
		t.Errorf("missing model: %v, hint %q", err, hint.Of(err))
	}
}

// TestDeal: parts have about equal numbers of either class, no host stands in
// two, and few hosts make a split by document.
func TestDeal(t *testing.T) {
	tr, err := newTraining(t.Context(), made(400), defaults(t))
	if err != nil {
		t.Fatal(err)
	}
	part := map[string]int{}
	var count [folds][2]int
	for i, e := range tr.examples {
		h := hostOf(e.Doc)
		if f, ok := part[h]; ok && f != tr.fold[i] {
			t.Errorf("host %s stands in parts %d and %d", h, f, tr.fold[i])
		}
		part[h] = tr.fold[i]
		count[tr.fold[i]][class(e)]++
	}
	for f, c := range count {
		if c[0] < 20 || c[1] < 20 {
			t.Errorf("part %d holds %v", f, c)
		}
	}
	all := made(100)
	for _, e := range all {
		e.Doc.URL = "http://one.example/" + e.Doc.ID
	}
	if tr, err = newTraining(t.Context(), all, defaults(t)); err != nil || tr.result.Split != "document" {
		t.Errorf("split %q, %v", tr.result.Split, err)
	}
	for i, e := range all { // one host holds all negatives but four
		if e.Doc.URL = fmt.Sprintf("http://%t%d.example/", e.Positive, i%20); !e.Positive && i > 8 {
			e.Doc.URL = "http://large.example/"
		}
	}
	if tr, err = newTraining(t.Context(), all, defaults(t)); err != nil {
		t.Fatal(err)
	}
	count = [folds][2]int{}
	for i, e := range tr.examples {
		count[tr.fold[i]][class(e)]++
	}
	for f, c := range count {
		if c[0] == 0 || c[1] == 0 {
			t.Errorf("part %d holds %v, split by %s", f, c, tr.result.Split)
		}
	}
	if _, err := newTraining(t.Context(), all[:12], defaults(t)); !hint.IsUsage(err) {
		t.Errorf("too few examples: %v", err)
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{"\n\n": "↵↵", "the mill": "the mill", " ": "␣", "\u3000": "␣", "a\nb": "a↵b", "。": "。"} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPage(t *testing.T) {
	all := made(300)
	all[0].Doc.Text += "<script>alert(1)</script>"
	m, err := Train(t.Context(), "gpt3", all, defaults(t))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "m.html")
	if err := m.Page(name, "zh", all); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := string(b)
	for _, want := range []string{"<svg", "阈值", "Thresholds", `data-lang="zh"`, "得分最高", "质量模型：", `占比为 </span>50.0 %<span`} {
		if !strings.Contains(s, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(s, "<article"); n != 2*pageTop {
		t.Errorf("%d documents, want %d", n, 2*pageTop)
	}
	if strings.Contains(s, "<script>alert") || strings.Contains(s, "http-equiv") || strings.Contains(s, ` src="`) {
		t.Error("the page runs or loads what it should not")
	}
}

func TestOpenTellsKinds(t *testing.T) {
	for _, tt := range []struct{ head, kind string }{
		{magic + "rest", "gpt3"}, {"\xba\x16\x4f\x2f\x0c\x00\x00\x00", "fasttext"}, {"\n\\data\\\nngram 1=3", "perplexity"}, {"", ""}, {"hello", ""},
	} {
		if kind, err := kindOf([]byte(tt.head)); kind != tt.kind || (err == nil) != (tt.kind != "") {
			t.Errorf("%q: %q, %v", tt.head, kind, err)
		}
	}
}

// TestHosts: the longest listed suffix of a host decides.
func TestHosts(t *testing.T) {
	name := filepath.Join(t.TempDir(), "hosts.tsv")
	if err := os.WriteFile(name, []byte("# reputation\nexample.org\t0.5\nbad.example.org\t-1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	hosts, err := readHosts(name)
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]float64{"example.org": .5, "a.example.org": .5, "x.bad.example.org": -1} {
		if got, ok := reputation(hosts, host); !ok || got != want {
			t.Errorf("%s: %v, %v", host, got, ok)
		}
	}
	if _, ok := reputation(hosts, "other.net"); ok {
		t.Error("other.net has no reputation")
	}
}

// FuzzDecode: no bytes make the reader of models panic or take memory beyond
// its bounds.
func FuzzDecode(f *testing.F) {
	m := &Model{header: header{Kind: "gpt3", GPT3: &gpt3Header{vectorizer: vectorizer{FormSpark, 4, 1, false}, Weights: WeightUnit}}, body: make([]byte, 16)}
	b, err := m.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := decode(b, "x"); err == nil {
			m.Score(&feilun.Doc{Text: "a b"})
		}
		if m, err := decode(seal(b), "x"); err == nil {
			m.Score(&feilun.Doc{Text: "a b"})
		}
	})
}
