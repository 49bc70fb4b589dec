package mix

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"

	"feilun/internal/atomicfile"
	"feilun/internal/corpus"
	"feilun/internal/hint"
	"feilun/internal/stats"

	"github.com/klauspost/compress/zstd"
)

// What merging takes: for each run a block as stored and as read and its
// index, and for each worker the row group that its writer holds.
const (
	cursorMemory = 3 * blockBytes
	writerMemory = 128 << 20
)

// partMark is the marker of a finished corpus file.
type partMark struct {
	File    stats.File       `json:"file"`
	Tokens  map[string]int64 `json:"tokens"` // by source, copies counted
	Samples []stats.Sample   `json:"samples"`
}

// merge writes the corpus files: each holds the documents whose keys lie in its
// part of the range of all keys, in the order of their keys.
func (j *job) merge(ctx context.Context, p *Plan) ([]partMark, error) {
	var names []string
	for i := range j.inputs {
		var mark runMark
		if ok, err := done(j.folder.runMark(i), &mark); err != nil || !ok {
			return nil, fmt.Errorf("%s: %w", j.folder.runMark(i), err)
		}
		for k := range mark.Runs {
			names = append(names, j.folder.run(i, k))
		}
	}
	cursors := int64(len(names)) * cursorMemory
	if cursors > int64(j.Memory)/2 {
		return nil, hint.Usage(hint.With(fmt.Errorf("%d runs to merge need %d MiB, more than half of --memory %v", len(names), cursors>>20, j.Memory),
			"give more --memory and add --fresh: with more of it there are fewer runs"))
	}
	parts := int(max(1, (p.Bytes+int64(j.spec.Output.PartSize)-1)/int64(j.spec.Output.PartSize)))
	atOnce := make(chan struct{}, max(1, min(int64(j.Workers), int64(j.Memory)*3/4/(cursors+writerMemory))))
	marks := make([]partMark, parts)
	err := j.each(ctx, "parts", parts, func(_, i int) (int64, error) {
		if ok, err := done(j.folder.partMark(i), &marks[i]); err != nil || ok {
			return 1, err
		}
		atOnce <- struct{}{}
		defer func() { <-atOnce }()
		var err error
		if marks[i], err = j.part(ctx, i, parts, names); err != nil {
			return 0, err
		}
		return 1, writeJSON(j.folder.partMark(i), marks[i])
	})
	if err != nil {
		return nil, err
	}
	return marks, j.compare(marks)
}

// compare holds what was written to what was chosen.
func (j *job) compare(marks []partMark) error {
	for _, r := range j.rows {
		got := int64(0)
		for _, m := range marks {
			got += m.Tokens[r.Source]
		}
		if got != r.Mixed {
			return fmt.Errorf("source %s: %d tokens were chosen, %d written: has a file changed meanwhile?", r.Source, r.Mixed, got)
		}
	}
	return nil
}

// part writes corpus file i of n.
func (j *job) part(ctx context.Context, i, n int, names []string) (mark partMark, err error) {
	m, err := newMerger(names, i, n)
	if err != nil {
		return mark, err
	}
	defer m.close()
	mark.Tokens = map[string]int64{}
	name := j.folder.part(i, corpus.Ext(j.spec.Output.Format))
	sum := sha256.New()
	err = atomicfile.Write(name, func(out io.Writer) error {
		w, err := corpus.NewMixedWriter(io.MultiWriter(out, sum), j.spec.Output.Format)
		if err != nil {
			return err
		}
		for {
			r, err := m.next()
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if r == nil {
				return w.Close()
			}
			origin := j.spec.Sources[r.source].Name
			mark.add(r, origin)
			if err := w.Write(&r.doc, origin, r.epoch); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return mark, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return mark, err
	}
	mark.Samples = lowest(mark.Samples, samplesKept)
	mark.File = stats.File{Name: "corpus/" + info.Name(), Count: mark.File.Count, Size: info.Size(), SHA256: hex.EncodeToString(sum.Sum(nil))}
	return mark, nil
}

// add counts one record.
func (m *partMark) add(r *record, origin string) {
	d := &r.doc
	m.Tokens[origin] += r.tokens
	m.File.Count.Add(size(d.Text))
	m.Samples = append(m.Samples, stats.Sample{ID: d.ID, URL: d.URL, Title: d.Title, Language: d.Language, Text: clipChars(d.Text, sampleChars)})
	if len(m.Samples) > 4*samplesKept {
		m.Samples = lowest(m.Samples, samplesKept)
	}
}

// partOf returns which of n parts a key belongs to.
func partOf(key uint64, n int) int {
	hi, _ := bits.Mul64(key, uint64(n))
	return int(hi)
}

// A merger yields the records of one part out of all runs, in order.
type merger struct {
	heap []*cursor
	z    *zstd.Decoder
}

func newMerger(names []string, part, parts int) (*merger, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<33))
	if err != nil {
		return nil, err
	}
	m := &merger{z: z}
	for _, name := range names {
		c, err := openCursor(name, part, parts, z)
		if err != nil {
			m.close()
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if c != nil {
			m.heap = append(m.heap, c)
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.sink(i)
	}
	return m, nil
}

func (m *merger) close() { m.z.Close() }

// next returns the next record, nil at the end.
func (m *merger) next() (*record, error) {
	if len(m.heap) == 0 {
		return nil, nil
	}
	c := m.heap[0]
	r := c.now
	more, err := c.advance()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	if !more {
		m.heap[0] = m.heap[len(m.heap)-1]
		m.heap = m.heap[:len(m.heap)-1]
	}
	m.sink(0)
	return r, nil
}

// sink restores the heap below i.
func (m *merger) sink(i int) {
	for {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(m.heap); c++ {
			if m.heap[c].now.less(m.heap[least].now) < 0 {
				least = c
			}
		}
		if least == i {
			return
		}
		m.heap[i], m.heap[least] = m.heap[least], m.heap[i]
		i = least
	}
}

// A cursor reads the records of one run that belong to a part. The file is
// open only while a block is read, so that any number of runs can be merged.
type cursor struct {
	name        string
	part, parts int
	z           *zstd.Decoder
	blocks      []uint64 // offset and stored bytes of those still to read
	stored, raw []byte
	rest        []byte // of raw
	now         *record
}

// openCursor returns a cursor on the first record of the part, or nil when the
// run has none.
func openCursor(name string, part, parts int, z *zstd.Decoder) (*cursor, error) {
	index, err := readIndex(name)
	if err != nil {
		return nil, err
	}
	c := &cursor{name: name, part: part, parts: parts, z: z}
	n := len(index) / indexWords
	for i := range n {
		next := uint64(math.MaxUint64)
		if i+1 < n {
			next = index[(i+1)*indexWords]
		}
		if partOf(index[i*indexWords], parts) <= part && partOf(next, parts) >= part {
			c.blocks = append(c.blocks, index[i*indexWords+1], index[i*indexWords+2])
		}
	}
	for {
		if more, err := c.advance(); err != nil || !more {
			return nil, err
		}
		if partOf(c.now.key, parts) == part {
			return c, nil
		}
	}
}

func readIndex(name string) ([]uint64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var b [8]byte
	if _, err := f.ReadAt(b[:], info.Size()-8); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint64(b[:])) * 8 * indexWords
	if n < 0 || n > info.Size()-8 {
		return nil, fmt.Errorf("damaged run file")
	}
	raw := make([]byte, n)
	if _, err := f.ReadAt(raw, info.Size()-8-n); err != nil {
		return nil, err
	}
	words := make([]uint64, n/8)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
	return words, nil
}

// advance goes to the next record; false says that the part has no more.
func (c *cursor) advance() (bool, error) {
	for len(c.rest) == 0 {
		if len(c.blocks) == 0 {
			return false, nil
		}
		if err := c.block(int64(c.blocks[0]), int(c.blocks[1])); err != nil {
			return false, err
		}
		c.blocks = c.blocks[2:]
	}
	c.now = new(record)
	var err error
	if c.rest, err = c.now.parse(c.rest); err != nil {
		return false, err
	}
	return partOf(c.now.key, c.parts) <= c.part, nil
}

func (c *cursor) block(offset int64, n int) error {
	f, err := os.Open(c.name)
	if err != nil {
		return err
	}
	defer f.Close()
	if cap(c.stored) < n {
		c.stored = make([]byte, n)
	}
	if _, err := f.ReadAt(c.stored[:n], offset); err != nil {
		return err
	}
	c.raw, err = c.z.DecodeAll(c.stored[:n], c.raw[:0])
	c.rest = c.raw
	return err
}
