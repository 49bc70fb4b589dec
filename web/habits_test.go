package web

import (
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

func reload() chromedp.Action[chromedp.Void] { return chromedp.Reload() }

// ratings rates, gives reasons, and compares blind.
func ratings(b *browser) {
	b.fresh()
	b.answered("hello")
	b.run(`window.copied = ""; document.addEventListener("copy", () => { window.copied = document.activeElement.value ?? ""; }); navigator.clipboard && (navigator.clipboard.writeText = async (s) => { window.copied = s; })`)
	b.click(`[aria-label="Copy answer"]`)
	b.until(`window.copied.startsWith("A flywheel stores") && document.querySelector('.answer [aria-label="Copied"]')`)
	b.click(`[aria-label="Good answer"]`)
	b.until(`document.querySelector('[aria-label="Good answer"]').getAttribute("aria-pressed") === "true"`)
	b.click(`[aria-label="Bad answer"]`)
	b.until(`document.querySelector("dialog .chip")`)
	b.run(`[...document.querySelectorAll("dialog .chip")].slice(0, 2).forEach((e) => e.click())`)
	b.until(`document.querySelectorAll('dialog .chip[aria-pressed="true"]').length === 2`)
	b.typeText("dialog textarea", "half of it")
	b.click("dialog .link")
	b.until(`document.querySelectorAll("dialog textarea").length === 2`)
	b.shot("reasons")
	b.typeText("dialog .field:nth-of-type(2) textarea", "A better one.")
	b.click("dialog .main")
	b.until(`!document.querySelector("dialog")`)
	if n := b.mock.event("rating -1 [wrong unsupported] half of it A better one."); n != 1 {
		b.t.Errorf("%d ratings with reasons: %q", n, b.mock.events)
	}
	b.do(reload())
	b.until(`document.querySelector('[aria-label="Bad answer"]')?.getAttribute("aria-pressed") === "true"`)
	// Blind comparison.
	b.fresh()
	b.click(".compare")
	b.until(`document.querySelector(".compare").getAttribute("aria-pressed") === "true"`)
	b.ask("which is better")
	b.until(`document.querySelectorAll(".side").length === 2`)
	b.until(ended)
	b.shot("pair")
	if got := eval[string](b, `document.querySelector(".pair").textContent`); strings.Contains(got, "house") || strings.Contains(got, "Qwen") {
		b.t.Errorf("the models are told before the choice: %q", got)
	}
	b.until(`!document.querySelector(".verdict button").disabled`)
	b.press("#question", `key: "x"`) // typing is no choice
	if got := eval[string](b, `document.activeElement.className`); got != "scroller" {
		b.t.Errorf("after a question with two answers the focus is in %q", got)
	}
	b.press("body", `key: "2"`)
	b.until(`!document.querySelector(".pair") && document.querySelector(".answer .speaker").textContent === "Qwen3 8B"`)
	if n := b.mock.event("choice b"); n != 1 {
		b.t.Errorf("%d choices: %q", n, b.mock.events)
	}
	b.do(reload())
	b.until(`document.querySelector(".answer .of")?.textContent === "2/2"`)
	b.shot("chosen")
}

// history lists, searches, renames and deletes chats.
func history(b *browser) {
	b.fresh()
	b.answered("apples and pears")
	b.run(`document.querySelector(".new-chat").click()`)
	b.until(`document.querySelector(".first-words")`)
	b.answered("say the quince is hidden here")
	b.click(".question .edit")
	b.typeText(".editor textarea", "say nothing of that fruit")
	b.click(".editor .main")
	b.until(`document.querySelector(".question .of")?.textContent === "2/2"`)
	b.until(ended)
	b.run(`document.querySelector(".new-chat").click()`)
	b.until(`document.querySelector(".first-words") && document.querySelectorAll(".rail li").length === 2`)
	b.press("body", `key: "k", ctrlKey: true`)
	b.until(`document.activeElement.id === "search-chats"`)
	b.typeText("#search-chats", "quince is hidden")
	b.until(`document.querySelectorAll(".rail li").length === 1`)
	b.shot("search")
	b.click(".rail li a")
	b.until(`document.querySelector(".question")?.textContent.includes("quince") && document.querySelector(".question .of").textContent === "1/2"`)
	b.typeText("#search-chats", "")
	b.until(`document.querySelectorAll(".rail li").length === 2`)
	b.click(".rail li .row-menu")
	b.shot("chat-menu")
	b.choose("Rename")
	b.typeText("dialog input", "Fruit")
	b.click("dialog .main")
	b.until(`document.querySelector(".rail li a").textContent.includes("Fruit")`)
	b.until(`document.title.startsWith("Fruit")`)
	b.click(".rail li .row-menu")
	b.choose("Delete")
	b.shot("delete")
	if got := eval[string](b, `getComputedStyle(document.querySelector("dialog h2")).fontSize`); got != "18px" {
		b.t.Errorf("the title of a dialog of the list is %s high", got)
	}
	b.click("dialog .danger")
	b.until(`document.querySelectorAll(".rail li").length === 1 && document.querySelector(".first-words")`)
	b.click(".ghost-button")
	b.until(`document.querySelector(".badge.secret")`)
	b.shot("temporary")
	b.answered("hello")
	b.until(`document.querySelectorAll(".rail li").length === 1`)
	b.run(`document.querySelector(".new-chat").click()`)
	b.until(`document.querySelector(".first-words")`)
	for range 100 {
		b.mock.mu.Lock()
		n := len(b.mock.chats)
		b.mock.mu.Unlock()
		if n == 1 {
			return
		}
		eval[bool](b, "true")
	}
	b.t.Error("a temporary chat stays after it was left")
}

// typing goes through an input method and through Enter.
func typing(b *browser) {
	b.fresh()
	b.run(`const e = document.querySelector("#question"); e.focus(); e.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }))`)
	b.typeText("#question", "feilun 飞轮")
	for _, e := range []string{`key: "Enter", keyCode: 229, isComposing: true`, `key: "Enter", keyCode: 13, isComposing: true`, `key: "Process", keyCode: 229`, `key: "Enter", keyCode: 13`} {
		b.press("#question", e)
	}
	b.run(`document.querySelector("#question").dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }))`)
	b.press("#question", `key: "Enter", keyCode: 229`) // Safari: after the end
	b.press("#question", `key: "Enter", keyCode: 13, shiftKey: true`)
	b.mock.mu.Lock()
	n := len(b.mock.asks)
	b.mock.mu.Unlock()
	if n != 0 || eval[int](b, `document.querySelectorAll(".question").length`) != 0 {
		b.t.Errorf("%d questions were sent while an input method had the keys", n)
	}
	b.press("#question", `key: "Enter", keyCode: 13`)
	b.until(ended)
	b.run(`document.activeElement.blur(); document.querySelector(".skip").focus(); document.querySelector(".skip").click()`)
	b.until(`document.activeElement.id === "question"`)
	b.press("body", `key: "?"`)
	b.until(`document.querySelector("dialog .shortcuts")`)
	b.shot("shortcuts")
	b.click("dialog .icon-button")
	b.until(`!document.querySelector("dialog")`)
	b.run(`document.activeElement.blur()`)
	b.press("body", `key: "/"`)
	b.until(`document.activeElement.id === "question"`)
	b.press("#question", `key: "ArrowUp"`)
	b.until(`document.querySelector(".editor textarea") === document.activeElement`)
	b.press(".editor textarea", `key: "Escape"`)
	b.until(`!document.querySelector(".editor")`)
	b.press("body", `key: "ArrowUp", altKey: true`)
	b.until(`document.activeElement.dataset.turn`)
	b.press("body", `key: "b", ctrlKey: true`)
	b.until(`!document.querySelector(".rail") && document.activeElement.id === "show-rail"`)
	b.press("body", `key: "b", ctrlKey: true`)
	b.until(`document.querySelector(".rail")`)
}

// settings sets parameters, model and mode, and looks that they are sent.
func settings(b *browser) {
	b.fresh()
	b.click(`[aria-label="Settings of the answer"]`)
	b.typeText("#p-temperature", "0.3")
	b.typeText("#p-seed", "7")
	b.typeText("#p-stop", `END | \n\n`)
	b.shot("settings")
	b.press("body", `key: "Escape"`)
	b.until(`!document.querySelector(".settings")`)
	b.click(".model-button")
	b.shot("models")
	b.choose("Qwen3 8B")
	b.run(`document.querySelector('.modes input[value="web"]').click()`)
	b.answered("hello")
	b.mock.mu.Lock()
	body := fmt.Sprint(b.mock.asks[0]["body"])
	b.mock.mu.Unlock()
	for _, want := range []string{"temperature:0.3", "seed:7", "stop:[END ", "model:qwen3-8b", "mode:web"} {
		if !strings.Contains(body, want) {
			b.t.Errorf("%s is not in what was sent: %s", want, body)
		}
	}
	b.click(".facts-button")
	b.until(`document.querySelector("dialog .facts")?.textContent.includes("42")`)
	b.shot("facts")
	b.click("dialog .icon-button")
}

// consents reads the policy, allows, overrides, withdraws.
func consents(b *browser) {
	b.fresh()
	b.answered("hello")
	if got := eval[string](b, `document.querySelector(".badge").textContent`); got != "Kept private" {
		b.t.Errorf("at first the badge says %q", got)
	}
	b.click(".badge")
	b.until(`document.querySelector("dialog .consent")`)
	b.run(`document.querySelector("details").open = true`)
	b.shot("consent")
	b.run(`document.querySelectorAll('input[name="scope"]')[1].click()`)
	b.until(`document.querySelector(".badge").textContent === "Helps improve"`)
	b.typeText("dialog select", "no")
	b.until(`document.querySelector(".badge").textContent === "Kept private"`)
	b.typeText("dialog select", "default")
	b.until(`document.querySelector(".badge").textContent === "Helps improve"`)
	b.click(".consent > .buttons .danger")
	b.until(`document.querySelectorAll("dialog[open]").length === 2`)
	b.shot("withdraw-sure")
	b.click("dialog dialog .danger")
	b.until(`document.querySelector(".withdrawn")?.textContent.includes("house-0.2") && document.querySelector(".badge").textContent === "Kept private"`)
	b.shot("withdrawn")
	b.click("dialog .icon-button")
}

// people comes in by every door and looks at the pages of account and administration.
func people(b *browser) {
	b.fresh()
	b.open("#/account")
	b.until(`document.querySelector(".page h1")?.textContent === "Account"`)
	b.typeText(".panel:last-of-type input[type=text]", "script")
	b.run(`document.querySelector(".panel:last-of-type form").requestSubmit()`)
	b.until(`document.querySelector(".secret-box code")?.textContent.startsWith("fl-")`)
	b.shot("account")
	b.open("#/admin")
	b.until(`document.querySelectorAll(".panel").length === 5 && document.querySelector(".bars")`)
	b.until(`document.querySelector(".panel:nth-of-type(5) tbody").innerText.replace(/\s+/g, " ").includes("wei Invitation made Curator")`)
	b.until(`document.querySelector(".links").innerText.includes("Unanswered questions")`)
	if got := eval[bool](b, `[...document.querySelectorAll(".bars")].every((f) => new Set([...f.querySelectorAll(".bar")].map((m) => m.offsetWidth)).size === 1)`); !got {
		b.t.Error("bars of one figure have lengths that cannot be compared")
	}
	if got := eval[bool](b, `[...document.querySelectorAll(".bar")].every((m) => m.firstChild.offsetTop === m.offsetTop && m.firstChild.offsetHeight === m.offsetHeight)`); !got {
		b.t.Error("bars do not stand on their tracks")
	}
	b.typeText(`[aria-label="Role of ana"]`, "curator")
	b.click(".panel:nth-of-type(2) .main")
	b.until(`document.querySelector(".secret-box code")?.textContent.endsWith("/#/join/inv-1")`)
	b.shot("admin")
	if n := b.mock.event("user u2 map[role:curator]"); n != 1 {
		b.t.Errorf("the role was changed %d times: %q", n, b.mock.events)
	}
	for _, door := range []struct{ name, hash string }{{"login", ""}, {"join", "#/join/inv-1"}, {"setup", "#/setup/secret"}} {
		b.mock.mu.Lock()
		delete(b.mock.me, "user")
		b.mock.me["setup"] = door.name == "setup"
		b.mock.mu.Unlock()
		b.open(door.hash)
		b.until(`document.querySelector(".door form")`)
		b.shot("door-" + door.name)
		b.typeText("input[autocomplete=username]", "wei")
		b.typeText("input[type=password]", "wrong password")
		b.run(`document.querySelector(".door form").requestSubmit()`)
		b.until(`document.querySelector(".door [role=alert]")`)
		b.typeText("input[type=password]", "correct horse")
		b.run(`document.querySelector(".door form").requestSubmit()`)
		b.until(`document.querySelector(".composer") && document.querySelector(".user-name").textContent === "wei"`)
	}
}
