package charset

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path"
	"sort"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"feilun/internal/testkit"
)

// files returns the files of a .tar.zst of real data by name.
func files(tb testing.TB, elem ...string) map[string][]byte {
	tb.Helper()
	f, err := os.Open(testkit.Data(tb, elem...))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	defer z.Close()
	all := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			tb.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			tb.Fatal(err)
		}
		all[strings.TrimPrefix(h.Name, "./")] = b
	}
}

// family maps names of encodings that decode alike, or of which one is the
// other's superset, to one name.
func family(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	if i := strings.LastIndexByte(name, '-'); i > 0 && len(name)-i > 5 && name[i+1] >= 'a' && strings.Contains(name, "-") && name[i-1] >= '0' && name[i-1] <= '9' {
		name = name[:i] // windows-1251-russian
	}
	switch name {
	case "utf-16", "utf-16be":
		return "utf-16le"
	case "utf-32", "utf-32be":
		return "utf-32le"
	case "gb2312", "gbk", "gb18030":
		return "gb18030"
	case "big5hkscs", "big5-hkscs":
		return "big5"
	case "cp949", "uhc", "johab":
		return "euc-kr"
	case "cp932", "shift-jis":
		return "shift_jis"
	case "ascii", "utf-8-sig", "utf8":
		return "utf-8"
	case "cp1251":
		return "windows-1251"
	case "iso-8859-1":
		return "windows-1252"
	case "iso-8859-9":
		return "windows-1254"
	case "tis-620":
		return "windows-874"
	case "maccyrillic":
		return "x-mac-cyrillic"
	case "macroman":
		return "macintosh"
	}
	return name
}

// mute spoils the declarations in a page, so that only its text speaks.
func mute(body []byte) []byte {
	b := bytes.Clone(body)
	for i := range b[:min(len(b), prescan)] {
		for _, word := range []string{"charset", "encoding"} {
			if i+len(word) <= len(b) && strings.EqualFold(string(b[i:i+len(word)]), word) {
				b[i] = 'x'
			}
		}
	}
	return b
}

func TestPublishedSet(t *testing.T) {
	all := files(t, "charset", "chardet.tar.zst")
	type tally struct{ right, all int }
	by := map[string]*tally{}
	total, muted := tally{}, 0
	for s := bufio.NewScanner(bytes.NewReader(all["chardet/index.jsonl"])); s.Scan(); {
		var want struct {
			File     string
			Expected string `json:"expected_encoding"`
		}
		if err := json.Unmarshal(s.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		body, ok := all[path.Join("chardet", want.File)]
		if !ok {
			t.Fatalf("%s is not in the set", want.File)
		}
		name, why := Detect(body, "")
		if by[want.Expected] == nil {
			by[want.Expected] = &tally{}
		}
		by[want.Expected].all++
		total.all++
		if n, _ := Detect(mute(body), ""); alike(body, n, want.Expected) {
			muted++
		} else {
			t.Logf("%s without its declaration: %s", want.File, n)
		}
		if alike(body, name, want.Expected) {
			by[want.Expected].right++
			total.right++
		} else {
			t.Logf("%s: %s by %s", want.File, name, why)
		}
	}
	names := make([]string, 0, len(by))
	for n := range by {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		t.Logf("%-14s %d of %d", n, by[n].right, by[n].all)
		if f := family(n); (f == "big5" || f == "gb18030") && by[n].right != by[n].all {
			t.Errorf("%s: %d of %d right, want all", n, by[n].right, by[n].all)
		}
	}
	t.Logf("all: %d of %d right; %d without declarations", total.right, total.all, muted)
	if total.right < 213 || muted < 212 {
		t.Errorf("%d right, %d without declarations; it was 213 and 212", total.right, muted)
	}
}

// alike reports whether an encoding found gives the text that the expected one
// gives.
func alike(body []byte, name, want string) bool {
	if family(name) == family(want) || nextHigh(body, 0) == len(body) && narrow(name) && family(want) == "utf-8" {
		return true
	}
	a, b := encodingOf(name), encodingOf(family(want))
	if a == nil || b == nil {
		return false
	}
	x, errX := a.NewDecoder().Bytes(body)
	y, errY := b.NewDecoder().Bytes(body)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// truth is one line of the truth of the docs-zh-en crawl.
type truth struct {
	URI, Kind, Lang string
	Offset, Length  int64
	BodyEncoding    string  `json:"body_encoding"`
	Zh              float64 `json:"zh_letter_share"`
}

// response reads the HTTP response in a gzip member of a WARC.
func response(tb testing.TB, f *os.File, want truth) (body []byte, contentType string) {
	tb.Helper()
	z, err := gzip.NewReader(io.NewSectionReader(f, want.Offset, want.Length))
	if err != nil {
		tb.Fatal(err)
	}
	z.Multistream(false)
	record, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	_, payload, _ := bytes.Cut(record, []byte("\r\n\r\n"))
	payload = bytes.TrimSuffix(payload, []byte("\r\n\r\n"))
	head, _, _ := bytes.Cut(payload, []byte("\r\n\r\n"))
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(payload)), nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil && len(body) == 0 { // a chunked header over a decoded body
		body = payload[len(head)+4:]
	}
	if resp.Header.Get("Content-Encoding") == "gzip" && bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		g, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			tb.Fatal(err)
		}
		body, _ = io.ReadAll(g)
	}
	return body, resp.Header.Get("Content-Type")
}

func TestCrawl(t *testing.T) {
	f, err := os.Open(testkit.Data(t, "warc", "docs-zh-en.warc.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var d Decoder
	right, n, replaced, muted := 0, 0, 0, 0
	for s := bufio.NewScanner(bytes.NewReader(testkit.ReadZstd(t, testkit.Data(t, "warc", "docs-zh-en.truth.jsonl.zst")))); s.Scan(); {
		var want truth
		if err := json.Unmarshal(s.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		if want.BodyEncoding == "" {
			continue
		}
		body, contentType := response(t, f, want)
		text, name, why := d.Decode(body, contentType)
		if !utf8.Valid(text) {
			t.Errorf("%s: decoded text is not UTF-8", want.URI)
		}
		ok := family(name) == family(want.BodyEncoding) || nextHigh(body, 0) == len(body) && narrow(name)
		if want.BodyEncoding == "utf-8" {
			if !ok {
				t.Errorf("%s: %s by %s, want utf-8", want.URI, name, why)
			}
			continue
		}
		n++
		if name, _ := Detect(mute(body), ""); alike(body, name, want.BodyEncoding) || nextHigh(body, 0) == len(body) {
			muted++
		} else {
			t.Logf("%s without its declaration: %s, want %s", want.URI, name, want.BodyEncoding)
		}
		if want.Lang == "zh" && !readsChinese(text) {
			ok = false
		}
		if bytes.Contains(text, []byte("\uFFFD")) {
			replaced++
		}
		if ok {
			right++
		} else {
			t.Logf("%s: %s by %s, want %s", want.URI, name, why, want.BodyEncoding)
		}
	}
	t.Logf("%d of %d records that are not UTF-8 decoded right, %d without declarations; %d hold U+FFFD", right, n, muted, replaced)
	if right < n*99/100 || muted < n*99/100 {
		t.Errorf("%d of %d right, %d without declarations, want 99 %%", right, n, muted)
	}
}

// readsChinese reports text whose characters beyond ASCII are mostly Han.
func readsChinese(text []byte) bool {
	han, letters := 0, 0
	for _, r := range string(text) {
		if r >= 0x80 && unicode.IsLetter(r) {
			letters++
			if unicode.Is(unicode.Han, r) {
				han++
			}
		}
	}
	return han*10 >= letters*8
}

func TestUndeclaredGB18030(t *testing.T) {
	for _, set := range []string{"zh-handmade", "zh-netease-gbk"} {
		var d Decoder
		n := 0
		for name, body := range files(t, "extraction", set+".tar.zst") {
			if !strings.HasSuffix(name, ".html") {
				continue
			}
			text, enc, why := d.Decode(body, "")
			want := "gb18030"
			if utf8.Valid(body) {
				want = "utf-8"
			}
			if enc != want || !readsChinese(text) {
				t.Errorf("%s: %s by %s, want %s", name, enc, why, want)
			}
			n++
		}
		t.Logf("%s: %d pages", set, n)
	}
}
