package crawl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"feilun/internal/hint"

	"github.com/google/go-cmp/cmp"
)

// A moody server holds files and answers the requests for each with the moods
// in turn, the last one for ever.
type moody struct {
	mu    sync.Mutex
	files map[string][]byte
	moods map[string][]string
	asked map[string]int
	most  int // requests served at once
	now   int
	log   []string
}

func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	m.mu.Lock()
	mood := "good"
	if r.Method == http.MethodGet {
		if list := m.moods[path]; len(list) > 0 {
			mood = list[min(m.asked[path], len(list)-1)]
		}
		m.asked[path]++
	}
	m.log = append(m.log, strings.TrimSpace(fmt.Sprintf("%s %s %s", mood, r.Header.Get("Range"), r.Header.Get("If-Range"))))
	m.now++
	m.most = max(m.most, m.now)
	file, ok := m.files[path]
	m.mu.Unlock()
	defer func() { m.mu.Lock(); m.now--; m.mu.Unlock() }()
	if !ok {
		http.NotFound(w, r)
		return
	}
	m.answer(w, r, mood, file)
}

func (m *moody) answer(w http.ResponseWriter, r *http.Request, mood string, file []byte) {
	w.Header().Set("ETag", fmt.Sprintf("%q", fmt.Sprint("v", len(file))))
	cut := func(n int) { // claim all, send n bytes, hang up
		w.Header().Set("Content-Length", fmt.Sprint(len(file)))
		w.Write(file[:n])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	switch mood {
	case "403", "429", "500", "503":
		w.Header().Set("Retry-After", "1")
		w.Header().Del("ETag")
		var code int
		fmt.Sscan(mood, &code)
		http.Error(w, "slow down", code)
	case "cut":
		cut(len(file) / 3)
	case "cut range":
		var from int
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(file)-1, len(file)))
		w.Header().Set("Content-Length", fmt.Sprint(len(file)-from))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(file[from : from+(len(file)-from)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	case "ignores range":
		w.Write(file)
	case "other range":
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 5-%d/%d", len(file)-1, len(file)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(file[5:])
	case "too long":
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", len(file)/3, len(file)-1, len(file)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(append(file[len(file)/3:len(file):len(file)], "and more"...))
	case "changed":
		old := append([]byte("an older version "), file...)
		w.Header().Set("ETag", `"old"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(old)))
		w.Write(old[:len(old)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	case "stalls":
		w.Header().Set("Content-Length", fmt.Sprint(len(file)))
		w.Write(file[:10])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "hangs up":
		panic(http.ErrAbortHandler)
	case "no length":
		w.(http.Flusher).Flush()
		w.Write(file)
	default:
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file))
	}
}

var snapshotFiles = sync.OnceValue(func() (all [][]byte) {
	for i := range 9 {
		var file []byte
		for k := range 8 {
			file = append(file, gz(warcRecord(i*100+k, nil))...)
		}
		all = append(all, file)
	}
	return all
})

// serve starts a server with a snapshot of nine files and returns it with
// parameters that read three of them.
func serve(t *testing.T) (*moody, Params) {
	t.Helper()
	m := &moody{files: map[string][]byte{}, moods: map[string][]string{}, asked: map[string]int{}}
	var list strings.Builder
	for i, file := range snapshotFiles() {
		name := fmt.Sprintf("crawl-data/CC-MAIN-2021-04/segments/1/warc/CC-%05d.warc.gz", i)
		fmt.Fprintln(&list, name)
		m.files[name] = file
	}
	m.files["crawl-data/CC-MAIN-2021-04/warc.paths.gz"] = []byte(gz(list.String()))
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	p := Defaults()
	p.Source, p.Snapshot, p.Files, p.Base, p.Cache = "commoncrawl", "CC-MAIN-2021-04", 3, server.URL, t.TempDir()
	p.Range, p.Attempts = 10_000, 4
	return m, p
}

// quick makes a source try again without waiting.
func quick(t *testing.T, p Params) *snapshot {
	t.Helper()
	s, err := newSnapshot(p)
	if err != nil {
		t.Fatal(err)
	}
	s.get.unit, s.get.idle = time.Microsecond, 50*time.Millisecond
	return s
}

func readSource(t *testing.T, s Source) result {
	t.Helper()
	tasks, err := s.Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	res := result{types: map[string]int{}}
	for _, task := range tasks {
		res.read(t, s, task)
	}
	return res
}

// TestCommonCrawl reads three of nine files; the server's moods must not
// change what is read.
func TestCommonCrawl(t *testing.T) {
	m, p := serve(t)
	want := readSource(t, quick(t, p))
	if want.docs != 24 || want.damaged != 0 || m.most > p.Connections {
		t.Fatalf("%d documents, %d damaged, %d requests at once; want 24, 0, at most %d", want.docs, want.damaged, m.most, p.Connections)
	}
	if got := readSource(t, quick(t, p)); !cmp.Equal(got.lines, want.lines) {
		t.Error("reading from the cache gives other documents")
	}
	if got := m.asked["crawl-data/CC-MAIN-2021-04/warc.paths.gz"]; got != 1 {
		t.Errorf("the list was asked for %d times, want 1", got)
	}
	p.Seed, p.Cache = 2, t.TempDir()
	if got := readSource(t, quick(t, p)); cmp.Equal(got.lines, want.lines) {
		t.Error("another seed reads the same files")
	}
	for _, moods := range [][]string{
		{"403", "429", "503", "good"},
		{"500", "cut", "good"},
		{"cut", "cut range", "cut range", "good"},
		{"cut", "ignores range"},
		{"cut", "other range", "good"},
		{"cut", "too long", "good"},
		{"changed", "good"},
		{"stalls", "good"},
		{"hangs up", "hangs up", "good"},
		{"no length"},
	} {
		t.Run(strings.Join(moods, ", "), func(t *testing.T) {
			m, p := serve(t)
			for name := range m.files {
				m.moods[name] = moods
			}
			if got := readSource(t, quick(t, p)); !cmp.Equal(got.lines, want.lines) || got.damaged != 0 {
				t.Errorf("other documents: %d of %d, %d damaged", got.docs, want.docs, got.damaged)
			}
			left, err := filepath.Glob(filepath.Join(p.Cache, "*", "*", "*", "*", "*", "*", "*.part*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

// TestResume stops a download and goes on in a new process: only the rest is
// asked for.
func TestResume(t *testing.T) {
	m, p := serve(t)
	const path = "crawl-data/CC-MAIN-2021-04/segments/1/warc/CC-00000.warc.gz"
	m.moods[path] = []string{"cut", "503"}
	p.Attempts = 1
	s := quick(t, p)
	for range 2 {
		if _, err := s.get.file(t.Context(), path); err == nil || hint.Of(err) == "" || !strings.Contains(err.Error(), path) {
			t.Fatalf("file = %v, want an error with a hint", err)
		}
	}
	m.moods[path] = nil
	name, err := quick(t, p).get.file(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(name); err != nil || !bytes.Equal(b, m.files[path]) {
		t.Errorf("the file differs: %v", err)
	}
	want := fmt.Sprintf("good bytes=%d- %q", len(m.files[path])/3, fmt.Sprint("v", len(m.files[path])))
	if got := m.log[len(m.log)-1]; got != want {
		t.Errorf("last request %q, want %q", got, want)
	}
}

func TestGivesUp(t *testing.T) {
	m, p := serve(t)
	p.Files = 0
	m.moods["crawl-data/CC-MAIN-2021-04/warc.paths.gz"] = []string{"503"}
	_, err := quick(t, p).Tasks(t.Context())
	if err == nil || !strings.Contains(err.Error(), "4 attempts failed") || hint.Of(err) == "" {
		t.Errorf("Tasks = %v (hint %q), want four failed attempts and a hint", err, hint.Of(err))
	}
	if m.asked["crawl-data/CC-MAIN-2021-04/warc.paths.gz"] != 4 {
		t.Errorf("asked %d times, want 4", m.asked["crawl-data/CC-MAIN-2021-04/warc.paths.gz"])
	}
	p.Snapshot = "CC-MAIN-1921-04"
	s := quick(t, p)
	if _, err = s.Tasks(t.Context()); err == nil || !strings.Contains(err.Error(), "404") || hint.Of(err) == "" {
		t.Errorf("Tasks = %v, want 404 at once", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = s.Tasks(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Tasks = %v, want cancelled", err)
	}
}

// TestHostilePaths refuses a list that leads out of the cache.
func TestHostilePaths(t *testing.T) {
	for _, path := range []string{"../../etc/passwd", "/etc/passwd", "a/../../b", "a//b"} {
		m, p := serve(t)
		m.files["crawl-data/CC-MAIN-2021-04/warc.paths.gz"] = []byte(gz(path + "\n"))
		if _, err := quick(t, p).Tasks(t.Context()); err == nil || !strings.Contains(err.Error(), "unusable path") {
			t.Errorf("list with %q: %v, want an error", path, err)
		}
	}
}
