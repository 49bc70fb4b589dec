package inspect

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"feilun/internal/hint"
)

//go:embed inspector.html inspector.css inspector.js inspector_strings.js
var inspectorFiles embed.FS

// A Server shows one run in a browser on the same machine, and keeps labels.
type Server struct {
	dir     string
	tools   Tools
	labels  *labels
	address func(url string) // told where the page is, and again for each further token

	mu      sync.Mutex
	token   string // good once, "" when used
	session string // what the page sends with each request
	origin  string // http://127.0.0.1:1234
	within  bool   // another server, which has these routes, decides who may use them
	told    time.Time
	tickets map[string]time.Time
	snap    *snapshot
	old     []*index
	build   work
	models  []*Model
	scored  string // name of the model whose scores are shown, "" for the run's
	scoring work
	train   trainWork
	texts   textCache

	modelMu sync.Mutex // models keep scratch space
}

// A snapshot is an index with what belongs to it.
type snapshot struct {
	dir    string
	x      *index
	gen    string
	scores []float32 // of a model, in place of the run's
}

// NewServer opens the labels of the run in dir. Address is told the page's URL,
// with its token.
func NewServer(dir string, tools Tools, address func(url string)) (*Server, error) {
	if _, err := filesOf(dir); err != nil {
		return nil, err
	}
	l, err := openLabels(LabelsName(dir))
	if err != nil {
		return nil, err
	}
	return &Server{dir: dir, tools: tools, labels: l, address: address, session: rand.Text(), tickets: map[string]time.Time{}}, nil
}

// Listen opens a loopback address such as 127.0.0.1:0.
func Listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, hint.Usage(hint.With(fmt.Errorf("address %q: %w", address, err), "give host and port, such as 127.0.0.1:8080"))
	}
	ip, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, hint.Usage(hint.With(fmt.Errorf("address %q is not of this machine alone: whoever reaches the page reads the crawl and writes labels", address),
			"take 127.0.0.1:PORT; from elsewhere, reach it through ssh -L PORT:127.0.0.1:PORT"))
	}
	return net.Listen("tcp", address)
}

// Serve shows the page on l until ctx ends, which is no error.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.mu.Lock()
	s.origin = "http://" + l.Addr().String()
	s.mu.Unlock()
	defer s.close()
	s.loadModels()
	s.refresh(ctx)
	web := &http.Server{Handler: s.handler(ctx), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 1 << 16,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(l) }()
	s.newToken()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := web.Shutdown(grace); err != nil {
		return web.Close()
	}
	return nil
}

func (s *Server) close() {
	s.build.wait()
	s.scoring.wait()
	s.train.wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snap != nil {
		s.snap.x.close()
	}
	for _, x := range s.old {
		x.close()
	}
}

// newToken makes a token and tells the address that has it.
func (s *Server) newToken() {
	s.mu.Lock()
	s.token, s.told = rand.Text(), time.Now()
	url := s.origin + "/#token=" + s.token
	s.mu.Unlock()
	s.address(url)
}

// open exchanges a token for the session's key. A token is good once; for one
// that is not, a new address is told, so that whoever reads it can go on.
func (s *Server) open(token string) (string, bool) {
	s.mu.Lock()
	ok := s.token != "" && same(token, s.token)
	if ok {
		s.token = ""
	}
	again := !ok && s.token == "" && time.Since(s.told) > 2*time.Second
	s.mu.Unlock()
	if again {
		s.newToken()
	}
	return s.session, ok
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// policy lets the page run its own script and style and talk to its own server.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// modelPolicy is for the page about a model, which has script and style inside:
// it runs apart from this server's origin.
const modelPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; sandbox allow-scripts; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// handler returns the server's routes behind its checks. Work that goes on
// after a request ends with ctx.
func (s *Server) handler(ctx context.Context) http.Handler { return s.checked(s.routes(ctx)) }

// Within returns the routes for another server to have under a path of its own. That one decides who may use them and sets
// the headers of answers, and calls end when it is done; here only the key's header is asked for, with any value: pages of other origins
// cannot send it. The work behind the page begins with the first request.
func (s *Server) Within(ctx context.Context) (h http.Handler, end func()) {
	ctx, stop := context.WithCancel(ctx)
	s.within = true
	routes, first := s.routes(ctx), sync.Once{}
	h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first.Do(func() {
			s.loadModels()
			s.refresh(ctx)
		})
		routes.ServeHTTP(w, r)
	})
	return h, func() {
		stop()
		s.close()
	}
}

func (s *Server) routes(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	for path, file := range map[string]string{"/{$}": "inspector.html", "/inspector.css": "", "/inspector.js": "", "/inspector_strings.js": ""} {
		if file == "" {
			file = path[1:]
		}
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, inspectorFiles, file) })
	}
	mux.HandleFunc("POST /api/session", s.answerSession)
	mux.HandleFunc("GET /model.html", s.answerModelPage)
	for pattern, h := range map[string]func(context.Context, *http.Request) (any, error){
		"GET /api/state": s.answerState, "GET /api/list": s.answerList, "GET /api/doc": s.answerDoc, "GET /api/text": s.answerText,
		"GET /api/survivor": s.answerSurvivor, "GET /api/explain": s.answerExplain,
		"POST /api/label": s.answerLabel, "POST /api/train": s.answerTrain, "POST /api/stop": s.answerStop,
		"POST /api/score": s.answerScore, "POST /api/refresh": s.answerRefresh, "POST /api/ticket": s.answerTicket,
	} {
		mux.HandleFunc(pattern, s.private(ctx, h))
	}
	mux.HandleFunc("GET /api/export", s.privately(s.answerExport))
	return mux
}

// checked refuses requests that did not come from the page or from a person at
// this machine: other names for the address (DNS rebinding), other origins.
func (s *Server) checked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		s.mu.Lock()
		origin := s.origin
		s.mu.Unlock()
		own := strings.TrimPrefix(origin, "http://")
		_, port, err := net.SplitHostPort(own)
		if err != nil || r.Host != own && r.Host != "localhost:"+port {
			http.Error(w, "this server answers to "+own+" alone", http.StatusMisdirectedRequest)
			return
		}
		if o := r.Header.Get("Origin"); o != "" && o != "http://"+r.Host {
			http.Error(w, "requests of other pages are refused", http.StatusForbidden)
			return
		}
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" && r.URL.Path != "/" {
			http.Error(w, "requests of other pages are refused", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// keyHeader holds the session's key. Other pages cannot send it.
const keyHeader = "X-Feilun-Key"

// privately lets requests through that have the session's key.
func (s *Server) privately(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if given := r.Header.Values(keyHeader); len(given) != 1 || !s.within && !same(given[0], s.session) {
			writeJSON(w, http.StatusForbidden, failure{Error: "no session: open the address that feilun inspect printed", Code: "session"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		next(w, r)
	}
}

// A failure is what the page is told when a request fails.
type failure struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
	Code  string `json:"code,omitempty"`
}

// errGone is why a document's number means nothing any more.
var errGone = errors.New("the list is of an earlier state of the run")

func (s *Server) private(ctx context.Context, h func(context.Context, *http.Request) (any, error)) http.HandlerFunc {
	return s.privately(func(w http.ResponseWriter, r *http.Request) {
		v, err := h(ctx, r)
		switch {
		case err == nil:
			writeJSON(w, http.StatusOK, v)
		case errors.Is(err, errGone):
			writeJSON(w, http.StatusConflict, failure{Error: err.Error(), Code: "gone"})
		case hint.IsUsage(err):
			writeJSON(w, http.StatusBadRequest, failure{Error: err.Error(), Hint: hint.Of(err)})
		default:
			writeJSON(w, http.StatusInternalServerError, failure{Error: err.Error(), Hint: hint.Of(err)})
		}
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":"the answer has no JSON form"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b) // a reader that went away is no matter
}

func (s *Server) answerSession(w http.ResponseWriter, r *http.Request) {
	var in struct{ Token string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<12)).Decode(&in); err != nil {
		writeJSON(w, http.StatusBadRequest, failure{Error: "no token"})
		return
	}
	key, ok := s.open(in.Token)
	if !ok {
		writeJSON(w, http.StatusForbidden, failure{Error: "this address was used before", Code: "token"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"key": key})
}
