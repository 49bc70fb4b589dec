package pipeline

import (
	"fmt"
	"html"
	"strings"
)

// large writes the lines inside a whole site: bars, long menus, boxes of
// headlines, teasers, comments, tags and footers, as portals, blogs, forums
// and shops have them. Pages of every kind draw from the same parts.
func (s *shop) large(b *strings.Builder, title string, lines []string) {
	s.above(b, title)
	if s.rng.IntN(4) == 0 {
		s.boxes(b, 1+s.rng.IntN(4))
	}
	open := s.of("div class=\"content\"", "main", "article", "div id=\"main\"", "div class=\"post\"", "section", "td")
	b.WriteString("<" + open + ">\n")
	if title != "" && s.rng.IntN(5) < 3 {
		fmt.Fprintf(b, s.of("<h1>%s</h1>", "<h2>%s</h2>", "<h1 class=\"entry-title\">%s</h1>", "<div class=\"tit\">%s</div>")+"\n", html.EscapeString(title))
	}
	if s.rng.IntN(5) < 2 {
		s.byline(b)
	}
	s.write(b, lines)
	if s.rng.IntN(3) == 0 {
		s.share(b)
	}
	inside := s.rng.IntN(3) == 0 // what follows stands in the same element
	if inside {
		s.boxes(b, 1+s.rng.IntN(3))
	}
	b.WriteString("</" + strings.Fields(open)[0] + ">\n")
	if s.rng.IntN(5) < 2 {
		s.comments(b)
	}
	s.boxes(b, s.rng.IntN(6))
	if s.foot != "" {
		fmt.Fprintf(b, s.of("<div class=\"footer\">%s</div>", "<p><small>%s</small></p>", "<footer><p>%s</p></footer>"), html.EscapeString(s.foot))
	}
	s.below(b)
}

func (s *shop) ofLang(zh, en string) string {
	if s.lang == "zh" {
		return s.of(strings.Split(zh, "|")...)
	}
	return s.of(strings.Split(en, "|")...)
}

// above writes what stands over the text.
func (s *shop) above(b *strings.Builder, title string) {
	if s.rng.IntN(4) == 0 {
		fmt.Fprintf(b, "<div class=\"cookie\"><p>%s</p><button>%s</button></div>\n",
			s.ofLang("我们使用 Cookie 改善您的体验|本站使用 Cookies，继续浏览即表示同意。|请启用 JavaScript 以获得完整功能。|您的浏览器版本过低，请升级后访问。|请开启 Cookie 和 JavaScript 以便正常浏览",
				"We value your privacy. We use cookies to measure how the site is used.|This site uses cookies.|JavaScript is disabled in your browser. Some features may not work.|You need to enable JavaScript to run this app.|Cookies are disabled: the store will not work correctly.|Please enable cookies and JavaScript to continue."),
			s.ofLang("知道了|同意|更多", "Accept all|OK|Manage choices"))
	}
	if s.rng.IntN(2) == 0 {
		fmt.Fprintf(b, "<div class=\"top\"><span>%s</span> <a href=\"/login\">%s</a> <a href=\"/reg\">%s</a></div>\n", s.fill("{date}"),
			s.ofLang("登录|设为首页|搜索", "Log in|Search|Sign in"), s.ofLang("注册|加入收藏|手机版", "Register|Subscribe|My account"))
	}
	fmt.Fprintf(b, s.of("<header><a href=\"/\">%s</a>", "<header><h1>%s</h1>", "<header><div class=\"logo\">%s</div>"), html.EscapeString(s.fill("{site}")))
	for range 1 + s.rng.IntN(3) {
		s.words(b, 4+s.rng.IntN(30))
	}
	b.WriteString("</header>\n")
	if s.rng.IntN(3) == 0 {
		fmt.Fprintf(b, "<div class=\"crumb\"><a href=\"/\">%s</a> &gt; <a href=\"/c\">%s</a> &gt; %s</div>\n", s.ofLang("首页", "Home"), s.fill("{word1}"), html.EscapeString(title))
	}
}

// words writes a menu of n words.
func (s *shop) words(b *strings.Builder, n int) {
	var names []string
	for range n {
		names = append(names, s.fill(s.of("{word1}", "{word1}", "{word1}", "{item}", "{svc}")))
	}
	if s.rng.IntN(2) == 0 {
		b.WriteString("<ul class=\"nav\"><li>")
		s.links(b, names, "</li><li>")
		b.WriteString("</li></ul>\n")
		return
	}
	b.WriteString("<nav>")
	s.links(b, names, s.of(" ", "", " | "))
	b.WriteString("</nav>\n")
}

func (s *shop) byline(b *strings.Builder) {
	fmt.Fprintf(b, "<div class=\"meta\">%s</div>\n", html.EscapeString(s.fill(s.ofLang(
		"{date} 作者 {user} {n} 浏览|发布时间：{date} 来源：{site}|{user} · {date}|{date}",
		"Published: {date} Source: {site}|By {user} {date} {n} views|{user} · {date}|{date}"))))
}

func (s *shop) share(b *strings.Builder) {
	fmt.Fprintf(b, "<div class=\"share\">%s</div>\n", html.EscapeString(s.fill(s.ofLang(
		"分享到: 微信 微博 QQ空间 豆瓣|标签: {word1} {word1} {item}|点赞({n}) 收藏 分享",
		"Share: Facebook X Pinterest Email|Tags: {word1} {word1} {item}|Like ({n}) · Share · Save"))))
}

// headline returns a title as a list of news has it.
func (s *shop) headline() string {
	return s.fill(s.of("{head}", "{head}", "{title}", s.ofLang("{town}：{headtail}|{headtail}，附{town}名单|【图集】{head}|{town}网友问：{headtail}？",
		"{town}: {headtail}|{town} residents ask about {headtail}|Update {n}: {headtail}|Video: {headtail}")))
}

// boxes writes n lists around a text.
func (s *shop) boxes(b *strings.Builder, n int) {
	for range n {
		fmt.Fprintf(b, "<div class=\"%s\"><h3>%s</h3>", s.of("box", "side", "widget", "hot", "related", "list"), s.fill(s.ofLang(
			"热门文章|相关推荐|猜你喜欢|最新|排行榜|{word1}|阅读排行", "Most read|Related|You may also like|Latest|Popular now|{word1}|More stories")))
		s.box(b, 3+s.rng.IntN(12))
		b.WriteString("</div>\n")
	}
}

func (s *shop) box(b *strings.Builder, n int) {
	switch form := s.rng.IntN(7); form {
	case 0: // teasers
		for range n {
			fmt.Fprintf(b, "<div class=\"card\"><h3><a href=\"/%d\">%s</a></h3><p>%s</p></div>\n", s.rng.IntN(9000), html.EscapeString(s.headline()), html.EscapeString(s.fill("{teaser}")))
		}
	case 1: // tags
		s.words(b, 2*n)
	case 2: // dated lines
		for range n {
			fmt.Fprintf(b, "<li>·<a href=\"/%d\">%s</a> (%02d-%02d)</li>\n", s.rng.IntN(9000), html.EscapeString(s.headline()), 1+s.rng.IntN(12), 1+s.rng.IntN(28))
		}
	case 3: // ranks
		for i := range n {
			fmt.Fprintf(b, "<li><em>%d</em><a href=\"/%d\">%s</a></li>\n", i+1, s.rng.IntN(9000), html.EscapeString(s.headline()))
		}
	case 4: // topics with who wrote them
		b.WriteString("<table>")
		for range n {
			fmt.Fprintf(b, "<tr><td><a href=\"/%d\">%s</a></td><td>%s</td><td>%s</td></tr>\n", s.rng.IntN(9000), html.EscapeString(s.headline()), s.fill("{user}"), s.fill("{date}"))
		}
		b.WriteString("</table>")
	default:
		var names []string
		for range n {
			names = append(names, s.headline())
		}
		b.WriteString("<ul><li>")
		s.links(b, names, "</li><li>")
		b.WriteString("</li></ul>\n")
	}
}

func (s *shop) comments(b *strings.Builder) {
	fmt.Fprintf(b, "<div class=\"comments\"><h3>%s</h3>\n", s.fill(s.ofLang("评论 ({n})|网友评论|全部回复", "Comments ({n})|{n} replies|Discussion")))
	form := s.of("<div class=\"c\"><b>%s</b> <time>%s</time><p>%s</p></div>\n", "<p>%s %s | %s</p>\n", "<li>%s <i>%s</i> %s</li>\n")
	for range 1 + s.rng.IntN(14) {
		fmt.Fprintf(b, form, s.fill("{user}"), s.fill("{date}"), html.EscapeString(s.fill("{comment}")))
	}
	b.WriteString("</div>\n")
}

// below writes the end of a page.
func (s *shop) below(b *strings.Builder) {
	var names []string
	for range 3 + s.rng.IntN(16) {
		names = append(names, s.fill("{below}"))
	}
	b.WriteString(s.of("<footer>", "<div class=\"footer\">", "<div id=\"ft\">"))
	s.links(b, names, s.of(" | ", " ", "<br>"))
	fmt.Fprintf(b, "<p>%s</p>", html.EscapeString(s.fill(s.of(s.lists[s.lang+" foot"]...))))
	b.WriteString(s.of("</footer>", "</div>", "</div>"))
}

// borrowLines adds lines of texts of others to what large pages say around a text.
func borrowLines(lists map[string][]string, lang string, texts []string) {
	for i, text := range texts {
		for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(".。！？!?\n", r) }) {
			r := []rune(strings.TrimSpace(line))
			if len(r) < 8 || len(r) > 120 {
				continue
			}
			name := lang + []string{" head", " teaser", " comment", " headtail"}[i%4]
			if i%4 == 0 || i%4 == 3 {
				r = r[:min(len(r), 12+i%40)]
			}
			lists[name] = append(lists[name], string(r))
			break
		}
	}
}
