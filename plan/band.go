package plan

// A Band is the factor around a prediction between which eight of ten measured
// values fell when their family was predicted from the others.
type Band struct{ Low, High float64 }

// bandFor returns the p10–p90 factors of a kind of row. Whole runs spread most;
// chips without measured rows get a wider band, which is judgement and not
// calibration. `go test ./plan -run TestFit -fit` prints the residuals.
func bandFor(kind string, k *Cluster, co *Coefficients) Band {
	whole := kind != "throughput_bench" && kind != "projection"
	switch {
	case whole && !co.measured(k.Chip.Family):
		return Band{0.6, 2}
	case whole:
		return Band{0.77, 1.45}
	case !co.measured(k.Chip.Family):
		return Band{0.65, 1.6}
	}
	return Band{0.8, 1.25}
}

// measured reports whether rows of a microarchitecture were fitted.
func (c *Coefficients) measured(family string) bool {
	switch family {
	case "volta", "ampere", "hopper":
		return true
	}
	return false
}
