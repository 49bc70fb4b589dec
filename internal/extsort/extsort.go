// Package extsort sorts fixed-size records of 64-bit words in bounded memory:
// what does not fit is spilled to disk as sorted runs, which are merged at the
// end. Make a Sorter with New, Add records, and read them with Each.
package extsort

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
)

// A Sorter sorts fixed-size records of width words by their first keys words,
// in bounded memory: full buffers are sorted and spilled to disk as runs, and
// Each merges the runs. The order is stable: equal records stay as they came.
type Sorter struct {
	dir, name   string
	width, keys int
	limit       int      // words in buf
	fan         int      // runs merged at a time
	buf, spare  []uint64 // records, and room to sort them
	runs        []string
	made        int // runs made so far, for their names
	hashed      bool
}

const (
	minRunBuffer = 4 << 10   // bytes of read buffer a run needs at least
	maxRunBuffer = 256 << 10 // bytes beyond which a larger buffer gains nothing

	// maxSortMemory keeps memory flat: a sorter with more to sort goes to disk,
	// where runs of this size are merged at once up to 4,096 of them (64 GiB of
	// records). More memory was not faster (docs/log/memory.md).
	maxSortMemory = 32 << 20
)

// New returns a sorter that spills to files in dir whose names begin with name,
// and takes about memory bytes.
func New(dir, name string, width, keys int, memory int64) *Sorter {
	memory = min(memory, maxSortMemory)
	records := max(memory/int64(16*width), 64) // records exist twice while sorting
	return &Sorter{
		dir: dir, name: name, width: width, keys: keys,
		limit: int(records) * width, fan: int(max(memory/(2*minRunBuffer), 2)),
	}
}

// Hashed says that the first word of the keys is a hash, which lets the sorter
// look at fewer of its bytes. It returns s.
func (s *Sorter) Hashed() *Sorter {
	s.hashed = true
	return s
}

// Add takes one record.
func (s *Sorter) Add(record ...uint64) error {
	if len(s.buf)+s.width > s.limit {
		if err := s.spill(); err != nil {
			return err
		}
	}
	if len(s.buf)+s.width > cap(s.buf) {
		grown := make([]uint64, len(s.buf), min(max(2*cap(s.buf), 64*s.width), s.limit))
		copy(grown, s.buf)
		s.buf = grown
	}
	s.buf = append(s.buf, record...)
	return nil
}

// spill sorts the buffer and writes it as a run.
func (s *Sorter) spill() error {
	s.sort()
	name, err := s.writeRun(func(put func([]uint64) error) error {
		for i := 0; i < len(s.buf); i += s.width {
			if err := put(s.buf[i : i+s.width]); err != nil {
				return err
			}
		}
		return nil
	})
	s.buf = s.buf[:0]
	s.runs = append(s.runs, name)
	return err
}

// sort orders the buffer by a radix sort from the last key byte to the first;
// bytes in which all records agree cost one look.
func (s *Sorter) sort() {
	if cap(s.spare) < len(s.buf) {
		s.spare = make([]uint64, len(s.buf), cap(s.buf))
	}
	from, to := s.buf, s.spare[:len(s.buf)]
	if s.hashed {
		s.sortHashed(from, to)
		return
	}
	for k := s.keys - 1; k >= 0; k-- {
		var counts [8][256]int
		for i := k; i < len(from); i += s.width {
			v := from[i]
			for b := range 8 {
				counts[b][byte(v>>(8*b))]++
			}
		}
		for b := range 8 {
			if !slices.Contains(counts[b][:], len(from)/s.width) {
				scatter(from, to, s.width, k, b, &counts[b])
				from, to = to, from
			}
		}
	}
	s.buf, s.spare = from, to
}

// sortHashed sorts by the top bytes of the first word, as many as tell nearly
// all records apart, and then mends the order of neighbours.
func (s *Sorter) sortHashed(from, to []uint64) {
	records := len(from) / s.width
	low := 8 - min(8, (bits.Len(uint(records))+7)/8+1)
	var counts [8][256]int
	for i := 0; i < len(from); i += s.width {
		for b := low; b < 8; b++ {
			counts[b][byte(from[i]>>(8*b))]++
		}
	}
	for b := low; b < 8; b++ {
		if !slices.Contains(counts[b][:], records) {
			scatter(from, to, s.width, 0, b, &counts[b])
			from, to = to, from
		}
	}
	hold := make([]uint64, s.width)
	for i := s.width; i < len(from); i += s.width {
		at := i
		for at > 0 && slices.Compare(from[at-s.width:at-s.width+s.keys], from[i:i+s.keys]) > 0 {
			at -= s.width
		}
		if at < i {
			copy(hold, from[i:i+s.width])
			copy(from[at+s.width:i+s.width], from[at:i])
			copy(from[at:], hold)
		}
	}
	s.buf, s.spare = from, to
}

// scatter moves the records of from to to, in the order of byte b of word k.
func scatter(from, to []uint64, width, k, b int, counts *[256]int) {
	at := 0
	for i, n := range counts {
		counts[i] = at
		at += n * width
	}
	for i := 0; i < len(from); i += width {
		c := &counts[byte(from[i+k]>>(8*b))]
		copy(to[*c:*c+width], from[i:i+width])
		*c += width
	}
}

func (s *Sorter) writeRun(fill func(put func([]uint64) error) error) (name string, err error) {
	name = filepath.Join(s.dir, fmt.Sprintf("%s.run%d", s.name, s.made))
	s.made++
	f, err := os.Create(name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, minRunBuffer*4)
	var b []byte
	err = fill(func(record []uint64) error {
		b = b[:0]
		for _, v := range record {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
		_, err := w.Write(b)
		return err
	})
	return name, errors.Join(err, w.Flush())
}

// Each calls yield with every record in order, and ends the sorter: its memory
// and runs are gone afterwards. The record is only valid during the call.
func (s *Sorter) Each(yield func(record []uint64) error) error {
	defer s.Close()
	if len(s.runs) == 0 {
		s.sort()
		for i := 0; i < len(s.buf); i += s.width {
			if err := yield(s.buf[i : i+s.width]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(s.buf) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.buf, s.spare = nil, nil
	for len(s.runs) > s.fan {
		if err := s.mergeLevel(); err != nil {
			return err
		}
	}
	return s.merge(s.runs, yield)
}

// mergeLevel merges every fan neighbouring runs to one, so that their order
// stays.
func (s *Sorter) mergeLevel() error {
	var merged []string
	for len(s.runs) > 0 {
		some := s.runs[:min(s.fan, len(s.runs))]
		name := some[0]
		if len(some) > 1 {
			var err error
			name, err = s.writeRun(func(put func([]uint64) error) error { return s.merge(some, put) })
			if err != nil {
				return err
			}
			for _, r := range some {
				os.Remove(r)
			}
		}
		merged = append(merged, name)
		s.runs = s.runs[len(some):]
	}
	s.runs = merged
	return nil
}

// Close removes the runs.
func (s *Sorter) Close() {
	for _, r := range s.runs {
		os.Remove(r)
	}
	s.buf, s.spare, s.runs = nil, nil, nil
}

// A run is one sorted file while it is merged; record is its next record.
type run struct {
	order  int
	f      *os.File
	in     *bufio.Reader
	raw    []byte
	record []uint64
}

// next reads the next record; io.EOF says that there is none.
func (r *run) next() error {
	if _, err := io.ReadFull(r.in, r.raw); err != nil {
		return err
	}
	for i := range r.record {
		r.record[i] = binary.LittleEndian.Uint64(r.raw[8*i:])
	}
	return nil
}

func (s *Sorter) merge(names []string, yield func([]uint64) error) error {
	var heap []*run
	defer func() {
		for _, r := range heap {
			r.f.Close()
		}
	}()
	buffer := min(max(8*s.limit/len(names), minRunBuffer), maxRunBuffer)
	for i, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		r := &run{order: i, f: f, in: bufio.NewReaderSize(f, buffer), raw: make([]byte, 8*s.width), record: make([]uint64, s.width)}
		heap = append(heap, r)
		if err := r.next(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		s.sink(heap, i)
	}
	for len(heap) > 0 {
		r := heap[0]
		if err := yield(r.record); err != nil {
			return err
		}
		if err := r.next(); err == io.EOF {
			r.f.Close()
			heap[0] = heap[len(heap)-1]
			heap = heap[:len(heap)-1]
		} else if err != nil {
			return err
		}
		s.sink(heap, 0)
	}
	return nil
}

// sink restores the heap below i.
func (s *Sorter) sink(heap []*run, i int) {
	for {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(heap); c++ {
			if s.less(heap[c], heap[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		heap[i], heap[least] = heap[least], heap[i]
		i = least
	}
}

func (s *Sorter) less(a, b *run) bool {
	if c := slices.Compare(a.record[:s.keys], b.record[:s.keys]); c != 0 {
		return c < 0
	}
	return a.order < b.order
}
