// Package tokens reads and writes files of token numbers: Megatron's pair of
// .bin and .idx, and the plain form of datatrove, .ds with .ds.index. Start with
// [NewWriter] and [Open]. It does not encode text. Formats: docs/formats/tokens.md.
package tokens

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// The forms of a file.
const (
	Megatron = "megatron" // NAME.bin and NAME.idx
	Plain    = "plain"    // NAME.ds and NAME.ds.index
)

// FolderFormat names the form of the manifest of a folder of such files, with its version.
const FolderFormat = "feilun.tokens/1"

// Codes of number types in a Megatron index.
const (
	codeInt32  = 4
	codeUint16 = 8
)

const megatronMagic = "MMIDIDX\x00\x00"

// ErrFormat is wrapped by every complaint about the bytes of a file.
var ErrFormat = errors.New("not a usable file of tokens")

// Wide reports whether numbers of a vocabulary of this size need 32 bits.
func Wide(vocabulary int) bool { return vocabulary > math.MaxUint16+1 }

// A Writer writes documents of tokens and, at the end, their index. It holds 4
// bytes a document.
type Writer struct {
	form  string
	wide  bool
	bin   *bufio.Writer
	index io.Writer
	sizes []uint32
	buf   []byte
}

// NewWriter returns a writer of a form, for the two files that [Names] gives.
func NewWriter(form string, wide bool, bin, index io.Writer) (*Writer, error) {
	if form != Megatron && form != Plain {
		return nil, fmt.Errorf("no format %q of token files; known are %s, %s", form, Megatron, Plain)
	}
	return &Writer{form: form, wide: wide, bin: bufio.NewWriterSize(bin, 1<<16), index: index}, nil
}

// Names returns the names of the two files of a form.
func Names(form, name string) (bin, index string) {
	if form == Megatron {
		return name + ".bin", name + ".idx"
	}
	return name + ".ds", name + ".ds.index"
}

// Write writes a document.
func (w *Writer) Write(ids []uint32) error {
	if len(ids) > math.MaxInt32 {
		return fmt.Errorf("a document of %d tokens is too long", len(ids))
	}
	w.buf = w.buf[:0]
	for _, id := range ids {
		if w.wide {
			w.buf = binary.LittleEndian.AppendUint32(w.buf, id)
		} else if id > math.MaxUint16 {
			return fmt.Errorf("token %d does not fit into 16 bits", id)
		} else {
			w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(id))
		}
	}
	w.sizes = append(w.sizes, uint32(len(ids)))
	_, err := w.bin.Write(w.buf)
	return err
}

func width(wide bool) int64 {
	if wide {
		return 4
	}
	return 2
}

// Close writes the index.
func (w *Writer) Close() error {
	if err := w.bin.Flush(); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w.index, 1<<16)
	put := func(v any) { binary.Write(out, binary.LittleEndian, v) }
	if w.form == Plain {
		end := uint64(0)
		for _, n := range w.sizes {
			end += uint64(n)
			put(end)
		}
		return out.Flush()
	}
	out.WriteString(megatronMagic)
	code := byte(codeUint16)
	if w.wide {
		code = codeInt32
	}
	put(uint64(1))
	put(code)
	put(uint64(len(w.sizes)))
	put(uint64(len(w.sizes) + 1))
	put(w.sizes)
	at := int64(0)
	for _, n := range w.sizes {
		put(at)
		at += int64(n) * width(w.wide)
	}
	for i := range len(w.sizes) + 1 {
		put(int64(i))
	}
	return out.Flush()
}

// A Set is a file of tokens to read. Any number of goroutines may read it.
type Set struct {
	f     *os.File
	wide  bool
	start []int64 // first token of each document, and the end
}

// Open opens the files of a form. Wide is asked for by the plain form, which
// does not say it.
func Open(form, name string, wide bool) (*Set, error) {
	bin, index := Names(form, name)
	b, err := os.ReadFile(index)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(bin)
	if err != nil {
		return nil, err
	}
	s := &Set{f: f, wide: wide}
	info, err := f.Stat()
	if err == nil {
		err = s.read(form, b, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", index, err)
	}
	return s, nil
}

func (s *Set) read(form string, b []byte, size int64) error {
	var err error
	if form == Megatron {
		err = s.megatron(b)
	} else {
		err = s.plain(b)
	}
	if err == nil && s.start[len(s.start)-1]*width(s.wide) != size {
		err = fmt.Errorf("%w: %d tokens by the index, %d bytes of tokens", ErrFormat, s.start[len(s.start)-1], size)
	}
	return err
}

func (s *Set) plain(b []byte) error {
	if len(b)%8 != 0 {
		return fmt.Errorf("%w: %d bytes of index", ErrFormat, len(b))
	}
	s.start = append(s.start, 0)
	for ; len(b) > 0; b = b[8:] {
		end := binary.LittleEndian.Uint64(b)
		if end > 1<<48 || int64(end) < s.start[len(s.start)-1] {
			return fmt.Errorf("%w: document %d ends at %d", ErrFormat, len(s.start)-1, end)
		}
		s.start = append(s.start, int64(end))
	}
	return nil
}

// megatron reads an index whose sequences are documents, or whose documents
// are rows of sequences; rows are what counts here.
func (s *Set) megatron(b []byte) error {
	const head = len(megatronMagic) + 8 + 1 + 8 + 8
	if len(b) < head || string(b[:len(megatronMagic)]) != megatronMagic {
		return fmt.Errorf("%w: no %q at the start", ErrFormat, megatronMagic[:7])
	}
	b = b[len(megatronMagic):]
	version, code := binary.LittleEndian.Uint64(b), b[8]
	rows, docs := binary.LittleEndian.Uint64(b[9:]), binary.LittleEndian.Uint64(b[17:])
	b = b[25:]
	if version != 1 || code != codeUint16 && code != codeInt32 {
		return fmt.Errorf("%w: version %d, type of numbers %d", ErrFormat, version, code)
	}
	if rows > 1<<40 || docs > 1<<40 || uint64(len(b)) != rows*12+docs*8 {
		return fmt.Errorf("%w: %d sequences and %d documents in %d bytes", ErrFormat, rows, docs, len(b))
	}
	s.wide = code == codeInt32
	s.start = append(make([]int64, 0, rows+1), 0)
	at := int64(0)
	for i := range rows {
		n := binary.LittleEndian.Uint32(b[4*i:])
		if offset := binary.LittleEndian.Uint64(b[4*rows+8*i:]); offset != uint64(at*width(s.wide)) || n > math.MaxInt32 {
			return fmt.Errorf("%w: sequence %d does not follow the one before", ErrFormat, i)
		}
		at += int64(n)
		s.start = append(s.start, at)
	}
	return nil
}

// Docs returns the number of documents.
func (s *Set) Docs() int { return len(s.start) - 1 }

// Total returns the number of tokens.
func (s *Set) Total() int64 { return s.start[len(s.start)-1] }

// Bounds returns the first token of a document and the first behind it.
func (s *Set) Bounds(doc int) (from, to int64) { return s.start[doc], s.start[doc+1] }

// At reads tokens from a place on into dst.
func (s *Set) At(dst []uint32, from int64) error {
	w := width(s.wide)
	buf := make([]byte, int64(len(dst))*w)
	if _, err := s.f.ReadAt(buf, from*w); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	for i := range dst {
		if s.wide {
			dst[i] = binary.LittleEndian.Uint32(buf[4*i:])
		} else {
			dst[i] = uint32(binary.LittleEndian.Uint16(buf[2*i:]))
		}
	}
	return nil
}

// Doc reads a document.
func (s *Set) Doc(doc int) ([]uint32, error) {
	from, to := s.Bounds(doc)
	ids := make([]uint32, to-from)
	return ids, s.At(ids, from)
}

// Close closes the file.
func (s *Set) Close() error { return s.f.Close() }
