package serve

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"feilun/internal/store"
)

// OIDC is a service that people may log in with (OpenID Connect Core 1.0, authorization code flow with PKCE). Who it knows gets
// an account of the role user at the first login.
type OIDC struct {
	Issuer   string // https://id.example/realm; its configuration stands under /.well-known/openid-configuration
	ClientID string
	Secret   string   // "" for a public client
	Redirect string   // address of this server's /api/oidc/callback, as it is registered there
	Domains  []string // of e-mail addresses that may log in, where the service has verified them; nil for all
}

const (
	oidcCookie = "feilun_oidc"
	oidcLife   = 10 * time.Minute // from start to callback
	oidcReply  = 1 << 20          // bytes read of an answer
)

type oidcState struct {
	mu      sync.Mutex
	open    map[string]oidcLogin // by state
	config  oidcConfig
	keys    map[string]any // of the service, by key id
	fetched time.Time
}

// An oidcLogin is a login between start and callback. Its browser holds the state in a cookie.
type oidcLogin struct {
	nonce, verifier string
	began           time.Time
}

type oidcConfig struct {
	Issuer    string `json:"issuer"`
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
	Keys      string `json:"jwks_uri"`
}

func (s *Server) oidcStart(w http.ResponseWriter, r *http.Request) error {
	if s.o.OIDC == nil || s.open() {
		return notFound("no service to log in with is configured")
	}
	if err := s.limitAddress(r); err != nil {
		return err
	}
	config, err := s.oidcConfig(r.Context())
	if err != nil {
		return err
	}
	state, login := store.Token(), oidcLogin{store.Token(), store.Token() + store.Token(), time.Now()}
	st := &s.people.oidc
	st.mu.Lock()
	if st.open == nil {
		st.open = map[string]oidcLogin{}
	}
	for k, l := range st.open {
		if time.Since(l.began) > oidcLife || len(st.open) >= maxTracked {
			delete(st.open, k)
		}
	}
	st.open[state] = login
	st.mu.Unlock()
	challenge := sha256.Sum256([]byte(login.verifier))
	q := url.Values{"response_type": {"code"}, "client_id": {s.o.OIDC.ClientID}, "redirect_uri": {s.o.OIDC.Redirect}, "scope": {"openid profile email"},
		"state": {state}, "nonce": {login.nonce}, "code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"}}
	to, err := url.Parse(config.Authorize)
	if err != nil {
		return err
	}
	to.RawQuery = strings.TrimPrefix(to.RawQuery+"&"+q.Encode(), "&")
	// Lax, because the service sends the browser back from its own site.
	http.SetCookie(w, &http.Cookie{Name: oidcCookie, Value: state, Path: "/api/oidc/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure(r), MaxAge: int(oidcLife.Seconds())})
	http.Redirect(w, r, to.String(), http.StatusFound)
	return nil
}

func (s *Server) oidcCallback(w http.ResponseWriter, r *http.Request) error {
	if s.o.OIDC == nil || s.open() {
		return notFound("no service to log in with is configured")
	}
	if err := s.limitAddress(r); err != nil {
		return err
	}
	if !s.people.accounts.Load() {
		return forbidden("the first account is made with the token that the server printed")
	}
	login, err := s.oidcOpen(r)
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: oidcCookie, Path: "/api/oidc/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	if r.FormValue("error") != "" {
		return forbidden("the service to log in with refused")
	}
	claims, err := s.oidcClaims(r.Context(), r.FormValue("code"), login)
	if err != nil {
		s.log.Warn("oidc", "id", about(r.Context()).id, "error", err)
		return forbidden("the login was not confirmed")
	}
	if !s.o.OIDC.allows(claims) {
		return forbidden("this server is not for addresses of your domain")
	}
	u, err := s.store.UserOf(r.Context(), claims.Issuer+" "+claims.Subject, RoleUser, claims.names())
	if err != nil {
		return err
	}
	if u.Disabled {
		return forbidden("this account is disabled")
	}
	w.Header().Del("Set-Cookie")
	if err := s.replaceSession(w, r, u); err != nil {
		return err
	}
	s.audit(r, u.ID, "login by service", "")
	http.Redirect(w, r, "/", http.StatusFound)
	return nil
}

// oidcOpen takes the login that this browser has begun.
func (s *Server) oidcOpen(r *http.Request) (oidcLogin, error) {
	state := r.FormValue("state")
	c, err := r.Cookie(oidcCookie)
	if err != nil || state == "" || c.Value != state {
		return oidcLogin{}, forbidden("this login was not begun in this browser")
	}
	st := &s.people.oidc
	st.mu.Lock()
	defer st.mu.Unlock()
	login, ok := st.open[state]
	delete(st.open, state)
	if !ok || time.Since(login.began) > oidcLife {
		return login, forbidden("this login took too long; begin again")
	}
	return login, nil
}

func (o *OIDC) allows(c *oidcClaims) bool {
	if len(o.Domains) == 0 {
		return true
	}
	_, domain, ok := strings.Cut(c.Email, "@")
	return ok && bool(c.Verified) && slices.ContainsFunc(o.Domains, func(d string) bool { return strings.EqualFold(d, domain) })
}

// oidcConfig reads the service's configuration, once.
func (s *Server) oidcConfig(ctx context.Context) (oidcConfig, error) {
	st := &s.people.oidc
	st.mu.Lock()
	config := st.config
	st.mu.Unlock()
	if config.Issuer != "" {
		return config, nil
	}
	if err := getJSON(ctx, strings.TrimSuffix(s.o.OIDC.Issuer, "/")+"/.well-known/openid-configuration", &config); err != nil {
		return config, &Error{Status: http.StatusBadGateway, Code: "upstream", Message: "the service to log in with does not answer"}
	}
	if config.Issuer != s.o.OIDC.Issuer || config.Authorize == "" || config.Token == "" || config.Keys == "" {
		return config, fmt.Errorf("%s: the configuration is of issuer %q", s.o.OIDC.Issuer, config.Issuer)
	}
	st.mu.Lock()
	st.config = config
	st.mu.Unlock()
	return config, nil
}

// oidcClient asks the service; it follows no redirects.
func oidcClient() *http.Client {
	return &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func getJSON(ctx context.Context, address string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	return doJSON(req, v)
}

func doJSON(req *http.Request, v any) error {
	res, err := oidcClient().Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, oidcReply))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", req.URL.Host, res.Status)
	}
	return json.Unmarshal(b, v)
}

// oidcClaims exchanges the code for an ID token and verifies it.
func (s *Server) oidcClaims(ctx context.Context, code string, login oidcLogin) (*oidcClaims, error) {
	if code == "" {
		return nil, errors.New("no code")
	}
	config, err := s.oidcConfig(ctx)
	if err != nil {
		return nil, err
	}
	o := s.o.OIDC
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {o.Redirect}, "client_id": {o.ClientID}, "code_verifier": {login.verifier}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, config.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if o.Secret != "" {
		req.SetBasicAuth(url.QueryEscape(o.ClientID), url.QueryEscape(o.Secret))
	}
	var answer struct {
		IDToken string `json:"id_token"`
	}
	if err := doJSON(req, &answer); err != nil {
		return nil, err
	}
	claims, err := s.verifyToken(ctx, answer.IDToken)
	if err != nil {
		return nil, err
	}
	return claims, claims.check(o, login.nonce, time.Now())
}
