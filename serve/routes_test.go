package serve

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Whom a route is for.
const (
	anybody = "anybody" // also without an account
	session = "session" // not keys
)

// routeRules say for each route whom it is for: one of the words above, or the scope that a key must have. Routes of admins have
// both a scope and roles.
var routeRules = map[string]struct {
	scope string
	roles []string // nil for all
	csrf  bool     // asked of somebody without a session, too
}{
	"GET /api/me": {scope: anybody}, "POST /api/setup": {scope: anybody, csrf: true}, "POST /api/login": {scope: anybody, csrf: true}, "POST /api/join": {scope: anybody, csrf: true},
	"GET /api/oidc/start": {scope: anybody}, "GET /api/oidc/callback": {scope: anybody},
	"PUT /api/me": {scope: session}, "POST /api/logout": {scope: session},
	"GET /api/keys": {scope: session}, "POST /api/keys": {scope: session}, "DELETE /api/keys/{id}": {scope: session},
	"POST /api/consent": {scope: session}, "POST /api/consent/withdraw": {scope: session},
	"GET /api/admin/users": {scope: ScopeAdmin, roles: []string{RoleAdmin}}, "PATCH /api/admin/users/{id}": {scope: ScopeAdmin, roles: []string{RoleAdmin}},
	"POST /api/admin/invitations": {scope: ScopeAdmin, roles: []string{RoleAdmin}}, "GET /api/admin/audit": {scope: ScopeAdmin, roles: []string{RoleAdmin}},
	"POST /api/admin/backup": {scope: ScopeAdmin, roles: []string{RoleAdmin}}, "GET /metrics": {scope: ScopeAdmin, roles: []string{RoleAdmin}},
	"GET /api/admin/feedback": {scope: ScopeExport, roles: []string{RoleAdmin, RoleCurator}}, "GET /api/admin/feedback/export": {scope: ScopeExport, roles: []string{RoleAdmin, RoleCurator}},
	"GET /report":     {scope: ScopeAdmin, roles: []string{RoleAdmin, RoleCurator}},
	"GET /api/chats":  {scope: ScopeChat},
	"POST /api/chats": {scope: ScopeChat}, "GET /api/chats/{id}": {scope: ScopeChat}, "PATCH /api/chats/{id}": {scope: ScopeChat}, "DELETE /api/chats/{id}": {scope: ScopeChat},
	"GET /api/chats/{id}/export": {scope: ScopeChat}, "POST /api/chats/{id}/messages": {scope: ScopeChat}, "GET /api/messages/{id}": {scope: ScopeChat},
	"PUT /api/messages/{id}": {scope: ScopeChat}, "POST /api/messages/{id}/answers": {scope: ScopeChat}, "POST /api/messages/{id}/stop": {scope: ScopeChat},
	"GET /api/messages/{id}/events": {scope: ScopeChat}, "POST /api/messages/{id}/rating": {scope: ScopeChat}, "POST /api/messages/{id}/choice": {scope: ScopeChat},
	"POST /api/messages/{id}/report": {scope: ScopeChat}, "GET /api/models": {scope: ScopeChat}, "GET /api/spans": {scope: ScopeSearch}, "GET /source/{version}": {scope: ScopeSearch},
	"POST /v1/chat/completions": {scope: ScopeChat}, "POST /v1/completions": {scope: ScopeChat}, "POST /v1/responses": {scope: ScopeChat}, "POST /v1/embeddings": {scope: ScopeChat},
	"POST /v1/rerank": {scope: ScopeSearch}, "GET /v1/models": {scope: ScopeChat}, "GET /v1/models/{id...}": {scope: ScopeChat}, "POST /tokenize": {scope: ScopeChat},
	"POST /detokenize": {scope: ScopeChat}, "GET /health": {scope: anybody}, "GET /version": {scope: anybody}, "GET /{$}": {scope: anybody},
}

// allRoutes are the patterns with a method, read from the sources.
func allRoutes(t *testing.T) (all []string) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(`"((?:GET|POST|PUT|PATCH|DELETE) /[^"]*)"`)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pattern.FindAllSubmatch(b, -1) {
			if s := string(m[1]); !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// TestEveryRoute asks each route as nobody, without the CSRF token, as a user, and with keys of all scopes but the right one. A
// new route that is not in the table fails the test.
func TestEveryRoute(t *testing.T) {
	x := openSite(t, Options{Data: t.TempDir(), Page: testPage(), Generator: says("x"), Searcher: harbour()})
	admin := x.admin()
	user, curator := x.member(admin, "ann", RoleUser), x.member(admin, "cu", RoleCurator)
	keys := map[string]string{}
	for _, scope := range []string{ScopeChat, ScopeSearch, ScopeAdmin, ScopeExport} {
		keys[scope] = admin.must("POST", "/api/keys", `{"name":"k","scopes":["`+scope+`"]}`)["key"].(string)
	}
	routes := allRoutes(t)
	if len(routes) < 45 {
		t.Fatalf("found only %d routes", len(routes))
	}
	for _, route := range routes {
		rule, ok := routeRules[route]
		if !ok {
			t.Errorf("%s is in no table: whom is it for?", route)
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "x", "{id...}", "x", "{version}", "x", "{$}", "").Replace(path)
		status := func(headers ...string) int {
			r, err := http.NewRequestWithContext(t.Context(), method, x.url+path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return res.StatusCode
		}
		check := func(who string, got, want int) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %s = %d, want %d", route, who, got, want)
			}
		}
		if rule.scope == anybody {
			if rule.csrf {
				check("nobody without token", status(), 403)
			} else if got := status(); got == 401 || method != "GET" {
				t.Errorf("%s: nobody = %d", route, got)
			}
			continue
		}
		check("nobody", status(), 401)
		check("a made-up session", status("Cookie", sessionCookie+"=AAAA"), 401)
		check("a made-up key", status("Authorization", "Bearer fl-AAAA"), 401)
		if method != "GET" {
			check("a session without token", status("Cookie", sessionCookie+"="+admin.cookie), 403)
			check("a session with the token of another", status("Cookie", sessionCookie+"="+admin.cookie, csrfHeader, user.csrf), 403)
		}
		for v, role := range map[*visitor]string{user: RoleUser, curator: RoleCurator} {
			if rule.roles != nil && !slices.Contains(rule.roles, role) {
				check(role, status("Cookie", sessionCookie+"="+v.cookie, csrfHeader, v.csrf), 403)
			}
		}
		for scope, key := range keys {
			got := status("Authorization", "Bearer "+key)
			if scope != rule.scope {
				check("a key for "+scope, got, 403)
			} else if got == 401 || got == 403 {
				t.Errorf("%s: a key for %s = %d", route, scope, got)
			}
		}
		x.s.people.places.forget("127.0.0.1")
	}
	for route := range routeRules {
		if !slices.Contains(routes, route) {
			t.Errorf("%s is in the table alone", route)
		}
	}
}
