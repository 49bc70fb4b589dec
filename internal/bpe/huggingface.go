package bpe

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"feilun/internal/hint"
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
	in := bufio.NewReader(f)
	head, _ := in.Peek(hint.PointerSize) // what is wrong with it, reading finds too
	if err := other(head); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrFormat, err)
	}
	b, err := io.ReadAll(io.LimitReader(in, maxFile+1))
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

// other says what a file is that begins as no vocabulary does; nil where it may be one.
func other(head []byte) error {
	if bytes.HasPrefix(head, []byte("GGUF")) {
		return hint.With(errors.New("it is a GGUF file"), "its vocabulary becomes a tokenizer.json by: feilun convert FILE --to safetensors --out DIR")
	}
	return hint.Pointer(head)
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
		Vocab        words             `json:"vocab"`
		Merges       []json.RawMessage `json:"merges"`
	} `json:"model"`
}

// words are the numbers of tokens by their words.
type words map[string]uint32

// UnmarshalJSON leaves out lists, which models other than BPE have.
func (w *words) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return nil
	}
	return json.Unmarshal(b, (*map[string]uint32)(w))
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
	if f.Model.Type != "BPE" && (f.Model.Type != "" || f.Model.Merges == nil) { // old files, GPT-2's own among them, do not say it
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
		if b := (Border{a.LeftStrip, a.RightStrip, a.SingleWord}); b != (Border{}) {
			if t.Borders == nil {
				t.Borders = map[uint32]Border{}
			}
			t.Borders[a.ID] = b
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
