package web

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A browser is a headless Chromium with the page of a mock.
type browser struct {
	t    *testing.T
	ctx  context.Context
	url  string
	mock *mock
}

// newBrowser starts Chromium and opens the page of a mock, in English, in a desktop's window.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	b := startBrowser(t)
	b.mock = newMock()
	b.url = serveMock(t, b.mock, "127.0.0.1:0")
	b.viewport(1280, 800)
	b.open("")
	return b
}

// startBrowser starts Chromium. It skips without Chromium.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium: tests of the page are skipped")
	}
	b := &browser{t: t}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("lang", "en-US"))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	b.ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	b.do()
	var mu sync.Mutex
	var thrown []string
	err = chromedp.Listen(b.ctx, func(ev any) {
		if e, ok := ev.(*runtime.EventExceptionThrown); ok {
			mu.Lock()
			s := e.ExceptionDetails.Text
			if x := e.ExceptionDetails.Exception; x != nil {
				s += " " + x.Description
			}
			thrown = append(thrown, s)
			mu.Unlock()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, s := range thrown {
			t.Errorf("the page threw: %s", s)
		}
	})
	return b
}

// open loads the page at a place behind # and waits for it.
func (b *browser) open(hash string) {
	b.t.Helper()
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(b.url+"/"+hash))
	b.until(`document.querySelector(".composer, .door form, .page, .first-words")`)
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) viewport(w, h int64) { b.do(chromedp.EmulateViewport(w, h)) }

func (b *browser) dark(on bool) {
	b.t.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}}); err != nil {
		b.t.Fatal(err)
	}
}

func eval[T any](b *browser, js string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// run runs a statement.
func (b *browser) run(js string) {
	b.t.Helper()
	eval[bool](b, "(() => { "+js+"; return true; })()")
}

// until waits for an expression to be true.
func (b *browser) until(js string) {
	b.t.Helper()
	for range 800 {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+js+")"))
		if err == nil && ok {
			return
		}
		if b.ctx.Err() != nil {
			break
		}
		time.Sleep(15 * time.Millisecond)
	}
	b.shot("failed")
	b.t.Fatalf("never true: %s; the page says %q", js, eval[string](b, `document.body.innerText.slice(0, 1500)`))
}

// click clicks the first element of a selector that can be seen.
func (b *browser) click(css string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector(%q)`, css))
	b.run(fmt.Sprintf(`const e = document.querySelector(%q); e.focus(); e.click()`, css))
}

// choose clicks a choice of the open menu.
func (b *browser) choose(label string) {
	b.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(".choice")].find((e) => e.textContent.includes(%q))`, label)
	b.until(find)
	b.run(find + `.click()`)
}

// typeText puts a text into a field as typing would, at once.
func (b *browser) typeText(css, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector(%q)`, css))
	b.run(fmt.Sprintf(`const e = document.querySelector(%q); e.focus(); Object.getOwnPropertyDescriptor(Object.getPrototypeOf(e), "value").set.call(e, %q); e.dispatchEvent(new Event("input", { bubbles: true })); e.dispatchEvent(new Event("change", { bubbles: true }))`, css, text))
}

// press sends a key event to an element: Chromium's own synthetic keys type their character although the page took the key.
func (b *browser) press(css, event string) {
	b.t.Helper()
	b.run(fmt.Sprintf(`document.querySelector(%q).dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, %s }))`, css, event))
}

// ask sends a question with Enter and waits until its answer has begun.
func (b *browser) ask(text string) {
	b.t.Helper()
	before := eval[int](b, `document.querySelectorAll("[data-turn]").length`)
	b.typeText("#question", text)
	b.press("#question", `key: "Enter", keyCode: 13`)
	b.until(fmt.Sprintf(`document.querySelectorAll("[data-turn]").length > %d && document.querySelector("#question").value === ""`, before))
}

// answered asks and waits for the end of the answer.
func (b *browser) answered(text string) {
	b.t.Helper()
	b.ask(text)
	b.until(ended)
}

const ended = `document.querySelector(".answer") && ![...document.querySelectorAll(".answer")].some((e) => e.dataset.state === "running")`

// fresh opens a new chat.
func (b *browser) fresh() {
	b.t.Helper()
	b.run(`localStorage.clear()`)
	b.mock.reset()
	b.open("")
	b.until(`document.querySelector(".first-words") && document.querySelector(".model-name").textContent.includes("house")`)
}

// shot saves a picture of the page, when FEILUN_SCREENSHOTS names a folder.
func (b *browser) shot(name string) {
	dir := os.Getenv("FEILUN_SCREENSHOTS")
	if dir == "" {
		return
	}
	time.Sleep(350 * time.Millisecond)
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// reset forgets everything but who is there.
func (m *mock) reset() {
	n := newMock()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range m.messages {
		if x.stop != nil {
			x.stop()
		}
	}
	m.me, m.chats, m.messages, m.order, m.events, m.written, m.keys, m.asks, m.wait = n.me, n.chats, n.messages, nil, nil, n.written, n.keys, nil, n.wait
}

// event tells how often a line was written into the book of feedback.
func (m *mock) event(line string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, e := range m.events {
		if e == line {
			n++
		}
	}
	return n
}

func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a browser")
	}
	b := newBrowser(t)
	for _, s := range []struct {
		name string
		run  func(*browser)
	}{
		{"stream", streams}, {"stop", stopping}, {"resume", resuming}, {"refusals", refusals}, {"modelless", modelless}, {"branches", branches}, {"citations", citations},
		{"ratings", ratings}, {"history", history}, {"typing", typing}, {"settings", settings}, {"consent", consents}, {"people", people}, {"quoting", quoting},
		{"hostile", hostile}, {"accessible", accessible}, {"narrow", narrow}, {"languages", languages}, {"long", long}, {"paint", paints},
	} {
		ok := t.Run(s.name, func(t *testing.T) {
			b.t = t
			s.run(b)
		})
		if b.t = t; !ok && b.ctx.Err() != nil {
			return
		}
	}
}
