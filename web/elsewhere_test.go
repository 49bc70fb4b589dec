package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"feilun/serve"
)

// TestElsewhere is about what happens to a chat while the page shows it: it is deleted elsewhere, its session ends, another person comes in.
func TestElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a browser")
	}
	b := startBrowser(t)
	told := make(chan string, 8)
	b.url = realServer(t, serve.Options{Data: t.TempDir(), Addr: "0.0.0.0:8080", Hosts: []string{"127.0.0.1"}, Token: func(token string) { told <- token }})
	var token string
	select {
	case token = <-told:
	case <-time.After(10 * time.Second):
		t.Fatal("no token was told")
	}
	b.viewport(1280, 800)
	b.open("#/setup/" + token)
	b.buttons()
	b.enter("wei", "a long pass phrase")
	b.until(`document.querySelector(".composer") && document.querySelector(".model-name").textContent === "scripted"`)
	deleted(b)
	sessionEnds(b)
}

// enter fills the form of a door.
func (b *browser) enter(name, password string) {
	b.t.Helper()
	b.typeText("input[autocomplete=username]", name)
	b.typeText("input[type=password]", password)
	b.run(`document.querySelector(".door form").requestSubmit()`)
}

// buttons fails where a button is drawn as bare words: without a box it has no background, and no key reaches it.
func (b *browser) buttons() {
	b.t.Helper()
	bare := eval[string](b, `[...document.querySelectorAll("button")].filter((e) => getComputedStyle(e).display === "contents").map((e) => e.textContent).join()`)
	if bare != "" {
		b.t.Errorf("buttons without a box: %s", bare)
	}
}

// send changes something by the API, as another window would.
func (b *browser) send(method, path, body string) {
	b.t.Helper()
	b.run(`window.sent = false; fetch("/api/me").then((r) => r.json()).then((m) => fetch("` + path + `", { method: "` + method + `", headers: { "X-Feilun-CSRF": m.csrf, "Content-Type": "application/json" }, body: ` + body + ` })).then((r) => { window.sent = r.ok })`)
	b.until(`window.sent`)
}

func deleted(b *browser) {
	b.plain()
	b.answered("to be deleted")
	b.run(`window.rang = 0; for (let i = 0; i < 300; i++) setTimeout(() => window.rang++, 1500)`)
	b.answered("and one more question") // no frame of it may cancel a timer that happens to have its number
	b.until(`window.rang > 0`)
	time.Sleep(200 * time.Millisecond)
	if n := eval[int](b, `window.rang`); n != 300 {
		b.t.Errorf("of 300 timers %d rang: drawing an answer cancels others' timers", n)
	}
	id := eval[string](b, `location.hash.split("/")[2]`)
	b.send("DELETE", "/api/chats/"+id, "undefined")
	b.typeText("#question", "not lost")
	b.press("#question", `key: "Enter", keyCode: 13`)
	b.until(`document.body.textContent.includes("There is no such chat") && !document.querySelector("[data-turn]")`)
	b.buttons()
	b.shot("deleted-elsewhere")
	b.click(".first-words .main")
	b.until(`document.querySelector("#question")?.value === "not lost"`)
	b.answered("another chat")
	id = eval[string](b, `location.hash.split("/")[2]`)
	b.send("DELETE", "/api/chats/"+id, "undefined")
	b.run(`document.dispatchEvent(new Event("visibilitychange"))`)
	b.until(`document.body.textContent.includes("There is no such chat")`)
	b.click(".first-words .main")
}

// sessionEnds logs out behind the page's back; another comes in on the same page, and sees nothing of the first.
func sessionEnds(b *browser) {
	b.answered("a secret of wei")
	secret := eval[string](b, `location.hash`)
	b.run(`window.join = ""; fetch("/api/me").then((r) => r.json()).then((m) => fetch("/api/admin/invitations", { method: "POST", headers: { "X-Feilun-CSRF": m.csrf, "Content-Type": "application/json" }, body: '{"role":"user","days":1}' })).then((r) => r.json()).then((r) => { window.join = r.invitation })`)
	b.until(`window.join`)
	join := eval[string](b, `window.join`)
	b.ask("[slow] please")
	b.until(`document.querySelectorAll(".prose")[1]?.textContent.length > 10`)
	b.send("POST", "/api/logout", `"{}"`)
	b.typeText("#search-chats", "anything")
	b.until(`document.querySelector(".door form")`)
	b.buttons()
	b.run(`location.hash = "#/join/` + join + `"`)
	b.until(`document.querySelector(".door h1").textContent.includes("Join")`)
	b.enter("ana", "another pass phrase")
	b.until(`document.querySelector(".composer") && document.querySelector(".rail .empty")`)
	b.run(`location.hash = "` + secret + `"`)
	b.until(`document.body.textContent.includes("There is no such chat")`)
	if eval[bool](b, `document.body.textContent.includes("secret of wei")`) {
		b.t.Error("the next person sees a chat of the one before")
	}
	b.send("POST", "/api/logout", `"{}"`)
	b.typeText("#search-chats", "x")
	b.until(`document.querySelector(".door form")`)
	b.enter("wei", "a long pass phrase")
	b.until(`document.querySelectorAll(".question").length === 2 && document.querySelectorAll(".answer")[1].dataset.state !== "error"`)
}

// quoting has a model that quotes where there are sources, the server's own suggestions, and what only some may see.
func quoting(b *browser) {
	b.mock.mu.Lock()
	b.mock.note = "too small for sources"
	user := b.mock.me["user"]
	b.mock.mu.Unlock()
	defer func() {
		b.mock.mu.Lock()
		defer b.mock.mu.Unlock()
		b.mock.note = ""
		b.mock.me["user"] = user
	}()
	b.fresh()
	b.until(`document.querySelector(".model-note")?.textContent === "too small for sources (en)"`)
	if got := eval[string](b, `[...document.querySelectorAll(".suggestions button")].map((e) => e.textContent).join("|")`); !strings.HasPrefix(got, "Why does a flywheel store energy?|What did the corpus say") {
		b.t.Errorf("suggestions, those in the page's language first: %q", got)
	}
	if eval[bool](b, `!!document.querySelector(".compare")`) {
		b.t.Error("the same quotes can be compared with themselves")
	}
	b.shot("quoting")
	for _, s := range [][2]string{{"corpus", "passages of the corpus"}, {"web", "passages of web pages"}} {
		b.run(fmt.Sprintf(`document.querySelector('.modes input[value="%s"]').click()`, s[0]))
		b.until(fmt.Sprintf(`document.querySelector(".first-words").textContent.includes(%q)`, s[1]))
	}
	b.run(`document.querySelector('.modes input[value="plain"]').click()`)
	b.until(`document.querySelector(".compare") && !document.querySelector(".model-note")?.textContent.includes("sources")`)
	b.click(".user-button")
	b.until(`document.querySelector('.choice[href="/report"]') && document.querySelector('.choice[href="/inspect/"]')`)
	b.press("body", `key: "Escape"`)

	b.mock.mu.Lock()
	b.mock.me["user"] = object{"id": "u1", "name": "you", "role": "user"}
	b.mock.mu.Unlock()
	b.viewport(360, 640)
	defer b.viewport(1280, 800)
	b.open("#/admin")
	b.until(`document.querySelector(".page-body")?.textContent.includes("You may not") && !document.querySelector(".panel")`)
	b.click("#show-rail")
	b.click(".user-button")
	b.choose("Account")
	b.until(`document.querySelector(".panel") && !document.querySelector(".rail")`)
}
