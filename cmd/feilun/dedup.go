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
}

// dedupFlags are what the four have in common.
type dedupFlags struct {
	File    string `arg:"" help:"JSON lines (plain, gzip or zstd) with text, and optionally id (else the line number), url, canonical and confidence; - is standard input."`
	JSON    bool   `help:"Print lines of JSON."`
	Memory  string `default:"1GiB" help:"Memory for sorting and tables; more is spilled to disk."`
	Workers int    `default:"0" help:"Shards worked on at a time; 0 is one a processor."`
	Scratch string `placeholder:"DIR" help:"Where to make the scratch folder (default: the system's)."`
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
		if err == nil {
			err = params.Set(ptr, name, string(b))
		}
		if err != nil {
			return hint.With(hint.Usage(err), "feilun dedup VERB --help shows each parameter")
		}
	}
	return nil
}

// decide stores the input in shards of a scratch folder, with line numbers for
// ids, and calls use with the decisions; ids are the documents' own, in order.
func (c *dedupFlags) decide(a *app, ptr any, p dedup.Params, use func(ds *dedup.Decisions, ids []string, shards []string) error) (err error) {
	if err := checkRanges(ptr); err != nil {
		return err
	}
	memory, err := parseBytes(c.Memory)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.Scratch, "feilun-dedup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	shards, ids, err := c.store(a, dir)
	if err != nil {
		return err
	}
	ds, err := dedup.Decide(a.ctx, p, shards, dedup.Options{Dir: filepath.Join(dir, "scratch"), Memory: memory, Workers: c.Workers})
	if err != nil {
		return err
	}
	return use(ds, ids, shards)
}

// docsPerShard is small enough to spread small inputs over processors.
const docsPerShard = 10000

func (c *dedupFlags) store(a *app, dir string) (shards, ids []string, err error) {
	in := io.NopCloser(a.stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, nil, hint.Usage(err)
		}
		defer f.Close()
		in = f
	}
	lines, err := plain(in)
	if err != nil {
		return nil, nil, err
	}
	for more := true; more; {
		name := filepath.Join(dir, fmt.Sprintf("%05d.jsonl.zst", len(shards)))
		f, err := os.Create(name)
		if err != nil {
			return nil, nil, err
		}
		more, err = storeShard(f, lines, &ids)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", c.File, err)
		}
		shards = append(shards, name)
	}
	return shards, ids, nil
}

// storeShard stores up to docsPerShard lines; more says that others may follow.
func storeShard(f io.Writer, lines *bufio.Reader, ids *[]string) (more bool, err error) {
	w, err := shard.NewWriter(f)
	if err != nil {
		return false, err
	}
	for range docsPerShard {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 || err == nil {
			d, id, err := parseLine(line, len(*ids)+1)
			if err == nil {
				err = w.Write(d)
			}
			if err != nil {
				return false, err
			}
			*ids = append(*ids, id)
		}
		if err == io.EOF {
			return false, w.Close()
		}
		if err != nil {
			return false, err
		}
	}
	return true, w.Close()
}

func parseLine(line []byte, n int) (*feilun.Doc, string, error) {
	var v struct {
		ID         json.RawMessage `json:"id"`
		URL        string          `json:"url"`
		Canonical  string          `json:"canonical"`
		Confidence float64         `json:"confidence"`
		Language   string          `json:"language"`
		Text       *string         `json:"text"`
	}
	if err := json.Unmarshal(line, &v); err != nil {
		return nil, "", hint.With(fmt.Errorf("line %d: %w", n, err), "each line must be one JSON object with a text")
	}
	if v.Text == nil {
		return nil, "", hint.With(fmt.Errorf("line %d has no text", n), "each line must be one JSON object with a text")
	}
	id := strconv.Itoa(n)
	d := &feilun.Doc{ID: id, URL: v.URL, Canonical: v.Canonical, Confidence: v.Confidence, Language: v.Language, Text: *v.Text}
	if len(v.ID) > 0 && string(v.ID) != "null" {
		if json.Unmarshal(v.ID, &id) != nil {
			id = string(v.ID)
		}
	}
	return d, id, nil
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

// parseBytes reads a size such as 512MiB or 8GiB.
func parseBytes(s string) (int64, error) {
	unit := int64(1)
	number := s
	for i, suffix := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if rest, ok := strings.CutSuffix(s, suffix); ok {
			number, unit = rest, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n <= 0 || n > (1<<62)/unit {
		return 0, hint.With(hint.Usage(fmt.Errorf("--memory %q is not a size", s)), "write for example 512MiB or 8GiB")
	}
	return n * unit, nil
}
