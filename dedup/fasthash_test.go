package dedup

import (
	"slices"
	"testing"

	"feilun"
)

// FuzzHashMixed compares the hashes of tokens with the tokens themselves, and
// rolled shingles with shingles computed one by one.
func FuzzHashMixed(f *testing.F) {
	for _, s := range []string{"", "Hello, World", "今天ABC天气。good！", "É\u0130 x\x00y\u3000z", "\xe4\xb8 \xff\xe4", "abcdefghijklmnopq 12345678"} {
		f.Add(s)
	}
	s := newSplitter()
	f.Fuzz(func(t *testing.T, text string) {
		var buf tokens
		check := func(name string, hashes []uint64) {
			var want []uint64
			for i := range buf.ends {
				want = append(want, hashToken(string(buf.span(i, 1))))
			}
			if !slices.Equal(hashes, want) {
				t.Errorf("%s(%q) has %d hashes, or others, than its %d tokens", name, text, len(hashes), len(want))
			}
		}
		buf.reset(true)
		s.mixed(text, &buf)
		check("hashMixed", s.hashMixed(text, nil))
		for i := range buf.ends {
			if len(buf.span(i, 1)) == 0 {
				t.Errorf("token %d of %q is empty", i, text)
			}
		}
		hashes := s.hashMixed(text, nil)
		for n := 1; n <= min(5, len(hashes)); n++ {
			all := roll(hashes, n, nil)
			for i := range all {
				if one := roll(hashes[i:i+n], n, nil); one[0] != all[i] {
					t.Fatalf("shingle %d of %q = %d, want %d", i, text, all[i], one[0])
				}
			}
		}
		buf.reset(false)
		s.characters(text, &buf)
		check("hashCharacters", s.hashCharacters(text, nil))
		d := &feilun.Doc{Text: text, Language: "en"}
		for _, by := range []string{"words", "treebank"} {
			buf.reset(true)
			s.datatrove(d, by, &buf)
			check(by, s.hashWords(d, by, nil))
		}
	})
}
