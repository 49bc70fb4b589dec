package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"feilun"
	"feilun/dedup"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/shard"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

type dedupCmd struct {
	Near  dedupNearCmd  `cmd:"" help:"Find near-duplicates with MinHash: one line a cluster."`
	Exact dedupExactCmd `cmd:"" help:"Find documents with the same text: one line a cluster."`
	URL   dedupURLCmd   `cmd:"" name:"url" help:"Find documents with the same address: one line a cluster."`
	Line  dedupLineCmd  `cmd:"" help:"Find lines that stand in several documents: one line a document that is cut."`

	Ngram     dedupNgramCmd     `cmd:"" help:"Find paragraphs and documents most of whose n-grams stand further up: one line a document that is cut."`
	Substring dedupSubstringCmd `cmd:"" help:"Find passages repeated word for word: one line a document that is cut."`
}

// dedupFlags are what they have in common.
type dedupFlags struct {
	File    string      `arg:"" help:"JSON lines (plain, gzip or zstd) with text, and optionally id (else the line number), url and canonical; - is standard input."`
	JSON    bool        `help:"Print lines of JSON."`
	Memory  params.Size `default:"1GiB" help:"Memory for sorting and tables; more is spilled to disk."`
	Workers int         `default:"0" help:"Shards worked on at a time; 0 is one a processor."`
	Scratch string      `placeholder:"DIR" help:"Where to make the scratch folder (default: the system's)."`
}

type dedupNearCmd struct {
	dedupFlags
	dedup.NearParams
}

func (c *dedupNearCmd) Help() string { return paramHelp(&c.NearParams) }
func (c *dedupNearCmd) Run(a *app) error {
	return c.clusters(a, &c.NearParams, dedup.Params{Near: &c.NearParams})
}

type dedupExactCmd struct {
	dedupFlags
	dedup.ExactParams
}

func (c *dedupExactCmd) Help() string { return paramHelp(&c.ExactParams) }
func (c *dedupExactCmd) Run(a *app) error {
	return c.clusters(a, &c.ExactParams, dedup.Params{Exact: &c.ExactParams})
}

type dedupURLCmd struct {
	dedupFlags
	dedup.URLParams
}

func (c *dedupURLCmd) Help() string { return paramHelp(&c.URLParams) }
func (c *dedupURLCmd) Run(a *app) error {
	return c.clusters(a, &c.URLParams, dedup.Params{URL: &c.URLParams})
}

type dedupLineCmd struct {
	dedupFlags
	dedup.LineParams
}

func (c *dedupLineCmd) Help() string { return paramHelp(&c.LineParams) }
func (c *dedupLineCmd) Run(a *app) error {
	return c.cuts(a, &c.LineParams, dedup.Params{Line: &c.LineParams})
}

type dedupNgramCmd struct {
	dedupFlags
	dedup.NgramParams
}

func (c *dedupNgramCmd) Help() string { return paramHelp(&c.NgramParams) }
func (c *dedupNgramCmd) Run(a *app) error {
	return c.cuts(a, &c.NgramParams, dedup.Params{Ngram: &c.NgramParams})
}

type dedupSubstringCmd struct {
	dedupFlags
	dedup.SubstringParams
}

func (c *dedupSubstringCmd) Help() string { return paramHelp(&c.SubstringParams) }
func (c *dedupSubstringCmd) Run(a *app) error {
	return c.cuts(a, &c.SubstringParams, dedup.Params{Substring: &c.SubstringParams})
}

// paramHelp lists parameters with their comments.
func paramHelp(ptr any) string {
	ps, err := params.Describe(ptr, dedup.Source)
	if err != nil {
		panic(err) // the embedded source does not parse
	}
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "--%s (%s): %s\n\n", p.Name, p.Default, p.Help)
	}
	return b.String()
}

// checkRanges holds flags to the ranges their parameters state.
func checkRanges(ptr any) error {
	for _, name := range params.Names(ptr) {
		v, _ := params.Value(ptr, name)
		b, err := json.Marshal(v)
		if _, ok := errors.AsType[*json.UnsupportedValueError](err); ok {
			err = fmt.Errorf("%s is %v, no finite number", name, v)
		}
		if err == nil {
			err = params.Set(ptr, name, string(b))
		}
		if err != nil {
			return hint.With(hint.Usage(err), "the same command with --help shows each parameter")
		}
	}
	return nil
}

// decide stores the input in shards of a scratch folder, with numbers from 1
// for ids, and calls use with the decisions; ids are the documents' own, in order.
func (c *dedupFlags) decide(a *app, ptr any, p dedup.Params, use func(ds *dedup.Decisions, ids []string, shards []string) error) (err error) {
	if err := checkRanges(ptr); err != nil {
		return err
	}
	if err := p.Check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.Scratch, "feilun-dedup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	shards, ids, bad := c.store(a, dir)
	if bad != nil && !errors.Is(bad, errPartly) {
		return bad
	}
	ds, err := dedup.Decide(a.ctx, p, shards, dedup.Options{Dir: filepath.Join(dir, "scratch"), Memory: int64(c.Memory), Workers: c.Workers})
	if err != nil {
		return err
	}
	return errors.Join(use(ds, ids, shards), bad)
}

// docsPerShard is small enough to spread small inputs over processors.
const docsPerShard = 10000

func (c *dedupFlags) store(a *app, dir string) (shards, ids []string, err error) {
	var f *os.File
	var w *shard.Writer
	shut := func() error {
		if f == nil {
			return nil
		}
		return errors.Join(w.Close(), f.Close())
	}
	err = documents(a, c.File, nil, func(d *feilun.Doc) (err error) {
		if len(ids)%docsPerShard == 0 {
			if err := shut(); err != nil {
				return err
			}
			shards = append(shards, filepath.Join(dir, fmt.Sprintf("%05d.jsonl.zst", len(shards))))
			if f, err = os.Create(shards[len(shards)-1]); err != nil {
				return err
			}
			if w, err = shard.NewWriter(f); err != nil {
				return err
			}
		}
		ids = append(ids, d.ID)
		d.ID = strconv.Itoa(len(ids))
		return w.Write(d)
	})
	return shards, ids, errors.Join(err, shut())
}

// plain undoes gzip or zstd, told by their first bytes.
func plain(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, _ := in.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(in)
		return bufio.NewReaderSize(z, 1<<16), err
	case string(head) == "\x28\xb5\x2f\xfd":
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		return bufio.NewReaderSize(z, 1<<16), err
	}
	return in, nil
}
