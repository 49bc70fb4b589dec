package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestPublic(t *testing.T) {
	for _, s := range []string{
		"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
		"192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1", "168.63.129.16",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:53aa:64c::1", "2001:db8::1",
		"fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "3fff::1", "5f00::1",
	} {
		if public(netip.MustParseAddr(s)) {
			t.Errorf("public(%s) = true", s)
		}
	}
	for _, s := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8"} {
		if !public(netip.MustParseAddr(s)) {
			t.Errorf("public(%s) = false", s)
		}
	}
}

// inside is a server that must not be reached, and how often it was.
func inside(t *testing.T) (port string, hits *atomic.Int32) {
	hits = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hits.Add(1); fmt.Fprint(w, "secret") }))
	t.Cleanup(s.Close)
	_, port, _ = net.SplitHostPort(s.Listener.Addr().String())
	return port, hits
}

func TestForbiddenAddresses(t *testing.T) {
	c := New(Options{Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil // whatever the name, it leads inside
	}})
	for _, u := range []string{
		"http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://printer.local/", "http://metadata.google.internal/", "http://intranet/", "http://router.home.arpa/",
		"http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://0x7f.0.0.1/", "http://127.0.0.1./", "http://%31%32%37.0.0.1/", "http://１２７.0.0.1/",
		"http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1%25lo]/", "http://0/", "http://0.0.0.0/",
		"http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://user:pass@example.com/", "http://example.com:22/", "http://example.com:8080/",
		"ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "//example.com/", "", "http://", "http:///x", "unix:///tmp/x",
		"http://looks.public.example/", "https://looks.public.example/", "http://" + strings.Repeat("a", 5000) + ".example/",
	} {
		if res, err := c.Get(t.Context(), u); !errors.Is(err, ErrForbidden) {
			t.Errorf("Get(%.60q) = %v, %v, want it forbidden", u, res, err)
		}
	}
}

// front is a server that tests may reach, under the name front.example.
func front(t *testing.T, h http.HandlerFunc) (*Client, string) {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	at := netip.MustParseAddrPort(s.Listener.Addr().String())
	c := New(Options{Bytes: 1 << 16, Timeout: time.Minute, Allow: []netip.AddrPort{at}, Lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
		if host == "front.example" {
			return []netip.Addr{at.Addr()}, nil
		}
		return lookup(ctx, host)
	}})
	return c, fmt.Sprintf("http://front.example:%d", at.Port())
}

func TestGet(t *testing.T) {
	port, hits := inside(t)
	c, base := front(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != "" || r.Header.Get("Referer") != "" {
			t.Errorf("headers %v", r.Header)
		}
		switch r.URL.Path {
		case "/page":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Set-Cookie", "a=b")
			fmt.Fprint(w, "<p>hello")
		case "/there":
			http.Redirect(w, r, "/page", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "http://127.0.0.1:"+port+"/", http.StatusFound)
		case "/inside6":
			http.Redirect(w, r, "http://[::ffff:127.0.0.1]:"+port+"/", http.StatusTemporaryRedirect)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/large":
			w.Header().Set("Content-Type", "text/plain")
			w.Write(bytes.Repeat([]byte("a"), 1<<17))
		case "/bomb":
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			z.Write(make([]byte, 1<<21))
			z.Close()
		case "/gzip":
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, "small")
			z.Close()
		case "/br":
			w.Header().Set("Content-Encoding", "br")
		case "/image":
			w.Header().Set("Content-Type", "image/png")
		case "/slow":
			<-r.Context().Done()
		default:
			http.NotFound(w, r)
		}
	})
	for _, tt := range []struct{ path, want string }{
		{"/page", "<p>hello"}, {"/there", "<p>hello"}, {"/gzip", "small"},
		{"/loop", "error: more than 5 redirects"}, {"/inside", "error: " + ErrForbidden.Error()}, {"/inside6", "error: " + ErrForbidden.Error()}, {"/file", "error: " + ErrForbidden.Error()},
		{"/large", "error: " + ErrTooLarge.Error()}, {"/bomb", "error: " + ErrTooLarge.Error()}, {"/br", "error: the page is encoded"}, {"/image", "error: front.example"}, {"/none", "error: front.example"},
	} {
		got := ""
		if res, err := c.Get(t.Context(), base+tt.path); err != nil {
			if got = "error: " + err.Error(); strings.HasPrefix(tt.want, "error: ") && strings.Contains(got, tt.want[7:]) {
				got = tt.want
			}
		} else {
			got = string(res.Body)
		}
		if got != tt.want {
			t.Errorf("Get(%s) = %q, want %q", tt.path, got, tt.want)
		}
	}
	hasty := New(Options{Timeout: 100 * time.Millisecond, Allow: c.o.Allow, Lookup: c.o.Lookup})
	if res, err := hasty.Get(t.Context(), base+"/slow"); err == nil {
		t.Errorf("a page that never comes: %+v", res)
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the inner server was reached %d times", n)
	}
}

// TestRebinding has a name mean a public address when it is first asked and the machine itself from then on.
func TestRebinding(t *testing.T) {
	port, hits := inside(t)
	asked := 0
	c := New(Options{Timeout: time.Minute, Lookup: func(context.Context, string) ([]netip.Addr, error) {
		if asked++; asked == 1 {
			return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("127.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	for range 3 {
		if _, err := c.Get(t.Context(), "http://rebind.example/"); !errors.Is(err, ErrForbidden) {
			t.Errorf("error %v", err)
		}
	}
	if _, err := c.dial(t.Context(), "tcp", "rebind.example:"+port); !errors.Is(err, ErrForbidden) {
		t.Errorf("dial: %v", err)
	}
	if hits.Load() != 0 {
		t.Error("the inner server was reached")
	}
}

// TestNoProxy says that a proxy of the environment is not asked: it would connect for us, unchecked.
func TestNoProxy(t *testing.T) {
	port, hits := inside(t)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:"+port)
	t.Setenv("http_proxy", "http://127.0.0.1:"+port)
	c := New(Options{Timeout: time.Minute, Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	if _, err := c.Get(t.Context(), "http://page.example/"); !errors.Is(err, ErrForbidden) || hits.Load() != 0 {
		t.Errorf("error %v, %d requests", err, hits.Load())
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"http://127.0.0.1/", "http://[::1]/", "http://0x7f.1/", "https://example.com:443/a?b#c", "http://a@b@c/"} {
		f.Add(s)
	}
	c := New(Options{Timeout: time.Minute, Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	f.Fuzz(func(t *testing.T, s string) {
		if res, err := c.Get(t.Context(), s); err == nil {
			t.Errorf("%q gives %+v", s, res)
		}
	})
}
