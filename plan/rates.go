package plan

import "math"

// Rates are the speeds one chip reaches in practice, with the shares of
// communication that computation does not hide. [RatesFor] fills them from the
// fitted coefficients.
type Rates struct {
	Matrix  float64 // FLOP/s of large matrix products, this precision
	Attn    float64 // FLOP/s of the fused attention core, causal work counted
	Fast    float64 // the same of the maker's kernels
	HBM     float64 // bytes/s
	Intra   float64 // bytes/s one way inside a node
	Node    float64 // bytes/s one way per node over the network
	PerNode int
	// Kernel is the fixed time of one layer's forward pass: launches and
	// synchronisation, seconds.
	Kernel float64
	// Hop is the fixed time of one collective, seconds, per doubling of ranks
	// over the network.
	Hop float64
	Co  *Coefficients
}

// RatesFor returns the rates of a cluster at a precision.
func RatesFor(k *Cluster, p Precision, co *Coefficients) Rates {
	f := co.Family(k.Chip.Family)
	r := Rates{HBM: k.Chip.HBM * 1e9 * co.HBM, Intra: k.Intra * co.Intra, Node: k.Node * co.Inter, PerNode: k.PerNode,
		Kernel: f.Kernel, Hop: co.Hop, Co: co, Attn: k.Chip.Peak16 * 1e12 * f.Attn, Fast: k.Chip.Peak16 * 1e12 * f.Fast}
	r.Matrix = k.Chip.Peak16 * 1e12 * f.Matrix
	if p == FP8 && k.Chip.Peak8 > 0 {
		r.Matrix = k.Chip.Peak8 * 1e12 * f.Matrix * co.FP8
	}
	return r
}

// gemm is the time of one product of an m×k activation with a k×n weight, and
// of the two products of its backward pass together. Work and traffic add up,
// and a short inner dimension pays for filling and draining each tile, so that
// small products reach less of the peak.
func (r *Rates) gemm(m, k, n float64) (forward, backward float64) {
	work := 2 * m * k * n / (r.Matrix * r.aligned(k) * r.aligned(n))
	traffic := 2 * (m*k + k*n + m*n) / r.HBM
	d := r.Co.Depth
	return work*(1+d/k) + traffic, work*(2+d/n+d/m) + 2*traffic
}

// aligned is the share of speed left when a dimension is not a multiple of 64
// elements (128 bytes): each factor of two that is missing costs the same.
func (r *Rates) aligned(n float64) float64 {
	i := int64(n)
	missing := 0
	for step := int64(64); step > 1 && i%step != 0; step /= 2 {
		missing++
	}
	return math.Pow(r.Co.Align, float64(missing))
}

// allReduce is the ring time of n bytes over ranks of which inNode share a
// node; peers is how many such rings share the node's adapters
// (bandwidth-optimal ring, arXiv 1802.05799). Gather or scatter alone is half.
func (r *Rates) allReduce(bytes float64, ranks, inNode, peers int) float64 {
	if ranks <= 1 {
		return 0
	}
	return 2*float64(ranks-1)/float64(ranks)*bytes/r.ring(ranks, inNode, peers) + r.latency(ranks, inNode)
}

// ring is the bandwidth one rank of a ring sees.
func (r *Rates) ring(ranks, inNode, peers int) float64 {
	if ranks <= inNode {
		return r.Intra
	}
	return min(r.Intra, r.Node/float64(max(1, peers)))
}

func (r *Rates) latency(ranks, inNode int) float64 {
	if ranks <= inNode {
		return r.Hop / 4
	}
	return r.Hop * math.Log2(float64(ranks))
}

// allToAll is the time in which each rank sends bytes, spread evenly.
func (r *Rates) allToAll(bytes float64, ranks, inNode int) float64 {
	if ranks <= 1 {
		return 0
	}
	n := float64(ranks)
	inside := bytes * float64(min(ranks, inNode)-1) / n / r.Intra
	outside := bytes * float64(max(0, ranks-inNode)) / n / (r.Node / float64(r.PerNode))
	return max(inside, outside) + r.latency(ranks, inNode)
}
