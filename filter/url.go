package filter

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
	"golang.org/x/net/publicsuffix"

	"feilun"
)

// URL drops pages by their address, as datatrove's URLFilter does (reference:
// FineWeb): by lists of domains and addresses, and by words in the address.
// Without lists it keeps everything. Instances made by [URL.Clone] share the
// loaded lists.
type URL struct {
	// Lists is a folder of blocklists by category, in the layout of UT1:
	// CATEGORY/domains and CATEGORY/urls, or CATEGORY.domains.txt and
	// CATEGORY.urls.txt; each plain, .gz or .zst. Empty: no lists.
	Lists string `json:"lists" default:""`
	// Categories selects categories of the folder; empty takes all it has.
	Categories []string `json:"categories" default:"[]"`
	// Words is a file of words, one a line, of which an address may hold max_words.
	Words string `json:"words" default:""`
	// SoftWords is a file of words of which an address may hold max_soft_words.
	SoftWords string `json:"soft_words" default:""`
	// Subwords is a file of letter sequences of which an address without its
	// punctuation may hold max_subwords.
	Subwords string `json:"subwords" default:""`
	// Domain drops pages whose registered domain is on a list.
	Domain bool `json:"domain" default:"true"`
	// Subdomain drops pages whose full host name is on a list.
	Subdomain bool `json:"subdomain" default:"true"`
	// Exact drops pages whose whole address is on a list. The scheme, "www."
	// and a final slash do not count, since UT1 leaves them out.
	Exact bool `json:"exact" default:"true"`
	// MaxWords is how many different words of the file words may stand in the
	// address. A word is a run of ASCII letters and digits, and case counts.
	MaxWords int `json:"max_words" default:"0" range:"0.."`
	// MaxSoftWords is how many different words of the file soft_words may.
	MaxSoftWords int `json:"max_soft_words" default:"1" range:"0.."`
	// MaxSubwords is how many of the sequences of the file subwords may.
	MaxSubwords int `json:"max_subwords" default:"0" range:"0.."`
	// IgnoreWWW looks hosts up without a leading "www." as well (DCLM).
	IgnoreWWW bool `json:"ignore_www" default:"false"`
	// FoldCase compares the words of words and soft_words without regard to case (DCLM).
	FoldCase bool `json:"fold_case" default:"false"`
	// Ignored are the characters taken out of an address before subwords are sought; empty takes out all but ASCII letters and digits. DCLM takes out "-.".
	Ignored string `json:"ignored" default:""`

	tables *urlTables
	buf    []byte
	seen   []uint64
}

// urlTables hold hashes (XXH3, 64 bit) in order: 8 bytes an entry, so that the
// 4.6 million domains of UT1 take 37 MB. They are never written after Prepare.
type urlTables struct {
	domains, urls hashSet
	words, soft   hashSet
	subwords      []string
}

type hashSet []uint64

func (h hashSet) has(s string) bool {
	_, ok := slices.BinarySearch(h, xxh3.HashString(s))
	return ok
}

// Clone returns a filter for another goroutine that shares the loaded lists.
func (f *URL) Clone() Filter {
	c := *f
	c.buf, c.seen = nil, nil
	return &c
}

// Check implements [Filter].
func (f *URL) Check(d *feilun.Doc) feilun.Verdict {
	t := f.tables
	if t == nil || d.URL == "" {
		return feilun.Keep
	}
	if v := f.checkLists(d.URL); !v.Kept() {
		return v
	}
	if n, note := f.count(d.URL, t.words); n > f.MaxWords {
		return noted(feilun.Drop("max_words", float64(n), float64(f.MaxWords)), note)
	}
	if n, note := f.count(d.URL, t.soft); n > f.MaxSoftWords {
		return noted(feilun.Drop("max_soft_words", float64(n), float64(f.MaxSoftWords)), note)
	}
	if n, note := f.countSubwords(d.URL); n > f.MaxSubwords {
		return noted(feilun.Drop("max_subwords", float64(n), float64(f.MaxSubwords)), note)
	}
	return feilun.Keep
}

func noted(v feilun.Verdict, note string) feilun.Verdict {
	v.Note = note
	return v
}

func (f *URL) checkLists(url string) feilun.Verdict {
	t := f.tables
	if len(t.domains) > 0 {
		host := hostOf(url)
		if domain := registeredDomain(host); f.Domain && domain != "" && t.domains.has(domain) {
			return noted(feilun.Drop("domain", 1, 0), domain)
		}
		if f.IgnoreWWW {
			host = strings.TrimPrefix(host, "www.")
		}
		if f.Subdomain && host != "" && t.domains.has(host) {
			return noted(feilun.Drop("subdomain", 1, 0), host)
		}
	}
	if f.Exact && len(t.urls) > 0 {
		if bare := bareURL(url); t.urls.has(bare) {
			return noted(feilun.Drop("exact", 1, 0), bare)
		}
	}
	return feilun.Keep
}

// count returns how many different words of the address are in set, and the first.
func (f *URL) count(url string, set hashSet) (n int, first string) {
	if len(set) == 0 {
		return 0, ""
	}
	f.seen = f.seen[:0]
	if f.FoldCase {
		url = strings.ToLower(url)
	}
	for i := 0; i < len(url); {
		start := i
		for i < len(url) && isWordByte(url[i]) {
			i++
		}
		if i == start {
			i++
			continue
		}
		h := xxh3.HashString(url[start:i])
		if _, ok := slices.BinarySearch(set, h); ok && !slices.Contains(f.seen, h) {
			if f.seen = append(f.seen, h); len(f.seen) == 1 {
				first = url[start:i]
			}
		}
	}
	return len(f.seen), first
}

func (f *URL) countSubwords(url string) (n int, first string) {
	if len(f.tables.subwords) == 0 {
		return 0, ""
	}
	f.buf = f.squeeze(f.buf[:0], url)
	for _, s := range f.tables.subwords {
		if containsBytes(f.buf, s) {
			if n++; n == 1 {
				first = s
			}
		}
	}
	return n, first
}

// squeeze appends the form of s in which subwords are sought.
func (f *URL) squeeze(b []byte, s string) []byte {
	if f.Ignored == "" {
		return appendAlnum(b, s)
	}
	for _, c := range strings.ToLower(s) {
		if !strings.ContainsRune(f.Ignored, c) {
			b = utf8.AppendRune(b, c)
		}
	}
	return b
}

func containsBytes(b []byte, s string) bool {
	for i := 0; i+len(s) <= len(b); i++ {
		if b[i] == s[0] && string(b[i:i+len(s)]) == s {
			return true
		}
	}
	return false
}

// appendAlnum appends the ASCII letters and digits of s in lower case.
func appendAlnum(b []byte, s string) []byte {
	for i := range len(s) {
		if isWordByte(s[i]) {
			b = append(b, lowerByte[s[i]])
		}
	}
	return b
}

// hostOf returns the host of an address in lower case, without port, user and
// final dot. An address without scheme starts with its host.
func hostOf(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	url = strings.TrimPrefix(url, "//")
	if i := strings.IndexAny(url, "/?#"); i >= 0 {
		url = url[:i]
	}
	if i := strings.LastIndexByte(url, '@'); i >= 0 {
		url = url[i+1:]
	}
	if i := strings.LastIndexByte(url, ':'); i >= 0 && !strings.HasSuffix(url, "]") {
		url = url[:i]
	}
	return strings.ToLower(strings.TrimSuffix(url, "."))
}

// registeredDomain returns the part of host that a registrar sells, by the
// public suffix list without its private section (as tldextract does by
// default), or "" when host is no more than a suffix, or an IP address.
func registeredDomain(host string) string {
	if host == "" || host[0] == '[' || host[len(host)-1] <= '9' {
		return ""
	}
	suffix, icann := publicsuffix.PublicSuffix(host)
	for !icann {
		_, rest, ok := strings.Cut(suffix, ".")
		if !ok {
			break
		}
		suffix, icann = publicsuffix.PublicSuffix(rest)
	}
	if len(suffix) >= len(host) {
		return ""
	}
	i := strings.LastIndexByte(host[:len(host)-len(suffix)-1], '.')
	return host[i+1:]
}

func bareURL(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	return strings.TrimSuffix(strings.TrimPrefix(url, "www."), "/")
}

// Prepare implements the loading step of [Prepare]: it reads the named lists.
func (f *URL) Prepare() error {
	t := &urlTables{}
	var err error
	if f.Lists != "" {
		err = t.loadLists(f.Lists, f.Categories)
	}
	load := func(name, parameter string, add func(string)) {
		if name != "" && err == nil {
			err = eachLine(name, parameter, add)
		}
	}
	word := func(set *hashSet) func(string) {
		return func(s string) {
			if s = string(appendAlnum(nil, s)); s != "" {
				*set = append(*set, xxh3.HashString(s))
			}
		}
	}
	load(f.Words, "url.words", word(&t.words))
	load(f.SoftWords, "url.soft_words", word(&t.soft))
	load(f.Subwords, "url.subwords", func(s string) {
		if s = string(f.squeeze(nil, s)); s != "" {
			t.subwords = append(t.subwords, s)
		}
	})
	if err != nil {
		return err
	}
	for _, set := range []*hashSet{&t.domains, &t.urls, &t.words, &t.soft} {
		slices.Sort(*set)
		*set = slices.Clip(slices.Compact(*set))
	}
	slices.Sort(t.subwords)
	t.subwords = slices.Compact(t.subwords)
	f.tables = t
	return nil
}

var errNoCategory = errors.New("it holds no CATEGORY/domains or CATEGORY/urls")
