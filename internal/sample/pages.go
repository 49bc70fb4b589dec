package sample

import (
	"fmt"
	"strings"
)

func (g *generator) add(url string, body []byte) {
	g.pages = append(g.pages, page{url, 200, "text/html", body})
}

// good adds the pages a corpus wants: about 21 of each site.
func (g *generator) good() {
	for i, s := range sites() {
		for n := range 21 {
			t := g.story(s.zh())
			if strings.HasPrefix(s.host, "ask.") || strings.HasPrefix(s.host, "answers.") {
				t = g.thread(s.zh())
			}
			g.add(fmt.Sprintf("http://%s/%s/%d.html", s.host, strings.ReplaceAll(t.date, "-", "/"), 1000*i+n), s.render(t))
		}
	}
}

// copies adds mirrors with other boilerplate, edited copies, and the same pages
// under a second address.
func (g *generator) copies() {
	all := sites()
	mirror := site{"mirror.copyall.example", "zh-CN", "天天文摘", []string{"热门", "排行", "推荐"}, newspaper, nil, "utf-8"}
	digest := site{"digest.reposted.example", "en", "The Daily Digest", []string{"Top", "Latest", "Popular"}, tables, nil, "utf-8"}
	for n := range 18 {
		source, to := all[0], mirror
		if n%2 == 1 {
			source, to = all[10], digest
		}
		t := g.story(source.zh())
		g.add(fmt.Sprintf("http://%s/m/%d.html", source.host, n), source.render(t))
		if n%3 == 2 { // an edited copy
			t.paragraphs = append(t.paragraphs[:len(t.paragraphs)-1:len(t.paragraphs)-1], g.story(source.zh()).paragraphs[0])
		}
		g.add(fmt.Sprintf("http://%s/p/%d.html", to.host, n), to.render(t))
		if n%6 == 0 {
			g.add(fmt.Sprintf("http://%s/m/%d.html?utm_source=feed", source.host, n), source.render(t))
		}
	}
}

// bad adds pages that a corpus does not want.
func (g *generator) bad() {
	for n := range 14 {
		g.stuffed(n)
		g.novel(n)
	}
	for n, notice := range []string{
		"页面不存在|抱歉，您访问的页面不存在或已被删除。请检查地址是否正确，或返回首页。", "找不到頁面|很抱歉，您要找的網頁已經移除或暫時無法使用。回首頁", "404|对不起，该内容已下线，五秒后自动跳转到首页。",
		"Page not found|Sorry, the page you are looking for could not be found. It may have been moved or deleted. Go back to the home page.", "Oops!|We can't find that page. Try searching or return to the homepage.", "信息提示|您要查看的帖子不存在或者已经被管理员删除。",
		"Article unavailable|This article is no longer available.", "系统提示|文章已过期，请浏览其他内容。", "Error 404|The requested URL was not found on this server.", "無此文章|您查詢的文章不存在，請重新搜尋。",
	} {
		title, text, _ := strings.Cut(notice, "|")
		g.add(fmt.Sprintf("http://gone%d.example/item?id=%d", n%4, 5000+n), []byte(fmt.Sprintf("<html><head><meta charset=utf-8><title>%s</title></head><body><div class=box><h1>%s</h1><p>%s</p><a href=/>←</a></div></body></html>", title, title, text)))
	}
	for n, notice := range []string{
		"域名出售|该域名正在出售。如果您对该域名感兴趣，请点击这里联系我们报价。本域名由注册商代管。", "This domain is for sale|The domain is available for purchase. Make an offer today! Related searches: Loans, Insurance, Hosting, Cars.",
		"Welcome to nginx!|If you see this page, the nginx web server is successfully installed and working. Further configuration is required.", "网站建设中|网站正在建设中，敬请期待。", "Domain parked|This web page is parked free, courtesy of the registrar. Is this your domain? Let's turn it into a website.",
		"Coming soon|Our new website is under construction. Please check back later.", "網域出售|此網域名稱正在出售，歡迎洽詢。", "站点创建成功|恭喜，站点创建成功！这是默认页面，请上传您的网站程序。",
	} {
		title, text, _ := strings.Cut(notice, "|")
		g.add(fmt.Sprintf("http://parked-%d.example/", n), []byte(fmt.Sprintf("<html><head><meta charset=utf-8><title>%s</title></head><body><center><h2>%s</h2><p>%s</p></center></body></html>", title, title, text)))
	}
}

func (g *generator) stuffed(n int) {
	var words []string
	title := ""
	if n%2 == 0 {
		for range 80 {
			words = append(words, pick(g, zhCities)+pick(g, zhStuffed)+"电话")
		}
		title = strings.Join(words[:4], "_")
	} else {
		for range 90 {
			words = append(words, pick(g, enStuffed))
		}
		title = strings.Join(words[:4], ", ")
	}
	sep := pick(g, []string{"，", " ", " | ", "、"})
	g.add(fmt.Sprintf("http://best-service-%d.example/%d.html", n%3, n), []byte(fmt.Sprintf("<html><head><meta charset=utf-8><title>%s</title><meta name=keywords content=\"%s\"></head><body><h1>%s</h1><div>%s</div></body></html>", title, title, title, strings.Join(words, sep))))
}

func (g *generator) novel(n int) {
	var text []string
	for range 6 + g.rng.IntN(6) {
		text = append(text, pick(g, zhNovel))
	}
	chapter := fmt.Sprintf("第%d章 风雨欲来", 10+n)
	nav := "<a href=prev.html>上一章</a> <a href=index.html>章节目录</a> <a href=next.html>下一章</a> <a href=mark>加入书签</a> <a href=vote>投推荐票</a>"
	g.add(fmt.Sprintf("http://www.xiaoshuo%d.example/book/88/%d.html", n%3, n), []byte(fmt.Sprintf("<html><head><meta charset=utf-8><title>%s_最新章节_无弹窗_免费阅读</title></head><body><div>%s</div><h1>%s</h1><div id=content>天才一秒记住本站地址，手机用户请到手机版阅读，最快更新，无弹窗。<br>%s<br>（本章未完，请点击下一页继续阅读）<br>请记住本书首发域名，手机版阅读网址。</div><div>%s</div><p>推荐阅读：最新章节列表 全文免费阅读 txt下载</p></body></html>",
		chapter, nav, chapter, strings.Join(text, "<br>"), nav)))
}

// other adds responses that are no pages, or not good ones.
func (g *generator) other() {
	for n := range 6 {
		g.pages = append(g.pages,
			page{fmt.Sprintf("http://news.linxi.example/css/%d.css", n), 200, "text/css", []byte("body{color:#222}a{color:#06c}")},
			page{fmt.Sprintf("http://news.linxi.example/old/%d.html", n), 301, "text/html", []byte("<html><head><title>301</title></head><body>Moved</body></html>")},
			page{fmt.Sprintf("http://news.linxi.example/none/%d.html", n), 404, "text/html", []byte("<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>")},
			page{fmt.Sprintf("http://gazette.eastmarsh.example/img/%d.png", n), 200, "image/png", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")})
	}
	g.add("http://short.example/a.html", []byte("<html><body><p>短</p></body></html>"))
	g.add("http://short.example/b.html", []byte("<html><body></body></html>"))
	long := g.story(false)
	g.add("http://menu.example/", []byte("<html><body><ul><li><a href=1>"+strings.Join(strings.Fields(strings.Join(long.paragraphs, " ")), "</a><li><a href=1>")+"</a></ul></body></html>"))
}
