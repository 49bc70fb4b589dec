package forest

import (
	"bytes"
	"testing"
)

// sample is a target no single column tells: positive when the first two
// columns differ in sign, with a third column of noise.
func sample(n int) Data {
	d := Data{Columns: make([][]int16, 3)}
	for r := range n {
		a, b := int16(mix(uint64(r))%201)-100, int16(mix(uint64(r)+1e6)%201)-100
		y := 0.0
		if a > 0 != (b > 0) {
			y = 1
		}
		for c, v := range []int16{a, b, int16(mix(uint64(r)+2e6) % 500)} {
			d.Columns[c] = append(d.Columns[c], v)
		}
		d.Target, d.Weight, d.Group = append(d.Target, y), append(d.Weight, 1), append(d.Group, int32(r))
	}
	return d
}

var small = Params{Trees: 40, Leaves: 8, Rate: 0.2, MinWeight: 1, Lambda: 1, Rows: 0.8, Cols: 1, Seed: 1}

func TestTrain(t *testing.T) {
	f := Train(sample(2000), small)
	d, wrong := sample(3000), 0
	for r := 2000; r < 3000; r++ {
		row := []int16{d.Columns[0][r], d.Columns[1][r], d.Columns[2][r]}
		if f.Score(row) > 0 != (d.Target[r] > 0.5) {
			wrong++
		}
	}
	if wrong > 30 {
		t.Errorf("%d of 1000 unseen rows scored on the wrong side, want at most 30", wrong)
	}
}

func TestScoreAll(t *testing.T) {
	p := small
	p.Leaves = 30
	d := sample(2003)
	wide := Data{Target: d.Target, Weight: d.Weight, Group: d.Group}
	for range 100 {
		wide.Columns = append(wide.Columns, d.Columns...)
	}
	for name, f := range map[string]*Forest{"narrow": Train(d, p), "wide": Train(wide, p)} {
		width := f.Width() + 2
		var rows []int16
		for r := range 2003 {
			for c := range width {
				v := int16(mix(uint64(r*width + c)))
				if c < 3 {
					v = d.Columns[c][r]
				}
				rows = append(rows, v)
			}
		}
		got := NewScorer(f).ScoreAll(rows, width, nil)
		if len(got) != 2003 {
			t.Fatalf("%s: %d scores of 2003 rows", name, len(got))
		}
		for r, s := range got {
			if want := f.Score(rows[r*width:]); s != want {
				t.Fatalf("%s: row %d scored %d together, %d alone", name, r, s, want)
			}
		}
	}
}

func TestPack(t *testing.T) {
	f := Train(sample(500), small)
	b := f.Pack()
	if again := Train(sample(500), small).Pack(); !bytes.Equal(b, again) {
		t.Error("Train twice on the same data gave different trees")
	}
	g, err := Unpack(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g.Pack(), b) {
		t.Error("Unpack(Pack()) changed the trees")
	}
	for _, bad := range [][]byte{nil, b[:5], b[:len(b)-1], append(bytes.Clone(b), 0)} {
		if _, err := Unpack(bad); err == nil {
			t.Errorf("Unpack of %d damaged bytes gave no error", len(bad))
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(Train(sample(200), small).Pack())
	f.Fuzz(func(t *testing.T, b []byte) {
		fo, err := Unpack(b)
		if err != nil {
			return
		}
		fo.Score(make([]int16, fo.Width()))
	})
}

func BenchmarkScore(b *testing.B) {
	f := Train(sample(2000), small)
	row := []int16{50, -50, 3}
	b.ReportAllocs()
	for b.Loop() {
		f.Score(row)
	}
}

// BenchmarkScoreAll scores 1,000 rows by a forest of the size that extract uses.
func BenchmarkScoreAll(b *testing.B) {
	p := small
	p.Trees, p.Leaves = 240, 24
	d := sample(4000)
	f := Train(d, p)
	var rows []int16
	for r := range 1000 {
		for c := range 3 {
			rows = append(rows, d.Columns[c][r])
		}
	}
	s, out := NewScorer(f), []int32(nil)
	b.Run("each", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out = out[:0]
			for r := range 1000 {
				out = append(out, f.Score(rows[r*3:r*3+3]))
			}
		}
	})
	b.Run("together", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out = s.ScoreAll(rows, 3, out[:0])
		}
	})
}
