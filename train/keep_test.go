package train

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/stats"
	"feilun/model"
)

// TestKeep: a run ends with the weights of its lowest validation loss, or with the last ones.
func TestKeep(t *testing.T) {
	for keep, kept := range map[string]int{keepBest: 10, keepLast: 20} {
		p := usual(t)
		p.Keep, p.ValidEvery = keep, 5
		dir := t.TempDir()
		l, net := toyLoop(t, p, dir, 1, 20)
		losses := []float64{3, 1, 2, 1.5}
		var then [][]float32 // the first weights at each check
		l.check = func() Row {
			then = append(then, slices.Clone(net.w[0].Data))
			return Row{Valid: losses[len(then)-1], BPB: 1}
		}
		if err := l.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l.s.Best != 1 || l.s.BestAt != 10 || !slices.Equal(net.w[0].Data, then[kept/5-1]) {
			t.Errorf("keep %s: the lowest loss is %v at step %d, want 1 at step 10, and the weights those of step %d", keep, l.s.Best, l.s.BestAt, kept)
		}
		j := &job{Options: Options{Out: dir}, p: p, m: &model.Model{}}
		if o := j.outcome(&l.s); o.Kept != kept || o.Valid != 1 || o.BPB != 1 {
			t.Errorf("keep %s: outcome %+v, want step %d", keep, o, kept)
		}
	}
}

// TestSteps: how long training is where steps, tokens, or a ratio and epochs say it.
func TestSteps(t *testing.T) {
	m, err := model.New(model.FromDepth(1, 300))
	if err != nil {
		t.Fatal(err)
	}
	weights := 0
	for _, q := range m.Params {
		if q.Matrix() {
			weights += q.To - q.From
		}
	}
	for _, tt := range []struct {
		p     Params
		train int64
		want  int
	}{
		{Params{Steps: 7, Tokens: 1 << 30}, 1, 7},
		{Params{Tokens: 10*64 + 63}, 1, 10},
		{Params{Tokens: 1}, 1, 1},
		{Params{Ratio: 2}, 1, 2 * weights / 64},
		{Params{Ratio: 2, Epochs: 4}, 1600, 4 * 1600 / 64},
		{Params{Ratio: 2, Epochs: 4}, 1 << 40, 2 * weights / 64},
	} {
		tt.p.Context, tt.p.Batch = 32, 64
		if got := tt.p.steps(m, tt.train); got != tt.want {
			t.Errorf("steps of %+v on %d tokens = %d, want %d", tt.p, tt.train, got, tt.want)
		}
	}
}

// TestSettle: zeros stand for parts of all steps.
func TestSettle(t *testing.T) {
	for steps, want := range map[int][3]int{1: {1, 1, 1}, 99: {10, 10, 20}, 100_000: {10_000, 500, 20_000}} {
		p := Params{Context: 32, Batch: 64, Rows: 8}
		if p.settle(steps); [3]int{p.ValidEvery, p.SaveEvery, p.SampleEvery} != want || p.Rows != 2 {
			t.Errorf("%d steps: %d, %d, %d, %d rows; want %v and 2", steps, p.ValidEvery, p.SaveEvery, p.SampleEvery, p.Rows, want)
		}
	}
}

// TestShortLog: a log that lacks rows of the checkpoint is an error.
func TestShortLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "train.log")
	if err := os.WriteFile(name, []byte(`{"step":1}`+"\n"+`{"step":2}`+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := openLog(name, 23); err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("a log of 22 bytes instead of 23: %v", err)
	}
	l, err := openLog(name, 11)
	if err != nil || len(l.history) != 1 {
		t.Fatalf("%v, or other rows", err)
	}
	if err := errors.Join(l.write(Row{Step: 5}), l.close()); err != nil {
		t.Fatal(err)
	}
	if rows, err := readLog(name); err != nil || len(rows) != 2 || rows[1].Step != 5 {
		t.Errorf("rows %v, %v; want steps 1 and 5", rows, err)
	}
}

// TestCurve: points are means over so many steps; batches that were skipped count for none.
func TestCurve(t *testing.T) {
	dir := t.TempDir()
	const log = `{"step":1,"loss":4}
{"step":2,"loss":2}
{"step":2,"valid_loss":3.5}
{"step":3,"skipped":"its loss is NaN"}
{"step":4,"loss":1}
{"step":4,"sample":{"prompt":"a","text":"b"}}
{"step":5,"loss":0.5}
`
	if err := os.WriteFile(filepath.Join(dir, "train.log"), []byte(log), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := Curve(dir, 3)
	want := []stats.CurvePoint{{Step: 2, Loss: 3}, {Step: 2, Valid: 3.5}, {Step: 4, Loss: 1}, {Step: 5, Loss: 0.5}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Curve = %v, %v, want %v", got, err, want)
	}
}

// TestMarkedChats: a byte order mark before the first row is no part of it.
func TestMarkedChats(t *testing.T) {
	const row = `{"instruction":"a","output":"b"}`
	for _, in := range []string{"\ufeff" + row, "\ufeff[" + row + "]", "\ufeff\r\n" + row + "\r\n"} {
		if n, err := readChats(strings.NewReader(in), func(Chat) error { return nil }); err != nil || n.Used != 1 {
			t.Errorf("readChats(%q) = %+v, %v", in, n, err)
		}
	}
}

// TestTuneOtherVocabulary: a vocabulary with tokens that the model has no weights for is a mistake
// in use.
func TestTuneOtherVocabulary(t *testing.T) {
	w := llamaWords(t)
	dir := llamaModel(t, w)
	m, err := model.New(model.FromDepth(1, w.Tokenizer.Size()-1))
	if err == nil {
		err = m.Save(dir, false)
	}
	rows := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := errors.Join(err, os.WriteFile(rows, []byte(`{"prompt":"a","completion":"b"}`), 0o666)); err != nil {
		t.Fatal(err)
	}
	var p TuneParams
	if err := params.Fill(&p); err != nil {
		t.Fatal(err)
	}
	if _, err := Tune(t.Context(), p, dir, []string{rows}, Options{Out: t.TempDir(), Workers: 1}); err == nil || !hint.IsUsage(err) || !strings.Contains(err.Error(), "in its vocabulary") {
		t.Errorf("Tune: %v", err)
	}
}
