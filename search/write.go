package search

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// Files of a segment; see docs/formats/search-index.md.
const (
	fileDocs   = iota // an entry of docBytes a document
	fileChunks        // an entry of chunkBytes a chunk
	fileLens          // a byte a chunk: its length in terms
	fileText          // compressed blocks of records
	fileBlocks        // an entry of 16 bytes a block, and one more
	fileTerms         // the dictionary, termBlock terms a block
	fileIndex         // offsets of its blocks
	filePost          // postings
	numFiles
)

var fileNames = [numFiles]string{"docs", "chunks", "lens", "text", "blocks", "terms", "index", "post"}

const (
	docBytes   = 44
	chunkBytes = 12
	textBlock  = 16 << 10 // of records before compression
	termBlock  = 32
)

// A docEntry is what the table of documents says of one.
type docEntry struct {
	record  int64 // place of its record among all records
	text    int64 // place of its text
	length  uint32
	version Version
	host    uint32 // hash of its host, 0 without one
	day     int32  // date, as days since 1970; noDay without one
}

const noDay = math.MinInt32

func (d *docEntry) append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(d.record))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(d.text))
	dst = binary.LittleEndian.AppendUint32(dst, d.length)
	dst = append(dst, d.version[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, d.host)
	return binary.LittleEndian.AppendUint32(dst, uint32(d.day))
}

func readDocEntry(b []byte) docEntry {
	return docEntry{
		record: int64(binary.LittleEndian.Uint64(b)), text: int64(binary.LittleEndian.Uint64(b[8:])),
		length: binary.LittleEndian.Uint32(b[16:]), version: Version(b[20:36]),
		host: binary.LittleEndian.Uint32(b[36:]), day: int32(binary.LittleEndian.Uint32(b[40:])),
	}
}

// A chunkEntry places a chunk in its document's text.
type chunkEntry struct{ doc, start, end uint32 }

// A segmentWriter writes the files of a segment into a folder.
type segmentWriter struct {
	dir     string
	files   [numFiles]*os.File
	out     [numFiles]*bufio.Writer
	sum     [numFiles]*xxh3.Hasher
	size    [numFiles]int64
	err     error
	zstd    *zstd.Encoder
	raw     []byte // records not yet compressed
	rawAt   int64  // place of raw[0]
	scratch []byte
	info    segmentInfo

	terms    int
	lastTerm []byte
}

// segmentInfo is what the manifest says of a segment.
type segmentInfo struct {
	Name   string     `json:"name"`
	Level  int        `json:"level"` // how often its documents were merged
	Docs   int        `json:"docs"`
	Chunks int        `json:"chunks"`
	Tokens int64      `json:"tokens"` // of all chunks
	Text   int64      `json:"text"`   // bytes of text
	Files  []fileInfo `json:"files"`
}

type fileInfo struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Sum  string `json:"xxh3"`
}

func newSegmentWriter(dir string) (*segmentWriter, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // an option is wrong
	}
	w := &segmentWriter{dir: dir, zstd: enc}
	for i, name := range fileNames {
		if w.files[i], err = os.Create(filepath.Join(dir, name)); err != nil {
			w.abort()
			return nil, err
		}
		w.out[i], w.sum[i] = bufio.NewWriterSize(w.files[i], 1<<16), xxh3.New()
	}
	return w, nil
}

func (w *segmentWriter) write(file int, b []byte) {
	if w.err != nil {
		return
	}
	_, w.err = w.out[file].Write(b)
	w.sum[file].Write(b)
	w.size[file] += int64(len(b))
}

// A record is a document as it is stored.
type record struct {
	id, url, title, date, text string
}

func (r *record) appendHead(dst []byte) []byte {
	for _, s := range []string{r.id, r.url, r.title, r.date} {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	return dst
}

// doc adds a document, whose chunks follow.
func (w *segmentWriter) doc(r *record, v Version) {
	if len(r.text) > math.MaxUint32 {
		w.err = errors.Join(w.err, fmt.Errorf("document %q has more than 4 GiB of text", r.id))
		return
	}
	e := docEntry{record: w.rawAt + int64(len(w.raw)), length: uint32(len(r.text)), version: v, host: hostHash(r.url), day: dayOf(r.date)}
	w.raw = r.appendHead(w.raw)
	e.text = w.rawAt + int64(len(w.raw))
	w.raw = append(w.raw, r.text...)
	for len(w.raw) >= textBlock {
		w.compress(textBlock)
	}
	w.entry(e)
}

func (w *segmentWriter) entry(e docEntry) {
	w.scratch = e.append(w.scratch[:0])
	w.write(fileDocs, w.scratch)
	w.info.Docs++
	w.info.Text += int64(e.length)
}

// compress writes the next n raw bytes as a block.
func (w *segmentWriter) compress(n int) {
	w.blockEntry()
	w.scratch = w.zstd.EncodeAll(w.raw[:n], w.scratch[:0])
	w.write(fileText, w.scratch)
	w.raw = w.raw[:copy(w.raw, w.raw[n:])]
	w.rawAt += int64(n)
}

func (w *segmentWriter) blockEntry() {
	b := binary.LittleEndian.AppendUint64(nil, uint64(w.rawAt))
	w.write(fileBlocks, binary.LittleEndian.AppendUint64(b, uint64(w.size[fileText])))
}

// chunk adds a chunk, of the given length in terms.
func (w *segmentWriter) chunk(e chunkEntry, length uint8) {
	b := binary.LittleEndian.AppendUint32(w.scratch[:0], e.doc)
	b = binary.LittleEndian.AppendUint32(b, e.start)
	w.scratch = binary.LittleEndian.AppendUint32(b, e.end)
	w.write(fileChunks, w.scratch)
	w.write(fileLens, []byte{length})
	w.info.Chunks++
	w.info.Tokens += int64(lengthOf(length) + 0.5)
}

// term adds a term with its postings. Terms come in the order of their bytes.
func (w *segmentWriter) term(term []byte, chunks []uint32, codes, lengths []uint8) {
	post, all := appendPostings(w.scratch[:0], chunks, codes, lengths)
	w.scratch = post
	b := make([]byte, 0, 64)
	shared := 0
	if w.terms%termBlock == 0 {
		w.write(fileIndex, binary.LittleEndian.AppendUint64(nil, uint64(w.size[fileTerms])))
		b = binary.AppendUvarint(b, uint64(w.size[filePost]))
	} else {
		for shared < len(term) && shared < len(w.lastTerm) && term[shared] == w.lastTerm[shared] {
			shared++
		}
	}
	b = binary.AppendUvarint(b, uint64(shared))
	b = binary.AppendUvarint(b, uint64(len(term)-shared))
	b = append(b, term[shared:]...)
	b = binary.AppendUvarint(b, uint64(len(chunks)))
	b = binary.AppendUvarint(b, uint64(len(post)))
	b = append(b, all.code, all.length)
	w.write(fileTerms, b)
	w.write(filePost, post)
	w.lastTerm = append(w.lastTerm[:0], term...)
	w.terms++
}

// close finishes the files and syncs them.
func (w *segmentWriter) close() (segmentInfo, error) {
	if len(w.raw) > 0 {
		w.compress(len(w.raw))
	}
	w.blockEntry()
	w.zstd.Close()
	for i, f := range w.files {
		w.err = errors.Join(w.err, w.out[i].Flush(), f.Sync(), f.Close())
		w.info.Files = append(w.info.Files, fileInfo{fileNames[i], w.size[i], fmt.Sprintf("%016x", w.sum[i].Sum64())})
	}
	if w.err != nil {
		return segmentInfo{}, w.err
	}
	return w.info, syncDir(w.dir)
}

// abort leaves what was written to the next writer of the folder.
func (w *segmentWriter) abort() {
	w.zstd.Close()
	for _, f := range w.files {
		if f != nil {
			f.Close()
		}
	}
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// lengthByte stores a number of terms with 1/16 of an octave.
func lengthByte(n int) uint8 {
	return uint8(min(255, math.Round(16*math.Log2(1+float64(n)/8))))
}

func lengthOf(b uint8) float64 { return 8 * (math.Exp2(float64(b)/16) - 1) }
