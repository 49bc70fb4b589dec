package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestServeBrowser goes through the chat page of the served program, with an index of its own making, and kills it in the middle
// of an answer. The page's features are tested in web.
func TestServeBrowser(t *testing.T) {
	path := chromium(t)
	dir := filepath.Join(t.TempDir(), "mills")
	const zh, en = "潮汐磨坊利用涨落的潮水推动水轮。涨潮时，海水流入蓄水池；退潮时，水从水轮下流出。", "The first tide mill on the Pell was built in 1170. It stood where the ferry lands today, and ground for ten hours a day."
	putFile(t, filepath.Join(dir, "corpus", "docs.jsonl"), fmt.Appendf(nil, "{\"id\":\"a\",\"url\":\"https://kepu.example/mofang\",\"title\":\"潮汐磨坊\",\"text\":%q}\n{\"id\":\"b\",\"url\":\"https://pell.example/mills\",\"title\":\"Mills of the Pell\",\"text\":%q}\n", zh, en))
	script := filepath.Join(dir, "script.jsonl")
	putFile(t, script, []byte(`{"match":"[slow]","text":"word {{n}} ","repeat":600,"piece":8,"delay_ms":20}`+"\n"))
	s := serveProgram(t, dir, "--scripted", script)

	b := &browser{t: t, url: s.url}
	b.start(path)
	b.viewport(1280, 800)
	b.do(chromedp.Navigate(s.url))
	b.until(`document.querySelector(".model-name")?.textContent === "scripted"`)
	click := func(selector, text string) {
		t.Helper()
		find := fmt.Sprintf(`[...document.querySelectorAll(%q)].find((e) => e.textContent.includes(%q))`, selector, text)
		b.until(find)
		eval[bool](b, `(`+find+`.click(), true)`)
	}
	ask := func(text string) {
		t.Helper()
		eval[bool](b, fmt.Sprintf(`(() => { const e = document.querySelector("#question"); e.value = %q; e.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`, text))
		b.until(`!document.querySelector(".send").disabled`)
		eval[bool](b, `(document.querySelector(".send").click(), true)`)
	}
	click(".model-button", "scripted")
	click(".choice", "Quotes")
	for question, text := range map[string]string{"潮汐磨坊怎样利用潮水？": zh, "When was the first tide mill on the Pell built?": en} {
		click(".new-chat", "")
		b.until(`document.querySelector(".first-words")`)
		ask(question)
		b.until(`document.querySelector(".answer")?.dataset.state === "done" && document.querySelector(".prose .cite")`)
		click(".prose .cite", "1")
		b.until(`document.querySelector(".card mark") && !document.querySelector(".card .warning")`)
		time.Sleep(100 * time.Millisecond)
		mark := eval[string](b, `document.querySelector(".card mark").textContent`)
		if mark == "" || !strings.Contains(text, mark) || !eval[bool](b, fmt.Sprintf(`%q.includes(document.querySelector(".card .passage").textContent.replace(/^…|…$/g, ""))`, text)) {
			t.Errorf("%s: the card shows %q", question, eval[string](b, `document.querySelector(".card .passage").textContent`))
		}
		if copied := getText(t, eval[string](b, `document.querySelector(".card footer a").href`)); !strings.Contains(copied, `<mark id="mark">`) {
			t.Errorf("the stored copy has no mark: %s", copied)
		}
	}
	b.shot("served")
	killed(b, s, click, ask, dir, script)
}

// killed kills the program in the middle of an answer and starts it again: the page finds back, with what was on disk.
func killed(b *browser, s *served, click func(string, string), ask func(string), dir, script string) {
	t := b.t
	t.Helper()
	click(".new-chat", "")
	click(".model-button", "Quotes")
	click(".choice", "scripted")
	eval[bool](b, `(document.querySelector('.modes input[value="plain"]').click(), true)`)
	ask("[slow] please")
	b.until(`document.querySelector(".prose")?.textContent.length > 600`) // longer than what may not be on disk yet
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.cmd.Wait()
	b.until(`document.querySelector(".stages.bad")`)
	b.shot("served-lost")
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	serveProgram(t, dir, "--scripted", script, "--addr", u.Host)
	b.until(`document.querySelector(".answer")?.dataset.state === "interrupted" && document.querySelector(".notice")?.textContent.includes("server stopped")`)
	b.shot("served-interrupted")
	if text := eval[string](b, `document.querySelector(".prose")?.textContent ?? ""`); !strings.HasPrefix(text, "word 0 word 1 word 2") {
		t.Errorf("after the kill the answer is %q", text)
	}
	click(".notice button", "Continue")
	b.until(`document.querySelectorAll(".answer").length === 2 && document.querySelectorAll(".question").length === 2`)
}
