package plan

import (
	"cmp"
	"fmt"
	"io"
	"math"
)

// A StepRow is one measured or asked-for step with an exact layout.
type StepRow struct {
	ID       string
	Line     int
	Model    Model
	Layout   Layout
	Work     Workload
	Cluster  Cluster
	Measured StepTargets
	Note     string // cells that were not read
	Err      error  // why the row cannot be predicted
}

// StepTargets are the reported columns; predictions never read them.
type StepTargets struct {
	Origin   string
	Seconds  float64
	MemoryGB float64
	MFU      float64
}

// A StepAnswer is the prediction for one row.
type StepAnswer struct {
	ID        string  `json:"step_id"`
	Row       int     `json:"row,omitempty"`
	Seconds   float64 `json:"step_time_s,omitempty"`
	MemoryGiB float64 `json:"memory_gib,omitempty"`
	MFU       float64 `json:"mfu,omitempty"`
	Note      string  `json:"note,omitempty"`
	Error     string  `json:"error,omitempty"`
}

// ReadSteps reads a table of steps (docs/formats/plan-tables.md).
func ReadSteps(in io.Reader, chips *ChipTable) ([]StepRow, error) {
	rows, err := readTable(in, "layers", "hidden", "chip", "n_chips")
	if err != nil {
		return nil, err
	}
	out := make([]StepRow, len(rows))
	for i, r := range rows {
		out[i] = r.step(chips)
		out[i].ID = cmp.Or(r.text("step_id"), fmt.Sprint(i+1))
	}
	return out, nil
}

func (r row) step(chips *ChipTable) (s StepRow) {
	s.Line = r.line
	s.Measured.Origin = r.text("origin")
	s.Measured.Seconds, _ = r.num("step_time_s")
	s.Measured.MemoryGB, _ = r.num("max_mem_gb")
	s.Measured.MFU, _ = r.num("mfu")
	chip, err := chips.Find(r.text("chip"))
	if err != nil {
		s.Err = err
		return s
	}
	if s.Model, s.Err = r.modelOf(r.numOr("model_params", math.MaxFloat64)); s.Err != nil {
		return s
	}
	n := r.ints("n_chips", "tp", "pp", "dp", "zero", "micro_batch", "global_batch_seqs", "seq_len")
	link := r.numOr("inter_node_gbps_per_node", 1e9)
	if s.Note = r.note(); n["n_chips"] == 0 { // the grid says it too
		n["n_chips"] = max(1, n["tp"]) * max(1, n["pp"]) * max(1, n["dp"])
	}
	if n["n_chips"] < 1 || n["n_chips"] > maxChips {
		s.Err = fmt.Errorf("line %d: n_chips is %d, not between 1 and %d", r.line, n["n_chips"], maxChips)
		return s
	}
	s.Cluster = NewCluster(chip, n["n_chips"])
	if link > 0 {
		s.Cluster.Node = link / 8 * 1e9
	}
	s.arrange(r, n)
	return s
}

// arrange reads the layout cells.
func (s *StepRow) arrange(r row, n map[string]int) {
	chip := s.Cluster.Chip
	rec, sp, known := r.recomputeOf()
	tp, pp := max(1, n["tp"]), max(1, n["pp"])
	s.Work = Workload{Seq: s.Model.SeqLen, Precision: r.precisionOf(chip)}
	zero := min(3, n["zero"])
	if r.text("zero") == "" && n["dp"] > 1 {
		zero = 1 // not stated: sharding the optimizer is the default of every stack
	}
	l := Layout{TP: tp, PP: pp, VP: 1, CP: 1, EP: 1, Zero: zero, Recompute: rec, Sequence: sp,
		DP: cmp.Or(n["dp"], max(1, n["n_chips"]/(tp*pp))), MicroBatch: max(1, n["micro_batch"]),
		Fused: fusedStack(chip, s.Work.Precision, rec, known, tp, pp)}
	if l.DP*tp*pp > n["n_chips"] { // more ranks than chips: the chips count
		l.DP = max(1, n["n_chips"]/(tp*pp))
	}
	l.Fast = l.Fused && fastStack(chip, &l, true)
	s.Work.Batch = cmp.Or(n["global_batch_seqs"], l.MicroBatch*l.DP)
	l.Micros = max(1, (s.Work.Batch+l.DP*l.MicroBatch-1)/(l.DP*l.MicroBatch))
	s.Layout = l
}

// PredictSteps answers each row from its inputs.
func PredictSteps(rows []StepRow, co *Coefficients) []StepAnswer {
	out := make([]StepAnswer, len(rows))
	for i := range rows {
		s := &rows[i]
		if s.Err != nil {
			out[i] = StepAnswer{ID: s.ID, Error: oneLine(s.Err)}
			continue
		}
		out[i] = StepAnswer{ID: s.ID, Row: i + 1, Note: s.Note}
		rates := RatesFor(&s.Cluster, s.Work.Precision, co)
		times := StepTime(&s.Model, &s.Layout, &s.Work, &rates)
		out[i].Seconds = roundTo(times.Total(), 6)
		mem := Memory(&s.Model, &s.Layout, &s.Work, co)
		out[i].MemoryGiB = roundTo(mem.Total()/gib, 4)
		out[i].MFU = roundTo(mfu(&s.Model, &s.Work, &s.Cluster, times.Total()), 4)
	}
	return out
}

// mfu is model FLOP/s over the peak of the arithmetic in use.
func mfu(m *Model, w *Workload, k *Cluster, seconds float64) float64 {
	peak := k.Chip.Peak16
	if w.Precision == FP8 && k.Chip.Peak8 > 0 {
		peak = k.Chip.Peak8
	}
	return m.FLOPs(w.Seq) * float64(w.Batch) * float64(w.Seq) / seconds / float64(k.N) / (peak * 1e12)
}
