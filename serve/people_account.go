package serve

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"feilun/internal/store"
)

// me is what the page knows of itself and of who uses it.
type me struct {
	User        *meUser       `json:"user,omitempty"`
	CSRF        string        `json:"csrf"`
	Setup       bool          `json:"setup"`
	OIDC        bool          `json:"oidc"`
	Version     string        `json:"version"`
	Language    string        `json:"language,omitempty"`
	Consent     store.Consent `json:"consent"`
	Policy      policyText    `json:"policy"`
	Features    features      `json:"features"`
	Suggestions []string      `json:"suggestions"`
}

type meUser struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

type features struct {
	Corpus  bool `json:"corpus"`
	Web     bool `json:"web"`
	Inspect bool `json:"inspect"`
}

// showMe answers everybody; who has no session gets a token to log in with.
func (s *Server) showMe(w http.ResponseWriter, r *http.Request) error {
	if err := s.limitAddress(r); err != nil && !s.open() {
		return err
	}
	if s.open() {
		return s.writeMe(w, r, store.User{ID: store.LocalUser, Name: store.LocalUser, Role: RoleLocal}, store.LocalUser)
	}
	u, hash, err := s.session(r)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusUnauthorized {
		return s.writeMe(w, r, store.User{}, "")
	}
	if err != nil {
		return err
	}
	about(r.Context()).actor = u.ID
	return s.writeMe(w, r, u, hash)
}

func (s *Server) writeMe(w http.ResponseWriter, r *http.Request, u store.User, hash string) error {
	m := me{CSRF: s.csrf(hash), Setup: !s.people.accounts.Load() && !s.loopback(), OIDC: s.o.OIDC != nil && !s.open(), Version: s.o.Version,
		Consent: store.Consent{Scope: store.ConsentNone}, Policy: dataPolicy(), Suggestions: []string{}}
	if u.ID != "" {
		var err error
		if m.Consent, err = s.store.Consent(r.Context(), u.ID); err != nil {
			return err
		}
		m.User, m.Language = &meUser{u.ID, u.Name, u.Role}, u.Language
		if u.ID == store.LocalUser {
			if m.Language, err = s.store.Setting(r.Context(), "language", func() string { return "" }); err != nil {
				return err
			}
		}
		if all := s.runs.suggestions.Load(); all != nil {
			m.Suggestions = *all
		}
		m.Features = features{Corpus: s.o.Searcher != nil, Web: s.runs.web != nil, Inspect: s.o.Inspector != nil && inspects(u.Role)}
	}
	writeJSON(w, http.StatusOK, m)
	return nil
}

// enter begins a session and answers with [me].
func (s *Server) enter(w http.ResponseWriter, r *http.Request, u store.User) error {
	if err := s.replaceSession(w, r, u); err != nil {
		return err
	}
	token := w.Header().Get("Set-Cookie")
	token, _, _ = strings.Cut(strings.TrimPrefix(token, sessionCookie+"="), ";")
	return s.writeMe(w, r, u, store.Hash(token))
}

// replaceSession begins a session for u and ends the one the request came with.
func (s *Server) replaceSession(w http.ResponseWriter, r *http.Request, u store.User) error {
	if c, err := r.Cookie(sessionCookie); err == nil {
		if err := s.store.DropSession(r.Context(), c.Value); err != nil {
			return err
		}
	}
	token, err := s.store.AddSession(r.Context(), u.ID)
	if err != nil {
		return err
	}
	about(r.Context()).actor = u.ID
	s.setCookie(w, r, token)
	return nil
}

type credentials struct {
	Name       string `json:"name"`
	Password   string `json:"password"`
	Token      string `json:"token"`
	Invitation string `json:"invitation"`
}

// stranger reads what somebody without a session sends; it counts against the address.
func (s *Server) stranger(w http.ResponseWriter, r *http.Request) (c credentials, err error) {
	if err := s.limitAddress(r); err != nil {
		return c, err
	}
	hash := ""
	if s.open() {
		hash = store.LocalUser
	} else if _, h, err := s.session(r); err == nil {
		hash = h // logging in again
	}
	if err := s.checkCSRF(r, hash); err != nil {
		return c, err
	}
	if wait := s.people.places.wait(s.address(r), time.Now()); wait > 0 {
		return c, tooMany(wait)
	}
	return c, s.readJSON(w, r, &c)
}

// account checks a new account's name and password.
func (s *Server) newAccount(r *http.Request, c credentials) (u store.User, err error) {
	if u.Name, err = cleanName(c.Name); err != nil {
		return u, err
	}
	if err := checkPassword("password", c.Password, u.Name); err != nil {
		return u, err
	}
	return u, s.hashing(r.Context(), func() { u.Password = hashPassword(c.Password) })
}

// makeFirst makes the first admin. On an address of this machine alone the local user may do so without token.
func (s *Server) makeFirst(w http.ResponseWriter, r *http.Request) error {
	c, err := s.stranger(w, r)
	if err != nil {
		return err
	}
	s.people.setup.Lock()
	defer s.people.setup.Unlock()
	if s.people.accounts.Load() {
		return &Error{Status: http.StatusConflict, Code: "conflict", Message: "there is an account already"}
	}
	if s.open() && forwarded(r) {
		return forbidden("this request came through a proxy: name it with --proxy")
	}
	if !s.open() && (s.people.token == "" || subtle.ConstantTimeCompare([]byte(c.Token), []byte(s.people.token)) != 1) {
		s.people.places.fail(s.address(r), time.Now())
		return forbidden("this is not the token that the server printed")
	}
	u, err := s.newAccount(r, c)
	if err != nil {
		return err
	}
	u.Role = RoleAdmin
	if u, err = s.store.AddFirst(r.Context(), u); err != nil {
		return err
	}
	s.people.token = ""
	s.people.accounts.Store(true)
	s.audit(r, u.ID, "setup", u.ID)
	return s.enter(w, r, u)
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	c, err := s.stranger(w, r)
	if err != nil {
		return err
	}
	name, place := strings.ToLower(strings.TrimSpace(c.Name)), s.address(r)
	if len(name) > 4*maxName || len(c.Password) > maxPassword {
		return badRequest("name", "this cannot be a name and password")
	}
	if wait := s.people.names.wait(name, time.Now()); wait > 0 {
		return tooMany(wait)
	}
	// Counted before it is known, so that many tries at once are no way around.
	s.people.names.fail(name, time.Now())
	s.people.places.fail(place, time.Now())
	u, err := s.store.UserNamed(r.Context(), strings.TrimSpace(c.Name))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	same, err := s.verify(r, u, c.Password)
	if err != nil {
		return err
	}
	if !same {
		s.audit(r, u.ID, "login failed", "") // not the name that was typed: it may be a password
		return notLoggedIn("there is no such name with this password")
	}
	s.people.names.forget(name)
	s.people.places.forget(place)
	s.audit(r, u.ID, "login", "")
	return s.enter(w, r, u)
}

// verify compares a password with the account's; without an account it takes as long.
func (s *Server) verify(r *http.Request, u store.User, password string) (same bool, err error) {
	hash := u.Password
	if hash == "" || u.Disabled {
		hash = nobody
	}
	err = s.hashing(r.Context(), func() { same = samePassword(password, hash) && hash != nobody })
	return same, err
}

func (s *Server) join(w http.ResponseWriter, r *http.Request) error {
	c, err := s.stranger(w, r)
	if err != nil {
		return err
	}
	u, err := s.newAccount(r, c)
	if err != nil {
		return err
	}
	u, err = s.store.Join(r.Context(), c.Invitation, u)
	if errors.Is(err, store.ErrNotFound) {
		s.people.places.fail(s.address(r), time.Now())
		return forbidden("the invitation was used, is too old, or never was")
	}
	if err != nil {
		return err
	}
	s.audit(r, u.ID, "join", u.ID)
	return s.enter(w, r, u)
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	a, err := s.own(r)
	if err != nil {
		return err
	}
	if c, err := r.Cookie(sessionCookie); err == nil {
		if err := s.store.DropSession(r.Context(), c.Value); err != nil {
			return err
		}
		s.stopGone(r.Context(), a.ID, false)
		s.audit(r, a.ID, "logout", "")
	}
	s.setCookie(w, r, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$`)

type meChange struct {
	Language *string `json:"language"`
	Password *struct {
		Old string `json:"old"`
		New string `json:"new"`
	} `json:"password"`
	Consent *store.Consent `json:"consent"`
}

func (s *Server) changeMe(w http.ResponseWriter, r *http.Request) error {
	a, err := s.own(r)
	if err != nil {
		return err
	}
	var c meChange
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	if c.Language != nil {
		if *c.Language != "" && !languageTag.MatchString(*c.Language) {
			return badRequest("language", "%q is no language tag", *c.Language)
		}
		if err := s.setLanguage(r, a, *c.Language); err != nil {
			return err
		}
	}
	if c.Password != nil {
		if err := s.changePassword(r, a, c.Password.Old, c.Password.New); err != nil {
			return err
		}
	}
	if c.Consent != nil {
		if err := s.setConsent(r, a, *c.Consent); err != nil {
			return err
		}
	}
	return s.showMe(w, r)
}

func (s *Server) setLanguage(r *http.Request, a Actor, language string) error {
	if a.Role == RoleLocal {
		return s.store.SetSetting(r.Context(), "language", language)
	}
	return s.store.SetLanguage(r.Context(), a.ID, language)
}

func (s *Server) changePassword(r *http.Request, a Actor, old, password string) error {
	if a.Role == RoleLocal {
		return badRequest("password", "the local user has no password; make an account first")
	}
	if err := checkPassword("password.new", password, a.Name); err != nil {
		return err
	}
	if wait := s.people.names.wait(a.ID, time.Now()); wait > 0 {
		return tooMany(wait)
	}
	s.people.names.fail(a.ID, time.Now())
	u, err := s.store.User(r.Context(), a.ID)
	if err != nil {
		return err
	}
	same, err := s.verify(r, u, old[:min(len(old), maxPassword)])
	if err != nil {
		return err
	}
	if !same {
		return forbidden("the old password is another")
	}
	s.people.names.forget(a.ID)
	_, keep, err := s.session(r)
	if err != nil {
		return err
	}
	hash := ""
	if err := s.hashing(r.Context(), func() { hash = hashPassword(password) }); err != nil {
		return err
	}
	if err := s.store.SetPassword(r.Context(), a.ID, hash, keep); err != nil {
		return err
	}
	s.stopGone(r.Context(), a.ID, false)
	s.audit(r, a.ID, "password", "")
	return nil
}
