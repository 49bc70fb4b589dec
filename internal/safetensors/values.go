package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"feilun/internal/quant"
)

// F32 reads a tensor into dst, which has as many elements.
func (c *Checkpoint) F32(dst []float32, name string) error {
	return c.read(name, len(dst), func(at int, b []byte, width int, kind string) {
		for i := range len(b) / width {
			dst[at+i] = value(b[i*width:], kind)
		}
	})
}

// BF16 reads a tensor into dst, rounded to the nearest, ties to even.
func (c *Checkpoint) BF16(dst []uint16, name string) error {
	return c.read(name, len(dst), func(at int, b []byte, width int, kind string) {
		for i := range len(b) / width {
			if kind == "BF16" {
				dst[at+i] = binary.LittleEndian.Uint16(b[2*i:])
			} else {
				dst[at+i] = quant.ToBF16(value(b[i*width:], kind))
			}
		}
	})
}

// read calls each with pieces of a tensor's bytes.
func (c *Checkpoint) read(name string, n int, each func(at int, b []byte, width int, kind string)) error {
	t, ok := c.Tensor(name)
	if !ok {
		return fmt.Errorf("%w: no tensor %q", ErrFormat, name)
	}
	if t.Type != "F32" && t.Type != "F16" && t.Type != "BF16" {
		return fmt.Errorf("%w: %q has numbers of type %q; F32, F16 and BF16 are read", ErrFormat, name, t.Type)
	}
	if t.Len() != n {
		return fmt.Errorf("%w: %q has shape %v, want %d numbers", ErrFormat, name, t.Shape, n)
	}
	width := int(sizes[t.Type])
	buf := make([]byte, min(1<<20, n*width))
	for at := 0; at < n; {
		b := buf[:min(len(buf), (n-at)*width)]
		if _, err := c.files[t.file].ReadAt(b, t.from+int64(at*width)); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("%q: %w", name, err)
		}
		each(at, b, width, t.Type)
		at += len(b) / width
	}
	return nil
}

func value(b []byte, kind string) float32 {
	switch kind {
	case "F32":
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	case "BF16":
		return quant.FromBF16(binary.LittleEndian.Uint16(b))
	}
	return quant.FromHalf(binary.LittleEndian.Uint16(b))
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
