package train

import (
	"path/filepath"

	"feilun/internal/stats"
)

// Curve reads the loss curve of a model's folder from its log: at most so many
// points, each the mean over its steps, and every measurement on validation text.
func Curve(dir string, points int) ([]stats.CurvePoint, error) {
	rows, err := readLog(filepath.Join(dir, "train.log"))
	if err != nil {
		return nil, err
	}
	last := 1
	for _, r := range rows {
		last = max(last, r.Step)
	}
	width := max(1, (last+points-1)/points)
	var all []stats.CurvePoint
	sum, n := 0.0, 0
	for i, r := range rows {
		switch {
		case r.Valid > 0:
			all = append(all, stats.CurvePoint{Step: r.Step, Valid: r.Valid})
			continue
		case r.Sample != nil || r.Skipped != "" || r.Loss == 0:
			continue
		}
		sum, n = sum+r.Loss, n+1
		if r.Step%width == 0 || i == len(rows)-1 || r.Step == last {
			all = append(all, stats.CurvePoint{Step: r.Step, Loss: sum / float64(n)})
			sum, n = 0, 0
		}
	}
	return all, nil
}
