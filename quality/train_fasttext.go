package quality

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"feilun/internal/fasttext"
	"feilun/internal/hint"

	"github.com/zeebo/xxh3"
)

// Labels of the models that training makes, as in DCLM's.
const (
	goodLabel = labelMark + "hq"
	badLabel  = labelMark + "cc"
)

// trainFasttext trains a fastText classifier with its own defaults and bigrams,
// as DCLM's was trained, on the lines of parts 1 to 4. Lines are in an order
// drawn by hash, since fastText learns in the order it reads.
func trainFasttext(t *training) (*Model, error) {
	t.result.Params = t.p
	if t.p.MaxN > 0 && t.p.MinN > t.p.MaxN {
		return nil, hint.Usage(fmt.Errorf("minn is %d, must be at most maxn, %d", t.p.MinN, t.p.MaxN))
	}
	a := fasttext.DefaultTrainArgs()
	a.Seed, a.Dim, a.Epochs, a.LearningRate, a.WordNgrams = int32(t.p.Seed), t.p.Dim, t.p.Epochs, t.p.Rate, t.p.WordNgrams
	a.Bucket, a.MinN, a.MaxN, a.Threads = t.p.Bucket, t.p.MinN, t.p.MaxN, t.p.Threads
	a.Memory = int64(t.p.Memory)
	rows := t.shuffled(func(fold int) bool { return fold != 0 })
	open := func() (io.ReadCloser, error) { return io.NopCloser(&lineReader{t: t, rows: rows}), nil }
	f, err := fasttext.Train(t.ctx, a, open, nil)
	if errors.Is(err, fasttext.ErrMemory) {
		err = hint.Usage(hint.With(err, "give more --memory, a smaller --bucket or a smaller --dim"))
	}
	if err != nil {
		return nil, err
	}
	m := newFasttext(f)
	m.scorer.(*fasttextModel).trained = f
	return m, nil
}

// shuffled lists the rows of the parts that in selects, in an order drawn by
// hash of id and seed.
func (t *training) shuffled(in func(fold int) bool) []int {
	var rows []int
	for i, f := range t.fold {
		if in(f) {
			rows = append(rows, i)
		}
	}
	key := func(i int) uint64 { return xxh3.HashStringSeed(t.examples[i].Doc.ID, uint64(t.p.Seed)) }
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(key(a), key(b)) })
	return rows
}

// A lineReader gives examples as lines of fastText's training text.
type lineReader struct {
	t    *training
	rows []int
	line bytes.Buffer
	b    []byte
}

func (r *lineReader) Read(p []byte) (int, error) {
	for r.line.Len() == 0 {
		if len(r.rows) == 0 {
			return 0, io.EOF
		}
		e := r.t.examples[r.rows[0]]
		r.rows = r.rows[1:]
		label := badLabel
		if e.Positive {
			label = goodLabel
		}
		r.b = fasttext.AppendLine(r.b[:0], label, e.Doc.Text)
		r.line.Write(r.b)
	}
	return r.line.Read(p)
}
