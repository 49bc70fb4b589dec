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
	return out
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
