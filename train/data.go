package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"feilun/internal/bpe"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/tokens"
	"feilun/model"
)

// The manifest of a folder of packed tokens, as far as it is read here.
type tokenManifest struct {
	Format    string   `json:"format"`
	Tokenizer string   `json:"tokenizer_sha256"`
	Vocab     int      `json:"vocab"`
	ValidPart *float64 `json:"valid_part"` // asked for validation; nil where the folder does not tell
	EOT       uint32   `json:"eot"`
	Form      string   `json:"form"`
	Wide      bool     `json:"wide"`
	Shards    []struct {
		Input string `json:"input"`
	} `json:"shards"`
}

// holdOut is how many documents of the training text there are for each that is
// held out where a folder was to have validation text and has none.
const holdOut = 50

// A Corpus is a folder of packed tokens.
type Corpus struct {
	Dir    string
	Vocab  int
	EOT    uint32
	SHA256 string // of manifest.json: names the text
	Tok    *bpe.Tokenizer
	Prefix []uint32 // tokens before every text

	sets  []*tokens.Set
	train []doc
	valid []doc
}

// A doc is a document of a set.
type doc struct {
	set  int32
	at   int32
	size int64
}

// OpenCorpus opens a folder that feilun tokenize pack wrote.
func OpenCorpus(dir string) (*Corpus, error) {
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if info, _ := os.Stat(dir); errors.Is(err, os.ErrNotExist) || info != nil && !info.IsDir() {
		return nil, hint.Usage(hint.With(fmt.Errorf("%s holds no packed tokens: it has no manifest.json", dir), "make them with: feilun tokenize pack --tokenizer FILE --out TOKENS RUN_OR_FILES"))
	}
	if err != nil {
		return nil, err
	}
	var m tokenManifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, hint.Usage(fmt.Errorf("%s: %w", filepath.Join(dir, "manifest.json"), err))
	}
	if m.Format != tokens.FolderFormat {
		return nil, hint.Usage(fmt.Errorf("%s: format %q, want %s", filepath.Join(dir, "manifest.json"), m.Format, tokens.FolderFormat))
	}
	c := &Corpus{Dir: dir, Vocab: m.Vocab, EOT: m.EOT, SHA256: digest.Of(b)}
	words, err := model.OpenWords(dir)
	if err != nil {
		return nil, err
	}
	c.Tok, c.Prefix = words.Tokenizer, words.Prefix
	if c.Tok.Size() != m.Vocab {
		return nil, hint.Usage(hint.With(fmt.Errorf("%s: %d tokens in tokenizer.json, %d by manifest.json", dir, c.Tok.Size(), m.Vocab), "tokenizer.json is not the one that the text was packed with: pack it again with feilun tokenize pack"))
	}
	if int64(m.EOT) >= int64(m.Vocab) {
		return nil, hint.Usage(fmt.Errorf("%s: token %d ends documents, in a vocabulary of %d", filepath.Join(dir, "manifest.json"), m.EOT, m.Vocab))
	}
	if err := c.open(&m); err != nil {
		c.Close()
		return nil, err
	}
	if none := m.ValidPart != nil && *m.ValidPart == 0; !none && len(c.valid) == 0 && len(c.train) >= holdOut {
		c.split()
	}
	if len(c.train) == 0 {
		c.Close()
		return nil, hint.Usage(fmt.Errorf("%s holds no document to train on", dir))
	}
	return c, nil
}

func (c *Corpus) open(m *tokenManifest) error {
	for i := range m.Shards {
		for side, list := range map[string]*[]doc{"train": &c.train, "valid": &c.valid} {
			s, err := tokens.Open(m.Form, filepath.Join(c.Dir, fmt.Sprintf("%s-%05d", side, i)), m.Wide)
			if err != nil {
				return err
			}
			c.sets = append(c.sets, s)
			for k := range s.Docs() {
				if from, to := s.Bounds(k); to > from {
					*list = append(*list, doc{int32(len(c.sets) - 1), int32(k), to - from})
				}
			}
		}
	}
	return nil
}

// split holds every so many-th document out of training.
func (c *Corpus) split() {
	all := c.train
	c.train = nil
	for i, d := range all {
		if i%holdOut == holdOut-1 {
			c.valid = append(c.valid, d)
		} else {
			c.train = append(c.train, d)
		}
	}
}

// Total returns the number of tokens to train on and of those to measure on.
func (c *Corpus) Total() (train, valid int64) {
	for _, d := range c.train {
		train += d.size
	}
	for _, d := range c.valid {
		valid += d.size
	}
	return train, valid
}

// Close closes the files.
func (c *Corpus) Close() {
	for _, s := range c.sets {
		s.Close()
	}
}

// read fills dst with tokens of a document from a place on.
func (c *Corpus) read(dst []uint32, d doc, from int64) error {
	s := c.sets[d.set]
	start, _ := s.Bounds(int(d.at))
	if err := s.At(dst, start+from); err != nil {
		return err
	}
	for _, id := range dst {
		if int(id) >= c.Vocab {
			return fmt.Errorf("%s: token %d in a vocabulary of %d", c.Dir, id, c.Vocab)
		}
	}
	return nil
}

// tokenBytes returns how many bytes of text each token stands for; special
// tokens stand for none.
func tokenBytes(t *bpe.Tokenizer) []int32 {
	n := make([]int32, t.Size())
	for id := range n {
		n[id] = int32(len(t.Token(uint32(id))))
	}
	for _, s := range t.Special {
		n[s.ID] = 0
	}
	return n
}
