// Package tokenize makes a vocabulary from documents and packs documents into
// files of token numbers. Start with [Train] and [Pack]. Encoding itself is in
// internal/bpe, the files' forms in internal/tokens.
package tokenize

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"

	"feilun"
	"feilun/internal/bpe"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/tokens"
)

// Source is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Source embed.FS

// EndOfText is the special token that stands behind every packed document.
const EndOfText = "<|endoftext|>"

// Params steer the stage.
type Params struct {
	// Vocab is the number of tokens of the vocabulary, bytes and special tokens included.
	Vocab int `json:"vocab" default:"32768" range:"257..2097152"`
	// Pattern is how text is split into pieces that tokens may not cross: gpt2, cl100k, o200k, qwen2 or smollm.
	Pattern string `json:"pattern" default:"qwen2"`
	// NFC brings text into Unicode's composed form before it is encoded. What comes back is the composed form.
	NFC bool `json:"nfc" default:"false"`
	// Special lists the special tokens, separated by commas, as a list of JSON, or one at a time; their numbers are the last ones, in this order.
	Special params.List `json:"special" default:"[\"<|endoftext|>\",\"<|im_start|>\",\"<|im_end|>\"]"`
	// Tokenizer is a file to take the vocabulary from (tokenizer.json or its folder, or ranks of tiktoken) instead of training one.
	Tokenizer string `json:"tokenizer" default:""`
	// Format is the form of packed files: megatron (.bin and .idx) or plain (.ds and .ds.index).
	Format string `json:"format" default:"megatron"`
	// Valid is the share of documents that are packed apart for validation, drawn by hash of their ids. It counts documents, not tokens: with few or uneven ones another share of the tokens is drawn, which feilun tokenize pack tells at its end; where none is drawn of 50 or more, training holds out every 50th. 0 holds out none.
	Valid float64 `json:"valid" default:"0.005" range:"0..0.5"`
	// Sample is the text that training counts at most, from the first document on. 0 counts all.
	Sample params.Size `json:"sample" default:"2GB"`
	// Memory is what the counted pieces may take; in a run no more than nine tenths of its --memory.
	Memory params.Size `json:"memory" default:"2GiB"`
}

// Docs calls each with documents in a fixed order, one after another. A
// document may be kept.
type Docs func(each func(*feilun.Doc) error) error

// Joined gives the documents of inputs one after another, up to the first error.
func Joined(inputs ...Input) Docs {
	return func(each func(*feilun.Doc) error) error {
		for _, in := range inputs {
			if err := in.Docs(each); err != nil {
				return err
			}
		}
		return nil
	}
}

// counting is how many bytes of text a worker takes at a time.
const counting = 1 << 20

// Check reports a pattern or format that is none, and a vocabulary that cannot be made or has no
// token to end documents with, as a usage error.
func (p Params) Check() error {
	if _, err := bpe.ParsePattern(p.Pattern); err != nil {
		return hint.Usage(err)
	}
	if p.Tokenizer == "" {
		t := &bpe.Tokenizer{}
		for _, s := range p.Special {
			if s != "" {
				t.Special = append(t.Special, bpe.Special{Text: s})
			}
		}
		if least := 256 + len(t.Special); p.Vocab < least {
			return hint.Usage(fmt.Errorf("vocab is %d: bytes and special tokens alone are %d", p.Vocab, least))
		}
		if _, err := endOfText(t); err != nil {
			return hint.Usage(hint.With(err, "tokenize.special lists them"))
		}
	}
	_, err := tokens.NewWriter(p.Format, false, io.Discard, io.Discard)
	return hint.Usage(err)
}

// Train makes a vocabulary from documents. Workers count side by side; the
// outcome does not depend on how many there are. done may be nil; it is told the
// bytes counted so far.
func Train(ctx context.Context, p Params, docs Docs, workers int, done func(bytes int64)) (*bpe.Tokenizer, bpe.TrainReport, error) {
	pattern, err := bpe.ParsePattern(p.Pattern)
	if err != nil {
		return nil, bpe.TrainReport{}, hint.Usage(err)
	}
	all, err := count(ctx, p, pattern, docs, workers, done)
	if err != nil {
		return nil, bpe.TrainReport{}, err
	}
	special := slices.DeleteFunc(slices.Clone(p.Special), func(s string) bool { return s == "" })
	t, r, err := bpe.Train(ctx, all, p.Vocab, special)
	if errors.Is(err, bpe.ErrTrain) {
		err = hint.Usage(err)
	}
	return t, r, err
}

// count counts the pieces of the documents.
func count(ctx context.Context, p Params, pattern bpe.Pattern, docs Docs, workers int, done func(int64)) (*bpe.Counter, error) {
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	counters := make([]*bpe.Counter, workers)
	work := make(chan []byte, workers)
	var group sync.WaitGroup
	for i := range counters {
		c := bpe.NewCounter(pattern, p.NFC)
		counters[i] = c
		group.Go(func() {
			for text := range work {
				if c.Bytes() < int64(p.Memory)/int64(2*workers) { // what is full counts no more than it has
					c.Add(text)
				}
			}
		})
	}
	err := feed(ctx, p, docs, work, done)
	close(work)
	group.Wait()
	if err != nil {
		return nil, err
	}
	for _, c := range counters {
		if c.Bytes() >= int64(p.Memory)/int64(2*workers) {
			return nil, hint.With(fmt.Errorf("the different pieces of the text need more than %v of memory", p.Memory/2),
				"give more memory (--memory; in a run tokenize.memory too), or count less text (--sample of feilun tokenize train; in a run tokenize.sample)")
		}
	}
	for _, c := range counters[1:] {
		counters[0].Merge(c)
	}
	return counters[0], nil
}

// feed sends the texts to the workers, each document as a whole, until sample
// bytes are sent.
func feed(ctx context.Context, p Params, docs Docs, work chan<- []byte, done func(int64)) error {
	sent := int64(0)
	err := docs(func(d *feilun.Doc) error {
		if p.Sample > 0 && sent > int64(p.Sample) {
			return errEnough
		}
		sent += int64(len(d.Text))
		if done != nil {
			done(sent)
		}
		for text := []byte(d.Text); len(text) > 0; {
			n := min(len(text), counting)
			if n < len(text) { // cut behind a line break, or where it must be
				for n > counting/2 && text[n-1] != '\n' {
					n--
				}
			}
			select {
			case work <- text[:n]:
				text = text[n:]
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

var errEnough = errors.New("enough text")
