// Package stats holds what a run counted, as it stands in a run folder's
// stats.json and run.json: books by stage, histograms of measured values, shares
// by host and language, samples. The pipeline writes it, reports read it.
package stats

import (
	"cmp"
	"math"
	"slices"

	"feilun"
)

// A Run is the content of stats.json. It is a function of input, recipe and
// version alone.
type Run struct {
	Recipe     string          `json:"recipe"`
	About      string          `json:"about"`
	Version    string          `json:"version"`
	RecipeHash string          `json:"recipe_hash"`
	InputHash  string          `json:"input_hash"`
	Reports    []feilun.Report `json:"reports"` // in stage order
	Measures   []Measure       `json:"measures"`
	Quality    []Quality       `json:"quality,omitempty"` // one for each step
	Languages  []Share         `json:"languages"`
	Hosts      []Share         `json:"hosts"`
	Files      []File          `json:"files"`
	Samples    []Sample        `json:"samples"` // of the corpus
}

// A Measure is the histogram of one parameter of one step.
type Measure struct {
	Step      string     `json:"step"`
	Rule      string     `json:"rule"`
	Limit     *float64   `json:"limit,omitempty"` // the parameter's value, when it is a number
	Histogram *Histogram `json:"histogram"`
}

// A Quality is what the scores of one quality step were.
type Quality struct {
	Step      string     `json:"step"`
	Model     string     `json:"model"`  // SHA-256 of its file
	Limit     float64    `json:"limit"`  // the score around which the step decides
	Scores    *Histogram `json:"scores"` // of all documents that came to the step
	Labelled  *Labelled  `json:"labelled,omitempty"`
	LowIsGood bool       `json:"low_is_good,omitempty"` // as with perplexity
}

// Labelled is how a model scores documents of which people said what they are.
type Labelled struct {
	Positives int          `json:"positives"`
	Negatives int          `json:"negatives"`
	AUC       [3]float64   `json:"auc"`   // value, lower and upper end of its 95 % interval
	Curve     [][3]float64 `json:"curve"` // threshold, precision, recall
}

// A File is one file of the corpus.
type File struct {
	Name   string       `json:"name"` // relative to the run folder
	Count  feilun.Count `json:"count"`
	Size   int64        `json:"size"` // bytes on disk
	SHA256 string       `json:"sha256"`
}

// A Sample is the beginning of one document of the corpus.
type Sample struct {
	ID       string `json:"id"`
	URL      string `json:"url"`
	Title    string `json:"title"`
	Language string `json:"language"`
	Text     string `json:"text"`
}

// Times is the content of run.json: what the run took, which differs from run
// to run and machine to machine.
type Times struct {
	Started    string             `json:"started"`
	Workers    int                `json:"workers"`
	Memory     int64              `json:"memory"`      // limit, bytes
	WallSecond float64            `json:"wall_s"`      // of the last process
	CPUSecond  float64            `json:"cpu_s"`       // of the last process, user and system
	PeakMemory int64              `json:"peak_memory"` // resident bytes of the last process
	Stages     map[string]float64 `json:"stages_s"`    // seconds by stage, summed over workers and resumed runs
	Pages      int64              `json:"pages"`       // documents that crawl gave
	Passed     int64              `json:"passed"`      // of these, by the last process
	InputBytes int64              `json:"input_bytes"` // of the source files, as stored
	Predicted  Prediction         `json:"predicted"`
	Disk       int64              `json:"disk"` // bytes the folder takes
}

// A Prediction is what a run was expected to take before it began.
type Prediction struct {
	Seconds float64 `json:"seconds"`
	Memory  int64   `json:"memory"`
	Disk    int64   `json:"disk"`
}

// A Histogram counts measured values of a parameter in bins: hundredths from 0
// to 1, then eighths of an octave. Bin gives a value's bin, BinStart its lower
// edge.
type Histogram struct {
	Kept    map[int]int64 `json:"kept,omitempty"`
	Dropped map[int]int64 `json:"dropped,omitempty"`
}

// Bin returns the bin of a value.
func Bin(x float64) int {
	switch {
	case math.IsNaN(x) || x < 0:
		return -1
	case x <= 1:
		return int(x * 100)
	}
	return 101 + int(math.Log2(min(x, 1e15))*8)
}

// BinStart returns the lowest value of a bin.
func BinStart(bin int) float64 {
	if bin <= 100 {
		return float64(bin) / 100
	}
	return math.Exp2(float64(bin-101) / 8)
}

// Add counts one value.
func (h *Histogram) Add(x float64, kept bool) {
	m := &h.Kept
	if !kept {
		m = &h.Dropped
	}
	if *m == nil {
		*m = map[int]int64{}
	}
	(*m)[Bin(x)]++
}

// Merge adds the counts of o.
func (h *Histogram) Merge(o *Histogram) {
	for _, p := range []struct{ to, from *map[int]int64 }{{&h.Kept, &o.Kept}, {&h.Dropped, &o.Dropped}} {
		for bin, n := range *p.from {
			if *p.to == nil {
				*p.to = map[int]int64{}
			}
			(*p.to)[bin] += n
		}
	}
}

// A Share is a name with the documents that came in and stayed under it.
type Share struct {
	Name string `json:"name"`
	In   int64  `json:"in"`
	Kept int64  `json:"kept"`
}

// Shares counts documents by a name, such as a host or a language.
type Shares map[string]*Share

// Add counts documents under a name.
func (s Shares) Add(name string, in, kept int64) {
	if s[name] == nil {
		s[name] = &Share{Name: name}
	}
	s[name].In += in
	s[name].Kept += kept
}

// Rest is the name under which Top sums up what it does not list.
const Rest = "…"

// Top returns the n largest, and the rest under the name [Rest].
func (s Shares) Top(n int) []Share {
	var all []Share
	rest := Share{Name: Rest}
	for _, x := range s {
		if x.Name == Rest {
			rest.In, rest.Kept = x.In, x.Kept
			continue
		}
		all = append(all, *x)
	}
	slices.SortFunc(all, func(a, b Share) int { return cmp.Or(cmp.Compare(b.In, a.In), cmp.Compare(a.Name, b.Name)) })
	if len(all) > n {
		for _, x := range all[n:] {
			rest.In += x.In
			rest.Kept += x.Kept
		}
		all = all[:n:n]
	}
	if rest.In > 0 || rest.Kept > 0 {
		all = append(all, rest)
	}
	return all
}

// Trim halves a count of more than most names: the largest stay.
func (s Shares) Trim(most int) {
	if len(s) <= most {
		return
	}
	top := s.Top(most / 2)
	clear(s)
	for _, x := range top {
		s[x.Name] = &x
	}
}
