package crawl

import (
	"bytes"
	"crypto/sha1"
	"encoding/base32"
	"encoding/hex"
)

// badDigest compares the digests a record states with its bytes, and returns
// what is wrong, or "". Digests other than SHA-1 are not checked, nor those of
// blocks that were cut.
func badDigest(rec *record) string {
	if int64(len(rec.block)) != rec.length {
		return ""
	}
	if !sameDigest(rec.digest, rec.block) {
		return "block digest does not match"
	}
	if len(rec.payload) > 0 && is(rec.typ, "response") && rec.isHTTP() && len(rec.cut) == 0 {
		// Crawlers differ in whether the payload is taken before or after the
		// chunked coding is undone; either will do.
		var r response
		r.parse(rec.block)
		if sameDigest(rec.payload, r.body) {
			return ""
		}
		if r.chunked {
			if body, ok := dechunk(bytes.Clone(r.body)); ok && sameDigest(rec.payload, body) {
				return ""
			}
		}
		return "payload digest does not match"
	}
	return ""
}

// sameDigest reports whether stated is no SHA-1 digest, or that of b, in base
// 32 or hexadecimal.
func sameDigest(stated, b []byte) bool {
	if !hasPrefix(stated, "sha1:") {
		return true
	}
	want := make([]byte, 0, sha1.Size)
	switch value := bytes.ToUpper(stated[5:]); len(value) {
	case base32.StdEncoding.EncodedLen(sha1.Size):
		raw, err := base32.StdEncoding.DecodeString(string(value))
		if err != nil {
			return false
		}
		want = raw
	case hex.EncodedLen(sha1.Size):
		raw, err := hex.DecodeString(string(value))
		if err != nil {
			return false
		}
		want = raw
	default:
		return true
	}
	sum := sha1.Sum(b)
	return bytes.Equal(sum[:], want)
}
