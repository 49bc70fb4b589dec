package dedup

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/extsort"
)

// A shard's cuts file has, for each document that is cut, the words index, the
// share of bytes cut as float64 bits (0 when the document stays), the number of
// cuts and their starts and ends; the top bits of an end say that the cut is
// one of substring or ngram.
const (
	cutsLine     = "cuts"    // those of line
	cutsAll      = "allcuts" // those of line and substring
	substringBit = 1 << 63
	ngramBit     = 1 << 62
)

// lines finds the lines that several documents hold, cuts them out, drops the
// documents of which nothing is left, and writes the signatures of the others.
func (j *job) lines() error {
	if j.Line == nil {
		return nil
	}
	starts, err := j.repeatedLines()
	if err != nil {
		return err
	}
	mark, err := j.markAll()
	if err != nil {
		return err
	}
	sketchers := make([]*sketcher, j.Workers)
	err = j.parallel(len(j.shards), func(w, i int) error {
		if j.marked(i, "cut", mark) {
			return nil
		}
		if j.Near != nil && sketchers[w] == nil {
			sketchers[w] = newSketcher(j.Near)
		}
		if err := j.cutShard(i, starts, sketchers[w]); err != nil {
			return err
		}
		return atomicfile.WriteBytes(j.piece(i, "cut"), []byte(mark))
	})
	if err != nil {
		return err
	}
	j.left = cutsLine
	for i := range j.shards {
		err := j.eachCutRecord(i, cutsLine, func(index uint64, share float64, _ []feilun.Cut) error {
			if share == 0 {
				return nil
			}
			return j.drop(uint64(i)<<32|index, stepLine, nobody, share)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (j *job) repeatsName() string { return filepath.Join(j.Dir, "repeats") }

// repeatedLines writes the pairs (document, hash) of the lines to cut, in the
// order of documents, and returns where those of each shard begin.
func (j *job) repeatedLines() ([]int64, error) {
	byHash := extsort.New(j.Dir, "linehashes", 2, 1, j.Memory/4)
	byDoc := extsort.New(j.Dir, "linedocs", 2, 2, j.Memory/4)
	defer byHash.Close()
	defer byDoc.Close()
	for i := range j.shards {
		err := records(j.piece(i, "lines"), 2, func(r []uint64) error {
			doc := uint64(i)<<32 | r[1]
			if j.gone.has(j.number(doc)) {
				return nil
			}
			return byHash.Add(r[0], doc)
		})
		if err != nil {
			return nil, err
		}
	}
	if err := j.countLines(byHash, byDoc); err != nil {
		return nil, err
	}
	starts := make([]int64, len(j.shards)+1)
	err := writeRecords(j.repeatsName(), func(put func(...uint64) error) error {
		return byDoc.Each(func(r []uint64) error {
			starts[r[0]>>32+1]++
			return put(r...)
		})
	})
	for i := range j.shards {
		starts[i+1] += starts[i]
	}
	return starts, err
}

// countLines passes on the (hash, document) records of lines in at least
// MinDocs documents, as (document, hash).
func (j *job) countLines(byHash, byDoc *extsort.Sorter) error {
	var hash uint64
	var waiting []ref // the first documents with this line, while they are too few
	return byHash.Each(func(r []uint64) error {
		if len(waiting) == 0 || r[0] != hash {
			hash, waiting = r[0], append(waiting[:0], r[1])
			return nil
		}
		if len(waiting) < j.Line.MinDocs {
			if waiting = append(waiting, r[1]); len(waiting) < j.Line.MinDocs {
				return nil
			}
			for k, doc := range waiting {
				if k == 0 && j.Line.KeepFirst {
					continue
				}
				if err := byDoc.Add(doc, hash); err != nil {
					return err
				}
			}
			return nil
		}
		return byDoc.Add(r[1], hash)
	})
}

// cutShard writes the cuts of one shard, and the signatures of what is left.
func (j *job) cutShard(i int, starts []int64, sk *sketcher) error {
	repeats, err := openRepeats(j.repeatsName(), starts[i], starts[i+1])
	if err != nil {
		return err
	}
	defer repeats.close()
	kinds := []string{"cuts"}
	if j.Near != nil {
		kinds = append(kinds, "sketch")
	}
	return j.writePieces(i, kinds, func(out map[string]io.Writer) error {
		var sketches *sketchWriter
		if w := out["sketch"]; w != nil {
			sketches = newSketchWriter(w, j.Near)
		}
		var lines lineScanner
		err := j.docs(i, func(index int, d *feilun.Doc) error {
			repeated, err := repeats.of(uint64(i)<<32 | uint64(index))
			if err != nil {
				return err
			}
			stays := !j.gone.has(j.base[i] + uint64(index))
			if stays {
				if err := lines.writeCuts(out["cuts"], j.Line, uint64(index), d, repeated); err != nil {
					return err
				}
			}
			if sketches != nil {
				return sketches.add(sk, stays && sk.sketch(d), merit(d))
			}
			return nil
		})
		if err == nil && sketches != nil {
			err = sketches.flush()
		}
		return err
	})
}

// writeCuts writes the cuts of a document, if any, and makes them in its text.
func (l *lineScanner) writeCuts(w io.Writer, p *LineParams, index uint64, d *feilun.Doc, repeated map[uint64]bool) error {
	cuts := l.cut(p, d.Text, repeated)
	if len(cuts) == 0 {
		return nil
	}
	left := Apply(d.Text, cuts)
	l.raw = appendCuts(l.raw[:0], index, p.lost(d.Text, left), cuts)
	d.Text = left
	_, err := w.Write(l.raw)
	return err
}

// lost returns the share of bytes cut when too little is left, else 0.
func (p *LineParams) lost(text, left string) float64 {
	if strings.TrimFunc(left, space) != "" && utf8.RuneCountInString(left) >= p.MinLeft {
		return 0
	}
	return float64(len(text)-len(left)) / float64(len(text))
}

func appendCuts(raw []byte, index uint64, lost float64, cuts []feilun.Cut) []byte {
	raw = appendWords(raw, index, math.Float64bits(lost), uint64(len(cuts)))
	for _, c := range cuts {
		end := uint64(c.End)
		switch c.Rule {
		case "substring":
			end |= substringBit
		case "ngram":
			end |= ngramBit
		}
		raw = appendWords(raw, uint64(c.Start), end)
	}
	return raw
}

// cut returns the spans of the repeated lines of a text, and of those it holds
// already further up, with one line feed each, so that the lines left are
// joined as before.
func (l *lineScanner) cut(p *LineParams, text string, repeated map[uint64]bool) []feilun.Cut {
	if l.seen == nil {
		l.seen = map[uint64]bool{}
	}
	clear(l.seen)
	if text == "" {
		return nil
	}
	var cuts []feilun.Cut
	lastEnd := -1 // of the last unit that stays
	for _, u := range l.scan(p, text) {
		gone := u.long && (repeated[u.hash] || u.hash == 0 || p.Inside && l.seen[u.hash])
		l.seen[u.hash] = true
		if !gone {
			lastEnd = u.end
			continue
		}
		end := min(u.end+1, len(text))
		if n := len(cuts); n > 0 && cuts[n-1].End == u.start {
			cuts[n-1].End = end
		} else {
			cuts = append(cuts, feilun.Cut{Rule: "line", Start: u.start, End: end})
		}
	}
	// What stays ends without the line feed that led to a cut last line.
	if n := len(cuts); n > 0 && cuts[n-1].End == len(text) && lastEnd >= 0 && lastEnd < cuts[n-1].Start {
		cuts[n-1].Start = lastEnd
	}
	for i := range cuts {
		cuts[i].Bytes = cuts[i].End - cuts[i].Start
	}
	return cuts
}

// repeats reads the lines to cut, document by document.
type repeats struct {
	f    *os.File
	next [2]uint64
	left int64
	set  map[uint64]bool
	in   *recordReader
}

func openRepeats(name string, from, to int64) (*repeats, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(16*from, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r := &repeats{f: f, left: to - from, set: map[uint64]bool{}, in: newRecordReader(f, 2)}
	return r, r.advance()
}

func (r *repeats) close() { r.f.Close() }

func (r *repeats) advance() error {
	r.next[0] = nobody
	if r.left == 0 {
		return nil
	}
	r.left--
	words, err := r.in.read()
	if err == nil {
		copy(r.next[:], words)
	}
	return err
}

// of returns the hashes of one document's lines to cut. Documents must be
// asked for in order.
func (r *repeats) of(doc ref) (map[uint64]bool, error) {
	clear(r.set)
	for r.next[0] <= doc && r.next[0] != nobody {
		if r.next[0] == doc {
			r.set[r.next[1]] = true
		}
		if err := r.advance(); err != nil {
			return nil, err
		}
	}
	return r.set, nil
}

// docsLeft calls f with every document of shard i as earlier steps left it;
// dropped documents are among them.
func (j *job) docsLeft(i int, f func(index int, d *feilun.Doc) error) error {
	if j.left == "" {
		return j.docs(i, f)
	}
	cuts, err := j.cutsLeft(i)
	if err != nil {
		return err
	}
	return j.docs(i, func(index int, d *feilun.Doc) error {
		d.Text = Apply(d.Text, cuts[index])
		return f(index, d)
	})
}

// eachCut calls f with the cuts of every document of a shard that is cut.
func (j *job) eachCut(i int, f func(index int, cuts []feilun.Cut) error) error {
	kind := j.left
	switch {
	case j.Substring != nil:
		kind = cutsAll
	case kind == "":
		return nil
	}
	return j.eachCutRecord(i, kind, func(index uint64, _ float64, cuts []feilun.Cut) error { return f(int(index), cuts) })
}

func (j *job) eachCutRecord(i int, kind string, f func(index uint64, lost float64, cuts []feilun.Cut) error) error {
	file, err := os.Open(j.piece(i, kind))
	if err != nil {
		return err
	}
	defer file.Close()
	heads, spans := newRecordReader(file, 3), newRecordReader(nil, 2)
	spans.in = heads.in
	var cuts []feilun.Cut
	for {
		head, err := heads.read()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return &fs.PathError{Op: "read", Path: file.Name(), Err: err}
		}
		cuts = cuts[:0]
		for range head[2] {
			s, err := spans.read()
			if err != nil {
				return &fs.PathError{Op: "read", Path: file.Name(), Err: err}
			}
			rule := "line"
			switch {
			case s[1]&substringBit != 0:
				rule = "substring"
			case s[1]&ngramBit != 0:
				rule = "ngram"
			}
			start, end := int(s[0]), int(s[1]&^(substringBit|ngramBit))
			cuts = append(cuts, feilun.Cut{Rule: rule, Start: start, End: end, Bytes: end - start})
		}
		if err := f(head[0], math.Float64frombits(head[1]), cuts); err != nil {
			return err
		}
	}
}
