package serve

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"feilun/internal/store"
)

// Database is the name of the file in [Options.Data] that holds accounts, chats and feedback.
const Database = "feilun.db"

// people are accounts, sessions, keys and their limits.
type people struct {
	scratch  string // folder to remove at the end
	secret   []byte // that CSRF tokens are made with
	accounts atomic.Bool
	token    string // that makes the first admin; "" when none is needed
	setup    sync.Mutex

	hashing chan struct{} // bounds memory: each hash takes 19 MiB
	names   backoff       // failed logins by name
	places  backoff       // and by address
	users   limiter       // requests by user or key
	hosts   limiter       // requests by address
	starts  limiter       // generations by user or key
	oidc    oidcState

	sweeper context.CancelFunc
	swept   chan struct{}
}

// Limits of accounts. Whom they hit is told when to try again.
const (
	userPerMinute = 600  // requests of one user or key
	hostPerMinute = 1200 // requests of one address
	startsPerUser = 120  // generations a minute
)

// setupPeople opens the database, which the other areas use too.
func (s *Server) setupPeople() (err error) {
	p := &s.people
	dir := s.o.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "feilun-"); err != nil {
			return err
		}
		p.scratch = dir
	}
	if s.store, err = store.OpenServer(filepath.Join(dir, Database)); err != nil {
		return err
	}
	ctx := context.Background()
	secret, err := s.store.Setting(ctx, "secret", func() string { return store.Token() + store.Token() })
	if err != nil {
		return err
	}
	p.secret = []byte(secret)
	p.hashing = make(chan struct{}, 2)
	p.names = backoff{free: 5, longest: time.Minute}
	p.places = backoff{free: 20, longest: 15 * time.Minute}
	p.users, p.hosts, p.starts = limiter{perMinute: userPerMinute}, limiter{perMinute: hostPerMinute}, limiter{perMinute: startsPerUser}
	has, err := s.store.HasUsers(ctx)
	if err != nil {
		return err
	}
	p.accounts.Store(has)
	if !has && !s.loopback() {
		p.token = store.Token()
		s.o.Token(p.token)
	}
	s.startSweeper()
	return nil
}

// startSweeper deletes temporary chats when their time is over.
func (s *Server) startSweeper() {
	ctx, cancel := context.WithCancel(context.Background())
	s.people.sweeper, s.people.swept = cancel, make(chan struct{})
	go func() {
		defer close(s.people.swept)
		tick := time.NewTicker(10 * time.Minute)
		defer tick.Stop()
		for {
			if err := s.store.Sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
				s.log.Error("sweep", "error", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
}

func (s *Server) closePeople() error {
	var err error
	if s.people.sweeper != nil {
		s.people.sweeper()
		<-s.people.swept
	}
	if s.store != nil {
		err = s.store.Close()
	}
	if s.people.scratch != "" {
		err = errors.Join(err, os.RemoveAll(s.people.scratch))
	}
	return err
}

// peopleRoutes are /api/me, login, keys and what admins do.
func (s *Server) peopleRoutes(mux *http.ServeMux) {
	for pattern, h := range map[string]handler{
		"GET /api/me":                 s.showMe,
		"PUT /api/me":                 s.changeMe,
		"POST /api/setup":             s.makeFirst,
		"POST /api/login":             s.login,
		"POST /api/logout":            s.logout,
		"POST /api/join":              s.join,
		"GET /api/oidc/start":         s.oidcStart,
		"GET /api/oidc/callback":      s.oidcCallback,
		"GET /api/keys":               s.listKeys,
		"POST /api/keys":              s.addKey,
		"DELETE /api/keys/{id}":       s.dropKey,
		"GET /api/admin/users":        s.listUsers,
		"PATCH /api/admin/users/{id}": s.changeUser,
		"POST /api/admin/invitations": s.invite,
		"GET /api/admin/audit":        s.listAudit,
		"POST /api/admin/backup":      s.backup,
	} {
		mux.HandleFunc(pattern, s.handle(h))
	}
}

// A handler answers a request, or returns why it cannot.
type handler func(w http.ResponseWriter, r *http.Request) error

// handle answers errors of a handler of the page's API.
func (s *Server) handle(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, fromStore(err))
		}
	}
}

// fromStore gives the errors of the store their statuses.
func fromStore(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return notFound("there is no such thing")
	case errors.Is(err, store.ErrConflict):
		return &Error{Status: http.StatusConflict, Code: "conflict", Message: err.Error()}
	}
	return err
}

// audit writes into the audit log; that it cannot is logged.
func (s *Server) audit(r *http.Request, actor, action, object string) {
	err := s.store.Audit(r.Context(), store.Entry{Actor: actor, Action: action, Object: object, From: s.address(r)})
	if err != nil {
		s.log.Error("audit", "id", about(r.Context()).id, "error", err)
	}
}
