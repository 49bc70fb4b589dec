package serve

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"feilun/internal/fetch"
)

// Users are not told where the operator's servers are; the operator's log says it, without what was asked.
func TestUpstreamAddressIsNotTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	l.Close()
	x := openSite(t, Options{Addr: "127.0.0.1:0", Generator: NewUpstream("http://"+gone, "", "m", 0), Searx: "http://" + gone, ReadPage: func(*fetch.Response) (title, date, text string, err error) { return }})
	v := x.visit()
	chat := v.must("POST", "/api/chats", "{}")["id"].(string)
	_, told := v.raw("POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"SECRET"}]}`)
	m := v.must("POST", "/api/chats/"+chat+"/messages", `{"text":"SECRET","mode":"web","model":"extractive"}`)
	all, err := readEvents(t.Context(), x.url+"/api/messages/"+m["answers"].([]any)[0].(map[string]any)["id"].(string)+"/events")
	if err != nil {
		t.Fatal(err)
	}
	last := lastMessage(t, all)
	if last.Error == nil || last.Error.Code != "upstream" {
		t.Fatalf("the web's answer: %+v", last)
	}
	for _, text := range []string{told, last.Error.Message} {
		if strings.Contains(text, gone) || !strings.Contains(text, "cannot be reached") {
			t.Errorf("told: %s", text)
		}
	}
	if log := x.log.String(); strings.Count(log, "address=http://"+gone) != 2 || strings.Contains(log, "SECRET") {
		t.Errorf("log: %s", log)
	}
}

// A server that never ends its answer is given up.
func TestUpstreamWithoutEnd(t *testing.T) {
	event := `data: {"choices":[{"delta":{"content":"` + strings.Repeat("x", 1<<20) + `"}}]}` + "\n\n"
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/models") {
			fmt.Fprint(w, `{"data":[{"id":"m"}]}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for r.Context().Err() == nil {
			fmt.Fprint(w, event)
		}
	}))
	defer up.Close()
	web := open(t, Options{Generator: NewUpstream(up.URL, "", "", 0)})
	if res, body := ask(t, "POST", web.URL+"/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}]}`); res.StatusCode != 502 || !strings.Contains(body, "more than") {
		t.Errorf("= %d %.200s", res.StatusCode, body)
	}
}

// A server without accounts is for its own machine: not for whoever comes through a proxy, nor for other names.
func TestProxyNeedsAnAccount(t *testing.T) {
	x := openSite(t, Options{Addr: "127.0.0.1:0", Generator: says("x")})
	for _, h := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"} {
		for _, path := range []string{"/api/chats", "/v1/models", "/metrics"} {
			if res, body := ask(t, "GET", x.url+path, "", h, "198.51.100.7"); res.StatusCode != 403 || !strings.Contains(body, "--proxy") {
				t.Errorf("%s with %s = %d %s", path, h, res.StatusCode, body)
			}
		}
		if res, _ := x.visit().raw("POST", "/api/setup", fmt.Sprintf(`{"name":"root","password":%q}`, testPassword), h, "198.51.100.7"); res.StatusCode != 403 {
			t.Errorf("setup with %s = %d", h, res.StatusCode)
		}
	}
	for name, o := range map[string]Options{"a host": {Hosts: []string{"chat.example"}}, "a proxy": {Proxies: mustPrefixes("127.0.0.1/32")}} {
		o.Addr = "127.0.0.1:0"
		x := openSite(t, o)
		if m := x.visit().me(); m["setup"] != true || m["user"] != nil || x.token == "" {
			t.Errorf("with %s: setup %v, user %v, token %q", name, m["setup"], m["user"], x.token)
		}
		if res, _ := x.visit().raw("GET", "/api/chats", ""); res.StatusCode != 401 {
			t.Errorf("with %s: chats of nobody = %d", name, res.StatusCode)
		}
		x.admin()
	}
}
