package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/inspect"
	"feilun/pipeline"

	"github.com/chromedp/chromedp"
)

// TestAboutChinese finds Chinese for what every shipped recipe says of itself.
func TestAboutChinese(t *testing.T) {
	for _, name := range pipeline.Names() {
		r, err := pipeline.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if zh := inspect.AboutChinese(r.About); !strings.ContainsAny(zh, "，：") {
			t.Errorf("%s: %q has no Chinese; put it into inspect/about.go", name, zh)
		}
	}
	if got := inspect.AboutChinese("mine\n"); got != "mine" {
		t.Errorf("a recipe of somebody's own: %q", got)
	}
}

// TestReportBrowser reads the report of the smallest recipe on a telephone, in Chinese: nothing is cut off, no head of a
// column is missing, and marks are those of Chinese.
func TestReportBrowser(t *testing.T) {
	path := chromium(t)
	dir, data := filepath.Join(t.TempDir(), "out"), t.TempDir()
	long := strings.Repeat("The mill stood still until March. ", 40) // more than the context
	putFile(t, filepath.Join(data, "blimp.jsonl"), []byte(`{"sentence_good":"`+long+`","sentence_bad":"x`+long+`"}`+"\n"+`{"sentence_good":"a b","sentence_bad":"b a"}`+"\n"))
	putFile(t, filepath.Join(data, "zhoblimp.jsonl"), []byte(`{"sentence_good":"a b","sentence_bad":"b a"}`+"\n"))
	if code, _, errs := call(t, "", "run", "tiny", "--out", dir, "--set", "evaluate.data="+data); code != 0 || !strings.Contains(errs, "1 of 2 items did not fit") {
		t.Fatal(errs)
	}
	if _, text, _ := call(t, "", "stats", dir); strings.Count(text, "; 1 of 2 items did not fit the model's context") != 1 {
		t.Errorf("stats does not tell which items did not fit: %s", text)
	}
	b := &browser{t: t}
	b.start(path)
	b.viewport(360, 740)
	b.do(chromedp.Navigate("file://" + filepath.ToSlash(filepath.Join(dir, "report.html"))))
	b.until(`document.querySelector(".bits .head")`)
	if eval[bool](b, `document.documentElement.lang.startsWith("en")`) {
		eval[bool](b, `document.getElementById("lang").click(), true`)
	}
	b.until(`document.documentElement.lang.startsWith("zh")`)
	if got := eval[string](b, `document.querySelector(".about").innerText`); !strings.HasPrefix(got, "程序自带") {
		t.Errorf("the recipe says %q", got)
	}
	if got := eval[[]string](b, `[...document.querySelectorAll("#model .fit")].map((e) => e.innerText)`); len(got) != 1 || got[0] != "blimp：1 / 2 道题目超出模型的上下文，前部被截去。" {
		t.Errorf("items that did not fit: %q", got)
	}
	if wide := eval[float64](b, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("the report is %v px wide", wide)
	}
	if got := eval[[]string](b, `[...document.querySelectorAll(".bits .n")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText)`); len(got) > 0 {
		t.Errorf("cut off: %q", got)
	}
	if got := eval[[]string](b, `[...document.querySelector(".bits").querySelectorAll(".head > .n, .head > .name")].map((e) => e.innerText)`); len(got) != 4 || got[0] != "文本" || got[1] != "模型" || got[3] != "相比" {
		t.Errorf("heads %q", got)
	}
	if got := eval[[]string](b, `[...document.querySelectorAll(".note, .cards div, #run td, #run .n")].map((e) => e.innerText).filter((s) => /[\u4e00-\u9fff）][:;,(]|[:;,] ?[\u4e00-\u9fff]|\d ?(ms|h|m|s)\b|\dT\d/.test(s))`); len(got) > 0 {
		t.Errorf("marks of English in Chinese: %q", got)
	}
}

// TestEmptyReportBrowser reads the report of a run that read nothing, whose recipe has a long word.
func TestEmptyReportBrowser(t *testing.T) {
	path := chromium(t)
	dir := t.TempDir()
	putFile(t, filepath.Join(dir, "docs.jsonl"), nil)
	putFile(t, filepath.Join(dir, "r.yaml"), []byte("about: "+strings.Repeat("Long", 40)+"\ncrawl: {source: auto}\ndedup: {exact: }\n"))
	out := filepath.Join(dir, "out")
	if code, _, errs := call(t, "", "run", filepath.Join(dir, "r.yaml"), "--set", "crawl.path="+filepath.Join(dir, "docs.jsonl"), "--out", out, "--lang", "zh"); code != 0 {
		t.Fatal(errs)
	}
	b := &browser{t: t}
	b.start(path)
	b.viewport(360, 740)
	b.do(chromedp.Navigate("file://" + filepath.ToSlash(filepath.Join(out, "report.html"))))
	b.until(`document.documentElement.lang.startsWith("zh")`)
	if wide := eval[float64](b, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("the report is %v px wide", wide)
	}
	if n := eval[int](b, `[...document.querySelectorAll(".note")].filter((e) => e.innerText === "无。").length`); n != 3 { // languages, hosts, dropped
		t.Errorf("%d lists say that they are empty, want 3", n)
	}
}

// TestAblationBrowser reads the comparison of two corpora on a telephone.
func TestAblationBrowser(t *testing.T) {
	path := chromium(t)
	dir := t.TempDir()
	for name, line := range map[string]string{"a": "The mill stood still until March.", "b": "磨坊在三月之前一直停着。", "new": "In March the mill turned again, 磨坊又转了。"} {
		if err := os.WriteFile(filepath.Join(dir, name+".jsonl"), []byte(strings.Repeat(`{"text":"`+line+`"}`+"\n", 40)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "ab")
	if code, _, errs := call(t, "", "ablate", filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "b.jsonl"), "--text", "new="+filepath.Join(dir, "new.jsonl"), "--seeds", "2", "--tokens", "512",
		"--depth", "1", "--context", "16", "--batch", "64", "--vocab", "300", "--out", out, "--lang", "zh"); code != 0 {
		t.Fatal(errs)
	}
	b := &browser{t: t}
	b.start(path)
	b.viewport(360, 740)
	b.do(chromedp.Navigate("file://" + filepath.ToSlash(filepath.Join(out, "ablation.html"))))
	b.until(`document.documentElement.lang.startsWith("zh") && document.querySelector(".ab .range").offsetWidth > 0`)
	if wide := eval[float64](b, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("the page is %v px wide", wide)
	}
	if got := eval[[]string](b, `[...document.querySelectorAll(".cards div, .note, .about")].map((e) => e.innerText).filter((s) => /[\u4e00-\u9fff][:;,(]/.test(s))`); len(got) > 0 {
		t.Errorf("marks of English in Chinese: %q", got)
	}
}
