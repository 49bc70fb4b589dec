package plan

import (
	"cmp"
	"fmt"
	"io"
	"math"
)

// A RunRow is one published or planned run; the search fills what the row
// leaves blank.
type RunRow struct {
	ID, Kind, Tier string
	Line           int
	Model          Model
	Tokens         float64
	AssumedChips   bool // the row states no number of chips
	AssumedBatch   bool
	Question       Question
	Measured       RunTargets
	Note           string // cells that were not read
	Err            error
}

// RunTargets are the reported columns; predictions never read them.
type RunTargets struct {
	Days, GPUHours, Seconds, Rate, TFLOPS float64
	Kind                                  string // of TFLOPS: hardware, model, unclear
	MFU, EnergyKWh                        float64
}

// A RunAnswer is the prediction for one row.
type RunAnswer struct {
	ID          string  `json:"run_id"`
	Days        float64 `json:"days,omitempty"`
	GPUHours    float64 `json:"gpu_hours,omitempty"`
	GPUHoursP10 float64 `json:"gpu_hours_p10,omitempty"`
	GPUHoursP90 float64 `json:"gpu_hours_p90,omitempty"`
	// TFLOPS counts recomputed work where the row says that it recomputes, as
	// papers that report TFLOP/s do; ModelTFLOPS never does.
	TFLOPS      float64 `json:"tflops_per_gpu,omitempty"`
	ModelTFLOPS float64 `json:"model_tflops_per_gpu,omitempty"`
	MFU         float64 `json:"mfu,omitempty"`
	Seconds     float64 `json:"step_time_s,omitempty"`
	MemoryGiB   float64 `json:"memory_gib,omitempty"`
	Chips       int     `json:"n_chips,omitempty"`
	Layout      string  `json:"layout,omitempty"`
	Note        string  `json:"note,omitempty"`
	Error       string  `json:"error,omitempty"`
}

// ReadRuns reads a table of runs (docs/formats/plan-tables.md).
func ReadRuns(in io.Reader, chips *ChipTable) ([]RunRow, error) {
	rows, err := readTable(in, "run_id", "params_total", "chip")
	if err != nil {
		return nil, err
	}
	out := make([]RunRow, len(rows))
	for i, r := range rows {
		out[i] = r.run(chips)
	}
	return out, nil
}

func (r row) run(chips *ChipTable) (x RunRow) {
	x.Line, x.ID, x.Kind, x.Tier = r.line, cmp.Or(r.text("run_id"), fmt.Sprintf("line-%d", r.line)), r.text("kind"), r.text("tier")
	x.targets(r)
	x.Err = x.inputs(r, chips)
	x.Note = r.note()
	return x
}

func (x *RunRow) targets(r row) {
	for name, to := range map[string]*float64{"reported_days": &x.Measured.Days, "gpu_hours": &x.Measured.GPUHours,
		"step_time_s": &x.Measured.Seconds, "tokens_per_s_per_chip": &x.Measured.Rate, "reported_tflops_per_gpu": &x.Measured.TFLOPS,
		"mfu": &x.Measured.MFU, "energy_kwh": &x.Measured.EnergyKWh} {
		*to, _ = r.num(name) // a bad cell here only loses a comparison
	}
	x.Measured.Kind = r.text("tflops_kind")
}

// inputs reads the columns a prediction may use.
func (x *RunRow) inputs(r row, chips *ChipTable) error {
	chip, err := chips.Find(r.text("chip"))
	if err != nil {
		return err
	}
	v := map[string]float64{}
	for _, name := range []string{"params_total", "params_active", "tokens", "global_batch_tokens", "seq_len"} {
		v[name] = r.numOr(name, math.MaxFloat64)
	}
	n := r.ints("n_chips", "tp", "pp", "dp", "cp", "ep", "vp", "micro_batch", "zero")
	if x.Model, err = r.runModel(v["params_total"], v["params_active"]); err != nil {
		return err
	}
	if v["seq_len"] > 0 {
		x.Model.SeqLen = int(min(v["seq_len"], 1<<27))
	}
	x.Tokens = v["tokens"]
	if n["n_chips"] > maxChips {
		return fmt.Errorf("line %d: n_chips is %d, above %d", r.line, n["n_chips"], maxChips)
	}
	count := cmp.Or(n["n_chips"], n["tp"]*n["pp"]*max(1, n["cp"])*n["dp"])
	if count == 0 {
		count, x.AssumedChips = usualChips(&x.Model, x.Tokens, chip), true
	}
	rec, sp, known := r.recomputeOf()
	q := Question{Work: Workload{Seq: x.Model.SeqLen, Precision: r.precisionOf(chip)}, Cluster: NewCluster(chip, count),
		Fixed: Layout{TP: n["tp"], PP: n["pp"], DP: n["dp"], CP: n["cp"], EP: n["ep"], VP: n["vp"], MicroBatch: n["micro_batch"],
			Zero: min(3, n["zero"]), Recompute: rec, Sequence: sp},
		RecomputeSet: known, ZeroSet: r.text("zero") != ""}
	tokens := v["global_batch_tokens"]
	if tokens == 0 {
		tokens, x.AssumedBatch = usualBatch(&x.Model), true
		tokens = max(tokens, float64(count*x.Model.SeqLen)/16)
	}
	q.Work.Batch = max(1, int(min(1e9, math.Round(tokens/float64(x.Model.SeqLen)))))
	x.Question = q
	return nil
}

// runModel takes the architecture from the row, else by name from the table of
// published ones, else derives one from the counts and whatever sizes the row
// states.
func (r row) runModel(total, active float64) (Model, error) {
	if r.text("layers") != "" && r.text("hidden") != "" && r.text("arch") != "moe" {
		return r.modelOf(total)
	}
	if m, err := FindModel(r.text("model")); err == nil && (total == 0 || math.Abs(m.Stated/total-1) < 0.1) {
		return m, nil
	}
	if active == 0 && r.text("arch") == "moe" {
		active = total / 16 // not stated: the middle of published expert models
	}
	if active <= 0 || active >= 0.7*total {
		return r.modelOf(total)
	}
	n := r.ints("layers", "hidden", "vocab")
	want := expertShape{total, active, min(n["layers"], 10_000), min(n["hidden"], 1<<20), min(n["vocab"], 1<<24)}
	m, err := deriveExperts(r.text("model"), want)
	if err != nil { // sizes that do not go with the counts: keep the counts
		m, err = deriveExperts(r.text("model"), expertShape{total: total, active: active})
	}
	if err != nil && active > 1e6 && active < 1e14 { // no usual design: count the work of the active part
		m, err = Derive(active, n["vocab"], 4096, true), nil
	}
	return m, err
}

// usualChips is what a 30-day run at 40 % of peak takes, as a power of two.
func usualChips(m *Model, tokens float64, c *Chip) int {
	tokens = cmp.Or(tokens, 20*m.Active())
	n := 6 * m.Active() * tokens / (0.4 * c.Peak16 * 1e12 * 30 * 86400)
	return int(math.Exp2(min(14, max(3, math.Round(math.Log2(n))))))
}

// usualBatch is a batch in tokens that published runs of this size used: half a
// million at 125M parameters to four million from 10B (arXiv 2005.14165 table
// 2.1, 2302.13971 table 2), more beyond 100B.
func usualBatch(m *Model) float64 {
	return min(16e6, max(0.5e6, 4e6*math.Cbrt(m.Active()/10e9)))
}

// lean is how much more than the least memory a row may take that ran although
// nothing fits: whoever ran it chose a layout for memory, not for speed.
const lean = 1.25

// Search fills the blanks of the row with the fastest layout; a row that says
// it ran is searched among the leanest layouts when nothing fits.
func (x *RunRow) Search(co *Coefficients) (*Found, error) {
	if x.Err != nil {
		return nil, x.Err
	}
	q := x.Question
	q.Model, q.Co = &x.Model, co
	found, err := Search(&q)
	if err != nil && found.Considered > 0 {
		q.Room = lean * found.Smallest.Memory.Total()
		found, err = Search(&q)
	}
	if err != nil && found.Considered == 0 { // a grid that does not divide: let the search choose it
		q.Fixed = Layout{Recompute: q.Fixed.Recompute, Zero: q.Fixed.Zero, Sequence: q.Fixed.Sequence}
		q.Work.Batch = max(q.Work.Batch, q.Cluster.N)
		q.Room = math.Inf(1)
		found, err = Search(&q)
	}
	if err != nil {
		return nil, err
	}
	return &found.Best[0], nil
}

// kept is the share of the steady speed that a row keeps: whole runs lose time
// to failures, ramps and evaluation, and more when nobody says they ran the best
// layout; measured steps and the authors' own projections from them do not.
func (x *RunRow) kept(co *Coefficients) float64 {
	if x.Kind == "throughput_bench" || x.Kind == "projection" {
		return 1
	}
	q := &x.Question
	share := co.Run * NewGoodput(x.Model.Params(), q.Cluster.N, q.Cluster.PerNode, DefaultReliability()).Share
	if q.Fixed.TP*q.Fixed.PP == 0 {
		share *= co.Blank
	}
	hours := 6 * x.Model.Active() * cmp.Or(x.Tokens, 20*x.Model.Active()) / (0.4 * q.Cluster.Chip.Peak16 * 1e12 * 3600)
	return min(1, share*math.Pow(hours/1e5, co.Effort))
}

// PredictRuns answers each row from its input columns.
func PredictRuns(rows []RunRow, co *Coefficients) []RunAnswer {
	out := make([]RunAnswer, len(rows))
	for i := range rows {
		out[i] = rows[i].predict(co)
	}
	return out
}

func (x *RunRow) predict(co *Coefficients) RunAnswer {
	a := RunAnswer{ID: x.ID}
	f, err := x.Search(co)
	if err != nil {
		a.Error = oneLine(err)
		return a
	}
	q := &x.Question
	n, tokens := float64(q.Cluster.N), float64(q.Work.Batch)*float64(q.Work.Seq)
	perToken := f.Seconds * n / tokens // chip-seconds
	share := x.kept(co)
	if x.Tokens > 0 {
		band := bandFor(x.Kind, &q.Cluster, co)
		hours := perToken * x.Tokens / 3600 / share
		a.GPUHours = roundTo(hours, 5)
		a.Days = roundTo(hours/n/24, 5)
		a.GPUHoursP10, a.GPUHoursP90 = roundTo(hours*band.Low, 5), roundTo(hours*band.High, 5)
	}
	model := x.Model.FLOPs(q.Work.Seq) / perToken
	peak := q.Cluster.Chip.Peak16
	if q.Work.Precision == FP8 && q.Cluster.Chip.Peak8 > 0 {
		peak = q.Cluster.Chip.Peak8
	}
	a.ModelTFLOPS = roundTo(model/1e12, 5)
	a.TFLOPS = a.ModelTFLOPS
	if q.RecomputeSet && f.Layout.Recompute == RecomputeFull {
		a.TFLOPS = roundTo(model*4/3/1e12, 5)
	}
	a.MFU = roundTo(model/1e12/peak, 4)
	a.Seconds = roundTo(f.Seconds, 5)
	a.MemoryGiB = roundTo(f.Memory.Total()/gib, 4)
	a.Layout = f.Layout.String()
	a.Chips, a.Note = q.Cluster.N, x.Note
	return a
}
