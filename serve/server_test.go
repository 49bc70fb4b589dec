package serve

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

// open starts a server on a loopback address.
func open(t *testing.T, o Options) *httptest.Server {
	t.Helper()
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return web
}

// ask sends a request and returns its answer with the body read.
func ask(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func testPage() fstest.MapFS {
	return fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html><title>Feilun</title>")},
		"assets/app-1a2b.js":    {Data: []byte("let plain")},
		"assets/app-1a2b.js.br": {Data: []byte("brotli")},
		"assets/app-1a2b.js.gz": {Data: []byte("gzip")},
	}
}

func TestPageFiles(t *testing.T) {
	web := open(t, Options{Page: testPage()})
	for _, tt := range []struct {
		path, accept   string
		status         int
		body, encoding string
		cache          string
	}{
		{"/", "", 200, "<!doctype html><title>Feilun</title>", "", "no-cache"},
		{"/chat/abc", "", 200, "<!doctype html><title>Feilun</title>", "", "no-cache"},
		{"/assets/app-1a2b.js", "identity", 200, "let plain", "", "public, max-age=31536000, immutable"},
		{"/assets/app-1a2b.js", "gzip, br", 200, "brotli", "br", "public, max-age=31536000, immutable"},
		{"/assets/app-1a2b.js", "br;q=0, gzip", 200, "gzip", "gzip", "public, max-age=31536000, immutable"},
		{"/assets/gone.js", "", 404, "there is no such file\n", "", "no-store"},
		{"/..%2f..%2fetc/passwd", "", 200, "<!doctype html><title>Feilun</title>", "", "no-cache"},
		{"/favicon.ico", "", 404, "there is no such file\n", "", "no-store"},
	} {
		res, body := ask(t, "GET", web.URL+tt.path, "", "Accept-Encoding", tt.accept)
		if res.StatusCode != tt.status || body != tt.body || res.Header.Get("Content-Encoding") != tt.encoding || res.Header.Get("Cache-Control") != tt.cache {
			t.Errorf("GET %s (%s) = %d %q, encoding %q, cache %q; want %d %q, %q, %q", tt.path, tt.accept, res.StatusCode, body,
				res.Header.Get("Content-Encoding"), res.Header.Get("Cache-Control"), tt.status, tt.body, tt.encoding, tt.cache)
		}
		if got := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; script-src 'self';") {
			t.Errorf("GET %s has policy %q", tt.path, got)
		}
	}
	res, _ := ask(t, "GET", web.URL+"/assets/app-1a2b.js", "", "Accept-Encoding", "identity")
	res, body := ask(t, "GET", web.URL+"/assets/app-1a2b.js", "", "Accept-Encoding", "identity", "If-None-Match", res.Header.Get("ETag"))
	if res.StatusCode != 304 || body != "" {
		t.Errorf("a known file = %d %q, want 304 without a body", res.StatusCode, body)
	}
}

func TestGate(t *testing.T) {
	web := open(t, Options{Hosts: []string{"chat.example"}, Origins: []string{"https://app.example"}})
	own := web.URL
	for _, tt := range []struct {
		method, path, host, origin string
		status                     int
		allowed                    string
	}{
		{"GET", "/", "", "", 200, ""},
		{"GET", "/", "localhost:80", "", 200, ""},
		{"GET", "/", "[::1]:80", "", 200, ""},
		{"GET", "/", "chat.example", "", 200, ""},
		{"GET", "/", "evil.example", "", 421, ""},
		{"GET", "/", "10.0.0.1", "", 421, ""},
		{"GET", "/", "127.0.0.1.evil.example", "", 421, ""},
		{"POST", "/api/none", "", own, 404, ""},
		{"POST", "/api/none", "", "https://evil.example", 403, ""},
		{"POST", "/api/none", "", "null", 403, ""},
		{"POST", "/api/none", "", "https://app.example", 403, ""}, // listed for the API alone
		{"POST", "/v1/none", "", "https://app.example", 404, "https://app.example"},
		{"OPTIONS", "/v1/chat/completions", "", "https://app.example", 204, "https://app.example"},
		{"OPTIONS", "/v1/chat/completions", "", "https://evil.example", 403, ""},
	} {
		h := []string{"Origin", tt.origin, "Access-Control-Request-Headers", "authorization,x-stainless-os,x-evil"}
		if tt.host != "" {
			h = append(h, "Host", tt.host)
		}
		res, body := ask(t, tt.method, web.URL+tt.path, "", h...)
		if res.StatusCode != tt.status || res.Header.Get("Access-Control-Allow-Origin") != tt.allowed {
			t.Errorf("%s %s of host %q, origin %q = %d, allowed %q (%s); want %d, %q", tt.method, tt.path, tt.host, tt.origin, res.StatusCode,
				res.Header.Get("Access-Control-Allow-Origin"), body, tt.status, tt.allowed)
		}
		if tt.status == 204 && res.Header.Get("Access-Control-Allow-Headers") != "authorization, content-type, x-stainless-os" {
			t.Errorf("allowed headers: %q", res.Header.Get("Access-Control-Allow-Headers"))
		}
	}
}

// Nothing that was asked, and no secret, is in the log.
func TestLogIsSilent(t *testing.T) {
	var log bytes.Buffer
	web := open(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	_, body := ask(t, "POST", web.URL+"/v1/none?q=SECRET", `{"prompt":"SECRET"}`, "Authorization", "Bearer SECRET", "Cookie", "feilun_session=SECRET")
	web.Close()
	if out := log.String(); strings.Contains(out, "SECRET") || !strings.Contains(out, "status=404") {
		t.Errorf("log: %s (answer %s)", out, body)
	}
}
