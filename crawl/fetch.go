package crawl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/hint"
)

// A fetcher keeps files of one server in a local folder. What lies there under
// a file's name is whole; a download in progress lies beside it as .part, with
// what the server said about the file as .part.json.
type fetcher struct {
	base     string // address that paths are relative to, without a slash at the end
	dir      string
	attempts int
	client   *http.Client
	slots    chan struct{} // one per connection
	idle     time.Duration // a connection that brings nothing for so long is given up
	unit     time.Duration // first pause between attempts; it doubles up to 60 units

	mu    sync.Mutex
	locks map[string]*sync.Mutex // by path, so that one goroutine loads a file
}

func newFetcher(p Params) (*fetcher, error) {
	u, err := url.Parse(p.Base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, hint.With(hint.Usage(fmt.Errorf("crawl: base %q is no web address", p.Base)), "the default is https://data.commoncrawl.org")
	}
	return &fetcher{
		base: strings.TrimSuffix(p.Base, "/"), dir: filepath.Join(p.Cache, strings.ReplaceAll(u.Host, ":", "_")),
		attempts: max(1, p.Attempts), client: &http.Client{Transport: transport()},
		slots: make(chan struct{}, max(1, p.Connections)), idle: time.Minute, unit: time.Second,
		locks: map[string]*sync.Mutex{},
	}, nil
}

// transport is the usual one, but leaves bodies as they are.
func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true
	t.ResponseHeaderTimeout = time.Minute
	return t
}

// A remote is what the server said about a file.
type remote struct {
	Size int64  `json:"size"` // -1 when it did not say
	Tag  string `json:"tag"`  // strong ETag, or Last-Modified
}

// lock makes the caller the only one to load a path, within this process and,
// by a lock file, on this machine.
func (f *fetcher) lock(path, name string) (unlock func(), err error) {
	f.mu.Lock()
	m := f.locks[path]
	if m == nil {
		m = new(sync.Mutex)
		f.locks[path] = m
	}
	f.mu.Unlock()
	m.Lock()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		m.Unlock()
		return nil, err
	}
	release, err := lockFile(name + ".lock")
	if err != nil {
		m.Unlock()
		return nil, err
	}
	return func() { release(); m.Unlock() }, nil
}

// file returns the local name of a path, loading it if it is not there.
func (f *fetcher) file(ctx context.Context, path string) (string, error) {
	name := filepath.Join(f.dir, filepath.FromSlash(path))
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	unlock, err := f.lock(path, name)
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	d := download{fetcher: f, name: name}
	if err := f.retry(ctx, path, d.attempt); err != nil {
		return "", err
	}
	return name, nil
}

// size returns a file's size, from the cache or the server.
func (f *fetcher) size(ctx context.Context, path string) (int64, error) {
	if info, err := os.Stat(filepath.Join(f.dir, filepath.FromSlash(path))); err == nil {
		return info.Size(), nil
	}
	var size int64
	err := f.retry(ctx, path, func(ctx context.Context, path string) (bool, error) {
		res, err := f.do(ctx, http.MethodHead, path, nil)
		if err != nil {
			return false, err
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return false, status(res)
		}
		if size = res.ContentLength; size < 0 {
			return false, errors.New("the server does not say how long the file is")
		}
		return false, nil
	})
	return size, err
}

// do sends one request.
func (f *fetcher) do(ctx context.Context, method, path string, header map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, f.base+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "feilun/"+feilun.Version)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	return f.client.Do(req)
}

// A statusError is an answer that is not the file.
type statusError struct {
	code  int
	text  string
	after time.Duration // Retry-After
}

func (e *statusError) Error() string { return "the server answers " + e.text }

func status(res *http.Response) error {
	e := &statusError{code: res.StatusCode, text: res.Status}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		e.after = time.Duration(min(s, 300)) * time.Second
	}
	return e
}

// passing reports whether an answer may be another one later. Common Crawl
// answers 403 and 503 to clients it finds too fast.
func (e *statusError) passing() bool {
	return e.code == 403 || e.code == 408 || e.code == 425 || e.code == 429 || e.code >= 500
}

// retry calls try until it succeeds, pausing longer each time. Attempts that
// brought part of the file do not count. One slot is held meanwhile, so that
// pausing makes all of us slower.
func (f *fetcher) retry(ctx context.Context, path string, try func(context.Context, string) (progress bool, err error)) error {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for failed := 1; ; failed++ {
		progress, err := try(ctx, path)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if progress {
			failed = 1
		}
		var disk *os.PathError
		answer, refused := errors.AsType[*statusError](err)
		switch {
		case errors.As(err, &disk):
			return hint.With(err, "check the cache folder: space and permissions")
		case refused && !answer.passing():
			return hint.With(fmt.Errorf("%s/%s: %w", f.base, path, err), "check the snapshot's name; the list is at https://index.commoncrawl.org")
		case failed >= f.attempts:
			return hint.With(fmt.Errorf("%s/%s: %d attempts failed, the last because %w", f.base, path, failed, err),
				"the same command goes on where it stopped; try later, or with fewer connections")
		}
		d := f.wait(failed, answer)
		remark(ctx, fmt.Sprintf("crawl: %s/%s: %v; attempt %d of %d in %v", f.base, path, err, failed+1, f.attempts, d.Round(time.Second)))
		if err := pause(ctx, d); err != nil {
			return err
		}
	}
}

// wait is the time before the next attempt: one unit, doubled each time up to
// 60, times a random factor of 0.5 to 1.5 so that clients do not come in step;
// at least as long as the server asks. It has no influence on any output.
func (f *fetcher) wait(failed int, answer *statusError) time.Duration {
	d := time.Duration(float64(min(f.unit<<min(failed-1, 10), 60*f.unit)) * (0.5 + rand.Float64()))
	if answer != nil {
		d = max(d, answer.after*f.unit/time.Second)
	}
	return d
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A download is a file being loaded.
type download struct {
	*fetcher
	name string
}

func (d *download) part() string { return d.name + ".part" }

// known returns what the last attempt learned, and how much of it is there.
func (d *download) known() (r remote, have int64) {
	b, err := os.ReadFile(d.part() + ".json")
	if err != nil || json.Unmarshal(b, &r) != nil {
		return remote{Size: -1}, 0
	}
	info, err := os.Stat(d.part())
	if err != nil || r.Tag == "" {
		return r, 0
	}
	return r, info.Size()
}

// attempt asks for the bytes that are missing. It reports whether it brought
// any.
func (d *download) attempt(ctx context.Context, path string) (progress bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	old, have := d.known()
	header := map[string]string{}
	if have > 0 {
		if have == old.Size {
			return false, d.finish()
		}
		header["Range"] = fmt.Sprintf("bytes=%d-", have)
		header["If-Range"] = old.Tag
	}
	res, err := d.do(ctx, http.MethodGet, path, header)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	now, from, err := d.answer(res, old, have)
	if err != nil {
		return false, err
	}
	n, err := d.save(ctx, cancel, res.Body, now, from)
	if err != nil {
		return n > 0, err
	}
	if now.Size >= 0 && from+n != now.Size {
		return n > 0, fmt.Errorf("the answer has %d bytes of %d", from+n, now.Size)
	}
	return true, d.finish()
}

// answer reads from a response what the file is and where its bytes belong.
// What it contradicts is thrown away.
func (d *download) answer(res *http.Response, old remote, have int64) (now remote, from int64, err error) {
	now = remote{Size: res.ContentLength, Tag: tag(res.Header)}
	switch res.StatusCode {
	case http.StatusOK: // from the start: no range asked, ignored, or the file has changed
		return now, 0, nil
	case http.StatusPartialContent:
		var first, last, total int64
		if _, err := fmt.Sscanf(res.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &total); err != nil || first != have ||
			now.Tag != "" && now.Tag != old.Tag || old.Size >= 0 && total != old.Size {
			return now, 0, errors.Join(errors.New("the server sends another part than the one asked for"), d.discard())
		}
		return remote{Size: total, Tag: old.Tag}, have, nil
	case http.StatusRequestedRangeNotSatisfiable:
		return now, 0, errors.Join(errors.New("the file on the server has changed"), d.discard())
	}
	return now, 0, status(res)
}

// tag returns what identifies a version of a file, for If-Range.
func tag(h http.Header) string {
	if t := h.Get("ETag"); t != "" && !strings.HasPrefix(t, "W/") {
		return t
	}
	return h.Get("Last-Modified")
}

func (d *download) discard() error {
	err := errors.Join(os.Remove(d.part()), os.Remove(d.part()+".json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// save writes a body to the part file from an offset on, and returns how many
// bytes came.
func (d *download) save(ctx context.Context, cancel context.CancelCauseFunc, body io.Reader, r remote, from int64) (n int64, err error) {
	b, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	file, err := os.OpenFile(d.part(), os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := file.Truncate(from); err != nil {
		return 0, err
	}
	if err := atomicfile.WriteBytes(d.part()+".json", b); err != nil {
		return 0, err
	}
	watch := time.AfterFunc(d.idle, func() { cancel(errors.New("the connection brought nothing for too long")) })
	defer watch.Stop()
	buf := make([]byte, 1<<16)
	for {
		k, err := body.Read(buf)
		watch.Reset(d.idle)
		if r.Size >= 0 && from+n+int64(k) > r.Size {
			return n, errors.New("the answer is longer than it should be")
		}
		if _, werr := file.WriteAt(buf[:k], from+n); werr != nil {
			return n, werr
		}
		n += int64(k)
		if err == io.EOF {
			return n, file.Sync()
		}
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return n, err
		}
	}
}

// finish gives the whole file its name.
func (d *download) finish() error {
	if err := os.Rename(d.part(), d.name); err != nil {
		return err
	}
	if err := os.Remove(d.part() + ".json"); err != nil {
		return err
	}
	return nil
}
