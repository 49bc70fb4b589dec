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
		for _, w := range []string{"counts", "unit"} {
			for _, f := range []string{"spark", "characters", "words"} {
				for grams := 1; grams <= 3; grams++ {
					if f != "characters" && grams > 1 || lang == "en" && f != "spark" {
						continue
					}
					var p quality.TrainParams
					params.Fill(&p)
					p.Form, p.Weights, p.Grams = f, w, grams
					start := time.Now()
					m, err := quality.Train(t.Context(), "gpt3", ex, p)
					if err != nil {
						t.Fatal(err)
					}
					r := m.Result()
					h := quality.Evaluate(m, hum)
					t.Logf("%s %s %s %d: pos %d neg %d hosts %v λ %.2g AUC %.4f [%.4f %.4f] human %.4f [%.4f %.4f] %v", lang, f, w, grams, r.Positives, r.Negatives, r.Hosts, r.Penalty,
						r.HeldOut.AUC.Value, r.HeldOut.AUC.Low, r.HeldOut.AUC.High, h.AUC.Value, h.AUC.Low, h.AUC.High, time.Since(start))
				}
			}
		}
	}
}
