package crawl

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"feilun/internal/wikidump"

	"github.com/google/go-cmp/cmp"
)

// wiki makes a dump.
func wiki(t testing.TB, o wikidump.Options) (string, wikidump.Totals) {
	t.Helper()
	var out bytes.Buffer
	totals, err := wikidump.Write(&out, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), totals
}

// leftover returns markup that is left in a text beside code.
func leftover(text string) string {
	text = strings.ReplaceAll(text, wikidump.Code, "")
	for _, s := range []string{"[[", "{{", "{|", "<ref", "\x7f", "\x01", "\x02"} {
		if strings.Contains(text, s) {
			return s
		}
	}
	return ""
}

// TestDump reads multistream dumps of 1,400 pages, of which more than 1,000 are
// articles, with every construct and hostile pages.
func TestDump(t *testing.T) {
	articles := 0
	for _, zh := range []bool{false, true} {
		file, want := wiki(t, wikidump.Options{Chinese: zh, Pages: 700, PerBlock: 50, Seed: 7})
		articles += want.Articles
		p := Defaults()
		p.Source, p.Path = "auto", Paths(write(t, "x.xml.bz2", file))
		s, err := New(p)
		if err != nil {
			t.Fatal(err)
		}
		tasks, err := s.Tasks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rules, ids, docs := map[string]int{}, map[string]bool{}, 0
		for _, task := range tasks {
			for d, err := range s.Docs(t.Context(), task, func(r ledgerRow) { rules[r.Rule]++ }) {
				if err != nil {
					t.Fatal(err)
				}
				docs++
				if s := leftover(d.Text); s != "" {
					t.Errorf("%s: %q is left: %.300q", d.ID, s, d.Text)
				}
				lang := map[bool]string{false: "en", true: "zh"}[zh]
				if ids[d.ID] || !strings.HasPrefix(d.ID, lang+"wiki:") || d.Title == "" || d.Language != lang || len(d.Date) != 10 || !strings.HasPrefix(d.URL, "https://"+lang+".wiki.example/wiki/") {
					t.Errorf("document %+v", d)
				}
				ids[d.ID] = true
			}
		}
		empty := rules[RuleRecordType]
		delete(rules, RuleRecordType)
		wantRules := map[string]int{"redirects": want.Redirects, "disambiguation": want.Disambiguations, "namespaces": want.OtherNamespaces, "models": want.OtherModels}
		if d := cmp.Diff(wantRules, rules); d != "" || docs+empty != want.Articles+want.Hostile || empty > want.Hostile {
			t.Errorf("%d documents, %d without text, want %+v; rules: %s", docs, empty, want, d)
		}
	}
	if articles < 1000 {
		t.Errorf("%d articles, want at least 1,000", articles)
	}
}

// TestDumpRanges reads dumps stored in all ways, in ranges of several sizes.
func TestDumpRanges(t *testing.T) {
	plain, _ := wiki(t, wikidump.Options{Pages: 120, Seed: 5})
	multi, _ := wiki(t, wikidump.Options{Pages: 120, PerBlock: 7, Seed: 5})
	single := string(wikidump.Compress(nil, []byte(plain), 1))
	var cut []byte // streams that end anywhere
	for b := []byte(plain); len(b) > 0; {
		n := min(len(b), 9973)
		cut = wikidump.Compress(cut, b[:n], 9)
		b = b[n:]
	}
	var first result
	for i, c := range []struct{ name, content string }{
		{"plain", plain}, {"multistream", multi}, {"single stream", single}, {"streams inside pages", string(cut)}, {"gzip", gz(plain)}, {"zstd", zst(plain)},
	} {
		p := Defaults()
		p.Source, p.Path = "mediawiki", Paths(write(t, "x.data", c.content))
		n := len(c.content)
		got := sameInRanges(t, p, n, n/3, n/11, n/40+1)
		if got.damaged > 0 || got.docs < 60 {
			t.Errorf("%s: %d documents, %d damaged", c.name, got.docs, got.damaged)
		}
		var ids []string
		for _, l := range got.lines { // without offsets
			f := strings.Fields(l)
			ids = append(ids, f[0]+" "+f[1]+" "+f[4])
		}
		if got.lines = ids; i == 0 {
			first = got
		} else if d := cmp.Diff(first.lines, got.lines); d != "" {
			t.Errorf("%s differs from plain: %s", c.name, d)
		}
	}
}

// TestDumpDamage damages blocks: pages elsewhere stay, ranges agree, and every
// loss is a row.
func TestDumpDamage(t *testing.T) {
	plain, _ := wiki(t, wikidump.Options{Pages: 150, Seed: 6})
	multi, _ := wiki(t, wikidump.Options{Pages: 150, PerBlock: 10, Seed: 6})
	single := string(wikidump.Compress(nil, []byte(plain), 1))
	for name, content := range map[string]string{"multi": multi, "single": single} {
		p := Defaults()
		p.Source, p.Path = "mediawiki", Paths(write(t, "x", content))
		whole := readAll(t, p)
		for at := len(content) / 7; at < len(content); at += len(content) / 4 {
			bad := []byte(content)
			bad[at] ^= 0x10
			p.Path = Paths(write(t, "x", string(bad)))
			got := sameInRanges(t, p, len(bad), len(bad)/5, len(bad)/17)
			if got.damaged == 0 || got.docs >= whole.docs || got.docs < whole.docs/2 {
				t.Errorf("%s, byte %d: %d documents of %d, %d damaged", name, at, got.docs, whole.docs, got.damaged)
			}
		}
		p.Path = Paths(write(t, "x", content[:len(content)*2/3]))
		if got := sameInRanges(t, p, len(content), len(content)/5); got.damaged == 0 || got.docs < whole.docs/3 {
			t.Errorf("%s, cut: %d documents, %d damaged", name, got.docs, got.damaged)
		}
		p.Path = Paths(write(t, "x", content+"garbage"))
		if got := sameInRanges(t, p, len(content), len(content)/5); got.damaged != 1 || got.docs != whole.docs {
			t.Errorf("%s, garbage: %d documents, %d damaged", name, got.docs, got.damaged)
		}
	}
}

const dumpHead = `<mediawiki xml:lang="en"><siteinfo><dbname>w</dbname><base>http://w.example/wiki/Main</base></siteinfo>`

func dumpPage(id int, title, text string) string {
	return fmt.Sprintf("<page><title>%s</title><ns>0</ns><id>%d</id><revision><timestamp>2020-01-02T03:04:05Z</timestamp><text>%s</text></revision></page>\n", title, id, text)
}

// TestDumpPages reads pages that are wrong, too long, or odd.
func TestDumpPages(t *testing.T) {
	long := strings.Repeat("words ", 400)
	file := dumpHead + dumpPage(1, "A &amp; B?", "One [[two]] &amp;amp; &lt;b&gt;three&lt;/b&gt;") +
		"<page><title>No end</title><id>2</id><revision><text>lost</text></revision>" + dumpPage(3, "C", "Kept") +
		"<page><title>No id</title><revision><text>x</text></revision></page>" +
		"stray words" + dumpPage(4, "D", long+long) + dumpPage(5, "E", "#redirect [[A]]") +
		"<page><title>History</title><id>6</id><revision><timestamp>2019-01-01T00:00:00Z</timestamp><text>old</text></revision><revision><timestamp>2021-01-01T00:00:00Z</timestamp><text>new</text></revision></page>" +
		"<page><title>Empty</title><id>7</id><revision><text bytes=\"0\" /></revision></page>" +
		"<page><title>Deleted</title><id>8</id><revision><text deleted=\"deleted\" /></revision></page>" +
		"</mediawiki>\n" + dumpHead + dumpPage(9, "Second dump", "text") + "<page><title>Cut"
	p := Defaults()
	p.Source, p.Path, p.MaxBody = "mediawiki", Paths(write(t, "x", file)), 2000
	var got []string
	s, _ := New(p)
	tasks, _ := s.Tasks(t.Context())
	for _, task := range tasks {
		for d, err := range s.Docs(t.Context(), task, func(r ledgerRow) { got = append(got, r.Rule+": "+r.ID+" "+r.Note) }) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, d.ID+"|"+d.URL+"|"+d.Title+"|"+d.Date+"|"+d.Text)
		}
	}
	want := []string{
		"w:1|http://w.example/wiki/A_%26_B%3F|A & B?|2020-01-02|One two & three",
		"damaged:  page has no end",
		"w:3|http://w.example/wiki/C|C|2020-01-02|Kept",
		"damaged:  page without id or text",
		"damaged:  text between pages",
		"max_body: w:4 ",
		"redirects: w:5 ",
		"w:6|http://w.example/wiki/History|History|2021-01-01|new",
		"record_type: w:7 page without text",
		"record_type: w:8 page without text",
		"w:9|http://w.example/wiki/Second_dump|Second dump|2020-01-02|text",
		"damaged:  page is cut off",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	sameInRanges(t, p, len(file), 1, 7, 100, 1000)
}

// TestDumpParams keeps what is dropped by default.
func TestDumpParams(t *testing.T) {
	file := dumpHead + dumpPage(1, "A", "#REDIRECT [[B]]") + dumpPage(2, "C (disambiguation)", "[[C]]") +
		strings.Replace(dumpPage(3, "Talk:A", "{|\n| a || b\n|}\n== See also ==\n-{zh-hans:简;zh-hant:繁}-"), "<ns>0", "<ns>1", 1) +
		strings.Replace(dumpPage(4, "A.json", "[[1]]"), "<text>", "<model>json</model><text>", 1)
	p := Defaults()
	p.Source, p.Path = "mediawiki", Paths(write(t, "x", file))
	p.Namespaces, p.Models, p.Redirects, p.Disambiguation, p.Tables, p.Appendices, p.Variant = []int{0, 1}, []string{"wikitext", "json"}, true, true, false, true, "zh-hant"
	s, _ := New(p)
	tasks, _ := s.Tasks(t.Context())
	var got []string
	for d := range s.Docs(t.Context(), tasks[0], func(r ledgerRow) { t.Errorf("%+v", r) }) {
		got = append(got, d.Text)
	}
	if d := cmp.Diff([]string{"1. REDIRECT B", "C", "See also\n\n繁", "[[1]]"}, got); d != "" {
		t.Error(d)
	}
}

// TestDumpIndex passes over the index of a multistream dump, and refuses 7z.
func TestDumpIndex(t *testing.T) {
	index := "616:10:Mill\n616:12:Mill: a story\n"
	for _, src := range []string{"auto", "mediawiki"} {
		for _, content := range []string{index, string(wikidump.Compress(nil, []byte(index), 9))} {
			p := Defaults()
			p.Source, p.Path = src, Paths(write(t, "x", content))
			if got := readAll(t, p); got.docs != 0 || got.types["index of a multistream dump"] != 1 {
				t.Errorf("%s: %d documents, %v", src, got.docs, got.types)
			}
		}
	}
	p := Defaults()
	p.Source = "auto"
	if _, err := Count(t.Context(), write(t, "x.7z", "7z\xbc\xaf\x27\x1c and more"), p); err == nil || !strings.Contains(err.Error(), "7z") {
		t.Errorf("Count of a 7z file = %v, want an error", err)
	}
}

// TestBzip2Lines reads JSON lines in bzip2.
func TestBzip2Lines(t *testing.T) {
	p := Defaults()
	p.Source, p.Path = "auto", Paths(write(t, "x.bz2", string(wikidump.Compress(nil, []byte(jsonLines), 1))))
	if got := readAll(t, p); got.docs != 3 || got.damaged != 3 {
		t.Errorf("%d documents, %d damaged; want 3, 3", got.docs, got.damaged)
	}
}

func FuzzDump(f *testing.F) {
	f.Add([]byte(dumpHead+dumpPage(1, "A", "x")+"<page>"+dumpPage(2, "B", "&lt;ref&gt;")), uint16(20))
	f.Add([]byte("<page><title>a</title>"+dumpPage(1, "A", "")+"x</mediawiki>"), uint16(3))
	f.Add(wikidump.Compress(nil, []byte(dumpHead+dumpPage(1, "A", "x")), 1), uint16(9))
	two := wikidump.Compress(nil, []byte(dumpHead+dumpPage(1, "A", "x")+"<page><ti"), 1)
	f.Add(wikidump.Compress(two, []byte("tle>B</title><id>1</id><text>t</text></page>"), 1), uint16(9))
	f.Fuzz(func(t *testing.T, file []byte, size uint16) {
		if len(file) > 1<<16 {
			return
		}
		anyRange(t, "mediawiki", file, int64(size)+int64(len(file)/20)+1)
	})
}
