package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"feilun/internal/mapped"
	"feilun/internal/quant"
)

// F32 reads a tensor into dst, which has as many elements.
func (c *Checkpoint) F32(dst []float32, name string) error {
	return c.whole(name, len(dst), func(at int, b []byte, kind quant.Type) {
		quant.Decode(dst[at:at+len(b)/kind.Bytes(1)], kind, b)
	})
}

// BF16 reads a tensor into dst, rounded to the nearest, ties to even.
func (c *Checkpoint) BF16(dst []uint16, name string) error {
	var numbers []float32
	return c.whole(name, len(dst), func(at int, b []byte, kind quant.Type) {
		n := len(b) / kind.Bytes(1)
		if kind == quant.BF16 {
			for i := range dst[at : at+n] {
				dst[at+i] = binary.LittleEndian.Uint16(b[2*i:])
			}
			return
		}
		numbers = slices.Grow(numbers[:0], n)[:n]
		quant.Decode(numbers, kind, b)
		for i, v := range numbers {
			dst[at+i] = quant.ToBF16(v)
		}
	})
}

// Rows calls each with some rows of a matrix as they are, in order, and their kind of numbers; a
// row is valid until it returns. Several goroutines may read rows of the same matrix.
func (c *Checkpoint) Rows(name string, from, to int, each func(i int, kind quant.Type, row []byte)) error {
	t, ok := c.Tensor(name)
	if !ok {
		return fmt.Errorf("%w: no tensor %q", ErrFormat, name)
	}
	if len(t.Shape) != 2 || from < 0 || from > to || to > t.Shape[0] {
		return fmt.Errorf("%w: %q is no matrix with rows %d to %d", ErrFormat, name, from, to)
	}
	n := t.Shape[1]
	return c.pieces(&t, from*n, to*n, n, func(at int, b []byte, kind quant.Type) {
		size := kind.Bytes(n)
		for i := 0; i < len(b); i += size {
			each(at/n+i/size, kind, b[i:i+size])
		}
	})
}

// kinds are the types of numbers that are read.
var kinds = map[string]quant.Type{"F32": quant.F32, "F16": quant.F16, "BF16": quant.BF16}

// whole calls each with pieces of all of a tensor of n numbers, as pieces does.
func (c *Checkpoint) whole(name string, n int, each func(at int, b []byte, kind quant.Type)) error {
	t, ok := c.Tensor(name)
	if !ok {
		return fmt.Errorf("%w: no tensor %q", ErrFormat, name)
	}
	if t.Len() != n {
		return fmt.Errorf("%w: %q has shape %v, want %d numbers", ErrFormat, name, t.Shape, n)
	}
	return c.pieces(&t, 0, n, 1, each)
}

// pieces calls each with the bytes of a tensor's numbers from first up to end, in pieces of whole
// steps of numbers, and with the number that a piece begins with.
func (c *Checkpoint) pieces(t *Tensor, first, end, step int, each func(at int, b []byte, kind quant.Type)) error {
	kind, known := kinds[t.Type]
	if !known {
		return fmt.Errorf("%w: %q has numbers of type %q; F32, F16 and BF16 are read", ErrFormat, t.Name, t.Type)
	}
	width := kind.Bytes(1)
	err := mapped.Pieces(c.files[t.file], t.from+int64(first)*int64(width), (end-first)*width, step*width, func(at int, b []byte) { each(first+at/width, b, kind) })
	if err != nil {
		return fmt.Errorf("%q: %w", t.Name, err)
	}
	return nil
}

// An Entry is a tensor to write.
type Entry struct {
	Name  string
	Shape []int
	Data  []float32
}

// Write writes tensors as F32, or rounded as BF16, in their order.
func Write(w io.Writer, entries []Entry, metadata map[string]string, bf16 bool) error {
	width, kind := int64(4), "F32"
	if bf16 {
		width, kind = 2, "BF16"
	}
	head := []byte{'{'}
	if metadata != nil {
		b, err := json.Marshal(metadata)
		if err != nil {
			return err
		}
		head = append(append(head, `"__metadata__":`...), b...)
	}
	at := int64(0)
	for _, e := range entries {
		name, err := json.Marshal(e.Name)
		if err != nil {
			return err
		}
		shape, err := json.Marshal(e.Shape)
		if err != nil {
			return err
		}
		if len(head) > 1 {
			head = append(head, ',')
		}
		end := at + width*int64(len(e.Data))
		head = fmt.Appendf(head, `%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, name, kind, shape, at, end)
		at = end
	}
	head = append(head, '}')
	for len(head)%8 != 0 {
		head = append(head, ' ')
	}
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], uint64(len(head)))
	if _, err := w.Write(append(size[:], head...)); err != nil {
		return err
	}
	for _, e := range entries {
		if err := writeData(w, e.Data, bf16); err != nil {
			return err
		}
	}
	return nil
}

func writeData(w io.Writer, data []float32, bf16 bool) error {
	buf := make([]byte, 0, 1<<16)
	for len(data) > 0 {
		n := min(len(data), 1<<14)
		buf = buf[:0]
		for _, v := range data[:n] {
			if bf16 {
				buf = binary.LittleEndian.AppendUint16(buf, quant.ToBF16(v))
			} else {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
			}
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
