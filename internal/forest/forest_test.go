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

// TestScoreAll compares the batch with its plain twin.
func TestScoreAll(t *testing.T) {
	f, d := Train(sample(500), small), sample(500)
	const width = 5 // more columns than the forest reads
	for _, n := range []int{0, 1, 3, 4, 5, 31, 33, 70, 500} {
		rows, got := make([]int16, n*width), make([]int32, n)
		for r := range n {
			for c := range d.Columns {
				rows[r*width+c] = d.Columns[c][r]
			}
		}
		f.ScoreAll(rows, width, got)
		for r := range n {
			if want := f.Score(rows[r*width : (r+1)*width]); got[r] != want {
				t.Fatalf("ScoreAll of %d rows: row %d = %d, want %d", n, r, got[r], want)
			}
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
		rows, scores := make([]int16, 5*fo.Width()), make([]int32, 5)
		fo.ScoreAll(rows, fo.Width(), scores)
		if want := fo.Score(rows[:fo.Width()]); scores[4] != want {
			t.Errorf("ScoreAll = %d, Score = %d", scores[4], want)
		}
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

func BenchmarkScoreAll(b *testing.B) {
	f := Train(sample(2000), small)
	rows, scores := make([]int16, 32*3), make([]int32, 32)
	for i := range rows {
		rows[i] = int16(mix(uint64(i)) % 100)
	}
	b.ReportAllocs()
	for b.Loop() {
		f.ScoreAll(rows, 3, scores)
	}
}
