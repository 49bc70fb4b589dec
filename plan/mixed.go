package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"feilun/internal/hint"
)

// Mixed says how unlike chips share one run.
type Mixed struct {
	Scheme string       `json:"scheme"` // pipeline or data
	Parts  []MixedStage `json:"parts"`
	// Alone is the fastest single kind, seconds per step; 0 when none fits.
	Alone     float64 `json:"best_single_kind_step_s"`
	AloneChip string  `json:"best_single_kind"`
	// Other is the other scheme's step time, where it also fits.
	Other        string  `json:"other_scheme,omitempty"`
	OtherSeconds float64 `json:"other_scheme_step_s,omitempty"`
	// Ideal is the step time if speeds simply added up.
	Ideal float64 `json:"sum_of_speeds_step_s"`
}

// A MixedStage is the share of one kind of chip.
type MixedStage struct {
	Chip      string  `json:"chip"`
	Stages    int     `json:"stages,omitempty"`
	Layers    []int   `json:"layers,omitempty"` // per stage of this kind, in order
	Sequences int     `json:"sequences,omitempty"`
	Seconds   float64 `json:"busy_s"` // per step
	MemoryGiB float64 `json:"memory_gib"`
	Layout    string  `json:"layout,omitempty"`
}

// preferPipe: unequal data-parallel groups with unlike layouts, which few trainers
// can run, must beat one uneven pipeline by this factor to be proposed.
const preferPipe = 0.85

// several plans over unlike chips: uneven pipeline stages of one pipeline, or
// data-parallel groups with unequal shares of the batch if they are much faster.
func (p *Plan) several(r *Request) error {
	kinds := merge(r.Groups)
	if len(kinds) == 1 {
		r.Groups = kinds
		return p.single(r)
	}
	alone, aloneChip, speed := p.kindsAlone(r, kinds)
	pipe, pipeErr := p.mixedPipeline(r, kinds)
	data := p.mixedData(r, kinds)
	best, other := pipe, data
	if best == nil || data != nil && data.found.Seconds < preferPipe*best.found.Seconds {
		best, other = data, pipe
	}
	if best == nil {
		return pipeErr
	}
	if other != nil {
		best.mixed.Other, best.mixed.OtherSeconds = other.mixed.Scheme, other.found.Seconds
	}
	k := NewCluster(kinds[0].Chip, r.chips())
	p.take(best.found, &k, r)
	best.mixed.Alone, best.mixed.AloneChip = alone, aloneChip
	if speed > 0 {
		best.mixed.Ideal = 1 / speed
	}
	p.Mixed = &best.mixed
	p.capacity = best.capacity
	p.band = Band{1, 1}
	for _, g := range kinds { // the widest of the kinds
		c := NewCluster(g.Chip, g.N)
		b := bandFor("", &c, r.Co)
		p.band = Band{min(p.band.Low, b.Low), max(p.band.High, b.High)}
	}
	return nil
}

func merge(groups []Group) []Group {
	var out []Group
	for _, g := range groups {
		if i := slices.IndexFunc(out, func(o Group) bool { return o.Name == g.Name }); i >= 0 {
			out[i].N += g.N
		} else {
			out = append(out, g)
		}
	}
	return out
}

// kindsAlone searches each kind by itself; speed is the sum of steps a second.
func (p *Plan) kindsAlone(r *Request, kinds []Group) (best float64, name string, speed float64) {
	for _, g := range kinds {
		q := r.question(g, p.Batch)
		s, err := Search(&q)
		p.Considered += s.Considered
		p.Fitting += s.Fitting
		if err != nil {
			continue
		}
		speed += 1 / s.Best[0].Seconds
		if best == 0 || s.Best[0].Seconds < best {
			best, name = s.Best[0].Seconds, g.Name
		}
	}
	return best, name, speed
}

type mixedFound struct {
	found    Found
	mixed    Mixed
	capacity float64 // GB of the fullest chip's kind
}

// mixedData gives each kind its own layout and a share of the batch in
// proportion to its speed; the gradient exchange crosses kinds once.
func (p *Plan) mixedData(r *Request, kinds []Group) *mixedFound {
	var speeds []float64
	var total float64
	for _, g := range kinds {
		q := r.question(g, p.Batch)
		s, err := Search(&q)
		if err != nil {
			return nil
		}
		speeds = append(speeds, 1/s.Best[0].Seconds)
		total += speeds[len(speeds)-1]
	}
	out := &mixedFound{mixed: Mixed{Scheme: "data"}}
	left := p.Batch
	for i, g := range kinds {
		share := min(left, int(math.Round(float64(p.Batch)*speeds[i]/total)))
		if i == len(kinds)-1 {
			share = left
		}
		left -= share
		if share < 1 {
			return nil
		}
		q := r.question(g, share)
		s, err := Search(&q)
		if err != nil {
			return nil
		}
		f := s.Best[0]
		cross := 4 * p.Params / (float64(g.N) * g.Chip.Inter / 8 * 1e9 * r.Co.Inter) * 2
		f.Times[GradComm] += cross
		f.Seconds += cross
		out.mixed.Parts = append(out.mixed.Parts, MixedStage{Chip: g.Name, Sequences: share, Seconds: f.Seconds,
			MemoryGiB: f.Memory.Total() / gib, Layout: f.Layout.String()})
		if f.Seconds > out.found.Seconds {
			out.found, out.capacity = f, g.Chip.MemoryGB
		}
	}
	return out
}

// mixedPipeline cuts every pipeline over all kinds. Kinds with more memory come
// first, where more micro-batches are in flight; layers go where they finish
// soonest.
func (p *Plan) mixedPipeline(r *Request, kinds []Group) (*mixedFound, error) {
	kinds = slices.Clone(kinds)
	slices.SortStableFunc(kinds, func(a, b Group) int { return cmp.Compare(b.Chip.MemoryGB, a.Chip.MemoryGB) })
	var best *mixedFound
	for tp := 1; tp <= 8; tp *= 2 {
		if r.Model.Heads%tp != 0 || r.Model.Hidden%tp != 0 {
			continue
		}
		common := 0
		for _, g := range kinds {
			common = gcd(common, g.N/tp)
		}
		for dp := 1; dp <= common; dp++ {
			if common%dp != 0 {
				continue
			}
			for _, b := range []int{1, 2, 4} {
				for _, rec := range []Recompute{RecomputeNone, RecomputeSelective, RecomputeFull} {
					p.Considered++
					if f := p.tryMixed(r, kinds, tp, dp, b, rec); f != nil {
						p.Fitting++
						if best == nil || f.found.Seconds < best.found.Seconds {
							best = f
						}
					}
				}
			}
		}
	}
	if best == nil {
		return nil, hint.With(fmt.Errorf("%s fits on no arrangement of %d unlike chips", r.Model.Name, r.chips()),
			"counts that share a large common divisor (such as 256 and 512) can be cut evenly; more chips, or a smaller model, need less memory each")
	}
	return best, nil
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// tryMixed evaluates one arrangement; nil when it does not fit.
func (p *Plan) tryMixed(r *Request, kinds []Group, tp, dp, b int, rec Recompute) *mixedFound {
	var stages []int // kind of each stage
	for i, g := range kinds {
		for range g.N / (tp * dp) {
			stages = append(stages, i)
		}
	}
	m := &r.Model
	if len(stages) > m.Layers || len(stages) < len(kinds) || dp*b > p.Batch {
		return nil
	}
	l := Layout{TP: tp, PP: len(stages), VP: 1, DP: dp, CP: 1, EP: 1, MicroBatch: b, Zero: 1, Recompute: rec, Sequence: tp > 1}
	l.Micros = max(1, (p.Batch+dp*b-1)/(dp*b))
	w := Workload{Batch: p.Batch, Seq: r.Seq, Precision: r.Precision}
	shapes := make([]shape, len(kinds))
	rates := make([]Rates, len(kinds))
	per := make([]float64, len(kinds))
	for i, g := range kinds {
		k := NewCluster(g.Chip, g.N)
		if r.Topology != "" {
			k.apply(r.Topology)
		}
		rates[i] = RatesFor(&k, r.Precision, r.Co)
		own := l // each kind has its own software
		own.Fused = fusedStack(g.Chip, r.Precision, rec, rec == RecomputeFull && r.Stack == "2021", tp, len(stages))
		own.Fast = own.Fused && fastStack(g.Chip, &own, false)
		shapes[i] = newShape(m, &own, &w, &rates[i])
		t := shapes[i].microBatch(1, float64(m.expertLayers())/float64(m.Layers))
		per[i] = t.Total()
	}
	layers := deal(m.Layers, stages, per)
	return p.settleMixed(r, kinds, shapes, stages, layers, &l)
}

// deal gives layers to stages one by one, each to the stage that would then
// finish first; every stage gets at least one.
func deal(layers int, stages []int, per []float64) []int {
	out := make([]int, len(stages))
	for i := range out {
		out[i] = 1
	}
	for range layers - len(stages) {
		best := 0
		for i := range out {
			if float64(out[i]+1)*per[stages[i]] < float64(out[best]+1)*per[stages[best]] {
				best = i
			}
		}
		out[best]++
	}
	return out
}

func (p *Plan) settleMixed(r *Request, kinds []Group, shapes []shape, stages, layers []int, l *Layout) *mixedFound {
	var slow, pass, biggest float64
	var pace Times // of the slowest stage
	density := float64(shapes[0].m.expertLayers()) / float64(shapes[0].m.Layers)
	parts := make([]MixedStage, len(kinds))
	out := &mixedFound{}
	for i, k := range stages {
		mem := shapes[k].stageMemory(layers[i], min(l.Micros, len(stages)-i), r.Co, i == len(stages)-1)
		if mem.Total() > kinds[k].Chip.MemoryGB*gib*usable {
			return nil
		}
		if full := mem.Total() / kinds[k].Chip.MemoryGB; full > biggest {
			biggest, out.found.Memory, out.capacity = full, mem, kinds[k].Chip.MemoryGB
		}
		one := shapes[k].microBatch(float64(layers[i]), float64(layers[i])*density)
		if i == len(stages)-1 {
			f, b := shapes[k].head()
			one.add(&f, 1)
			one.add(&b, 1)
		}
		t := one.Total()
		pass += t
		if t > slow {
			slow, pace = t, one
		}
		s := &parts[k]
		s.Chip, s.Stages, s.Layers = kinds[k].Name, s.Stages+1, append(s.Layers, layers[i])
		s.Seconds = max(s.Seconds, t*float64(l.Micros))
		s.MemoryGiB = max(s.MemoryGiB, mem.Total()/gib)
	}
	t := &out.found.Times
	t.add(&pace, float64(l.Micros))
	t[Bubble] = pass - slow
	crossKinds(t, shapes, slices.Max(layers), len(stages), slow)
	out.found.Layout, out.found.Seconds = *l, t.Total()
	out.mixed = Mixed{Scheme: "pipeline", Parts: parts}
	return out
}

// crossKinds adds what stages of unlike chips exchange: the slowest link and
// the slowest optimizer count.
func crossKinds(t *Times, shapes []shape, layers, stages int, slow float64) {
	worst := 0.0
	for i := range shapes {
		worst = max(worst, shapes[i].transfer())
		var comm Times
		shapes[i].gradients(&comm, layers, slow)
		t[GradComm] = max(t[GradComm], comm[GradComm])
		t[Optimizer] = max(t[Optimizer], shapes[i].optimizer(layers))
	}
	t[PipeComm] = float64(shapes[0].l.Micros)*2*worst*shapes[0].r.Co.Pipe + 2*float64(stages-1)*worst
}
