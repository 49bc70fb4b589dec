// Package wikidump writes MediaWiki dumps for tests and measurements: articles
// in Chinese and English that hold every construct of wikitext, redirects,
// disambiguation pages, pages of other namespaces and models, and pages whose
// markup is hostile. The wikis and what they tell of are made up. Start with
// [Write]. The same numbers give the same bytes.
package wikidump

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Code stands in every piece of code in the articles. It looks like markup and
// has to come out as it is.
const Code = "m[[i]] = {{1, 2}} // {| <ref>"

// Options say what is written.
type Options struct {
	Chinese  bool
	Pages    int // besides, there are redirects and others
	PerBlock int // pages of a stream; 0 writes plain XML
	Seed     uint64
}

// Totals are what a dump holds.
type Totals struct {
	Articles, Redirects, Disambiguations, OtherNamespaces, OtherModels, Hostile int
}

// A writer makes pages.
type writer struct {
	Options
	rnd  *rand.Rand
	id   int
	done Totals
}

// Write writes a dump, and its index if that is not nil.
func Write(out, index io.Writer, o Options) (Totals, error) {
	w := &writer{Options: o, rnd: rand.New(rand.NewPCG(o.Seed, 1))}
	at := int64(0)
	emit := func(s string) error {
		b := []byte(s)
		if o.PerBlock > 0 {
			b = Compress(nil, b, 9)
		}
		n, err := out.Write(b)
		at += int64(n)
		return err
	}
	if err := emit(w.head()); err != nil {
		return w.done, err
	}
	for n := 0; n < o.Pages; {
		var part, list bytes.Buffer
		for range max(1, o.PerBlock) {
			if n++; n > o.Pages {
				break
			}
			title, page := w.page(n)
			part.WriteString(page)
			fmt.Fprintf(&list, "%d:%d:%s\n", at, w.id, title)
		}
		if index != nil {
			if _, err := index.Write(list.Bytes()); err != nil {
				return w.done, err
			}
		}
		if err := emit(part.String()); err != nil {
			return w.done, err
		}
	}
	return w.done, emit("</mediawiki>\n")
}

func (w *writer) head() string {
	lang, name, files, cats := "en", "enwiki", "File", "Category"
	if w.Chinese {
		lang, name, files, cats = "zh", "zhwiki", "文件", "分类"
	}
	return fmt.Sprintf(`<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="%s">
  <siteinfo>
    <sitename>Wiki</sitename>
    <dbname>%s</dbname>
    <base>https://%s.wiki.example/wiki/Main_Page</base>
    <generator>MediaWiki 1.43</generator>
    <case>first-letter</case>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="1" case="first-letter">Talk</namespace>
      <namespace key="6" case="first-letter">%s</namespace>
      <namespace key="10" case="first-letter">Template</namespace>
      <namespace key="14" case="first-letter">%s</namespace>
    </namespaces>
  </siteinfo>
`, lang, name, lang, files, cats)
}

// page makes the next page: an article, or every so often something else.
func (w *writer) page(n int) (title, xml string) {
	w.id = 10 + n*3
	title = w.word() + fmt.Sprint(" ", n)
	ns, model, redirect, text := 0, "wikitext", "", ""
	switch {
	case n%11 == 3:
		redirect = `    <redirect title="` + w.word() + "\" />\n"
		text = "#REDIRECT [[" + w.word() + "]]"
		w.done.Redirects++
	case n%17 == 5:
		text = "'''" + title + "''' may be:\n* [[" + w.word() + "]]\n{{disambiguation}}"
		if w.Chinese {
			text = "'''" + title + "'''可以指：\n* [[" + w.word() + "]]\n{{消歧义}}"
		}
		w.done.Disambiguations++
	case n%19 == 7:
		ns, title, text = 10, "Template:"+title, "<noinclude>doc</noinclude>{{{1|}}}"
		w.done.OtherNamespaces++
	case n%23 == 9:
		model, text = "json", `{"a": [[1]]}`
		w.done.OtherModels++
	case n%29 == 11:
		text = w.hostile(n)
		w.done.Hostile++
	default:
		text = w.article(title)
		w.done.Articles++
	}
	return title, fmt.Sprintf(`  <page>
    <title>%s</title>
    <ns>%d</ns>
    <id>%d</id>
%s    <revision>
      <id>%d</id>
      <parentid>%d</parentid>
      <timestamp>20%02d-%02d-%02dT12:00:00Z</timestamp>
      <contributor><username>Nobody</username><id>9</id></contributor>
      <comment>&lt;page&gt; in a comment</comment>
      <model>%s</model>
      <format>text/x-wiki</format>
      <text bytes="%d" xml:space="preserve">%s</text>
      <sha1>0</sha1>
    </revision>
  </page>
`, escape(title), ns, w.id, redirect, n*7, n*7-1, 10+n%15, 1+n%12, 1+n%28, model, len(text), escape(text))
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// hostile makes a page that asks much of a parser.
func (w *writer) hostile(n int) string {
	pieces := []string{"{{a|", "[[a|", "{{", "[[", "{|\n|", "<ref>", "<ref name=", "-{zh-hans:a;", "''", "<!--", "}}", "]]", "|}", "{{{", "[http://a ", "<nowiki>", "==", "\n*#", "<poem>"}
	if n%2 == 0 {
		return strings.Repeat(pieces[w.rnd.IntN(len(pieces))], 3000)
	}
	var b strings.Builder
	for range 4000 {
		b.WriteString(pieces[w.rnd.IntN(len(pieces))])
	}
	return b.String()
}
