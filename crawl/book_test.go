package crawl

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/internal/testkit"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// gave reads a file and returns a line per document and row.
func gave(t testing.TB, p Params) (docs, rows []string, stored int64) {
	t.Helper()
	s, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := s.Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		for d, err := range s.Docs(t.Context(), task, func(r ledgerRow) {
			rows = append(rows, r.Rule+": "+r.Note)
			stored += r.Bytes
		}) {
			if err != nil {
				t.Fatal(err)
			}
			stored += d.Stored
			docs = append(docs, fmt.Sprintf("%s|%s|%s|%s|%s", d.ID, d.Title, d.Date, d.Language, d.Text))
		}
	}
	return docs, rows, stored
}

const modernBook = "The Project Gutenberg eBook of The Mill, by A. Miller\r\n\r\nThis eBook is for the use of anyone anywhere\r\n\r\n" +
	"Title: The Mill\r\n       A Story\r\n\r\nAuthor: A. Miller\r\n\r\nRelease Date: June 17, 2008 [EBook #84]\r\n\r\nLanguage: English\r\n\r\n" +
	"*** START OF THE PROJECT GUTENBERG EBOOK THE MILL ***\r\n\r\nProduced by Nobody\r\nand others\r\n\r\n" + bookBody +
	"\r\n\r\n*** END OF THE PROJECT GUTENBERG EBOOK THE MILL ***\r\n\r\nUpdated editions will replace the previous one. START: FULL LICENSE\r\n"

const bookBody = "THE MILL\r\n\r\n\r\nCHAPTER I. The Frost\r\n\r\n" +
	"The river froze early that year, and the mill stood still until\r\nMarch. Nobody in the village could remember such a winter, and the\r\nbaker ran out of well-\r\nknown flour in the second week.\r\n\r\n" +
	"    The wheel is still,\r\n      the water cold,\r\n    and nobody is old.\r\n\r\n[Illustration: The wheel]\r\n\r\n" +
	"CHAPTER II\r\n\r\nWhen the ice broke, it took the old bridge with it. The council met\r\nthe same night and wrote a letter to the county about the bridge.\r\n"

const bookText = "THE MILL\n\nCHAPTER I. The Frost\n\n" +
	"The river froze early that year, and the mill stood still until March. Nobody in the village could remember such a winter, and the baker ran out of well-known flour in the second week.\n\n" +
	"    The wheel is still,\n      the water cold,\n    and nobody is old.\n\n" +
	"CHAPTER II\n\nWhen the ice broke, it took the old bridge with it. The council met the same night and wrote a letter to the county about the bridge."

// TestBookWordings cuts headers and footers in the wordings since 1991.
func TestBookWordings(t *testing.T) {
	old := "The Project Gutenberg Etext of The Mill, by A. Miller\n\nPlease take a look at the important information in this header.\n\n*SMALL PRINT! Ver.03.17.95*\nTo create these etexts, the Project expends ...\n" +
		"*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n\n\n" + bookBody + "\n\nEnd of The Project Gutenberg Etext of The Mill, by A. Miller\nmore\n"
	middle := strings.ReplaceAll(strings.ReplaceAll(modernBook, "*** START OF THE", "***START OF THIS"), "*** END OF THE PROJECT", "End of the Project")
	twoLines := strings.Replace(modernBook, "EBOOK THE MILL ***", "EBOOK\r\nTHE MILL ***", 1)
	for name, file := range map[string]string{"modern": modernBook, "old": old, "middle": middle, "two lines": twoLines, "bare": bookBody, "mac": strings.ReplaceAll(modernBook, "\r\n", "\r")} {
		p := Defaults()
		p.Source, p.Path = "book", Paths(write(t, "mill.txt", file))
		docs, rows, stored := gave(t, p)
		head := "mill.txt|The Mill: A Story — A. Miller|2008-06-17|en|"
		if name == "old" || name == "bare" {
			head = "mill.txt||||"
		}
		if d := cmp.Diff([]string{head + bookText}, docs); d != "" || rows != nil || stored != int64(len(file)) {
			t.Errorf("%s: %v, %d bytes of %d: %s", name, rows, stored, len(file), d)
		}
	}
}

// TestBookAuto tells a book of Project Gutenberg from other text.
func TestBookAuto(t *testing.T) {
	p := Defaults()
	p.Source, p.Path = "auto", Paths(write(t, "a.txt", gz(modernBook)))
	if docs, _, _ := gave(t, p); len(docs) != 1 || !strings.HasSuffix(docs[0], bookText) {
		t.Errorf("%q", docs)
	}
	p.Path = Paths(write(t, "a.txt", "Hard\nlines stay."))
	if docs, _, _ := gave(t, p); len(docs) != 1 || !strings.HasSuffix(docs[0], "|Hard\nlines stay.") {
		t.Errorf("%q", docs)
	}
}

// TestBookChapters cuts at headings; nothing is counted twice.
func TestBookChapters(t *testing.T) {
	p := Defaults()
	p.Source, p.Path, p.Chapters = "book", Paths(write(t, "mill.txt", modernBook)), true
	docs, _, stored := gave(t, p)
	one, two, _ := strings.Cut(bookText, "\n\nCHAPTER II")
	front, one, _ := strings.Cut(one, "\n\nCHAPTER I.")
	want := []string{
		"mill.txt#1|The Mill: A Story — A. Miller|2008-06-17|en|" + front,
		"mill.txt#2|CHAPTER I. The Frost|2008-06-17|en|CHAPTER I." + one,
		"mill.txt#3|CHAPTER II|2008-06-17|en|CHAPTER II" + two,
	}
	if d := cmp.Diff(want, docs); d != "" || stored != int64(len(modernBook)) {
		t.Errorf("%d bytes of %d: %s", stored, len(modernBook), d)
	}
	sameInRanges(t, p, len(modernBook), 1024, 2000)
}

// TestBookChinese reads Chinese books in three encodings, wrapped and not.
func TestBookChinese(t *testing.T) {
	half := "　　那年河水冻得早，风车一直停到三月。村里没有人记得这样的冬天，\n面包师第二个星期就没有面粉了，他只好向邻村借了两袋粗粮来度日。\n　　冰化的时候，冲走了老桥。议会当天夜里就开会，写信给县里要求修\n桥，可是信一直没有回音。村里的人都说这是多年没有见过的怪事情啊。\n"
	joined := "那年河水冻得早，风车一直停到三月。村里没有人记得这样的冬天，面包师第二个星期就没有面粉了，他只好向邻村借了两袋粗粮来度日。\n\n冰化的时候，冲走了老桥。议会当天夜里就开会，写信给县里要求修桥，可是信一直没有回音。村里的人都说这是多年没有见过的怪事情啊。"
	wrapped := "第一回　风车停了\n\n" + half + half + "\n第二回　修桥\n\n　　春天来了。\n"
	lines := "第一章 风车停了\n那年河水冻得早，风车一直停到三月。\n村里没有人记得这样的冬天，面包师第二个星期就没有面粉了。\n第二章 修桥\n春天来了。\n"
	big, err := traditionalchinese.Big5.NewEncoder().String("第一章 風車停了\n那年河水凍得早，風車一直停到三月。\n村裡沒有人記得這樣的冬天，麵包師第二個星期就沒有麵粉了。\n")
	if err != nil {
		t.Fatal(err)
	}
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(lines)
	if err != nil {
		t.Fatal(err)
	}
	text := "第一章 风车停了\n\n那年河水冻得早，风车一直停到三月。\n\n村里没有人记得这样的冬天，面包师第二个星期就没有面粉了。\n\n第二章 修桥\n\n春天来了。"
	for name, c := range map[string][2]string{
		"wrapped": {wrapped, "第一回　风车停了\n\n" + joined + "\n\n" + joined + "\n\n第二回　修桥\n\n春天来了。"},
		"lines":   {lines, text}, "gbk": {gbk, text},
		"big5": {big, "第一章 風車停了\n\n那年河水凍得早，風車一直停到三月。\n\n村裡沒有人記得這樣的冬天，麵包師第二個星期就沒有麵粉了。"},
	} {
		p := Defaults()
		p.Source, p.Path = "book", Paths(write(t, "b.txt", c[0]))
		docs, rows, stored := gave(t, p)
		if d := cmp.Diff([]string{"b.txt||||" + c[1]}, docs); d != "" || stored != int64(len(c[0])) {
			t.Errorf("%s: %v, %d bytes of %d: %s", name, rows, stored, len(c[0]), d)
		}
	}
}

// TestHeadings tells chapter headings from sentences.
func TestHeadings(t *testing.T) {
	for _, s := range []string{"CHAPTER I", "Chapter 12. The Mill", "BOOK THE FIRST", "Letter 4", "ACT III", "CHAPTER TWENTY-ONE", "PREFACE", "Epilogue", "第一章", "第十二回 宝玉", "第 3 节：水", "楔子", "ADVENTURE I. A SCANDAL IN BOHEMIA"} {
		if !chapterHeading(s) {
			t.Errorf("chapterHeading(%q) = false", s)
		}
	}
	for _, s := range []string{"Chapter and verse were quoted.", "Part of the mill burned.", "I", "", "letter 4", "第一次来的时候", "第二天早上他走了。", "第三部里的人说", "Act of God", "Introduction to the theory of mills"} {
		if chapterHeading(s) {
			t.Errorf("chapterHeading(%q) = true", s)
		}
	}
}

// TestRealBooks reads real books: nothing of Project Gutenberg's own words is
// left, and chapters are found.
func TestRealBooks(t *testing.T) {
	for _, b := range []struct {
		name     string
		chapters int
		first    string
		last     string
	}{
		{"books-en/pg-frankenstein.txt.zst", 28, "Frankenstein,", "lost in darkness and distance."},
		{"books-en/pg-tom_sawyer.txt.zst", 35, "THE ADVENTURES OF TOM SAWYER", "present."},
		{"books-en/pg-sherlock_holmes.txt.zst", 12, "THE ADVENTURES OF SHERLOCK HOLMES", "considerable success."},
		{"books-en/pg-being_ernest.txt.zst", 3, "The Importance of Being Earnest", "TABLEAU"},
		{"books-zh/三国演义.txt.zst", 120, "", ""},
		{"books-zh/红楼梦.txt.zst", 120, "", ""},
	} {
		p := Defaults()
		p.Source, p.Path = "book", Paths(testkit.Data(t, "text", filepath.FromSlash(b.name)))
		docs, rows, _ := gave(t, p)
		if len(docs) != 1 || rows != nil {
			t.Fatalf("%s: %d documents, %v", b.name, len(docs), rows)
		}
		f := strings.SplitN(docs[0], "|", 5)
		text := f[4]
		if strings.Contains(text, "Gutenberg") || !strings.HasPrefix(text, b.first) || !strings.Contains(text[max(0, len(text)-300):], b.last) {
			t.Errorf("%s: %.200q … %q", b.name, text, text[max(0, len(text)-200):])
		}
		p.Chapters = true
		parts, _, _ := gave(t, p)
		t.Logf("%s: %q %s %s, %d parts", b.name, f[1], f[2], f[3], len(parts))
		if n := len(parts); n < b.chapters || n > b.chapters*5/4+4 {
			t.Errorf("%s: %d parts, about %d chapters", b.name, n, b.chapters)
		}
	}
}

func FuzzBook(f *testing.F) {
	f.Add(modernBook)
	f.Add("第一章 甲\n乙\n\n　丙\n")
	f.Add("Project Gutenberg\n***START OF THIS PROJECT GUTENBERG\nx\nEnd of Project Gutenberg")
	f.Fuzz(func(t *testing.T, in string) {
		b := readBook(in)
		whole, _ := b.whole()
		parts, titles := b.split()
		if strings.Join(parts, "\n\n") != strings.Join(whole, "") && !strings.Contains(strings.Join(whole, ""), "\n") || len(parts) != len(titles) {
			t.Fatalf("chapters do not make the book: %q, %q", parts, whole)
		}
	})
}

// zipped makes a zip archive of names and contents in turn.
func zipped(t testing.TB, list ...string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(list); i += 2 {
		h := &zip.FileHeader{Name: list[i], Method: zip.Deflate}
		if list[i] == "mimetype" {
			h.Method = zip.Store
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(list[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const (
	container = `<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`
	opf       = `<?xml version="1.0"?><package version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Mill</dc:title><dc:creator id="c">A. Miller</dc:creator><dc:creator opf:role="ill">B. Drawer</dc:creator><dc:date>2008-06-17T00:00:00Z</dc:date><dc:language>en-GB</dc:language></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/><item id="a" href="Text/two%20words.xhtml" media-type="application/xhtml+xml"/><item id="b" href="b.html" media-type="application/xhtml+xml"/><item id="notes" href="n.html" media-type="application/xhtml+xml"/><item id="css" href="s.css" media-type="text/css"/></manifest>
<spine><itemref idref="nav"/><itemref idref="b"/><itemref idref="css"/><itemref idref="a"/><itemref idref="notes" linear="no"/><itemref idref="b"/></spine></package>`
	chapterA = `<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><style>p{}</style></head><body><h1>Chapter 1</h1><a id="x"/><p>The <i>river</i> froze<br/>early &amp; the <script/>mill stood.</p><ul><li><p>One</p></li><li>Two</li></ul><table><tr><th>Year</th><td><p>1850</p></td></tr><tr><td>a</td><td>b</td></tr></table><pre>x
  y</pre><p><ruby>漢<rt>かん</rt></ruby><![CDATA[<b>]]></p></body></html>`
	chapterB = `<html><body><h2>Preface</h2><div>Words <b>first</b>.</div></body></html>`
	textA    = "Chapter 1\n\nThe river froze\nearly & the mill stood.\n\n- One\n- Two\n\nYear | 1850\na | b\n\nx\n  y\n\n漢(かん)<b>"
)

func mill(t testing.TB, more ...string) string {
	return zipped(t, append([]string{
		"mimetype", "application/epub+zip", "META-INF/container.xml", container, "OEBPS/content.opf", opf, "OEBPS/nav.xhtml", "<p>contents</p>",
		"OEBPS/Text/two words.xhtml", chapterA, "OEBPS/b.html", chapterB, "OEBPS/n.html", "<p>note</p>",
	}, more...)...)
}

// TestEPUB reads a book whole, by chapters, and by its bytes alone.
func TestEPUB(t *testing.T) {
	file := mill(t)
	for _, src := range []string{"epub", "auto"} {
		p := Defaults()
		p.Source, p.Path = src, Paths(write(t, "mill.bin", file))
		docs, rows, stored := gave(t, p)
		want := []string{"mill.bin|The Mill — A. Miller|2008-06-17|en|Preface\n\nWords first.\n\n" + textA}
		if d := cmp.Diff(want, docs); d != "" || rows != nil || stored != int64(len(chapterA)+len(chapterB)) {
			t.Errorf("%v, %d bytes: %s", rows, stored, d)
		}
		p.Chapters = true
		docs, rows, stored = gave(t, p)
		want = []string{"mill.bin#1|Preface|2008-06-17|en|Preface\n\nWords first.", "mill.bin#2|Chapter 1|2008-06-17|en|" + textA}
		if d := cmp.Diff(want, docs); d != "" || rows != nil || stored != int64(len(chapterA)+len(chapterB)) {
			t.Errorf("chapters: %v, %d bytes: %s", rows, stored, d)
		}
		p.Chapters = false
		sameInRanges(t, p, len(file), 1024)
	}
}

// TestEPUBBroken gives rows for books that cannot be read, and the rest of
// those that can.
func TestEPUBBroken(t *testing.T) {
	encryption := func(algorithm, file string) string {
		return `<encryption><EncryptedData><EncryptionMethod Algorithm="` + algorithm + `"/><CipherData><CipherReference URI="` + file + `"/></CipherData></EncryptedData></encryption>`
	}
	whole := mill(t)
	flipped := []byte(whole)
	at := bytes.Index(flipped, []byte("OEBPS/b.html")) + 20
	flipped[at] ^= 0xff
	for name, c := range map[string]struct {
		file string
		docs int
		row  string
	}{
		"cut":             {whole[:len(whole)/2], 0, "damaged: not a readable zip"},
		"chapter damaged": {string(flipped), 1, "damaged: OEBPS/b.html"},
		"encrypted":       {mill(t, "META-INF/encryption.xml", encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/b.html")), 0, "encrypted: The Mill"},
		"rights":          {mill(t, "META-INF/rights.xml", "<x/>"), 0, "encrypted: The Mill"},
		"font obfuscated": {mill(t, "META-INF/encryption.xml", encryption("http://www.idpf.org/2008/embedding", "OEBPS/f.otf")), 1, ""},
		"no container":    {zipped(t, "mimetype", "application/epub+zip", "x", "y"), 0, "damaged: META-INF/container.xml is not in the book"},
		"no package":      {zipped(t, "META-INF/container.xml", container), 0, "damaged: OEBPS/content.opf is not in the book"},
		"no chapters":     {zipped(t, "META-INF/container.xml", container, "OEBPS/content.opf", "<package/>"), 0, "damaged: package document lists no chapters"},
		"other zip":       {zipped(t, "word/document.xml", "<x/>"), 0, "record_type: zip archive of another program"},
		"bomb": {zipped(t, "META-INF/container.xml", container, "OEBPS/content.opf", opf, "OEBPS/b.html", chapterB,
			"OEBPS/Text/two words.xhtml", strings.Repeat("a", 1<<20)), 1, "damaged: OEBPS/Text/two words.xhtml is longer"},
		"missing": {zipped(t, "META-INF/container.xml", container, "OEBPS/content.opf", opf, "OEBPS/b.html", chapterB), 1, "damaged: OEBPS/Text/two words.xhtml is not in the book"},
		"empty":   {zipped(t, "META-INF/container.xml", container, "OEBPS/content.opf", opf, "OEBPS/b.html", "<img/>", "OEBPS/Text/two words.xhtml", ""), 0, "record_type: book without text"},
	} {
		p := Defaults()
		p.Source, p.Path, p.MaxBody = "auto", Paths(write(t, "x", c.file)), 1<<16
		docs, rows, _ := gave(t, p)
		if len(docs) != c.docs || (len(rows) > 0) != (c.row != "") || len(rows) > 0 && !strings.HasPrefix(rows[0], c.row) {
			t.Errorf("%s: %q, %q; want %d documents, %q", name, docs, rows, c.docs, c.row)
		}
	}
}

func FuzzEPUB(f *testing.F) {
	f.Add([]byte(mill(f)))
	f.Add([]byte(zipped(f, "META-INF/container.xml", container, "OEBPS/content.opf", opf, "OEBPS/b.html", "<li/><td><p>")))
	f.Fuzz(func(t *testing.T, file []byte) {
		anyRange(t, "epub", file, int64(len(file)/3)+1)
	})
}

// FuzzPackage reads package documents and chapters, which lie compressed in
// books where a fuzzer hardly gets.
func FuzzPackage(f *testing.F) {
	f.Add([]byte(opf))
	f.Add([]byte(container))
	f.Add([]byte(chapterA))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p bookPackage
		p.read(b, "OEBPS")
		for _, name := range p.spine {
			if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "..") {
				t.Fatalf("%q leads out of the book", name)
			}
		}
		encrypted(b)
		var m bookMemory
		out := printer{tree: m.parser.Parse(openTags(b))}
		out.print()
		if strings.Contains(string(out.out), "\n\n\n\n") && !bytes.Contains(b, []byte("\n")) {
			t.Fatalf("%q", out.out)
		}
	})
}

// TestColumns reads archives whose columns have other names.
func TestColumns(t *testing.T) {
	lines := `{"article":{"body":"One","meta":{"when":"2020-01-02","n":7}},"head":"T","link":"http://a.example/","a.b":"dotted","parts":["x","y"],"text":"no"}
{"article":{"body":null},"head":"T2","parts":[]}
{"article":{"body":["p1","p2"]},"who":[{"id":"w1"}],"metadata":{"head":"nested"}}
`
	p := Defaults()
	p.Source, p.Path = "jsonl", Paths(write(t, "x.jsonl", lines))
	p.TextColumn, p.TitleColumn, p.DateColumn, p.IDColumn, p.URLColumn = "article.body", "head", "article.meta.when", "article.meta.n", "link"
	docs, rows, _ := gave(t, p)
	want := []string{"7|T|2020-01-02||One", "x.jsonl:3|nested|||p1\np2"}
	if d := cmp.Diff(want, docs); d != "" || len(rows) != 1 || rows[0] != "damaged: no field article.body" {
		t.Errorf("%q: %s", rows, d)
	}
	p.TextColumn, p.IDColumn = "a.b", "who.0.id"
	if docs, _, _ := gave(t, p); len(docs) != 1 || !strings.HasSuffix(docs[0], "|dotted") {
		t.Errorf("%q", docs)
	}
	p.TextColumn = "parts"
	if docs, _, _ := gave(t, p); len(docs) != 2 || !strings.HasSuffix(docs[0], "|x\ny") {
		t.Errorf("%q", docs)
	}
	sameInRanges(t, p, len(lines), 10, 100)
}

// TestParquetColumns does the same for Parquet.
func TestParquetColumns(t *testing.T) {
	type doc struct {
		Article struct {
			Body string `parquet:"body"`
		} `parquet:"article"`
		Parts []string `parquet:"parts,list"`
		Head  string   `parquet:"head"`
	}
	d := doc{Parts: []string{"x", "y"}, Head: "T"}
	d.Article.Body = "One"
	name := filepath.Join(t.TempDir(), "x.parquet")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeParquet(f, []doc{d}); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for column, text := range map[string]string{"article.body": "One", "parts": "x\ny"} {
		p := Defaults()
		p.Source, p.Path, p.TextColumn, p.TitleColumn = "auto", Paths(name), column, "head"
		docs, rows, _ := gave(t, p)
		if diff := cmp.Diff([]string{"x.parquet:1|T|||" + text}, docs); diff != "" || rows != nil {
			t.Errorf("%s: %q: %s", column, rows, diff)
		}
	}
}
