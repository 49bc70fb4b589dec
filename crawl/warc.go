package crawl

import "bytes"

// warcFormat reads WARC 0.17 to 1.1, leniently.
type warcFormat struct{}

func (warcFormat) starts(b []byte) bool {
	b = bytes.TrimLeft(b, "\r\n")
	return len(b) >= 8 && hasPrefix(b, "warc/") && digit(b[5]) && b[6] == '.'
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func (warcFormat) separator() []byte { return []byte("\r\n\r\n") }

func (warcFormat) find(b []byte, from int) int {
	for i := from; ; {
		k := bytes.Index(b[i:], []byte("WARC/"))
		if k < 0 {
			return -1
		}
		i += k
		if versionLine(b[i:]) {
			return i
		}
		i += 5
	}
}

// versionLine reports whether b starts with "WARC/1.0", a line end, and a field
// that a WARC header may have, as far as b goes.
func versionLine(b []byte) bool {
	if len(b) < 8 || !digit(b[5]) || b[6] != '.' || !digit(b[7]) {
		return false
	}
	i := 8
	for i < len(b) && i < 12 && blank(b[i]) {
		i++
	}
	b = b[i:]
	return i > 8 && (hasPrefix(b, "warc-") || hasPrefix(b, "content-")) || len(b) < 8
}

func (warcFormat) header(b []byte, rec *record) (int, int64) {
	n := headerEnd(b)
	if n < 0 {
		return -1, -1
	}
	length := int64(-1)
	f := fields{rest: b[bytes.IndexByte(b, '\n')+1 : n]}
	for {
		name, value, ok := f.next()
		if !ok {
			return n, length
		}
		if len(name) < 8 || len(name) > 19 {
			continue
		}
		if name[0]|0x20 == 'c' {
			if is(name, "content-length") {
				if v, ok := asciiDigits(value); ok {
					length = v
				}
			} else if is(name, "content-type") {
				rec.ctype = value
			}
			continue
		}
		rec.set(name, value)
	}
}

// set stores a WARC-… field.
func (rec *record) set(name, value []byte) {
	switch {
	case is(name, "warc-type"):
		rec.typ = value
	case is(name, "warc-record-id"):
		rec.id = value
	case is(name, "warc-target-uri"):
		rec.url = value
	case is(name, "warc-date"):
		rec.date = value
	case is(name, "warc-truncated"):
		rec.cut = value
	case is(name, "warc-payload-digest"):
		rec.payload = value
	case is(name, "warc-block-digest"):
		rec.digest = value
	}
}
