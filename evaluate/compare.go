package evaluate

import (
	"context"
	"slices"
	"strings"

	"feilun/internal/stats"
)

// Kinds of rows of a [Comparison].
const (
	KindAll      = "all"
	KindLanguage = "language"
	KindDomain   = "domain"
	KindGroup    = "group"
	KindText     = "text"
)

// A compared is a document measured by all models.
type compared struct {
	Place
	bytes        float64
	bits         map[string]float64 // by unit of a baseline
	found, grams int
}

// A Place says to which rows of a [Comparison] a document belongs.
type Place struct {
	Domain   string
	Language string
	Group    string // "" for none
	Named    bool   // of a text that the recipe names, not of what was held out
}

// A Comparison measures the same documents with a model and with n-gram models.
// Documents are entered first, each with [Comparison.Add]; the corpus that the model
// was trained on is looked through with [Comparison.Look]; baselines come one by one.
type Comparison struct {
	meter *Meter
	cover *Cover
	docs  []compared
	texts []string
}

// NewComparison returns a comparison without documents.
func NewComparison(m *Model, p *Params) *Comparison {
	return &Comparison{meter: NewMeter(m, p), cover: NewCover()}
}

// Add enters a document that training has not seen and measures it with the model.
func (c *Comparison) Add(ctx context.Context, at Place, text string) error {
	if text == "" {
		return nil
	}
	c.docs = append(c.docs, compared{Place: at, bytes: float64(len(text)), bits: map[string]float64{}})
	c.texts = append(c.texts, text)
	c.cover.Add(text)
	return c.meter.Add(ctx, "", text)
}

// Look looks for the documents in one of the training text.
func (c *Comparison) Look(text string) { c.cover.Look(text) }

// Baseline measures the documents with a trained n-gram model.
func (c *Comparison) Baseline(g *Grams) {
	for i := range c.docs {
		c.docs[i].bits[g.unit] = g.Bits(c.texts[i])
	}
}

// Rows returns what was measured. Each row is held against the baseline that needs the
// fewest bits for it: choosing by the very text that is measured favours the baseline.
func (c *Comparison) Rows(ctx context.Context) (rows []stats.Measured, err error) {
	if err := c.meter.flush(ctx); err != nil {
		return nil, err
	}
	for i := range c.docs {
		c.docs[i].found, c.docs[i].grams = c.cover.Found(i)
	}
	for _, g := range c.groups() {
		rows = append(rows, c.row(g))
	}
	return rows, nil
}

// A group is documents that make a row.
type group struct {
	kind, name string
	docs       []int
}

// groups puts documents together: all that was held out, by language, by domain, and
// the texts that the recipe names.
func (c *Comparison) groups() []group {
	var all []group
	put := func(kind, name string, doc int) {
		i := slices.IndexFunc(all, func(g group) bool { return g.kind == kind && g.name == name })
		if i < 0 {
			i = len(all)
			all = append(all, group{kind: kind, name: name})
		}
		all[i].docs = append(all[i].docs, doc)
	}
	for i, d := range c.docs {
		if d.Named {
			put(KindText, d.Domain, i)
			continue
		}
		put(KindAll, KindAll, i)
		if d.Group != "" {
			put(KindGroup, d.Group, i)
		}
		put(KindLanguage, d.Language, i)
		put(KindDomain, d.Domain, i)
	}
	order := []string{KindAll, KindGroup, KindLanguage, KindDomain, KindText}
	slices.SortStableFunc(all, func(a, b group) int {
		if x := slices.Index(order, a.kind) - slices.Index(order, b.kind); x != 0 {
			return x
		}
		return strings.Compare(a.name, b.name)
	})
	return all
}

func (c *Comparison) row(g group) stats.Measured {
	r := stats.Measured{Name: g.name, Kind: g.kind, Docs: len(g.docs), Grams: coverGram}
	var bits, bytes []float64
	found, grams := 0, 0
	for _, i := range g.docs {
		d := &c.docs[i]
		bits, bytes = append(bits, c.meter.bits[""][i]), append(bytes, d.bytes)
		r.Bytes += int64(d.bytes)
		r.Tokens += c.meter.lengths[""][i]
		found, grams = found+d.found, grams+d.grams
	}
	r.Overlap = float64(found) / float64(max(1, grams))
	p := c.meter.p
	r.Bits = bootstrap(bits, bytes, p.Draws, p.Seed)
	for _, unit := range Units() {
		base, sum := make([]float64, len(g.docs)), 0.0
		known := true
		for k, i := range g.docs {
			base[k], known = c.docs[i].bits[unit], known && c.docs[i].bits[unit] > 0
			sum += base[k]
		}
		if !known {
			continue
		}
		if r.Baselines == nil {
			r.Baselines = map[string]float64{}
		}
		r.Baselines[unit] = sum / float64(r.Bytes)
		if r.Best == "" || r.Baselines[unit] < r.Baselines[r.Best] {
			ratio := bootstrap(bits, base, p.Draws, p.Seed)
			r.Best, r.Ratio = unit, &ratio
		}
	}
	return r
}
