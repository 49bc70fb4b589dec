package fetch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"feilun/internal/cite"
	"feilun/internal/terms"
)

// A Page is the text of a page as it was fetched. Its version tells its address, title, date and text apart from
// all others.
type Page struct {
	Version          string
	URL, Title, Date string
	Text             string
	Fetched          time.Time
}

// version is the first half of the SHA-256 of what a page says and where.
func version(p *Page) string {
	h := sha256.New()
	for _, s := range []string{p.URL, p.Title, p.Date, p.Text} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// A Keeper keeps pages that answers cite.
type Keeper interface {
	KeepPage(ctx context.Context, p Page) error
	KeptPage(ctx context.Context, version string) (Page, error)
}

// A Reader turns what was fetched into the text of a page; the address is the one after redirects.
type Reader func(r *Response) (title, date, text string, err error)

// A Passage is a range of bytes of the text of a page.
type Passage struct {
	Page
	Start, End int
	Score      float64
}

const (
	fetched     = 8                // pages that are fetched for a question
	perHost     = 2                // of one host
	atOnce      = 4                // fetches at the same time
	keptPages   = 10 * time.Minute // before a page is fetched again
	mostPages   = 500
	maxText     = 512 << 10 // of a page, in bytes
	passageSize = 1200      // bytes, as in the index
)

// Web searches the live web.
type Web struct {
	client *Client
	searx  *Searx
	read   Reader
	keeper Keeper

	mu   sync.Mutex
	kept map[string]Page // by address
}

// NewWeb joins a client, an instance to ask, what reads pages, and where they are kept.
func NewWeb(c *Client, s *Searx, read Reader, keep Keeper) *Web {
	return &Web{client: c, searx: s, read: read, keeper: keep, kept: map[string]Page{}}
}

// Search finds pages, fetches and keeps them, and returns the k passages that fit the question best, at most two of a page. It
// fails when the search does, or when pages were found and none could be fetched.
func (w *Web) Search(ctx context.Context, query string, k int) ([]Passage, error) {
	results, err := w.searx.Search(ctx, query)
	if err != nil {
		return nil, err
	}
	chosen := choose(results)
	pages := make([]*Page, len(chosen))
	errs := make([]error, len(chosen))
	slots := make(chan struct{}, atOnce)
	var group sync.WaitGroup
	for i, r := range chosen {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			pages[i], errs[i] = w.page(ctx, r)
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pages = slices.DeleteFunc(pages, func(p *Page) bool { return p == nil })
	if len(pages) == 0 && len(chosen) > 0 {
		return nil, fmt.Errorf("%w: none of %d pages could be fetched: %w", ErrSearch, len(chosen), errors.Join(errs...))
	}
	return rankPassages(pages, query, k), nil
}

// Passage returns a kept page of which bytes start to end are meant; these lie in its text.
func (w *Web) Passage(ctx context.Context, version string, start, end int) (Passage, error) {
	p, err := w.keeper.KeptPage(ctx, version)
	if err != nil {
		return Passage{}, err
	}
	if start < 0 || start > end || end > len(p.Text) {
		return Passage{}, fmt.Errorf("page %s has %d bytes; %d to %d do not lie in it", version, len(p.Text), start, end)
	}
	return Passage{Page: p, Start: start, End: end}, nil
}

// choose takes the first results, few of one host, each address once.
func choose(results []Result) (out []Result) {
	hosts, seen := map[string]int{}, map[string]bool{}
	for _, r := range results {
		u, err := url.Parse(r.URL)
		if err != nil || len(out) == fetched {
			continue
		}
		u.Fragment = ""
		if r.URL = u.String(); seen[r.URL] || hosts[u.Host] == perHost {
			continue
		}
		seen[r.URL] = true
		hosts[u.Host]++
		out = append(out, r)
	}
	return out
}

// page fetches and keeps a page, unless it was lately.
func (w *Web) page(ctx context.Context, r Result) (*Page, error) {
	w.mu.Lock()
	p, ok := w.kept[r.URL]
	w.mu.Unlock()
	if ok && time.Since(p.Fetched) < keptPages {
		return &p, nil
	}
	res, err := w.client.Get(ctx, r.URL)
	if err != nil {
		return nil, err
	}
	title, date, text, err := w.read(res)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", res.URL, err)
	}
	if text = strings.TrimSpace(strings.ToValidUTF8(text, "�")); len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	if text == "" {
		return nil, fmt.Errorf("%s has no text", res.URL)
	}
	p = Page{URL: res.URL, Title: cmp.Or(strings.TrimSpace(title), r.Title), Date: cmp.Or(date, r.Date), Text: text, Fetched: res.Fetched}
	p.Version = version(&p)
	if err := w.keeper.KeepPage(ctx, p); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for at, old := range w.kept {
		if len(w.kept) >= mostPages || time.Since(old.Fetched) >= keptPages {
			delete(w.kept, at)
		}
	}
	w.kept[r.URL] = p
	return &p, nil
}

// rankPassages cuts pages at sentences into passages and orders them by BM25 among themselves.
func rankPassages(pages []*Page, query string, k int) []Passage {
	type counted struct {
		Passage
		n    map[string]int
		size int
	}
	var all []counted
	df := map[string]int{}
	total := 0
	for _, p := range pages {
		for _, s := range cutPassages(p.Text) {
			c := counted{Passage: Passage{Page: *p, Start: s.Start, End: s.End}}
			c.n, c.size = countTerms(p.Title + "\n" + s.Of(p.Text))
			for t := range c.n {
				df[t]++
			}
			total += c.size
			all = append(all, c)
		}
	}
	asked, _ := countTerms(query)
	average := max(1, float64(total)/float64(max(1, len(all))))
	for i := range all {
		c := &all[i]
		for t := range asked {
			if tf := float64(c.n[t]); tf > 0 {
				idf := math.Log(1 + (float64(len(all)-df[t])+0.5)/(float64(df[t])+0.5))
				c.Score += idf * tf * 1.9 / (tf + 0.9*(0.4+0.6*float64(c.size)/average))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b counted) int { return cmp.Compare(b.Score, a.Score) })
	var out []Passage
	of := map[string]int{}
	for _, c := range all {
		if len(out) < k && c.Score > 0 && of[c.Version] < 2 {
			of[c.Version]++
			out = append(out, c.Passage)
		}
	}
	return out
}

// cutPassages joins sentences until they are long enough.
func cutPassages(text string) (out []cite.Span) {
	for _, s := range cite.Sentences(text) {
		if n := len(out); n > 0 && s.End-out[n-1].Start <= passageSize {
			out[n-1].End = s.End
		} else {
			out = append(out, s.Span)
		}
	}
	return out
}

func countTerms(text string) (map[string]int, int) {
	n, size := map[string]int{}, 0
	s := terms.NewScanner()
	for s.Reset(text); s.Next(); size++ {
		if !s.Tok.Word || !terms.Function()[string(s.Word)] {
			n[string(s.Term(nil))]++
		}
	}
	return n, size
}
