package web

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestImages draws the pictures of the README: FEILUN_IMAGES=../docs/images go test ./web -run Images
func TestImages(t *testing.T) {
	dir := os.Getenv("FEILUN_IMAGES")
	if dir == "" {
		t.Skip("draws only where FEILUN_IMAGES says")
	}
	b := newBrowser(t)
	save := func(name string) {
		time.Sleep(400 * time.Millisecond)
		png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), png, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.viewport(1120, 700)
	for _, p := range []struct{ lang, name, asked, before string }{
		{"en", "chat.png", "When was the first tide mill on the Pell built, and how long did it work each day?", "Why does a flywheel store energy?"},
		{"zh-CN", "chat.zh.png", "潮汐磨坊是怎样工作的？", "用一句话解释去重。"},
	} {
		b.fresh()
		b.run(`localStorage.setItem("language", "` + p.lang + `")`)
		b.open("")
		b.answered(p.before)
		b.run(`document.querySelector(".new-chat").click()`)
		b.until(`document.querySelector(".first-words")`)
		b.answered(p.asked)
		b.click(`.prose .cite[data-n="2"]`)
		b.until(`document.querySelector(".card .surrounding")`)
		save(p.name)
	}
	b.fresh()
	b.viewport(390, 780)
	b.dark(true)
	b.answered("Why does a flywheel store energy?")
	b.until(`document.querySelectorAll(".prose math").length === 3`)
	b.run(`document.querySelector(".scroller").scrollTop = 60`)
	save("chat-phone.png")
}
