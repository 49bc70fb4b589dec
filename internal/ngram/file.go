package ngram

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// Magic begins a model in binary form; the digit is the format's version.
const Magic = "feilun.ngram/1\n"

// Open reads a model in binary form or ARPA text, which may be compressed with
// gzip or zstd.
func Open(name string) (*Model, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// Read is [Open] for a stream.
func Read(r io.Reader) (*Model, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.Peek(len(Magic))
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case string(head) == Magic:
		return readBinary(in)
	case bytes.HasPrefix(head, []byte("mmap lm ")):
		return nil, fmt.Errorf("%w: a binary model of KenLM; make ARPA text of it, or train anew", ErrFormat)
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		}
		return ReadARPA(z)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		}
		defer z.Close()
		return ReadARPA(z)
	}
	return ReadARPA(in)
}

// Write writes the model in binary form: the magic line; order and number of
// words; each word with its length; for each length the number of n-grams,
// then parents, last words, probabilities and back-offs; an XXH3 of it all.
// Numbers are little-endian, of 32 bits, but for the 64 of the hash.
func (m *Model) Write(w io.Writer) error {
	hash := xxh3.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, hash), 1<<16)
	out.WriteString(Magic)
	put := func(v uint32) { binary.Write(out, binary.LittleEndian, v) }
	put(uint32(len(m.levels)))
	put(uint32(len(m.words)))
	for _, word := range m.words {
		put(uint32(len(word)))
		out.WriteString(word)
	}
	for n := range m.levels {
		l := &m.levels[n]
		put(uint32(len(l.word)))
		for _, v := range []any{l.parent, l.word, l.prob, l.back} {
			if err := binary.Write(out, binary.LittleEndian, v); err != nil {
				return err
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, hash.Sum64())
}

// A reader reads binary form; its first error stays.
type reader struct {
	in   *bufio.Reader
	hash *xxh3.Hasher
	buf  []byte
	err  error
}

// bytes returns the next n bytes, valid until the next call. Memory grows with
// what is there, not with what is claimed.
func (r *reader) bytes(n int) []byte {
	r.buf = r.buf[:0]
	for len(r.buf) < n && r.err == nil {
		from := len(r.buf)
		r.buf = append(r.buf, make([]byte, min(n-from, 1<<20))...)
		if _, err := io.ReadFull(r.in, r.buf[from:]); err != nil {
			r.err = io.ErrUnexpectedEOF
			return nil
		}
	}
	if r.err != nil {
		return nil
	}
	r.hash.Write(r.buf)
	return r.buf
}

func (r *reader) uint32() uint32 {
	if b := r.bytes(4); r.err == nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// list reads n numbers.
func (r *reader) list(n int) []uint32 {
	var out []uint32
	for left := n; left > 0 && r.err == nil; {
		k := min(left, 1<<18)
		b := r.bytes(4 * k)
		for ; len(b) >= 4; b = b[4:] {
			out = append(out, binary.LittleEndian.Uint32(b))
		}
		left -= k
	}
	return out
}

func (r *reader) floats(n int) []float32 {
	list := r.list(n)
	out := make([]float32, len(list))
	for i, v := range list {
		out[i] = math.Float32frombits(v)
	}
	return out
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func readBinary(in *bufio.Reader) (*Model, error) {
	r := &reader{in: in, hash: xxh3.New()}
	r.bytes(len(Magic))
	m := r.model()
	sum := r.hash.Sum64()
	var end [8]byte
	if r.err == nil {
		if _, err := io.ReadFull(in, end[:]); err != nil {
			r.err = io.ErrUnexpectedEOF
		} else if binary.LittleEndian.Uint64(end[:]) != sum {
			r.err = errors.New("the checksum does not fit: the file is damaged")
		}
	}
	if r.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, r.err)
	}
	return m, nil
}

func (r *reader) model() *Model {
	order, words := r.uint32(), r.uint32()
	if order < 1 || order > MaxOrder || words < 3 {
		r.fail("order %d, %d words", order, words)
		return nil
	}
	m := &Model{ids: map[string]uint32{}, levels: make([]level, order)}
	for i := uint32(0); i < words && r.err == nil; i++ {
		n := r.uint32()
		if n > maxLine {
			r.fail("word %d has %d bytes", i, n)
		}
		w := string(r.bytes(int(n)))
		m.ids[w] = i
		m.words = append(m.words, w)
	}
	if r.err == nil && (len(m.ids) != len(m.words) || m.ids[Begin] != beginID || m.ids[End] != endID || m.ids[Unknown] != unknownID) {
		r.fail("the words are not numbered as they should be")
	}
	for n := range m.levels {
		if r.err != nil {
			return nil
		}
		r.level(m, n)
	}
	return m
}

// above1 reports logarithms of what is no probability; NaN stands for none.
func above1(p float32) bool { return p > 0 || p < -2e30 }

func (r *reader) level(m *Model, n int) {
	l := &m.levels[n]
	count := int(r.uint32())
	l.parent, l.word, l.prob, l.back = r.list(count), r.list(count), r.floats(count), r.floats(count)
	if r.err != nil {
		return
	}
	if e := slices.IndexFunc(l.prob, above1); e >= 0 {
		r.fail("n-gram %d of %d words has no probability: %v", e, n+1, l.prob[e])
	} else if e := slices.IndexFunc(l.back, func(v float32) bool { return !(v > -2e30 && v < 2e30) }); e >= 0 {
		r.fail("n-gram %d of %d words has a back-off of %v", e, n+1, l.back[e])
	}
	if n == 0 {
		if count != len(m.words) {
			r.fail("%d single n-grams of %d words", count, len(m.words))
		} else if slices.ContainsFunc(l.prob, func(p float32) bool { return p != p }) {
			r.fail("a single word has no probability")
		}
		return
	}
	below := uint32(len(m.levels[n-1].word))
	for e := range l.word {
		if l.parent[e] >= below || l.word[e] >= uint32(len(m.words)) {
			r.fail("n-gram %d of %d words leads nowhere", e, n+1)
			return
		}
	}
	size := 16
	for 3*count > 2*size {
		size *= 2
	}
	l.slots = make([]uint32, size)
	for e := range l.word {
		if _, ok := l.find(l.parent[e], l.word[e]); ok {
			r.fail("an n-gram of %d words stands there twice", n+1)
			return
		}
		l.insert(uint32(e))
	}
}
