package langid

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Magic opens a model file; the rest is one zstd frame: uint32 length of the
// header, the header as JSON, then the rows of each group. docs/formats/language-model.md.
const Magic = "feilunL1"

const (
	maxHeader = 1 << 20
	maxModel  = 256 << 20 // bytes of rows; ours has 5 MB
)

// A Header says what a model file holds.
type Header struct {
	Note   string  `json:"note"` // what it was trained on, for credit
	Seed   int64   `json:"seed"`
	Groups []Group `json:"groups"`
}

// A Group tells the languages of one script apart. Its rows hold a weight of
// four bits for each language and hashed feature.
type Group struct {
	Script    string   `json:"script"`    // ISO 15924
	Languages []string `json:"languages"` // "und" is the class of gibberish
	Bits      int      `json:"bits"`      // 2^bits rows
	Step      float64  `json:"step"`      // what one unit of weight is worth
	Power     float64  `json:"power"`     // score = step · Σ weights / (features + 1)^power
	// Calibration: probability = softmax(exp(C[0] + C[1]·ln(features+1)) · score).
	Calibration [2]float64 `json:"calibration"`

	stride int    // words of 8 bytes in a row
	rows   []byte // 2^bits rows of stride·16 weights
}

// NewGroup returns a group with rows of [Stride] words. A weight has four bits:
// that of language i is in byte i/2, even ones in the low half. Every row has
// a zero of its own, as only differences between languages count.
func NewGroup(g Group, rows []byte) (Group, error) {
	g.stride = Stride(len(g.Languages))
	if len(g.Languages) == 0 || len(g.Languages) > 256 || g.Bits < 1 || g.Bits > 24 {
		return g, fmt.Errorf("group %s: %d languages, %d bits", g.Script, len(g.Languages), g.Bits)
	}
	if want := g.size(); len(rows) != want {
		return g, fmt.Errorf("group %s: %d bytes of rows, want %d", g.Script, len(rows), want)
	}
	g.rows = rows
	return g, nil
}

// Stride returns the words of eight bytes in a row of n weights.
func Stride(n int) int { return (n + 15) / 16 }

func (g *Group) size() int { return Stride(len(g.Languages)) * 8 << g.Bits }

// Encode writes groups as a model file.
func Encode(w io.Writer, h Header) error {
	meta, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, Magic); err != nil {
		return err
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	body := binary.LittleEndian.AppendUint32(nil, uint32(len(meta)))
	body = append(body, meta...)
	for i := range h.Groups {
		body = append(body, h.Groups[i].rows...)
	}
	if _, err := z.Write(body); err != nil {
		return err
	}
	return z.Close()
}

// Decode reads a model file. It refuses one whose header asks for more than it
// holds, or for more than 256 MiB.
func Decode(file []byte) (*Header, error) {
	rest, ok := bytes.CutPrefix(file, []byte(Magic))
	if !ok {
		return nil, errors.New("not a language model of version 1")
	}
	z, err := zstd.NewReader(bytes.NewReader(rest), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxModel))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var n uint32
	if err := binary.Read(z, binary.LittleEndian, &n); err != nil {
		return nil, fmt.Errorf("language model: %w", err)
	}
	if n > maxHeader {
		return nil, fmt.Errorf("language model: header of %d bytes", n)
	}
	meta := make([]byte, n)
	if _, err := io.ReadFull(z, meta); err != nil {
		return nil, fmt.Errorf("language model: %w", err)
	}
	h := &Header{}
	if err := json.Unmarshal(meta, h); err != nil {
		return nil, fmt.Errorf("language model: %w", err)
	}
	for i := range h.Groups {
		if h.Groups[i], err = readGroup(z, h.Groups[i]); err != nil {
			return nil, fmt.Errorf("language model: %w", err)
		}
	}
	return h, nil
}

func readGroup(r io.Reader, g Group) (Group, error) {
	if len(g.Languages) == 0 || len(g.Languages) > 256 || g.Bits < 1 || g.Bits > 24 || g.size() > maxModel {
		return g, fmt.Errorf("group %s: %d languages, %d bits", g.Script, len(g.Languages), g.Bits)
	}
	var rows bytes.Buffer // grows with what the file holds, not with what it claims
	if _, err := io.CopyN(&rows, r, int64(g.size())); err != nil {
		return g, err
	}
	return NewGroup(g, rows.Bytes())
}
