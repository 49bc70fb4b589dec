// Package quant holds the ways in which weights are stored in fewer bits: single
// numbers (F32, F16, BF16) and ggml's blocks (Q8_0, Q4_0, Q4_K, Q6_K), byte for byte
// as ggml defines them. Start with [Encode] and [Decode]. Files are the affair of
// internal/gguf, products with such weights that of internal/tensor.
package quant

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// A Type is a way of storing numbers; its number is ggml's (enum ggml_type).
type Type uint32

// The types that are read and written.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2  // 32 numbers of 4 bits with a scale
	Q8_0 Type = 8  // 32 numbers of 8 bits with a scale
	Q4_K Type = 12 // 256 numbers of 4 bits, 8 scales and minima of 6 bits
	Q6_K Type = 14 // 256 numbers of 6 bits, 16 scales of 8 bits
	BF16 Type = 30
)

// Types are all of them, the widest first.
func Types() []Type { return []Type{F32, F16, BF16, Q8_0, Q6_K, Q4_K, Q4_0} }

// A form describes a type: how many numbers are in a block of how many bytes.
type form struct {
	name          string
	values, bytes int
}

func (t Type) form() form {
	switch t {
	case F32:
		return form{"F32", 1, 4}
	case F16:
		return form{"F16", 1, 2}
	case BF16:
		return form{"BF16", 1, 2}
	case Q8_0:
		return form{"Q8_0", 32, 34}
	case Q4_0:
		return form{"Q4_0", 32, 18}
	case Q4_K:
		return form{"Q4_K", super, 144}
	case Q6_K:
		return form{"Q6_K", super, 210}
	}
	return form{}
}

// String returns ggml's name of the type.
func (t Type) String() string {
	if f := t.form(); f.name != "" {
		return f.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Parse returns the type of a name, in capitals or not.
func Parse(name string) (Type, error) {
	var names []string
	for _, t := range Types() {
		if strings.EqualFold(t.String(), name) {
			return t, nil
		}
		names = append(names, t.String())
	}
	return 0, fmt.Errorf("no type %q of numbers; known are %s", name, strings.Join(names, ", "))
}

// Known reports whether the type is one of [Types].
func (t Type) Known() bool { return t.form().values > 0 }

// Block returns how many numbers make a block, 0 for types that are not known.
func (t Type) Block() int { return t.form().values }

// Bytes returns the size of n numbers; n is a multiple of [Type.Block].
func (t Type) Bytes(n int) int {
	f := t.form()
	return n / f.values * f.bytes
}

// Decode turns src, blocks of type t, into numbers, exactly as ggml does. len(dst)
// is a multiple of the block, src has at least that many bytes.
func Decode(dst []float32, t Type, src []byte) {
	src = src[:t.Bytes(len(dst))]
	f := t.form()
	switch t {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i : 4*i+4]))
		}
	case F16:
		for i := range dst {
			dst[i] = FromHalf(binary.LittleEndian.Uint16(src[2*i : 2*i+2]))
		}
	case BF16:
		for i := range dst {
			dst[i] = FromBF16(binary.LittleEndian.Uint16(src[2*i : 2*i+2]))
		}
	default:
		decode := map[Type]func([]float32, []byte){Q8_0: decodeQ80, Q4_0: decodeQ40, Q4_K: decodeQ4K, Q6_K: decodeQ6K}[t]
		for i := 0; i < len(dst); i += f.values {
			decode(dst[i:i+f.values], src[i/f.values*f.bytes:][:f.bytes])
		}
	}
}

// Encode turns numbers into blocks of type t. Q8_0 and Q4_0 are ggml's reference,
// Q4_K and Q6_K have a search for scales of our own. A number in a block that is not
// finite, or too large for its half-precision scale, is an error.
func Encode(dst []byte, t Type, src []float32) error {
	dst = dst[:t.Bytes(len(src))]
	f := t.form()
	switch t {
	case F32:
		for i, v := range src {
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
		}
	case F16:
		for i, v := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], ToHalf(v))
		}
	case BF16:
		for i, v := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], ToBF16(v))
		}
	default:
		encode := map[Type]func([]byte, []float32){Q8_0: encodeQ80, Q4_0: encodeQ40, Q4_K: encodeQ4K, Q6_K: encodeQ6K}[t]
		for i := 0; i < len(src); i += f.values {
			block := src[i : i+f.values]
			for j, v := range block {
				if !(v <= maxBlock && v >= -maxBlock) {
					return fmt.Errorf("number %d is %v: %s holds numbers up to %d", i+j, v, t, maxBlock)
				}
			}
			encode(dst[i/f.values*f.bytes:][:f.bytes], block)
		}
	}
	return nil
}

// maxBlock is the largest number whose scale fits into half precision in every type.
const maxBlock = 65504 * 4

// round is C's roundf: halves go away from zero.
func round(v float32) float32 {
	return float32(math.Round(float64(v)))
}
