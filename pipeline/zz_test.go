package pipeline

import (
	"testing"
	"time"

	"feilun/quality"
)

func TestZZ(t *testing.T) {
	all := examples(curatedChinese(t), append(boilerplate(t, true), spam(t)...))
	people := human(t, "zh")
	for _, f := range []struct {
		form, weights string
		grams         int
	}{{"characters", "unit", 1}, {"characters", "unit", 2}, {"words", "unit", 1}, {"characters", "counts", 1}, {"characters", "counts", 2}, {"words", "counts", 1}, {"characters", "unit", 3}} {
		p := trainParams(t)
		p.Form, p.Weights, p.Grams = f.form, f.weights, f.grams
		s := time.Now()
		m := train(t, "gpt3", all, p)
		r := m.Result()
		best := r.Tried[0].Loss
		for _, x := range r.Tried {
			best = min(best, x.Loss)
		}
		h := quality.Evaluate(m, people)
		t.Logf("%v: cv loss %.5f λ %.2g held %.4f human %.3f  %v", f, best, r.Penalty, r.HeldOut.AUC.Value, h.AUC.Value, time.Since(s))
	}
}
