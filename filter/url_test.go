package filter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/testkit"
)

func ready[T any](t testing.TB, f *T, set func(*T)) *T {
	t.Helper()
	if err := params.Fill(f); err != nil {
		t.Fatal(err)
	}
	if set != nil {
		set(f)
	}
	if err := Prepare(f); err != nil {
		t.Fatal(err)
	}
	return f
}

func writeFiles(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestURL(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"lists/bet/domains":     "# casinos\nBET.example\nplay.casino.co.uk\n10.1.2.3\n",
		"lists/bet/urls":        "mixed.example/poker/\n",
		"lists/ads.domains.txt": "ads.example\n",
		"lists/notes":           "not a list",
		"lists/.git/config":     "not a list either",
		"words/hard":            "#xx\nstripclub\n",
		"words/soft":            "sexy\nadult\nnude\n",
		"words/sub":             "hot mature girls\n",
	})
	f := ready(t, &URL{}, func(f *URL) {
		f.Lists = filepath.Join(dir, "lists")
		f.Words, f.SoftWords, f.Subwords = filepath.Join(dir, "words/hard"), filepath.Join(dir, "words/soft"), filepath.Join(dir, "words/sub")
	})
	for _, tt := range []struct{ url, rule, note string }{
		{"", "", ""},
		{"https://www.bet.example/a", "domain", "bet.example"},
		{"https://deep.er.bet.example:8080/a", "domain", "bet.example"},
		{"https://notbet.example/", "", ""},
		{"https://play.casino.co.uk/x", "subdomain", "play.casino.co.uk"},
		{"https://other.play.casino.co.uk/x", "", ""},
		{"http://user@PLAY.casino.co.uk./x", "subdomain", "play.casino.co.uk"},
		{"http://10.1.2.3/x", "subdomain", "10.1.2.3"},
		{"https://www.mixed.example/poker", "exact", "mixed.example/poker"},
		{"https://www.mixed.example/poker/rules", "", ""},
		{"https://ads.example", "domain", "ads.example"},
		{"https://a.example/the-stripclub.html", "max_words", "stripclub"},
		{"https://a.example/the-Stripclub.html", "", ""}, // case counts, as in datatrove
		{"https://a.example/xx", "", ""},                 // a line that starts with # is a comment
		{"https://a.example/nude-nude", "", ""},
		{"https://a.example/nude/adult", "max_soft_words", "nude"},
		{"https://a.example/HOT_mature-girls1", "max_subwords", "hotmaturegirls"},
		{"://%%%", "", ""},
	} {
		got := f.Clone().Check(&feilun.Doc{URL: tt.url})
		if got.Rule != tt.rule || got.Note != tt.note {
			t.Errorf("Check(%q) = %+v, want rule %q, note %q", tt.url, got, tt.rule, tt.note)
		}
	}
	one := ready(t, &URL{}, func(f *URL) { f.Lists, f.Categories = filepath.Join(dir, "lists"), []string{"ads"} })
	if got := one.Check(&feilun.Doc{URL: "http://bet.example"}); !got.Kept() {
		t.Errorf("category that was not selected: %+v", got)
	}
}

func TestRegisteredDomain(t *testing.T) {
	for _, tt := range []struct{ host, want string }{
		{"a.b.example.com", "example.com"},
		{"me.blogspot.com", "blogspot.com"}, // private suffixes do not count
		{"x.y.com.cn", "y.com.cn"},
		{"com", ""},
		{"127.0.0.1", ""},
		{"[::1]", ""},
		{"www.新闻.中国", "新闻.中国"},
	} {
		if got := registeredDomain(tt.host); got != tt.want {
			t.Errorf("registeredDomain(%q) = %q, want %q", tt.host, got, tt.want)
		}
	}
}

func TestURLAbsentList(t *testing.T) {
	for _, f := range []*URL{{Lists: "no/such"}, {Words: "no/words.txt"}, {Lists: t.TempDir()}, {Lists: t.TempDir(), Categories: []string{"adult"}}} {
		err := Prepare(f)
		if err == nil || !strings.Contains(err.Error(), "University of Toulouse") || hint.Of(err) == "" {
			t.Errorf("Prepare(%+v) = %v, want the list's name and where to get one", f, err)
		}
	}
	if got := ready(t, &URL{}, nil).Check(&feilun.Doc{URL: "http://a.example/sex"}); !got.Kept() {
		t.Errorf("without lists: %+v", got)
	}
}

func TestURLRealLists(t *testing.T) {
	f := ready(t, &URL{}, func(f *URL) {
		f.Lists = testkit.Data(t, "filters", "ut1")
		f.Categories = []string{"gambling", "drogue"}
		f.Words = testkit.Data(t, "filters", "datatrove", "banned_words.txt")
		f.SoftWords = testkit.Data(t, "filters", "datatrove", "soft_banned_words.txt")
		f.Subwords = testkit.Data(t, "filters", "datatrove", "banned_subwords.txt")
	})
	for _, tt := range []struct{ url, rule string }{
		{"http://www.0-casino.info/x", "domain"},
		{"https://astrolabio.net/casino/", "exact"},
		{"https://www.debian.org/doc/", ""},
		{"https://x.example/alaskan-pipeline", "max_subwords"},
	} {
		if got := f.Check(&feilun.Doc{URL: tt.url}); got.Rule != tt.rule {
			t.Errorf("Check(%q) = %+v, want %q", tt.url, got, tt.rule)
		}
	}
	t.Logf("%d domains, %d addresses", len(f.tables.domains), len(f.tables.urls))
}

func FuzzURL(f *testing.F) {
	f.Add("https://user@www.mixed.example:80/poker/?a=b#c")
	f.Add("//[::1]:1/")
	filter := ready(f, &URL{}, func(u *URL) {
		dir := writeFiles(f, map[string]string{"a.domains": "b.example\n", "w": "w\n", "s": "ss\n"})
		u.Lists, u.Words, u.Subwords = dir, filepath.Join(dir, "w"), filepath.Join(dir, "s")
	})
	f.Fuzz(func(t *testing.T, url string) {
		d := &feilun.Doc{URL: url}
		if a, b := filter.Check(d), filter.Clone().Check(d); a != b {
			t.Errorf("Check(%q) = %+v, then %+v", url, a, b)
		}
	})
}

func TestStatus(t *testing.T) {
	f := ready(t, &Status{}, nil)
	for status, rule := range map[int]string{0: "", 200: "", 199: "min_status", 206: "max_status", 404: "max_status", 503: "max_status"} {
		if got := f.Check(&feilun.Doc{Page: &feilun.Page{Status: status}}); got.Rule != rule {
			t.Errorf("status %d: %+v, want %q", status, got, rule)
		}
	}
	if got := f.Check(&feilun.Doc{}); !got.Kept() {
		t.Errorf("no page: %+v", got)
	}
}

func TestRobots(t *testing.T) {
	all := Robots{true, true, true, true}
	for _, tt := range []struct {
		f            Robots
		robots, rule string
	}{
		{Robots{}, "noindex,noarchive,noai,tdm-reservation:1", ""},
		{all, "index,follow", ""},
		{all, "max-snippet:-1, noindex", "noindex"},
		{all, "none", "noindex"},
		{all, "examplebot: noarchive", "noarchive"},
		{all, "noimageai", "noai"},
		{all, "tdm-reservation=1", "tdm_reservation"},
		{all, "tdm-reservation: 0", ""},
		{Robots{Noai: true}, "noindex,noai", "noai"},
		{all, "content-usage=train-ai=n", "noai"},
		{all, "content-usage=search=y,content-usage=train-ai=n;exp=a", "noai"},
		{all, "content-usage=train-ai=n;see=https://a.example/none", "noai"},
		{all, "content-usage=train-ai=y", ""},
		{all, "content-usage=train-genai=n", "noai"},
		{all, "content-usage=search=n", ""},
		{Robots{Noindex: true}, "content-usage=train-ai=n", ""},
	} {
		if got := tt.f.Check(&feilun.Doc{Robots: tt.robots}); got.Rule != tt.rule {
			t.Errorf("Check(%q) with %+v = %+v, want %q", tt.robots, tt.f, got, tt.rule)
		}
	}
}
