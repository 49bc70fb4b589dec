package plan

import (
	"errors"
	"fmt"
	"math"

	"feilun/internal/hint"
)

// A Request is one question. Zero fields take defaults that the answer states.
type Request struct {
	Model       Model
	Tokens      float64
	Groups      []Group
	BatchTokens float64
	Seq         int
	Precision   Precision
	Stack       string // auto, modern or 2021
	Fixed       Layout // zero fields are free
	Topology    string
	Reliability Reliability
	Money       Prices
	Power       Grid
	Co          *Coefficients
}

// A Plan answers a [Request]. Times are those of the mixed or single layout.
type Plan struct {
	Feasible  bool    `json:"feasible"`
	Why       string  `json:"why,omitempty"`
	Hint      string  `json:"hint,omitempty"`
	Layout    *Layout `json:"layout"`
	MemoryGiB float64 `json:"memory_gib"`
	Seconds   float64 `json:"step_time_s"`
	MFU       float64 `json:"mfu"`
	Days      float64 `json:"days"`
	DaysP10   float64 `json:"days_p10"`
	DaysP90   float64 `json:"days_p90"`
	EnergyKWh float64 `json:"energy_kwh"`
	CO2       float64 `json:"co2_t"`
	Cost      Cost    `json:"cost"`

	Model      Model              `json:"model"`
	Params     float64            `json:"params"`
	Active     float64            `json:"active_params"`
	Tokens     float64            `json:"tokens"`
	FLOPs      float64            `json:"training_flops"`
	Batch      int                `json:"batch_sequences"`
	Seq        int                `json:"seq_len"`
	Precision  Precision          `json:"precision"`
	Stack      string             `json:"stack"`
	ModernDays float64            `json:"days_modern_stack,omitempty"`
	Chips      []PlannedChips     `json:"chips"`
	Memory     map[string]float64 `json:"memory_parts_gib"`
	Times      map[string]float64 `json:"step_parts_s"`
	Goodput    Goodput            `json:"goodput"`
	Kept       float64            `json:"kept_share"`
	KWatts     float64            `json:"power_kw"`
	Considered int                `json:"layouts_considered"`
	Fitting    int                `json:"layouts_fitting"`
	Others     []string           `json:"next_best_layouts,omitempty"`
	Mixed      *Mixed             `json:"mixed,omitempty"`
	Loss       float64            `json:"predicted_loss"`
	Notes      []string           `json:"notes,omitempty"`

	found    Found
	req      Request
	band     Band
	capacity float64 // GB of the chip the memory parts belong to
}

// PlannedChips is one line of the inventory.
type PlannedChips struct {
	N       int      `json:"n"`
	Chip    string   `json:"chip"`
	Doubt   string   `json:"uncertain,omitempty"`
	Assumed []string `json:"assumed,omitempty"`
}

const maxTokens = 1e16

// largestBatch is the largest published batch, DeepSeek-V3's, in tokens; beyond
// it more chips cannot be fed without learning less from each token.
const largestBatch = 63e6

// Make plans one run. A model that does not fit is an answer (Feasible false,
// Why, Hint), a question that makes no sense an error.
func Make(r Request) (*Plan, error) {
	if err := r.complete(); err != nil {
		return nil, err
	}
	p := &Plan{Model: r.Model, Params: r.Model.Params(), Active: r.Model.Active(), Tokens: r.Tokens, Seq: r.Seq,
		Precision: r.Precision, Stack: r.Stack, req: r}
	p.FLOPs = r.Model.FLOPs(r.Seq) * r.Tokens
	p.Batch = int(math.Round(r.BatchTokens / float64(r.Seq)))
	p.Loss = Loss(p.Active, p.Tokens)
	for _, g := range r.Groups {
		p.Chips = append(p.Chips, PlannedChips{g.N, g.Chip.Name, g.Chip.Doubt, g.Chip.Assumed})
	}
	var err error
	if len(r.Groups) == 1 {
		err = p.single(&r)
	} else {
		err = p.several(&r)
	}
	if err != nil {
		p.Why, p.Hint = err.Error(), hint.Of(err)
		return p, nil
	}
	p.finish(&r)
	return p, nil
}

func (r *Request) complete() error {
	if err := r.Model.Validate(); err != nil {
		return err
	}
	switch {
	case len(r.Groups) == 0:
		return hint.With(errors.New("no chips given"), chipHelp)
	case !(r.Tokens > 0):
		return hint.With(errors.New("no tokens given"), "add --tokens 300B, or --days, --budget or --power to have them chosen")
	case r.Tokens > maxTokens:
		return hint.With(fmt.Errorf("%.3g tokens is more than was ever written: the largest corpora hold about 5e13", r.Tokens),
			"plan for at most 10000T tokens; about 20 per parameter, "+Count(20*r.Model.Active())+" here, is compute-optimal")
	}
	if r.Co == nil {
		r.Co = Fitted()
	}
	if r.Reliability == (Reliability{}) {
		r.Reliability = DefaultReliability()
	}
	r.Money.fill()
	r.Power.fill()
	if r.Seq == 0 {
		r.Seq = r.Model.SeqLen
	}
	r.chooseStack()
	if err := r.known(); err != nil {
		return err
	}
	if r.BatchTokens == 0 {
		r.BatchTokens = max(usualBatch(&r.Model), min(largestBatch, float64(r.chips()*r.Seq)/16))
		r.BatchTokens = math.Exp2(math.Round(math.Log2(max(1, r.BatchTokens/float64(r.Seq))))) * float64(r.Seq)
		if r.Stack == "2021" { // GPT-3's largest batch (arXiv 2005.14165, table 2.1)
			r.BatchTokens = min(r.BatchTokens, 1536*2048)
		}
		for r.BatchTokens > r.Tokens && r.BatchTokens > float64(r.Seq) {
			r.BatchTokens /= 2
		}
	}
	if r.BatchTokens > max(r.Tokens, float64(r.Seq)) {
		return hint.With(fmt.Errorf("a batch of %s tokens is more than the %s tokens to train on", Count(r.BatchTokens), Count(r.Tokens)), "use a smaller --batch, or leave it out")
	}
	if r.BatchTokens < float64(r.Seq) {
		return hint.With(fmt.Errorf("a batch of %s tokens is less than one sequence of %d", Count(r.BatchTokens), r.Seq), "use --batch 1M or more, or a shorter --seq")
	}
	return nil
}

// known reports a chip without a number, and arithmetic that no chip has.
func (r *Request) known() error {
	for _, g := range r.Groups {
		switch c := g.Chip; {
		case g.N < 1:
			return hint.With(fmt.Errorf("%s has no number of chips", g.Name), "write --chips 512x"+g.Name+", or add --days, --budget or --power to have the number chosen")
		case r.Precision == FP8 && c.Peak8 == 0:
			return hint.With(fmt.Errorf("%s has no FP8 arithmetic", c.Name), "use --precision bf16 or fp16, or a chip with FP8 such as H100, H800, H20 or MI300X")
		case r.Precision == BF16 && c.NoBF16:
			return hint.With(fmt.Errorf("%s has no BF16 arithmetic", c.Name), "use --precision fp16, or leave it out")
		}
	}
	return nil
}

func (r *Request) chips() int {
	n := 0
	for _, g := range r.Groups {
		n += g.N
	}
	return n
}

// chooseStack settles precision and software generation together.
func (r *Request) chooseStack() {
	older := true
	for _, g := range r.Groups {
		older = older && (g.Chip.Year < 2022 || g.Chip.Family == "ampere")
		if g.Chip.NoBF16 && r.Precision == "" {
			r.Precision = FP16
		}
	}
	if r.Stack == "" || r.Stack == "auto" {
		r.Stack = "modern"
		if older && olderStack(r.Model.Name) {
			r.Stack = "2021"
		}
	}
	if r.Precision == "" {
		r.Precision = BF16
		if r.Stack == "2021" {
			r.Precision = FP16
		}
	}
}

// question builds the search for one kind of chip.
func (r *Request) question(g Group, batch int) Question {
	q := Question{Model: &r.Model, Work: Workload{Batch: batch, Seq: r.Seq, Precision: r.Precision}, Cluster: NewCluster(g.Chip, g.N),
		Fixed: r.Fixed, RecomputeSet: r.Fixed.Recompute != "", ZeroSet: r.Fixed.Zero > 0, Co: r.Co}
	if r.Topology != "" {
		q.Cluster.apply(r.Topology)
	}
	q.Fixed.Sequence = r.Stack != "2021" // today's stacks split norms by sequence on any chip
	if r.Stack == "2021" {
		if !q.RecomputeSet {
			q.Fixed.Recompute, q.RecomputeSet = RecomputeFull, true
		}
		q.Old = true
		q.FusedSet = g.Chip.Year < 2022 || g.Chip.Family == "ampere"
	}
	return q
}

func (p *Plan) single(r *Request) error {
	g := r.Groups[0]
	q := r.question(g, p.Batch)
	s, used, err := SearchAtMost(&q)
	p.Considered, p.Fitting = s.Considered, s.Fitting
	if err != nil {
		return err
	}
	p.take(s.Best[0], &used, r)
	p.capacity = g.Chip.MemoryGB
	for _, f := range s.Best[1:min(4, len(s.Best))] {
		p.Others = append(p.Others, fmt.Sprintf("%s: %+.1f%%", f.Layout.String(), 100*(f.Seconds/s.Best[0].Seconds-1)))
	}
	p.band = bandFor("", &q.Cluster, r.Co)
	if r.Stack == "2021" {
		m := *r
		m.Stack, m.Precision = "modern", ""
		m.chooseStack()
		mq := m.question(g, p.Batch)
		if s, _, err := SearchAtMost(&mq); err == nil {
			p.ModernDays = p.steps() * s.Best[0].Seconds / 86400 / p.keeps(r, &q.Cluster)
		}
	}
	return nil
}

func (p *Plan) steps() float64 { return p.Tokens / (float64(p.Batch) * float64(p.Seq)) }

// keeps is the share of steady speed that a whole run keeps: failures by Daly's
// formula times what published runs lost otherwise.
func (p *Plan) keeps(r *Request, k *Cluster) float64 {
	busy := r.chips()
	if len(r.Groups) == 1 { // an idle chip that fails stops nothing
		busy = min(busy, p.Layout.Chips())
	}
	p.Goodput = NewGoodput(p.Params, busy, k.PerNode, r.Reliability)
	hours := 6 * p.Active * p.Tokens / (0.4 * k.Chip.Peak16 * 1e12 * 3600)
	return min(1, r.Co.Run*p.Goodput.Share*math.Pow(max(1, hours)/1e5, r.Co.Effort))
}

// take fills the plan from one found layout.
func (p *Plan) take(f Found, k *Cluster, r *Request) {
	p.found = f
	p.Layout = &f.Layout
	p.MemoryGiB = roundTo(f.Memory.Total()/gib, 4)
	p.Seconds = f.Seconds
	p.Memory = map[string]float64{"weights": f.Memory.Weights / gib, "gradients": f.Memory.Gradients / gib, "optimizer": f.Memory.Optimizer / gib,
		"activations": f.Memory.Activations / gib, "logits": f.Memory.Logits / gib, "gathered": f.Memory.Gathered / gib, "overhead": f.Memory.Overhead / gib}
	p.Times = map[string]float64{}
	whole := f.Seconds / f.Times.Total()
	for i, v := range f.Times {
		p.Times[Part(i).String()] = v * whole
	}
	p.Kept = p.keeps(r, k)
}

func (p *Plan) finish(r *Request) {
	p.Feasible = true
	var peak float64
	for _, g := range r.Groups {
		each := g.Chip.Peak16
		if r.Precision == FP8 && g.Chip.Peak8 > 0 {
			each = g.Chip.Peak8
		}
		peak += each * 1e12 * float64(g.N)
	}
	p.MFU = roundTo(p.Model.FLOPs(p.Seq)*float64(p.Batch)*float64(p.Seq)/p.Seconds/peak, 4)
	p.Days = p.steps() * p.Seconds / 86400 / p.Kept
	p.DaysP10, p.DaysP90 = p.Days*p.band.Low, p.Days*p.band.High
	p.energy(r)
	p.money(r)
	p.notes(r)
}

func (p *Plan) notes(r *Request) {
	if r.Stack == "2021" {
		p.Notes = append(p.Notes, "stack 2021: FP16, everything recomputed, attention not fused, as this model was published; --stack modern plans for today's software")
	}
	if n := r.chips(); p.Mixed == nil && p.Layout.Chips() < n {
		p.Notes = append(p.Notes, fmt.Sprintf("%d of %d chips stay idle: the batch or the model does not divide by all of them", n-p.Layout.Chips(), n))
	}
	for _, g := range r.Groups {
		if g.Chip.Doubt != "" {
			p.Notes = append(p.Notes, g.Chip.Name+" row is uncertain: "+g.Chip.Doubt)
		}
		if !r.Co.measured(g.Chip.Family) {
			p.Notes = append(p.Notes, g.Chip.Name+": no measured training step of this kind of chip was fitted; efficiency is a prior and the band is wider")
		}
		if len(g.Chip.Assumed) > 0 {
			p.Notes = append(p.Notes, fmt.Sprintf("%s: no source states %v; guessed", g.Chip.Name, g.Chip.Assumed))
		}
	}
	if p.Days > 3650 {
		p.Notes = append(p.Notes, "longer than ten years: more chips, fewer tokens or a smaller model")
	}
}
