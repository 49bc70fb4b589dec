package serve

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Who is no admin any more does not come back by an invitation made before.
func TestInvitationsOfFormerAdmins(t *testing.T) {
	x := openSite(t, Options{})
	root := x.admin()
	for name, change := range map[string]string{"demoted": `{"role":"user"}`, "disabled": `{"disabled":true}`} {
		other := x.member(root, name, RoleAdmin)
		mine := other.must("POST", "/api/admin/invitations", `{"role":"admin"}`)["invitation"]
		kept := root.must("POST", "/api/admin/invitations", `{"role":"user"}`)["invitation"]
		root.must("PATCH", "/api/admin/users/"+other.id, change)
		join := func(invitation any, as string) int {
			status, _ := x.visit().do("POST", "/api/join", fmt.Sprintf(`{"invitation":%q,"name":%q,"password":%q}`, invitation, as, testPassword))
			return status
		}
		if got := join(mine, name+"2"); got != 403 {
			t.Errorf("an invitation of one who was %s = %d", name, got)
		}
		if got := join(kept, name+"3"); got != 200 {
			t.Errorf("an invitation of another admin = %d", got)
		}
	}
}

// A program that goes on asking with a key that was deleted does not keep people, and good keys, at its address out.
func TestOldKeyLocksNobodyOut(t *testing.T) {
	x := openSite(t, Options{})
	admin := x.admin()
	good := admin.must("POST", "/api/keys", `{"name":"k","scopes":["chat"]}`)["key"].(string)
	for range 40 {
		if res, _ := ask(t, "GET", x.url+"/api/chats", "", "Authorization", "Bearer fl-old"); res.StatusCode != 401 {
			t.Fatalf("an old key = %d", res.StatusCode)
		}
	}
	if res, _ := ask(t, "GET", x.url+"/api/chats", "", "Authorization", "Bearer "+good); res.StatusCode != 200 {
		t.Errorf("a good key = %d", res.StatusCode)
	}
	x.visit().must("POST", "/api/login", fmt.Sprintf(`{"name":"root","password":%q}`, testPassword))
}

// Whoever types a password where the name goes finds it neither in the log nor in the audit log.
func TestTypedNamesAreNotKept(t *testing.T) {
	x := openSite(t, Options{})
	admin := x.admin()
	x.visit().do("POST", "/api/login", `{"name":"hunter2-hunter2","password":"root"}`)
	x.visit().do("POST", "/api/login", `{"name":"ROOT","password":"not the password"}`)
	_, body := admin.raw("GET", "/api/admin/audit", "")
	if strings.Contains(body, "hunter2") || strings.Contains(x.log.String(), "hunter2") {
		t.Errorf("the name that was typed is kept: %s", body)
	}
	if !strings.Contains(body, `"actor":"`+admin.id+`","action":"login failed"`) {
		t.Errorf("a failed login of a known name is not there: %s", body)
	}
}

// Answers end with the session whose temporary chat they stand in, and all with an account that is disabled.
func TestRunsEndWithTheirOwner(t *testing.T) {
	var running atomic.Int32
	x := openSite(t, Options{Generator: endless(&running)})
	root := x.admin()
	begin := func(v *visitor, chat string) {
		id := v.must("POST", "/api/chats", chat)["id"].(string)
		n := running.Load()
		v.must("POST", "/api/chats/"+id+"/messages", `{"text":"x","mode":"plain"}`)
		for running.Load() == n {
			time.Sleep(time.Millisecond)
		}
	}
	left := func(what string, want int32) {
		for range 1000 {
			if running.Load() == want {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%s: %d answers run, want %d", what, running.Load(), want)
	}
	ann := x.member(root, "ann", RoleUser)
	begin(root, "{}")
	begin(ann, "{}")
	begin(ann, `{"temporary":true}`)
	ann.must("POST", "/api/logout", "")
	left("logged out", 2)
	root.must("PATCH", "/api/admin/users/"+ann.id, `{"disabled":true}`)
	left("disabled", 1)
}
