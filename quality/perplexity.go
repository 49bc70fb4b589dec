package quality

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"

	"feilun"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/ngram"
	"feilun/internal/sentencepiece"
)

// Perplexity sorts documents by how surprising an n-gram language model of good
// text finds them, as CCNet does (arXiv 1911.00359): head, middle and tail. The
// value in the ledger is the perplexity, to one decimal as in CCNet, the limit
// the upper end of the last part that stays.
type Perplexity struct {
	// Model is the file of a model that feilun quality train --kind perplexity wrote, or an ARPA language model of words between white space.
	Model string `json:"model" default:""`
	// Tokens is ccnet for a model of the pieces that CCNet makes of a text: normalised, all of it one line, the perplexity rounded to a tenth. Empty takes tokens as the model was trained; an ARPA model then has words between white space.
	Tokens string `json:"tokens" default:""`
	// Pieces is the file of the SentencePiece model (.model, kind unigram) that makes them.
	Pieces string `json:"pieces" default:""`
	// Head is the perplexity below which a document is in the head; 0 takes the model's own, the 30th percentile of the raw documents it was trained beside.
	Head float64 `json:"head" default:"0" range:"0.."`
	// Middle is the perplexity below which a document is in the middle; 0 takes the model's own, the 60th percentile.
	Middle float64 `json:"middle" default:"0" range:"0.."`
	// Keep lists the parts that stay: head, middle, tail.
	Keep []string `json:"keep" default:"[\"head\",\"middle\"]"`

	model *Model
}

// Prepare loads the model.
func (p *Perplexity) Prepare() (err error) {
	for _, k := range p.Keep {
		if !slices.Contains(parts, k) {
			return hint.Usage(fmt.Errorf("keep: %q is none of head, middle, tail", k))
		}
	}
	if len(p.Keep) == 0 {
		return hint.Usage(errors.New("keep names no part: it would drop every document"))
	}
	if p.model, err = openKind(p.Model, "", "perplexity"); err != nil {
		return err
	}
	m := p.model.scorer.(*perplexity)
	if err := p.openPieces(m); err != nil {
		return err
	}
	if p.Head == 0 {
		p.Head = m.h.Head
	}
	if p.Middle == 0 {
		p.Middle = m.h.Middle
	}
	if p.Head == 0 || p.Middle < p.Head {
		return hint.Usage(hint.With(fmt.Errorf("head %v and middle %v do not cut perplexities into three parts", p.Head, p.Middle),
			"an ARPA model has no percentiles of its own: set both (CCNet: 340 and 520 for English, 1460 and 1950 for Chinese, with its own models)"))
	}
	return nil
}

// openPieces makes the model take pieces, if the step says so. The file of the
// pieces is part of what the model is.
func (p *Perplexity) openPieces(m *perplexity) error {
	switch {
	case p.Tokens == "" && p.Pieces == "":
		return nil
	case p.Tokens != TokensCCNet:
		return hint.Usage(hint.With(fmt.Errorf("tokens %q", p.Tokens), "pieces need tokens: ccnet; without pieces leave tokens empty"))
	case p.Pieces == "":
		return hint.Usage(hint.With(errors.New("tokens ccnet without pieces"), "set pieces: FILE.model, a SentencePiece model"))
	}
	s, err := sentencepiece.Open(p.Pieces)
	if err != nil {
		return fmt.Errorf("pieces: %w", err)
	}
	f, err := os.Open(p.Pieces)
	if err != nil {
		return err
	}
	defer f.Close()
	hash, err := sum(f)
	if err != nil {
		return err
	}
	p.model.SHA256 = digest.Of([]byte(p.model.SHA256 + hash))
	m.t.cut = s.Encoder()
	return nil
}

// parts are CCNet's thirds.
var parts = []string{"head", "middle", "tail"}

// Judge returns the document's perplexity with the verdict on it.
func (p *Perplexity) Judge(d *feilun.Doc) (float64, feilun.Verdict) {
	v := tenths(p.model.scorer.(*perplexity).perplexity(d.Text))
	part := "tail"
	switch {
	case v < p.Head:
		part = "head"
	case v < p.Middle:
		part = "middle"
	}
	if slices.Contains(p.Keep, part) {
		return v, feilun.Keep
	}
	drop := feilun.Drop("keep", v, p.Limit())
	drop.Note = part
	return v, drop
}

// tenths rounds to one decimal, halves of the decimal form to even, as Python's
// round does.
func tenths(v float64) float64 {
	var buf [32]byte
	r, err := strconv.ParseFloat(string(strconv.AppendFloat(buf[:0], v, 'f', 1, 64)), 64)
	if err != nil {
		panic(err) // what was written can be read
	}
	return r
}

// Limit is the upper end of the last part that stays.
func (p *Perplexity) Limit() float64 {
	if slices.Contains(p.Keep, "middle") {
		return p.Middle
	}
	return p.Head
}

func (p *Perplexity) loaded() **Model { return &p.model }

// A perplexityHeader is what a file holds beside the n-grams.
type perplexityHeader struct {
	Tokens string  `json:"tokens"` // TokensMixed or TokensSpace
	Head   float64 `json:"head"`   // perplexity: 30th percentile of raw documents
	Middle float64 `json:"middle"` // 60th
	A      float64 `json:"a"`      // P(positive) = 1/(1+exp(−(a·ln perplexity + b)))
	B      float64 `json:"b"`
}

// perplexity scores by an n-gram language model.
type perplexity struct {
	h perplexityHeader
	m *ngram.Model
	s *ngram.Scorer
	t lineTokens
}

const (
	usualPerplexity = 1000 // where models without calibration put a score of a half
	mostPerplexity  = 1e9  // what is more surprising, or has no word, has this one
)

// openNgram reads an ARPA language model, or one of [ngram]'s own, of words
// between white space.
func openNgram(name string) (*Model, error) {
	m, err := ngram.Open(name)
	if err != nil {
		return nil, err
	}
	return &Model{Kind: "perplexity", scorer: newPerplexity(perplexityHeader{Tokens: TokensSpace, A: -1, B: math.Log(usualPerplexity)}, m)}, nil
}

func newPerplexity(h perplexityHeader, m *ngram.Model) *perplexity {
	return &perplexity{h: h, m: m, s: m.Scorer(), t: lineTokens{form: h.Tokens}}
}

func readPerplexity(h perplexityHeader, body []byte) (scorer, error) {
	if h.Tokens != TokensMixed && h.Tokens != TokensSpace {
		return nil, fmt.Errorf("tokens %q", h.Tokens)
	}
	if math.IsNaN(h.A+h.B+h.Head+h.Middle) || math.IsInf(h.A+h.B+h.Head+h.Middle, 0) {
		return nil, errors.New("calibration without numbers")
	}
	m, err := ngram.Read(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return newPerplexity(h, m), nil
}

// Perplexity returns the document's perplexity, low for text like that which
// the model was trained on, and whether the model is a language model.
func (m *Model) Perplexity(d *feilun.Doc) (float64, bool) {
	p, ok := m.scorer.(*perplexity)
	if !ok {
		return 0, false
	}
	return p.perplexity(d.Text), true
}

// perplexity is 10^(−Σ log10 p / n) over the words and ends of all lines that
// are not blank: CCNet's, which takes the document as one line. It is
// mostPerplexity at most, and for texts without a word.
func (p *perplexity) perplexity(text string) float64 {
	sum, n := 0.0, 0
	p.t.lines(text, func(line [][]byte) {
		p.s.Begin()
		for _, w := range line {
			log10, _ := p.s.Word(w)
			sum += float64(log10)
		}
		sum += float64(p.s.End())
		n += len(line) + 1
	})
	if n == 0 {
		return mostPerplexity
	}
	v := min(math.Pow(10, -sum/float64(n)), mostPerplexity)
	if p.t.cut != nil {
		return tenths(v)
	}
	return v
}

func (p *perplexity) clone() scorer {
	c := newPerplexity(p.h, p.m)
	if p.t.cut != nil {
		c.t.cut = p.t.cut.Model.Encoder()
	}
	return c
}

// score is the calibrated probability of the document being a positive one.
func (p *perplexity) score(d *feilun.Doc) float64 {
	v := p.perplexity(d.Text)
	return 1 / (1 + math.Exp(-(p.h.A*math.Log(v) + p.h.B)))
}

// explain lists the words by the surprise they add beyond the document's
// average word, in units of the score's log-odds.
func (p *perplexity) explain(d *feilun.Doc) []Reason {
	sums, counts := map[string]float64{}, map[string]float64{}
	n, total := 0, 0.0
	p.t.lines(d.Text, func(line [][]byte) {
		p.s.Begin()
		for _, w := range line {
			log10, _ := p.s.Word(w)
			sums[string(w)] -= float64(log10) * math.Ln10
			counts[string(w)]++
			total -= float64(log10) * math.Ln10
			n++
		}
	})
	var all []Reason
	for w, sum := range sums {
		all = append(all, Reason{w, counts[w], p.h.A * (sum - counts[w]*total/float64(n)) / float64(n)})
	}
	slices.SortFunc(all, func(a, b Reason) int { return bytes.Compare([]byte(a.Feature), []byte(b.Feature)) })
	sortReasons(all)
	return all
}
