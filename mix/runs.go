package mix

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/corpus"
	"feilun/internal/ledger"
	"feilun/internal/stats"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// A run file holds records in the order of their keys, in blocks of about
// blockBytes that are zstd frames, then for each block the words first key,
// offset, stored bytes, and at the end the number of blocks.
const (
	blockBytes = 128 << 10
	indexWords = 3
)

// A record is one copy of a document on its way to its place in the mix.
type record struct {
	key    uint64 // place
	number uint64 // of the document, which settles equal keys
	epoch  int
	source int
	tokens int64
	doc    feilun.Doc
}

func (r *record) less(o *record) int {
	return cmp.Or(cmp.Compare(r.key, o.key), cmp.Compare(r.number, o.number), cmp.Compare(r.epoch, o.epoch))
}

// placeOf is the key of one copy of a document.
func placeOf(place uint64, epoch int) uint64 {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], place)
	binary.LittleEndian.PutUint64(b[8:], uint64(epoch))
	return xxh3.Hash(b[:])
}

func (r *record) strings() []*string {
	d := &r.doc
	return []*string{&d.ID, &d.URL, &d.Title, &d.Date, &d.Language, &d.Script, &d.Source, &d.Text}
}

func (r *record) append(b []byte) []byte {
	b = appendWords(b, r.key, r.number, math.Float64bits(r.doc.Confidence))
	b = binary.AppendUvarint(b, uint64(r.epoch))
	b = binary.AppendUvarint(b, uint64(r.source))
	b = binary.AppendUvarint(b, uint64(r.tokens))
	for _, s := range r.strings() {
		b = binary.AppendUvarint(b, uint64(len(*s)))
		b = append(b, *s...)
	}
	return b
}

// parse reads the record at the beginning of b and returns what follows.
func (r *record) parse(b []byte) ([]byte, error) {
	bad := fmt.Errorf("damaged run file: delete the folder's work/runs and start again")
	if len(b) < 24 {
		return nil, bad
	}
	*r = record{key: binary.LittleEndian.Uint64(b), number: binary.LittleEndian.Uint64(b[8:])}
	r.doc.Confidence = math.Float64frombits(binary.LittleEndian.Uint64(b[16:]))
	b = b[24:]
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			b = nil
			return 0
		}
		b = b[n:]
		return v
	}
	r.epoch, r.source, r.tokens = int(number()), int(number()), int64(number())
	for _, s := range r.strings() {
		n := number()
		if b == nil || n > uint64(len(b)) {
			return nil, bad
		}
		*s = string(b[:n])
		b = b[n:]
	}
	return b, nil
}

// runMark is the marker of a file whose documents lie in runs.
type runMark struct {
	Runs   int           `json:"runs"`
	Report feilun.Report `json:"report"`
}

// A runWriter gathers records of one file and writes them as sorted runs.
type runWriter struct {
	job   *job
	input int
	limit int // bytes gathered before a run is written
	buf   []byte
	order []entry
	runs  int
	z     *zstd.Encoder
}

// entry is a record in the buffer.
type entry struct {
	key, number uint64
	epoch       int
	at, end     int
}

// writeRuns takes every document that is in the mix to its runs, and every one
// that is not to the ledger.
func (j *job) writeRuns(ctx context.Context) ([]feilun.Report, error) {
	reports := make([]feilun.Report, len(j.inputs))
	err := j.each(ctx, "mix", len(j.inputs), func(_, i int) (int64, error) {
		var mark runMark
		ok, err := done(j.folder.runMark(i), &mark)
		if err != nil {
			return 0, err
		}
		if !ok {
			if mark, err = j.writeInput(ctx, i); err != nil {
				return 0, err
			}
			if err := writeJSON(j.folder.runMark(i), mark); err != nil {
				return 0, err
			}
		}
		reports[i] = mark.Report
		return j.inputs[i].Size, nil
	})
	return reports, err
}

func (j *job) writeInput(ctx context.Context, i int) (runMark, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return runMark{}, err
	}
	w := &runWriter{job: j, input: i, z: z, limit: int(max(int64(j.Memory-128<<20)/int64(4*j.Workers), 1<<20))}
	t := stats.NewTally("mix")
	err = atomicfile.Write(j.folder.ledger(i), func(out io.Writer) error {
		rows, err := ledger.NewWriter(out)
		if err != nil {
			return err
		}
		left, err := j.settled(i)
		if err != nil {
			return err
		}
		var id []byte
		index := 0
		for d, err := range corpus.Read(j.inputs[i].File) {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				id, err = w.document(d, index, left[index], t, rows, id)
			}
			if err != nil {
				return err
			}
			index++
		}
		if err := w.flush(); err != nil {
			return err
		}
		return rows.Close()
	})
	return runMark{Runs: w.runs, Report: t.Done()}, err
}

// document takes one document into the mix or leaves it out.
func (w *runWriter) document(d *feilun.Doc, index int, s *settled, t *stats.Tally, rows *ledger.Writer, id []byte) ([]byte, error) {
	j, source := w.job, w.job.inputs[w.input].Source
	number := j.base[w.input] + uint64(index)
	draw, place, id := j.identity(source, d, id)
	kept, err := w.settle(d, s, t, rows, index)
	if err != nil || !kept {
		return id, err
	}
	n := j.copies(source, number)
	if n == 0 {
		row := &j.rows[source]
		r := w.row(d, index)
		r.Filter, r.Rule = row.Source, row.rule
		r.Value, r.Limit = float64(draw)/(1<<64), float64(row.limit)/(1<<64)
		r.Bytes, r.Sample = int64(len(d.Text)), clipChars(d.Text, j.spec.Output.Sample)
		t.Drop(r.Filter, r.Rule, size(d.Text))
		return id, rows.Write(r)
	}
	t.Report.Kept.Add(size(d.Text))
	tokens, _ := countTokens(d.Text, j.spec.Count)
	for epoch := range int(n) {
		r := record{key: placeOf(place, epoch), number: number, epoch: epoch, source: source, tokens: tokens, doc: feilun.Doc{
			ID: d.ID, URL: d.URL, Title: d.Title, Text: d.Text, Date: d.Date,
			Language: d.Language, Script: d.Script, Confidence: d.Confidence, Source: d.Source}}
		if err := w.add(&r); err != nil {
			return id, err
		}
	}
	return id, nil
}

func (w *runWriter) add(r *record) error {
	if len(w.buf) > 0 && len(w.buf)+len(r.doc.Text) > w.limit {
		if err := w.flush(); err != nil {
			return err
		}
	}
	at := len(w.buf)
	if need := at + len(r.doc.Text) + 1<<12; need > cap(w.buf) { // doubles, but not beyond the limit
		grown := make([]byte, at, max(min(2*cap(w.buf), w.limit), need))
		copy(grown, w.buf)
		w.buf = grown
	}
	w.buf = r.append(w.buf)
	w.order = append(w.order, entry{r.key, r.number, r.epoch, at, len(w.buf)})
	return nil
}

// flush sorts what is gathered and writes it as a run.
func (w *runWriter) flush() error {
	if len(w.order) == 0 {
		return nil
	}
	slices.SortFunc(w.order, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.number, b.number), cmp.Compare(a.epoch, b.epoch))
	})
	err := atomicfile.Write(w.job.folder.run(w.input, w.runs), func(out io.Writer) error {
		var raw, stored, index []byte
		offset, first, blocks := uint64(0), uint64(0), uint64(0)
		block := func() error {
			stored = w.z.EncodeAll(raw, stored[:0])
			index = appendWords(index, first, offset, uint64(len(stored)))
			offset += uint64(len(stored))
			blocks++
			raw = raw[:0]
			_, err := out.Write(stored)
			return err
		}
		for _, e := range w.order {
			if len(raw) == 0 {
				first = e.key
			}
			if raw = append(raw, w.buf[e.at:e.end]...); len(raw) >= blockBytes {
				if err := block(); err != nil {
					return err
				}
			}
		}
		if len(raw) > 0 {
			if err := block(); err != nil {
				return err
			}
		}
		_, err := out.Write(appendWords(index, blocks))
		return err
	})
	w.runs++
	w.buf, w.order = w.buf[:0], w.order[:0]
	return err
}

// row begins the ledger row of a document.
func (w *runWriter) row(d *feilun.Doc, index int) ledger.Row {
	return ledger.Row{ID: d.ID, URL: d.URL, Stage: "mix", Record: feilun.Record{File: w.job.inputs[w.input].File, Offset: int64(index) + 1}}
}

// clipChars cuts a text to so many characters.
func clipChars(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
