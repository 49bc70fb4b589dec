package dedup

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"slices"

	"feilun"
	"feilun/internal/atomicfile"
)

// withSketches opens the sketch file of shard i for f.
func (j *job) withSketches(i int, f func(*sketchReader) error) error {
	file, err := os.Open(j.piece(i, "sketch"))
	if err != nil {
		return err
	}
	defer file.Close()
	return f(&sketchReader{sketchShape: shapeOf(j.Near), f: file})
}

// similarity compares documents: by their sketches, or, once sets are written,
// by their shingles. It remembers the first document of the last comparison.
type similarity struct {
	job   *job
	open  map[int][]*os.File // by shard: sketches, or sets and their ends
	shape sketchShape
	last  ref
	a, b  []uint64
	x, y  []byte
	raw   []byte
}

// maxOpen is the number of shards whose files are kept open.
const maxOpen = 100

func (j *job) newSimilarity() *similarity {
	return &similarity{job: j, open: map[int][]*os.File{}, shape: shapeOf(j.Near), last: nobody}
}

func (s *similarity) close() {
	for i, files := range s.open {
		for _, f := range files {
			f.Close()
		}
		delete(s.open, i)
	}
}

// of returns the Jaccard similarity of two documents: exact if Verify is set,
// else estimated.
func (s *similarity) of(a, b ref) (float64, error) {
	if s.job.Near.Verify {
		return s.exact(a, b)
	}
	return s.estimate(a, b)
}

func (s *similarity) exact(a, b ref) (float64, error) {
	var err error
	if a != s.last {
		if s.a, err = s.set(a, s.a); err != nil {
			return 0, err
		}
		s.last = a
	}
	if s.b, err = s.set(b, s.b); err != nil {
		return 0, err
	}
	return jaccard(s.a, s.b), nil
}

// estimate counts the hash functions whose least values agree in their low
// byte; one in 256 of the others agrees by chance.
func (s *similarity) estimate(a, b ref) (float64, error) {
	var err error
	if a != s.last {
		if s.x, err = s.lows(a, s.x); err != nil {
			return 0, err
		}
		s.last = a
	}
	if s.y, err = s.lows(b, s.y); err != nil {
		return 0, err
	}
	same := 0
	for i, v := range s.x {
		if s.y[i] == v {
			same++
		}
	}
	const chance = 1. / 256
	return max(0, (float64(same)/float64(len(s.x))-chance)/(1-chance)), nil
}

// jaccard returns the share of common elements of two ascending sets.
func jaccard(a, b []uint64) float64 {
	common, i, k := 0, 0, 0
	for i < len(a) && k < len(b) {
		switch x, y := a[i], b[k]; {
		case x < y:
			i++
		case x > y:
			k++
		default:
			common++
			i++
			k++
		}
	}
	if union := len(a) + len(b) - common; union > 0 {
		return float64(common) / float64(union)
	}
	return 0
}

// files returns the open files of a document's shard.
func (s *similarity) files(doc ref, kinds ...string) ([]*os.File, error) {
	i := int(doc >> 32)
	if fs, ok := s.open[i]; ok {
		return fs, nil
	}
	if len(s.open) == maxOpen {
		s.close()
	}
	var fs []*os.File
	for _, kind := range kinds {
		f, err := os.Open(s.job.piece(i, kind))
		if err != nil {
			return nil, err
		}
		fs = append(fs, f)
		s.open[i] = fs
	}
	return fs, nil
}

func (s *similarity) lows(doc ref, dst []byte) ([]byte, error) {
	fs, err := s.files(doc, "sketch")
	if err != nil {
		return nil, err
	}
	r := sketchReader{sketchShape: s.shape, f: fs[0], buf: s.raw}
	dst, err = r.lows(int(uint32(doc)), dst)
	s.raw = r.buf
	return dst, err
}

// set reads the shingles of a document into dst.
func (s *similarity) set(doc ref, dst []uint64) ([]uint64, error) {
	fs, err := s.files(doc, "sets", "setends")
	if err != nil {
		return nil, err
	}
	var ends [16]byte
	if _, err := fs[1].ReadAt(ends[:], 8*int64(uint32(doc))); err != nil {
		return nil, err
	}
	from, to := binary.LittleEndian.Uint64(ends[:]), binary.LittleEndian.Uint64(ends[8:])
	s.raw = slices.Grow(s.raw[:0], int(to-from))[:to-from]
	if _, err := fs[0].ReadAt(s.raw, int64(from)); err != nil {
		return nil, err
	}
	dst = dst[:0]
	for i := 0; i < len(s.raw); i += 8 {
		dst = append(dst, binary.LittleEndian.Uint64(s.raw[i:]))
	}
	return dst, nil
}

// writeSets writes, for each shard, the ascending shingles of the wanted
// documents, and a table of n+1 offsets where those of each document begin.
func (j *job) writeSets(wanted bitmap) error {
	sketchers := make([]*sketcher, j.Workers)
	return j.parallel(len(j.shards), func(w, i int) error {
		if sketchers[w] == nil {
			sketchers[w] = newSketcher(j.Near)
		}
		sk := sketchers[w]
		return j.writePieces(i, []string{"sets", "setends"}, func(out map[string]io.Writer) error {
			var raw []byte
			var end uint64
			if _, err := out["setends"].Write(appendWords(raw, end)); err != nil {
				return err
			}
			return j.docsLeft(i, func(index int, d *feilun.Doc) error {
				if wanted.has(j.base[i]+uint64(index)) && sk.shingle(d) {
					slices.Sort(sk.shingles)
					raw = appendWords(raw[:0], slices.Compact(sk.shingles)...)
					end += uint64(len(raw))
					if _, err := out["sets"].Write(raw); err != nil {
						return err
					}
				}
				raw = appendWords(raw[:0], end)
				_, err := out["setends"].Write(raw)
				return err
			})
		})
	})
}

// writeRecords writes a file that records can read.
func writeRecords(name string, fill func(put func(...uint64) error) error) error {
	return atomicfile.Write(name, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<16)
		var b []byte
		err := fill(func(words ...uint64) error {
			b = appendWords(b[:0], words...)
			_, err := out.Write(b)
			return err
		})
		if err != nil {
			return err
		}
		return out.Flush()
	})
}
