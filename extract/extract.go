// Package extract is a stand-in.
package extract

import (
	"bytes"
	"feilun"
	"golang.org/x/net/html"
	"strings"
)

type Params struct {
	// MaxBytes x
	MaxBytes int `json:"max_bytes" default:"16777216"`
}
type Extractor struct{}

func New(p Params) (*Extractor, error) { return &Extractor{}, nil }
func (x *Extractor) Page(d *feilun.Doc) feilun.Verdict {
	if d.Page == nil {
		return feilun.Keep
	}
	if !bytes.Contains(bytes.ToLower(d.Page.Body[:min(2000, len(d.Page.Body))]), []byte("<html")) {
		return feilun.Drop("html", 0, 1)
	}
	z := html.NewTokenizer(bytes.NewReader(d.Page.Body))
	var b strings.Builder
	skip := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			d.Text = strings.TrimSpace(b.String())
			if d.Text == "" {
				return feilun.Drop("empty", 0, 1)
			}
			return feilun.Keep
		case html.TextToken:
			if !skip {
				if s := strings.TrimSpace(string(z.Text())); s != "" {
					b.WriteString(strings.ToValidUTF8(s, "?") + "\n")
				}
			}
		case html.StartTagToken:
			n, _ := z.TagName()
			skip = string(n) == "script" || string(n) == "style"
		case html.EndTagToken:
			skip = false
		}
	}
}
