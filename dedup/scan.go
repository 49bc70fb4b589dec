package dedup

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/shard"

	"github.com/zeebo/xxh3"
)

// Words of a document's record in a shard's keys file.
const (
	keyURL   = 0 // two words; zero when the document has no address
	keyExact = 2 // two words
	keyMerit = 4 // see merit
	keyIDEnd = 5 // where its id ends in the ids file
	keyWords = 6
)

// merit packs what survivors are chosen by: confidence as float32 bits in the
// high half, characters in the low.
func merit(d *feilun.Doc) uint64 {
	chars := min(uint64(utf8.RuneCountInString(d.Text)), math.MaxUint32)
	return uint64(math.Float32bits(float32(max(0, d.Confidence))))<<32 | chars
}

// rank returns the part of merit that decides under keep; more is better.
func rank(keep string, merit uint64) uint64 {
	switch keep {
	case "longest":
		return merit & math.MaxUint32
	case "best":
		return merit
	}
	return 0
}

// piece is the name of a scratch file of shard i.
func (j *job) piece(i int, kind string) string {
	return filepath.Join(j.Dir, fmt.Sprintf("%05d.%s", i, kind))
}

// docs calls f with every document of shard i in order.
func (j *job) docs(i int, f func(index int, d *feilun.Doc) error) error {
	file, err := os.Open(j.shards[i])
	if err != nil {
		return err
	}
	defer file.Close()
	index := 0
	for d, err := range shard.Docs(file) {
		if err == nil {
			err = j.ctx.Err()
		}
		if err == nil {
			err = f(index, d)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", j.shards[i], err)
		}
		index++
	}
	if index > math.MaxInt32 {
		return fmt.Errorf("%s: %d documents are too many for one shard", j.shards[i], index)
	}
	return nil
}

// scan reads every shard once and writes its keys, ids, line hashes and, when
// no lines will be cut, signatures. Shards that an earlier run scanned with
// these parameters are not read again.
func (j *job) scan() error {
	j.counts = make([]int, len(j.shards))
	sketchers := make([]*sketcher, j.Workers)
	err := j.parallel(len(j.shards), func(w, i int) error {
		mark, err := j.mark(i)
		if err != nil {
			return err
		}
		if !j.marked(i, "scanned", mark) {
			if j.Near != nil && sketchers[w] == nil {
				sketchers[w] = newSketcher(j.Near)
			}
			if err := j.scanShard(i, sketchers[w]); err != nil {
				return err
			}
			if err := atomicfile.WriteBytes(j.piece(i, "scanned"), []byte(mark)); err != nil {
				return err
			}
		}
		info, err := os.Stat(j.piece(i, "keys"))
		if err != nil {
			return err
		}
		j.counts[i] = int(info.Size() / (8 * keyWords))
		return nil
	})
	if err != nil {
		return err
	}
	return j.countDocs()
}

func (j *job) marked(i int, kind, mark string) bool {
	b, err := os.ReadFile(j.piece(i, kind))
	return err == nil && string(b) == mark
}

// scanShard writes the files of one shard.
func (j *job) scanShard(i int, sk *sketcher) error {
	kinds := []string{"keys", "ids"}
	if j.Line != nil {
		kinds = append(kinds, "lines")
	} else if j.Near != nil {
		kinds = append(kinds, "sketch")
	}
	return j.writePieces(i, kinds, func(out map[string]io.Writer) error {
		var key []byte
		var idEnd uint64
		var sketches *sketchWriter
		if w := out["sketch"]; w != nil {
			sketches = newSketchWriter(w, j.Near)
		}
		var lines lineScanner
		err := j.docs(i, func(index int, d *feilun.Doc) error {
			if _, err := io.WriteString(out["ids"], d.ID); err != nil {
				return err
			}
			idEnd += uint64(len(d.ID))
			words := j.keys(d)
			words[keyIDEnd] = idEnd
			key = appendWords(key[:0], words[:]...)
			if _, err := out["keys"].Write(key); err != nil {
				return err
			}
			if sketches != nil {
				return sketches.add(sk, sk.sketch(d), words[keyMerit])
			}
			if w := out["lines"]; w != nil {
				return lines.write(w, j.Line, d.Text, uint64(index))
			}
			return nil
		})
		if err == nil && sketches != nil {
			err = sketches.flush()
		}
		return err
	})
}

// keys returns the document's record but for the end of its id.
func (j *job) keys(d *feilun.Doc) (w [keyWords]uint64) {
	if j.URL != nil {
		address := d.URL
		if j.URL.Canonical && d.Canonical != "" {
			address = d.Canonical
		}
		if address != "" {
			h := xxh3.HashString128(NormalizeURL(address))
			w[keyURL], w[keyURL+1] = h.Hi, h.Lo
		}
	}
	if j.Exact != nil {
		text := d.Text
		if j.Exact.Spaces {
			text = strings.Join(strings.Fields(text), " ")
		}
		h := xxh3.HashString128(text)
		w[keyExact], w[keyExact+1] = h.Hi, h.Lo
	}
	w[keyMerit] = merit(d)
	return w
}

// writePieces writes several scratch files of shard i at once.
func (j *job) writePieces(i int, kinds []string, fill func(map[string]io.Writer) error) error {
	out := map[string]io.Writer{}
	var open func(kinds []string) error
	open = func(kinds []string) error {
		if len(kinds) == 0 {
			return fill(out)
		}
		return atomicfile.Write(j.piece(i, kinds[0]), func(w io.Writer) error {
			out[kinds[0]] = w
			return open(kinds[1:])
		})
	}
	return open(slices.Clone(kinds))
}

func appendWords(b []byte, words ...uint64) []byte {
	for _, w := range words {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// records calls f with every record of width words in a file.
func records(name string, width int, f func(record []uint64) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	in := newRecordReader(file, width)
	for {
		record, err := in.read()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = f(record)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

// A recordReader reads records of width words. The last one is overwritten by
// the next.
type recordReader struct {
	in     *bufio.Reader
	raw    []byte
	record []uint64
}

func newRecordReader(r io.Reader, width int) *recordReader {
	return &recordReader{bufio.NewReaderSize(r, 1<<16), make([]byte, 8*width), make([]uint64, width)}
}

// read returns io.EOF when no record is left.
func (r *recordReader) read() ([]uint64, error) {
	if _, err := io.ReadFull(r.in, r.raw); err != nil {
		return nil, err
	}
	for i := range r.record {
		r.record[i] = binary.LittleEndian.Uint64(r.raw[8*i:])
	}
	return r.record, nil
}
