package plan

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// A Score is the error of one group of rows.
type Score struct {
	Group   string  `json:"group"`
	N       int     `json:"n"`
	Median  float64 `json:"median_abs_error"` // fractions
	P90     float64 `json:"p90_abs_error"`
	Signed  float64 `json:"median_error"`
	Banded  int     `json:"banded,omitempty"`        // rows with a band
	Covered float64 `json:"band_coverage,omitempty"` // share of these inside p10–p90
}

type tallies struct {
	errs   map[string][]float64
	inside map[string]int
	banded map[string]int
	order  []string
}

func (t *tallies) add(group string, err float64) {
	if t.errs == nil {
		t.errs, t.inside, t.banded = map[string][]float64{}, map[string]int{}, map[string]int{}
	}
	if _, ok := t.errs[group]; !ok {
		t.order = append(t.order, group)
	}
	t.errs[group] = append(t.errs[group], err)
}

func (t *tallies) band(group string, in bool) {
	t.banded[group]++
	if in {
		t.inside[group]++
	}
}

func (t *tallies) scores() []Score {
	slices.Sort(t.order)
	var out []Score
	for _, g := range t.order {
		e := slices.Clone(t.errs[g])
		s := Score{Group: g, N: len(e)}
		s.Median, s.P90 = medianAbs(e)
		slices.Sort(e)
		s.Signed = quantile(e, 0.5)
		if s.Banded = t.banded[g]; s.Banded > 0 {
			s.Covered = float64(t.inside[g]) / float64(t.banded[g])
		}
		out = append(out, s)
	}
	return out
}

// ScoreRuns compares answers with the reported columns by kind and chip. The
// currency is chip-seconds per token, which hours, days, step time, throughput
// and TFLOP/s all give. A row that reports something but got no answer counts
// as an error of 100 %.
func ScoreRuns(rows []RunRow, answers []RunAnswer) []Score {
	var t tallies
	for i := range rows {
		x, a := &rows[i], &answers[i]
		want := x.reported()
		if want == 0 {
			continue
		}
		e := -1.0
		q := &x.Question
		if a.Error == "" {
			got := a.Seconds * float64(q.Cluster.N) / (float64(q.Work.Batch) * float64(q.Work.Seq))
			if a.GPUHours > 0 {
				got = a.GPUHours * 3600 / x.Tokens
			}
			e = got/want - 1
		}
		groups := []string{x.Kind}
		if a.Error == "" {
			groups = append(groups, x.Kind+" / "+q.Cluster.Chip.Family)
		}
		if x.Kind == "full_run" {
			groups = append(groups, "full_run tier "+x.Tier)
		}
		for _, g := range groups {
			t.add(g, e)
			if a.GPUHours > 0 {
				hours := want * x.Tokens / 3600
				t.band(g, hours >= a.GPUHoursP10 && hours <= a.GPUHoursP90)
			}
		}
	}
	return t.scores()
}

// reported returns the row's measured chip-seconds per token, 0 when it states
// none.
func (x *RunRow) reported() float64 {
	if x.Err != nil {
		if x.Measured.GPUHours+x.Measured.Days+x.Measured.Seconds+x.Measured.Rate+x.Measured.TFLOPS+x.Measured.MFU > 0 {
			return math.SmallestNonzeroFloat64
		}
		return 0
	}
	m, q := &x.Measured, &x.Question
	model := x.Model.FLOPs(q.Work.Seq)
	hardware := model
	if q.RecomputeSet && q.Fixed.Recompute == RecomputeFull {
		hardware = model * 4 / 3
	}
	switch {
	case m.GPUHours > 0 && x.Tokens > 0:
		return m.GPUHours * 3600 / x.Tokens
	case m.Days > 0 && x.Tokens > 0 && !x.AssumedChips:
		return m.Days * 86400 * float64(q.Cluster.N) / x.Tokens
	case m.Seconds > 0 && !x.AssumedBatch:
		return m.Seconds * float64(q.Cluster.N) / float64(q.Work.Batch*q.Work.Seq)
	case m.Rate > 0:
		return 1 / m.Rate
	case m.TFLOPS > 0 && m.Kind == "hardware":
		return hardware / (m.TFLOPS * 1e12)
	case m.TFLOPS > 0:
		return model / (m.TFLOPS * 1e12)
	case m.MFU > 0:
		return model / (m.MFU * q.Cluster.Chip.Peak16 * 1e12)
	}
	return 0
}

// ScoreSteps compares answers with measured step times and peak memory.
func ScoreSteps(rows []StepRow, answers []StepAnswer) []Score {
	var t tallies
	for i := range rows {
		s, a := &rows[i], &answers[i]
		e, m := -1.0, -1.0
		groups := []string{"all"}
		if a.Error == "" {
			e = a.Seconds/s.Measured.Seconds - 1
			m = a.MemoryGiB/s.Measured.MemoryGB - 1
			groups = append(groups, s.Cluster.Chip.Family, s.Cluster.Chip.Name)
		}
		if s.Measured.Origin != "" {
			groups = append(groups, "origin "+s.Measured.Origin)
		}
		for _, g := range groups {
			if s.Measured.Seconds > 0 {
				t.add("step_time "+g, e)
			}
			if s.Measured.MemoryGB > 0 {
				t.add("memory "+g, m)
			}
		}
	}
	return t.scores()
}

// WriteScores prints scores as a table.
func WriteScores(w io.Writer, scores []Score) {
	fmt.Fprintf(w, "%-36s %5s %9s %9s %9s %9s\n", "group", "rows", "median", "p90", "signed", "in band")
	for _, s := range scores {
		band := ""
		if s.Banded > 0 {
			band = fmt.Sprintf("%.0f%%", 100*s.Covered)
		}
		fmt.Fprintf(w, "%-36s %5d %8.1f%% %8.1f%% %+8.1f%% %9s\n", s.Group, s.N, 100*s.Median, 100*s.P90, 100*s.Signed, band)
	}
}
