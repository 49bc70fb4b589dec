package extract

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// ownEnglish lays stories out as blogs and newspapers of 2006 to 2014 did: the
// answer is the headline and the paragraphs, without byline, related stories
// and what readers wrote below.
func ownEnglish(t testing.TB) (out []*gold) {
	rng := rand.New(rand.NewPCG(12, 5))
	stories := ownStories(t, ownNews)
	for n := range 80 {
		s := stories[rng.IntN(len(stories))]
		for range rng.IntN(3) {
			s.text = append(s.text[:len(s.text):len(s.text)], stories[rng.IntN(len(stories))].text...)
		}
		html := englishLayouts[n%len(englishLayouts)](rng, s, stories)
		out = append(out, &gold{ID: fmt.Sprint("en", n), Gold: "full-text", Text: s.title + "\n" + strings.Join(s.text, "\n"), set: "own", page: []byte(html)})
	}
	for n := range 48 {
		g := englishShop(rng, stories)
		if n%2 == 1 {
			g = englishManual(rng, stories)
		}
		g.ID, g.Gold, g.set = fmt.Sprint("list", n), "full-text", "own"
		out = append(out, g)
	}
	return out
}

// englishFacts are the short lines of a list of properties.
func englishFacts(rng *rand.Rand) (out []string) {
	all := []string{"100 % wool, washed twice", "Height 32 cm, width 21 cm", "Made in small batches in Harwick", "Wash by hand, dry in the shade", "Weight: 1.4 kg", "Two pockets and a loop to hang it up",
		"Fits kettles of up to 2 litres", "Spare parts are kept for ten years", "Oak from the valley, oiled", "Comes with a printed guide", "Colours: slate, moss, rust", "Guarantee of five years", "Not for dishwashers", "Battery life about 40 hours"}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:2+rng.IntN(7)]
}

// englishShop is the page of a thing for sale: the answer is its name, what is
// said of it, and its properties.
func englishShop(rng *rand.Rand, all []ownStory) *gold {
	s, facts := all[rng.IntN(len(all))], englishFacts(rng)
	text := s.text[:1+rng.IntN(2)]
	list := []string{"<ul class=\"product-details\"><li>", "</li><li>", "</li></ul>"}
	if rng.IntN(3) == 0 {
		list = []string{"<table class=\"specs\"><tr><td>", "</td></tr><tr><td>", "</td></tr></table>"}
	}
	head := []string{"Details", "Specifications", "Features", "What is in the box"}[rng.IntN(4)]
	page := `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>` + s.title + ` | Pell Stores</title><meta property="og:type" content="product"></head><body><header><a href="/">Pell Stores</a><nav>` + englishMenu(rng, "", " ") +
		`</nav><a href="/cart">Basket (0)</a></header><main><div class="gallery"><img src="1.jpg" alt=""></div><h1 class="product-title">` + s.title + `</h1><div class="price">£` + fmt.Sprint(5+rng.IntN(90)) + `.00</div><form><select><option>One size</option></select><button>Add to basket</button></form><div class="product-description"><p>` +
		strings.Join(text, "</p><p>") + `</p></div><h2>` + head + `</h2>` + list[0] + strings.Join(facts, list[1]) + list[2] + `<p class="shipping">Free delivery over £50. Returns within 30 days.</p></main><section class="related-products"><h2>You may also like</h2>` +
		englishTitles(rng, all, `<div class="card">`, ` £12.00</div>`) + `</section><footer>` + englishMenu(rng, "", " ") + `</footer></body></html>`
	return &gold{Text: s.title + "\n" + strings.Join(text, "\n") + "\n" + head + "\n" + strings.Join(facts, "\n"), page: []byte(page)}
}

// englishManual is a page of a manual: the answer is all of its body, with lists,
// a table and code.
func englishManual(rng *rand.Rand, all []ownStory) *gold {
	s, facts := all[rng.IntN(len(all))], englishFacts(rng)
	code := "pell set --level " + fmt.Sprint(rng.IntN(9)) + "\npell start"
	rows := [][2]string{{"--level", "how much is ground, from 0 to 9"}, {"--wait", "minutes before it starts"}, {"--log FILE", "where a copy of each line goes"}, {"path", "file to read"}}[:2+rng.IntN(3)]
	var table, plain strings.Builder
	for _, r := range rows {
		table.WriteString("<tr><td><code>" + r[0] + "</code></td><td>none</td><td>" + r[1] + "</td></tr>")
		plain.WriteString(r[0] + " none " + r[1] + "\n")
	}
	page := `<!DOCTYPE html><html><head><title>` + s.title + ` - Pell 2.` + fmt.Sprint(rng.IntN(9)) + ` documentation</title></head><body><div class="sphinxsidebar"><h3>Contents</h3><ul>` + englishTitles(rng, all, `<li class="toctree-l1">`, "</li>") +
		`</ul></div><div class="document"><div class="body" role="main"><h1>` + s.title + `</h1><p>` + s.text[0] + `</p><h2>Before you start</h2><ul><li>` + strings.Join(facts, "</li><li>") + `</li></ul><p>` + s.text[1] + `</p><pre>` + code + `</pre><h2>Options</h2><table class="docutils"><tr><th>name</th><th>default</th><th>meaning</th></tr>` +
		table.String() + `</table></div></div><div class="related"><a href="p.html">Previous</a> <a href="n.html">Next</a></div><div class="footer">Copyright Pell project. Built with Quern.</div></body></html>`
	return &gold{Text: s.title + "\n" + s.text[0] + "\nBefore you start\n" + strings.Join(facts, "\n") + "\n" + s.text[1] + "\n" + code + "\nOptions\nname default meaning\n" + plain.String(), page: []byte(page)}
}

var englishLayouts = []func(*rand.Rand, ownStory, []ownStory) string{englishBlog, englishPaper, englishBlog, englishPortal}

var (
	englishNames = []string{"Ruth Abara", "Haldane Pike", "Mina Torrens", "Joel Askew", "Petra Lindqvist", "Sam Okoro", "Dora Finch", "Ivo Marsh"}
	englishWords = []string{"World", "Business", "Culture", "Sport", "Weather", "Opinion", "Science", "Travel", "Archive", "Subscribe", "Log in", "Register", "Contact us"}
)

func englishName(rng *rand.Rand) string { return englishNames[rng.IntN(len(englishNames))] }

func englishDate(rng *rand.Rand) string {
	month := []string{"January", "March", "April", "June", "September", "October"}[rng.IntN(6)]
	return fmt.Sprintf("%s %d, 20%02d, %d:%02d %s", month, 1+rng.IntN(28), 6+rng.IntN(9), 1+rng.IntN(12), rng.IntN(60), []string{"am", "pm", "AM ET"}[rng.IntN(3)])
}

func englishMenu(rng *rand.Rand, before, after string) string {
	var b strings.Builder
	for range 5 + rng.IntN(14) {
		b.WriteString(before + "<a href=/" + fmt.Sprint(rng.IntN(99)) + "/>" + englishWords[rng.IntN(len(englishWords))] + "</a>" + after)
	}
	return b.String()
}

func englishTitles(rng *rand.Rand, all []ownStory, before, after string) string {
	var b strings.Builder
	for range 4 + rng.IntN(9) {
		s := all[rng.IntN(len(all))]
		b.WriteString(before + "<a href=/n.html>" + s.title + ": " + strings.Join(strings.Fields(s.text[0])[:5], " ") + "</a>" + after)
	}
	return b.String()
}

// englishPosts are what readers wrote: sentences of other stories.
func englishPosts(rng *rand.Rand, all []ownStory, form string) string {
	var b strings.Builder
	for i := range rng.IntN(8) {
		text := all[rng.IntN(len(all))].text[rng.IntN(2)]
		if rng.IntN(2) == 0 {
			text = []string{"I could not agree more. ", "This is nonsense, sorry. ", "Thanks for the report. ", "Has the author ever been there? "}[rng.IntN(4)] + text
		}
		fmt.Fprintf(&b, form, i, englishName(rng), englishDate(rng), text)
	}
	return b.String()
}

func englishBlog(rng *rand.Rand, s ownStory, all []ownStory) string {
	post := `<li class="comment even" id="comment-%d"><div class="comment-author vcard"><cite class="fn">%s</cite> <span class="says">says:</span></div><div class="comment-meta">%s</div><p>%s</p><div class="reply"><a href="#">Reply</a></div></li>`
	if rng.IntN(2) == 0 {
		post = `<li><ul class="commentHeader"><li>%d</li><li>%[3]s</li><li>%[2]s wrote:</li></ul><div class="commentBody"><p>%[4]s</p></div></li>`
	}
	return `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd"><html><head><title>` + s.title + ` - Harbour Notes</title><meta name="generator" content="WordPress 3.` + fmt.Sprint(rng.IntN(6)) +
		`"></head><body class="single"><div id="header"><h2><a href="/">Harbour Notes</a></h2><ul>` + englishMenu(rng, "<li>", "</li>") + `</ul></div><div id="content"><div class="post hentry"><h1 class="entry-title">` + s.title + `</h1><h3 class="byline">By ` + englishName(rng) +
		`</h3><div class="entry-meta">` + englishDate(rng) + `</div><div class="entry-content"><p>` + strings.Join(s.text, "</p>\n<p>") + `</p></div><div class="sharedaddy"><h3>Share this:</h3><ul><li>Email</li><li>Print</li></ul></div><p class="postmetadata">Posted in ` + englishMenu(rng, "", ", ") +
		`</p></div><h3 id="comments">Comments</h3><ol class="commentlist">` + englishPosts(rng, all, post) + `</ol><div id="respond"><h3>Leave a Reply</h3><p>Your email address will not be published. Required fields are marked *</p></div></div><div id="sidebar"><h2>Recent Posts</h2><ul>` +
		englishTitles(rng, all, "<li>", "</li>") + `</ul><h2>About the blog</h2><p>` + englishName(rng) + ` and friends write about harbours, mills and the people who keep them running. Write to us with ideas and corrections.</p></div><div id="footer">Copyright Harbour Notes. Powered by WordPress.</div></body></html>`
}

func englishPaper(rng *rand.Rand, s ownStory, all []ownStory) string {
	post := `<div class="comment" data-n="%d"><span class="user">%s</span> <time>%s</time><p>%s</p><a href="#">Recommend</a> <a href="#">Report</a></div>`
	return `<!DOCTYPE html><html lang="en"><head><title>` + s.title + ` | The Pell Courier</title><meta property="og:title" content="` + s.title + `"><meta property="og:type" content="article"></head><body><header><nav>` + englishMenu(rng, "", " ") +
		`</nav></header><div class="story-body"><h1 class="story-header">` + s.title + `</h1><div class="story-date">` + englishDate(rng) + ` Last updated</div><span class="byline">By ` + englishName(rng) + ` Pell Courier, Eastmarsh</span><div class="share-tools"><a>Share this page</a> <a>Email</a> <a>Print</a></div><p class="introduction">` +
		strings.Join(s.text, "</p><p>") + `</p><div class="media"><p>Please turn on scripts to play this video.</p></div><h2>Related stories</h2><ul class="related">` + englishTitles(rng, all, "<li>", "</li>") + `</ul></div><section id="comments"><h2>Comments</h2>` +
		englishPosts(rng, all, post) + `</section><aside><h2>Most popular</h2><ol>` + englishTitles(rng, all, "<li>", "</li>") + `</ol><h2>Top stories</h2>` + englishTitles(rng, all, "<h3>", "</h3>") + `</aside><footer><p>© The Pell Courier. The Courier is not responsible for the content of other sites.</p>` +
		englishMenu(rng, "", " ") + `</footer></body></html>`
}

func englishPortal(rng *rand.Rand, s ownStory, all []ownStory) string {
	post := `<tr><td>%d. <b>%s</b> %s<br>%s<br><a href="#">Reply to this</a></td></tr>`
	br := []string{"<br><br>", "</p>\n<p>", "<br>\n<br>\n"}[rng.IntN(3)]
	return `<html><head><title>` + s.title + ` - Harwick Online</title></head><body><table width="780"><tr><td colspan="2">` + englishMenu(rng, "", " | ") + `</td></tr><tr><td width="560"><font size="5"><b>` + s.title + `</b></font><br><font size="1">` + englishDate(rng) + `, by ` + englishName(rng) +
		`</font><p>` + strings.Join(s.text, br) + `</p><p><a href="/print">Printer-friendly version</a> | <a href="/mail">E-mail this story</a></p><b>Discuss this story</b><table>` + englishPosts(rng, all, post) + `</table></td><td width="220"><b>More news</b><br>` + englishTitles(rng, all, "", "<br>") +
		`</td></tr></table><hr><center>Copyright 2006 Harwick Online. All rights reserved. <a href="/privacy">Privacy policy</a></center></body></html>`
}
