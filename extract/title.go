package extract

import (
	"bytes"
	"net/url"
	"strings"

	"feilun/internal/html"
)

// separators part a page's title from its site's name.
var separators = [...]string{" | ", " – ", " — ", " - ", " :: ", " » ", " « ", " · ", " • ", "｜", "_", " : ", "--", "-"}

// title returns the page's title: the h1 that the title element or og:title
// repeats, else these without the site's name.
func (x *Extractor) title() string {
	m := &x.meta
	for i := range x.blocks {
		b := &x.blocks[i]
		if b.tag != html.H1 {
			continue
		}
		text := x.buf[b.from:b.to]
		if m.heading == nil {
			m.heading = text
		}
		if len(text) > 3 && (bytes.Contains(m.title, text) || bytes.Contains(m.ogTitle, text)) && !bytes.EqualFold(text, m.site) {
			return string(text)
		}
	}
	for _, t := range [...][]byte{m.ogTitle, m.title, m.heading} {
		if len(t) > 0 {
			return string(x.bare(t))
		}
	}
	return ""
}

// bare cuts the site's name off a title: the last or first part when it is the
// declared name of the site, else a last part that is clearly shorter.
func (x *Extractor) bare(t []byte) []byte {
	if site := x.meta.site; len(site) > 0 {
		for _, sep := range separators {
			if rest, ok := bytes.CutSuffix(t, append([]byte(sep), site...)); ok && len(rest) > 0 {
				return bytes.TrimSpace(rest)
			}
			if rest, ok := bytes.CutPrefix(t, append(bytes.Clone(site), sep...)); ok && len(rest) > 0 {
				return bytes.TrimSpace(rest)
			}
		}
	}
	for _, sep := range separators {
		at := bytes.LastIndex(t, []byte(sep))
		if at < 0 || strings.Trim(sep, "-") == "" && lastRune(t) < 0x3400 {
			continue
		}
		head, tail := bytes.TrimSpace(t[:at]), bytes.TrimSpace(t[at+len(sep):])
		if len(head) >= 2*len(tail) && len(bytes.Fields(tail)) <= 5 && len(head) >= 8 {
			return x.bare(head)
		}
	}
	return t
}

// resolve makes an address absolute; "" when it is not http or https.
func resolve(base *url.URL, ref string) string {
	u, err := url.Parse(strings.TrimSpace(ref))
	if err != nil {
		return ""
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

// addresses fills Canonical and, when asked for, Links: distinct, in order.
func (x *Extractor) addresses(address string) (canonical string, links []string) {
	base, err := url.Parse(address)
	if err != nil || !base.IsAbs() {
		base = nil
	}
	for _, s := range [...][]byte{x.meta.canonical, x.meta.ogURL} {
		if canonical = resolve(base, string(s)); canonical != "" && len(s) > 0 {
			break
		}
		canonical = ""
	}
	if len(x.meta.base) > 0 {
		if b := resolve(base, string(x.meta.base)); b != "" {
			base, _ = url.Parse(b)
		}
	}
	seen := map[string]bool{}
	for _, h := range x.hrefs {
		if len(h) > 2048 || len(h) == 0 || h[0] == '#' {
			continue
		}
		if l := resolve(base, string(h)); l != "" && !seen[l] {
			seen[l] = true
			links = append(links, l)
		}
	}
	return canonical, links
}
