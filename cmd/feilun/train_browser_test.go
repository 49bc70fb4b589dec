package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"feilun/internal/params"
	"feilun/train"

	"github.com/chromedp/chromedp"
)

// TestTrainBrowser watches the live page of a training run in a headless browser: it loads
// itself again, speaks both languages, fits a telephone, and says when training was stopped.
func TestTrainBrowser(t *testing.T) {
	path := chromium(t)
	dir := t.TempDir()
	tokens := packedForPage(t, dir)
	var p train.Params
	if err := params.Fill(&p); err != nil {
		t.Fatal(err)
	}
	p.Depth, p.Context, p.Batch, p.Steps, p.ValidEvery, p.SampleEvery, p.SaveEvery = 1, 32, 256, 1_000_000, 20, 20, 100_000
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := train.Run(ctx, p, tokens, train.Options{Out: filepath.Join(dir, "model"), Workers: 1, Lang: "zh"})
		ended <- err
	}()
	defer stop()

	b := &browser{t: t, url: "file://" + filepath.ToSlash(filepath.Join(dir, "model", "train.html"))}
	b.start(path)
	page := filepath.Join(dir, "model", "train.html")
	for range 600 { // until there is a sample
		if text, err := os.ReadFile(page); err == nil && strings.Contains(string(text), "<article>") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.viewport(360, 740)
	b.do(chromedp.Navigate(b.url))
	const step = `parseInt(document.querySelector("dd").textContent)`
	const shown = `document.querySelector("h1").innerText`
	b.until(`document.documentElement.lang === "zh-Hans" && ` + shown + `.includes("训练中") && document.querySelectorAll("svg polyline").length === 4 && document.querySelector("article")`)
	if wide := eval[bool](b, `document.documentElement.scrollWidth > 361`); wide {
		t.Error("the page is wider than a telephone")
	}
	if high := eval[float64](b, `Math.min(...[...document.querySelectorAll("svg text")].map((e) => e.getBoundingClientRect().height))`); high < 9 {
		t.Errorf("labels of curves are %v px high on a telephone", high)
	}
	if !eval[bool](b, `document.querySelectorAll("dt")[0].offsetTop === document.querySelectorAll("dt")[1].offsetTop`) {
		t.Error("on a telephone each figure has a row of its own")
	}
	first := eval[float64](b, step)
	eval[bool](b, `window.old = true`)
	b.until(`!window.old && ` + step + ` > 0`) // the page was loaded again by itself
	if now := eval[float64](b, step); now <= first {
		t.Errorf("step %v after the page loaded itself again, %v before", now, first)
	}
	eval[bool](b, `document.getElementById("lang").click(), true`)
	b.until(shown + `.includes("training") && document.documentElement.lang === "en"`)
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("training ended with %v", err)
	}
	b.until(shown + `.includes("stopped") && document.querySelector(".stopped").innerText.includes("interrupted") && !document.querySelector("meta[http-equiv]")`)
	oneLanguageAtOnce(b, page)
}

// oneLanguageAtOnce opens a page of which the head and the title have come, and no more: it is
// in one language, and can be turned to the other.
func oneLanguageAtOnce(b *browser, page string) {
	text, err := os.ReadFile(page)
	if err != nil {
		b.t.Fatal(err)
	}
	head, _, found := strings.Cut(string(text), "</header>")
	if !found {
		b.t.Fatal("the page has no header")
	}
	part := strings.TrimSuffix(page, ".html") + "-part.html"
	if err := os.WriteFile(part, []byte(head), 0o644); err != nil {
		b.t.Fatal(err)
	}
	one := map[string]bool{"model · stopped": true, "model · 已停止": true}
	const title = `document.querySelector("h1").innerText.trim()`
	b.do(chromedp.Navigate("file://" + filepath.ToSlash(part)))
	before := eval[string](b, title)
	after := eval[string](b, `document.getElementById("lang").click(), `+title)
	if before == after || !one[before] || !one[after] {
		b.t.Errorf("the head of the page says %q, then %q", before, after)
	}
}

// packedForPage packs a few documents.
func packedForPage(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "text.jsonl")
	line := `{"text":"The mill stood still until March, and nobody in the valley asked why. 磨坊在三月之前一直停着。"}` + "\n"
	if err := os.WriteFile(name, []byte(strings.Repeat(line, 60)), 0o644); err != nil {
		t.Fatal(err)
	}
	tok, tokens := filepath.Join(dir, "tok.json"), filepath.Join(dir, "tokens")
	for _, args := range [][]string{{"tokenize", "train", name, "--vocab", "300", "--out", tok}, {"tokenize", "pack", name, "--tokenizer", tok, "--valid", "0.2", "--out", tokens}} {
		var out, errs bytes.Buffer
		if code := run(args, strings.NewReader(""), &out, &errs); code != 0 {
			t.Fatalf("%v: %d\n%s%s", args, code, out.String(), errs.String())
		}
	}
	return tokens
}
