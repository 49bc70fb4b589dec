package evaluate

import (
	"context"
	"math"
	"slices"
)

// A Domain is texts of one kind, measured.
type Domain struct {
	Name   string   `json:"name"`
	Docs   int      `json:"docs"`
	Bytes  int64    `json:"bytes"`
	Tokens int64    `json:"tokens"`
	Bits   Interval `json:"bits_per_byte"` // interval by bootstrap over documents
}

// A Meter measures bits for each byte of documents, by domain.
type Meter struct {
	m       *Model
	p       *Params
	names   []string
	bits    map[string][]float64 // by document
	bytes   map[string][]float64
	lengths map[string][]int64 // in tokens, by document

	waiting []part
	tokens  int
}

// A part is a window of a document.
type part struct {
	seq    *sequence
	domain string
	doc    int
}

// NewMeter returns a meter for a model.
func NewMeter(m *Model, p *Params) *Meter {
	return &Meter{m: m, p: p, bits: map[string][]float64{}, bytes: map[string][]float64{}, lengths: map[string][]int64{}}
}

// Add measures a document, at the latest by [Meter.Domains]. It is read from its
// beginning, behind the token before every text, in windows of the model's context that overlap;
// each token is counted in the first window that holds it.
func (m *Meter) Add(ctx context.Context, domain, text string) error {
	if text == "" {
		return nil
	}
	if _, seen := m.bits[domain]; !seen {
		m.names = append(m.names, domain)
	}
	doc := len(m.bits[domain])
	m.bits[domain], m.bytes[domain] = append(m.bits[domain], 0), append(m.bytes[domain], float64(len(text)))
	ids := m.m.enc.Encode([]uint32{m.m.first}, []byte(text))
	m.lengths[domain] = append(m.lengths[domain], int64(len(ids)-1))
	for _, s := range windows(ids, m.m.size, int(m.p.Stride*float64(m.m.size))) {
		m.waiting = append(m.waiting, part{s, domain, doc})
		m.tokens += len(s.ids)
	}
	if m.tokens < 4*passTokens {
		return nil
	}
	return m.flush(ctx)
}

// windows cuts tokens into sequences of up to size inputs, of which the first keep
// of all but the first are read and not scored.
func windows(ids []uint32, size, keep int) []*sequence {
	var all []*sequence
	for done := 1; done < len(ids); { // the next target to count
		from := max(0, done-1-keep)
		to := min(len(ids), from+size+1)
		all = append(all, &sequence{ids: ids[from:to], from: done - from})
		done = to
	}
	return all
}

func (m *Meter) flush(ctx context.Context) error {
	var seqs []*sequence
	for _, w := range m.waiting {
		seqs = append(seqs, w.seq)
	}
	if err := m.m.run(ctx, seqs, false); err != nil {
		return err
	}
	for _, w := range m.waiting {
		m.bits[w.domain][w.doc] -= w.seq.score.LogProb / math.Ln2
	}
	m.waiting, m.tokens = m.waiting[:0], 0
	return nil
}

// Domains returns what was measured, by name.
func (m *Meter) Domains(ctx context.Context) ([]Domain, error) {
	if err := m.flush(ctx); err != nil {
		return nil, err
	}
	slices.Sort(m.names)
	var all []Domain
	for _, n := range m.names {
		d := Domain{Name: n, Docs: len(m.bits[n]), Bits: bootstrap(m.bits[n], m.bytes[n], m.p.Draws, m.p.Seed)}
		for _, b := range m.bytes[n] {
			d.Bytes += int64(b)
		}
		for _, l := range m.lengths[n] {
			d.Tokens += l
		}
		all = append(all, d)
	}
	return all, nil
}
