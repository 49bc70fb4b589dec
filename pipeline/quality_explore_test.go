package pipeline

import (
	"testing"
	"time"

	"feilun/internal/params"
	"feilun/quality"
)

func TestExplore(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		pos, neg := curatedEnglish, boilerplate(t, false)
		if lang == "zh" {
			pos, neg = curatedChinese, boilerplate(t, true)
		}
		ex := examples(pos(t), neg)
		hum := human(t, lang)
		for _, models := range [][]string{{}, {"gpt3"}} {
			var p quality.TrainParams
			params.Fill(&p)
			p.Models = models
			start := time.Now()
			m, err := quality.Train(t.Context(), "signals", ex, p)
			if err != nil {
				t.Fatal(err)
			}
			r := m.Result()
			h := quality.Evaluate(m, hum)
			t.Logf("%s %v: pos %d neg %d hosts %v AUC %.4f [%.4f %.4f] human %.4f [%.4f %.4f] %v", lang, models, r.Positives, r.Negatives, r.Hosts,
				r.HeldOut.AUC.Value, r.HeldOut.AUC.Low, r.HeldOut.AUC.High, h.AUC.Value, h.AUC.Low, h.AUC.High, time.Since(start))
			t.Log(m.Explain(hum[0].Doc, 8), m.Score(hum[0].Doc), hum[0].Positive)
		}
	}
}
