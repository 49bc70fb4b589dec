package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/ledger"

	"github.com/google/go-cmp/cmp"
)

// A client talks to a server as the page does.
type client struct {
	t       *testing.T
	s       *Server
	web     *httptest.Server
	key     string
	address string
}

// newClient serves the run in dir until the test ends.
func newClient(t *testing.T, dir string, tools Tools) *client {
	t.Helper()
	c := &client{t: t}
	s, err := NewServer(dir, tools, func(url string) { c.address = url })
	if err != nil {
		t.Fatal(err)
	}
	c.s = s
	ctx, stop := context.WithCancel(context.Background())
	s.loadModels()
	s.refresh(ctx)
	<-s.build.ended
	c.web = httptest.NewServer(s.handler(ctx))
	s.origin = c.web.URL
	s.newToken()
	c.key, _ = s.open(c.address[strings.Index(c.address, "=")+1:])
	t.Cleanup(func() {
		stop()
		c.web.Close()
		s.close()
	})
	return c
}

// ask sends a request and returns status and body.
func (c *client) ask(method, path string, body any, change func(*http.Request)) (int, http.Header, string) {
	c.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequest(method, c.web.URL+path, bytes.NewReader(b))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set(keyHeader, c.key)
	if change != nil {
		change(r)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}

func get[T any](c *client, path string) T {
	c.t.Helper()
	var v T
	status, _, body := c.ask("GET", path, nil, nil)
	if status != http.StatusOK {
		c.t.Fatalf("%s: %d %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		c.t.Fatal(err)
	}
	return v
}

func (c *client) doc(n int) docView {
	return get[docView](c, fmt.Sprintf("/api/doc?gen=%s&n=%d", c.s.current().gen, n))
}

func TestListen(t *testing.T) {
	for _, a := range []string{"127.0.0.1:0", "[::1]:0", "localhost:0", "127.0.0.2:0"} {
		l, err := Listen(a)
		if err != nil {
			if a == "[::1]:0" {
				continue // a machine without IPv6
			}
			t.Errorf("%s: %v", a, err)
			continue
		}
		l.Close()
	}
	for _, a := range []string{"0.0.0.0:0", ":0", "192.168.1.1:0", "[::]:0", "example.org:80", "127.0.0.1", "127.0.0.1.example.org:0"} {
		l, err := Listen(a)
		if err == nil {
			l.Close()
		}
		if !hint.IsUsage(err) || hint.Of(err) == "" {
			t.Errorf("%s: %v is no usage error with a hint", a, err)
		}
	}
}

// TestChecks holds the server to answer nobody but its page.
func TestChecks(t *testing.T) {
	c := newClient(t, writeRun(t, smallRun(), smallRows()), Tools{})
	own := strings.TrimPrefix(c.web.URL, "http://")
	_, port, _ := net.SplitHostPort(own)
	for _, tt := range []struct {
		name, method, path string
		change             func(*http.Request)
		status             int
	}{
		{"page", "GET", "/", nil, 200},
		{"page by name", "GET", "/", func(r *http.Request) { r.Host = "localhost:" + port }, 200},
		{"state", "GET", "/api/state", nil, 200},
		{"rebound name", "GET", "/", func(r *http.Request) { r.Host = "evil.example:" + port }, 421},
		{"rebound name, key", "GET", "/api/state", func(r *http.Request) { r.Host = "evil.example" }, 421},
		{"other port", "GET", "/api/state", func(r *http.Request) { r.Host = "127.0.0.1:1" }, 421},
		{"no key", "GET", "/api/state", func(r *http.Request) { r.Header.Del(keyHeader) }, 403},
		{"wrong key", "GET", "/api/export?what=labels", func(r *http.Request) { r.Header.Set(keyHeader, c.key+"x") }, 403},
		{"no key for labels", "POST", "/api/label", func(r *http.Request) { r.Header.Del(keyHeader) }, 403},
		{"other origin", "POST", "/api/label", func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403},
		{"null origin", "POST", "/api/train", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"cross site", "POST", "/api/session", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"link from another page", "GET", "/", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 200},
		{"labels by GET", "GET", "/api/label", nil, 405},
		{"model page without ticket", "GET", "/model.html", nil, 403},
		{"no such file", "GET", "/../labels.jsonl", nil, 404},
		{"token again", "POST", "/api/session", nil, 403},
	} {
		status, header, body := c.ask(tt.method, tt.path, map[string]string{"token": c.address[strings.Index(c.address, "=")+1:]}, tt.change)
		if status != tt.status {
			t.Errorf("%s: status %d, want %d: %.100s", tt.name, status, tt.status, body)
		}
		if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", tt.name, csp)
		}
	}
}

// TestTokenTold holds a used token to bring a new address.
func TestTokenTold(t *testing.T) {
	c := newClient(t, writeRun(t, smallRun(), smallRows()), Tools{})
	first := c.address
	if _, ok := c.s.open("guess"); ok || c.address != first {
		t.Error("a new address at once, or a guess let in")
	}
	c.s.told = time.Now().Add(-time.Hour)
	if _, ok := c.s.open(first[strings.Index(first, "=")+1:]); ok || c.address == first {
		t.Error("a used token was let in, or no new address told")
	}
	if _, ok := c.s.open(c.address[strings.Index(c.address, "=")+1:]); !ok {
		t.Error("the new token was refused")
	}
}

// TestInspectorContained holds the page to load nothing but its own files and
// to make no markup out of text.
func TestInspectorContained(t *testing.T) {
	for _, name := range []string{"inspector.html", "inspector.css", "inspector.js", "inspector_strings.js"} {
		b, err := inspectorFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, re := range []string{`innerHTML`, `outerHTML`, `insertAdjacent`, `document\.write`, `\beval\(`, `https?://[a-z]`, `@import`, `url\(`, ` style="`, ` on[a-z]+="`} {
			if m := regexp.MustCompile(re).FindString(strings.ReplaceAll(string(b), "http://www.w3.org/2000/svg", "")); m != "" {
				t.Errorf("%s has %q", name, m)
			}
		}
	}
}

// TestInspectorStrings holds each language to have each string, with the same
// values, and the page to ask for no other.
func TestInspectorStrings(t *testing.T) {
	b, err := inspectorFiles.ReadFile("inspector_strings.js")
	if err != nil {
		t.Fatal(err)
	}
	langs := map[string]map[string]string{}
	lang := ""
	entry := regexp.MustCompile(`(\w+): "((?:[^"\\]|\\.)*)"`)
	for _, line := range strings.Split(string(b), "\n") {
		if m := regexp.MustCompile(`^  "?([\w-]+)"?: \{$`).FindStringSubmatch(line); m != nil {
			lang = m[1]
			langs[lang] = map[string]string{}
			continue
		}
		for _, m := range entry.FindAllStringSubmatch(line, -1) {
			langs[lang][m[1]] = m[2]
		}
	}
	values := regexp.MustCompile(`\{\w\}`)
	for _, l := range []string{"zh-CN", "zh-TW"} {
		for key, s := range langs["en"] {
			a, b := values.FindAllString(s, -1), values.FindAllString(langs[l][key], -1)
			slices.Sort(a)
			slices.Sort(b)
			if langs[l][key] == "" || !slices.Equal(a, b) {
				t.Errorf("%s: %s is %q, in English %q", l, key, langs[l][key], s)
			}
		}
		if len(langs[l]) != len(langs["en"]) {
			t.Errorf("%s has %d strings, English %d", l, len(langs[l]), len(langs["en"]))
		}
	}
	for _, name := range []string{"inspector.html", "inspector.js"} {
		b, err := inspectorFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:\bt\("|data-t="|data-t-label="|data-t-place=")(\w+)"`).FindAllStringSubmatch(string(b), -1) {
			if langs["en"][m[1]] == "" {
				t.Errorf("%s asks for the string %q", name, m[1])
			}
		}
	}
}

// inspectRows are cuts and drops of documents of smallRun's corpus.
func inspectRows() []ledger.Row {
	at := func(n int64) feilun.Record { return feilun.Record{File: "a.warc.gz", Offset: n} }
	return []ledger.Row{
		{Record: at(1), Stage: "crawl", Rule: "record_type", Note: "request"},
		{ID: "zh-1", URL: "http://pages.example/zh", Record: at(2), Stage: "filter", Filter: "lines", Rule: "share", Cut: true, Start: 0, End: 9, Bytes: 9, Sample: "广告\n\n\n"},
		{ID: "x", URL: "http://shop.example/x", Record: at(3), Stage: "filter", Filter: "stuffed", Rule: "max_word", Value: 0.5, Limit: 0.2, Note: "watch", Language: "en", Bytes: 40, Sample: "Watch this watch and that WATCH"},
		{URL: "", Record: at(4), Stage: "language", Rule: "keep", Note: "fr", Language: "fr", Bytes: 4, Sample: "Non."},
		{ID: "q", URL: "http://shop.example/q", Record: at(5), Stage: "quality", Filter: "gpt3", Rule: "alpha", Value: 0.25, Limit: 0.9, Language: "en", Bytes: 12, Sample: "Buy it now"},
	}
}

func TestListAndDocument(t *testing.T) {
	dir := writeRun(t, smallRun(), inspectRows())
	var recalled []ledger.Row
	c := newClient(t, dir, Tools{Recall: func(_ context.Context, rows []ledger.Row, each func(int, *feilun.Doc, error)) error {
		recalled = append(recalled, rows...)
		each(0, &feilun.Doc{ID: rows[0].ID, Text: "Watch this watch and that WATCH, watchmaker"}, nil)
		return nil
	}})
	for _, tt := range []struct {
		query string
		want  string // ids
	}{
		{"", "x a.warc.gz@4 q zh-1 en-1"}, {"state=kept", "zh-1 en-1"}, {"state=dropped", "x a.warc.gz@4 q"}, {"state=cut", "zh-1"},
		{"stage=filter", "x zh-1"}, {"stage=filter&filter=lines&rule=share", "zh-1"}, {"rule=max_word", "x"}, {"rule=nothing", ""},
		{"lang=zh", "zh-1"}, {"lang=fr", "a.warc.gz@4"}, {"lang=xx", ""}, {"host=shop.example", "x q"}, {"host=-", "a.warc.gz@4 en-1"},
		{"q=WATCH", "x"}, {"q=shop.example", "x q"}, {"q=旧书店", "zh-1"}, {"min=0.2", "q"}, {"max=0.1", ""}, {"order=near&limit=0.3&count=1", "q"},
		{"label=good", ""}, {"label=none&from=1&count=2", "a.warc.gz@4 q"}, {"from=100", ""},
	} {
		a := get[answer](c, "/api/list?"+tt.query)
		var ids []string
		for _, d := range a.Docs {
			ids = append(ids, d.ID)
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.query, got, tt.want)
		}
	}
	a := get[answer](c, "/api/list?stage=filter&hosts=SHOP")
	if d := cmp.Diff(facet{{"cut", 1}, {"dropped", 1}, {"kept", 1}}, a.States); d != "" {
		t.Error(d)
	}
	if len(a.Rules) != 4 || len(a.Hosts) != 1 {
		t.Errorf("rules %v, hosts %v: own filters should not narrow a facet", a.Rules, a.Hosts)
	}
	if s, _, _ := c.ask("GET", "/api/list?min=x", nil, nil); s != 400 {
		t.Errorf("a bad number gives %d", s)
	}
	v := c.doc(3)
	want := []segment{{Text: "广告\n\n\n", Kind: cutOut, Rule: "lines.share"}, {Text: "河边的旧书店下雨天也开门。"}}
	if d := cmp.Diff(want, v.Segments); d != "" {
		t.Error(d)
	}
	v = c.doc(0)
	if v.Whole || v.Where != markNote || len(v.Segments) != 5 {
		t.Errorf("the dropped document: %+v", v)
	}
	whole := get[docView](c, "/api/text?n=0&gen="+c.s.current().gen)
	if !whole.Whole || whole.From != "source" || len(recalled) != 1 || len(whole.Segments) != 8 {
		t.Errorf("from the source: %+v", whole)
	}
	if s, _, _ := c.ask("GET", "/api/doc?n=0&gen=old", nil, nil); s != 409 {
		t.Errorf("a number of another list gives %d", s)
	}
	if s, _, _ := c.ask("GET", "/api/doc?n=99&gen="+c.s.current().gen, nil, nil); s != 500 && s != 400 {
		t.Errorf("a number too high gives %d", s)
	}
}

func TestLabelsKept(t *testing.T) {
	dir := writeRun(t, smallRun(), inspectRows())
	a, b := newClient(t, dir, Tools{}), newClient(t, dir, Tools{})
	label := func(c *client, n int, word string) {
		t.Helper()
		if s, _, body := c.ask("POST", "/api/label", map[string]any{"n": n, "gen": c.s.current().gen, "label": word}, nil); s != 200 {
			t.Fatal(s, body)
		}
	}
	label(a, 0, "good")
	label(b, 1, "bad")
	label(a, 3, "bad")
	label(b, 3, "good")
	label(a, 0, "none")
	for _, c := range []*client{a, b} { // two inspectors on one run
		if got := get[state](c, "/api/state").Labels; got.Good != 1 || got.Bad != 1 {
			t.Errorf("counts %+v", got)
		}
	}
	if got := get[answer](b, "/api/list?label=any"); got.Found != 2 {
		t.Errorf("%d labelled", got.Found)
	}
	// A process that was killed leaves half a line.
	f, err := os.OpenFile(LabelsName(dir), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"id":"torn","la`)
	f.Close()
	label(a, 0, "bad")
	all, err := Labels(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range all {
		got = append(got, l.ID+" "+l.Label+" "+l.URL)
	}
	want := []string{"x bad http://shop.example/x", "a.warc.gz@4 bad ", "zh-1 good http://pages.example/zh"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if s := get[state](b, "/api/state"); s.Labels.Odd != 1 {
		t.Errorf("%d odd lines", s.Labels.Odd)
	}
	if s, _, _ := a.ask("POST", "/api/label", map[string]any{"n": 0, "gen": a.s.current().gen, "label": "so-so"}, nil); s == 200 {
		t.Error("a label of another word was taken")
	}
}

// TestLabelsTogether holds labels of many at once to be all there.
func TestLabelsTogether(t *testing.T) {
	name := filepath.Join(t.TempDir(), "labels.jsonl")
	var wg sync.WaitGroup
	for w := range 4 {
		l, err := openLabels(name)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for i := range 20 {
				if err := l.set(fmt.Sprint(w, "-", i), "", "good", time.Now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	l, err := openLabels(name)
	if err != nil || len(l.rows()) != 80 || l.bad != 0 {
		t.Errorf("%d labels, %d bad lines, %v", len(l.rows()), l.bad, err)
	}
}

func TestTraining(t *testing.T) {
	dir := writeRun(t, smallRun(), inspectRows())
	var sides [2]int
	page := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(page, []byte("<p>about the model"), 0o666); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, dir, Tools{Kinds: []string{"gpt3"}, Train: func(_ context.Context, kind, out string, good, bad []*feilun.Doc) (*Trained, error) {
		sides = [2]int{len(good), len(bad)}
		if len(good) == 0 || len(bad) == 0 {
			return nil, hint.Usage(hint.With(fmt.Errorf("too few"), "label more"))
		}
		m := &Model{Name: "m", Kind: kind, Limit: 0.5, Score: func(d *feilun.Doc) float64 { return 1 / float64(1+len(d.Text)) },
			Explain: func(*feilun.Doc, int) []Feature { return []Feature{{"watch", 3, -1}} }}
		return &Trained{Model: m, File: out, Page: page, Kind: kind, Good: len(good), Bad: len(bad)}, nil
	}})
	train := func() trainState {
		if s, _, body := c.ask("POST", "/api/train", map[string]string{"kind": "gpt3"}, nil); s != 200 {
			t.Fatal(s, body)
		}
		<-c.s.train.ended
		return get[state](c, "/api/state").Train
	}
	if got := train(); got.Error != "too few" || got.Hint != "label more" {
		t.Errorf("without labels: %+v", got)
	}
	for n, word := range []string{"bad", "bad", "bad", "good", "good"} {
		c.ask("POST", "/api/label", map[string]any{"n": n, "gen": c.s.current().gen, "label": word}, nil)
	}
	if err := c.s.labels.set("elsewhere", "", "good", time.Now()); err != nil {
		t.Fatal(err)
	}
	got := train()
	if got.Last == nil || sides != [2]int{2, 3} || got.Missing != 1 || got.Short != 2 {
		t.Errorf("sides %v, %+v", sides, got)
	}
	<-c.s.scoring.ended
	a := get[answer](c, "/api/list?order=high")
	if len(a.Docs) != 5 || a.Docs[0].ID != "a.warc.gz@4" || a.Scores == nil {
		t.Errorf("by score: %+v", a.Docs)
	}
	e := get[[]explanation](c, "/api/explain?n=0&gen="+c.s.current().gen)
	if len(e) != 1 || len(e[0].Segments) != 5 || e[0].Segments[0].Kind != markBad {
		t.Errorf("explained: %+v", e)
	}
	ticket := url.QueryEscape(func() string {
		_, _, body := c.ask("POST", "/api/ticket", nil, nil)
		var v struct{ Ticket string }
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Fatal(err)
		}
		return v.Ticket
	}())
	for i, status := range []int{200, 403} {
		s, h, _ := c.ask("GET", "/model.html?ticket="+ticket, nil, func(r *http.Request) { r.Header.Del(keyHeader) })
		if s != status || i == 0 && !strings.Contains(h.Get("Content-Security-Policy"), "sandbox allow-scripts;") {
			t.Errorf("model page, time %d: %d, %s", i, s, h.Get("Content-Security-Policy"))
		}
	}
	var lines []string
	if err := Export(t.Context(), dir, Tools{}, "good", func(v any) error {
		lines = append(lines, v.(exportedDoc).ID)
		return nil
	}); err != nil || strings.Join(lines, " ") != "zh-1 en-1" {
		t.Errorf("exported %v, %v", lines, err)
	}
	if s, _, body := c.ask("GET", "/api/export?what=texts", nil, nil); s != 200 || strings.Count(body, "\n") != 5 || !strings.Contains(body, `"label":1`) {
		t.Errorf("export: %d %s", s, body)
	}
}
