// Package fetch gets pages of the live web for answers. Whatever address it is given, it connects to public servers
// alone ([Client]); [Web] asks a SearXNG instance, fetches what it finds, keeps the text, and gives the passages that fit a
// question. It does not read HTML: the function that does is passed in.
package fetch

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Options of a [Client]. Zero fields are filled with defaults.
type Options struct {
	Bytes     int64         // of a body, after decompression; 4 MiB
	Timeout   time.Duration // of a whole fetch; 10 s
	Redirects int           // that are followed; 5
	Agent     string        // User-Agent

	// Lookup resolves a name. Nil asks the system's resolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Allow lists addresses that may be connected to although they are not public. Tests name their own server here.
	Allow []netip.AddrPort
}

// A Client fetches pages. Many goroutines may use it.
type Client struct {
	o    Options
	http *http.Client
}

// New returns a client. It knows no cookies, no credentials and no proxies.
func New(o Options) *Client {
	if o.Bytes == 0 {
		o.Bytes = 4 << 20
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Redirects == 0 {
		o.Redirects = 5
	}
	if o.Agent == "" {
		o.Agent = "Mozilla/5.0 (compatible; feilun)"
	}
	if o.Lookup == nil {
		o.Lookup = lookup
	}
	c := &Client{o: o}
	c.http = &http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{
			Proxy: nil, DialContext: c.dial, DisableCompression: true, DisableKeepAlives: true, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: o.Timeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > o.Redirects {
				return fmt.Errorf("more than %d redirects", o.Redirects)
			}
			r.Header.Del("Referer")
			return c.check(r.URL)
		},
	}
	return c
}

// A Response is a page as it came.
type Response struct {
	URL     string // after redirects
	Status  int
	Header  http.Header
	Body    []byte // decompressed
	Fetched time.Time
}

// ErrTooLarge is returned for bodies that are longer than the limit.
var ErrTooLarge = errors.New("the page is too large")

// Get fetches a page. Statuses other than 200 are errors.
func (c *Client) Get(ctx context.Context, address string) (*Response, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %q is no address", ErrForbidden, address)
	}
	if err := c.check(u); err != nil {
		return nil, err
	}
	u.Fragment = ""
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", c.o.Agent)
	r.Header.Set("Accept", "text/html, application/xhtml+xml, text/plain;q=0.8, */*;q=0.1")
	r.Header.Set("Accept-Encoding", "gzip")
	res, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered with status %d", u.Host, res.StatusCode)
	}
	if t := res.Header.Get("Content-Type"); !readable(t) {
		return nil, fmt.Errorf("%s is of type %q, which holds no text", u.Host, t)
	}
	body, err := c.read(res)
	if err != nil {
		return nil, err
	}
	return &Response{URL: res.Request.URL.String(), Status: res.StatusCode, Header: res.Header, Body: body, Fetched: time.Now().UTC()}, nil
}

func readable(contentType string) bool {
	t, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	t = strings.TrimSpace(t)
	return t == "" || strings.HasPrefix(t, "text/") || t == "application/xhtml+xml" || t == "application/xml"
}

// read reads a body with a limit on what comes over the line and on what it grows to.
func (c *Client) read(res *http.Response) ([]byte, error) {
	in := io.LimitReader(res.Body, c.o.Bytes+1)
	switch e := strings.ToLower(res.Header.Get("Content-Encoding")); e {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("the page is said to be gzip: %w", err)
		}
		in = io.LimitReader(z, c.o.Bytes+1)
	default:
		return nil, fmt.Errorf("the page is encoded as %q, which was not asked for", e)
	}
	b, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > c.o.Bytes {
		return nil, fmt.Errorf("%w: over %d bytes", ErrTooLarge, c.o.Bytes)
	}
	return b, nil
}
