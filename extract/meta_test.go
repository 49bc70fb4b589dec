package extract

import (
	"testing"

	"feilun"
)

// TestRobots records what meta tags ask for, behind what headers asked for.
func TestRobots(t *testing.T) {
	x := newExtractor(t)
	for _, tt := range []struct{ header, head, want string }{
		{"", "", ""},
		{"noai", "", "noai"},
		{"", `<META NAME=ROBOTS CONTENT="NoIndex, follow">`, "noindex,follow"},
		{"noai", `<meta name="googlebot" content="noarchive">`, "noai,noarchive"},
		{"", `<meta name="TDM-Reservation" content="1"><meta name=tdm-policy content="https://a.example/P">`, "tdm-reservation=1,tdm-policy=https://a.example/p"},
		{"noai", `<meta name=tdm-reservation content=0>`, "noai,tdm-reservation=0"},
		{"", `<meta name=robots content=" , ">`, ""},
	} {
		d := &feilun.Doc{Robots: tt.header, Page: &feilun.Page{ContentType: "text/html; charset=utf-8", Body: []byte("<html><head>" + tt.head + "</head><body><p>Some words of text.")}}
		if x.Page(d); d.Robots != tt.want {
			t.Errorf("robots of %q, %s = %q, want %q", tt.header, tt.head, d.Robots, tt.want)
		}
	}
}
