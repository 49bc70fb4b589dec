package dedup

import (
	"net/url"
	"strings"
	"testing"
)

func TestNormalizeURL(t *testing.T) {
	for _, tt := range []struct{ a, b string }{
		{"http://Example.COM:80/a/?b=2&a=1&utm_source=x#frag", "https://www.example.com/a?a=1&b=2"},
		{"https://user@example.com:443", "http://example.com/"},
		{"http://example.com./a//", "http://example.com/a"},
		{"http://[2001:DB8::1]:8080/x", "https://[2001:db8::1]:8080/x/"},
		{"http://example.com/?gclid=1&", "http://example.com"},
	} {
		if a, b := NormalizeURL(tt.a), NormalizeURL(tt.b); a != b {
			t.Errorf("NormalizeURL(%q) = %q, of %q %q", tt.a, a, tt.b, b)
		}
	}
	for _, tt := range []struct{ a, b string }{
		{"http://example.com/a", "http://example.com/A"},
		{"http://example.com:8080/", "http://example.com/"},
		{"http://m.example.com/", "http://example.com/"},
		{"http://example.com/?a=1", "http://example.com/?a=2"},
		{"not a url", "another"},
	} {
		if a, b := NormalizeURL(tt.a), NormalizeURL(tt.b); a == b {
			t.Errorf("NormalizeURL(%q) = NormalizeURL(%q) = %q", tt.a, tt.b, a)
		}
	}
}

// FuzzNormalizeURL checks that readable addresses without a port mean the same
// under http and https, and that the normal form is its own.
func FuzzNormalizeURL(f *testing.F) {
	for _, s := range []string{"www.a.example/x/?b&a#c", "[::1]/%zz", "/", "mailto:x", "a b", "\u00a0", "EXAMPLE.org?utm_x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		once := NormalizeURL("http://" + rest)
		u, err := url.Parse("http://" + strings.TrimSpace(rest))
		if err != nil || u.Host == "" || u.Port() != "" {
			return
		}
		if other := NormalizeURL("https://" + rest); other != once {
			t.Errorf("NormalizeURL(%q) = %q with https, %q with http", rest, other, once)
		}
	})
}
