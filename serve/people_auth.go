package serve

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"feilun/internal/store"
)

const (
	sessionCookie = "feilun_session"
	csrfHeader    = "X-Feilun-CSRF"
)

func notLoggedIn(message string) error {
	return &Error{Status: http.StatusUnauthorized, Code: "not_logged_in", Message: message}
}

func forbidden(message string) error {
	return &Error{Status: http.StatusForbidden, Code: "forbidden", Message: message}
}

func tooMany(wait time.Duration) error {
	return &Error{Status: http.StatusTooManyRequests, Code: "rate_limited", Message: "too many requests; wait a little", RetryAfter: max(wait, time.Second)}
}

// open reports whether everybody is the local user: on this machine alone, while there are no accounts.
func (s *Server) open() bool { return !s.people.accounts.Load() && s.loopback() }

// forwarded reports whether a proxy says that it passes a request on for another.
func forwarded(r *http.Request) bool {
	return r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Real-Ip") != ""
}

// authenticate finds out who sends a request, by its session or key. Use [Server.actor], which
// also demands a scope. A session that changes something must know its CSRF token.
func (s *Server) authenticate(r *http.Request) (Actor, error) {
	if s.open() {
		if forwarded(r) {
			return Actor{}, forbidden("this request came through a proxy, and without an account this server is for its own machine alone: name the proxy with --proxy and make an account")
		}
		a := Actor{ID: store.LocalUser, Role: RoleLocal}
		if !isAPI(r.URL.Path) {
			return a, s.checkCSRF(r, store.LocalUser)
		}
		return a, nil // programs send whatever key they have
	}
	if err := s.limitAddress(r); err != nil {
		return Actor{}, err
	}
	if token, ok := bearer(r); ok {
		return s.byKey(r, token)
	}
	user, hash, err := s.session(r)
	if err != nil {
		return Actor{}, err
	}
	if err := s.checkCSRF(r, hash); err != nil {
		return Actor{}, err
	}
	if wait := s.people.users.take(user.ID, 0, time.Now()); wait > 0 {
		return Actor{}, tooMany(wait)
	}
	return Actor{ID: user.ID, Name: user.Name, Role: user.Role}, nil
}

// session finds the account of the request's cookie.
func (s *Server) session(r *http.Request) (store.User, string, error) {
	c, err := r.Cookie(sessionCookie)
	if err != nil || len(c.Value) > 100 {
		return store.User{}, "", notLoggedIn("log in first")
	}
	u, hash, err := s.store.Session(r.Context(), c.Value)
	if errors.Is(err, store.ErrNotFound) {
		return u, "", notLoggedIn("the session is over; log in again")
	}
	return u, hash, err
}

func bearer(r *http.Request) (string, bool) {
	kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(kind, "bearer")
}

// byKey finds whom a key acts for. Keys are drawn, not chosen: who guesses is slowed down by [Server.limitAddress] alone, so that a
// program with an old key does not keep others at its address from logging in.
func (s *Server) byKey(r *http.Request, token string) (Actor, error) {
	if !strings.HasPrefix(token, store.KeyPrefix) || len(token) > 100 {
		return Actor{}, &Error{Status: http.StatusUnauthorized, Code: "not_logged_in", Message: "this is no key of this server"}
	}
	u, k, err := s.store.KeyUser(r.Context(), token)
	if errors.Is(err, store.ErrNotFound) {
		return Actor{}, &Error{Status: http.StatusUnauthorized, Code: "not_logged_in", Message: "this is no key of this server"}
	}
	if err != nil {
		return Actor{}, err
	}
	if wait := s.people.users.take(k.ID, k.PerMinute, time.Now()); wait > 0 {
		return Actor{}, tooMany(wait)
	}
	return Actor{ID: u.ID, Name: u.Name, Role: u.Role, Key: k.ID, Scopes: append([]string{}, k.Scopes...)}, nil
}

// csrf is the token that proves that a page of ours sends a request: a MAC of the session's hash, or of "" for those
// without a session.
func (s *Server) csrf(hash string) string {
	m := hmac.New(sha256.New, s.people.secret)
	m.Write([]byte("csrf " + hash))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func (s *Server) checkCSRF(r *http.Request, hash string) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if strings.HasPrefix(r.URL.Path, inspectPath) && len(r.Header.Values(inspectHeader)) > 0 {
		return nil
	}
	if !hmac.Equal([]byte(r.Header.Get(csrfHeader)), []byte(s.csrf(hash))) {
		return forbidden("the header " + csrfHeader + " is not the token of GET /api/me")
	}
	return nil
}

// role finds out who asks and demands one of the roles; the local user has all. Keys need the scope too.
func (s *Server) role(r *http.Request, scope string, roles ...string) (Actor, error) {
	a, err := s.actor(r, scope)
	if err == nil && a.Role != RoleLocal && !slices.Contains(roles, a.Role) {
		err = forbidden("this is for " + strings.Join(roles, " and "))
	}
	return a, err
}

// own finds out who asks about their own account, which keys may not change.
func (s *Server) own(r *http.Request) (Actor, error) {
	a, err := s.authenticate(r)
	about(r.Context()).actor = a.ID
	if err == nil && a.Key != "" {
		err = forbidden("a key may not do this")
	}
	return a, err
}

// address is where a request comes from: an IPv4 address or the /64 of an IPv6 one, of which one
// customer has at least one.
func (s *Server) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(list) - 1; i >= 0 && s.proxy(ip); i-- { // each proxy adds who asked it at the end
		before, err := netip.ParseAddr(strings.TrimSpace(list[i]))
		if err != nil {
			break
		}
		ip = before
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return ip.String()
}

func (s *Server) proxy(ip netip.Addr) bool {
	return slices.ContainsFunc(s.o.Proxies, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
}

// secure reports whether the browser speaks https, with us or with a proxy of ours.
func (s *Server) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	ip, err := netip.ParseAddr(host)
	return err == nil && s.proxy(ip) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, token string) {
	c := &http.Cookie{Name: sessionCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.secure(r), MaxAge: int(store.SessionLife.Seconds())}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
