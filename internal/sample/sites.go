package sample

import (
	"fmt"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// A site lays stories out in its own template.
type site struct {
	host, lang, name string
	menu             []string
	layout           func(s site, t story) string
	charset          encoding.Encoding // nil is UTF-8
	label            string            // charset its pages declare in a meta tag; "" declares none
}

var (
	zhMenu = []string{"首页", "新闻", "专题", "图片", "论坛", "关于我们", "联系方式", "网站地图"}
	twMenu = []string{"首頁", "新聞", "專題", "圖片", "論壇", "關於我們", "聯絡方式", "網站地圖"}
	enMenu = []string{"Home", "News", "Features", "Pictures", "Forum", "About us", "Contact", "Sitemap"}
)

func sites() []site {
	gbk, big5 := encoding.Encoding(simplifiedchinese.GBK), encoding.Encoding(traditionalchinese.Big5)
	return []site{
		{"news.linxi.example", "zh-CN", "临溪日报", zhMenu, newspaper, nil, "utf-8"},
		{"baike.feixia.example", "zh-CN", "飞霞百科", zhMenu, encyclopedia, nil, "utf-8"},
		{"ask.liuyun.example", "zh-CN", "流云问答", zhMenu, forum, nil, "utf-8"},
		{"old.baishi.example", "zh-CN", "白石旧闻", zhMenu, tables, gbk, "gb2312"},
		{"bbs.songping.example", "zh-CN", "松坪文史", zhMenu, newspaper, gbk, ""},
		{"wrong.anhe.example", "zh-CN", "安河风物", zhMenu, newspaper, gbk, "iso-8859-1"},
		{"news.yuntai.example.tw", "zh-TW", "雲臺時報", twMenu, newspaper, nil, "utf-8"},
		{"old.yuntai.example.tw", "zh-TW", "雲臺舊聞", twMenu, tables, big5, "big5"},
		{"bbs.yuntai.example.tw", "zh-TW", "雲臺雜記", twMenu, newspaper, big5, ""},
		{"encyclopedia.harwick.example", "en", "Harwick Encyclopedia", enMenu, encyclopedia, nil, "utf-8"},
		{"gazette.eastmarsh.example", "en", "Eastmarsh Gazette", enMenu, newspaper, nil, "utf-8"},
		{"answers.corran.example", "en", "Corran Answers", enMenu, forum, nil, "utf-8"},
		{"notes.pellvalley.example", "en", "Notes from Pell Valley", enMenu, tables, nil, "utf-8"},
	}
}

func (s site) zh() bool { return strings.HasPrefix(s.lang, "zh") }

// render lays a story out and encodes it.
func (s site) render(t story) []byte {
	if s.lang == "zh-TW" {
		t = t.each(toTraditional)
	}
	html := s.layout(s, t)
	if s.charset == nil {
		return []byte(html)
	}
	b, err := encoding.ReplaceUnsupported(s.charset.NewEncoder()).Bytes([]byte(html))
	if err != nil {
		panic(err) // the texts of this package can be encoded
	}
	return b
}

func (s site) head(t story) string {
	meta := ""
	if s.label != "" {
		meta = fmt.Sprintf("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=%s\">", s.label)
	}
	return fmt.Sprintf("<!DOCTYPE html>\n<html lang=\"%s\"><head>%s<title>%s - %s</title>\n<style>body{margin:0;font:16px serif}.nav a{padding:8px}.side{float:right;width:30%%}</style>\n<script>var page={id:%d,track:function(){return true}};page.track();</script></head>",
		s.lang, meta, t.title, s.name, len(t.title))
}

func (s site) nav() string {
	var b strings.Builder
	for i, m := range s.menu {
		fmt.Fprintf(&b, "<a href=\"http://%s/c%d/\">%s</a> ", s.host, i, m)
	}
	return b.String()
}

func (s site) footer() string {
	if s.zh() {
		if s.lang == "zh-TW" {
			return "版權所有 © " + s.name + " 未經許可不得轉載 <a href=\"/law\">隱私聲明</a>"
		}
		return "版权所有 © " + s.name + " 未经许可不得转载 <a href=\"/law\">隐私声明</a> 备案号 00000000"
	}
	return "© " + s.name + ". All rights reserved. <a href=\"/privacy\">Privacy</a> <a href=\"/terms\">Terms</a>"
}

func newspaper(s site, t story) string {
	return s.head(t) + fmt.Sprintf("<body><div class=\"nav\">%s</div><div class=\"main\"><article><h1>%s</h1><div class=\"meta\"><time datetime=\"%s\">%s</time></div>\n<p>%s</p>\n</article></div><aside class=\"side\"><h3>…</h3><ul>%s</ul></aside><footer>%s</footer></body></html>",
		s.nav(), t.title, t.date, t.date, strings.Join(t.paragraphs, "</p>\n<p>"), s.links(), s.footer())
}

func (s site) links() string {
	var b strings.Builder
	for i, m := range s.menu {
		fmt.Fprintf(&b, "<li><a href=\"/hot/%d.html\">%s · %d</a></li>", i, m, i*37%100)
	}
	return b.String()
}

func encyclopedia(s site, t story) string {
	var facts, body strings.Builder
	for _, f := range t.facts {
		fmt.Fprintf(&facts, "<tr><th>%s</th><td>%s</td></tr>", f[0], f[1])
	}
	for i, p := range t.paragraphs {
		if i > 0 {
			fmt.Fprintf(&body, "<h2>%d</h2>", i)
		}
		fmt.Fprintf(&body, "<p>%s<sup>[%d]</sup></p>\n", p, i+1)
	}
	return s.head(t) + fmt.Sprintf("<body><div id=\"header\" class=\"nav\">%s</div><div id=\"content\" role=\"main\"><h1>%s</h1><table class=\"infobox\">%s</table>\n%s</div><div id=\"footer\">%s</div></body></html>",
		s.nav(), t.title, facts.String(), body.String(), s.footer())
}

func forum(s site, t story) string {
	var posts strings.Builder
	for i, p := range t.paragraphs {
		fmt.Fprintf(&posts, "<div class=\"post\" id=\"p%d\"><div class=\"author\">user%d</div><div class=\"date\">%s</div><div class=\"post-body\"><p>%s</p></div><div class=\"tools\"><a href=\"#r%d\">↩</a> <a href=\"#l%d\">♥</a></div></div>\n",
			i, (i*71+len(t.title))%900, t.date, p, i, i)
	}
	return s.head(t) + fmt.Sprintf("<body><header class=\"nav\">%s</header><main class=\"thread\"><h1>%s</h1>\n%s</main><footer>%s</footer></body></html>",
		s.nav(), t.title, posts.String(), s.footer())
}

// tables is how pages were laid out around the year 2000.
func tables(s site, t story) string {
	return s.head(t) + fmt.Sprintf("<body bgcolor=white><table width=760 align=center><tr><td colspan=2>%s<tr><td valign=top width=140><font size=2>%s</font><td><center><b><font size=4>%s</font></b></center><br>%s\n<br><br>%s<br></table><center><font size=1>%s</font></center></body></html>",
		s.nav(), s.links(), t.title, t.date, strings.Join(t.paragraphs, "\n<br><br>"), s.footer())
}
