// Package quality scores documents with models: GPT-3's classifier, fastText
// classifiers, perplexity of an n-gram model, and cheap signals joined in one
// score. Start with [Open] for a trained model and [Train] for a new one; the
// steps a recipe may name are in [All]. What a rule can decide without a model
// is in filter.
package quality

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/ngram"
)

// Source is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Source embed.FS

// A Kind is a way to score documents.
type Kind struct {
	Name  string
	About string // one line
	// AboutZh is the same in Chinese, for pages.
	AboutZh string
	Step    any // the recipe step that applies it, with zero parameters
	// open reads a model of this kind; dir is the folder it lies in.
	open func(name string) (*Model, error)
	// train makes a model; nil where this program cannot.
	train func(t *training) (*Model, error)
}

// Kinds is the table of kinds, in the order help lists them.
func Kinds() []Kind {
	return []Kind{
		{"gpt3", "GPT-3's classifier: hashed words, logistic regression, a Pareto draw on the score",
			"GPT-3 的分类器：词语哈希、逻辑回归，按分数作帕累托抽样", &GPT3{}, openOwn, trainGPT3},
		{"fasttext", "a fastText classifier, such as DCLM's",
			"fastText 分类器，例如 DCLM 所用的", &Fasttext{}, openFasttext, trainFasttext},
		{"perplexity", "perplexity of an n-gram language model, CCNet's head, middle and tail",
			"n 元语言模型的困惑度，即 CCNet 的 head、middle、tail", &Perplexity{}, openNgram, trainPerplexity},
		{"signals", "cheap signals and the scores of other models in one calibrated score",
			"简单信号与其他模型的分数，合成一个经过校准的分数", &Signals{}, openOwn, trainSignals},
	}
}

// KindNames lists the kinds.
func KindNames() []string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}

func kindNamed(name string) (Kind, error) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, hint.Usage(fmt.Errorf("no kind %q; known are %s", name, strings.Join(KindNames(), ", ")))
}

// A scorer is a model of some kind at work. It keeps scratch space: one
// goroutine at a time.
type scorer interface {
	// score returns the score of a document, 0 to 1 where the kind is calibrated.
	score(d *feilun.Doc) float64
	// explain lists what moved the score, the strongest first.
	explain(d *feilun.Doc) []Reason
	// clone returns a scorer for another goroutine.
	clone() scorer
}

// A Reason is a feature of a document with what it adds to the score's log-odds.
type Reason struct {
	Feature string  `json:"feature"`
	Value   float64 `json:"value"` // how often, or how much
	Weight  float64 `json:"weight"`
}

// Name is the feature as people read it.
func (r Reason) Name() string {
	if r.Feature == "" {
		return "(empty token)"
	}
	return r.Feature
}

// A Model scores documents. It is used by one goroutine; others take clones.
type Model struct {
	Kind   string
	SHA256 string // of the file, "" for one that is not saved
	scorer
	header header
	body   []byte
	size   int64 // bytes of its file and of the files it stands on
}

// Score returns the document's score: 0 to 1, high for documents like the
// positive examples.
func (m *Model) Score(d *feilun.Doc) float64 { return m.score(d) }

// Explain lists the n features that moved the document's score most.
func (m *Model) Explain(d *feilun.Doc, n int) []Reason {
	all := m.explain(d)
	return all[:min(n, len(all))]
}

// Memory estimates the bytes that the model and its clones take: matrices are
// about as large as their file, n-grams and packed weights larger.
func (m *Model) Memory(clones int) int64 {
	n := m.size + 2*int64(len(m.body))
	if m.header.GPT3 != nil {
		n += 4 * int64(m.header.GPT3.Features) * int64(clones)
	}
	return n
}

// Clone returns a model for another goroutine that shares the weights.
func (m *Model) Clone() *Model {
	c := *m
	c.scorer = m.clone()
	return &c
}

// fasttextMagic starts every fastText model, little-endian.
const fasttextMagic = 793712314

// Open loads a model: one of [Train]'s, a fastText classifier (.bin, .ftz), or
// a language model in ARPA text. The bytes tell which, not the name. Label is
// the class of a fastText model that counts as good, with or without its
// "__label__"; "" takes one that is known to mean good, if the model has any.
func Open(name, label string) (*Model, error) {
	m, err := open(name)
	if err != nil {
		return nil, err
	}
	return m, m.choose(name, label)
}

func open(name string) (*Model, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, missing(name, err)
	}
	defer f.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return nil, err
	}
	kind, err := kindOf(head[:n])
	if err != nil {
		return nil, hint.Usage(fmt.Errorf("%s: %w", name, err))
	}
	k, err := kindNamed(kind)
	if err != nil {
		return nil, err
	}
	m, err := k.open(name)
	if err != nil {
		return nil, err
	}
	m.SHA256, err = sum(f)
	if info, statErr := f.Stat(); err == nil && statErr == nil {
		m.size += info.Size()
	}
	return m, err
}

// kindOf tells a kind whose opener reads a file that starts with head.
func kindOf(head []byte) (string, error) {
	switch {
	case len(head) >= len(magic) && string(head[:len(magic)]) == magic:
		return "gpt3", nil // every kind of our own has the same opener
	case len(head) >= 4 && binary.LittleEndian.Uint32(head) == fasttextMagic:
		return "fasttext", nil
	case bytes.HasPrefix(head, []byte(magic[:len(magic)-1])):
		return "", errors.New("a quality model of a newer version of feilun: use that version, or train anew")
	case strings.HasPrefix(strings.TrimLeft(string(head), "\r\n\t "), `\data\`), bytes.HasPrefix(head, []byte("mmap lm ")), bytes.HasPrefix(head, []byte(ngram.Magic)),
		bytes.HasPrefix(head, []byte{0x1f, 0x8b}), bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "perplexity", nil // ARPA text may be compressed
	}
	return "", errors.New("no quality model: neither one of feilun's, nor fastText's, nor ARPA")
}

// missing says what to do about a model that is not there.
func missing(name string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return hint.Usage(hint.With(fmt.Errorf("no quality model: %w", err),
		"train one: feilun quality train --kind gpt3 --positive GOOD --negative RAW --out "+name+
			"; or download a published fastText model (.bin, .ftz) and name its path"))
}

func sum(f *os.File) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
