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
	KindText     = "text"
)

// A compared is a document measured by all models.
type compared struct {
	domain, language string
	named            bool // of a text that the recipe names
	bytes            float64
	bits             map[string]float64 // by unit of a baseline
	found, grams     int
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
// Named says that it is of a text that the recipe names, not of what was held out.
func (c *Comparison) Add(ctx context.Context, domain, language, text string, named bool) error {
	if text == "" {
		return nil
	}
	c.docs = append(c.docs, compared{domain: domain, language: language, named: named, bytes: float64(len(text)), bits: map[string]float64{}})
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

// Rows returns what was measured, and the unit of the baseline that needs the fewest
// bits for all of it, "" when there is none. Choosing it by the very text that is
// measured favours the baseline.
func (c *Comparison) Rows(ctx context.Context) (rows []stats.Measured, best string, err error) {
	if err := c.meter.flush(ctx); err != nil {
		return nil, "", err
	}
	if len(c.docs) == 0 {
		return nil, "", nil
	}
	for i := range c.docs {
		c.docs[i].found, c.docs[i].grams = c.cover.Found(i)
	}
	total := map[string]float64{}
	for _, d := range c.docs {
		for unit, bits := range d.bits {
			total[unit] += bits
		}
	}
	for _, unit := range Units() {
		if bits, ok := total[unit]; ok && (best == "" || bits < total[best]) {
			best = unit
		}
	}
	for _, g := range c.groups() {
		rows = append(rows, c.row(g, best))
	}
	return rows, best, nil
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
		if d.named {
			put(KindText, d.domain, i)
			continue
		}
		put(KindAll, KindAll, i)
		put(KindLanguage, d.language, i)
		put(KindDomain, d.domain, i)
	}
	order := []string{KindAll, KindLanguage, KindDomain, KindText}
	slices.SortStableFunc(all, func(a, b group) int {
		if x := slices.Index(order, a.kind) - slices.Index(order, b.kind); x != 0 {
			return x
		}
		return strings.Compare(a.name, b.name)
	})
	return all
}

func (c *Comparison) row(g group, best string) stats.Measured {
	r := stats.Measured{Name: g.name, Kind: g.kind, Docs: len(g.docs), Grams: coverGram}
	var bits, bytes, base []float64
	found, grams := 0, 0
	for _, i := range g.docs {
		d := &c.docs[i]
		bits, bytes, base = append(bits, c.meter.bits[""][i]), append(bytes, d.bytes), append(base, d.bits[best])
		r.Bytes += int64(d.bytes)
		r.Tokens += c.meter.lengths[""][i]
		found, grams = found+d.found, grams+d.grams
	}
	r.Overlap = float64(found) / float64(max(1, grams))
	p := c.meter.p
	r.Bits = bootstrap(bits, bytes, p.Draws, p.Seed)
	if best == "" {
		return r
	}
	ratio := bootstrap(bits, base, p.Draws, p.Seed)
	r.Ratio, r.Baselines = &ratio, map[string]float64{}
	for unit := range c.docs[g.docs[0]].bits {
		sum := 0.0
		for _, i := range g.docs {
			sum += c.docs[i].bits[unit]
		}
		r.Baselines[unit] = sum / float64(r.Bytes)
	}
	return r
}
