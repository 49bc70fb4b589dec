package pipeline

import (
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"feilun/internal/testkit"
)

// A note is one page of filter/testdata/kinds/*_*.txt: what a page of its kind
// says, without the site around it.
type note struct {
	batch, kind, lang string // lang is zh, hant or en
	title             string
	lines             []string
}

// notes reads the pages of all batches. A line of a file is "lang | title |
// line / line / …"; its name is batch_kind.txt.
func notes(t testing.TB) (all []note) {
	files, err := filepath.Glob(filepath.Join(testkit.Root(t), "filter", "testdata", "kinds", "*_*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no notes: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		batch, kind, _ := strings.Cut(strings.TrimSuffix(filepath.Base(name), ".txt"), "_")
		for line := range strings.Lines(string(b)) {
			f := strings.SplitN(strings.TrimSpace(line), " | ", 3)
			if len(f) != 3 {
				t.Fatalf("%s: %q has no three fields", name, line)
			}
			all = append(all, note{batch, kind, f[0], f[1], strings.Split(f[2], " / ")})
		}
	}
	return all
}

// words are the lists of pool.txt and shells.txt: by language and name.
func wordLists(t testing.TB) map[string][]string {
	lists := map[string][]string{}
	for _, name := range []string{"pool.txt", "shells.txt", "large.txt"} {
		b, err := os.ReadFile(filepath.Join(testkit.Root(t), "filter", "testdata", "kinds", name))
		if err != nil {
			t.Fatal(err)
		}
		for block := range strings.SplitSeq(string(b), "== ") {
			head, rest, ok := strings.Cut(block, "\n")
			if !ok {
				continue
			}
			lines := strings.Split(strings.TrimSpace(rest), "\n")
			if len(lines) == 1 && strings.Count(lines[0], "|") > 2 {
				lines = strings.Split(lines[0], "|")
			}
			lists[strings.TrimSpace(head)] = lines
		}
	}
	return lists
}

// A shop makes HTML pages of notes, drawing everything from rng.
type shop struct {
	lists map[string][]string
	rng   *rand.Rand
	lang  string // zh or en
	held  map[string]string
	foot  string // of the page, besides the shell's own
	big   bool   // in the shell of a whole site
}

func newShop(lists map[string][]string, seed uint64) *shop {
	return &shop{lists: lists, rng: rand.New(rand.NewPCG(seed, 7))}
}

func (s *shop) of(list ...string) string { return list[s.rng.IntN(len(list))] }

var slot = regexp.MustCompile(`\{(\w+)\}`)

// fill replaces slots: {town} by a town, {TOWN} by the same town everywhere.
func (s *shop) fill(text string) string {
	for slot.MatchString(text) {
		text = slot.ReplaceAllStringFunc(text, func(m string) string {
			name := m[1 : len(m)-1]
			lower := strings.ToLower(name)
			if name == lower && name != "site" && name != "book" && name != "song" {
				return s.draw(lower)
			}
			if s.held[lower] == "" {
				s.held[lower] = s.draw(lower)
			}
			return s.held[lower]
		})
	}
	return text
}

func (s *shop) draw(name string) string {
	switch name {
	case "n":
		return strconv.Itoa(2 + s.rng.IntN(int([]int{20, 300, 9000}[s.rng.IntN(3)])))
	case "date":
		y, m, d := 2004+s.rng.IntN(18), 1+s.rng.IntN(12), 1+s.rng.IntN(28)
		if s.lang == "zh" && s.rng.IntN(2) == 0 {
			return fmt.Sprintf("%d年%d月%d日", y, m, d)
		}
		return fmt.Sprintf("%d-%02d-%02d", y, m, d)
	case "phone":
		return fmt.Sprintf("000-%04d-%04d", s.rng.IntN(10000), s.rng.IntN(10000))
	case "domain":
		if s.held["domain"] != "" && s.rng.IntN(10) < 7 {
			return s.held["domain"]
		}
		b := make([]byte, 2+s.rng.IntN(7))
		for i := range b {
			b[i] = "abcdefghijklmnopqrstuvwxyz0189"[s.rng.IntN(30)]
		}
		return string(b) + s.of(".example", ".com.example", ".net.example", ".cn.example", ".org.example")
	}
	list := s.lists[s.lang+" "+name]
	if list == nil {
		panic("no list " + s.lang + " " + name)
	}
	return s.of(list...)
}

var repeat = regexp.MustCompile(`^@(\d+)(.*?)@(.*)$`)

// body returns the lines of a note, filled.
func (s *shop) body(n note) (lines []string) {
	for _, line := range n.lines {
		if m := repeat.FindStringSubmatch(line); m != nil {
			times, _ := strconv.Atoi(m[1])
			times = times/2 + s.rng.IntN(times+1)
			var parts []string
			for range max(4, times) {
				parts = append(parts, s.fill(m[3]))
			}
			sep := m[2]
			if strings.TrimSpace(sep) == "" {
				if sep = s.of(" ", "\x00", ""); sep == "" && s.lang == "en" {
					sep = " "
				}
			}
			if sep == "\x00" {
				lines = append(lines, parts...)
				continue
			}
			lines = append(lines, strings.Join(parts, sep))
			continue
		}
		for range s.times(line) {
			for l := range strings.SplitSeq(s.fill(line), " / ") {
				lines = append(lines, l)
			}
		}
	}
	return lines
}

// times says how often a line of borrowed text alone stands on the page.
func (s *shop) times(line string) int {
	if line == "{story}" || line == "{news}" {
		return 1 + s.rng.IntN(4)
	}
	return 1
}

// page makes one page of a note.
func (s *shop) page(n note) (url, page string) {
	s.lang, s.held, s.foot = n.lang, map[string]string{}, ""
	if n.lang == "hant" {
		s.lang = "zh"
	}
	s.fill("{DOMAIN}")
	lines := s.body(n)
	title := s.fill(n.title)
	switch s.rng.IntN(8) {
	case 0:
		title += s.of("_", " - ", "-", " | ", " – ") + s.fill("{site}")
	case 1:
		title = s.fill("{site}")
	case 2:
		if n.kind != "stuffed" {
			title = ""
		}
	}
	if n.kind == "mirror" && len(lines) > 2 && s.rng.IntN(3) == 0 { // the notice stands in the footer
		s.foot, lines = lines[len(lines)-1], lines[:len(lines)-1]
	}
	var b strings.Builder
	b.WriteString(s.of("<!DOCTYPE html>\n<html>", "<html>", "<!DOCTYPE html>\n<html lang=\""+s.lang+"\">"))
	b.WriteString("<head><meta charset=\"utf-8\">")
	if title != "" {
		fmt.Fprintf(&b, "<title>%s</title>", html.EscapeString(title))
	}
	b.WriteString(s.of("", "<style>body{margin:0}</style>", `<link rel="stylesheet" href="/s.css">`) + "</head><body>\n")
	if s.big {
		s.large(&b, s.fill(n.title), lines)
	} else {
		s.shell(&b, lines)
	}
	b.WriteString("</body></html>\n")
	return s.of("https://", "http://", "http://www.") + s.fill("{DOMAIN}") + s.of("/", "/a/{n}.html", "/index.php?id={n}", "/{n}/", "/p/{n}"), b.String()
}

// shell writes the lines, and menus and footers around most of them.
func (s *shop) shell(b *strings.Builder, lines []string) {
	around := s.rng.IntN(10)
	bare := around < 3
	if !bare {
		s.menu(b)
		for s.rng.IntN(6) == 0 {
			s.menu(b)
		}
	}
	if around == 9 {
		s.side(b)
	}
	open := s.of(`<div id="main">`, `<div class="content">`, "<table><tr><td>", `<div class="box"><div class="inner">`, "<main>", `<div class="wrap">`, "<article>", "<center>")
	b.WriteString(open)
	s.write(b, lines)
	for _, tag := range []string{"td", "tr", "table", "div", "main", "article", "center"} {
		for range strings.Count(open, "<"+tag) {
			b.WriteString("</" + tag + ">")
		}
	}
	b.WriteString("\n")
	if around > 5 {
		s.side(b)
	}
	if s.foot != "" {
		fmt.Fprintf(b, s.of("<div class=\"footer\">%s</div>", "<footer><p>%s</p></footer>", "<div class=\"copyright\">%s</div>", "<p><small>%s</small></p>"), html.EscapeString(s.foot))
	}
	if !bare || s.rng.IntN(4) == 0 {
		b.WriteString(s.of("<div class=\"footer\">", "<footer>", "<div id=\"ft\">", "<p>"))
		b.WriteString(html.EscapeString(s.fill(s.of(s.lists[s.lang+" foot"]...))))
		b.WriteString(s.of("</div>", "</footer>", "</div>", "</p>"))
	}
}

func (s *shop) links(b *strings.Builder, names []string, sep string) {
	for i, name := range names {
		if i > 0 {
			b.WriteString(sep)
		}
		fmt.Fprintf(b, `<a href="/%d.html">%s</a>`, s.rng.IntN(9000), html.EscapeString(name))
	}
}

func (s *shop) menu(b *strings.Builder) {
	names := strings.Split(s.of(s.lists[s.lang+" nav"]...), "|")
	switch s.rng.IntN(4) {
	case 0:
		b.WriteString("<ul class=\"nav\"><li>")
		s.links(b, names, "</li><li>")
		b.WriteString("</li></ul>\n")
	case 1:
		b.WriteString("<div class=\"menu\">")
		s.links(b, names, " | ")
		b.WriteString("</div>\n")
	case 2:
		fmt.Fprintf(b, "<header><h1>%s</h1><nav>", html.EscapeString(s.fill("{site}")))
		s.links(b, names, " ")
		b.WriteString("</nav></header>\n")
	default:
		b.WriteString("<div>")
		s.links(b, names, "")
		b.WriteString("</div>\n")
	}
}

func (s *shop) side(b *strings.Builder) {
	for _, head := range strings.Split(s.of(s.lists[s.lang+" side"]...), "|") {
		fmt.Fprintf(b, "<div class=\"%s\"><h3>%s</h3><ul><li>", s.of("side", "hot", "list", "widget"), html.EscapeString(head))
		var names []string
		for range 2 + s.rng.IntN(7) {
			names = append(names, s.fill(s.of("{title}", "{title}", "{title}", "{item}", "{item} {n}")))
		}
		s.links(b, names, "</li><li>")
		b.WriteString("</li></ul></div>\n")
	}
}

// write writes the lines in one style: short last lines may be buttons.
func (s *shop) write(b *strings.Builder, lines []string) {
	style := s.rng.IntN(5)
	for i, line := range lines {
		text := html.EscapeString(line)
		switch {
		case strings.Contains(line, " | "):
			cells := strings.Split(line, " | ")
			if s.rng.IntN(2) == 0 {
				s.links(b, cells, s.of(" ", " | ", "　"))
				b.WriteString("<br>\n")
			} else {
				b.WriteString("<table><tr><td>" + strings.Join(cells, "</td><td>") + "</td></tr></table>\n")
			}
		case i > 0 && len(line) < 30 && s.rng.IntN(2) == 0:
			fmt.Fprintf(b, s.of(`<a href="/">%s</a>`, `<a class="btn" href="#">%s</a>`, "<button>%s</button>", "<li>%s</li>")+"\n", text)
		case i == 0 && len(line) < 60 && s.rng.IntN(3) > 0:
			fmt.Fprintf(b, s.of("<h1>%s</h1>", "<h2>%s</h2>", "<h3>%s</h3>", "<strong>%s</strong><br>")+"\n", text)
		default:
			fmt.Fprintf(b, []string{"<p>%s</p>", "<div>%s</div>", "%s<br>", "<p>　　%s</p>", "<span>%s</span><br/>"}[style]+"\n", text)
		}
	}
}

// ownPages makes every note into HTML pages, in a fixed order.
func ownPages(t testing.TB) (pages []testPage) {
	lists := wordLists(t)
	for i, n := range notes(t) {
		s := newShop(lists, uint64(i)*1009+uint64(len(n.title)))
		times := map[string]int{"soft404": 2, "parked": 2, "stuffed": 3, "mirror": 3, "good": 3}[n.kind]
		if n.batch == "tenth" { // many notes, each said once small and once large
			times = 1
		}
		for k := range times {
			url, page := s.page(n)
			pages = append(pages, testPage{ID: fmt.Sprintf("%s-%s-%d-%d", n.batch, n.kind, i, k), Kind: n.kind, Script: scriptOf[n.lang], URL: url, HTML: page, batch: n.batch})
		}
		if i%2 == 0 || largeBatch(n.batch) {
			s.big = true
			url, page := s.page(n)
			pages = append(pages, testPage{ID: fmt.Sprintf("%s-%s-%d-large", n.batch, n.kind, i), Kind: n.kind, Script: scriptOf[n.lang], URL: url, HTML: page, batch: n.batch})
		}
	}
	return pages
}

var scriptOf = map[string]string{"zh": "zh-Hans", "hant": "zh-Hant", "en": "en"}

// plainPages puts texts of others (a sentence a line) into the same shells, as
// good pages: what stands around a text says nothing about its kind.
func plainPages(lists map[string][]string, lang string, sentences []string, count int) (pages []testPage) {
	for i := range count {
		s := newShop(lists, uint64(i)+1<<40)
		n := note{kind: "good", lang: lang, title: s.of(sentences...)}
		for range 1 + s.rng.IntN(1+s.rng.IntN(5)) {
			var line string
			for range 1 + s.rng.IntN(4) {
				line += s.of(sentences...)
				if lang == "en" {
					line += " "
				}
			}
			n.lines = append(n.lines, strings.ReplaceAll(strings.NewReplacer("{", "(", "}", ")", " / ", ", ", "@", "").Replace(line), "  ", " "))
		}
		if r := []rune(n.title); len(r) > 30 {
			n.title = string(r[:12+s.rng.IntN(18)])
		}
		n.title = slot.ReplaceAllString(n.title, "")
		s.big = i%2 == 1
		url, page := s.page(n)
		pages = append(pages, testPage{ID: fmt.Sprintf("plain-%s-%d", lang, i), Kind: "good", Script: lang, URL: url, HTML: page, batch: "plain"})
	}
	return slices.Clip(pages)
}

// textPages puts whole texts of others, a paragraph a line, into the shells.
func textPages(lists map[string][]string, lang, name string, texts []string) (pages []testPage) {
	for i, text := range texts {
		s := newShop(lists, uint64(i)+1<<41)
		n := note{kind: "good", lang: lang, title: string([]rune(text)[:min(12+s.rng.IntN(20), len([]rune(text)))])}
		n.title = slot.ReplaceAllString(n.title, "")
		for line := range strings.SplitSeq(strings.NewReplacer("{", "(", "}", ")", " / ", ", ", "@", "").Replace(text), "\n") {
			if strings.TrimSpace(line) != "" {
				n.lines = append(n.lines, line)
			}
		}
		s.big = i%2 == 1
		url, page := s.page(n)
		pages = append(pages, testPage{ID: fmt.Sprintf("%s-%d", name, i), Kind: "good", Script: lang, URL: url, HTML: page, batch: "plain"})
	}
	return pages
}

// largeBatch tells batches whose pages were whole sites when they were written.
func largeBatch(batch string) bool {
	return slices.Contains([]string{"fifth", "sixth", "eighth", "ninth", "tenth"}, batch)
}
