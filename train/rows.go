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
// tokens of which the first size are input. It is a function of the documents'
// sizes, the seed and the number of rows taken, so that the number of rows alone
// brings it back to where it was.
type rows struct {
	corpus  *Corpus
	docs    []doc
	size    int
	seed    uint64
	aligned bool
	mask    bool

	taken int64 // rows
	epoch uint64
	order []int32
	next  int   // in order
	at    int64 // tokens of that document that are used up
	pool  []span
	last  uint32 // the token before the row: its first input in a stream
}

func newRows(c *Corpus, p *Params) *rows {
	return &rows{corpus: c, docs: c.train, size: p.Context, seed: p.Seed, aligned: p.Packing == Aligned, mask: p.Mask, last: c.EOT}
}

// shuffle begins an epoch.
func (r *rows) shuffle() {
	if len(r.order) == 0 {
		r.order = make([]int32, len(r.docs))
	}
	for i := range r.order {
		r.order[i] = int32(i)
	}
	rng := rand.New(rand.NewPCG(r.seed, r.epoch))
	rng.Shuffle(len(r.order), func(i, j int) { r.order[i], r.order[j] = r.order[j], r.order[i] })
	r.epoch++
	r.next, r.at = 0, 0
}

// piece returns up to most tokens of the document that comes next.
func (r *rows) piece(most int64) span {
	if r.next == len(r.order) {
		r.shuffle()
	}
	k := r.order[r.next]
	s := span{k, r.at, min(most, r.docs[k].size-r.at)}
	if r.at += s.size; r.at == r.docs[k].size {
		r.next, r.at = r.next+1, 0
	}
	return s
}

// spans returns what the next row is made of: size tokens.
func (r *rows) spans() []span {
	r.taken++
	if r.aligned {
		return r.bestFit()
	}
	var all []span
	for left := int64(r.size); left > 0; {
		s := r.piece(left)
		all = append(all, s)
		left -= s.size
	}
	return all
}

// bestFit fills a row with the largest pieces that fit; when none does, the
// smallest is cut, and its rest goes back.
func (r *rows) bestFit() []span {
	var all []span
	for left := int64(r.size); left > 0; {
		for len(r.pool) < window {
			s := r.piece(int64(r.size))
			at := sort.Search(len(r.pool), func(i int) bool { return r.pool[i].size > s.size })
			r.pool = slices.Insert(r.pool, at, s)
		}
		i := sort.Search(len(r.pool), func(i int) bool { return r.pool[i].size > left }) - 1
		cut := i < 0
		i = max(i, 0)
		s := r.pool[i]
		r.pool = slices.Delete(r.pool, i, i+1)
		if cut {
			rest := span{s.doc, s.from + left, s.size - left}
			s.size = left
			at := sort.Search(len(r.pool), func(i int) bool { return r.pool[i].size > rest.size })
			r.pool = slices.Insert(r.pool, at, rest)
		}
		all = append(all, s)
		left -= s.size
	}
	return all
}

// A row is size+1 tokens, of which the first size are input and the last size
// targets.
type row struct {
	ids    []uint32
	learn  []bool  // by token, whether it counts as a target; nil for all
	starts []int32 // by input, where its document begins in the row; nil for one document
}

// mark sets where documents begin: an end of text stands before the document that
// follows it, as it does where a model is asked for a new one.
func (r *row) mark(eot uint32) {
	r.starts = r.starts[:0]
	from := int32(0)
	for i, id := range r.ids[:len(r.ids)-1] {
		if id == eot {
			from = int32(i)
		}
		r.starts = append(r.starts, from)
	}
}

// row reads the next row. Before its first document stands the end of the one
// before: in a stream the token that came before, else the end of text, or for a
// later piece of a document the token before it.
func (r *rows) row(out *row) error {
	all := r.spans()
	if len(out.ids) != r.size+1 {
		out.ids = make([]uint32, r.size+1)
	}
	dst := out.ids
	dst[0] = r.last
	at := 1
	for i, s := range all {
		d := r.docs[s.doc]
		if i == 0 && r.aligned {
			dst[0] = r.corpus.EOT
			if s.from > 0 {
				if err := r.corpus.read(dst[:1], d, s.from-1); err != nil {
					return err
				}
			}
		}
		if err := r.corpus.read(dst[at:at+int(s.size)], d, s.from); err != nil {
			return err
		}
		at += int(s.size)
	}
	r.last = dst[len(dst)-1]
	out.starts = nil
	if r.mask {
		out.mark(r.corpus.EOT)
	}
	return nil
}

// skip goes to where n rows are taken. Only the row before is read, for its last
// token.
func (r *rows) skip(n int64) error {
	for r.taken < n-1 {
		r.spans()
	}
	if r.taken < n {
		return r.row(&row{})
	}
	return nil
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
			all[i].mark(c.EOT)
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
