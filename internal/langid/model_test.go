package langid

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// sample returns a group of n languages with random weights.
func sample(tb testing.TB, n, bits int) Group {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	rows := make([]byte, Stride(n)*8<<bits)
	for i := range rows {
		rows[i] = byte(rng.Uint32())
	}
	langs := make([]string, n)
	for i := range langs {
		langs[i] = string(rune('a' + i))
	}
	g, err := NewGroup(Group{Script: "Latn", Languages: langs, Bits: bits, Step: 0.5, Power: 0.5}, rows)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// TestScore compares the sums in lanes with sums one by one, past every block.
func TestScore(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	for _, n := range []int{1, 2, 9, 16, 17, 50, 64, 70, 130} {
		g := sample(t, n, 6)
		for _, size := range []int{0, 1, 15, 16, 17, block, block + 33} {
			features := make([]uint32, size)
			want := make([]uint32, n)
			for i := range features {
				features[i] = rng.Uint32()
				row := g.rows[int(features[i]>>(32-6))*g.stride*8:]
				for j := range want {
					want[j] += uint32(row[j/2] >> (j % 2 * 4) & 15)
				}
			}
			if got := g.Score(nil, features); !slices.Equal(got, want) {
				t.Fatalf("%d languages, %d features: Score = %v, want %v", n, size, got, want)
			}
		}
	}
}

func TestDecode(t *testing.T) {
	var file bytes.Buffer
	h := Header{Note: "n", Seed: 7, Groups: []Group{sample(t, 5, 4), sample(t, 50, 3)}}
	if err := Encode(&file, h); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range got.Groups {
		if !bytes.Equal(g.rows, h.Groups[i].rows) || !slices.Equal(g.Languages, h.Groups[i].Languages) {
			t.Errorf("group %d came back changed", i)
		}
	}
	for n := range file.Len() {
		if _, err := Decode(file.Bytes()[:n]); err == nil {
			t.Errorf("Decode of the first %d of %d bytes is no error", n, file.Len())
		}
	}
	h.Groups[0].Bits = 24
	file.Reset()
	if err := Encode(&file, h); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(file.Bytes()); err == nil {
		t.Error("Decode of a header that claims 2^24 rows is no error")
	}
}

func FuzzDecode(f *testing.F) {
	var file bytes.Buffer
	if err := Encode(&file, Header{Groups: []Group{sample(f, 5, 4)}}); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		h, err := Decode(in)
		if err != nil {
			return
		}
		for i := range h.Groups {
			g := &h.Groups[i]
			g.Probabilities(nil, g.Score(nil, []uint32{0, 1 << 31, 1<<32 - 1}), 3)
		}
	})
}

func TestSymbols(t *testing.T) {
	c := NewClasses()
	for _, tt := range []struct {
		text string
		s    Script
		want string
	}{
		{"Hello, World 42!", Latin, " hello world "},
		{"ÉTÉ «naïve»", Latin, " été naïve "},
		{"и́ мир abc", Cyrillic, " и́ мир "},
		{"飞轮 abc 轮", Latin, " abc "},
		{"", Latin, " "},
		{"हिन्दी", Devanagari, " हिन्दी "},
	} {
		var got []rune
		for _, s := range c.AppendSymbols(nil, tt.text, tt.s) {
			got = append(got, rune(s))
		}
		if string(got) != tt.want {
			t.Errorf("AppendSymbols(%q) = %q, want %q", tt.text, string(got), tt.want)
		}
	}
}

func TestPartOf(t *testing.T) {
	n := map[Part]int{}
	for i := range 10000 {
		n[PartOf(string(rune('a'+i%26))+string(rune(i)))]++
	}
	if n[Unseen] < 1850 || n[Unseen] > 2150 || n[Validation] < 880 || n[Validation] > 1120 {
		t.Errorf("parts %v, want a fifth unseen and a tenth for validation", n)
	}
}
