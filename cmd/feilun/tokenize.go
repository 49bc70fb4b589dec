package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/pipeline"
	"feilun/tokenize"
)

type tokenizeCmd struct {
	Train  tokenizeTrainCmd  `cmd:"" help:"Make a vocabulary from documents."`
	Pack   tokenizePackCmd   `cmd:"" help:"Encode documents into files of token numbers for training."`
	Encode tokenizeEncodeCmd `cmd:"" help:"Print the token numbers of the text on standard input."`
	Decode tokenizeDecodeCmd `cmd:"" help:"Print the text of the token numbers on standard input."`
}

// The parameters that each verb uses.
var (
	tokenizeTrains = [...]string{"vocab", "pattern", "nfc", "special", "sample", "memory"}
	tokenizePacks  = [...]string{"tokenizer", "format", "valid"}
)

// tokenizeHelp explains the parameters named.
func tokenizeHelp(names []string) string {
	ps, err := params.Describe(&tokenize.Params{}, tokenize.Source)
	if err != nil {
		panic(err) // the embedded source does not parse
	}
	help := ""
	for _, p := range ps {
		if slices.Contains(names, p.Name) {
			help += fmt.Sprintf("--%s (%s): %s\n\n", p.Name, p.Default, p.Help)
		}
	}
	return help
}

// readDocs reads the documents of paths one after another.
func readDocs(a *app, paths []string) tokenize.Docs {
	return func(each func(*feilun.Doc) error) error {
		r, err := pipeline.NewReader()
		if err != nil {
			return err
		}
		for _, p := range paths {
			if err := r.Docs(a.ctx, p, each); err != nil {
				return err
			}
		}
		if n := r.Damaged + r.Dropped; n > 0 {
			fmt.Fprintf(a.stderr, "%d records could not be read, %d pages had no text of their own\n", r.Damaged, r.Dropped)
		}
		return nil
	}
}

type tokenizeTrainCmd struct {
	tokenize.Params
	Out     string   `required:"" placeholder:"FILE" help:"tokenizer.json to write; ranks of tiktoken are written beside it."`
	Workers int      `placeholder:"N" help:"How many count side by side; all processors by default."`
	JSON    bool     `help:"Print what was done as a line of JSON."`
	Input   []string `arg:"" name:"path" help:"Run folders, without what their recipes hold out, or files and folders of any form that crawl reads."`
}

func (c *tokenizeTrainCmd) Help() string { return tokenizeHelp(tokenizeTrains[:]) }

func (c *tokenizeTrainCmd) Run(a *app) error {
	if err := onlyFor(&c.Params, "tokenize pack", tokenizeTrains[:]); err != nil {
		return err
	}
	ranks := trimExt(c.Out) + ".tiktoken"
	if ranks == c.Out {
		return hint.Usage(hint.With(fmt.Errorf("--out %s is the name for the ranks that are written beside tokenizer.json", c.Out), "name a file that ends in .json"))
	}
	if err := os.MkdirAll(filepath.Dir(c.Out), 0o777); err != nil {
		return err
	}
	if err := canWrite(c.Out); err != nil {
		return err
	}
	inputs, err := packInputs(a, c.Input)
	if err != nil {
		return err
	}
	meter := progress.New(a.stderr, "counting", 0, progress.Bytes)
	last := int64(0)
	t, r, err := tokenize.Train(a.ctx, c.Params, tokenize.Joined(inputs...), c.Workers, func(n int64) { meter.Add(n - last); last = n })
	meter.Close()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(c.Out, t.WriteJSON); err != nil {
		return err
	}
	if err := atomicfile.Write(ranks, t.WriteTiktoken); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{"tokenizer": c.Out, "ranks": ranks, "vocab": t.Size(), "pattern": t.Pattern.String(), "report": r})
	}
	if t.Size() < c.Vocab {
		fmt.Fprintf(a.stderr, "only %d tokens: no other pair occurs twice in this text\n", t.Size())
	}
	_, err = fmt.Fprintf(a.stdout, "%d tokens from %s of text, %d different pieces\n%.3f bytes a token on that text\n%s\n%s\n",
		t.Size(), progress.Bytes(int64(r.Bytes)), r.Pieces, float64(r.Bytes)/float64(max(1, r.Tokens)), c.Out, ranks)
	return err
}

// onlyFor holds parameters to their ranges, and refuses those not named, which
// would do nothing, unless they have their default values.
func onlyFor(p *tokenize.Params, other string, names []string) error {
	if err := checkRanges(p); err != nil {
		return err
	}
	var usual tokenize.Params
	if err := params.Fill(&usual); err != nil {
		panic(err) // a default tag is wrong
	}
	for _, name := range params.Names(p) {
		got, _ := params.Value(p, name)
		want, _ := params.Value(&usual, name)
		if !slices.Contains(names, name) && !reflect.DeepEqual(got, want) {
			return hint.Usage(hint.With(fmt.Errorf("--%s has no effect here", name), "it is a parameter of feilun "+other))
		}
	}
	return nil
}

func trimExt(name string) string { return name[:len(name)-len(filepath.Ext(name))] }

type tokenizePackCmd struct {
	tokenize.Params
	Out     string   `required:"" placeholder:"DIR" help:"Folder for the files; what an earlier call finished there stays."`
	Workers int      `placeholder:"N" help:"How many encode side by side; all processors by default."`
	JSON    bool     `help:"Print the manifest as a line of JSON."`
	Input   []string `arg:"" name:"path" help:"Run folders, without what their recipes hold out, or files and folders of any form that crawl reads."`
}

func (c *tokenizePackCmd) Help() string { return tokenizeHelp(tokenizePacks[:]) }

func (c *tokenizePackCmd) Run(a *app) error {
	if err := onlyFor(&c.Params, "tokenize train", tokenizePacks[:]); err != nil {
		return err
	}
	if c.Tokenizer == "" {
		return hint.Usage(hint.With(errors.New("pack needs a vocabulary"), "name one with --tokenizer FILE; feilun tokenize train makes one"))
	}
	t, err := openTokenizer(c.Tokenizer, "")
	if err != nil {
		return err
	}
	inputs, err := packInputs(a, c.Input)
	if err != nil {
		return err
	}
	meter := progress.New(a.stderr, "packing", 0, progress.Bytes)
	last := int64(0)
	m, err := tokenize.Pack(a.ctx, c.Params, t, inputs, c.Out, c.Workers, func(n int64) { meter.Add(max(0, n-last)); last = n })
	meter.Close()
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(m)
	}
	all := m.Train.Tokens + m.Valid.Tokens
	each := float64(max(1, all))
	_, err = fmt.Fprintf(a.stdout, "%d tokens of %d documents for training, %d of %d for validation (%.1f %% of the tokens); %.3f bytes a token\n%s\n",
		m.Train.Tokens, m.Train.Docs, m.Valid.Tokens, m.Valid.Docs, 100*float64(m.Valid.Tokens)/each, float64(m.Train.Bytes+m.Valid.Bytes)/each, filepath.Join(c.Out, "manifest.json"))
	return err
}

// packInputs makes an input of every file of a run's corpus, or of its mix, without what its
// recipe holds out, and of every other path.
func packInputs(a *app, paths []string) ([]tokenize.Input, error) {
	var all []tokenize.Input
	for _, p := range paths {
		if _, err := os.Stat(filepath.Join(p, "stats.json")); err == nil {
			run, err := pipeline.CorpusInputs(p)
			if err != nil {
				return nil, err
			}
			for _, in := range run {
				in.Name = filepath.Join(p, in.Name)
				all = append(all, in)
			}
			continue
		}
		sum := ""
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			if sum, err = digest.File(p); err != nil {
				return nil, err
			}
		}
		all = append(all, tokenize.Input{Name: p, SHA256: sum, Docs: readDocs(a, []string{p})})
	}
	return all, nil
}

// openTokenizer reads a vocabulary; pattern, unless empty, is the split pattern
// of ranks, which do not say it.
func openTokenizer(name, pattern string) (*bpe.Tokenizer, error) {
	t, err := bpe.Open(name)
	if err != nil {
		if hint.Of(err) != "" {
			return nil, hint.Usage(err)
		}
		return nil, hint.With(hint.Usage(err), "a vocabulary is a tokenizer.json of Hugging Face with BPE (byte-level or byte_fallback), or ranks of tiktoken")
	}
	if pattern != "" {
		if t.Pattern, err = bpe.ParsePattern(pattern); err != nil {
			return nil, hint.Usage(err)
		}
	}
	return t, nil
}

type tokenizeEncodeCmd struct {
	Tokenizer string `required:"" placeholder:"FILE" help:"tokenizer.json, ranks of tiktoken, or a folder with tokenizer.json."`
	Pattern   string `placeholder:"P" help:"Split pattern, for ranks that do not say it: gpt2, cl100k, o200k, qwen2, smollm."`
	Special   bool   `help:"Take special tokens in the text for what they stand for."`
	Lines     bool   `help:"Encode each line alone, without its line break, to a line."`
	JSON      bool   `help:"Print JSON: ids and tokens, their number."`
}

func (c *tokenizeEncodeCmd) Run(a *app) error {
	t, err := openTokenizer(c.Tokenizer, c.Pattern)
	if err != nil {
		return err
	}
	if t.Guessed && c.Pattern == "" {
		fmt.Fprintf(a.stderr, "%s does not say how text is split: %s is taken; --pattern says otherwise\n", c.Tokenizer, t.Pattern)
	}
	e := t.Encoder()
	out := bufio.NewWriter(a.stdout)
	var ids []uint32
	err = texts(a.stdin, c.Lines, func(text []byte) error {
		if c.Special {
			ids = e.EncodeSpecial(ids[:0], text)
		} else {
			ids = e.Encode(ids[:0], text)
		}
		if c.JSON {
			return json.NewEncoder(out).Encode(map[string]any{"ids": append([]uint32{}, ids...), "tokens": len(ids)})
		}
		for i, id := range ids {
			if i > 0 {
				out.WriteByte(' ')
			}
			fmt.Fprint(out, id)
		}
		return out.WriteByte('\n')
	})
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	return err
}

// texts calls each with all of r, or with each of its lines.
func texts(r io.Reader, lines bool, each func([]byte) error) error {
	if !lines {
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return each(b)
	}
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		b, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return err
		}
		if len(b) == 0 {
			return nil
		}
		if b[len(b)-1] == '\n' {
			b = b[:len(b)-1]
		}
		if err := each(b); err != nil {
			return err
		}
	}
}

type tokenizeDecodeCmd struct {
	Tokenizer string `required:"" placeholder:"FILE" help:"tokenizer.json, ranks of tiktoken, or a folder with tokenizer.json."`
	Lines     bool   `help:"Decode each line alone, to a line."`
}

// Run reads numbers between white space, commas and brackets, so that lines of
// JSON from encode do as well.
func (c *tokenizeDecodeCmd) Run(a *app) error {
	t, err := openTokenizer(c.Tokenizer, "")
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.stdout)
	err = texts(a.stdin, c.Lines, func(b []byte) error {
		ids, err := numbers(b)
		if err != nil {
			return hint.With(hint.Usage(err), "numbers stand between spaces or commas; lines of JSON from encode --lines need --lines here too")
		}
		text, err := t.Decode(nil, ids)
		if err != nil {
			return hint.Usage(err)
		}
		if c.Lines {
			text = append(text, '\n')
		}
		_, err = out.Write(text)
		return err
	})
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	return err
}

// numbers reads token numbers: plain, a list of JSON, or encode's object.
func numbers(b []byte) ([]uint32, error) {
	var row struct{ IDs []uint32 }
	if json.Unmarshal(b, &row) == nil && row.IDs != nil {
		return row.IDs, nil
	}
	var ids []uint32
	n, digits := uint64(0), 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] >= '0' && b[i] <= '9' {
			n, digits = n*10+uint64(b[i]-'0'), digits+1
			if n > math.MaxUint32 {
				return nil, fmt.Errorf("the number at byte %d is too large for a token", i-digits+1)
			}
			continue
		}
		if digits > 0 {
			ids = append(ids, uint32(n))
		}
		n, digits = 0, 0
		if i < len(b) && !isSeparator(b[i]) {
			return nil, fmt.Errorf("%q at byte %d is no token number", b[i], i)
		}
	}
	return ids, nil
}

func isSeparator(c byte) bool {
	return c <= ' ' || c == ',' || c == '[' || c == ']'
}
