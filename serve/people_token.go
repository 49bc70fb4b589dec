package serve

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"feilun/internal/store"
)

// oidcClaims are what an ID token says.
type oidcClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience audience `json:"aud"`
	Party    string   `json:"azp"`
	Expires  float64  `json:"exp"`
	Issued   float64  `json:"iat"`
	Nonce    string   `json:"nonce"`
	Name     string   `json:"name"`
	Login    string   `json:"preferred_username"`
	Email    string   `json:"email"`
	Verified lenient  `json:"email_verified"`
}

// An audience is one name or a list.
type audience []string

func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// A lenient boolean may be a string, as some services write it.
type lenient bool

func (l *lenient) UnmarshalJSON(b []byte) error {
	*l = lenient(bytes.Equal(bytes.Trim(b, `"`), []byte("true")))
	return nil
}

// clockSkew is how far the clocks of the service and ours may be apart.
const clockSkew = 2 * time.Minute

// check is OpenID Connect Core 1.0, section 3.1.3.7.
func (c *oidcClaims) check(o *OIDC, nonce string, now time.Time) error {
	at := func(s float64) time.Time { return time.Unix(int64(s), 0) }
	switch {
	case c.Issuer != o.Issuer:
		return fmt.Errorf("a token of %q", c.Issuer)
	case !slices.Contains(c.Audience, o.ClientID), c.Party != "" && c.Party != o.ClientID, len(c.Audience) > 1 && c.Party == "":
		return errors.New("a token for another client")
	case now.Add(-clockSkew).After(at(c.Expires)):
		return errors.New("the token is too old")
	case at(c.Issued).After(now.Add(clockSkew)):
		return errors.New("the token is of the future")
	case nonce == "" || subtle.ConstantTimeCompare([]byte(c.Nonce), []byte(nonce)) != 1:
		return errors.New("the token is of another login")
	case c.Subject == "" || len(c.Subject) > 255:
		return errors.New("the token names nobody")
	}
	return nil
}

// names are what the account may be called, the best first; the last is free.
func (c *oidcClaims) names() []string {
	var all []string
	local, _, _ := strings.Cut(c.Email, "@")
	for _, name := range []string{c.Login, c.Name, local} {
		if name, err := cleanName(name); err == nil {
			all = append(all, name)
		}
	}
	return append(all, "user-"+strings.ToLower(store.Token()[:10]))
}

// verifyToken checks the signature of a token: RS256 or ES256 by a key of the service.
func (s *Server) verifyToken(ctx context.Context, token string) (*oidcClaims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("no token")
	}
	var head struct {
		Alg string `json:"alg"`
		Kid string `json:"kid"`
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, err
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, err
	}
	key, err := s.oidcKey(ctx, head.Kid)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := verifySignature(head.Alg, key, sum[:], sig); err != nil {
		return nil, err
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	c := new(oidcClaims)
	return c, json.Unmarshal(body, c)
}

// verifySignature takes the algorithm from the token, but only with a key of its kind.
func verifySignature(alg string, key any, sum, sig []byte) error {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if alg == "RS256" {
			return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum, sig)
		}
	case *ecdsa.PublicKey:
		if alg == "ES256" && len(sig) == 64 {
			if !ecdsa.Verify(k, sum, new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
				return errors.New("the signature does not fit")
			}
			return nil
		}
	}
	return fmt.Errorf("a signature by %q", alg)
}

// keysEvery is how often the keys of the service are read again at most, when a token names one that is not known.
const keysEvery = time.Minute

// oidcKey returns a key of the service.
func (s *Server) oidcKey(ctx context.Context, kid string) (any, error) {
	config, err := s.oidcConfig(ctx)
	if err != nil {
		return nil, err
	}
	st := &s.people.oidc
	st.mu.Lock()
	defer st.mu.Unlock()
	if key, ok := st.keys[kid]; ok {
		return key, nil
	}
	if time.Since(st.fetched) > keysEvery {
		var set keySet
		if err := getJSON(ctx, config.Keys, &set); err != nil {
			return nil, err
		}
		st.keys, st.fetched = set.keys(), time.Now()
	}
	if key, ok := st.keys[kid]; ok {
		return key, nil
	}
	return nil, errors.New("the token is signed by a key that the service does not tell of")
}

// A keySet is a JWKS (RFC 7517).
type keySet struct {
	Keys []struct {
		Kid, Kty, Use, Crv string
		N, E, X, Y         string
	} `json:"keys"`
}

// keys are those that can sign; others are left out.
func (set *keySet) keys() map[string]any {
	all := map[string]any{}
	for _, k := range set.Keys {
		if k.Use != "" && k.Use != "sig" {
			continue
		}
		switch {
		case k.Kty == "RSA":
			n, e := number(k.N), number(k.E)
			if n.BitLen() >= 2048 && e.IsInt64() && e.Int64() > 1 && e.Int64() < 1<<31 {
				all[k.Kid] = &rsa.PublicKey{N: n, E: int(e.Int64())}
			}
		case k.Kty == "EC" && k.Crv == "P-256":
			x, y := number(k.X), number(k.Y)
			if x.BitLen() > 256 || y.BitLen() > 256 {
				continue
			}
			point := append([]byte{4}, append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...)...)
			if key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err == nil {
				all[k.Kid] = key
			}
		}
	}
	return all
}

// number reads a number of a key: 0 when it is none, or longer than any key.
func number(s string) *big.Int {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil || len(b) > 1024 {
		b = nil
	}
	return new(big.Int).SetBytes(b)
}
