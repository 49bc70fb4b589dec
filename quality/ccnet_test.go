package quality

import "testing"

// TestNormalizeCCNet has the cases of cc_net's own test of its normaliser, and
// what its definition says beside.
func TestNormalizeCCNet(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"，。、„”“«»」「《》´∶：？！（）；–—．～’…━〈〉【】％", `,.,"""""""""'::?!();- - . ~'...-<>[]%`},
		{"０２３´∶：\x10 | ;012 Hèllo", "000'::" + " | ;000 hello"},
		{" Two\nlines１ ", "twolines0"},
		{"한", "\u1112\u1161\u11ab"},
		{"ＡＢ", "ａｂ"},
		{"", ""},
	} {
		if got := normalizeCCNet(tt.text); got != tt.want {
			t.Errorf("normalizeCCNet(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestOneDecimal(t *testing.T) {
	for _, tt := range []struct{ x, want float64 }{{0.25, 0.2}, {0.35, 0.3}, {339.95, 339.9}, {339.96, 340}, {1e9, 1e9}} { // as Python's round
		if got := tenths(tt.x); got != tt.want {
			t.Errorf("tenths(%v) = %v, want %v", tt.x, got, tt.want)
		}
	}
}
