package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// streams asks and compares what the page shows with what the server wrote, while and after it is written.
func streams(b *browser) {
	b.fresh()
	b.shot("empty")
	b.ask("rich please")
	b.until(ended)
	b.until(`document.querySelectorAll(".prose table, .prose .code, .prose math, .prose blockquote, .prose ol ul").length >= 6`)
	b.shot("rich")
	if k := eval[string](b, `[...document.querySelectorAll(".code .k-k")].map((e) => e.textContent).join(" ")`); k != "func float64 float64 return" {
		b.t.Errorf("keywords in the code: %q", k)
	}
	// What was drawn bit by bit is what is drawn at once.
	for _, question := range []string{"rich please", "long please", "cited please"} {
		b.fresh()
		b.answered(question)
		b.until(`!document.querySelector(".prose.open")`)
		const drawn = `document.querySelector(".prose").innerHTML`
		time.Sleep(50 * time.Millisecond)
		bit := eval[string](b, drawn)
		b.do(reload())
		b.until(`document.querySelector(".prose")`)
		if question == "rich please" {
			b.until(`document.querySelectorAll(".prose math").length === 3`)
		}
		if once := eval[string](b, drawn); once != bit {
			b.t.Errorf("%s: drawn bit by bit %d characters, at once %d:\n%s\n%s", question, len(bit), len(once), bit, once)
		}
	}
	// The text only grows, and its sum is what the server sent.
	b.fresh()
	b.run(`window.lengths = []; const tick = () => { lengths.push(document.querySelector(".prose")?.textContent.length ?? 0); window.ticking = requestAnimationFrame(tick); }; tick()`)
	b.answered("hello")
	if got := eval[bool](b, `(cancelAnimationFrame(ticking), lengths.some((x, i) => i && x < lengths[i - 1]))`); got {
		b.t.Errorf("the answer shrank while it came: %v", eval[[]int](b, `lengths.filter((x, i) => !i || x !== lengths[i - 1])`))
	}
	if got := eval[string](b, `document.querySelector(".prose").textContent`); got != "A flywheel stores energy as motion: E = ½ I ω². Twice the speed keeps four times as much." {
		b.t.Errorf("the page says %q", got)
	}
	if got := eval[string](b, `document.querySelector("[role=status][aria-live=polite]").textContent`); !strings.HasPrefix(got, "Answer finished") {
		b.t.Errorf("a screen reader is told %q", got)
	}
	if live := eval[string](b, `document.querySelector("[role=log]").getAttribute("aria-live")`); live != "off" {
		b.t.Errorf("the log is live: %q", live)
	}
}

// stopping stops, and looks that nothing is written afterwards, also after a reload.
func stopping(b *browser) {
	b.fresh()
	b.ask("slow words")
	b.until(`document.querySelector(".prose")?.textContent.length > 60`)
	b.shot("streaming")
	id := eval[string](b, `document.querySelector(".answer").dataset.message`)
	b.click(".send.stop")
	b.until(`document.querySelector(".answer").dataset.state === "stopped"`)
	b.mock.mu.Lock()
	written := b.mock.written[id]
	b.mock.mu.Unlock()
	text := eval[string](b, `document.querySelector(".prose").textContent`)
	time.Sleep(150 * time.Millisecond)
	b.mock.mu.Lock()
	after := b.mock.written[id]
	b.mock.mu.Unlock()
	if after != written {
		b.t.Errorf("%d pieces were written after the stop", after-written)
	}
	b.do(reload())
	b.until(`document.querySelector(".prose")`)
	if got := eval[string](b, `document.querySelector(".prose").textContent`); got != text {
		b.t.Errorf("after a reload the answer is %d characters, %d before", len(got), len(text))
	}
	b.shot("stopped")
	b.run(`[...document.querySelectorAll(".notice button")].find((e) => e.textContent === "Continue").click()`)
	b.until(`document.querySelectorAll(".question").length === 2`)
	b.until(ended)
	b.ask("slow again")
	b.until(`document.querySelectorAll(".prose").length > 2`)
	b.press("body", `key: "Escape"`)
	b.until(`[...document.querySelectorAll(".answer")].pop().dataset.state === "stopped"`)
}

// resuming reloads in the middle, loses its connection, and watches from a second window.
func resuming(b *browser) {
	b.fresh()
	b.ask("slow words")
	b.until(`document.querySelector(".prose")?.textContent.length > 40`)
	b.do(reload())
	b.until(`document.querySelector(".prose")?.textContent.length > 100 && document.querySelector(".answer").dataset.state === "running"`)
	second(b)
	b.click(".send.stop")
	b.until(ended)
	b.fresh()
	b.answered("cut it")
	if got := eval[string](b, `document.querySelector(".prose").textContent`); got != "One two three four five six seven eight nine ten, and every word once." {
		b.t.Errorf("after two breaks the page says %q", got)
	}
	for word, want := range map[string]string{"error": "model server failed", "interrupted": "server stopped", "length": "length limit", "unanswered": "sources do not answer"} {
		b.fresh()
		b.answered(word + " please")
		b.until(fmt.Sprintf(`document.querySelector(".answer").textContent.includes(%q)`, want))
		b.shot("state-" + word)
	}
	b.fresh()
	b.ask("held up")
	b.until(`document.querySelector(".stages")?.textContent.includes("place 3")`)
	b.until(`document.querySelector(".stages")?.textContent.includes("place 2")`)
	b.shot("state-queue")
	b.mock.mu.Lock()
	close(b.mock.wait)
	b.mock.mu.Unlock()
	b.until(ended)
}

// second opens the chat in a second window, which sees the answer come, and what is asked later on.
func second(b *browser) {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	defer cancel()
	other := *b
	other.ctx = ctx
	other.open(strings.TrimPrefix(eval[string](b, `location.href`), b.url+"/"))
	other.until(`document.querySelector(".prose")?.textContent.length > 100 && document.querySelector(".answer").dataset.state === "running"`)
	before := eval[int](&other, `document.querySelector(".prose").textContent.length`)
	other.until(fmt.Sprintf(`document.querySelector(".prose").textContent.length > %d`, before))
	b.click(".send.stop")
	other.until(`document.querySelector(".answer").dataset.state === "stopped"`)
	b.ask("slow and seen elsewhere")
	other.run(`document.dispatchEvent(new Event("visibilitychange"))`)
	other.until(`document.querySelectorAll(".question").length === 2`)
}

// modelless opens the page while there is no model, and waits for one.
func modelless(b *browser) {
	b.fresh()
	for _, s := range []struct{ why, language, want string }{{"unreachable", "en", "model server does not answer"}, {"unreachable", "zh-CN", "模型服务器没有响应"}, {"empty", "zh-TW", "模型伺服器上還沒有模型"}} {
		b.mock.mu.Lock()
		b.mock.none = s.why
		b.mock.mu.Unlock()
		b.run(fmt.Sprintf(`localStorage.setItem("language", %q)`, s.language))
		b.open("")
		b.until(fmt.Sprintf(`document.querySelector(".first-words")?.textContent.includes(%q)`, s.want))
		b.shot("state-" + s.why + "-" + s.language)
		b.mock.mu.Lock()
		b.mock.none = ""
		b.mock.mu.Unlock()
		b.until(`document.querySelector(".model-name").textContent.includes("house") && document.querySelector(".suggestions")`)
	}
}

// refusals meets limits, a full context and a dead server.
func refusals(b *browser) {
	b.fresh()
	b.typeText("#question", "limited today")
	b.press("#question", `key: "Enter", keyCode: 13`)
	b.until(`document.querySelector(".composer .notice")?.textContent.includes("Try again in")`)
	b.shot("state-429")
	if !eval[bool](b, `document.querySelector(".send").disabled && document.querySelector("#question").value === "limited today"`) {
		b.t.Error("a refused question may be sent again at once, or is lost")
	}
	b.until(`!document.querySelector(".composer .notice").textContent.includes("Try again in")`)
	b.typeText("#question", "full house")
	b.press("#question", `key: "Enter", keyCode: 13`)
	b.until(`document.querySelector(".composer .notice")?.textContent.includes("context")`)
	b.shot("state-full")
	b.until(`document.querySelectorAll(".rail li").length === 0`)
	b.mock.mu.Lock()
	if n := len(b.mock.chats); n != 0 {
		b.t.Errorf("two refused questions left %d empty chats", n)
	}
	b.mock.mu.Unlock()
	b.mock.mu.Lock()
	b.mock.offline = true
	b.mock.mu.Unlock()
	b.typeText("#question", "kept while offline")
	b.press("#question", `key: "Enter", keyCode: 13`)
	b.until(`document.querySelector(".composer .notice")?.textContent.includes("cannot be reached")`)
	b.shot("state-offline")
	b.mock.mu.Lock()
	b.mock.offline = false
	b.mock.mu.Unlock()
	b.run(`[...document.querySelectorAll(".notice button")].find((e) => e.textContent === "Try again").click()`)
	b.until(ended)
	// Drafts outlive the page.
	b.typeText("#question", "a draft")
	b.do(reload())
	b.until(`document.querySelector("#question")?.value === "a draft"`)
	b.typeText("#question", "")
}

// branches edits, answers again and goes through the versions.
func branches(b *browser) {
	b.fresh()
	b.answered("first wording")
	b.answered("second question")
	b.click(".question .edit")
	b.until(`document.querySelector(".editor textarea")`)
	b.shot("editing")
	b.typeText(".editor textarea", "other wording")
	b.click(".editor .main")
	b.until(`document.querySelectorAll(".question").length === 1 && document.querySelector(".question").textContent.includes("other wording")`)
	b.until(ended)
	if got := eval[string](b, `document.querySelector(".question .of").textContent`); got != "2/2" {
		b.t.Errorf("the new wording is %s", got)
	}
	b.click(`.question [aria-label="Previous version"]`)
	b.until(`document.querySelectorAll(".question").length === 2 && document.querySelector(".question").textContent.includes("first wording")`)
	b.do(reload())
	b.until(`document.querySelectorAll(".question").length === 2`)
	// Another answer, by another model.
	b.click(".answer.last .again")
	b.shot("again")
	b.choose("Answer with Qwen3 8B")
	b.until(`document.querySelector(".answer.last .of")?.textContent === "2/2"`)
	b.until(ended)
	b.until(`document.querySelector(".answer.last .speaker").textContent === "Qwen3 8B"`)
	// One's own answer.
	b.click(".answer.last .edit")
	b.typeText(".editor textarea", "As I would have it.")
	b.click(".editor .main")
	b.until(`document.querySelector(".answer.last .prose")?.textContent === "As I would have it." && document.querySelector(".answer.last .of").textContent === "3/3"`)
	b.press("body", `key: "["`)
	b.until(`document.querySelector(".answer.last .of").textContent === "2/3"`)
	b.do(reload())
	b.until(`document.querySelector(".answer.last .of")?.textContent === "2/3"`)
	b.shot("branches")
}

// citations looks at chips, cards, stored bytes, unsupported sentences and reports.
func citations(b *browser) {
	b.fresh()
	b.ask("cited please")
	b.until(`document.querySelector(".stages q")`)
	b.shot("searching")
	b.until(ended)
	b.shot("cited")
	if n := eval[int](b, `document.querySelectorAll(".prose .cite").length`); n != 3 {
		b.t.Errorf("%d chips", n)
	}
	b.click(`.prose .cite[data-n="2"]`)
	b.until(`document.querySelector(".card .surrounding")`)
	b.shot("card")
	if got := eval[string](b, `document.querySelector(".card mark").textContent`); got != "A tide mill grinds for about ten hours a day" {
		b.t.Errorf("the card quotes %q", got)
	}
	if got := eval[string](b, `document.querySelector(".card footer a").getAttribute("href")`); !strings.HasPrefix(got, "/source/v1?start=") {
		b.t.Errorf("the stored copy is at %s", got)
	}
	b.run(`[...document.querySelectorAll(".card button")].find((e) => e.textContent === "Report citation").click()`)
	b.click(`dialog input[value="not_said"]`)
	b.shot("report")
	b.click("dialog .main")
	b.until(`!document.querySelector("dialog")`)
	if n := b.mock.event("report 2 not_said"); n != 1 {
		b.t.Errorf("%d reports", n)
	}
	b.press(".unsupported", `key: "Enter"`)
	b.until(`document.querySelector(".card-note")?.textContent.includes("No passage")`)
	b.shot("unsupported")
	b.press("body", `key: "Escape"`)
	b.until(`!document.querySelector(".card")`)
	b.run(`document.querySelector('.prose .cite[data-n="3"]').dispatchEvent(new MouseEvent("mouseenter"))`)
	if got := eval[string](b, `[...document.querySelectorAll(".lit")].map((e) => e.textContent).join("")`); got != "The wheel was replaced in oak in 1830" {
		b.t.Errorf("the sentence of [3] is %q", got)
	}
	b.run(`document.querySelector(".prose .cite").dispatchEvent(new PointerEvent("pointerenter", { pointerType: "mouse" }))`)
	b.until(`document.querySelector(".card mark")`)
	b.run(`document.querySelector(".prose .cite").dispatchEvent(new PointerEvent("pointerleave", { pointerType: "mouse" }))`)
	b.until(`!document.querySelector(".card")`)
	b.click(".prose .cite")
	b.until(`document.querySelector(".card")`)
	b.run(`document.querySelector(".new-chat").click()`)
	b.until(`!document.querySelector(".card") && document.querySelector(".first-words")`)
	b.run(`history.back()`)
	b.until(`document.querySelector(".prose .cite")`)
	b.do(reload())
	b.until(`document.querySelectorAll(".prose .cite").length === 3 && document.querySelectorAll(".sources li").length === 3 && document.querySelector(".unsupported")`)
}
