package plan

import "math"

// Reliability are the failure assumptions of a run; the fields are flags of the
// command line.
type Reliability struct {
	// ChipDays is the mean number of chip-days between interruptions. 2,112 is
	// the Llama 3 report's (arXiv 2407.21783, 3.3.4); Meta's RSC-1 saw 6.5 per
	// 1,000 node-days, 1,230 chip-days (arXiv 2410.21680).
	ChipDays float64 `json:"chip_days_per_failure" default:"2112" range:"1..1000000"`
	// Restart is the time to notice, replace, restart and reload, seconds
	// (MegaScale, NSDI 2024: detected under 10 minutes, caught up within 15).
	Restart float64 `json:"restart_s" default:"900" range:"0..1000000"`
	// NodeGBs is the checkpoint write rate of one node, GB/s; BLOOM's 40 s for
	// 2.3 TB on 48 nodes is 1.2.
	NodeGBs float64 `json:"checkpoint_gbs_per_node" default:"1.2" range:"0.001..1000"`
}

// DefaultReliability returns the defaults of the tags.
func DefaultReliability() Reliability {
	return Reliability{ChipDays: 2112, Restart: 900, NodeGBs: 1.2}
}

// Goodput is how much of the wall time moves the run forward.
type Goodput struct {
	Share        float64 `json:"share"`
	MTBFHours    float64 `json:"mtbf_hours"`
	WriteSeconds float64 `json:"checkpoint_write_s"`
	Interval     float64 `json:"checkpoint_interval_s"`
	CheckpointGB float64 `json:"checkpoint_gb"`
	PerDay       float64 `json:"failures_per_day"`
}

// NewGoodput applies Daly's higher-order optimum of the checkpoint interval
// (FGCS 22, 2006): τ = √(2δM)·(1 + ⅓√(δ/2M) + δ/18M) − δ for δ < 2M, else M, with
// useful share 1 − δ/τ − (τ/2 + R)/M. Weights, master weights and moments are 14
// bytes a parameter.
func NewGoodput(params float64, n, perNode int, r Reliability) Goodput {
	nodes := max(1, math.Ceil(float64(n)/float64(max(1, perNode))))
	if perNode > 64 { // a torus: hosts of eight chips write
		nodes = max(1, float64(n)/8)
	}
	g := Goodput{CheckpointGB: 14 * params / 1e9}
	m := r.ChipDays / float64(n) * 86400
	d := g.CheckpointGB / (r.NodeGBs * nodes)
	g.MTBFHours, g.WriteSeconds, g.PerDay = m/3600, d, 86400/m
	g.Interval = m
	if d < 2*m {
		x := d / (2 * m)
		g.Interval = max(d, math.Sqrt(2*d*m)*(1+math.Sqrt(x)/3+x/9)-d)
	}
	g.Share = max(0.01, 1-d/g.Interval-(g.Interval/2+r.Restart)/m)
	return g
}
