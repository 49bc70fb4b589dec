package quality

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"feilun/internal/atomicfile"

	"github.com/klauspost/compress/zstd"
)

// magic starts a model file of version 1; docs/formats/quality-model.md tells
// the rest.
const magic = "feilunQ1"

// Limits of what a model file may claim.
const (
	maxHeader = 16 << 20
	maxModel  = 1 << 30 // bytes, decompressed
)

// ErrFormat is wrapped by every complaint about the bytes of a model.
var ErrFormat = errors.New("not a usable quality model")

// A header is the readable part of a model file.
type header struct {
	Kind    string        `json:"kind"`
	Trained *Result       `json:"trained"`
	GPT3    *gpt3Header   `json:"gpt3,omitempty"`
	Signals *signalHeader `json:"signals,omitempty"`

	Perplexity *perplexityHeader `json:"perplexity,omitempty"`
}

// Save writes the model. Equal models give equal bytes.
func (m *Model) Save(name string) error {
	if f, ok := m.scorer.(*fasttextModel); ok {
		if f.trained == nil {
			return errors.New("a fastText model that was read is kept in its own file")
		}
		return atomicfile.Write(name, f.trained.Save)
	}
	if m.header.Signals != nil {
		if err := m.header.Signals.relate(name); err != nil {
			return err
		}
	}
	b, err := m.encode()
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(name, b)
}

func (m *Model) encode() ([]byte, error) {
	head, err := json.Marshal(m.header)
	if err != nil {
		return nil, err
	}
	plain := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
	plain = append(append(plain, head...), m.body...)
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
	if err != nil {
		return nil, err
	}
	return seal(z.EncodeAll(plain, nil)), nil
}

// seal puts magic and checksum before the compressed part of a file.
func seal(packed []byte) []byte {
	digest := sha256.Sum256(packed)
	return append(append([]byte(magic), digest[:]...), packed...)
}

// openOwn reads a model file of [Model.Save].
func openOwn(name string) (*Model, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	m, err := decode(b, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// decode reads the bytes of a model file; name is where it lies, for the models
// it stands on.
func decode(b []byte, name string) (*Model, error) {
	h, body, err := unpack(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	m := &Model{Kind: h.Kind, header: h, body: body}
	switch {
	case h.Kind == "gpt3" && h.GPT3 != nil:
		m.scorer, err = newGPT3(*h.GPT3, body)
	case h.Kind == "perplexity" && h.Perplexity != nil:
		m.scorer, err = readPerplexity(*h.Perplexity, body)
	case h.Kind == "signals" && h.Signals != nil:
		var s *signals
		if s, err = newSignals(*h.Signals, body, name); err == nil {
			m.scorer = s
			for _, o := range s.others {
				m.size += o.Memory(1)
			}
		}
	default:
		err = fmt.Errorf("kind %q is not known to this version", h.Kind)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return m, nil
}

func unpack(b []byte) (h header, body []byte, err error) {
	const front = len(magic) + sha256.Size
	if len(b) < front || string(b[:len(magic)]) != magic {
		return h, nil, errors.New("no feilunQ1 at the start")
	}
	if digest := sha256.Sum256(b[front:]); !bytes.Equal(digest[:], b[len(magic):front]) {
		return h, nil, errors.New("checksum differs: the file is damaged")
	}
	z, err := zstd.NewReader(bytes.NewReader(b[front:]), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxModel))
	if err != nil {
		return h, nil, err
	}
	defer z.Close()
	plain, err := io.ReadAll(io.LimitReader(z, maxModel+1))
	if err != nil {
		return h, nil, err
	}
	if len(plain) < 4 || len(plain) > maxModel {
		return h, nil, fmt.Errorf("%d bytes of content", len(plain))
	}
	n := binary.LittleEndian.Uint32(plain)
	if n > maxHeader || int(n) > len(plain)-4 {
		return h, nil, fmt.Errorf("header of %d bytes", n)
	}
	return h, plain[4+n:], json.Unmarshal(plain[4:4+n], &h)
}

func appendFloats(b []byte, x []float32) []byte {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// floats reads n numbers, all of them finite.
func floats(b []byte, n int) ([]float32, error) {
	if len(b) != 4*n {
		return nil, fmt.Errorf("%d bytes of weights, want %d", len(b), 4*n)
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if v := float64(x[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("weight %d is %v", i, x[i])
		}
	}
	return x, nil
}
