package inspect

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"feilun/internal/stats"
)

// A query chooses documents of an index. Zero fields choose all.
type query struct {
	State    string // kept, dropped or cut
	Stage    string
	Filter   string // step of a recipe
	Rule     string
	Language string // "-" for none
	Host     string // "-" for none
	Label    string // good, bad, none or any
	Text     string // in address, id, title or beginning; lower case
	Whole    bool   // look for Text in whole texts of the corpus, too
	Min, Max float64
	Scored   bool   // those with a score in Min..Max alone
	Order    string // "" as in the run, near, high or low by score
	Limit    float64
	Hosts    string // part of a host's name, for the list of hosts
	From     int
	Count    int
}

// The dimensions of a query. A facet counts documents that fit in all others.
const (
	byState = iota
	byRule
	byLanguage
	byHost
	byLabel
	byText
	byScore
	dimensions
)

// How much an answer holds.
const (
	pageMost  = 200
	orderMost = 10_000 // documents that can be put in an order of scores
	hostsMost = 50
	scoreBins = 50
)

// An answer is what a query finds.
type answer struct {
	Found  int         `json:"found"`
	Docs   []hit       `json:"docs"`
	States facet       `json:"states"`
	Rules  []ruleFacet `json:"rules"`
	Langs  facet       `json:"languages"`
	Hosts  facet       `json:"hosts"`
	Labels facet       `json:"labels"`
	Scores *scoreFacet `json:"scores,omitempty"`
	More   bool        `json:"more"` // documents behind the last one
}

// A facet counts documents by a name.
type facet []facetItem

type facetItem struct {
	Name string `json:"name"`
	Docs int    `json:"docs"`
}

type ruleFacet struct {
	indexRule
	Docs int `json:"docs"`
}

// A scoreFacet is a histogram of scores from Min to Max in equal bins.
type scoreFacet struct {
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Kept    []int   `json:"kept"`
	Dropped []int   `json:"dropped"`
}

// A hit is one document of a list.
type hit struct {
	N       int      `json:"n"`
	ID      string   `json:"id"`
	URL     string   `json:"url"`
	Title   string   `json:"title"`
	Text    string   `json:"text"`
	Kept    bool     `json:"kept"`
	Cuts    int      `json:"cuts,omitempty"`
	Stage   string   `json:"stage,omitempty"`
	Rule    string   `json:"rule,omitempty"` // with its step
	Value   float64  `json:"value,omitempty"`
	Limit   float64  `json:"limit,omitempty"`
	Lang    string   `json:"lang,omitempty"`
	Score   *float64 `json:"score,omitempty"`
	Label   string   `json:"label,omitempty"`
	Partial bool     `json:"partial,omitempty"` // the score is of the beginning alone
}

// A search is one query at work.
type search struct {
	*query
	x       *index
	scores  []float32        // in place of the index's; nil for none
	labels  map[uint64]uint8 // by key
	rules   []bool           // of the index, whether it is asked for
	bits    uint64           // of rules that cut, asked for
	lang    int              // -1 for any
	host    int
	best    ranked
	strings *stringScan
	ans     *answer
	counts  struct {
		states, langs, labels map[string]int
		hosts                 []int32
		rules                 []int
		bits                  [cutBits]int
		low, high             float64
		kept, dropped         map[int]int
	}
}

// find answers a query.
func (x *index) query(ctx context.Context, q *query, scores []float32, labels map[uint64]uint8, whole func(*record) (string, error)) (*answer, error) {
	s := &search{query: q, x: x, scores: scores, labels: labels, strings: x.scan(), ans: &answer{Docs: []hit{}}}
	s.prepare()
	var failed error
	err := x.each(func(n int, r *record) bool {
		if n%4096 == 0 && ctx.Err() != nil {
			return false
		}
		failed = s.record(n, r, whole)
		return failed == nil
	})
	if err := cmp.Or(ctx.Err(), failed, err); err != nil {
		return nil, err
	}
	return s.ans, s.finish()
}

func (s *search) prepare() {
	c := &s.counts
	c.states, c.langs, c.labels = map[string]int{}, map[string]int{}, map[string]int{}
	c.hosts, c.rules = make([]int32, len(s.x.t.Hosts)), make([]int, len(s.x.t.Rules))
	c.kept, c.dropped = map[int]int{}, map[int]int{}
	s.lang, s.host = numberOf(s.x.t.Languages, s.Language), numberOf(s.x.t.Hosts, s.Host)
	s.rules = make([]bool, len(s.x.t.Rules))
	for i, r := range s.x.t.Rules {
		s.rules[i] = (s.Stage == "" || r.Stage == s.Stage) && (s.Filter == "" || r.Filter == s.Filter) && (s.Rule == "" || r.Rule == s.Rule)
		if s.rules[i] && r.Cut {
			s.bits |= 1 << r.Bit
		}
	}
}

// numberOf finds a name in a table: -1 when all are asked for, -2 when it is not there.
func numberOf(table []string, name string) int {
	if name == "" {
		return -1
	}
	if i := slices.Index(table, strings.TrimSuffix(name, "-")); i >= 0 {
		return i
	}
	return -2
}

// score returns the score of a document, if it has one.
func (s *search) score(n int, r *record) (float64, bool) {
	x := r.Score
	if s.scores != nil {
		x = float32(math.NaN())
		if n < len(s.scores) {
			x = s.scores[n]
		}
	}
	return float64(x), x == x
}

// misses tells in which dimensions but that of text a document does not fit.
func (s *search) misses(n int, r *record) (miss uint8) {
	set := func(d int, bad bool) {
		if bad {
			miss |= 1 << d
		}
	}
	switch s.State {
	case "kept":
		set(byState, !r.kept())
	case "dropped":
		set(byState, r.kept())
	case "cut":
		set(byState, !r.kept() || r.Cuts == 0)
	}
	if s.Stage != "" || s.Filter != "" || s.Rule != "" {
		set(byRule, r.Cuts&s.bits == 0 && (r.kept() || int(r.Rule) >= len(s.rules) || !s.rules[r.Rule]))
	}
	set(byLanguage, s.lang != -1 && int(r.Language) != s.lang)
	set(byHost, s.host != -1 && int(r.Host) != s.host)
	if s.Label != "" {
		l := s.labels[r.Key]
		set(byLabel, labelWord(l) != s.Label && !(s.Label == "any" && l != 0))
	}
	if s.Scored {
		x, ok := s.score(n, r)
		set(byScore, !ok || x < s.Min || x > s.Max)
	}
	return miss
}

func (s *search) record(n int, r *record, whole func(*record) (string, error)) error {
	miss := s.misses(n, r)
	if miss&(miss-1) != 0 { // two or more: no facet counts it
		return nil
	}
	if s.Text != "" {
		ok, err := s.has(r, whole)
		if err != nil {
			return err
		}
		if !ok {
			if miss != 0 {
				return nil
			}
			miss |= 1 << byText
		}
	}
	s.count(n, r, miss)
	if miss != 0 {
		return nil
	}
	s.ans.Found++
	if s.Order != "" {
		s.rank(n, r)
		return nil
	}
	if at := s.ans.Found - 1; at >= s.From && at < s.From+s.Count {
		return s.hit(n, r)
	}
	return nil
}

// has looks for the text asked for.
func (s *search) has(r *record, whole func(*record) (string, error)) (bool, error) {
	if err := s.strings.read(r); err != nil {
		return false, err
	}
	if strings.Contains(strings.ToLower(string(s.strings.buf)), s.Text) { // lengths stand between the strings
		return true, nil
	}
	if !s.Whole || whole == nil {
		return false, nil
	}
	text, err := whole(r)
	return strings.Contains(strings.ToLower(text), s.Text), err
}

// count adds a document to the facets of all dimensions that do not miss it.
func (s *search) count(n int, r *record, miss uint8) {
	c := &s.counts
	only := func(d int) bool { return miss == 0 || miss == 1<<d }
	if only(byState) {
		word := "dropped"
		if r.kept() {
			if word = "kept"; r.Cuts != 0 {
				c.states["cut"]++
			}
		}
		c.states[word]++
	}
	if only(byRule) {
		if int(r.Rule) < len(c.rules) {
			c.rules[r.Rule]++
		}
		for bits, i := r.Cuts, 0; bits != 0; bits, i = bits>>1, i+1 {
			c.bits[i] += int(bits & 1)
		}
	}
	if only(byLanguage) && int(r.Language) < len(s.x.t.Languages) {
		c.langs[s.x.t.Languages[r.Language]]++
	}
	if only(byHost) && int(r.Host) < len(c.hosts) {
		c.hosts[r.Host]++
	}
	if only(byLabel) {
		c.labels[labelWord(s.labels[r.Key])]++
	}
	if x, ok := s.score(n, r); ok && only(byScore) {
		s.countScore(x, r.kept())
	}
}

// countScore puts scores from 0 to 1 in bins of scoreBins, others by size.
func (s *search) countScore(x float64, kept bool) {
	c := &s.counts
	c.low, c.high = min(c.low, x), max(c.high, x)
	bin := stats.Bin(x)
	if kept {
		c.kept[bin]++
	} else {
		c.dropped[bin]++
	}
}

func (s *search) hit(n int, r *record) error {
	names, err := s.x.names(r)
	if err != nil {
		return err
	}
	h := hit{N: n, ID: names[fieldID], URL: names[fieldURL], Title: names[fieldTitle], Text: clip(names[fieldText], 120),
		Kept: r.kept(), Cuts: int(r.Places), Label: labelWord(s.labels[r.Key])}
	if h.ID == "" {
		h.ID = names[fieldWhere]
	}
	if int(r.Rule) < len(s.x.t.Rules) {
		rule := s.x.t.Rules[r.Rule]
		h.Stage, h.Rule, h.Value, h.Limit = rule.Stage, RuleName(rule.Filter, rule.Rule), r.Value, r.Limit
	}
	if int(r.Language) < len(s.x.t.Languages) {
		h.Lang = s.x.t.Languages[r.Language]
	}
	if x, ok := s.score(n, r); ok {
		h.Score, h.Partial = &x, s.scores != nil && !r.kept()
	}
	s.ans.Docs = append(s.ans.Docs, h)
	return nil
}
