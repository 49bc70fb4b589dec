package train

// A network is what the loop trains. Positions are those of rows of tokens, one
// row after another; a target of none counts nothing. What it computes may not
// depend on the number of workers.
type network interface {
	// Weights returns all parameters, in a fixed order, with their gradients.
	Weights() []Weight
	// NLL sets nll to the negative log-likelihood, in nats, of each target.
	NLL(ids, targets []uint32, rows int, nll []float32)
	// Backward adds the gradient of the sum of weight times negative
	// log-likelihood, and returns that sum.
	Backward(ids, targets []uint32, weight []float32, rows int) float64
	// Logits returns the logits behind the last of some tokens.
	Logits(ids []uint32) []float32
}

// A batch is what one step learns from: rows of equal length.
type batch struct {
	ids, targets []uint32
	weight       []float32 // of each target; they sum to 1 unless the loss has its own
	rows         int
	counted      int // targets
}

// fill makes a batch of rows of size+1 tokens, each target of equal weight.
func (b *batch) fill(rows [][]uint32) {
	size := len(rows[0]) - 1
	n := len(rows) * size
	b.ids, b.targets, b.weight = b.ids[:0], b.targets[:0], b.weight[:0]
	b.rows, b.counted = len(rows), 0
	for _, r := range rows {
		b.ids, b.targets = append(b.ids, r[:size]...), append(b.targets, r[1:]...)
	}
	for i, id := range b.ids {
		if id == none {
			b.ids[i] = 0
		}
	}
	for _, id := range b.targets {
		if id != none {
			b.counted++
		}
	}
	for i := range n {
		w := float32(0)
		if b.targets[i] != none {
			w = float32(1 / float64(b.counted))
		}
		b.weight = append(b.weight, w)
	}
}

// part returns some rows of a batch.
func (b *batch) part(from, to int) batch {
	size := len(b.ids) / b.rows
	from, to = from*size, to*size
	return batch{ids: b.ids[from:to], targets: b.targets[from:to], weight: b.weight[from:to], rows: (to - from) / size}
}

// A feed gives batches in a fixed order.
type feed interface {
	next(b *batch) error
	skip(batches int64) error // goes to where so many are taken
}

// A textFeed gives rows of running text.
type textFeed struct {
	rows  *rows
	batch int // rows of a batch
	buf   [][]uint32
}

func newTextFeed(c *Corpus, p *Params) *textFeed {
	f := &textFeed{rows: newRows(c, p), batch: max(1, p.Batch/p.Context)}
	for range f.batch {
		f.buf = append(f.buf, make([]uint32, p.Context+1))
	}
	return f
}

func (f *textFeed) next(b *batch) error {
	for _, row := range f.buf {
		if err := f.rows.row(row); err != nil {
			return err
		}
	}
	b.fill(f.buf)
	return nil
}

func (f *textFeed) skip(batches int64) error { return f.rows.skip(batches * int64(f.batch)) }
