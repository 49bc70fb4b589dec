package search

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"sync"

	"feilun/internal/hint"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// A segment is an open segment. Its methods take damaged bytes: they find less,
// or return an error, and read nothing outside.
type segment struct {
	info   segmentInfo
	file   [numFiles][]byte
	closes []func() error
	zstd   sync.Pool // of *zstd.Decoder
}

func openSegment(dir string, info segmentInfo) (s *segment, err error) {
	s = &segment{info: info}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if len(info.Files) != numFiles {
		return s, damaged(dir, "its manifest lists other files")
	}
	for i, name := range fileNames {
		if info.Files[i].Name != name {
			return s, damaged(dir, "its manifest lists other files")
		}
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			return s, err
		}
		st, err := f.Stat()
		if err == nil && st.Size() != info.Files[i].Size {
			err = damaged(f.Name(), fmt.Sprintf("%d bytes, not %d", st.Size(), info.Files[i].Size))
		}
		var unmap func() error
		if err == nil {
			s.file[i], unmap, err = mapFile(f, int(st.Size()))
		}
		f.Close()
		if err != nil {
			return s, err
		}
		s.closes = append(s.closes, unmap)
	}
	return s, s.check()
}

func damaged(name, what string) error {
	return hint.With(fmt.Errorf("%s is damaged: %s", name, what), "delete the index and make it again with feilun search index")
}

// check holds the tables to the counts of the manifest.
func (s *segment) check() error {
	for i, want := range map[int]int{fileDocs: s.info.Docs * docBytes, fileChunks: s.info.Chunks * chunkBytes, fileLens: s.info.Chunks} {
		if s.info.Docs < 0 || s.info.Chunks < 0 || len(s.file[i]) != want {
			return damaged(fileNames[i], "another length than its manifest says")
		}
	}
	if n := len(s.file[fileBlocks]); n%16 != 0 || n == 0 || len(s.file[fileIndex])%8 != 0 {
		return damaged(s.info.Name, "tables of odd length")
	}
	return nil
}

// verify compares all bytes with the hashes of the manifest.
func (s *segment) verify() error {
	for i, f := range s.info.Files {
		if sum := fmt.Sprintf("%016x", xxh3.Hash(s.file[i])); sum != f.Sum {
			return damaged(filepath.Join(s.info.Name, f.Name), "its hash is "+sum+", not "+f.Sum)
		}
	}
	return nil
}

func (s *segment) close() (err error) {
	for _, c := range s.closes {
		err = errors.Join(err, c())
	}
	s.closes = nil
	return err
}

func (s *segment) doc(i uint32) docEntry { return readDocEntry(s.file[fileDocs][int(i)*docBytes:]) }

// chunk returns an entry whose document exists and whose range lies in it.
func (s *segment) chunk(i uint32) chunkEntry {
	b := s.file[fileChunks][int(i)*chunkBytes:]
	e := chunkEntry{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])}
	if int(e.doc) >= s.info.Docs {
		return chunkEntry{}
	}
	return e
}

// text appends bytes of the records to dst.
func (s *segment) text(dst []byte, at int64, n int) ([]byte, error) {
	table := s.file[fileBlocks]
	blocks := len(table)/16 - 1
	raw := func(i int) int64 { return int64(binary.LittleEndian.Uint64(table[i*16:])) }
	if at < 0 || n < 0 || at+int64(n) < at || at+int64(n) > raw(blocks) {
		return dst, damaged(s.info.Name, "a document outside its text")
	}
	d, _ := s.zstd.Get().(*zstd.Decoder)
	if d == nil {
		var err error
		if d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20)); err != nil {
			panic(err) // an option is wrong
		}
	}
	defer s.zstd.Put(d)
	buf := make([]byte, 0, textBlock)
	for i := max(0, sort.Search(blocks, func(i int) bool { return raw(i) > at })-1); i < blocks && n > 0; i++ {
		from, to := binary.LittleEndian.Uint64(table[i*16+8:]), binary.LittleEndian.Uint64(table[i*16+24:])
		if from > to || to > uint64(len(s.file[fileText])) {
			return dst, damaged(s.info.Name, "a block outside its file")
		}
		var err error
		buf, err = d.DecodeAll(s.file[fileText][from:to], buf[:0])
		if err != nil || int64(len(buf)) != raw(i+1)-raw(i) || at < raw(i) || at-raw(i) > int64(len(buf)) {
			return dst, damaged(s.info.Name, fmt.Sprintf("block %d of its text (%v)", i, err))
		}
		piece := buf[at-raw(i):]
		piece = piece[:min(n, len(piece))]
		dst = append(dst, piece...)
		at, n = at+int64(len(piece)), n-len(piece)
	}
	if n > 0 {
		return dst, damaged(s.info.Name, "too little text")
	}
	return dst, nil
}

// span returns text[start:end] of a document.
func (s *segment) span(dst []byte, e docEntry, start, end int) ([]byte, error) {
	if start < 0 || start > end || end > int(e.length) || e.text < 0 {
		return dst, damaged(s.info.Name, "a range outside its document")
	}
	return s.text(dst, e.text+int64(start), end-start)
}

// head reads all of a document's record but its text.
func (s *segment) head(e docEntry) (record, error) {
	r, _, err := s.passage(nil, e, 0, 0)
	return r, err
}

// passage reads a document's record, and as its text only text[start:end]. buf
// is used for what is read.
func (s *segment) passage(buf []byte, e docEntry, start, end int) (record, []byte, error) {
	var r record
	if e.text < e.record || e.text-e.record > 1<<30 || start < 0 || start > end || end > int(e.length) {
		return r, buf, damaged(s.info.Name, "a record of odd length")
	}
	n := int(e.text - e.record)
	from := n + start
	var err error
	if start > textBlock { // far from its head
		if buf, err = s.text(buf[:0], e.record, n); err == nil {
			buf, err = s.text(buf, e.text+int64(start), end-start)
		}
		from = n
	} else {
		buf, err = s.text(buf[:0], e.record, n+end)
	}
	if err != nil {
		return r, buf, err
	}
	r.text = string(buf[from:])
	b := buf[:n]
	for _, field := range []*string{&r.id, &r.url, &r.title, &r.date} {
		n, k := binary.Uvarint(b)
		if k <= 0 || n > uint64(len(b)-k) {
			return r, buf, damaged(s.info.Name, "a record that does not parse")
		}
		*field, b = string(b[k:k+int(n)]), b[k+int(n):]
	}
	return r, buf, nil
}

// A termEntry is a term of the dictionary.
type termEntry struct {
	term []byte // valid until the next step
	n    int    // chunks that have it
	all  bounds
	post []byte
}

// A termReader steps through the dictionary.
type termReader struct {
	s     *segment
	block int
	left  int // terms left in the block
	data  []byte
	post  uint64
	entry termEntry
}

// at readies r before the first term of a block and reports whether there is one.
func (r *termReader) at(block int) bool {
	index := r.s.file[fileIndex]
	if block*8 >= len(index) {
		return false
	}
	from, to := binary.LittleEndian.Uint64(index[block*8:]), uint64(len(r.s.file[fileTerms]))
	if block*8+16 <= len(index) {
		to = binary.LittleEndian.Uint64(index[block*8+8:])
	}
	if from > to || to > uint64(len(r.s.file[fileTerms])) {
		return false
	}
	r.data = r.s.file[fileTerms][from:to]
	n, k := binary.Uvarint(r.data)
	if k <= 0 {
		return false
	}
	r.data, r.post, r.block, r.left = r.data[k:], n, block, termBlock
	r.entry.term = r.entry.term[:0]
	return true
}

// next reads the next term of the dictionary.
func (r *termReader) next() bool {
	if len(r.data) == 0 || r.left == 0 {
		if !r.at(r.block + 1) {
			return false
		}
	}
	var v [4]uint64
	d := r.data
	for i := range v {
		n, k := binary.Uvarint(d)
		if k <= 0 {
			r.data = nil
			return false
		}
		v[i], d = n, d[k:]
		if i == 1 {
			if v[0] > uint64(len(r.entry.term)) || v[1] > uint64(len(d)) {
				r.data = nil
				return false
			}
			r.entry.term = append(r.entry.term[:v[0]], d[:v[1]]...)
			d = d[v[1]:]
		}
	}
	post := r.s.file[filePost]
	if len(d) < 2 || v[2] > uint64(r.s.info.Chunks) || r.post > uint64(len(post)) || v[3] > uint64(len(post))-r.post {
		r.data = nil
		return false
	}
	r.entry.n, r.entry.post = int(v[2]), post[r.post:r.post+v[3]]
	r.entry.all = bounds{d[0] & (numCodes - 1), d[1]}
	r.post += v[3]
	r.data, r.left = d[2:], r.left-1
	return true
}

// find looks a term up.
func (s *segment) find(term []byte) (termEntry, bool) {
	r, ok := s.from(term)
	if ok && bytes.Equal(r.entry.term, term) {
		return r.entry, true
	}
	return termEntry{}, false
}

// from returns a reader that stands at the first term that is not before term.
func (s *segment) from(term []byte) (*termReader, bool) {
	r := &termReader{s: s}
	blocks := len(s.file[fileIndex]) / 8
	b := sort.Search(blocks, func(i int) bool { return !r.at(i) || !r.next() || bytes.Compare(r.entry.term, term) > 0 })
	if !r.at(max(0, b-1)) {
		return r, false
	}
	for r.next() {
		if bytes.Compare(r.entry.term, term) >= 0 {
			return r, true
		}
	}
	return r, false
}
