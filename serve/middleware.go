package serve

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// policy is the content security policy of every answer: own scripts, styles, fonts and pictures,
// nothing else, and no frames around it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// wrap puts around all routes what every request goes through.
func (s *Server) wrap(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request{id: "req_" + rand.Text()}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, q))
		out := &recorder{ResponseWriter: w, limit: s.o.Limits.EventWrite}
		http.NewResponseController(w).SetWriteDeadline(time.Time{}) // of the answer before on this connection
		began := time.Now()
		s.metrics.running.Add(1)
		defer func() {
			s.recovered(out, r, recover())
			s.metrics.running.Add(-1)
			s.account(out, r, q, time.Since(began))
		}()
		headers(out, q)
		if r.ContentLength != 0 { // until it is read, or for the connection's rest
			http.NewResponseController(w).SetReadDeadline(began.Add(s.o.Limits.BodyRead))
		}
		if err := s.gate(out, r); err != nil {
			s.failAny(out, r, err)
			return
		}
		if r.Method == http.MethodOptions && isAPI(r.URL.Path) {
			out.WriteHeader(http.StatusNoContent)
			return
		}
		limit := s.o.Limits.APIBody
		if strings.HasPrefix(r.URL.Path, "/api/") {
			limit = s.o.Limits.PageBody
		}
		r.Body = http.MaxBytesReader(out, r.Body, limit)
		mux.ServeHTTP(out, r)
	})
}

// headers sets what every answer has.
func headers(w http.ResponseWriter, q *request) {
	h := w.Header()
	h.Set("X-Request-Id", q.id)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Cache-Control", "no-store")
}

// gate turns requests away whose Host or Origin is not ours: a page on another site may name
// this server by a name of its own, or post to it from a visitor's browser.
func (s *Server) gate(w http.ResponseWriter, r *http.Request) error {
	if !s.knownHost(r.Host) {
		return &Error{Status: http.StatusMisdirectedRequest, Code: "forbidden", Message: "this server is not known by that name; see --host"}
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	w.Header().Add("Vary", "Origin")
	if ours(origin, r.Host) {
		return nil
	}
	if isAPI(r.URL.Path) && slices.Contains(s.o.Origins, origin) {
		allowOrigin(w.Header(), r, origin)
		return nil
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil // without the headers that let a page read it
	}
	return &Error{Status: http.StatusForbidden, Code: "forbidden", Message: "pages of this origin may not call this server; see --origin"}
}

func (s *Server) knownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback() || !Loopback(s.o.Addr) // an address cannot be rebound
	}
	return host == "localhost" || slices.Contains(s.o.Hosts, host)
}

// ours reports whether an origin is the server's own.
func ours(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, host)
}

// isAPI reports whether a path is of the API for programs, which pages of listed origins may
// call with a key.
func isAPI(path string) bool {
	return strings.HasPrefix(path, "/v1/") || path == "/tokenize" || path == "/detokenize" || path == "/health" || path == "/version"
}

// allowOrigin answers a browser that asks whether a page may call. OpenAI's client sends
// x-stainless-… headers of many names.
func allowOrigin(h http.Header, r *http.Request, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
	if r.Method != http.MethodOptions {
		return
	}
	allowed := []string{"authorization", "content-type"}
	for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); strings.HasPrefix(name, "x-stainless-") || strings.HasPrefix(name, "openai-") || name == "user-agent" {
			allowed = append(allowed, name)
		}
	}
	h.Set("Access-Control-Allow-Headers", strings.Join(allowed, ", "))
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Max-Age", "600")
}

// failAny answers in the form of the part of the API that was asked.
func (s *Server) failAny(w http.ResponseWriter, r *http.Request, err error) {
	if isAPI(r.URL.Path) {
		s.failOpenAI(w, r, err)
	} else {
		s.fail(w, r, err)
	}
}

// recovered answers for a handler that panicked. A stream that was begun is cut.
func (s *Server) recovered(w *recorder, r *http.Request, p any) {
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	s.log.Error("panic", "id", about(r.Context()).id, "route", r.Pattern, "panic", p, "stack", string(debug.Stack()))
	if w.status == 0 {
		s.failAny(w, r, &Error{Status: http.StatusInternalServerError, Code: "internal", Message: "an error inside the server; its log has more"})
		return
	}
	panic(http.ErrAbortHandler)
}

// account logs and counts a request. It tells the route, not the path: that may hold what was
// asked.
func (s *Server) account(w *recorder, r *http.Request, q *request, took time.Duration) {
	route := r.Pattern
	if route == "" {
		route = "none"
	}
	status := w.status
	if status == 0 {
		status = http.StatusOK
	}
	s.metrics.request(route, status, took)
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("id", q.id), slog.String("method", r.Method), slog.String("route", route),
		slog.Int("status", status), slog.Int64("bytes", w.bytes), slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("user", q.actor))
}

// A recorder keeps what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	limit  time.Duration // for a part of the answer to be taken
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	for n := 0; ; {
		http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(w.limit)) // not all writers have one
		k, err := w.ResponseWriter.Write(b[n:min(len(b), n+writtenAtOnce)])
		n, w.bytes = n+k, w.bytes+int64(k)
		if err != nil || n == len(b) {
			return n, err
		}
	}
}

// writtenAtOnce is how much a client must take within [Limits.EventWrite].
const writtenAtOnce = 64 << 10

// Unwrap lets [http.ResponseController] reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
