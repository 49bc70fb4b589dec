package pipeline

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"feilun"
	"feilun/crawl"
	"feilun/extract"
	"feilun/internal/ledger"
	"feilun/internal/params"
	"feilun/internal/testkit"
)

var kindsOut = flag.String("kinds", "", "write the extracted pages that train filter/kinds.bin.zst to filter/testdata/kinds.jsonl.zst and to this folder")

// A testPage is a whole page and the kind it is of.
type testPage struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Script string `json:"script"`
	Lang   string `json:"lang"`
	Status int    `json:"status"`
	URL    string `json:"url"`
	HTML   string `json:"html"`
	batch  string
}

// A kindPage is a page as extraction leaves it: what filter trains on.
type kindPage struct {
	ID, Batch, Kind, Lang, URL, Title, Text string
	Frame                                   string        `json:",omitempty"`
	Layout                                  feilun.Layout `json:",omitzero"`
}

func newTestExtractor(t testing.TB) *extract.Extractor {
	var p extract.Params
	if err := params.Fill(&p); err != nil {
		t.Fatal(err)
	}
	x, err := extract.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (p *testPage) doc() *feilun.Doc {
	status := p.Status
	if status == 0 {
		status = 200
	}
	return &feilun.Doc{ID: p.ID, URL: p.URL, Page: &feilun.Page{Status: status, ContentType: "text/html; charset=utf-8", Body: []byte(p.HTML)}}
}

func (p *testPage) extracted(x *extract.Extractor) (kindPage, bool) {
	d := p.doc()
	if v := x.Page(d); !v.Kept() {
		return kindPage{}, false
	}
	return kindPageOf(d, p.ID, p.batch, p.Kind, p.Script), true
}

func kindPageOf(d *feilun.Doc, id, batch, kind, lang string) kindPage {
	return kindPage{id, batch, kind, lang, d.URL, d.Title, d.Text, d.Frame, d.Layout}
}

// kindSteps are the filters whose recall this file measures.
var kindSteps = []string{"soft404", "parked", "stuffed", "mirror"}

// unseen passes pages through extraction, language and the filters of zh-web as
// the pipeline does and prints recall by kind and script, and what was missed.
func unseen(t testing.TB, pages []testPage, verbose bool) (found, total map[string]int) {
	r, err := Load("zh-web")
	if err != nil {
		t.Fatal(err)
	}
	j, err := NewJudge(r)
	if err != nil {
		t.Fatal(err)
	}
	x := newTestExtractor(t)
	found, total = map[string]int{}, map[string]int{}
	any, own := map[string]int{}, map[string]int{}
	for _, p := range pages {
		d := p.doc()
		step, v := "extract", x.Page(d)
		text := d.Text
		if v.Kept() {
			step, v = j.Document(d)
		}
		script := p.Script
		if script == "" {
			script = p.Lang
		}
		for _, key := range []string{p.Kind, p.Kind + " " + script} {
			total[key]++
			if slices.Contains(kindSteps, step) {
				found[key]++
			}
			if step == p.Kind {
				own[key]++
			}
			if !v.Kept() {
				any[key]++
			}
		}
		if bad := p.Kind != "good"; verbose && slices.Contains(kindSteps, step) != bad {
			t.Logf("%s %s %s: %s.%s %.3g/%.3g %q | %q ¦ %.160q", map[bool]string{true: "MISSED", false: "WRONG"}[bad], p.Kind, p.ID, step, v.Rule, v.Value, v.Limit, v.Note, d.Title, text)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(total)) {
		t.Logf("%-18s %4d pages: the four filters drop %4d (%.3f), the filter of the kind %4d; zh-web with all its rules %4d (%.3f)",
			key, total[key], found[key], float64(found[key])/float64(total[key]), own[key], any[key], float64(any[key])/float64(total[key]))
	}
	return found, total
}

// TestUnseenPages measures pages from a file of JSON lines (id, kind, script or
// lang, status, url, html), named by FEILUN_PAGES. Pages of kind "good" must stay.
func TestUnseenPages(t *testing.T) {
	name := os.Getenv("FEILUN_PAGES")
	if name == "" {
		t.Skip("FEILUN_PAGES names no file of pages")
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var pages []testPage
	for line := range bytes.Lines(b) {
		var p testPage
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, p)
	}
	unseen(t, pages, true)
}

// TestOwnPages holds the recall on the pages written for training, in their
// shells, through the whole path.
func TestOwnPages(t *testing.T) {
	found, total := unseen(t, ownPages(t), testing.Verbose())
	for _, kind := range kindSteps {
		if share := float64(found[kind]) / float64(total[kind]); share < 0.97 {
			t.Errorf("%s: %.3f of %d own pages dropped, fewer than 0.97", kind, share, total[kind])
		}
	}
	if share := float64(found["good"]) / float64(total["good"]); share > 0.025 {
		t.Errorf("good: %.3f of %d own pages dropped, more than 0.025", share, total["good"])
	}
}

// TestKindPages writes what filter's training reads: own pages, and good pages
// of real sources, in the half for training and the half that is reported.
func TestKindPages(t *testing.T) {
	if *kindsOut == "" {
		t.Skip("-kinds names no folder")
	}
	x := newTestExtractor(t)
	var own []kindPage
	for _, p := range ownPages(t) {
		if k, ok := p.extracted(x); ok {
			own = append(own, k)
		}
	}
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	writeLines(t, z, own)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(testkit.Root(t), "filter", "testdata", "kinds.jsonl.zst"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, pages := range map[string][]kindPage{"docs": docsPages(t, x), "realweb": realwebPages(t, x), "sets": setPages(t, x), "plain": sentencePages(t, x), "texts": bareTexts(t), "mixed": mixedPages(t, x)} {
		f, err := os.Create(filepath.Join(*kindsOut, name+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		writeLines(t, f, pages)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d pages", name, len(pages))
	}
	t.Logf("own: %d pages, %d bytes", len(own), b.Len())
}

func writeLines(t testing.TB, w io.Writer, pages []kindPage) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, p := range pages {
		if err := e.Encode(p); err != nil {
			t.Fatal(err)
		}
	}
}

// archived extracts the responses of one archive of the test data.
func archived(t testing.TB, x *extract.Extractor, name string, batch func(d *feilun.Doc) string) (pages []kindPage) {
	p := crawl.Defaults()
	p.Path = crawl.Paths(testkit.Data(t, "warc", name))
	source, err := crawl.New(p)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := source.Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		for d, err := range source.Docs(t.Context(), task, func(ledger.Row) {}) {
			if err != nil {
				t.Fatal(err)
			}
			if b := batch(d); b != "" && x.Page(d).Kept() && (d.Page.Status == 200 || d.Page.Status == 0) {
				pages = append(pages, kindPageOf(d, d.URL, b, "good", ""))
			}
		}
	}
	return pages
}

// fitHosts are the packages of docs-zh-en that train: their licences (MPL-2.0
// with Apache-2.0, PSF-2.0) allow it. All others are reported.
var fitHosts = []string{"help.office.example", "help.office-tw.example", "python.docs.example"}

func docsPages(t testing.TB, x *extract.Extractor) []kindPage {
	return archived(t, x, "docs-zh-en.warc.gz", func(d *feilun.Doc) string {
		if slices.Contains(fitHosts, hostOf(d.URL)) {
			return "fit"
		}
		return "report"
	})
}

// realwebPages are the pages with gold text, half of the hosts for training
// where the set's licence allows it, else ("tune") for thresholds alone.
func realwebPages(t testing.TB, x *extract.Extractor) []kindPage {
	sets := map[string]string{}
	for line := range bytes.Lines(testkit.ReadZstd(t, testkit.Data(t, "warc", "realweb-mix.gold.jsonl.zst"))) {
		var row struct {
			URI, Set string
			Gold     struct{ Text string }
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		if row.Gold.Text != "" {
			sets[row.URI] = row.Set
		}
	}
	return archived(t, x, "realweb-mix.warc.gz", func(d *feilun.Doc) string {
		switch {
		case sets[d.URL] == "":
			return ""
		case reportedHost(hostOf(d.URL)):
			return "report"
		}
		return "fit"
	})
}

// reportedHost tells the hosts of real pages that are kept for the report.
func reportedHost(host string) bool {
	return xxh3.HashString(strings.TrimPrefix(host, "www."))%2 == 0
}

// setPages are the pages of extraction sets with a licence that allows training
// (docs/decisions/extractor.md), without those of realweb-mix and its reported hosts.
func setPages(t testing.TB, x *extract.Extractor) (pages []kindPage) {
	crawled := map[string]bool{}
	for line := range bytes.Lines(testkit.ReadZstd(t, testkit.Data(t, "warc", "realweb-mix.gold.jsonl.zst"))) {
		var row struct{ Set, ID string }
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		crawled[row.Set+"/"+row.ID] = true
	}
	for _, set := range []string{"wcxb-dev-a", "wcxb-dev-b", "scrapinghub", "zh-handmade", "zh-netease-gbk", "dragnet", "trafilatura", "readability", "webmainbench"} {
		files := tarFiles(t, testkit.Data(t, "extraction", set+".tar.zst"))
		s := bufio.NewScanner(bytes.NewReader(files[set+"/gold.jsonl"]))
		s.Buffer(nil, 1<<26)
		for s.Scan() {
			var g struct{ ID, File, URL string }
			if err := json.Unmarshal(s.Bytes(), &g); err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(g.URL)
			if err != nil || crawled[strings.TrimSuffix(strings.TrimSuffix(set, "-dev-a"), "-dev-b")+"/"+g.ID] ||
				g.URL != "" && reportedHost(strings.ToLower(u.Hostname())) {
				continue
			}
			d := &feilun.Doc{URL: g.URL, Page: &feilun.Page{Body: files[set+"/"+g.File]}}
			if x.Page(d).Kept() {
				pages = append(pages, kindPageOf(d, set+"/"+g.ID, "fit", "good", ""))
			}
		}
	}
	return pages
}

func tarFiles(t testing.TB, name string) map[string][]byte {
	files := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(testkit.ReadZstd(t, name))); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		b, err2 := io.ReadAll(r)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		files[strings.TrimPrefix(h.Name, "./")] = b
	}
}

// sentencePages are texts that may be trained on in the shells of own pages, as
// good ones: sentences of data/lid (CC-BY), web texts (ODC-BY, MIT), answers in
// Chinese (Apache-2.0), stories and poems out of copyright.
func sentencePages(t testing.TB, x *extract.Extractor) (pages []kindPage) {
	lists, by := wordLists(t), map[string][]string{}
	add := func(made []testPage) {
		for _, p := range made {
			if k, ok := p.extracted(x); ok {
				pages = append(pages, k)
			}
		}
	}
	jsonLines(t, "lid/lingua_sentences", func(row textRow) { by[row.Lang] = append(by[row.Lang], row.Text) })
	add(plainPages(lists, "zh", by["zh"], 500))
	add(plainPages(lists, "en", by["en"], 500))
	for _, f := range []struct{ lang, name string }{
		{"en", "web/en/c4_demo"}, {"en", "quality/en/dclm_majority_data"}, {"en", "quality/en/dclm_agreement_data"},
		{"zh", "sft/alpaca_zh_demo"}, {"zh", "sft/dpo_zh_demo"}, {"zh", "text/books-zh/luxun_呐喊"},
	} {
		var texts []string
		jsonLines(t, f.name, func(row textRow) {
			if text := row.Text + row.Output + row.Chosen.Value; text != "" && (row.Label == nil || *row.Label == 1) {
				texts = append(texts, text)
			}
		})
		add(textPages(lists, f.lang, filepath.Base(f.name), texts))
	}
	var poems []string
	var rows []struct{ Paragraphs []string }
	if err := json.Unmarshal(testkit.ReadZstd(t, testkit.Data(t, "text", "poetry-zh", "poet.tang.0.json.zst")), &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[:200] {
		poems = append(poems, strings.Join(r.Paragraphs, "\n"))
	}
	add(textPages(lists, "hant", "poems", poems))
	return pages
}

// A textRow is a line of one of the sets of texts.
type textRow struct {
	Lang, Text, Output string
	Chosen             struct{ Value string }
	Label              *int
}

func jsonLines(t testing.TB, name string, use func(textRow)) {
	for line := range bytes.Lines(testkit.ReadZstd(t, testkit.Data(t, filepath.FromSlash(name+".jsonl.zst")))) {
		var row textRow
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		use(row)
	}
}

// bareTexts are texts without their page that may be trained on, half of most
// sets; good pages of other shapes than the shells have.
func bareTexts(t testing.TB) (pages []kindPage) {
	add := func(batch, id, title, text string) {
		pages = append(pages, kindPage{ID: id, Batch: batch, Kind: "good", Title: title, Text: text})
	}
	for _, file := range []string{"poet.tang.0.json.zst", "ci.song.0.json.zst"} {
		var rows []struct{ Paragraphs []string }
		if err := json.Unmarshal(testkit.ReadZstd(t, testkit.Data(t, "text", "poetry-zh", file)), &rows); err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			add([]string{"fit", "report"}[i/(len(rows)/2+1)], fmt.Sprint(file, i), "", strings.Join(r.Paragraphs, "\n"))
		}
	}
	for line := range bytes.Lines(testkit.ReadZstd(t, testkit.Data(t, "text", "books-zh", "luxun_呐喊.jsonl.zst"))) {
		var row struct{ ID, Title, Text string }
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		add("fit", "呐喊"+fmt.Sprint(len(pages)), row.Title, row.Text)
	}
	for _, name := range []string{"web/en/c4_demo", "quality/en/dclm_majority_data", "quality/en/dclm_agreement_data", "sft/alpaca_zh_demo", "sft/dpo_zh_demo"} {
		for i, line := range slices.Collect(bytes.Lines(testkit.ReadZstd(t, testkit.Data(t, filepath.FromSlash(name+".jsonl.zst"))))) {
			var row struct {
				Text, Output string
				Chosen       struct{ Value string }
				Label        *int
			}
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatal(err)
			}
			if text := row.Text + row.Output + row.Chosen.Value; text != "" && (row.Label == nil || *row.Label == 1) {
				add([]string{"fit", "report"}[i%2], fmt.Sprint(filepath.Base(name), i), "", text)
			}
		}
	}
	for _, d := range wetDocs(t) {
		if slices.Contains(fitHosts, hostOf(d.URL)) {
			title, text, _ := strings.Cut(d.Text, "\n")
			add("fit", "wet "+d.URL, title, text)
		}
	}
	n := 0
	for line := range bytes.Lines(testkit.ReadZstd(t, testkit.Data(t, "lid", "lingua_sentences.jsonl.zst"))) {
		var row struct{ Lang, Text string }
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		if row.Lang == "zh" || row.Lang == "en" {
			n++
			add("fit", fmt.Sprint("sentence", n), "", row.Text)
		}
	}
	return pages
}

// wetDocs are the texts of docs-zh-en as a plain tag stripper leaves them.
func wetDocs(t testing.TB) (docs []*feilun.Doc) {
	p := crawl.Defaults()
	p.Path = crawl.Paths(testkit.Data(t, "warc", "docs-zh-en.warc.wet.gz"))
	source, err := crawl.New(p)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := source.Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		for d, err := range source.Docs(t.Context(), task, func(ledger.Row) {}) {
			if err != nil {
				t.Fatal(err)
			}
			docs = append(docs, &feilun.Doc{URL: d.URL, Text: d.Text})
		}
	}
	return docs
}

// mixedPages are the written pages once more, with texts of others that may be
// trained on in place of the few written ones: what is copied says nothing.
func mixedPages(t testing.TB, x *extract.Extractor) (pages []kindPage) {
	lists := wordLists(t)
	for _, f := range []struct{ lang, name string }{{"en", "web/en/c4_demo"}, {"zh", "sft/alpaca_zh_demo"}, {"zh", "text/books-zh/luxun_呐喊"}} {
		var texts []string
		jsonLines(t, f.name, func(row textRow) {
			for part := range strings.SplitSeq(row.Text+row.Output, "\n") {
				if part = strings.NewReplacer("{", "(", "}", ")", " / ", ", ").Replace(part); len(part) > 120 {
					texts = append(texts, part)
				}
			}
		})
		for _, text := range texts {
			head := []rune(text)
			lists[f.lang+" title"] = append(lists[f.lang+" title"], string(head[:min(len(head), 8+len(text)%30)]))
		}
		borrowLines(lists, f.lang, texts)
		lists[f.lang+" news"] = append(lists[f.lang+" news"], texts...)
		lists[f.lang+" story"] = append(lists[f.lang+" story"], texts...)
	}
	for i, n := range notes(t) {
		s := newShop(lists, uint64(i)+1<<42)
		count := map[string]int{"mirror": 4, "good": 2, "soft404": 2, "parked": 2, "stuffed": 2}[n.kind]
		large := count
		if n.kind == "good" {
			large = 4
		}
		for k := range count + large {
			s.big = k >= count
			url, page := s.page(n)
			p := testPage{ID: fmt.Sprintf("mixed-%d-%d", i, k), Kind: n.kind, Script: scriptOf[n.lang], URL: url, HTML: page, batch: "mixed " + n.batch}
			if e, ok := p.extracted(x); ok {
				pages = append(pages, e)
			}
		}
	}
	return pages
}
