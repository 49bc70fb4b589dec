package bpe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxFile is the largest vocabulary file that is read.
const maxFile = 256 << 20

// File returns the file of a vocabulary: name itself, or tokenizer.json in the folder of that name.
func File(name string) string {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return filepath.Join(name, "tokenizer.json")
	}
	return name
}

// Open reads a vocabulary, tokenizer.json of Hugging Face or ranks of tiktoken, told by the first
// byte, from its [File].
func Open(name string) (*Tokenizer, error) {
	name = File(name)
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s: %w: more than %d MB", name, ErrFormat, maxFile>>20)
	}
	read := ReadTiktoken
	if b := bytes.TrimSpace(b); len(b) > 0 && b[0] == '{' {
		read = ReadJSON
	}
	t, err := read(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// byteRunes are the characters that stand for bytes in tokenizer.json: printable
// ones for themselves, the others, in order, from U+0100 on (GPT-2's table).
func byteRunes() (of [256]rune, back map[rune]byte) {
	back = map[rune]byte{}
	next := rune(256)
	for c := range 256 {
		r := rune(c)
		if !(c >= '!' && c <= '~' || c >= 0xa1 && c <= 0xac || c >= 0xae) {
			r = next
			next++
		}
		of[c], back[r] = r, byte(c)
	}
	return of, back
}

// tokenizerFile is what is read of tokenizer.json.
type tokenizerFile struct {
	AddedTokens []struct {
		ID         uint32 `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LeftStrip  bool   `json:"lstrip"`
		RightStrip bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    *bool  `json:"special"`
	} `json:"added_tokens"`
	Normalizer   *step           `json:"normalizer"`
	PreTokenizer *step           `json:"pre_tokenizer"`
	Decoder      json.RawMessage `json:"decoder"` // read where byte_fallback is set
	Model        struct {
		Type         string            `json:"type"`
		IgnoreMerges bool              `json:"ignore_merges"`
		ByteFallback bool              `json:"byte_fallback"`
		Unknown      string            `json:"unk_token"`
		Prefix       string            `json:"continuing_subword_prefix"`
		Suffix       string            `json:"end_of_word_suffix"`
		Vocab        map[string]uint32 `json:"vocab"`
		Merges       []json.RawMessage `json:"merges"`
	} `json:"model"`
}

// A step is a normalizer, pre-tokenizer or decoder.
type step struct {
	Type          string `json:"type"`
	Normalizers   []step `json:"normalizers"`
	Pretokenizers []step `json:"pretokenizers"`
	Decoders      []step `json:"decoders"`
	Pattern       struct {
		Regex  string `json:"Regex"`
		String string `json:"String"`
	} `json:"pattern"`
	Prepend          string `json:"prepend"`
	Content          string `json:"content"`
	Replacement      string `json:"replacement"`
	Scheme           string `json:"prepend_scheme"`
	Split            *bool  `json:"split"`
	Start            int    `json:"start"`
	Stop             int    `json:"stop"`
	Behavior         string `json:"behavior"`
	Invert           bool   `json:"invert"`
	AddPrefixSpace   *bool  `json:"add_prefix_space"`
	UseRegex         *bool  `json:"use_regex"`
	IndividualDigits bool   `json:"individual_digits"`
}

// ReadJSON reads a tokenizer.json of Hugging Face whose model is BPE, byte-level or of SentencePiece's form.
// What it does not know, such as another split pattern, is an error. Tokens that
// a template puts around texts are the caller's affair.
func ReadJSON(r io.Reader) (*Tokenizer, error) {
	var f tokenizerFile
	if err := json.NewDecoder(r).Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	t := &Tokenizer{whole: f.Model.IgnoreMerges}
	read := t.byteLevel
	if f.Model.ByteFallback {
		read = t.readSentencePiece
	}
	if err := read(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return t, nil
}

// check refuses models of other kinds.
func (f *tokenizerFile) check() error {
	if f.Model.Type != "BPE" {
		return fmt.Errorf("a model of type %q; BPE is read", cmp.Or(f.Model.Type, "none"))
	}
	if f.Model.Prefix != "" || f.Model.Suffix != "" {
		return errors.New("continuing_subword_prefix and end_of_word_suffix are not known")
	}
	return nil
}

// byteLevel takes what a byte-level tokenizer.json says.
func (t *Tokenizer) byteLevel(f *tokenizerFile) error {
	if err := t.steps(f); err != nil {
		return err
	}
	if err := t.vocabulary(f); err != nil {
		return err
	}
	if err := t.mergeList(f.Model.Merges, t.lettersIDs()); err != nil {
		return err
	}
	return t.finish()
}

// steps finds the split pattern.
func (t *Tokenizer) steps(f *tokenizerFile) error {
	if err := f.check(); err != nil {
		return err
	}
	if n := f.Normalizer; n != nil {
		list := []step{*n}
		if n.Type == "Sequence" {
			list = n.Normalizers
		}
		for _, n := range list {
			if n.Type != "NFC" {
				return fmt.Errorf("normalizer %s is not known", n.Type)
			}
			t.NFC = true
		}
	}
	if f.PreTokenizer == nil {
		return errors.New("no pre-tokenizer: not byte-level")
	}
	all := []step{*f.PreTokenizer}
	if f.PreTokenizer.Type == "Sequence" {
		all = f.PreTokenizer.Pretokenizers
	}
	return t.splits(all)
}

// splits takes the steps of a pre-tokenizer: at most one that cuts digits, then
// one that cuts the rest, then the one that writes bytes as characters.
func (t *Tokenizer) splits(all []step) error {
	split, digits, level := "", false, false
	for _, s := range all {
		if level {
			return fmt.Errorf("pre-tokenizer %s behind ByteLevel is not known", s.Type)
		}
		expr := ""
		switch s.Type {
		case "ByteLevel":
			level = true
			if s.AddPrefixSpace != nil && *s.AddPrefixSpace {
				return errors.New("add_prefix_space is not known")
			}
			if s.UseRegex == nil || *s.UseRegex {
				expr = patternTexts[GPT2].expr
			}
		case "Split":
			if expr = s.Pattern.Regex; s.Behavior != "Isolated" && !(s.Behavior == "Removed" && s.Invert) {
				return fmt.Errorf("split behavior %q is not known", s.Behavior)
			}
		case "Digits":
			if digits || split != "" || !s.IndividualDigits {
				return errors.New("pre-tokenizer Digits is known before the others alone, with individual_digits")
			}
			digits = true
			continue
		default:
			return fmt.Errorf("pre-tokenizer %s is not known", s.Type)
		}
		if split != "" && expr != "" {
			return errors.New("several split patterns one after another are not known")
		}
		split = cmp.Or(split, expr)
	}
	if !level {
		return errors.New("no ByteLevel pre-tokenizer")
	}
	return t.pattern(split, digits)
}

func (t *Tokenizer) pattern(split string, digits bool) error {
	if digits {
		if split != patternTexts[GPT2].expr {
			return fmt.Errorf("digits cut off before the split pattern %q", split)
		}
		t.Pattern = SmolLM
		return nil
	}
	for p, text := range patternTexts {
		if text.expr == split && split != "" {
			t.Pattern = Pattern(p)
			return nil
		}
	}
	return fmt.Errorf("the split pattern %q is not known", split)
}

// mark puts a special token among those of a kind if it is of it.
func mark(kind *map[uint32]bool, id uint32, is bool) {
	if is && *kind == nil {
		*kind = map[uint32]bool{}
	}
	if is {
		(*kind)[id] = true
	}
}

// added takes the added tokens, which are special.
func (t *Tokenizer) added(f *tokenizerFile) (map[string]uint32, error) {
	added := map[string]uint32{}
	for _, a := range f.AddedTokens {
		if a.ID >= maxTokens || a.Content == "" {
			return nil, fmt.Errorf("added token %q has number %d", a.Content, a.ID)
		}
		if a.SingleWord || a.LeftStrip || a.RightStrip {
			return nil, fmt.Errorf("added token %q takes white space or word borders along, which is not known", a.Content)
		}
		if _, twice := added[a.Content]; !twice {
			t.Special = append(t.Special, Special{a.Content, a.ID})
			added[a.Content] = a.ID
		}
		mark(&t.Shown, a.ID, a.Special != nil && !*a.Special)
		mark(&t.Normalized, a.ID, a.Normalized)
	}
	return added, nil
}

// vocabulary takes the tokens; those that are added are special and no bytes.
func (t *Tokenizer) vocabulary(f *tokenizerFile) error {
	added, err := t.added(f)
	if err != nil {
		return err
	}
	_, back := byteRunes()
	for word, id := range f.Model.Vocab {
		if _, ok := added[word]; ok {
			continue
		}
		var b []byte
		for _, r := range word {
			c, ok := back[r]
			if !ok {
				return fmt.Errorf("token %q is not in the characters that stand for bytes", word)
			}
			b = append(b, c)
		}
		if err := t.put(word, id, b); err != nil {
			return err
		}
	}
	return nil
}

// put enters the bytes of a token.
func (t *Tokenizer) put(word string, id uint32, b []byte) error {
	if id >= maxTokens {
		return fmt.Errorf("token %q has number %d, at most %d can be read", word, id, maxTokens)
	}
	for len(t.tokens) <= int(id) {
		t.tokens = append(t.tokens, nil)
	}
	if t.tokens[id] != nil {
		return fmt.Errorf("two tokens have number %d", id)
	}
	t.tokens[id] = b
	return nil
}

// lettersIDs returns the numbers of tokens by their bytes as tokenizer.json writes them.
func (t *Tokenizer) lettersIDs() map[string]uint32 {
	ids := map[string]uint32{}
	of, _ := byteRunes()
	for id, b := range t.tokens {
		if b != nil {
			ids[letters(b, &of)] = uint32(id)
		}
	}
	return ids
}

// mergeList takes the merges, each a string with a space or a list of two; ids are the numbers of tokens.
func (t *Tokenizer) mergeList(list []json.RawMessage, ids map[string]uint32) error {
	for rank, raw := range list {
		var pair [2]string
		var joined string
		if json.Unmarshal(raw, &joined) == nil {
			pair[0], pair[1], _ = strings.Cut(joined, " ")
		} else if err := json.Unmarshal(raw, &pair); err != nil {
			return fmt.Errorf("merge %d: %w", rank, err)
		}
		left, ok1 := ids[pair[0]]
		right, ok2 := ids[pair[1]]
		id, ok3 := ids[pair[0]+pair[1]]
		if !ok1 || !ok2 || !ok3 {
			return fmt.Errorf("merge %d of %q and %q is not of tokens", rank, pair[0], pair[1])
		}
		t.merges = append(t.merges, merge{left, right, id, int32(rank)})
	}
	return nil
}
