package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A memory keeps pages in a map.
type memory struct {
	mu    sync.Mutex
	pages map[string]Page
}

func (m *memory) KeepPage(_ context.Context, p Page) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pages[p.Version] = p
	return nil
}

func (m *memory) KeptPage(_ context.Context, version string) (Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.pages[version]; ok {
		return p, nil
	}
	return Page{}, errors.New("no such page")
}

func plainText(r *Response) (title, date, text string, err error) {
	title, text, _ = strings.Cut(string(r.Body), "\n")
	return title, "", text, nil
}

// searching serves answers of a SearXNG instance.
func searching(t *testing.T, h http.HandlerFunc) *Searx {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	x, err := NewSearx(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestWeb(t *testing.T) {
	var gets atomic.Int32
	c, base := front(t, func(w http.ResponseWriter, r *http.Request) {
		gets.Add(1)
		w.Header().Set("Content-Type", "text/plain")
		switch r.URL.Path {
		case "/harbour":
			fmt.Fprint(w, "Harbour\nThe harbour of Lorna was built in 1874. "+strings.Repeat("Nothing of note happened there. ", 60)+"It has 12 cranes.")
		case "/other":
			fmt.Fprint(w, "Bread\nHow to bake bread at home.")
		default:
			http.NotFound(w, r)
		}
	})
	var asked atomic.Int32
	searx := searching(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.FormValue("format") != "json" {
			t.Errorf("asked %s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"results": [{"url": %q, "title": "T", "content": "a snippet that must never be cited"}, {"url": %q}, {"url": "http://127.0.0.1:1/x"}, {"url": "file:///etc/passwd"}, {"url": %q}]}`,
			base+"/harbour#a", base+"/other", base+"/harbour")
	})
	keep := &memory{pages: map[string]Page{}}
	web := NewWeb(c, searx, plainText, keep)
	for range 2 {
		found, err := web.Search(t.Context(), "When was the harbour of Lorna built?", 3)
		if err != nil || len(found) == 0 || !strings.HasPrefix(found[0].Text[found[0].Start:found[0].End], "The harbour of Lorna was built in 1874.") {
			t.Fatalf("found %+v, %v", found, err)
		}
		for _, p := range found {
			if strings.Contains(p.Text, "snippet") {
				t.Error("a snippet came as a page")
			}
		}
		again, err := web.Passage(t.Context(), found[0].Version, found[0].Start, found[0].End)
		if err != nil || again.Text != found[0].Text || again.Fetched.IsZero() {
			t.Errorf("kept %+v, %v", again, err)
		}
	}
	if asked.Load() != 1 || gets.Load() != 2 {
		t.Errorf("asked %d times, fetched %d pages: neither is kept", asked.Load(), gets.Load())
	}
	if _, err := web.Passage(t.Context(), "none", 0, 1); err == nil {
		t.Error("a passage of no page")
	}
}

func TestSearchFails(t *testing.T) {
	var asked atomic.Int32
	for _, tt := range []struct {
		name, want string
		h          http.HandlerFunc
	}{
		{"JSON off", "settings.yml", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) }},
		{"limited", "limits", func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			w.Header().Set("Retry-After", "30")
			http.Error(w, "slow down", http.StatusTooManyRequests)
		}},
		{"captcha", "captcha", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<form>are you human?")
		}},
		{"broken", "no JSON", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"results": [`)
		}},
		{"engines down", "engines", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"results": [], "unresponsive_engines": [["google", "CAPTCHA"]]}`)
		}},
		{"down", "500", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusInternalServerError) }},
		{"all pages gone", "none of 1 pages", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"results": [{"url": "http://127.0.0.1/"}]}`)
		}},
	} {
		web := NewWeb(New(Options{}), searching(t, tt.h), plainText, &memory{pages: map[string]Page{}})
		for range 2 {
			if _, err := web.Search(t.Context(), "q", 3); !errors.Is(err, ErrSearch) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.want)
			}
		}
	}
	if asked.Load() != 1 {
		t.Errorf("an instance that limits us was asked %d times", asked.Load())
	}
}

func FuzzResults(f *testing.F) {
	f.Add(`{"results": [{"url": "http://a.example/", "title": "t", "publishedDate": "2024-01-02T00:00:00"}]}`)
	f.Add(`{"results": [{"publishedDate": "二〇二四年一月"}], "unresponsive_engines": [["a", "b"]]}`)
	f.Fuzz(func(t *testing.T, s string) {
		results, err := readResults(strings.NewReader(s))
		if err == nil {
			choose(results)
		}
	})
}
