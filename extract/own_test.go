package extract

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	crawled "feilun/internal/sample"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

var (
	ownPage  = regexp.MustCompile(`(?s)<title>([^<]*) - 临溪日报</title>.*?</h1>.*?</div>\n<p>(.*?)</p>\n</article>`)
	ownNews  = regexp.MustCompile(`(?s)<title>([^<]*) - Eastmarsh Gazette</title>.*?</h1>.*?</div>\n<p>(.*?)</p>\n</article>`)
	ownLinks = []string{"首页", "新闻", "国内", "国际", "财经", "体育", "娱乐", "科技", "汽车", "房产", "论坛", "博客", "图片", "视频", "邮箱"}
)

// An ownStory is a title with paragraphs out of the sample crawl.
type ownStory struct {
	title string
	text  []string
}

// ownStories are the stories of one site of the sample crawl.
func ownStories(t testing.TB, page *regexp.Regexp) (out []ownStory) {
	z, err := gzip.NewReader(bytes.NewReader(crawled.WARC()))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(z) // the last record is cut short on purpose
	for _, m := range page.FindAllSubmatch(b, -1) {
		out = append(out, ownStory{string(m[1]), strings.Split(string(m[2]), "</p>\n<p>")})
	}
	if len(out) < 20 {
		t.Fatalf("%d stories in the sample crawl", len(out))
	}
	return out
}

// ownPages lays stories out as Chinese portals of 1998 to 2010 did, in GBK: the
// answer is the title and the paragraphs.
func ownPages(t testing.TB) (out []*gold) {
	rng := rand.New(rand.NewPCG(11, 3))
	stories := ownStories(t, ownPage)
	for n := range 72 {
		s := stories[rng.IntN(len(stories))]
		for range rng.IntN(3) {
			s.text = append(s.text[:len(s.text):len(s.text)], stories[rng.IntN(len(stories))].text...)
		}
		layout := ownLayouts[n%len(ownLayouts)]
		html := layout(rng, s, stories)
		page, err := encoding.ReplaceUnsupported(simplifiedchinese.GBK.NewEncoder()).Bytes([]byte(html))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, &gold{ID: fmt.Sprint(n), Gold: "full-text", Text: s.title + "\n" + strings.Join(s.text, "\n"), set: "own", page: page})
	}
	return append(out, ownEnglish(t)...)
}

// ownLayouts are templates of an article on a portal, in a blog and behind a
// gallery.
var ownLayouts = []func(*rand.Rand, ownStory, []ownStory) string{ownPortal, ownBlog, ownGallery, ownPortal}

func ownHead(s ownStory) string {
	return "<html><head><meta http-equiv=Content-Type content=\"text/html; charset=gb2312\"><title>" + s.title + "_新闻中心_白石网</title></head><body>"
}

func ownMenu(rng *rand.Rand, sep string) string {
	var b strings.Builder
	for range 6 + rng.IntN(20) {
		b.WriteString("<a href=/" + fmt.Sprint(rng.IntN(99)) + "/>" + ownLinks[rng.IntN(len(ownLinks))] + "</a>" + sep)
	}
	return b.String()
}

func ownTitles(rng *rand.Rand, all []ownStory, before, after string) string {
	var b strings.Builder
	for range 4 + rng.IntN(9) {
		s := all[rng.IntN(len(all))]
		b.WriteString(before + "<a href=/n.html>" + s.title + string([]rune(s.text[0])[:8]) + "</a>" + after)
	}
	return b.String()
}

func ownLine(rng *rand.Rand) string {
	at := fmt.Sprintf("20%02d年%02d月%02d日%02d:%02d", rng.IntN(12), 1+rng.IntN(12), 1+rng.IntN(28), rng.IntN(24), rng.IntN(60))
	return []string{"http://www.baishi.example " + at + " 白石网", at + "　来源：临溪日报　作者：记者 林清", at + "　[<a href=/c>我要评论</a>]　字号：大 中 小"}[rng.IntN(3)]
}

func ownPosts(rng *rand.Rand, all []ownStory) string {
	var b strings.Builder
	for range rng.IntN(5) {
		s := all[rng.IntN(len(all))]
		fmt.Fprintf(&b, "<div class=comment><span>网友%d　发表于 %d-%d-%d</span><p>%s</p><a href=#>回复</a> <a href=#>支持(%d)</a></div>", rng.IntN(9999), 2000+rng.IntN(12), 1+rng.IntN(12), 1+rng.IntN(28), s.text[rng.IntN(len(s.text))], rng.IntN(40))
	}
	return b.String()
}

const ownFoot = "<hr><center>关于我们 | 广告服务 | 联系方式 | 网站律师<br>版权所有 白石网 Copyright 1998-2008 All Rights Reserved 京ICP证000000号</center></body></html>"

func ownPortal(rng *rand.Rand, s ownStory, all []ownStory) string {
	br := []string{"<br><br>　　", "<BR>\n<BR>　　", "</p>\n<p>　　", "<br>&nbsp;&nbsp;&nbsp;&nbsp;"}[rng.IntN(4)]
	return ownHead(s) + "<table width=760><tr><td>" + ownMenu(rng, " | ") + "</table><table width=760><tr><td width=560><font size=4><b>" + s.title + "</b></font><br>" + ownLine(rng) +
		"<hr><table align=left><tr><td><a href=/ad>广告：精品楼盘 火热销售</a></table><p>　　" + strings.Join(s.text, br) + "</p><p align=right>【<a href=/c>评论</a>】【<a href=/t>推荐</a>】【<a href=#>关闭窗口</a>】</p><b>相关报道</b><br>" +
		ownTitles(rng, all, "・", "<br>") + "<td width=200><b>热点新闻</b><br>" + ownTitles(rng, all, "", "<br>") + "</table>" + ownFoot
}

func ownBlog(rng *rand.Rand, s ownStory, all []ownStory) string {
	return ownHead(s) + "<div id=top>" + ownMenu(rng, " ") + "</div><div id=side><h3>最新文章</h3><ul>" + ownTitles(rng, all, "<li>", "</li>") + "</ul></div><div id=main><h2>" + s.title + "</h2><div class=info>" + ownLine(rng) +
		"</div><div class=entry><div>" + strings.Join(s.text, "</div><div>") + "</div></div><div class=tag>分类：随笔 | 阅读(" + fmt.Sprint(rng.IntN(999)) + ") | 评论(3)</div>" + ownPosts(rng, all) + "<form>发表评论 <input><textarea></textarea></form></div>" + ownFoot
}

func ownGallery(rng *rand.Rand, s ownStory, all []ownStory) string {
	return ownHead(s) + "<div class=nav>" + ownMenu(rng, "") + "</div><h1>" + s.title + "</h1><p>" + ownLine(rng) + "</p><div class=pic><img src=1.jpg><br><a href=2.html>上一页</a> 1/8 <a href=3.html>下一页</a></div><div id=endText><p>" +
		strings.Join(s.text, "</p><p>") + "</p></div><div class=more><h4>精彩图集</h4>" + ownTitles(rng, all, "<p>", "</p>") + "</div>" + ownPosts(rng, all) + ownFoot
}
