package serve

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"feilun/internal/fetch"
	"feilun/internal/store"
)

// Options say what a [Server] serves, and to whom.
type Options struct {
	Generator Generator                     // nil where there is no model: answers are extractive alone
	Searcher  Searcher                      // nil where there is no index
	Titles    func(n int) ([]string, error) // titles of n documents of the index, by which questions are suggested; nil for none
	Searx     string                        // address of a SearXNG instance, by which the live web is searched; "" for none
	ReadPage  fetch.Reader                  // turns what is fetched from the web into text; needed with Searx
	Fetch     fetch.Options                 // limits of what is fetched
	Page      fs.FS                         // built files of the chat page, index.html at its root; nil for none
	Inspector http.Handler                  // shows the run that the index was made of, to those who may look into it; nil for none
	Report    string                        // file with that run's report; "" for none
	Data      string                        // folder for what is kept: accounts, chats, feedback; "" keeps it until the server is closed
	Addr      string                        // the address it listens on, which decides whether a login is needed
	Hosts     []string                      // further names that requests may ask for in Host
	Origins   []string                      // web origins (https://app.example) whose pages may call the API under /v1/
	Limits    Limits
	Log       *slog.Logger // one line a request, without what was asked; nil for none
	Version   string
	Token     func(token string)  // told, where the first admin is still to be made and a login is needed, what makes one; nil for none
	Proxies   []netip.Prefix      // whose X-Forwarded-For and X-Forwarded-Proto are believed
	OIDC      *OIDC               // login by another service; nil for none
	Mask      func(string) string // takes out of a text what points to persons; nil exports no feedback
}

// Limits bound what one request and all of them may take. Zero fields are filled with
// defaults.
type Limits struct {
	PageBody   int64         // bytes of a request's body under /api/; 1 MiB
	APIBody    int64         // bytes of a request's body elsewhere; 16 MiB
	MaxTokens  int           // tokens that one answer may have at most; 0 for what the context holds
	Messages   int           // messages of one conversation; 2,000
	Inputs     int           // texts of one embeddings or completions request; 2,048
	Choices    int           // n of one request; 16
	BodyRead   time.Duration // for reading a body; one minute
	EventWrite time.Duration // for a client to take one event, or 64 KiB of another answer; 30 s
	Ping       time.Duration // between comments that keep a quiet stream open; 15 s
}

func (l Limits) filled() Limits {
	set(&l.PageBody, 1<<20)
	set(&l.APIBody, 16<<20)
	set(&l.Messages, 2000)
	set(&l.Inputs, 2048)
	set(&l.Choices, 16)
	set(&l.BodyRead, time.Minute)
	set(&l.EventWrite, 30*time.Second)
	set(&l.Ping, 15*time.Second)
	return l
}

func set[T comparable](p *T, v T) {
	if *p == *new(T) {
		*p = v
	}
}

// A Server answers requests. Each area keeps its state in a struct of its own, in its own
// file.
type Server struct {
	o       Options
	log     *slog.Logger
	metrics *metrics
	started time.Time
	handler http.Handler
	store   *store.Store

	people people
	runs   runs
	page   page
}

// New returns a server. Close it when it is done.
func New(o Options) (*Server, error) {
	o.Limits = o.Limits.filled()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Token == nil {
		o.Token = func(string) {}
	}
	s := &Server{o: o, log: o.Log, metrics: newMetrics(), started: time.Now()}
	for _, setup := range []func() error{s.setupPeople, s.setupRuns, s.setupPage} {
		if err := setup(); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	mux := http.NewServeMux()
	for _, routes := range []func(*http.ServeMux){s.apiRoutes, s.peopleRoutes, s.chatRoutes, s.runRoutes, s.feedbackRoutes, s.inspectRoutes, s.pageRoutes} {
		routes(mux)
	}
	s.handler = s.wrap(mux)
	return s, nil
}

// Handler answers all requests.
func (s *Server) Handler() http.Handler { return s.handler }

// Close ends what runs and frees what is open.
func (s *Server) Close() error {
	return errors.Join(s.closeRuns(), s.closePeople())
}

// loopback reports whether the server is for this machine alone: it listens on such an address, and the operator names no other by
// which it is reached, nor a proxy in front of it.
func (s *Server) loopback() bool {
	return Loopback(s.o.Addr) && len(s.o.Hosts) == 0 && len(s.o.Proxies) == 0
}

// Loopback reports whether an address such as 127.0.0.1:8080 is of this machine alone.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// grace is how long requests may take to end once the server is told to.
const grace = 5 * time.Second

// Serve answers on l until ctx ends, which is no error: then no request is taken any more,
// those that run have [grace] to end, and are cut.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	web := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn), BaseContext: func(net.Listener) context.Context { return base }}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if web.Shutdown(end) == nil {
		return nil
	}
	cut()
	return web.Close()
}
