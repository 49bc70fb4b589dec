package extract

import (
	"strings"
	"testing"

	"feilun"
)

func TestFrame(t *testing.T) {
	x := newExtractor(t)
	text := strings.Repeat("The ferry left the harbour at noon, and nobody on board knew how long the crossing would take this time. ", 12)
	body := "<html><body><div class=nav><a href=/>Home</a><a href=/b>Add to bookshelf</a></div><article><p>" + text + "</p></article><footer>Remember our address</footer></body></html>"
	d := &feilun.Doc{URL: "http://a.example/1", Page: &feilun.Page{ContentType: "text/html", Body: []byte(body)}}
	if v := x.Page(d); !v.Kept() {
		t.Fatal(v)
	}
	for _, want := range []string{"Add to bookshelf", "Remember our address"} {
		if !strings.Contains(d.Frame, want) {
			t.Errorf("Frame = %q, want %q in it", d.Frame, want)
		}
	}
	if strings.Contains(d.Frame, "ferry") {
		t.Errorf("Frame = %q holds the main text", d.Frame)
	}
	long := "<html><body>" + strings.Repeat("<div><a href=/x>菜单项目</a></div>", 3000) + "<article><p>" + text + "</p></article></body></html>"
	d = &feilun.Doc{Page: &feilun.Page{ContentType: "text/html; charset=utf-8", Body: []byte(long)}}
	if x.Page(d); len(d.Frame) > frameBytes || !strings.HasPrefix(d.Frame, "菜单") {
		t.Errorf("Frame has %d bytes: %.40q", len(d.Frame), d.Frame)
	}
}
