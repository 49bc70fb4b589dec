package quality

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"

	"feilun/internal/hint"
	"feilun/internal/ngram"
)

// trainPerplexity makes a language model of the positive examples. The negative
// ones, documents as they come, give CCNet's cut-offs and, with positives that
// the model did not see, the calibration.
func trainPerplexity(t *training) (*Model, error) {
	t.result.Params = t.p
	h := perplexityHeader{Tokens: t.p.Tokens}
	if h.Tokens != TokensMixed && h.Tokens != TokensSpace {
		return nil, hint.Usage(fmt.Errorf("tokens %q: known are %s and %s", h.Tokens, TokensMixed, TokensSpace))
	}
	first, err := t.ngrams(h, func(fold int) bool { return fold > 1 })
	if err != nil {
		return nil, err
	}
	if err := t.calibrate(&h, newPerplexity(h, first)); err != nil {
		return nil, err
	}
	m, err := t.ngrams(h, func(fold int) bool { return fold > 0 })
	if err != nil {
		return nil, err
	}
	p := newPerplexity(h, m)
	var raw []float64
	for i, e := range t.examples {
		if v := p.perplexity(e.Doc.Text); !e.Positive && t.fold[i] != 0 {
			raw = append(raw, v)
		}
	}
	slices.Sort(raw)
	p.h.Head, p.h.Middle = raw[len(raw)*30/100], raw[len(raw)*60/100]
	var body bytes.Buffer
	if err := m.Write(&body); err != nil {
		return nil, err
	}
	if p.h.Middle == mostPerplexity {
		return nil, errors.New("more than a third of the negative examples have no word")
	}
	return &Model{scorer: p, header: header{Perplexity: &p.h}, body: body.Bytes()}, nil
}

// ngrams trains on the positive examples of some parts.
func (t *training) ngrams(h perplexityHeader, in func(fold int) bool) (*ngram.Model, error) {
	c, err := ngram.NewCounter(t.p.Order, int64(t.p.Memory))
	if err != nil {
		return nil, hint.Usage(err)
	}
	tokens := lineTokens{form: h.Tokens}
	for i, e := range t.examples {
		if err := t.ctx.Err(); err != nil {
			return nil, err
		}
		if !e.Positive || !in(t.fold[i]) {
			continue
		}
		tokens.lines(e.Doc.Text, func(line [][]byte) {
			if err == nil {
				err = c.Add(line)
			}
		})
		if errors.Is(err, ngram.ErrMemory) {
			err = hint.With(err, "give more --memory, a smaller --order, or fewer documents with --sample")
		}
		if err != nil {
			return nil, err
		}
	}
	m, _, err := c.Model()
	return m, err
}

// calibrate fits P(positive | perplexity) on part 1, which the model has not seen.
func (t *training) calibrate(h *perplexityHeader, p *perplexity) error {
	var rows []int
	target, logs := make([]float64, len(t.examples)), make([]float64, len(t.examples))
	for i, e := range t.examples {
		if t.fold[i] != 1 {
			continue
		}
		target[i] = float64(class(e))
		// platt keeps the sign of what it is given: less surprise is better
		logs[i] = -math.Log(p.perplexity(e.Doc.Text))
		rows = append(rows, i)
	}
	a, b := platt(rows, logs, target, t.weight)
	h.A, h.B = -a, b
	return nil
}
