package serve

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The inspector and the report are for the local user, admins and curators, and only for requests of their own pages.
func TestInspector(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.html")
	o := Options{Report: report, Inspector: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Method, " ", r.URL.Path) })}
	x := openSite(t, o)
	admin := x.admin()
	people := map[string]*visitor{"admin": admin, "curator": x.member(admin, "cu", RoleCurator), "user": x.member(admin, "ann", RoleUser), "nobody": x.visit()}
	status := map[string]int{"admin": 200, "curator": 200, "user": 403, "nobody": 401}
	for who, v := range people {
		may := status[who] == 200
		for _, tt := range []struct {
			method, path string
			headers      []string
			answer       string // for those who may come in; "" for nobody
		}{
			{"GET", "/inspect/", nil, "GET /"},
			{"GET", "/inspect/api/list", nil, "GET /api/list"},
			{"POST", "/inspect/api/label", []string{inspectHeader, ""}, "POST /api/label"},
			{"POST", "/inspect/api/label", []string{csrfHeader, "wrong"}, ""},
			{"POST", "/inspect/api/label", []string{inspectHeader, "", "Origin", "https://evil.example"}, ""},
			{"POST", "/inspect/../api/chats", []string{inspectHeader, "", csrfHeader, "wrong"}, ""},                       // sent on to where the token is asked for
			{"POST", "/inspect/%2e%2e/api/chats", []string{inspectHeader, "", csrfHeader, "wrong"}, "POST /../api/chats"}, // stays where it is
		} {
			res, body := v.raw(tt.method, tt.path, "{}", tt.headers...)
			if ok := res.StatusCode == 200; ok != (may && tt.answer != "") || ok && body != tt.answer || !may && tt.answer != "" && res.StatusCode != status[who] {
				t.Errorf("%s: %s %s %q = %d %q", who, tt.method, tt.path, tt.headers, res.StatusCode, body)
			}
		}
		want := status[who]
		if may {
			want = 404
		}
		if res, _ := v.raw("GET", "/report", ""); res.StatusCode != want {
			t.Errorf("%s: a report that is not there = %d", who, res.StatusCode)
		}
		if f := v.me()["features"].(map[string]any); f["inspect"] == true != may {
			t.Errorf("%s: features %v", who, f)
		}
	}
	if err := os.WriteFile(report, []byte("<h1>report</h1>"), 0o600); err != nil {
		t.Fatal(err)
	}
	res, body := admin.raw("GET", "/report", "")
	if res.StatusCode != 200 || body != "<h1>report</h1>" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox allow-scripts;") {
		t.Errorf("the report = %d %q with policy %q", res.StatusCode, body, res.Header.Get("Content-Security-Policy"))
	}
	if res, _ := people["user"].raw("GET", "/report", ""); res.StatusCode != 403 {
		t.Errorf("the report for a user = %d", res.StatusCode)
	}
	key := admin.must("POST", "/api/keys", `{"name":"k","scopes":["chat"]}`)["key"].(string)
	if res, _ := x.visit().raw("GET", "/inspect/", "", "Authorization", "Bearer "+key); res.StatusCode != 403 {
		t.Errorf("with a key for chats = %d", res.StatusCode)
	}
	local := openSite(t, Options{Addr: "127.0.0.1:0", Inspector: o.Inspector})
	if res, body := local.visit().raw("POST", "/inspect/api/label", "", inspectHeader, ""); res.StatusCode != 200 {
		t.Errorf("the local user = %d %s", res.StatusCode, body)
	}
	if res, _ := openSite(t, Options{Addr: "127.0.0.1:0"}).visit().raw("GET", "/inspect/", ""); res.StatusCode != 404 {
		t.Errorf("without a run = %d", res.StatusCode)
	}
}
