package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"feilun/inspect"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// inspectRecipe drops, cuts and compares, whatever the input.
const inspectRecipe = `about: a run to inspect
crawl: {source: auto}
language: {keep: [zh, en]}
filter:
  stuffed:
  length: {min_words: 0, max_words: 0, min_chars: 40, max_chars: 0}
  gopher_repetition@en: {dup_line_frac: 0.3, dup_para_frac: 0, dup_line_char_frac: 0, dup_para_char_frac: 0, top_2_gram: 0, top_3_gram: 0, top_4_gram: 0,
    dup_5_gram: 0, dup_6_gram: 0, dup_7_gram: 0, dup_8_gram: 0, dup_9_gram: 0, dup_10_gram: 0}
  mask:
dedup:
  exact:
  near: {tokens: mixed, verify: true}
`

// hostilePage would run a script if it were not escaped.
const hostilePage = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`

// inspectInput writes documents of every kind that the page shows: good ones,
// keyword pages, repeats, near-duplicates, masked ones, odd ids, a long text.
func inspectInput(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	enc := json.NewEncoder(f)
	add := func(id, url, title, text string) {
		if err := enc.Encode(map[string]string{"id": id, "url": url, "title": title, "text": text}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 48 {
		add(fmt.Sprintf("en-%d", i), fmt.Sprintf("http://%s.example/%d", []string{"pell", "marsh", "thorn", "aldry", "weston", "holm", "carr", "denby"}[i%8], i), fmt.Sprintf("Notes from the parish, part %d", i+1), drawn(goodSentences, " ", i))
	}
	for i := range 12 {
		add(fmt.Sprintf("zh-%d", i), fmt.Sprintf("http://cha%d.example/%d", i%4, i), fmt.Sprintf("茶山笔记之%d", i+1), drawn(teaSentences, "", i))
	}
	for i := range 14 {
		add(fmt.Sprintf("bad-%d", i), fmt.Sprintf("http://shop%d.example/offer", i%6), fmt.Sprintf("Best deals %d", i), drawn(shopSentences, " ", i))
	}
	for i := range 6 {
		add(fmt.Sprintf("stuffed-%d", i), "http://seo.example/"+fmt.Sprint(i), "", strings.Repeat(fmt.Sprintf("开锁公司 开锁电话 附近开锁 开锁%d号师傅 ", i), 30))
	}
	add("near", "http://mirror.example/near", "Mirror", strings.Replace(drawn(goodSentences, " ", 0), "the", "some", 1))
	add("mask", "http://pell.example/contact", "Whom to ask", "Questions about the walk go to the parish clerk at clerk@pell-parish.org, who answers on Tuesdays, or by post to the old school house. The second address, walks@pell-parish.org, is read once a month by a volunteer who knows the paths.")
	add("short", "http://pell.example/", "", "Welcome.")
	add(`odd "id" <b>/../?#%00 ☃`, "javascript:document.title='broken'", hostilePage, hostilePage+" A page that tries to run a script when it is shown. It holds enough words to stay in the corpus, since the recipe asks for forty characters and for a language.")
	add("long", "http://long.example/", "A long text", longText())
	add("repeat", "http://pell.example/menu", "Opening hours", strings.Repeat("The museum is open from nine to five on all days but Monday.\nVisitors leave their bags at the desk near the door.\n", 8)+"In winter the upper rooms are closed.\nThe garden may be seen at any time.\n")
}

// drawn joins six of the sentences, other ones for each i, with a number in each.
func drawn(from, by string, i int) string {
	all := strings.Split(strings.TrimSpace(from), "\n")
	r := rand.New(rand.NewPCG(uint64(i), 7))
	r.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	var out []string
	for _, s := range all[:6] {
		out = append(out, strings.ReplaceAll(s, "#", fmt.Sprint(r.IntN(800)+11)))
	}
	return strings.Join(out, by)
}

const goodSentences = `
The mill by the lower weir was built in the year of the great frost, when the road was still a track.
Nobody remembers who paid for the bridge, but the parish book names # men who carried stone that winter.
It burned once, and the village put it up again before the harvest was in.
Older people say that the wind sounds different there since the elms were felled.
The ferry crossed # times on a market day, and the ferryman kept his count with pebbles in a bowl.
Children were told to be home before the bell, which could be heard as far as the quarry.
A clerk wrote down the price of barley each week, and his columns are still easy to read.
When the river rose, the lower fields turned into a lake on which swans stayed until April.
The chapel had one window of coloured glass, and it survived the storm that took the roof.
Some # sheep were driven over the hill each autumn, and the dogs knew the way by themselves.
The school had one room and one stove, and the pupils brought the wood.
A map from that time shows a well where the post office stands today.
The orchard was planted by two brothers who did not speak to each other for # years.
Bread was baked on Fridays, and the smell drew people out of their houses.
The quarry gave a grey stone that turns almost blue in the rain.
After the railway came, the coaches stopped within a year and the inn closed its stables.
The lime kiln smoked for # days without a pause, and the washing had to stay indoors.
In the attic of the town hall there is a clock without hands that still keeps time.
The old granary leans to the west, and a beam holds it up since before the war.
Travellers slept in the hay for a penny and left before the dew was gone.
`

const teaSentences = `
那年的春茶采得很晚，山上一直下雨。
老茶农说鲜叶里水太重，摊了#个时辰才敢下锅。
第二天太阳出来，村里的人都上了山，采到天黑才回家。
他们把这批茶留给了自己喝，说味道虽然淡，却很干净。
过了清明，城里的客人又沿着山路找了上来。
山坳里那口井有#尺深，旱年也没有干过。
祠堂的柱子是杉木的，据说运进山里用了一整个冬天。
孩子们放学以后去溪边摸鱼，裤腿总是湿的。
木匠在门口刨一块板子，刨花卷成一团一团。
庙会那天卖糖人的老人来得最早，走得最晚。
石桥塌过一次，后来用#块青石重新砌了起来。
夜里起雾，灯笼只照得见脚下的三级台阶。
`

const shopSentences = `
Buy cheap watches online now at our store and save # percent on your first order.
Click here for the best discount on all brands today.
Free shipping on every order, limited offer, order now.
Our customers love our prices and you will too.
Sign up for the newsletter to get a coupon worth # dollars.
Best price guarantee on all products, click here to compare.
Add to cart now, only # items left in stock.
Cheap replica handbags, huge selection, lowest prices online.
Get # percent off when you buy two or more, offer ends today.
Shop now and pay later with no fees, click here to learn more.
Top rated products at wholesale prices, free returns on every order.
Follow us for daily deals, discounts and promo codes.
`

// longText is 5 MB that no rule drops.
func longText() string {
	var b strings.Builder
	for i := 0; b.Len() < 5<<20; i++ {
		fmt.Fprintf(&b, "In the year %d the clerk wrote %d lines about the %dth flood, and the river took %d sheep.\n", 1000+i, i*7%9973, i*31%7919, i*17%6133)
	}
	return b.String()
}

// newBrowser runs the recipe, serves the run and opens its page.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := chromium(t)
	dir := t.TempDir()
	t.Chdir(dir)
	inspectInput(t, "docs.jsonl")
	if err := os.WriteFile("recipe.yaml", []byte(inspectRecipe), 0o666); err != nil {
		t.Fatal(err)
	}
	if code := run([]string{"run", "recipe.yaml", "--in", "docs.jsonl", "--out", "out", "--workers", "1"}, strings.NewReader(""), io.Discard, os.Stderr); code != 0 {
		t.Fatalf("the run ended with code %d", code)
	}
	b := &browser{t: t, dir: "out"}
	b.serve()
	b.start(path)
	b.viewport(1280, 800)
	b.do(chromedp.Navigate(b.url))
	b.until(`document.querySelectorAll("#list li").length > 0`)
	return b
}

// serve starts the server of feilun inspect.
func (b *browser) serve() {
	c := &inspectCmd{Dir: b.dir}
	l, err := inspect.Listen("127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	b.urls = make(chan string, 10)
	s, err := inspect.NewServer(b.dir, c.tools(), func(url string) { b.urls <- url })
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, l) }()
	b.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.t.Error(err)
		}
	})
	b.url = <-b.urls
}

// search looks for a text and waits for the one document that has it.
func (b *browser) search(text string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.CSS("#search"), text))
	eval[bool](b, `(document.getElementById("find").requestSubmit(), true)`)
	b.until(fmt.Sprintf(`location.hash.includes("q=") && new URLSearchParams(location.hash.slice(1)).get("q") === %q && answer.asked === location.hash && answer.found > 0 && doc && doc.n === answer.docs[0].n`, text))
}

// clear takes all filters away.
func (b *browser) clear() {
	b.t.Helper()
	eval[bool](b, `(document.getElementById("search").value = "", filters = {}, set({}), true)`)
	b.until(`!location.hash.includes("=") && answer.asked === location.hash && doc && doc.n === answer.docs[0].n`)
}

func TestInspectBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a browser")
	}
	b := newBrowser(t)
	for _, s := range []struct {
		name string
		run  func(*browser)
	}{
		{"browse", browseRun}, {"spans", markedSpans}, {"hostile", hostileText}, {"labels", labelByKey}, {"training", trainInPage},
		{"languages", switchLanguages}, {"phone", phoneWindow}, {"keyboard", keyboardAlone}, {"address", addressOnce},
	} {
		ok := t.Run(s.name, func(t *testing.T) {
			b.t = t
			s.run(b)
		})
		if b.t = t; !ok {
			return
		}
	}
}

func browseRun(b *browser) {
	b.until(`!!(doc && document.querySelector("#view h2"))`)
	b.shot("desktop-en")
	eval[bool](b, `([...document.querySelectorAll("#states .choice")].find((e) => e.textContent.startsWith("dropped")).click(), true)`)
	b.until(`filters.state === "dropped" && answer.docs.every((d) => !d.kept) && answer.found > 5`)
	eval[bool](b, `([...document.querySelectorAll("#rules .choice")].find((e) => e.textContent.startsWith("stuffed.")).click(), true)`)
	b.until(`answer.found === 6 && filters.filter === "stuffed"`)
	if h := eval[string](b, `document.querySelector("#hosts .choice .label").textContent`); h != "seo.example" {
		b.t.Errorf("the rule's host is %q", h)
	}
	b.until(`doc && doc.n === answer.docs[0].n`)
	b.shot("stuffed")
	eval[bool](b, `(document.querySelector(".chip").click(), true)`)
	b.until(`filters.state === undefined`)
	b.clear()
	eval[bool](b, `([...document.querySelectorAll("#languages .choice")].find((e) => e.textContent.startsWith("zh")).click(), true)`)
	b.until(`answer.found === 18 && filters.lang === "zh"`)
	b.shot("list-zh-documents")
	b.do(chromedp.Reload())
	b.until(`answer && answer.found === 18 && filters.lang === "zh"`)
	b.clear()
}

func markedSpans(b *browser) {
	b.search("questions about the walk")
	b.until(`document.querySelectorAll("#text del.replaced").length === 2`)
	if got := eval[string](b, `[...document.querySelectorAll("#text del")].map((e) => e.firstChild.textContent).join(" ")`); got != "clerk@pell-parish.org walks@pell-parish.org" {
		b.t.Errorf("cut out: %q", got)
	}
	b.shot("cuts")
	b.search("stuffed-0")
	b.until(`document.querySelectorAll("#text mark.m-note").length > 5`)
	b.shot("note")
	b.search("the museum is open")
	b.keys("f")
	b.until(`doc.whole && document.querySelectorAll("#text mark.m-repeat").length === 14`)
	b.search("en-0")
	b.keys("c")
	b.until(`document.querySelectorAll(".sides mark.m-other").length >= 2`)
	if got := eval[string](b, `[...document.querySelectorAll(".sides mark.m-other")].map((e) => e.textContent).join(" ")`); !strings.Contains(got, "some") || !strings.Contains(got, "the") {
		b.t.Errorf("differences: %q", got)
	}
	b.shot("near")
	b.clear()
}

func hostileText(b *browser) {
	b.search("tries to run")
	b.until(`document.querySelector("#text .text").textContent.includes("<script>")`)
	b.shot("hostile")
	if title := eval[string](b, `document.title`); !strings.HasPrefix(title, "Feilun") {
		b.t.Errorf("a script of a page ran: title %q", title)
	}
	if n := eval[int](b, `document.querySelectorAll("main img, main script, main iframe, #view a").length`); n != 0 {
		b.t.Errorf("%d elements of a page's own", n)
	}
	b.search("A long text")
	b.until(`doc.left > 4e6`)
	eval[bool](b, `(document.querySelector("#text > button").click(), true)`)
	b.until(`!doc.left && document.querySelector("#text .text").textContent.length > 5e6`)
	b.clear()
}

// labelByKey labels the good and the bad documents and reloads.
func labelByKey(b *browser) {
	b.search("http://p") // hosts pell and those of http://p…
	b.keys("g")
	b.until(`state.labels.good === 1`)
	b.keys("u")
	b.until(`state.labels.good === 0 && answer.docs[0].label === "none"`)
	eval[bool](b, `(["g", "u"].forEach((key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }))), window.calm = "",
		labelling.then(() => { window.calm = state.labels.good + " " + answer.docs[0].label; }), true)`)
	b.until(`window.calm`)
	if got := eval[string](b, `window.calm`); got != "0 none" { // u takes back the g whose line is not written yet
		b.t.Errorf("after g and u at once: %s", got)
	}
	b.search("-") // ids
	b.until(`answer.docs.length > 30`)
	for i := range 16 {
		b.keys("g")
		b.until(fmt.Sprintf(`state.labels.good === %d && at === %d`, i+1, i+1))
	}
	b.search("bad-")
	for i := range 14 {
		b.keys("b")
		b.until(fmt.Sprintf(`state.labels.bad === %d`, i+1))
	}
	b.shot("labelled")
	b.do(chromedp.Reload())
	b.until(`state && state.labels.bad === 14 && state.labels.good === 16 && document.querySelectorAll("#list .tag.bad").length === 14`)
	all, err := inspect.Labels(b.dir)
	if err != nil || len(all) != 30 {
		b.t.Errorf("%d labels in the file, %v", len(all), err)
	}
	b.clear()
}

func trainInPage(b *browser) {
	b.keys("t")
	b.until(`document.getElementById("train-box").open`)
	b.do(chromedp.Click(chromedp.CSS("#start-train")))
	b.until(`document.getElementById("outcome") && !state.scoring.busy && state.scored === "labels.model"`)
	b.shot("trained")
	if got := eval[string](b, `document.querySelector(".auc").textContent`); !strings.Contains(got, "AUC") {
		b.t.Errorf("outcome: %q", got)
	}
	if n := eval[int](b, `document.querySelectorAll("#outcome tbody tr").length`); n == 0 {
		b.t.Error("no calibration")
	}
	modelTab(b)
	b.keys(kb.Escape)
	b.until(`!document.getElementById("train-box").open`)
	b.do(chromedp.SetValue(chromedp.CSS("#order"), "near"))
	eval[bool](b, `(document.getElementById("order").dispatchEvent(new Event("change")), true)`)
	b.until(`filters.order === "near" && answer.docs.length > 3 && document.querySelector(".next")`)
	far := eval[[]float64](b, `answer.docs.filter((d) => d.score !== null && d.score !== undefined).map((d) => Math.abs(d.score - 0.5))`)
	for i := 1; i < len(far); i++ {
		if far[i] < far[i-1] {
			b.t.Fatalf("not in the order of closeness: %v", far)
		}
	}
	b.shot("near-the-limit")
	b.clear()
	b.search("bad-3")
	b.keys("e")
	b.until(`document.querySelectorAll(".features li").length > 3`)
	b.shot("explained")
	b.clear()
}

// modelTab opens the page about the model, which lies apart from this one.
func modelTab(b *browser) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS("#outcome button")))
	var id target.ID
	var all []*target.Info
	for range 400 {
		var err error
		if all, err = chromedp.Targets(b.ctx); err != nil {
			b.t.Fatal(err)
		}
		for _, i := range all {
			if strings.Contains(i.URL, "/model.html") {
				id = i.TargetID
			}
		}
		if id != "" {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	if id == "" {
		b.t.Fatalf("no tab opened: %+v; the page says %q", all, eval[string](b, `document.getElementById("toast").textContent`))
	}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	defer cancel()
	other := *b
	other.ctx = ctx
	other.until(`location.pathname === "/model.html" && document.body && document.body.innerText.includes("AUC")`)
	other.shot("model")
	if o := eval[string](&other, `origin`); o != "null" {
		b.t.Errorf("the page about the model has the origin %s", o)
	}
}

func switchLanguages(b *browser) {
	for _, l := range []struct{ code, word string }{{"zh-CN", "丢弃"}, {"zh-TW", "捨棄"}, {"en", "dropped"}} {
		b.do(chromedp.SetValue(chromedp.CSS("#lang"), l.code))
		eval[bool](b, `(document.getElementById("lang").dispatchEvent(new Event("change")), true)`)
		b.until(fmt.Sprintf(`document.documentElement.lang === %q && document.getElementById("states").textContent.includes(%q)`, l.code, l.word))
		b.shot("desktop-" + l.code)
		if got := eval[string](b, `[...document.querySelectorAll(".facts")].map((e) => e.innerText).join()`); strings.Contains(got, " (") != (l.code == "en") || eval[bool](b, `[...document.querySelectorAll(".facts dt")].some((e) => !e.textContent)`) {
			b.t.Errorf("facts in %s: %q", l.code, got)
		}
		if l.code == "zh-CN" {
			b.do(chromedp.Reload())
			b.until(`document.documentElement.lang === "zh-CN" && document.querySelectorAll("#list li").length > 0`)
			b.dark(true)
			b.shot("dark")
			b.dark(false)
		}
	}
}

func phoneWindow(b *browser) {
	b.viewport(390, 844)
	b.clear()
	wide := func(where string) {
		if w := eval[int](b, `Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll("main > *")].filter((e) => e.offsetParent).map((e) => e.scrollWidth))`); w > 390 {
			b.t.Errorf("%s is %d pixels wide", where, w)
		}
	}
	wide("the list")
	b.shot("phone-list")
	b.do(chromedp.Click(chromedp.CSS(`#find [data-pane-to="filters"]`)))
	b.until(`document.body.dataset.pane === "filters" && document.getElementById("filters").offsetParent && !document.getElementById("middle").offsetParent`)
	wide("filters")
	b.shot("phone-filters")
	b.do(chromedp.Click(chromedp.CSS(`#filters .back`)))
	b.do(chromedp.Click(chromedp.CSS(`#list li:nth-child(2)`)))
	b.until(`document.getElementById("doc").offsetParent && !document.getElementById("middle").offsetParent && doc.n === answer.docs[1].n`)
	wide("a document")
	b.shot("phone-document")
	b.do(chromedp.Click(chromedp.CSS(`#doc .back`)))
	b.until(`document.getElementById("middle").offsetParent`)
	b.search("en-0")
	b.do(chromedp.Click(chromedp.CSS(`#list li`)))
	b.keys("c")
	b.until(`document.querySelectorAll(".sides mark.m-other").length >= 2`)
	wide("the comparison")
	b.viewport(1280, 800)
	b.clear()
}

// keyboardAlone goes through the page without a mouse.
func keyboardAlone(b *browser) {
	b.do(chromedp.Focus(chromedp.CSS("#list")))
	b.keys("jjk" + kb.ArrowDown)
	b.until(`at === 2 && doc.n === answer.docs[2].n`)
	b.keys(kb.Enter)
	b.until(`document.activeElement.id === "doc"`)
	b.keys(kb.Escape)
	b.until(`document.activeElement.id === "list"`)
	b.keys("?")
	b.until(`document.getElementById("help-box").open`)
	b.shot("help")
	b.keys(kb.Escape)
	b.until(`!document.getElementById("help-box").open`)
	b.keys("/")
	b.until(`document.activeElement.id === "search"`)
	eval[bool](b, `(document.activeElement.value = "", true)`) // synthetic keys type the slash although it was taken
	b.keys("zh-3")
	b.until(`filters.q === "zh-3" && answer.found === 1`)
	b.keys(kb.Escape)
	b.until(`document.activeElement.id === "list"`)
	before := eval[int](b, `state.labels.good`)
	b.keys("g")
	b.until(fmt.Sprintf(`state.labels.good === %d`, before+1))
	nameless := eval[[]string](b, `[...document.querySelectorAll("button, input, select, [role=listbox]")].filter((e) => !(e.textContent.trim() || e.getAttribute("aria-label") || (e.labels && e.labels.length && e.labels[0].textContent.trim()))).map((e) => e.outerHTML)`)
	if len(nameless) > 0 {
		b.t.Errorf("controls without a name: %v", nameless)
	}
	b.clear()
}

// addressOnce opens the address a second time: it is refused, and a new one told.
func addressOnce(b *browser) {
	time.Sleep(2100 * time.Millisecond)
	eval[bool](b, `(localStorage.clear(), true)`)
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(b.url))
	b.until(`!document.getElementById("banner").hidden && document.getElementById("banner").textContent.includes("used before")`)
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(<-b.urls))
	b.until(`document.querySelectorAll("#list li").length > 0`)
}
