package mix

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/corpus"
	"feilun/internal/digest"

	"github.com/zeebo/xxh3"
)

// Words of a document's record in a scan file.
const (
	scanDraw   = 0 // 64 bits, by which documents are sampled
	scanTokens = 1
	scanBytes  = 2
	scanChars  = 3
	scanWords  = 4
)

// A hits file has, for each gram found, the words index of the document, gram,
// and from << 32 | to.
const hitWords = 3

// scanMark is the marker of a scanned file.
type scanMark struct {
	Docs   int64  `json:"docs"`
	Tokens int64  `json:"tokens"`
	Bytes  int64  `json:"bytes"`
	Hits   int64  `json:"hits"`
	SHA256 string `json:"sha256"`
}

// identity returns 128 bits that stand for a document of a source under this
// seed: of its id and its text as it came, not of its place. The first half
// draws, the second shuffles.
func (j *job) identity(source int, d *feilun.Doc, buf []byte) (draw, place uint64, used []byte) {
	buf = append(append(buf[:0], j.spec.Sources[source].Name...), 0)
	buf = append(append(buf, d.ID...), 0)
	buf = binary.LittleEndian.AppendUint64(buf, xxh3.HashString(d.Text))
	h := xxh3.Hash128Seed(buf, uint64(j.spec.Seed))
	return h.Hi, h.Lo, buf
}

// scan reads every file once.
func (j *job) scan(ctx context.Context) error {
	j.scans = make([]scanMark, len(j.inputs))
	texts := make([]*tokenText, j.Workers)
	err := j.each(ctx, "scan", len(j.inputs), func(w, i int) (int64, error) {
		if ok, err := done(j.folder.scan(i, "json"), &j.scans[i]); err != nil || ok {
			return j.inputs[i].Size, err
		}
		if j.grams != nil && texts[w] == nil {
			texts[w] = newTokenText()
		}
		if err := j.scanFile(ctx, i, texts[w]); err != nil {
			return 0, err
		}
		return j.inputs[i].Size, writeJSON(j.folder.scan(i, "json"), j.scans[i])
	})
	if err != nil {
		return err
	}
	j.base = make([]uint64, len(j.inputs)+1)
	for i, s := range j.scans {
		j.base[i+1] = j.base[i] + uint64(s.Docs)
	}
	j.gone = newBitmap(j.base[len(j.inputs)])
	return nil
}

func (j *job) scanFile(ctx context.Context, i int, t *tokenText) error {
	in, mark := j.inputs[i], scanMark{}
	var err error
	if mark.SHA256, err = digest.File(in.File); err != nil {
		return err
	}
	err = atomicfile.Write(j.folder.scan(i, "docs"), func(docs io.Writer) error {
		return atomicfile.Write(j.folder.scan(i, "hits"), func(found io.Writer) error {
			var buf, rec []byte
			var hits []hit
			for d, err := range corpus.Read(in.File) {
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					return err
				}
				if int64(len(d.Text)) > math.MaxInt32 {
					return fmt.Errorf("%s: the text of %s is longer than 2 GiB", in.File, d.ID)
				}
				tokens, chars := countTokens(d.Text, j.spec.Count)
				var draw uint64
				draw, _, buf = j.identity(in.Source, d, buf)
				rec = appendWords(rec[:0], draw, uint64(tokens), uint64(len(d.Text)), uint64(chars))
				if _, err := docs.Write(rec); err != nil {
					return err
				}
				if t != nil {
					t.cut(d.Text)
					hits = j.grams.scan(d.Text, t, hits[:0])
					if err := writeHits(found, mark.Docs, hits); err != nil {
						return err
					}
					mark.Hits += int64(len(hits))
				}
				mark.Docs++
				mark.Tokens += tokens
				mark.Bytes += int64(len(d.Text))
			}
			return nil
		})
	})
	j.scans[i] = mark
	return err
}

func writeHits(w io.Writer, index int64, hits []hit) error {
	var rec []byte
	for _, h := range hits {
		rec = appendWords(rec, uint64(index), uint64(h.gram), uint64(h.from)<<32|uint64(h.to))
	}
	_, err := w.Write(rec)
	return err
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
	in, raw, record := bufio.NewReaderSize(file, 1<<16), make([]byte, 8*width), make([]uint64, width)
	for {
		if _, err := io.ReadFull(in, raw); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for i := range record {
			record[i] = binary.LittleEndian.Uint64(raw[8*i:])
		}
		if err := f(record); err != nil {
			return err
		}
	}
}

// eachDoc calls f with the number and record of every document of input i, as
// decontamination left it; gone ones have zeros.
func (j *job) eachDoc(i int, f func(number uint64, record []uint64) error) error {
	left, err := j.settled(i)
	if err != nil {
		return err
	}
	index := 0
	return records(j.folder.scan(i, "docs"), scanWords, func(r []uint64) error {
		if s, ok := left[index]; ok {
			r[scanTokens], r[scanBytes], r[scanChars] = uint64(s.Tokens), uint64(s.Bytes), uint64(s.Chars)
		}
		index++
		return f(j.base[i]+uint64(index-1), r)
	})
}

// settled reads what was decided about the documents of input i that hold
// traces, by index.
func (j *job) settled(i int) (map[int]*settled, error) {
	all := map[int]*settled{}
	if j.grams == nil {
		return all, nil
	}
	f, err := os.Open(j.folder.scan(i, "settled"))
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	dec := json.NewDecoder(bufio.NewReader(f))
	for {
		s := new(settled)
		if err := dec.Decode(s); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		all[s.Index] = s
	}
}
