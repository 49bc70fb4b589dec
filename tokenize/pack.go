package tokenize

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
	"feilun/internal/hint"
	"feilun/internal/tokens"
	"feilun/model"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// An Input is a part of the documents that becomes a file of its own.
type Input struct {
	Name   string // for people
	SHA256 string // of the content, or what else identifies it
	Docs   Docs
}

// A Shard is what one input became.
type Shard struct {
	Input  string `json:"input"`
	SHA256 string `json:"input_sha256"`
	Name   string `json:"name"` // of the files, without ending
	Train  Count  `json:"train"`
	Valid  Count  `json:"valid"`
}

// A Count is a number of documents and what they hold.
type Count struct {
	Docs   int64 `json:"docs"`
	Bytes  int64 `json:"bytes"` // of text
	Tokens int64 `json:"tokens"`
}

func (c *Count) add(o Count) {
	c.Docs, c.Bytes, c.Tokens = c.Docs+o.Docs, c.Bytes+o.Bytes, c.Tokens+o.Tokens
}

// A Manifest tells what a folder of packed files is made of. It is written last.
type Manifest struct {
	Format    string   `json:"format"` // tokens.FolderFormat
	Version   string   `json:"version"`
	Tokenizer string   `json:"tokenizer_sha256"` // of tokenizer.json
	Vocab     int      `json:"vocab"`
	EOT       uint32   `json:"eot"`              // number of the token behind every document
	Prefix    []uint32 `json:"prefix,omitempty"` // tokens before every document
	ValidPart float64  `json:"valid_part"`       // share of documents that was asked for validation
	Form      string   `json:"form"`             // megatron or plain
	Wide      bool     `json:"wide"`             // numbers of 32 bits, else 16
	Shards    []Shard  `json:"shards"`           // in order
	Train     Count    `json:"train"`
	Valid     Count    `json:"valid"`
}

// batchBytes is how much text a worker encodes at a time.
const batchBytes = 1 << 20

// Pack encodes documents and writes, for every input, the files train-N and
// valid-N, and documents-N.jsonl.zst with id, address, source and number of
// tokens of each; then tokenizer.json and manifest.json. Inputs that an earlier
// call finished are left as they are. The bytes do not depend on the number of
// workers.
func Pack(ctx context.Context, p Params, t *bpe.Tokenizer, inputs []Input, dir string, workers int, done func(bytes int64)) (*Manifest, error) {
	eot, err := endOfText(t)
	if err != nil {
		return nil, hint.Usage(err)
	}
	if _, err := tokens.NewWriter(p.Format, false, io.Discard, io.Discard); err != nil {
		return nil, hint.Usage(err)
	}
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	prefix, err := prefixOf(p.Tokenizer, t)
	if err != nil {
		return nil, err
	}
	text, sum, err := written(t, prefix)
	if err != nil {
		return nil, err
	}
	m := &Manifest{Format: tokens.FolderFormat, Version: feilun.Version, Tokenizer: sum, Vocab: t.Size(), EOT: eot, ValidPart: p.Valid, Form: p.Format, Wide: tokens.Wide(t.Size())}
	if len(prefix) != 1 || prefix[0] != eot { // else the end of the document before it stands there
		m.Prefix = prefix
	}
	unlock, err := openFolder(dir, m, text)
	if err != nil {
		return nil, err
	}
	defer unlock()
	for i, in := range inputs {
		k := &packer{p: p, t: t, m: m, dir: dir, index: i, workers: workers, done: done}
		s, err := k.shard(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
		m.Shards = append(m.Shards, s)
		m.Train.add(s.Train)
		m.Valid.add(s.Valid)
	}
	if err := sweep(dir, p.Format, len(inputs)); err != nil {
		return nil, err
	}
	return m, atomicfile.WriteJSON(filepath.Join(dir, "manifest.json"), "  ", m)
}

// prefixOf returns the tokens that the vocabulary of that name, which is t, puts before every text. Ranks of
// tiktoken name none.
func prefixOf(name string, t *bpe.Tokenizer) ([]uint32, error) {
	if name == "" {
		return nil, nil
	}
	name = bpe.File(name)
	b, err := os.ReadFile(name)
	if err != nil || !bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		return nil, err
	}
	prefix, err := model.Prefix(b, t.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return prefix, nil
}

// ends are the names that vocabularies give the token behind a document.
var ends = [...]string{EndOfText, "<|end_of_text|>", "</s>", "<eos>"}

// endOfText returns the number of the token that ends a document.
func endOfText(t *bpe.Tokenizer) (uint32, error) {
	for _, name := range ends {
		for _, s := range t.Special {
			if s.Text == name {
				return s.ID, nil
			}
		}
	}
	if len(t.Special) == 1 {
		return t.Special[0].ID, nil
	}
	return 0, fmt.Errorf("the vocabulary has no special token to end a document with; known are %q", ends)
}

// A packer packs one input.
type packer struct {
	p       Params
	t       *bpe.Tokenizer
	m       *Manifest
	dir     string
	index   int
	workers int
	done    func(int64)
	read    int64

	sides [2]*tokens.Writer // train, valid
	count [2]Count
	rows  *json.Encoder
}

// A marker says that a shard is whole, and of what.
type marker struct {
	Shard
	Tokenizer string  `json:"tokenizer_sha256"`
	Form      string  `json:"form"`
	ValidPart float64 `json:"valid_part"`
	Version   string  `json:"version"`
}

func (k *packer) path(name string) string { return filepath.Join(k.dir, name) }

// shard packs an input, or takes what an earlier call made of it.
func (k *packer) shard(ctx context.Context, in Input) (Shard, error) {
	want := marker{Shard: Shard{Input: in.Name, SHA256: in.SHA256, Name: fmt.Sprintf("train-%05d", k.index)},
		Tokenizer: k.m.Tokenizer, Form: k.p.Format, ValidPart: k.p.Valid, Version: feilun.Version}
	var found marker
	if b, err := os.ReadFile(k.path(doneFile(k.index))); err == nil && json.Unmarshal(b, &found) == nil {
		want.Train, want.Valid = found.Train, found.Valid
		if in.SHA256 != "" && found == want {
			return found.Shard, nil
		}
	}
	if err := os.Remove(k.path(doneFile(k.index))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Shard{}, err // no marker may vouch for files that are being replaced
	}
	if err := k.files(ctx, in); err != nil {
		return Shard{}, err
	}
	want.Train, want.Valid = k.count[0], k.count[1]
	return want.Shard, atomicfile.WriteJSON(k.path(doneFile(k.index)), "  ", want)
}

// files writes the five files of a shard; they appear together, at the end.
func (k *packer) files(ctx context.Context, in Input) error {
	names := shardFiles(k.p.Format, k.index)
	var open []io.Writer
	var next func() error
	next = func() error {
		if len(open) < len(names) {
			return atomicfile.Write(k.path(names[len(open)]), func(w io.Writer) error {
				open = append(open, w)
				return next()
			})
		}
		return k.write(ctx, in, open)
	}
	return next()
}

func (k *packer) write(ctx context.Context, in Input, out []io.Writer) (err error) {
	for side := range k.sides {
		if k.sides[side], err = tokens.NewWriter(k.p.Format, k.m.Wide, out[2*side], out[2*side+1]); err != nil {
			return hint.Usage(err)
		}
	}
	z, err := zstd.NewWriter(out[4], zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	k.rows = json.NewEncoder(z)
	if err := k.encode(ctx, in); err != nil {
		return err
	}
	for _, w := range k.sides {
		if err := w.Close(); err != nil {
			return err
		}
	}
	return z.Close()
}

// A batch is documents on their way through a worker.
type batch struct {
	docs  []*feilun.Doc
	ids   [][]uint32
	bytes int
	ready chan struct{}
}

// encode sends batches to workers and writes them in the order they were read.
func (k *packer) encode(ctx context.Context, in Input) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan *batch)
	order := make(chan *batch, 2*k.workers)
	var group sync.WaitGroup
	for range k.workers {
		group.Go(func() {
			e := k.t.Encoder()
			for b := range work {
				for _, d := range b.docs {
					b.ids = append(b.ids, append(e.Encode(slices.Clone(k.m.Prefix), []byte(d.Text)), k.m.EOT))
				}
				close(b.ready)
			}
		})
	}
	group.Go(func() {
		for b := range order {
			<-b.ready
			if err := k.put(b); err != nil {
				cancel(err)
			}
		}
	})
	err := k.batches(ctx, in, work, order)
	close(work)
	close(order)
	group.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// batches reads the input.
func (k *packer) batches(ctx context.Context, in Input, work, order chan<- *batch) error {
	b := &batch{ready: make(chan struct{})}
	send := func() error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case order <- b:
		}
		work <- b // workers end after the last batch alone
		b = &batch{ready: make(chan struct{})}
		return nil
	}
	err := in.Docs(func(d *feilun.Doc) error {
		b.docs = append(b.docs, d)
		if b.bytes += len(d.Text); b.bytes < batchBytes {
			return nil
		}
		return send()
	})
	if err == nil && len(b.docs) > 0 {
		err = send()
	}
	return err
}

// row is a document's line in documents-N.jsonl.zst.
type row struct {
	ID     string `json:"id"`
	URL    string `json:"url,omitempty"`
	Source string `json:"source,omitempty"`
	Side   string `json:"side"` // train or valid
	Tokens int    `json:"tokens"`
}

func (k *packer) put(b *batch) error {
	for i, d := range b.docs {
		side, name := 0, "train"
		if float64(xxh3.HashString(d.ID)>>11)/(1<<53) < k.p.Valid {
			side, name = 1, "valid"
		}
		if err := k.sides[side].Write(b.ids[i]); err != nil {
			return err
		}
		k.count[side].add(Count{1, int64(len(d.Text)), int64(len(b.ids[i]))})
		if err := k.rows.Encode(row{d.ID, d.URL, d.Source, name, len(b.ids[i])}); err != nil {
			return err
		}
		k.read += int64(len(d.Text))
	}
	if k.done != nil {
		k.done(k.read)
	}
	return nil
}
