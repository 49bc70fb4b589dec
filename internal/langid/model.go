package langid

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/klauspost/compress/zstd"
)

// Magic opens a model file; the rest is one zstd frame: uint32 length of the
// header, the header as JSON, then the rows of each group. docs/formats/language-model.md.
const Magic = "feilunL1"

const (
	maxHeader = 1 << 20
	maxModel  = 256 << 20 // bytes of rows; ours has 8 MB
	block     = 240       // features added up in 16-bit lanes: 240·255 < 2^16
)

// A Header says what a model file holds.
type Header struct {
	Note   string  `json:"note"` // what it was trained on, for credit
	Seed   int64   `json:"seed"`
	Groups []Group `json:"groups"`
}

// A Group tells the languages of one script apart. Its rows hold one weight for
// each language and hashed feature.
type Group struct {
	Script    string   `json:"script"`    // ISO 15924
	Languages []string `json:"languages"` // "und" is the class of gibberish
	Bits      int      `json:"bits"`      // 2^bits rows
	Step      float64  `json:"step"`      // value of one unit of weight
	Power     float64  `json:"power"`     // score = step · Σ weights / (features + 1)^power
	// Calibration: probability = softmax(exp(C[0] + C[1]·ln(features+1)) · score).
	Calibration [2]float64 `json:"calibration"`

	stride int    // words of 8 bytes in a row
	rows   []byte // 2^bits rows of stride·8 weights, each biased by 128
}

// NewGroup returns a group with rows, one byte per language and feature, each
// weight biased by 128; rows are stride·8 bytes apart.
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

// Stride returns the 8-byte words in a row of n weights.
func Stride(n int) int { return (n + 7) / 8 }

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

// Score sets sums to Σ weights of each language over the features, in units
// of Step and all off by the same number. sums has a place for each of
// stride·8 languages and comes back cut to the languages there are.
func (g *Group) Score(sums []uint32, features []uint32) []uint32 {
	n := len(g.Languages)
	if cap(sums) < g.stride*8 {
		sums = make([]uint32, g.stride*8)
	}
	sums = sums[:g.stride*8]
	clear(sums)
	shift := 32 - uint(g.Bits)
	for len(features) > 0 {
		part := features[:min(block, len(features))]
		features = features[len(part):]
		for w := 0; w < g.stride; w++ {
			g.addWord(sums[w*8:w*8+8], part, w*8, shift)
		}
	}
	return sums[:n]
}

// addWord adds the eight weights at byte at of the rows of the features to
// sums: even and odd bytes each in four lanes of 16 bits.
func (g *Group) addWord(sums []uint32, features []uint32, at int, shift uint) {
	const mask = 0x00FF00FF00FF00FF
	var even, odd uint64
	row := g.stride * 8
	rows := g.rows[at:]
	for _, f := range features {
		o := int(f>>shift) * row
		v := binary.LittleEndian.Uint64(rows[o : o+8 : len(rows)])
		even += v & mask
		odd += v >> 8 & mask
	}
	for i := range 4 {
		sums[2*i] += uint32(even >> (16 * i) & 0xFFFF)
		sums[2*i+1] += uint32(odd >> (16 * i) & 0xFFFF)
	}
}

// Probabilities turns sums over n features into calibrated probabilities.
func (g *Group) Probabilities(p []float64, sums []uint32, n int) []float64 {
	p = p[:0]
	var top uint32
	for _, s := range sums {
		top = max(top, s)
	}
	length := math.Log(float64(n) + 1)
	beta := math.Exp(g.Calibration[0]+(g.Calibration[1]-g.Power)*length) * g.Step
	var z float64
	for _, s := range sums {
		e := math.Exp(beta * -float64(top-s))
		p = append(p, e)
		z += e
	}
	for i := range p {
		p[i] /= z
	}
	return p
}
