package dedup

import (
	"crypto/sha1"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

func TestPermutationVectors(t *testing.T) {
	tw := newTwister(1)
	if x, y := tw.uint32(), tw.uint32(); x != 1791095845 || y != 4282876139 {
		t.Errorf("first draws = %d, %d, want 1791095845, 4282876139", x, y)
	}
	a, b := permutations(1, 112)
	for _, v := range []struct {
		name      string
		got, want uint64
	}{
		{"a[0]", a[0], 775169054918279404}, {"a[1]", a[1], 1758426461858698313},
		{"a[2]", a[2], 2109959069025162}, {"a[3]", a[3], 965365488286768774},
		{"a[111]", a[111], 223865076026037746},
		{"b[0]", b[0], 1062448801025099917}, {"b[1]", b[1], 1324811268927594100},
		{"b[2]", b[2], 1217488311597731462}, {"b[3]", b[3], 100775521383383736},
		{"b[111]", b[111], 1097409548522419201},
	} {
		if v.got != v.want {
			t.Errorf("%s = %d, want %d", v.name, v.got, v.want)
		}
	}
}

// TestSignatureVectors holds the signatures that datatrove computes.
func TestSignatureVectors(t *testing.T) {
	const quick = "the quick brown fox jumps over the lazy dog and runs away"
	for _, v := range []struct {
		hash, text string
		shingles   []uint64
		at         int
		want       []uint64
	}{
		{"xxh64", "hello world this is a", []uint64{5996669178479991792}, 0, []uint64{642117093451155917, 258886721182307814, 439957974904237544, 1286920163211395675, 686030588927138693, 368248903219471326, 2024700539823725897, 984111620414946154}},
		{"sha1", "hello world this is a", []uint64{14697906677949786365}, 0, []uint64{1349145456347730377, 2256846801983263391, 768389476977565166, 1385701662539586860, 1616730739193637199, 29150732538385528, 1595654229488389870, 190557171483231808}},
		{"xxh64", quick, []uint64{7797000677988824208, 4793414983259776074, 7369512836458661087}, 0, []uint64{85330943174081874, 663359892825767826, 302227827184868053, 34440879854629237, 482983510142523242, 117899488208280896, 922286648869847700, 10780627625530002}},
		{"xxh64", quick, nil, 13, []uint64{138080280408424662, 212222752476155101, 333063281871745314, 149073857945855951, 1765945916311590, 714816410343323786, 541034598635124835, 3963570588256049}},
		{"sha1", quick, nil, 0, []uint64{585594454516184072, 248469680858563057, 432853335805547253, 226360113463360020, 42312182183823545, 295150809832830541, 316606424307206655, 439255022718586444}},
	} {
		p := New("near").(*NearParams)
		p.Hash, p.Bands, p.Rows, p.Tokens, p.Short = v.hash, 14, 8, "words", "skip"
		s := newSketcher(p)
		s.tokens.reset(true)
		for _, w := range strings.Fields(v.text) {
			s.tokens.addString(w)
		}
		if !s.hashShingles() {
			t.Fatalf("%q has no signature", v.text)
		}
		s.minimize()
		if got := s.shingles[:len(v.shingles)]; !slices.Equal(got, v.shingles) {
			t.Errorf("%s shingles of %q = %d, want %d", v.hash, v.text, got, v.shingles)
		}
		if got := s.min[v.at*8 : v.at*8+8]; !slices.Equal(got, v.want) {
			t.Errorf("%s band %d of %q = %d, want %d", v.hash, v.at, v.text, got, v.want)
		}
	}
	sum := sha1.Sum([]byte("hello world this is a"))
	if got := binary.LittleEndian.Uint64(sum[:]); got != 14697906677949786365 {
		t.Errorf("SHA-1 shingle = %d", got)
	}
}
