package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"feilun/internal/store"
)

const testPassword = "correct horse battery"

// A site is a server that demands logins.
type site struct {
	t     *testing.T
	s     *Server
	url   string
	token string // that makes the first admin
	log   *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func openSite(t *testing.T, o Options) *site {
	t.Helper()
	x := &site{t: t, log: &syncBuffer{}}
	if o.Addr == "" {
		o.Addr = "0.0.0.0:0"
	}
	o.Log = slog.New(slog.NewTextHandler(x.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.Token = func(token string) { x.token = token }
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	x.s, x.url = s, web.URL
	return x
}

// A visitor is a browser.
type visitor struct {
	x      *site
	cookie string
	csrf   string
	id     string
}

// visit opens the page.
func (x *site) visit() *visitor {
	v := &visitor{x: x}
	v.me()
	return v
}

func (v *visitor) me() map[string]any {
	v.x.t.Helper()
	status, m := v.do("GET", "/api/me", "")
	if status != 200 {
		v.x.t.Fatalf("GET /api/me = %d %v", status, m)
	}
	v.csrf = m["csrf"].(string)
	if u, ok := m["user"].(map[string]any); ok {
		v.id = u["id"].(string)
	}
	return m
}

func (v *visitor) raw(method, path, body string, headers ...string) (*http.Response, string) {
	v.x.t.Helper()
	all := []string{csrfHeader, v.csrf}
	if v.cookie != "" {
		all = append(all, "Cookie", sessionCookie+"="+v.cookie)
	}
	res, text := ask(v.x.t, method, v.x.url+path, body, append(all, headers...)...)
	for _, c := range res.Cookies() {
		if c.Name == sessionCookie {
			v.cookie = c.Value
		}
	}
	return res, text
}

// do sends a request and reads its answer; an error's code stands under "code".
func (v *visitor) do(method, path, body string, headers ...string) (int, map[string]any) {
	v.x.t.Helper()
	res, text := v.raw(method, path, body, headers...)
	m := map[string]any{}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			v.x.t.Fatalf("%s %s: %v: %.200s", method, path, err, text)
		}
	}
	if e, ok := m["error"].(map[string]any); ok {
		m["code"] = e["code"]
	}
	return res.StatusCode, m
}

// must sends a request that has to succeed.
func (v *visitor) must(method, path, body string) map[string]any {
	v.x.t.Helper()
	status, m := v.do(method, path, body)
	if status != 200 && status != 204 {
		v.x.t.Fatalf("%s %s = %d %v", method, path, status, m)
	}
	if csrf, ok := m["csrf"].(string); ok {
		v.csrf = csrf
		v.id = m["user"].(map[string]any)["id"].(string)
	}
	return m
}

// admin makes the first account.
func (x *site) admin() *visitor {
	v := x.visit()
	v.must("POST", "/api/setup", fmt.Sprintf(`{"token":%q,"name":"root","password":%q}`, x.token, testPassword))
	return v
}

// member makes an account by an invitation.
func (x *site) member(admin *visitor, name, role string) *visitor {
	m := admin.must("POST", "/api/admin/invitations", fmt.Sprintf(`{"role":%q,"days":1}`, role))
	v := x.visit()
	v.must("POST", "/api/join", fmt.Sprintf(`{"invitation":%q,"name":%q,"password":%q}`, m["invitation"], name, testPassword))
	return v
}

// talk makes a chat with a question and its finished answers.
func (v *visitor) talk(question string, answers ...store.Message) (chat string, q string, as []string) {
	v.x.t.Helper()
	chat = v.must("POST", "/api/chats", "{}")["id"].(string)
	st := v.x.s.store
	qm := &store.Message{ID: st.NewID(), Role: "user", Text: question, State: store.Done}
	add := []*store.Message{qm}
	for i := range answers {
		a := answers[i]
		a.Parent, a.Role, a.State = qm.ID, "assistant", store.Running
		add = append(add, &a)
	}
	all, _, err := st.AddMessages(v.x.t.Context(), v.id, "", chat, add)
	if err != nil {
		v.x.t.Fatal(err)
	}
	for _, m := range all[1:] {
		m.State = store.Done
		if err := st.FinishMessage(v.x.t.Context(), m); err != nil {
			v.x.t.Fatal(err)
		}
		as = append(as, m.ID)
	}
	return chat, qm.ID, as
}

func TestSetup(t *testing.T) {
	x := openSite(t, Options{})
	v := x.visit()
	if m := v.me(); m["setup"] != true || m["user"] != nil || len(x.token) != 26 {
		t.Fatalf("before setup: %v, token %q", m, x.token)
	}
	if status, m := v.do("GET", "/api/chats", ""); status != 401 || m["code"] != "not_logged_in" {
		t.Errorf("chats without login: %d %v", status, m)
	}
	if status, m := v.do("POST", "/api/setup", `{"token":"wrong","name":"root","password":"0123456789"}`); status != 403 {
		t.Errorf("setup with a wrong token: %d %v", status, m)
	}
	for _, bad := range []string{`"name":"","password":"0123456789"`, `"name":"root","password":"short"`, `"name":"a\r\nb: c\u0000","password":"0123456789"`, `"name":"local","password":"0123456789"`, `"name":"rootrootroot","password":"RootRootRoot"`} {
		if status, m := v.do("POST", "/api/setup", `{"token":"`+x.token+`",`+bad+`}`); status != 400 {
			t.Errorf("setup with %s: %d %v", bad, status, m)
		}
	}
	res, _ := v.raw("POST", "/api/setup", fmt.Sprintf(`{"token":%q,"name":"root","password":%q}`, x.token, testPassword))
	c := res.Header.Get("Set-Cookie")
	if res.StatusCode != 200 || !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") {
		t.Fatalf("setup = %d, cookie %q", res.StatusCode, c)
	}
	if m := v.me(); m["setup"] != false || m["user"].(map[string]any)["role"] != "admin" {
		t.Errorf("after setup: %v", m)
	}
	if status, m := x.visit().do("POST", "/api/setup", fmt.Sprintf(`{"token":%q,"name":"evil","password":%q}`, x.token, testPassword)); status != 409 {
		t.Errorf("setup again: %d %v", status, m)
	}
}

func TestLocal(t *testing.T) {
	x := openSite(t, Options{Addr: "127.0.0.1:0"})
	v := x.visit()
	if m := v.me(); m["setup"] != false || m["user"].(map[string]any)["role"] != "local" || x.token != "" {
		t.Fatalf("local: %v", m)
	}
	chat, _, as := v.talk("hello", store.Message{Text: "hi"})
	v.must("POST", "/api/messages/"+as[0]+"/rating", `{"value":1}`)
	v.must("PUT", "/api/me", `{"language":"zh-CN"}`)
	if m := v.me(); m["language"] != "zh-CN" {
		t.Errorf("language of the local user: %v", m)
	}
	if status, m := v.do("POST", "/api/keys", `{"name":"k","scopes":["chat"]}`); status != 400 {
		t.Errorf("a key for the local user: %d %v", status, m)
	}
	if res, _ := ask(t, "POST", x.url+"/api/chats", "{}"); res.StatusCode != 403 {
		t.Errorf("a change without CSRF token by the local user: %d", res.StatusCode)
	}
	// The local user makes the first account, which takes over the chats.
	v.must("POST", "/api/setup", fmt.Sprintf(`{"name":"root","password":%q}`, testPassword))
	if m := v.must("GET", "/api/chats/"+chat, ""); len(m["messages"].([]any)) != 2 {
		t.Errorf("inherited chat: %v", m)
	}
	if m := v.must("GET", "/api/chats?q=hello", ""); len(m["chats"].([]any)) != 1 {
		t.Errorf("inherited chat is not found: %v", m)
	}
	if status, _ := x.visit().do("GET", "/api/chats", ""); status != 401 {
		t.Errorf("without login after the first account: %d", status)
	}
}

func TestLogin(t *testing.T) {
	x := openSite(t, Options{})
	admin := x.admin()
	ann := x.member(admin, "Ann", RoleUser)
	old := ann.cookie
	again := x.visit()
	again.must("POST", "/api/login", fmt.Sprintf(`{"name":" ａnn","password":%q}`, testPassword))
	if again.id != ann.id || again.cookie == old {
		t.Errorf("login by another spelling: %+v", again)
	}
	temp := again.must("POST", "/api/chats", `{"temporary":true}`)["id"].(string)
	if m := again.must("GET", "/api/chats", ""); len(m["chats"].([]any)) != 0 {
		t.Errorf("a temporary chat is listed: %v", m)
	}
	if status, m := again.do("PUT", "/api/me", `{"password":{"old":"wrong wrong","new":"another one 1"}}`); status != 403 {
		t.Errorf("password changed with a wrong one: %d %v", status, m)
	}
	again.must("PUT", "/api/me", fmt.Sprintf(`{"password":{"old":%q,"new":"another one 1"}}`, testPassword))
	if status, _ := ann.do("GET", "/api/chats", ""); status != 401 {
		t.Errorf("another session after the password changed: %d", status)
	}
	lost := *again
	again.must("POST", "/api/logout", "")
	if status, _ := lost.do("GET", "/api/chats", ""); status != 401 {
		t.Errorf("a session after logout: %d", status)
	}
	if _, err := x.s.store.Chat(t.Context(), ann.id, temp); err == nil {
		t.Error("a temporary chat outlived its session")
	}
	// Disabled: no login, no session, no key.
	bob := x.member(admin, "bob", RoleUser)
	key := bob.must("POST", "/api/keys", `{"name":"k","scopes":["chat"]}`)["key"].(string)
	admin.must("PATCH", "/api/admin/users/"+bob.id, `{"disabled":true}`)
	if status, _ := bob.do("GET", "/api/chats", ""); status != 401 {
		t.Errorf("a session of a disabled user: %d", status)
	}
	if res, _ := ask(t, "GET", x.url+"/api/chats", "", "Authorization", "Bearer "+key); res.StatusCode != 401 {
		t.Errorf("a key of a disabled user: %d", res.StatusCode)
	}
	if status, _ := x.visit().do("POST", "/api/login", fmt.Sprintf(`{"name":"bob","password":%q}`, testPassword)); status != 401 {
		t.Errorf("login of a disabled user: %d", status)
	}
	if status, m := admin.do("PATCH", "/api/admin/users/"+admin.id, `{"role":"user"}`); status != 409 {
		t.Errorf("the last admin stepped down: %d %v", status, m)
	}
}

func TestInvitationOnce(t *testing.T) {
	x := openSite(t, Options{})
	admin := x.admin()
	m := admin.must("POST", "/api/admin/invitations", `{"role":"curator","days":3}`)
	if url := m["url"].(string); !strings.HasPrefix(url, x.url+"/#/join/") {
		t.Errorf("url %q", url)
	}
	join := func(name string) int {
		status, _ := x.visit().do("POST", "/api/join", fmt.Sprintf(`{"invitation":%q,"name":%q,"password":%q}`, m["invitation"], name, testPassword))
		return status
	}
	if got := join("ROOT"); got != 409 {
		t.Errorf("a name that is taken: %d", got)
	}
	if got := join("cu"); got != 200 { // the first try did not use it up
		t.Errorf("join: %d", got)
	}
	if got := join("cu2"); got != 403 {
		t.Errorf("join again: %d", got)
	}
}

func TestCSRF(t *testing.T) {
	x := openSite(t, Options{})
	v := x.admin()
	other := x.member(v, "ann", RoleUser)
	for name, headers := range map[string][]string{
		"no token":            {"Cookie", sessionCookie + "=" + v.cookie},
		"token of another":    {"Cookie", sessionCookie + "=" + v.cookie, csrfHeader, other.csrf},
		"token of nobody":     {"Cookie", sessionCookie + "=" + v.cookie, csrfHeader, x.visit().csrf},
		"origin of another":   {"Cookie", sessionCookie + "=" + v.cookie, csrfHeader, v.csrf, "Origin", "http://evil.example"},
		"origin null":         {"Cookie", sessionCookie + "=" + v.cookie, csrfHeader, v.csrf, "Origin", "null"},
		"host of another":     {"Cookie", sessionCookie + "=" + v.cookie, csrfHeader, v.csrf, "Host", "evil.example"},
		"login without token": {},
	} {
		path := "/api/chats"
		if name == "login without token" {
			path = "/api/login"
		}
		if res, body := ask(t, "POST", x.url+path, "{}", headers...); res.StatusCode != 403 && res.StatusCode != 421 {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
	}
	if res, _ := v.raw("POST", "/api/chats", "{}", "Origin", x.url); res.StatusCode != 200 {
		t.Errorf("own origin: %d", res.StatusCode)
	}
}

func TestBruteForce(t *testing.T) {
	x := openSite(t, Options{})
	admin := x.admin()
	x.member(admin, "ann", RoleUser)
	guess := func(v *visitor, name, password string) (int, string) {
		res, _ := v.raw("POST", "/api/login", fmt.Sprintf(`{"name":%q,"password":%q}`, name, password))
		return res.StatusCode, res.Header.Get("Retry-After")
	}
	v := x.visit()
	for i := range 12 { // each makes the next wait longer
		if code, _ := guess(v, "ann", fmt.Sprint("guess number ", i)); code == 429 {
			x.s.people.names.fail("ann", time.Now())
		}
	}
	codes := map[int]int{}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range 30 {
		wg.Go(func() {
			code, _ := guess(&visitor{x: x, csrf: v.csrf}, "ann", fmt.Sprint("guess number ", i))
			mu.Lock()
			codes[code]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if codes[429] != 30 {
		t.Errorf("30 guesses at once: %v", codes)
	}
	code, after := guess(v, "ANN ", testPassword)
	if code != 429 || after == "" || after == "0" {
		t.Errorf("the right password while it waits: %d, Retry-After %q", code, after)
	}
	x.s.people.places.forget("127.0.0.1")
	if code, _ := guess(v, "root", testPassword); code != 200 {
		t.Errorf("another name waits too: %d", code)
	}
}

func TestBackoff(t *testing.T) {
	b := backoff{free: 3, longest: 10 * time.Second}
	now := time.Unix(1e9, 0)
	for i, want := range []time.Duration{0, 0, 0, 1, 2, 4, 8, 10, 10} {
		b.fail("x", now)
		if got := b.wait("x", now); got != want*time.Second {
			t.Errorf("after %d failures: wait %v, want %v s", i+1, got, int(want))
		}
	}
	if got := b.wait("x", now.Add(10*time.Second)); got != 0 {
		t.Errorf("after the wait: %v", got)
	}
	b.fail("x", now.Add(2*time.Hour))
	if got := b.wait("x", now.Add(2*time.Hour)); got != 0 {
		t.Errorf("a failure hours later waits %v", got)
	}
	for i := range 3 * maxTracked {
		b.fail(fmt.Sprint("name ", i), now)
	}
	if len(b.m) > maxTracked {
		t.Errorf("%d names are kept in mind", len(b.m))
	}
	l := limiter{perMinute: 2}
	for i, want := range []time.Duration{0, 0, 30 * time.Second} {
		if got := l.take("x", 0, now); got != want {
			t.Errorf("request %d of two a minute waits %v, want %v", i+1, got, want)
		}
	}
	if got := l.take("x", 0, now.Add(30*time.Second)); got != 0 {
		t.Errorf("half a minute later: %v", got)
	}
	for i := range 3 * maxTracked {
		l.take(fmt.Sprint(i), 0, now)
	}
	if len(l.m) > maxTracked+1 {
		t.Errorf("%d keys are kept in mind", len(l.m))
	}
}

// TestRoles has each role at what is for others.
func TestRoles(t *testing.T) {
	x := openSite(t, Options{Data: t.TempDir(), Mask: func(s string) string { return s }})
	admin := x.admin()
	user, curator := x.member(admin, "ann", RoleUser), x.member(admin, "cu", RoleCurator)
	for _, tt := range []struct{ method, path, body string }{
		{"GET", "/api/admin/users", ""},
		{"PATCH", "/api/admin/users/" + user.id, `{"role":"admin"}`},
		{"POST", "/api/admin/invitations", `{"role":"admin"}`},
		{"GET", "/api/admin/audit", ""},
		{"POST", "/api/admin/backup", ""},
		{"GET", "/api/admin/feedback", ""},
		{"GET", "/api/admin/feedback/export?form=sft", ""},
	} {
		if status, _ := user.do(tt.method, tt.path, tt.body); status != 403 {
			t.Errorf("user: %s %s = %d", tt.method, tt.path, status)
		}
		want := 403
		if strings.HasPrefix(tt.path, "/api/admin/feedback") {
			want = 200
		}
		if res, body := curator.raw(tt.method, tt.path, tt.body); res.StatusCode != want {
			t.Errorf("curator: %s %s = %d %s", tt.method, tt.path, res.StatusCode, body)
		}
		if status, _ := x.visit().do(tt.method, tt.path, tt.body); status != 401 {
			t.Errorf("nobody: %s %s = %d", tt.method, tt.path, status)
		}
	}
	m := admin.must("POST", "/api/admin/backup", "")
	if err := store.Check(filepath.Join(x.s.o.Data, m["file"].(string))); err != nil {
		t.Error(err)
	}
	if m := admin.must("GET", "/api/admin/audit?limit=2", ""); len(m["entries"].([]any)) != 2 || m["next"] == nil {
		t.Errorf("audit: %v", m)
	}
}

// TestPrivacy asks for everything that belongs to another, by each of the server's routes that name something by id, as a user and as an
// admin. A route that is new and not in the table fails the test.
func TestPrivacy(t *testing.T) {
	x := openSite(t, Options{})
	admin := x.admin()
	ann, bob := x.member(admin, "ann", RoleUser), x.member(admin, "bob", RoleUser)
	chat, q, as := ann.talk("a secret recipe", store.Message{Text: "a", Side: "a", Citations: []store.Citation{{N: 1}}}, store.Message{Text: "b", Side: "b"})
	key := ann.must("POST", "/api/keys", `{"name":"k","scopes":["chat"]}`)["id"].(string)
	bodies := map[string]string{
		"GET /api/chats/{id}": "", "PATCH /api/chats/{id}": `{"title":"mine"}`, "DELETE /api/chats/{id}": "", "GET /api/chats/{id}/export": "",
		"POST /api/chats/{id}/messages": `{"key":"k","text":"x","mode":"plain"}`, "POST /api/messages/{id}/answers": `{"key":"k2","mode":"plain"}`,
		"PUT /api/messages/{id}": `{"text":"x"}`, "POST /api/messages/{id}/stop": "", "GET /api/messages/{id}/events": "", "GET /api/messages/{id}": "",
		"POST /api/messages/{id}/rating": `{"value":1}`, "POST /api/messages/{id}/choice": `{"choice":"a"}`, "POST /api/messages/{id}/report": `{"n":1,"why":"other"}`,
		"DELETE /api/keys/{id}": "",
	}
	for route := range routes(t) {
		body, ok := bodies[route]
		if !ok {
			if !strings.Contains(route, "/api/admin/") {
				t.Errorf("%s is not tested for privacy", route)
			}
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		ids := []string{q, as[0], as[1]}
		switch {
		case strings.Contains(path, "/chats/"):
			ids = []string{chat}
		case strings.Contains(path, "/keys/"):
			ids = []string{key}
		}
		for _, id := range ids {
			for _, v := range []*visitor{bob, admin} {
				if res, text := v.raw(method, strings.Replace(path, "{id}", id, 1), body); res.StatusCode != 404 || strings.Contains(text, "secret") {
					t.Errorf("%s of another = %d %s", route, res.StatusCode, text)
				}
			}
		}
	}
	for _, v := range []*visitor{bob, admin} {
		for _, path := range []string{"/api/chats", "/api/chats?q=secret", "/api/keys"} {
			if _, text := v.raw("GET", path, ""); strings.Contains(text, chat) || strings.Contains(text, key) {
				t.Errorf("%s lists what belongs to another: %s", path, text)
			}
		}
	}
	if m := ann.must("GET", "/api/chats/"+chat, ""); len(m["messages"].([]any)) != 3 {
		t.Errorf("ann's chat after all: %v", m)
	}
}

// routes are the server's patterns with an id, read from its sources.
func routes(t *testing.T) map[string]bool {
	all := map[string]bool{}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(`"((?:GET|POST|PUT|PATCH|DELETE) /api/[^"]*\{id\}[^"]*)"`)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pattern.FindAllSubmatch(b, -1) {
			all[string(m[1])] = true
		}
	}
	if len(all) < 10 {
		t.Fatalf("found only %d routes", len(all))
	}
	return all
}

func TestKeys(t *testing.T) {
	x := openSite(t, Options{})
	admin := x.admin()
	ann := x.member(admin, "ann", RoleUser)
	for _, bad := range []string{`{"name":"","scopes":["chat"]}`, `{"name":"k"}`, `{"name":"k","scopes":["root"]}`, `{"name":"k","scopes":["chat"],"per_minute":-1}`} {
		if status, _ := ann.do("POST", "/api/keys", bad); status != 400 {
			t.Errorf("key %s: %d", bad, status)
		}
	}
	for _, scope := range []string{"admin", "export"} {
		if status, _ := ann.do("POST", "/api/keys", `{"name":"k","scopes":["`+scope+`"]}`); status != 403 {
			t.Errorf("a user's key for %s: %d", scope, status)
		}
	}
	m := ann.must("POST", "/api/keys", `{"name":"k","scopes":["chat"],"per_minute":3}`)
	token := m["key"].(string)
	if _, text := ann.raw("GET", "/api/keys", ""); strings.Contains(text, token) || !strings.Contains(text, m["start"].(string)) {
		t.Errorf("list of keys: %s", text)
	}
	get := func(token, method, path string) int {
		res, _ := ask(t, method, x.url+path, "", "Authorization", "Bearer "+token)
		return res.StatusCode
	}
	for i, want := range []int{200, 200, 200, 429} {
		if got := get(token, "GET", "/api/chats"); got != want {
			t.Errorf("request %d of a key with 3 a minute = %d", i+1, got)
		}
	}
	search := ann.must("POST", "/api/keys", `{"name":"s","scopes":["search"]}`)["key"].(string)
	root := admin.must("POST", "/api/keys", `{"name":"r","scopes":["chat","admin"]}`)["key"].(string)
	for _, tt := range []struct {
		token, method, path string
		want                int
	}{
		{search, "GET", "/api/chats", 403},       // scope
		{root, "GET", "/api/admin/users", 200},   // needs no CSRF token
		{root, "POST", "/api/chats", 200},        //
		{root, "POST", "/api/keys", 403},         // keys make no keys
		{root, "POST", "/api/consent", 403},      // nor consent
		{"fl-nothing", "GET", "/api/chats", 401}, //
		{"sk-" + root, "GET", "/api/chats", 401}, //
		{strings.ToLower(root), "GET", "/api/chats", 401},
	} {
		if got := get(tt.token, tt.method, tt.path); got != tt.want {
			t.Errorf("%s %s by key %.6s = %d, want %d", tt.method, tt.path, tt.token, got, tt.want)
		}
	}
	ann.must("DELETE", "/api/keys/"+m["id"].(string), "")
	if got := get(token, "GET", "/api/chats"); got != 401 {
		t.Errorf("a deleted key = %d", got)
	}
}

func TestTokensPerDay(t *testing.T) {
	x := openSite(t, Options{})
	admin := x.admin()
	k := admin.must("POST", "/api/keys", `{"name":"k","scopes":["chat"],"tokens_per_day":100}`)
	r := httptest.NewRequest("POST", "/v1/chat/completions", nil)
	r.Header.Set("Authorization", "Bearer "+k["key"].(string))
	for i, want := range []bool{true, true, false} {
		a, err := x.s.authenticate(r)
		if err != nil {
			t.Fatal(err)
		}
		done, err := x.s.admit(r, a)
		if (err == nil) != want {
			t.Fatalf("generation %d: %v", i, err)
		}
		if err == nil {
			done(Result{PromptTokens: 40, CompletionTokens: 30})
		}
	}
}

// TestHostileInput sends ids, names and searches that are SQL, paths, headers or too large.
func TestHostileInput(t *testing.T) {
	x := openSite(t, Options{Page: testPage()})
	v := x.admin()
	for _, id := range []string{"'", "' OR '1'='1", "%2e%2e%2ffeilun.db", "..%2f..%2f..%2fetc%2fpasswd", "%00", "x;DROP TABLE chats", strings.Repeat("a", 5000)} {
		id = strings.ReplaceAll(id, " ", "%20")
		for _, path := range []string{"/api/chats/" + id, "/api/messages/" + id, "/api/chats/" + id + "/export"} {
			if res, body := v.raw("GET", path, ""); res.StatusCode != 404 {
				t.Errorf("GET %.60s = %d %.100s", path, res.StatusCode, body)
			}
		}
	}
	for _, q := range []string{`'`, `"`, `*`, `terms:a`, `a" OR owner:"b`, `NEAR(a b)`, `a AND`, `-`, `^a`, `{a}:b`, `飞"轮`, "\x00", strings.Repeat("a ", 400)} {
		if status, m := v.do("GET", "/api/chats?q="+urlQuery(q), ""); status != 200 {
			t.Errorf("search for %q = %d %v", q, status, m)
		}
	}
	if status, _ := v.do("GET", "/api/chats?before='", ""); status != 404 {
		t.Errorf("cursor of nonsense = %d", status)
	}
	m := v.must("POST", "/api/chats", `{"title":"a\r\nSet-Cookie: x=y\"; filename=evil.exe /../ 飞轮"}`)
	res, _ := v.raw("GET", "/api/chats/"+m["id"].(string)+"/export?format=md", "")
	d := res.Header.Get("Content-Disposition")
	if res.StatusCode != 200 || res.Header.Get("Set-Cookie") != "" || strings.ContainsAny(d, "\r\n/\\") || strings.Contains(d, "..") {
		t.Errorf("export of a hostile title: %d %q", res.StatusCode, d)
	}
	if status, m := v.do("POST", "/api/chats", `{"title":"`+strings.Repeat("a", 2<<20)+`"}`); status != 413 || m["code"] != "too_large" {
		t.Errorf("a body of 2 MiB = %d %v", status, m["code"])
	}
	for _, body := range []string{`[`, `[]`, `{"title":1}`, `{"title":"` + strings.Repeat("a", 300) + `"}`} {
		if status, _ := v.do("POST", "/api/chats", body); status != 400 {
			t.Errorf("body %.30s = %d", body, status)
		}
	}
	v.must("GET", "/api/chats", "")
}

func urlQuery(q string) string {
	var b strings.Builder
	for _, c := range []byte(q) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// TestNoSecretsInLogs goes through what handles secrets and looks for them in the log and the database.
func TestNoSecretsInLogs(t *testing.T) {
	dir := t.TempDir()
	x := openSite(t, Options{Data: dir})
	admin := x.admin()
	inv := admin.must("POST", "/api/admin/invitations", `{"role":"user"}`)["invitation"].(string)
	ann := x.visit()
	ann.must("POST", "/api/join", fmt.Sprintf(`{"invitation":%q,"name":"ann","password":%q}`, inv, testPassword))
	key := ann.must("POST", "/api/keys", `{"name":"k","scopes":["chat"]}`)["key"].(string)
	ask(t, "GET", x.url+"/api/chats?q=private+words", "", "Authorization", "Bearer "+key)
	ask(t, "GET", x.url+"/api/chats", "", "Authorization", "Bearer fl-guessed-key")
	ann.talk("private words", store.Message{Text: "private answer"})
	x.visit().do("POST", "/api/login", `{"name":"ann","password":"a wrong password"}`)
	ann.raw("POST", "/api/chats", `{"title": private words`)
	secrets := []string{testPassword, x.token, inv, key, ann.cookie, ann.csrf, admin.cookie, "guessed-key", "a wrong password", "private"}
	log := x.log.String()
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(log, "POST /api/join") {
		t.Error("the log holds nothing")
	}
	for _, name := range []string{Database, Database + "-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return s == "private" }) {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
		info, _ := os.Stat(filepath.Join(dir, name))
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", name, info.Mode())
		}
	}
}

func mustPrefixes(all ...string) (out []netip.Prefix) {
	for _, p := range all {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func TestAddress(t *testing.T) {
	x := openSite(t, Options{})
	x.s.o.Proxies = mustPrefixes("10.0.0.0/8")
	for _, tt := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:1", "", "192.0.2.1"},
		{"192.0.2.1:1", "198.51.100.7", "192.0.2.1"}, // not from a proxy
		{"10.1.1.1:1", "198.51.100.7", "198.51.100.7"},
		{"10.1.1.1:1", "1.2.3.4, 198.51.100.7, 10.2.2.2", "198.51.100.7"}, // what the client wrote itself counts for nothing
		{"10.1.1.1:1", "nonsense", "10.1.1.1"},
		{"[2001:db8:1:2:3:4:5:6]:1", "", "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.1]:1", "", "192.0.2.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := x.s.address(r); got != tt.want {
			t.Errorf("address(%s, %q) = %s, want %s", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}
