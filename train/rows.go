package train

import (
	"math/rand/v2"
	"slices"
	"sort"
)

// The ways of packing documents into rows.
const (
	Stream  = "stream"
	Aligned = "aligned"
)

// window is how many pieces of documents aligned packing chooses from (nanochat
// takes 1,000 documents; ours keeps the rest of what it cuts, so fewer do).
const window = 256

// A span is a part of a document.
type span struct {
	doc  int32 // in the corpus's list
	from int64
	size int64
}

// A rows gives the rows of the training text, epoch after epoch, each of size+1
// tokens of which the first size are input. In each epoch documents are packed in an
// order of their own, and then the rows shuffled, so that a long document does not fill
// batch after batch. It is a function of the documents' sizes, the seed and the number
// of rows taken, so that the number of rows alone brings it back to where it was.
type rows struct {
	corpus  *Corpus
	docs    []doc
	size    int
	seed    uint64
	aligned bool
	mask    bool

	epoch uint64
	list  [][]span // rows of the epoch
	taken int      // of list

	order []int32 // documents of the epoch
	next  int     // in order
	at    int64   // tokens of that document that are used up
	over  bool    // all documents are used up
	pool  []span
}

func newRows(c *Corpus, p *Params) *rows {
	return &rows{corpus: c, docs: c.train, size: p.Context, seed: p.Seed, aligned: p.Packing == Aligned, mask: p.Mask}
}

// begin packs the rows of an epoch and shuffles them. The last row is filled up with
// the first documents of the epoch.
func (r *rows) begin() {
	if len(r.order) == 0 {
		r.order = make([]int32, len(r.docs))
	}
	for i := range r.order {
		r.order[i] = int32(i)
	}
	rng := rand.New(rand.NewPCG(r.seed, r.epoch))
	rng.Shuffle(len(r.order), func(i, j int) { r.order[i], r.order[j] = r.order[j], r.order[i] })
	r.epoch++
	r.next, r.at, r.over, r.taken, r.list = 0, 0, false, 0, r.list[:0]
	for !r.over || len(r.pool) > 0 {
		r.list = append(r.list, r.pack())
	}
	rng.Shuffle(len(r.list), func(i, j int) { r.list[i], r.list[j] = r.list[j], r.list[i] })
}

// piece returns up to most tokens of the document that comes next.
func (r *rows) piece(most int64) span {
	k := r.order[r.next]
	s := span{k, r.at, min(most, r.docs[k].size-r.at)}
	if r.at += s.size; r.at == r.docs[k].size {
		r.next, r.at = r.next+1, 0
		if r.next == len(r.order) {
			r.next, r.over = 0, true
		}
	}
	return s
}

// pack returns what a row is made of, size tokens: what comes next, or aligned the
// largest pieces that fit. When none fits, the smallest is cut, and its rest goes back.
func (r *rows) pack() []span {
	var all []span
	for left := int64(r.size); left > 0; {
		for r.aligned && !r.over && len(r.pool) < window {
			r.put(r.piece(int64(r.size)))
		}
		var s span
		if len(r.pool) == 0 {
			s = r.piece(left)
		} else {
			i := max(0, sort.Search(len(r.pool), func(i int) bool { return r.pool[i].size > left })-1)
			s = r.pool[i]
			r.pool = slices.Delete(r.pool, i, i+1)
		}
		if s.size > left {
			r.put(span{s.doc, s.from + left, s.size - left})
			s.size = left
		}
		all = append(all, s)
		left -= s.size
	}
	return all
}

// put puts a piece into the pool, behind those that are no larger.
func (r *rows) put(s span) {
	at := sort.Search(len(r.pool), func(i int) bool { return r.pool[i].size > s.size })
	r.pool = slices.Insert(r.pool, at, s)
}

// take returns what the next row is made of.
func (r *rows) take() []span {
	if r.taken == len(r.list) {
		r.begin()
	}
	r.taken++
	return r.list[r.taken-1]
}

// A row is size+1 tokens, of which the first size are input and the last size
// targets.
type row struct {
	ids    []uint32
	learn  []bool  // by token, whether it counts as a target; nil for all
	starts []int32 // by input, where its document begins in the row; nil for one document
}

// mark sets where documents begin: at the end of text that stands before one, as it does
// where a model is asked for a new one, or behind it at the tokens that the vocabulary puts before
// every text.
func (r *row) mark(c *Corpus) {
	r.starts = r.starts[:0]
	from, back := int32(0), 0
	if len(c.Prefix) > 0 && c.Prefix[0] != c.EOT {
		back = 1
	}
	for i := range r.ids[:len(r.ids)-1] {
		if i >= back && r.ids[i-back] == c.EOT {
			from = int32(i)
		}
		r.starts = append(r.starts, from)
	}
}

// row reads the next row. Before its first document stands the end of text, before
// a later piece of a document the token that came before.
func (r *rows) row(out *row) error {
	all := r.take()
	if len(out.ids) != r.size+1 {
		out.ids = make([]uint32, r.size+1)
	}
	dst := out.ids
	dst[0] = r.corpus.EOT
	if first := all[0]; first.from > 0 {
		if err := r.corpus.read(dst[:1], r.docs[first.doc], first.from-1); err != nil {
			return err
		}
	}
	at := 1
	for _, s := range all {
		if err := r.corpus.read(dst[at:at+int(s.size)], r.docs[s.doc], s.from); err != nil {
			return err
		}
		at += int(s.size)
	}
	out.starts = nil
	if r.mask {
		out.mark(r.corpus)
	}
	return nil
}

// skip goes over n rows.
func (r *rows) skip(n int64) {
	for range n {
		r.take()
	}
}

// validRows reads the validation text as rows, documents one after another, up
// to most tokens. A last row that is not full is left out, unless it is the only
// one.
func validRows(c *Corpus, p *Params) ([]row, error) {
	size := p.Context
	ids := []uint32{c.EOT}
	var all []row
	for _, d := range c.valid {
		for from := int64(0); from < d.size; {
			n := min(int64(size+1-len(ids)), d.size-from)
			part := make([]uint32, n)
			if err := c.read(part, d, from); err != nil {
				return nil, err
			}
			ids = append(ids, part...)
			from += n
			if len(ids) < size+1 {
				continue
			}
			all = append(all, row{ids: ids})
			if len(all)*size >= p.ValidTokens {
				return finishRows(all, c, p), nil
			}
			ids = []uint32{ids[size]}
		}
	}
	if len(all) == 0 && len(ids) > 1 {
		all = append(all, padded(ids, nil, size))
	}
	return finishRows(all, c, p), nil
}

func finishRows(all []row, c *Corpus, p *Params) []row {
	for i := range all {
		if p.Mask {
			all[i].mark(c)
		}
	}
	return all
}

// padded makes a row of fewer tokens; what is added is not learned.
func padded(ids []uint32, learn []bool, size int) row {
	r := row{ids: append(ids, make([]uint32, size+1-len(ids))...), learn: make([]bool, size+1)}
	for i := range ids {
		r.learn[i] = learn == nil || learn[i]
	}
	return r
}
