package quality

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/params"

	"github.com/zeebo/xxh3"
)

// An Example is a document that people, or its source, call good or bad.
type Example struct {
	Doc      *feilun.Doc
	Positive bool
}

// TrainParams steer training.
type TrainParams struct {
	// Form is how a text becomes tokens: spark (lower case, split at white space), characters (n-grams inside Chinese, Japanese and Korean runs), words (jieba's), or auto, which takes characters where a third of the letters of the positive examples are such.
	Form string `json:"form" default:"auto"`
	// Features is the number of buckets that tokens are hashed into. Powers of two score fastest.
	Features int `json:"features" default:"262144" range:"2..16777216"`
	// Grams is the longest n-gram of the form characters.
	Grams int `json:"grams" default:"2" range:"1..4"`
	// Weights says what counts: counts (how often a token occurs, as in GPT-3), unit (the same, scaled to length one, so that long texts weigh no more than short ones), or log (1 + ln of how often, scaled to length one).
	Weights string `json:"weights" default:"log"`
	// Spark2 hashes as Spark did before version 3.
	Spark2 bool `name:"spark2" json:"spark2" default:"false"`
	// Tokens is what a language model takes for a word: mixed (Chinese, Japanese and Korean characters, words, marks) or space (what stands between white space).
	Tokens string `json:"tokens" default:"mixed"`
	// Order is the length of a language model's longest n-grams.
	Order int `json:"order" default:"5" range:"1..16"`
	// Memory is what a language model's n-grams, or the weights of a fastText model, may take; 0 sets no limit.
	Memory params.Size `json:"memory" default:"4GiB"`
	// Prior is the share of positive documents that scores assume. Both classes are weighed to it, however many examples each has.
	Prior float64 `json:"prior" default:"0.5" range:"0.001..0.999"`
	// Seed shuffles hosts of equal size between the parts.
	Seed int64 `json:"seed" default:"1"`
	// Dim is the width of a fastText model.
	Dim int `json:"dim" default:"100" range:"1..65536"`
	// Epochs is how often fastText reads the examples.
	Epochs int `json:"epochs" default:"5" range:"1..1048576"`
	// Rate is fastText's learning rate.
	Rate float64 `json:"rate" default:"0.1" range:"0.000001..100"`
	// WordNgrams is fastText's longest n-gram of words; DCLM's model has 2.
	WordNgrams int `name:"word_ngrams" json:"word_ngrams" default:"2" range:"1..100"`
	// Bucket is the number of rows fastText hashes n-grams to.
	Bucket int `json:"bucket" default:"2000000" range:"1..2147483647"`
	// MinN is the shortest n-gram of characters that fastText takes from words.
	MinN int `name:"minn" json:"minn" default:"0" range:"0..100"`
	// MaxN is the longest; 0 takes none. Chinese text, whose words fastText does not see, needs about 1 to 2.
	MaxN int `name:"maxn" json:"maxn" default:"0" range:"0..100"`
	// Threads is 1 for a fastText model equal to that of fastText -thread 1; more train faster, and give the same model whatever their number.
	Threads int `json:"threads" default:"1" range:"1..1024"`
	// Models are files of models whose scores the kind signals joins; the word gpt3 trains one inside, on the same examples.
	Models params.List `json:"models" default:"[]"`
	// Hosts is a file of hosts with their reputation for the kind signals: host, tab, number; the longest suffix of a host counts.
	Hosts string `json:"hosts" default:""`
}

// folds is how many parts hosts are dealt into. Part 0 is held out; the others
// choose the penalty and calibrate.
const folds = 5

// A training is the examples of one call of [Train], dealt into parts.
type training struct {
	ctx      context.Context
	p        TrainParams
	examples []Example
	fold     []int
	weight   []float64 // sums to Prior over positives and 1 − Prior over negatives
	result   *Result
}

// A Result is what training found. It is stored in the model.
type Result struct {
	Positives int         `json:"positives"`
	Negatives int         `json:"negatives"`
	Hosts     [2]int      `json:"hosts"`   // of positives and of negatives
	Split     string      `json:"split"`   // "host", or "document" where a class has too few hosts
	Params    TrainParams `json:"params"`  // with nothing left open
	Penalty   float64     `json:"penalty"` // of squared weights, chosen by Tried
	Tried     []Penalty   `json:"tried,omitempty"`
	HeldOut   Evaluation  `json:"held_out"` // on documents of hosts that training did not see
}

// A Penalty is a strength of regularisation with the loss it gave on documents
// of hosts that the weights were not fitted to.
type Penalty struct {
	Lambda float64 `json:"lambda"`
	Loss   float64 `json:"loss"` // mean, nats
}

// An Evaluation is how a model scores labelled documents.
type Evaluation struct {
	AUC         AUC     `json:"auc"`
	Precision   float64 `json:"average_precision"`
	Calibration []Bin   `json:"calibration"`
	Thresholds  []Point `json:"thresholds"`
	Curve       []Point `json:"curve"` // precision and recall
}

// Evaluate scores labelled documents. Prior is the share of positive documents
// that the model's scores assume.
func Evaluate(m *Model, examples []Example) Evaluation {
	all := make([]Scored, len(examples))
	for i, e := range examples {
		all[i] = Scored{m.Score(e.Doc), e.Positive}
	}
	return evaluation(all, m.prior())
}

func (m *Model) prior() float64 {
	if m.header.Trained != nil {
		return m.header.Trained.Params.Prior
	}
	return 0.5
}

func evaluation(all []Scored, prior float64) Evaluation {
	return Evaluation{AUC: Area(all), Precision: AveragePrecision(all), Calibration: Calibration(all, prior),
		Thresholds: Thresholds(all), Curve: Curve(all, 200)}
}

// Result returns what training found, or nil for models of other programs.
func (m *Model) Result() *Result { return m.header.Trained }

// Train makes a model of the kind from examples. A fifth of the hosts is held
// out: the model never sees it, and Result says how it scores it. Equal
// examples, whatever their order, give an equal model.
func Train(ctx context.Context, kind string, examples []Example, p TrainParams) (*Model, error) {
	k, err := kindNamed(kind)
	if err != nil {
		return nil, err
	}
	if k.train == nil {
		return nil, hint.Usage(fmt.Errorf("kind %s cannot be trained by this version", kind))
	}
	t, err := newTraining(ctx, examples, p)
	if err != nil {
		return nil, err
	}
	m, err := k.train(t)
	if err != nil {
		return nil, err
	}
	m.Kind, m.header.Kind, m.header.Trained = kind, kind, t.result
	t.result.HeldOut = Evaluate(m, t.part(0))
	return m, nil
}

func newTraining(ctx context.Context, examples []Example, p TrainParams) (*training, error) {
	t := &training{ctx: ctx, p: p, examples: slices.Clone(examples), result: &Result{Split: "host"}}
	slices.SortStableFunc(t.examples, func(a, b Example) int {
		return cmp.Or(cmp.Compare(a.Doc.ID, b.Doc.ID), cmp.Compare(a.Doc.URL, b.Doc.URL), cmp.Compare(a.Doc.Text, b.Doc.Text))
	})
	for _, e := range t.examples {
		if e.Positive {
			t.result.Positives++
		}
	}
	t.result.Negatives = len(examples) - t.result.Positives
	if min(t.result.Positives, t.result.Negatives) < 2*folds {
		return nil, hint.Usage(hint.With(fmt.Errorf("%d positive and %d negative documents are too few to learn from", t.result.Positives, t.result.Negatives),
			fmt.Sprintf("give at least %d of each; some thousands make a useful model", 2*folds)))
	}
	t.deal()
	t.weight = make([]float64, len(t.examples))
	for i, e := range t.examples {
		t.weight[i] = (1 - p.Prior) / float64(t.result.Negatives)
		if e.Positive {
			t.weight[i] = p.Prior / float64(t.result.Positives)
		}
	}
	return t, nil
}

// part returns the examples of one fold.
func (t *training) part(fold int) []Example {
	var out []Example
	for i, e := range t.examples {
		if t.fold[i] == fold {
			out = append(out, e)
		}
	}
	return out
}

// hostOf returns the host of a document, or "" where its address has none.
func hostOf(d *feilun.Doc) string {
	u, err := url.Parse(d.URL)
	if err != nil {
		return ""
	}
	return plainHost(u.Hostname())
}

// plainHost is the form in which hosts are compared.
func plainHost(host string) string { return strings.TrimPrefix(strings.ToLower(host), "www.") }

// A group is the documents of one host, which go into one part together.
type group struct {
	name  string
	rows  []int
	count [2]int // negatives, positives
}

// deal puts hosts into parts so that each part has about as many documents of
// either class: largest hosts first, each into the part that is emptiest in
// what it brings. Documents without an address stand for themselves; so do all
// documents of a class that has fewer hosts than there are parts.
func (t *training) deal() {
	hosts := [2]map[string]bool{{}, {}}
	for _, e := range t.examples {
		if h := hostOf(e.Doc); h != "" {
			hosts[class(e)][h] = true
		}
	}
	t.result.Hosts = [2]int{len(hosts[1]), len(hosts[0])}
	few := [2]bool{len(hosts[0]) < folds, len(hosts[1]) < folds}
	if t.spread(t.groups(few)) > 0 && few != [2]bool{true, true} {
		few = [2]bool{true, true} // a part has one class alone: too uneven hosts
		t.spread(t.groups(few))
	}
	if few[0] || few[1] {
		t.result.Split = "document"
	}
}

// groups puts the documents of a host together, but for classes that are dealt
// one by one.
func (t *training) groups(single [2]bool) map[string]*group {
	groups := map[string]*group{}
	for i, e := range t.examples {
		name := hostOf(e.Doc)
		if single[class(e)] || name == "" {
			name = fmt.Sprintf("document %d", i)
		}
		if groups[name] == nil {
			groups[name] = &group{name: name}
		}
		groups[name].rows = append(groups[name].rows, i)
		groups[name].count[class(e)]++
	}
	return groups
}

func class(e Example) int {
	if e.Positive {
		return 1
	}
	return 0
}

// spread deals groups and returns how many parts lack a class.
func (t *training) spread(groups map[string]*group) (lack int) {
	var all []*group
	for _, g := range groups {
		all = append(all, g)
	}
	hash := func(g *group) uint64 { return xxh3.HashStringSeed(g.name, uint64(t.p.Seed)) }
	slices.SortFunc(all, func(a, b *group) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), cmp.Compare(hash(a), hash(b)), cmp.Compare(a.name, b.name))
	})
	t.fold = make([]int, len(t.examples))
	total := [2]float64{float64(t.result.Negatives), float64(t.result.Positives)}
	var held [folds][2]float64
	for _, g := range all {
		best, least := 0, math.Inf(1)
		for f := range folds {
			load := 0.0
			for c, n := range g.count {
				x := (held[f][c] + float64(n)) / total[c]
				load += x*x - held[f][c]*held[f][c]/total[c]/total[c]
			}
			if load < least-1e-15 {
				best, least = f, load
			}
		}
		for c, n := range g.count {
			held[best][c] += float64(n)
		}
		for _, i := range g.rows {
			t.fold[i] = best
		}
	}
	for f := range folds {
		if held[f][0] == 0 || held[f][1] == 0 {
			lack++
		}
	}
	return lack
}
