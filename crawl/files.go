package crawl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/ledger"
	"feilun/internal/sample"
)

// files reads files of this machine.
type files struct {
	p    Params
	base string // what the names in tasks are relative to

	columns columnSet // of JSON lines and Parquet
	without string    // files below this folder are no input

	sample bool // read the crawl the program carries

	mu     sync.Mutex
	resume map[place]int64 // where the first record behind a task's end starts
	spare  []*scratch      // not in use by any task
}

// borrow returns memory for a task, to be given back.
func (s *files) borrow() *scratch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.spare); n > 0 {
		last := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return last
	}
	return &scratch{dec: decoder{limit: s.p.MaxBody}}
}

func (s *files) giveBack(k *scratch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = append(s.spare, k)
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
	return readFiles(p, base(patterns)), nil
}

// readFiles returns the source of files below a folder.
func readFiles(p Params, base string) *files {
	return &files{p: p, base: base, columns: columnsOfParams(p), resume: map[place]int64{}}
}

// Without leaves out the files below a folder, such as a run's own output.
func (s *files) Without(dir string) error {
	abs, err := filepath.Abs(dir)
	s.without = abs + string(filepath.Separator)
	return err
}

func (s *files) leftOut(name string) bool {
	abs, err := filepath.Abs(name)
	return err == nil && s.without != "" && strings.HasPrefix(abs, s.without)
}

// list finds the files, as names relative to base with forward slashes, in the
// order of the patterns and by name within each. Each file is listed once.
func (s *files) list() ([]string, error) {
	if s.sample {
		return []string{sample.Name}, nil
	}
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
			if rel = filepath.ToSlash(rel); !seen[rel] && !s.leftOut(m) {
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

// Tasks implements [Source]. Files that cannot be cut are one task each.
func (s *files) Tasks(ctx context.Context) ([]feilun.Task, error) {
	names, err := s.list()
	if err != nil {
		return nil, err
	}
	var tasks []feilun.Task
	for _, name := range names {
		size, err := s.divisible(name)
		if err != nil {
			return nil, err
		}
		for start := int64(0); start == 0 || start < size; start += s.p.Range {
			tasks = append(tasks, feilun.Task{
				Stage: Stage, Index: len(tasks), File: name,
				Start: start, End: min(start+s.p.Range, size),
			})
		}
	}
	return tasks, ctx.Err()
}

// divisible returns the size of a file, or what one task covers if it has to be
// read as a whole.
func (s *files) divisible(name string) (int64, error) {
	f, size, err := s.open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if size <= s.p.Range {
		return size, nil
	}
	o, err := sniff(f, size, s.p, &scratch{})
	switch o.kind {
	case kindWARC, kindARC, kindParquet:
		return size, err
	case kindJSONL, kindWiki:
		if o.storage == storedPlain || o.kind == kindWiki && o.storage == storedBzip2 {
			return size, err
		}
	}
	return s.p.Range, err
}

// A stored file is one of this machine, or one the program carries.
type stored interface {
	io.ReaderAt
	io.Closer
}

// open opens a file of the source and tells its size.
func (s *files) open(name string) (stored, int64, error) {
	if s.sample {
		b := sample.WARC()
		return embedded{bytes.NewReader(b)}, int64(len(b)), nil
	}
	f, err := os.Open(s.full(name))
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// embedded is a file the program carries.
type embedded struct{ io.ReaderAt }

// Close implements [io.Closer].
func (embedded) Close() error { return nil }

// Docs implements [Source].
func (s *files) Docs(ctx context.Context, t feilun.Task, drop func(ledger.Row)) iter.Seq2[*feilun.Doc, error] {
	return func(yield func(*feilun.Doc, error) bool) {
		f, size, err := s.open(t.File)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		memory := s.borrow()
		defer s.giveBack(memory)
		j := &job{ctx: ctx, src: s, task: t, drop: drop, yield: yield, fill: newFiller(s.p, t.File, &memory.dec)}
		if j.opened, err = sniff(f, size, s.p, memory); err == nil {
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
	opened
	ctx   context.Context
	src   *files
	task  feilun.Task
	drop  func(ledger.Row)
	yield func(*feilun.Doc, error) bool
	fill  *filler
	err   error // why reading stopped early: the context, or errStopped

	responses int64 // records of type response
}

// run reads the task, as what its file's first bytes show.
func (j *job) run() (err error) {
	switch {
	case j.size == 0:
	case j.kind == kind7z || j.storage == storedBzip2 && (j.kind == kindWARC || j.kind == kindARC):
		err = errPacked(j.kind)
	case j.kind == kindWARC || j.kind == kindARC:
		err = j.archive()
	case j.kind == kindJSONL:
		err = j.lines()
	case j.kind == kindParquet:
		err = j.parquet()
	case j.kind == kindWiki:
		err = j.dump()
	case j.task.Start > 0:
	case j.kind == kindJSON:
		err = j.json()
	case j.kind == kindEPUB:
		err = j.epub()
	case j.kind == kindBook:
		err = j.book()
	case j.kind == kindIndex:
		j.dropped(ledger.Row{
			ID: j.fill.source, Record: feilun.Record{File: j.task.File}, Stage: Stage,
			Rule: RuleRecordType, Note: "index of a multistream dump", Bytes: j.size,
		})
	default:
		err = j.whole()
	}
	if j.err != nil {
		return j.err
	}
	return err
}

// emit turns an event into a document or a row. offset is the place in the
// stored file, inner that in the member there. It reports whether to go on.
func (j *job) emit(e event, offset, inner int64) bool {
	if e.rec == nil {
		return j.damaged(offset, e.lost, e.wrong)
	}
	if is(e.rec.typ, "response") {
		j.responses++
	}
	doc, row := j.fill.doc(e.rec, offset, inner)
	if doc == nil {
		return j.dropped(row)
	}
	return j.give(doc)
}

// give yields a document.
func (j *job) give(d *feilun.Doc) bool {
	if j.err = j.ctx.Err(); j.err == nil && !j.yield(d, nil) {
		j.err = errStopped
	}
	return j.err == nil
}

// dropped reports a record that is no document.
func (j *job) dropped(row ledger.Row) bool {
	if j.err = j.ctx.Err(); j.err == nil {
		j.drop(row)
	}
	return j.err == nil
}

// damaged reports damage at an offset.
func (j *job) damaged(offset, lost int64, why string) bool {
	return j.dropped(ledger.Row{
		Record: feilun.Record{File: j.task.File, Offset: offset},
		Stage:  Stage, Rule: RuleDamaged, Note: why, Bytes: lost,
	})
}

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
