// Package dedup finds what a corpus holds more than once: pages under several
// addresses, equal texts, lines that stand in many documents, near-duplicates,
// and passages repeated word for word or n-gram by n-gram. Start with [Decide], which reads shards of documents and
// says which documents go, which lines are cut, and which copy survives; it
// writes no corpus itself. Memory is bounded: keys, signatures and pairs lie in
// sorted runs on disk.
package dedup

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"

	"feilun"
	"feilun/internal/extsort"
	"feilun/internal/hint"
)

// Options say where and with what means to work. They do not change decisions.
type Options struct {
	Dir      string // scratch; files finished by an earlier run are used again
	Memory   int64  // bytes for sorting and tables; 0 means 1 GiB
	Workers  int    // shards read at a time; 0 means one a processor
	Progress func(done, total int64)
}

// A Decision is about one document that is dropped or cut. Of a dropped
// document Verdict.Rule is the step (url, exact, line, near, ngram, substring),
// Verdict.Value the similarity to the survivor (1 for url and exact; for line and
// substring the share of bytes that was cut; for ngram that of n-grams seen before), and Survivor the id of the copy that stays. Otherwise Cuts are
// the spans to take out, in order.
type Decision struct {
	Index    int // of the document in its shard
	Verdict  feilun.Verdict
	Survivor string
	Cuts     []feilun.Cut
}

// Apply returns text without the spans of cuts.
func Apply(text string, cuts []feilun.Cut) string {
	if len(cuts) == 0 {
		return text
	}
	var b []byte
	at := 0
	for _, c := range cuts {
		b = append(b, text[at:c.Start]...)
		at = c.End
	}
	return string(append(b, text[at:]...))
}

// A ref names a document: its shard's number << 32 | its index there.
type ref = uint64

const nobody ref = math.MaxUint64

// Steps in the order they run, as outcomes record them.
const (
	stepURL = iota
	stepExact
	stepLine
	stepNear
	stepNgram
	stepSubstring
)

func stepName(s uint64) string { return Names()[s] }

// A job is one call of Decide.
type job struct {
	Params
	Options
	ctx      context.Context
	shards   []string
	done     int64
	counts   []int           // documents a shard
	base     []uint64        // number of documents before each shard
	gone     bitmap          // by number: dropped so far
	left     string          // kind of the cuts that docsLeft makes: of the steps so far
	outcomes *extsort.Sorter // document, step, survivor, bits of the value
}

// Decide reads the shards, files of internal/shard, and decides about each of
// their documents. The decisions depend on p and on the documents in order
// alone. A wrong parameter is a usage error.
func Decide(ctx context.Context, p Params, shards []string, o Options) (*Decisions, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if o.Memory <= 0 {
		o.Memory = 1 << 30
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if err := os.MkdirAll(o.Dir, 0o777); err != nil {
		return nil, err
	}
	j := &job{Params: p, Options: o, ctx: ctx, shards: shards}
	j.outcomes = extsort.New(o.Dir, "outcomes", 4, 1, o.Memory/8)
	defer j.outcomes.Close()
	for _, step := range []func() error{j.scan, j.equal, j.lines, j.near, j.ngrams, j.substrings} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("dedup: %w", err)
		}
	}
	return j.finish()
}

// number returns the position of a document in the corpus.
func (j *job) number(r ref) uint64 { return j.base[r>>32] + r&math.MaxUint32 }

// drop records that a document goes.
func (j *job) drop(doc ref, step uint64, survivor ref, value float64) error {
	j.gone.set(j.number(doc))
	return j.outcomes.Add(doc, step, survivor, math.Float64bits(value))
}

// countDocs fills base from counts.
func (j *job) countDocs() error {
	j.base = make([]uint64, len(j.counts)+1)
	for i, n := range j.counts {
		j.base[i+1] = j.base[i] + uint64(n)
	}
	total := j.base[len(j.counts)]
	if need := int64(total) / 2 * 9; need > j.Memory && total > 1<<20 {
		return hint.With(hint.Usage(fmt.Errorf("%d documents need %d MiB of tables", total, need>>20)),
			"give more --memory, or deduplicate parts of the corpus first")
	}
	j.gone = newBitmap(total)
	return nil
}

// parallel is spread over the shards, and reports progress.
func (j *job) parallel(n int, f func(worker, i int) error) error {
	return j.spread(n, f, func() {
		j.done++
		if j.Progress != nil {
			j.Progress(j.done, j.passes()*int64(n))
		}
	})
}

// spread calls f for 0..n-1, Workers at a time, each call with its worker's
// number, and after, one call at a time, after each that went well. It stops
// at an error and returns all that came up.
func (j *job) spread(n int, f func(worker, i int) error, after func()) error {
	type result struct{ worker, i int }
	workers := min(j.Workers, n)
	results := make(chan result)
	errs := make([]error, n)
	running, next, failed := 0, 0, false
	start := func(worker int) {
		if next < n && !failed && j.ctx.Err() == nil {
			i := next
			next++
			running++
			go func() {
				errs[i] = f(worker, i)
				results <- result{worker, i}
			}()
		}
	}
	for w := range workers {
		start(w)
	}
	for running > 0 {
		r := <-results
		running--
		failed = failed || errs[r.i] != nil
		if !failed {
			after()
		}
		start(r.worker)
	}
	return errors.Join(append(errs, j.ctx.Err())...)
}

// passes is the number of times every shard is looked at, for progress.
func (j *job) passes() int64 {
	n := int64(1)
	if j.Line != nil {
		n++
	}
	if j.Near != nil && j.Near.Verify {
		n++
	}
	if j.Ngram != nil {
		n += 2
	}
	if j.Substring != nil {
		n += 3
	}
	return n
}

// A bitmap is a set of numbers below a fixed bound.
type bitmap []uint64

func newBitmap(n uint64) bitmap    { return make(bitmap, n/64+1) }
func (b bitmap) set(i uint64)      { b[i/64] |= 1 << (i % 64) }
func (b bitmap) has(i uint64) bool { return b[i/64]>>(i%64)&1 != 0 }
