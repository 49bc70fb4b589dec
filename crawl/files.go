package crawl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/ledger"
)

// files reads files of this machine.
type files struct {
	p    Params
	base string // what the names in tasks are relative to

	mu     sync.Mutex
	resume map[place]int64 // where the first record behind a task's end starts
}

// A place is an offset in a file. What resume holds for it saves looking for
// the next record's start; it never differs from what looking would find.
type place struct {
	file string
	off  int64
}

func newFiles(p Params) (*files, error) {
	patterns := split(p.Path)
	if len(patterns) == 0 {
		return nil, hint.With(hint.Usage(errors.New("crawl: no path given")),
			"say which files to read, for example: crawl: {source: warc, path: \"data/*.warc.gz\"}")
	}
	return &files{p: p, base: base(patterns), resume: map[place]int64{}}, nil
}

// split lists the patterns in a path. A comma separates unless a file of the
// whole name exists.
func split(p Paths) []string {
	var list []string
	for line := range strings.SplitSeq(string(p), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if _, err := os.Stat(line); err == nil || !strings.Contains(line, ",") {
			list = append(list, line)
			continue
		}
		for part := range strings.SplitSeq(line, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	}
	return list
}

// base returns the longest folder that all patterns share.
func base(patterns []string) string {
	var common []string
	for i, p := range patterns {
		dir := filepath.ToSlash(filepath.Clean(p))
		if info, err := os.Stat(p); err != nil || !info.IsDir() {
			dir = filepath.ToSlash(filepath.Dir(filepath.Clean(p)))
		}
		parts := strings.Split(dir, "/")
		if k := slices.IndexFunc(parts, meta); k >= 0 {
			parts = parts[:k]
		}
		if i == 0 {
			common = parts
			continue
		}
		n := 0
		for n < len(common) && n < len(parts) && common[n] == parts[n] {
			n++
		}
		common = common[:n]
	}
	if len(common) == 1 && common[0] == "" {
		return "/"
	}
	return filepath.FromSlash(strings.Join(common, "/"))
}

func meta(s string) bool { return strings.ContainsAny(s, "*?[") }

// list finds the files, as names relative to base with forward slashes, in the
// order of the patterns and by name within each. Each file is listed once.
func (s *files) list() ([]string, error) {
	var names []string
	seen := map[string]bool{}
	for _, pattern := range split(s.p.Path) {
		matches, err := expand(pattern)
		if err != nil {
			return nil, err
		}
		for _, m := range matches {
			rel, err := filepath.Rel(s.baseDir(), m)
			if err != nil {
				return nil, err
			}
			if rel = filepath.ToSlash(rel); !seen[rel] {
				seen[rel] = true
				names = append(names, rel)
			}
		}
	}
	return names, nil
}

func (s *files) baseDir() string {
	if s.base == "" {
		return "."
	}
	return s.base
}

func (s *files) full(name string) string {
	return filepath.Join(s.baseDir(), filepath.FromSlash(name))
}

// expand returns the files a pattern stands for: itself, all files below a
// folder, or what matches.
func expand(pattern string) ([]string, error) {
	matches := []string{pattern}
	if _, err := os.Stat(pattern); err != nil {
		if matches, err = filepath.Glob(pattern); err != nil {
			return nil, hint.With(hint.Usage(fmt.Errorf("crawl: pattern %q: %w", pattern, err)), "*, ? and [a-z] are special in patterns")
		}
	}
	var all []string
	for _, m := range matches {
		err := filepath.WalkDir(m, func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				all = append(all, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, hint.With(hint.Usage(fmt.Errorf("crawl: no file matches %q", pattern)), "check the path; it is relative to the folder the command runs in")
	}
	slices.Sort(all)
	return all, nil
}

// Tasks implements [Source].
func (s *files) Tasks(ctx context.Context) ([]feilun.Task, error) {
	names, err := s.list()
	if err != nil {
		return nil, err
	}
	var tasks []feilun.Task
	for _, name := range names {
		info, err := os.Stat(s.full(name))
		if err != nil {
			return nil, err
		}
		for start := int64(0); start == 0 || start < info.Size(); start += s.p.Range {
			tasks = append(tasks, feilun.Task{
				Stage: Stage, Index: len(tasks), File: name,
				Start: start, End: min(start+s.p.Range, info.Size()),
			})
		}
	}
	return tasks, ctx.Err()
}

// Docs implements [Source].
func (s *files) Docs(ctx context.Context, t feilun.Task, drop func(ledger.Row)) iter.Seq2[*feilun.Doc, error] {
	return func(yield func(*feilun.Doc, error) bool) {
		f, err := os.Open(s.full(t.File))
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		info, err := f.Stat()
		if err == nil {
			j := &job{ctx: ctx, src: s, task: t, file: f, size: info.Size(), drop: drop, yield: yield}
			j.fill = newFiller(s.p, t.File)
			err = j.run()
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, fmt.Errorf("%s: %w", t.File, err))
		}
	}
}

var errStopped = errors.New("the reader wants no more")

// A job is one task being read.
type job struct {
	ctx   context.Context
	src   *files
	task  feilun.Task
	file  io.ReaderAt
	size  int64
	drop  func(ledger.Row)
	yield func(*feilun.Doc, error) bool
	fill  *filler
	err   error
}

// run reads the task, as what its file's first bytes show.
func (j *job) run() error {
	head := make([]byte, lookahead)
	n, err := j.file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	head = head[:n]
	switch {
	case n == 0:
		return nil
	case bytes.HasPrefix(head, gzipMagic):
		err = j.gzip()
	default:
		err = j.plain(head)
	}
	if j.err != nil {
		return j.err
	}
	return err
}

// emit turns an event into a document or a row. offset is the place in the
// stored file.
func (j *job) emit(e event, offset, inner int64) bool {
	if j.err = j.ctx.Err(); j.err != nil {
		return false
	}
	if e.rec == nil {
		j.drop(ledger.Row{Record: feilun.Record{File: j.task.File, Offset: offset}, Stage: Stage, Rule: RuleDamaged, Note: e.wrong, Bytes: e.lost})
		return true
	}
	doc, row := j.fill.doc(e.rec, offset, inner)
	if doc == nil {
		j.drop(row)
		return true
	}
	if !j.yield(doc, nil) {
		j.err = errStopped
		return false
	}
	return true
}

// plain reads a file that is not compressed. Which bytes begin a record is
// known for sure only by reading from the file's start, so a later task passes
// over what earlier tasks read.
func (j *job) plain(head []byte) error {
	raw := &fileReader{file: j.file}
	p := &parser{format: warcFormat{}, maxBlock: j.src.maxBlock()}
	p.win.reset(raw, 0)
	p.run(func(e event) bool {
		switch {
		case e.pos >= j.task.End:
			return false
		case e.pos < j.task.Start:
			return true
		}
		return j.emit(e, e.pos, 0)
	})
	return raw.err
}

func (s *files) maxBlock() int { return s.p.MaxBody + 1<<16 }

func (s *files) remembered(p place) (int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	off, ok := s.resume[p]
	return off, ok
}

func (s *files) remember(p place, off int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resume[p] = off
}
