package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Reasons why a search of the live web fails, which users are shown.
var (
	ErrSearch  = errors.New("the web search failed")
	ErrLimited = fmt.Errorf("%w: it limits how often it may be asked", ErrSearch)
)

// A Result is what a search says of a page. It is never cited: only what is fetched is.
type Result struct {
	URL, Title, Date string
}

const (
	searchTimeout  = 8 * time.Second
	searchBytes    = 4 << 20
	keptSearches   = 10 * time.Minute
	mostSearches   = 500
	betweenAsks    = 500 * time.Millisecond // an instance asks engines on our behalf, which count
	limitedFor     = time.Minute            // when it does not say how long
	longestLimited = 15 * time.Minute
)

// Searx asks a SearXNG instance, which the operator names: its address may be of the inner network.
type Searx struct {
	base string
	http *http.Client

	mu    sync.Mutex
	kept  map[string]keptSearch
	next  time.Time // when it may be asked again
	quiet time.Time // limited until then
}

type keptSearch struct {
	at      time.Time
	results []Result
}

// NewSearx returns a client of the instance at base, such as http://127.0.0.1:8888.
func NewSearx(base string) (*Searx, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is no address of a SearXNG instance", base)
	}
	return &Searx{base: strings.TrimRight(base, "/"), kept: map[string]keptSearch{}, http: &http.Client{
		Timeout: searchTimeout, Transport: &http.Transport{Proxy: nil, ResponseHeaderTimeout: searchTimeout},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // it answers itself, or not
	}}, nil
}

// Search returns what the instance finds, best first. Answers are kept for ten minutes.
func (s *Searx) Search(ctx context.Context, query string) ([]Result, error) {
	query = strings.Join(strings.Fields(query), " ")
	if results, ok := s.known(query); ok {
		return results, nil
	}
	if err := s.turn(ctx); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/search?"+url.Values{"q": {query}, "format": {"json"}}.Encode(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	res, err := s.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w", ErrSearch, err)
	}
	defer res.Body.Close()
	if err := s.refused(res); err != nil {
		return nil, err
	}
	results, err := readResults(io.LimitReader(res.Body, searchBytes))
	if err != nil {
		return nil, err
	}
	s.keep(query, results)
	return results, nil
}

func (s *Searx) known(query string) ([]Result, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.kept[query]
	return k.results, ok && time.Since(k.at) < keptSearches
}

func (s *Searx) keep(query string, results []Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for q, k := range s.kept {
		if len(s.kept) >= mostSearches || time.Since(k.at) >= keptSearches {
			delete(s.kept, q)
		}
	}
	s.kept[query] = keptSearch{time.Now(), results}
}

// turn waits until the instance may be asked; while it limits us, it is not asked at all.
func (s *Searx) turn(ctx context.Context) error {
	s.mu.Lock()
	now := time.Now()
	if left := s.quiet.Sub(now); left > 0 {
		s.mu.Unlock()
		return fmt.Errorf("%w; again in %d s", ErrLimited, int(left.Seconds())+1)
	}
	wait := max(0, s.next.Sub(now))
	s.next = now.Add(wait + betweenAsks)
	s.mu.Unlock()
	if wait == 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refused turns the ways in which an instance does not answer into errors.
func (s *Searx) refused(res *http.Response) error {
	kind := strings.ToLower(res.Header.Get("Content-Type"))
	switch {
	case res.StatusCode == http.StatusTooManyRequests:
		wait := limitedFor
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
			wait = min(time.Duration(n)*time.Second, longestLimited)
		}
		s.mu.Lock()
		s.quiet = time.Now().Add(wait)
		s.mu.Unlock()
		return ErrLimited
	case res.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%w: it refuses JSON (search.formats in its settings.yml must list json)", ErrSearch)
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%w: it answered with status %d", ErrSearch, res.StatusCode)
	case !strings.Contains(kind, "json"):
		return fmt.Errorf("%w: it answered with a page (%s), maybe a captcha, instead of JSON", ErrSearch, kind)
	}
	return nil
}

func readResults(r io.Reader) ([]Result, error) {
	var answer struct {
		Results []struct {
			URL           string `json:"url"`
			Title         string `json:"title"`
			PublishedDate string `json:"publishedDate"`
		} `json:"results"`
		Unresponsive []any `json:"unresponsive_engines"`
	}
	if err := json.NewDecoder(r).Decode(&answer); err != nil {
		return nil, fmt.Errorf("%w: it answered with what is no JSON: %w", ErrSearch, err)
	}
	if len(answer.Results) == 0 && len(answer.Unresponsive) > 0 {
		return nil, fmt.Errorf("%w: none of its engines answered (%v)", ErrSearch, answer.Unresponsive)
	}
	var out []Result
	for _, a := range answer.Results {
		out = append(out, Result{a.URL, a.Title, strings.ToValidUTF8(a.PublishedDate[:min(10, len(a.PublishedDate))], "")})
	}
	return out, nil
}
