package dedup

import (
	"net/url"
	"slices"
	"strings"
)

// NormalizeURL returns the form in which addresses are compared: scheme,
// "www.", user, default port and fragment go, the host is in lower case, an
// empty path and a trailing slash go, tracking parameters (utm_…, fbclid,
// gclid) go and the others are sorted. An address that cannot be read is
// compared as it stands.
func NormalizeURL(raw string) string {
	raw = strings.TrimSpace(raw)
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	host = strings.TrimPrefix(host, "www.")
	if strings.Contains(host, ":") { // IPv6
		host = "[" + host + "]"
	}
	if p := u.Port(); p != "" && (u.Scheme != "http" || p != "80") && (u.Scheme != "https" || p != "443") {
		host += ":" + p
	}
	var b strings.Builder
	b.WriteString(host)
	b.WriteString(strings.TrimRight(u.EscapedPath(), "/"))
	if q := normalQuery(u.RawQuery); q != "" {
		b.WriteByte('?')
		b.WriteString(q)
	}
	return b.String()
}

func normalQuery(raw string) string {
	if raw == "" {
		return ""
	}
	parts := strings.Split(raw, "&")
	parts = slices.DeleteFunc(parts, func(p string) bool {
		name, _, _ := strings.Cut(p, "=")
		name = strings.ToLower(name)
		return p == "" || strings.HasPrefix(name, "utm_") || name == "fbclid" || name == "gclid"
	})
	slices.Sort(parts)
	return strings.Join(parts, "&")
}
