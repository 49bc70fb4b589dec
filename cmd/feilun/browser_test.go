package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// A browser shows one run in a headless Chromium.
type browser struct {
	t    *testing.T
	ctx  context.Context
	url  string
	dir  string
	urls chan string
}

// chromium finds the browser, and skips the test where there is none or tests are to be short.
func chromium(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("takes a browser")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium: install Debian's chromium to test the page in a browser")
	return ""
}

// start opens a tab for the test.
func (b *browser) start(path string) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("lang", "en-US"))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	b.t.Cleanup(cancel)
	tab, cancel := chromedp.NewContext(alloc)
	b.t.Cleanup(cancel)
	b.ctx, cancel = context.WithTimeout(tab, 4*time.Minute)
	b.t.Cleanup(cancel)
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

// until waits for an expression to be true.
func (b *browser) until(js string) {
	b.t.Helper()
	for range 1200 {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+js+")"))
		if err == nil && ok {
			return
		}
		if b.ctx.Err() != nil {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	b.shot("failed")
	b.t.Fatalf("never true: %s; the page says %q", js, eval[string](b, `document.body.innerText.slice(0, 1500)`))
}

// keys presses keys, each on its own.
func (b *browser) keys(keys string) {
	b.t.Helper()
	for _, k := range keys {
		b.do(chromedp.KeyEvent(string(k)))
	}
}

// shot saves a picture of the page, when FEILUN_SCREENSHOTS names a folder.
func (b *browser) shot(name string) {
	dir := os.Getenv("FEILUN_SCREENSHOTS")
	if dir == "" {
		return
	}
	time.Sleep(300 * time.Millisecond)
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666)
	}
	if err != nil {
		b.t.Error(err)
	}
}
