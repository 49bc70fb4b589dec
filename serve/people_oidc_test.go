package serve

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A provider is a service to log in with, on loopback. Its tokens are as its fields say.
type provider struct {
	url    string
	rsa    *rsa.PrivateKey
	ec     *ecdsa.PrivateKey
	alg    string
	claims map[string]any // put over those of an honest token
	codes  map[string]url.Values
	secret string
}

func newProvider(t *testing.T) *provider {
	p := &provider{alg: "RS256", codes: map[string]url.Values{}, secret: "s3cr/t"}
	var err error
	if p.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if p.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]string{"issuer": p.url, "authorization_endpoint": p.url + "/authorize", "token_endpoint": p.url + "/token", "jwks_uri": p.url + "/keys"})
	})
	b64 := base64.RawURLEncoding.EncodeToString
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		point, _ := p.ec.PublicKey.Bytes()
		json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{
			{"kid": "RS256", "kty": "RSA", "use": "sig", "n": b64(p.rsa.N.Bytes()), "e": b64(big.NewInt(int64(p.rsa.E)).Bytes())},
			{"kid": "ES256", "kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
			{"kid": "odd", "kty": "EC", "crv": "P-256", "x": b64(make([]byte, 40)), "y": "AQ"},
			{"kid": "weak", "kty": "RSA", "n": "AQAB", "e": "AQAB"},
		}})
	})
	mux.HandleFunc("/token", p.token)
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	p.url = web.URL
	return p
}

// authorize is what the service does when a user agrees: it returns the address to go back to.
func (p *provider) authorize(t *testing.T, address string) string {
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || !strings.Contains(q.Get("scope"), "openid") {
		t.Errorf("asked to authorize %s", address)
	}
	p.codes["code"] = q
	return q.Get("redirect_uri") + "?" + url.Values{"code": {"code"}, "state": {q.Get("state")}}.Encode()
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	q := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if secret, _ = url.QueryUnescape(secret); q == nil || id != "feilun" || secret != p.secret || base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") || r.FormValue("redirect_uri") != q.Get("redirect_uri") {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	now := time.Now().Unix()
	claims := map[string]any{"iss": p.url, "sub": "42", "aud": "feilun", "exp": now + 300, "iat": now, "nonce": q.Get("nonce"), "preferred_username": "root", "name": "Zhang San", "email": "zs@example.org", "email_verified": true}
	for k, v := range p.claims {
		claims[k] = v
	}
	json.NewEncoder(w).Encode(map[string]string{"id_token": p.sign(claims), "access_token": "x"})
}

func (p *provider) sign(claims map[string]any) string {
	b64 := base64.RawURLEncoding.EncodeToString
	alg, kid, _ := strings.Cut(p.alg, "/")
	broken := kid == "broken"
	if kid == "" || broken {
		kid = alg
	}
	body, _ := json.Marshal(claims)
	signed := b64(fmt.Appendf(nil, `{"alg":%q,"kid":%q}`, alg, kid)) + "." + b64(body)
	sum := sha256.Sum256([]byte(signed))
	var sig []byte
	switch alg {
	case "RS256":
		sig, _ = rsa.SignPKCS1v15(rand.Reader, p.rsa, crypto.SHA256, sum[:])
	case "ES256":
		r, s, _ := ecdsa.Sign(rand.Reader, p.ec, sum[:])
		sig = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case "HS256": // with the public key as the secret, the old confusion
		m := hmac.New(sha256.New, p.rsa.N.Bytes())
		m.Write([]byte(signed))
		sig = m.Sum(nil)
	}
	if broken {
		sig[10] ^= 1
	}
	return signed + "." + b64(sig)
}

// login goes through the whole login and returns the last answer.
func (v *visitor) oidc(p *provider, between func(back string) string) *http.Response {
	x := v.x
	res, body := v.raw("GET", "/api/oidc/start", "")
	if res.StatusCode != 302 {
		x.t.Fatalf("start = %d %s", res.StatusCode, body)
	}
	cookie := strings.Split(res.Header.Get("Set-Cookie"), ";")[0]
	back := p.authorize(x.t, res.Header.Get("Location"))
	if between != nil {
		back = between(back)
	}
	u, err := url.Parse(back)
	if err != nil {
		x.t.Fatal(err)
	}
	if between != nil && strings.Contains(back, "nocookie") {
		cookie = "a=b"
	}
	res, _ = v.raw("GET", "/api/oidc/callback?"+u.RawQuery, "", "Cookie", cookie)
	return res
}

func TestOIDC(t *testing.T) {
	p := newProvider(t)
	x := openSite(t, Options{OIDC: &OIDC{Issuer: p.url, ClientID: "feilun", Secret: p.secret, Redirect: "http://feilun.example/api/oidc/callback", Domains: []string{"Example.org"}}})
	if res := x.visit().oidc(p, nil); res.StatusCode != 403 {
		t.Errorf("the first account by a service = %d", res.StatusCode)
	}
	x.admin()
	var first string
	for _, alg := range []string{"RS256", "ES256"} {
		p.alg = alg
		v := x.visit()
		res := v.oidc(p, nil)
		if res.StatusCode != 302 || res.Header.Get("Location") != "/" || v.cookie == "" {
			t.Fatalf("%s: callback = %d", alg, res.StatusCode)
		}
		m := v.me()["user"].(map[string]any)
		if m["role"] != "user" || m["name"] != "Zhang San" { // root is taken, by another
			t.Errorf("%s: logged in as %v", alg, m)
		}
		if first == "" {
			first = v.id
		}
		if v.id != first {
			t.Errorf("the same subject has two accounts")
		}
	}
	for name, c := range map[string]struct {
		alg    string
		claims map[string]any
		back   func(string) string
	}{
		"other nonce":     {claims: map[string]any{"nonce": "x"}},
		"other audience":  {claims: map[string]any{"aud": "other"}},
		"two audiences":   {claims: map[string]any{"aud": []string{"feilun", "other"}}},
		"other party":     {claims: map[string]any{"azp": "other"}},
		"other issuer":    {claims: map[string]any{"iss": "https://evil.example"}},
		"expired":         {claims: map[string]any{"exp": time.Now().Unix() - 3600}},
		"no expiry":       {claims: map[string]any{"exp": 0}},
		"of the future":   {claims: map[string]any{"iat": time.Now().Unix() + 3600}},
		"nobody":          {claims: map[string]any{"sub": ""}},
		"other domain":    {claims: map[string]any{"email": "x@evil.example"}},
		"not verified":    {claims: map[string]any{"email_verified": false}},
		"alg none":        {alg: "none/RS256"},
		"alg HS256":       {alg: "HS256/RS256"},
		"kind confused":   {alg: "ES256/RS256"},
		"unknown key":     {alg: "RS256/unknown"},
		"weak key":        {alg: "RS256/weak"},
		"odd key":         {alg: "ES256/odd"},
		"broken":          {alg: "RS256/broken"},
		"other state":     {back: func(b string) string { return strings.Replace(b, "state=", "state=x", 1) }},
		"other browser":   {back: func(b string) string { return b + "&nocookie=1" }},
		"refused":         {back: func(b string) string { return b + "&error=access_denied" }},
		"no code":         {back: func(b string) string { return strings.Replace(b, "code=code", "", 1) }},
		"code of another": {back: func(b string) string { return strings.Replace(b, "code=code", "code=stolen", 1) }},
	} {
		p.alg, p.claims = "RS256", c.claims
		if c.alg != "" {
			p.alg = c.alg
		}
		v := x.visit()
		if res := v.oidc(p, c.back); res.StatusCode != 403 || v.cookie != "" {
			t.Errorf("%s: callback = %d, cookie %q", name, res.StatusCode, v.cookie)
		}
	}
	if log := x.log.String(); strings.Contains(log, "code=") || strings.Contains(log, p.secret) {
		t.Error("the log holds secrets of the login")
	}
}

// FuzzToken has tokens and keys of any bytes.
func FuzzToken(f *testing.F) {
	f.Add("a.b.c", `{"keys":[{"kid":"","kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}]}`)
	f.Add("eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.e30.AAAA", `{"keys":[{"kid":"","kty":"RSA","n":"AQAB","e":"AQAB"}]}`)
	f.Fuzz(func(t *testing.T, token, set string) {
		var ks keySet
		if json.Unmarshal([]byte(set), &ks) != nil {
			return
		}
		s := &Server{o: Options{OIDC: &OIDC{}}}
		s.people.oidc.config = oidcConfig{Issuer: "x"}
		s.people.oidc.keys, s.people.oidc.fetched = ks.keys(), time.Now()
		if c, err := s.verifyToken(t.Context(), token); err == nil {
			t.Errorf("a token that nobody signed: %+v", c)
		}
	})
}
