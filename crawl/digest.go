package crawl

import (
	"bytes"
	"crypto/sha1"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"strings"
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
// 32, base 64 or hexadecimal.
func sameDigest(stated, b []byte) bool {
	if !hasPrefix(stated, "sha1:") {
		return true
	}
	value := stated[5:]
	var want []byte
	var err error
	switch len(value) {
	case base32.StdEncoding.EncodedLen(sha1.Size):
		want, err = base32.StdEncoding.DecodeString(string(bytes.ToUpper(value)))
	case hex.EncodedLen(sha1.Size):
		want, err = hex.DecodeString(string(value))
	case base64.StdEncoding.EncodedLen(sha1.Size):
		want, err = base64.StdEncoding.DecodeString(strings.NewReplacer("_", "/", "-", "+").Replace(string(value)))
	default:
		return true
	}
	sum := sha1.Sum(b)
	return err == nil && bytes.Equal(sum[:], want)
}
