package crawl

import (
	"bytes"
	"strings"
)

// A response is an HTTP response as stored. Its slices lie in the block.
type response struct {
	status    int
	ctype     []byte
	coding    []byte // Content-Encoding
	chunked   bool
	robots    []byte // lower-case directives joined by ","
	body      []byte
	hasHeader bool
}

// parse reads status line and header fields, leniently: lines may end in LF,
// fields may be folded, the status line may be missing. A block that shows no
// header at all is a body.
func (r *response) parse(block []byte) {
	*r = response{robots: r.robots[:0]}
	n := httpHeader(block)
	r.body = block[n:]
	if n == 0 {
		return
	}
	r.hasHeader = true
	f := fields{rest: block[:n]}
	if hasPrefix(block, "http") {
		r.status = httpStatus(f.line())
	}
	for {
		name, value, ok := f.next()
		if !ok {
			return
		}
		r.set(name, value)
	}
}

func (r *response) set(name, value []byte) {
	if len(name) < 11 || len(value) == 0 {
		return
	}
	switch name[0] | 0x20 {
	case 'c':
		switch {
		case is(name, "content-type"):
			r.ctype = value
		case is(name, "content-encoding"):
			r.coding = value
		case is(name, "content-usage"):
			r.optOut(name, value)
		}
	case 't':
		switch {
		case is(name, "transfer-encoding"):
			r.chunked = r.chunked || bytes.Contains(bytes.ToLower(value), []byte("chunked"))
		case is(name, "tdm-reservation"), is(name, "tdm-policy"):
			r.optOut(name, value)
		}
	case 'x':
		if is(name, "x-robots-tag") {
			r.optOut(nil, value)
		}
	}
}

// optOut adds a directive: the value of X-Robots-Tag as it stands, other
// headers as name=value.
func (r *response) optOut(name, value []byte) {
	for part := range bytes.SplitSeq(value, []byte(",")) {
		part = trim(part)
		if len(part) == 0 {
			continue
		}
		if len(r.robots) > 0 {
			r.robots = append(r.robots, ',')
		}
		if name != nil {
			r.robots = append(append(r.robots, bytes.ToLower(name)...), '=')
		}
		r.robots = append(r.robots, bytes.ToLower(part)...)
	}
}

// httpHeader returns the length of the header block at the start of b, with the
// empty line, or 0 if b does not start with one. A header that is cut short by
// the block's end is all header; one that runs into markup ends there.
func httpHeader(b []byte) int {
	if len(b) == 0 || b[0] == '<' || blank(b[0]) {
		return 0
	}
	known := hasPrefix(b, "http/") || hasPrefix(b, "icy ")
	for i, first := 0, true; ; first = false {
		k := bytes.IndexByte(b[i:], '\n')
		if k < 0 {
			switch {
			case known && i < len(b) && b[i] == '<':
				return i
			case known:
				return len(b)
			}
			return 0
		}
		line := b[i : i+k]
		switch {
		case len(line) == 0 || len(line) == 1 && line[0] == '\r':
			return i + k + 1
		case line[0] == '<':
			return i
		case !known && !fieldLine(line) && !(first && hasPrefix(line, "http")):
			return 0
		}
		i += k + 1
	}
}

// fieldLine reports whether a line can be a header field: a token and a colon,
// or the continuation of one.
func fieldLine(line []byte) bool {
	if line[0] == ' ' || line[0] == '\t' {
		return true
	}
	for i, c := range line {
		switch {
		case c == ':':
			return i > 0
		case c <= ' ' || c >= 0x7f || c == '<' || c == '{' || c == '"':
			return false
		}
	}
	return false
}

// httpStatus returns the first number of three digits in a status line, or 0.
func httpStatus(line []byte) int {
	i := bytes.IndexByte(line, ' ')
	if i < 0 {
		return 0
	}
	code := trim(line[i:])
	if len(code) < 3 || len(code) > 3 && digit(code[3]) {
		return 0
	}
	n, ok := asciiDigits(code[:3])
	if !ok {
		return 0
	}
	return int(n)
}

// codings lists the content codings in the order they were applied.
func codings(header []byte) []string {
	if len(header) == 0 {
		return nil
	}
	var list []string
	for c := range strings.SplitSeq(strings.ToLower(string(header)), ",") {
		if c = strings.TrimSpace(c); c != "" && c != "identity" && c != "none" {
			list = append(list, strings.TrimPrefix(c, "x-"))
		}
	}
	return list
}
