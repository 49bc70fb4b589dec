package search

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// mergeFactor is how many segments of a level become one of the next.
const mergeFactor = 8

// mergeAll merges the last segments while enough of them have the same level.
// Which ones depends on the order of commits alone.
func (w *writer) mergeAll() error {
	for {
		n := len(w.m.Segments)
		if n < mergeFactor {
			return nil
		}
		last := w.m.Segments[n-mergeFactor:]
		for _, s := range last {
			if s.Level != last[0].Level {
				return nil
			}
		}
		if err := w.replace(n-mergeFactor, n, last[0].Level+1, nil); err != nil {
			return err
		}
	}
}

// remove rewrites the segments that hold documents of the given versions, so
// that nothing is left of them.
func (w *writer) remove(gone map[Version]bool) error {
	if len(gone) == 0 {
		return nil
	}
	var touched []int
	err := w.each(func(n int, s *segment) error {
		for i := range s.info.Docs {
			if gone[s.doc(uint32(i)).version] {
				touched = append(touched, n)
				break
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := dropVectors(w.dir, gone); err != nil {
		return err
	}
	slices.Reverse(touched) // so that numbers stay right when a segment vanishes
	for _, n := range touched {
		if err := w.replace(n, n+1, w.m.Segments[n].Level, gone); err != nil {
			return err
		}
	}
	return nil
}

// replace puts one segment in the place of from..to, without the documents
// that are gone; when nothing is left, none.
func (w *writer) replace(from, to, level int, gone map[Version]bool) error {
	var sources []*segment
	var err error
	for _, info := range w.m.Segments[from:to] {
		s, e := openSegment(filepath.Join(w.dir, info.Name), info)
		if err = e; err != nil {
			break
		}
		sources = append(sources, s)
	}
	var merged []segmentInfo
	if err == nil {
		name := w.m.take()
		var info segmentInfo
		info, err = mergeSegments(filepath.Join(w.dir, name), sources, gone)
		info.Name, info.Level = name, level
		if info.Docs > 0 {
			merged = append(merged, info)
		}
	}
	for _, s := range sources {
		err = errors.Join(err, s.close())
	}
	if err == nil {
		err = syncDir(w.dir)
	}
	if err != nil {
		return err
	}
	old := slices.Clone(w.m.Segments[from:to])
	w.m.Segments = slices.Replace(w.m.Segments, from, to, merged...)
	if err := w.m.write(w.dir); err != nil {
		return err
	}
	for _, s := range old {
		err = errors.Join(err, os.RemoveAll(filepath.Join(w.dir, s.Name)))
	}
	return err
}

const goneChunk = math.MaxUint32

// mergeSegments writes the documents of sources, but for those that are gone,
// as one segment.
func mergeSegments(dir string, sources []*segment, gone map[Version]bool) (segmentInfo, error) {
	w, err := newSegmentWriter(dir)
	if err != nil {
		return segmentInfo{}, err
	}
	var lengths []uint8
	numbers := make([][]uint32, len(sources)) // of chunks, old to new
	for i, s := range sources {
		if numbers[i], err = w.copyDocs(s, gone, &lengths); err != nil {
			w.abort()
			return segmentInfo{}, err
		}
	}
	w.copyTerms(sources, numbers, lengths)
	info, err := w.close()
	if err == nil && info.Docs == 0 {
		err = os.RemoveAll(dir)
	}
	return info, err
}

// copyDocs copies documents and chunks and returns the chunks' new numbers.
func (w *segmentWriter) copyDocs(s *segment, gone map[Version]bool, lengths *[]uint8) ([]uint32, error) {
	whole := true
	for i := 0; i < s.info.Docs && whole; i++ {
		whole = !gone[s.doc(uint32(i)).version]
	}
	base := int64(0)
	if whole {
		var err error
		if base, err = w.copyBlocks(s); err != nil {
			return nil, err
		}
	}
	numbers := make([]uint32, s.info.Chunks)
	docs := make([]uint32, s.info.Docs)
	for i := range s.info.Docs {
		e := s.doc(uint32(i))
		switch docs[i] = uint32(w.info.Docs); {
		case gone[e.version]:
			docs[i] = goneChunk
		case whole:
			e.record, e.text = e.record+base, e.text+base
			w.entry(e)
		default:
			r, err := s.head(e)
			if err != nil {
				return nil, err
			}
			text, err := s.span(nil, e, 0, int(e.length))
			if err != nil {
				return nil, err
			}
			r.text = string(text)
			w.doc(&r, e.version)
		}
	}
	w.copyChunks(s, docs, numbers, lengths)
	return numbers, nil
}

// copyChunks copies the chunks of the documents that stay.
func (w *segmentWriter) copyChunks(s *segment, docs, numbers []uint32, lengths *[]uint8) {
	for i := range numbers {
		e := s.chunk(uint32(i))
		if e.doc = docs[e.doc]; e.doc == goneChunk {
			numbers[i] = goneChunk
			continue
		}
		numbers[i] = uint32(w.info.Chunks)
		n := s.file[fileLens][i]
		w.chunk(e, n)
		*lengths = append(*lengths, n)
	}
}

// copyBlocks copies the text of a segment as it is and returns where it begins.
func (w *segmentWriter) copyBlocks(s *segment) (int64, error) {
	if len(w.raw) > 0 {
		w.compress(len(w.raw))
	}
	base, table, text := w.rawAt, s.file[fileBlocks], s.file[fileText]
	for i := 0; i+32 <= len(table); i += 16 {
		from, to := binary.LittleEndian.Uint64(table[i+8:]), binary.LittleEndian.Uint64(table[i+24:])
		if from > to || to > uint64(len(text)) {
			return 0, damaged(s.info.Name, "a block outside its file")
		}
		w.rawAt = base + int64(binary.LittleEndian.Uint64(table[i:]))
		w.blockEntry()
		w.write(fileText, text[from:to])
	}
	w.rawAt = base + int64(binary.LittleEndian.Uint64(table[len(table)-16:]))
	return base, nil
}

// copyTerms merges the dictionaries and postings.
func (w *segmentWriter) copyTerms(sources []*segment, numbers [][]uint32, lengths []uint8) {
	readers := make([]*termReader, len(sources))
	for i, s := range sources {
		r := &termReader{s: s}
		if r.at(0) && r.next() {
			readers[i] = r
		}
	}
	var chunks []uint32
	var codes []uint8
	var l list
	for {
		var term []byte
		for _, r := range readers {
			if r != nil && (term == nil || bytes.Compare(r.entry.term, term) < 0) {
				term = r.entry.term
			}
		}
		if term == nil {
			return
		}
		term = bytes.Clone(term)
		chunks, codes = chunks[:0], codes[:0]
		for i, r := range readers {
			if r == nil || !bytes.Equal(r.entry.term, term) {
				continue
			}
			if l.open(r.entry.post, r.entry.n, r.entry.all) {
				for l.advance() {
					for k, c := range l.chunks[:l.have] {
						if int(c) < len(numbers[i]) && numbers[i][c] != goneChunk {
							chunks, codes = append(chunks, numbers[i][c]), append(codes, l.codes[k])
						}
					}
				}
			}
			if !r.next() {
				readers[i] = nil
			}
		}
		if len(chunks) > 0 {
			w.term(term, chunks, codes, lengths)
		}
	}
}
