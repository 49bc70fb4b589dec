package fasttext

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// A reader reads little-endian values and remembers the first error, after
// which everything reads as zero. left is what the file still holds.
type reader struct {
	r    *bufio.Reader
	left int64
	err  error
	buf  [8]byte
}

func newReader(r io.Reader, size int64) *reader {
	return &reader{r: bufio.NewReaderSize(r, 1<<16), left: size}
}

func (in *reader) fill(b []byte) {
	if in.err == nil && int64(len(b)) > in.left {
		in.err = io.ErrUnexpectedEOF
	}
	if in.err == nil {
		_, in.err = io.ReadFull(in.r, b)
		in.left -= int64(len(b))
	}
	if in.err != nil {
		clear(b)
	}
}

func (in *reader) int32() int32 {
	in.fill(in.buf[:4])
	return int32(binary.LittleEndian.Uint32(in.buf[:4]))
}

func (in *reader) int64() int64 {
	in.fill(in.buf[:8])
	return int64(binary.LittleEndian.Uint64(in.buf[:8]))
}

func (in *reader) float64() float64 { return math.Float64frombits(uint64(in.int64())) }

func (in *reader) byte() byte {
	in.fill(in.buf[:1])
	return in.buf[0]
}

func (in *reader) bool() bool {
	b := in.byte()
	if b > 1 && in.err == nil {
		in.err = fmt.Errorf("flag of value %d", b)
	}
	return b == 1
}

// room reports whether the file can still hold n items of size bytes.
func (in *reader) room(n, size int64) bool { return in.err == nil && n >= 0 && n <= in.left/size }

// bytes reads n bytes; n must be backed by the file.
func (in *reader) bytes(n int64) ([]byte, error) {
	if !in.room(n, 1) {
		return nil, fmt.Errorf("%d bytes wanted where %d are left: %w", n, in.left, io.ErrUnexpectedEOF)
	}
	b := make([]byte, n)
	in.fill(b)
	return b, in.err
}

// floats reads n numbers, all of them finite; n must be backed by the file.
func (in *reader) floats(n int64) ([]float32, error) {
	if !in.room(n, 4) {
		return nil, fmt.Errorf("%d numbers wanted where %d bytes are left: %w", n, in.left, io.ErrUnexpectedEOF)
	}
	out := newLarge[float32](n)
	chunk := make([]byte, min(4*n, 1<<18))
	for part := out; len(part) > 0; {
		b := chunk[:min(len(chunk), 4*len(part))]
		in.fill(b)
		for i := range len(b) / 4 {
			part[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
			if d := part[i] - part[i]; d != 0 {
				return nil, fmt.Errorf("a weight is %v", part[i])
			}
		}
		part = part[len(b)/4:]
	}
	return out, in.err
}

// text appends the bytes before the next NUL to dst.
func (in *reader) text(dst []byte) []byte {
	for in.err == nil {
		part, err := in.r.ReadSlice(0)
		in.left -= int64(len(part))
		dst = append(dst, part...)
		if err == nil {
			return dst[:len(dst)-1]
		}
		if err != bufio.ErrBufferFull {
			in.err = io.ErrUnexpectedEOF
		}
	}
	return dst
}

// A writer writes little-endian values and remembers the first error.
type writer struct {
	w   *bufio.Writer
	err error
	buf [8]byte
}

func (out *writer) bytes(b []byte) {
	if out.err == nil {
		_, out.err = out.w.Write(b)
	}
}

func (out *writer) int32(v int32) {
	binary.LittleEndian.PutUint32(out.buf[:], uint32(v))
	out.bytes(out.buf[:4])
}

func (out *writer) int64(v int64) {
	binary.LittleEndian.PutUint64(out.buf[:], uint64(v))
	out.bytes(out.buf[:8])
}

func (out *writer) bool(v bool) {
	out.buf[0] = 0
	if v {
		out.buf[0] = 1
	}
	out.bytes(out.buf[:1])
}

func (out *writer) floats(x []float32) {
	chunk := make([]byte, 0, min(4*len(x), 1<<16))
	for len(x) > 0 && out.err == nil {
		n := min(len(x), 1<<14)
		chunk = chunk[:0]
		for _, v := range x[:n] {
			chunk = binary.LittleEndian.AppendUint32(chunk, math.Float32bits(v))
		}
		out.bytes(chunk)
		x = x[n:]
	}
}

// Save writes the model as fastText does: what [Load] reads comes back byte
// for byte.
func (m *Model) Save(w io.Writer) error {
	if m.flat != nil {
		return errCollapsed
	}
	out := &writer{w: bufio.NewWriterSize(w, 1<<16)}
	out.int32(magic)
	out.int32(m.version)
	for _, p := range m.fields() {
		out.int32(*p)
	}
	out.int64(int64(math.Float64bits(m.Sampling)))
	m.dict.save(out)
	_, quantized := m.input.(*codes)
	out.bool(quantized)
	m.input.save(out)
	out.bool(m.qout)
	m.output.save(out)
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}
