package crawl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/ledger"

	"github.com/klauspost/compress/gzip"
)

// snapshot reads files of one Common Crawl snapshot through the local cache.
type snapshot struct {
	p     Params
	local *files
	get   *fetcher
}

func newSnapshot(p Params) (*snapshot, error) {
	if p.Snapshot == "" || strings.ContainsAny(p.Snapshot, "/\\ ") {
		return nil, hint.With(hint.Usage(fmt.Errorf("crawl: snapshot %q", p.Snapshot)), "name one as Common Crawl does, for example: snapshot: CC-MAIN-2021-04")
	}
	if p.Kind != "warc" && p.Kind != "wet" {
		return nil, hint.With(hint.Usage(fmt.Errorf("crawl: kind %q", p.Kind)), "kind is warc (pages) or wet (text)")
	}
	if p.Cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, hint.With(err, "name a folder for downloads: crawl: {cache: DIR}")
		}
		p.Cache = filepath.Join(dir, "feilun")
	}
	get, err := newFetcher(p)
	if err != nil {
		return nil, err
	}
	return &snapshot{p: p, get: get, local: readFiles(p, get.dir)}, nil
}

// Tasks implements [Source]. It reads the list of paths and asks for the size
// of each file that is not in the cache.
func (s *snapshot) Tasks(ctx context.Context) ([]feilun.Task, error) {
	names, err := s.choose(ctx)
	if err != nil {
		return nil, err
	}
	sizes, err := s.sizes(ctx, names)
	if err != nil {
		return nil, err
	}
	var tasks []feilun.Task
	for i, name := range names {
		for start := int64(0); start == 0 || start < sizes[i]; start += s.p.Range {
			tasks = append(tasks, feilun.Task{
				Stage: Stage, Index: len(tasks), File: name,
				Start: start, End: min(start+s.p.Range, sizes[i]),
			})
		}
	}
	return tasks, nil
}

// choose returns the paths of the files to read, in the snapshot's order. The
// seed decides which: those with the lowest hash of seed and path.
func (s *snapshot) choose(ctx context.Context) ([]string, error) {
	list := path.Join("crawl-data", s.p.Snapshot, s.p.Kind+".paths.gz")
	name, err := s.get.file(ctx, list)
	if err != nil {
		return nil, err
	}
	all, err := readPaths(name)
	if err != nil || s.p.Files == 0 || s.p.Files >= len(all) {
		return all, err
	}
	hash := func(p string) uint64 {
		h := fnv.New64a()
		io.WriteString(h, strconv.FormatInt(s.p.Seed, 10)+"\n"+p)
		// FNV-1a's high bits depend little on the last bytes: mix them
		// (MurmurHash3's finalizer).
		x := h.Sum64()
		x = (x ^ x>>33) * 0xff51afd7ed558ccd
		x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
		return x ^ x>>33
	}
	order := make(map[string]int, len(all))
	for i, p := range all {
		order[p] = i
	}
	slices.SortFunc(all, func(a, b string) int {
		ha, hb := hash(a), hash(b)
		if ha != hb {
			if ha < hb {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	all = all[:s.p.Files]
	slices.SortFunc(all, func(a, b string) int { return order[a] - order[b] })
	return all, nil
}

// readPaths reads a list of paths. They come from a server: those that could
// lead out of the cache are refused.
func readPaths(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, damagedList(name, err)
	}
	var all []string
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		p := strings.TrimSpace(lines.Text())
		if p == "" {
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(p)) || path.Clean(p) != p {
			return nil, fmt.Errorf("%s: unusable path %q", name, p)
		}
		all = append(all, p)
	}
	if err := lines.Err(); err != nil {
		return nil, damagedList(name, err)
	}
	if len(all) == 0 {
		return nil, damagedList(name, errors.New("it is empty"))
	}
	return all, nil
}

func damagedList(name string, err error) error {
	return hint.With(fmt.Errorf("list of paths %s: %w", name, err), "delete that file to load it again")
}

// sizes returns the files' sizes, asking the server a few at a time.
func (s *snapshot) sizes(ctx context.Context, names []string) ([]int64, error) {
	sizes := make([]int64, len(names))
	errs := make([]error, len(names))
	var next sync.Mutex
	var wait sync.WaitGroup
	i := 0
	for range min(s.p.Connections, len(names)) {
		wait.Go(func() {
			for {
				next.Lock()
				k := i
				i++
				next.Unlock()
				if k >= len(names) {
					return
				}
				if sizes[k], errs[k] = s.get.size(ctx, names[k]); errs[k] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	return sizes, errors.Join(errs...)
}

// Docs implements [Source]. It loads the task's file into the cache first; of
// several tasks that need the same file, one loads it and the others wait.
func (s *snapshot) Docs(ctx context.Context, t feilun.Task, drop func(ledger.Row)) iter.Seq2[*feilun.Doc, error] {
	return func(yield func(*feilun.Doc, error) bool) {
		if _, err := s.get.file(ctx, t.File); err != nil {
			yield(nil, err)
			return
		}
		for d, err := range s.local.Docs(ctx, t, drop) {
			if !yield(d, err) {
				return
			}
		}
	}
}
