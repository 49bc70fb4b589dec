package plan

// MemoryParts is what one chip of the fullest stage holds, in bytes.
type MemoryParts struct {
	Weights     float64 `json:"weights"`
	Gradients   float64 `json:"gradients"`
	Optimizer   float64 `json:"optimizer"`
	Activations float64 `json:"activations"`
	Logits      float64 `json:"logits"`
	Gathered    float64 `json:"gathered,omitempty"` // live layers of ZeRO-3
	Overhead    float64 `json:"overhead"`           // context, communication buffers, fragmentation
}

// Total sums the parts, bytes.
func (p *MemoryParts) Total() float64 {
	return p.Weights + p.Gradients + p.Optimizer + p.Activations + p.Logits + p.Gathered + p.Overhead
}

const gib = 1 << 30

// Memory returns what a chip of the fullest stage holds: 16-bit weights and
// gradients, Adam's twelve bytes cut by the ZeRO stage (arXiv 1910.02054), the
// activations in flight (arXiv 2205.05198, table 2) and the fitted overhead.
func Memory(m *Model, l *Layout, w *Workload, co *Coefficients) MemoryParts {
	first, middle, last := stageLayers(m.Layers, l.PP)
	s := newShape(m, l, w, &Rates{PerNode: 8})
	begin := s.stageMemory(first, min(l.Micros, l.PP), co, l.PP == 1)
	if l.PP == 1 {
		return begin
	}
	end := s.stageMemory(last, 1, co, true)
	second := s.stageMemory(middle, min(l.Micros, l.PP-1), co, false)
	worst := begin
	for _, p := range []MemoryParts{end, second} {
		if p.Total() > worst.Total() {
			worst = p
		}
	}
	return worst
}

func (s *shape) stageMemory(layers, inFlight int, co *Coefficients, head bool) (p MemoryParts) {
	m, l := s.m, s.l
	dense, experts := stageParams(m, l, layers)
	n := dense + experts
	p.Weights, p.Gradients = 2*n, 4*n // gradients are summed in 32 bits …
	sharded := dense/float64(l.DP*l.CP) + experts/float64(l.expertCopies())
	p.Optimizer = 12 * n
	if l.Zero >= 1 {
		p.Optimizer = 12 * sharded
		p.Gradients = 2*n + 4*sharded // … on the rank that owns the shard
	}
	if l.Zero >= 2 {
		p.Gradients = 2 * sharded
	}
	if l.Zero == 3 {
		p.Weights = 2 * sharded
		p.Gathered = 2 * 2 * 2 * (n - m.embedding()/s.t) / float64(max(1, layers)) // this layer and the next, weights and gradients
	}
	chunk := 1.0
	if l.VP > 1 { // interleaving keeps more in flight (arXiv 2205.05198, 4.2.3)
		chunk = 1 + float64(l.PP-1)/float64(l.PP*l.VP)
	}
	live := s.liveLayer(true)
	if l.Recompute == RecomputeFull {
		kept := 2 * s.tokens * float64(m.Hidden)
		if l.Sequence {
			kept /= s.t
		}
		p.Activations = kept*float64(layers*inFlight)*chunk + live
	} else {
		p.Activations = s.liveLayer(l.Recompute != RecomputeSelective) * float64(layers*inFlight) * chunk
	}
	p.Activations *= co.Activations
	if head {
		p.Logits = s.tokens * (float64(m.Vocab)/s.t*10 + 4*float64(m.Hidden))
	}
	p.Overhead = co.Context*gib + co.Fragment*(p.Total())
	return p
}

// liveLayer is what one layer's forward pass keeps for its backward pass,
// bytes; all is false when selective recomputation drops what is cheap to make
// again: the attention square of an unfused stack, the norms and activation
// functions of a fused one.
func (s *shape) liveLayer(all bool) float64 {
	m, h := s.m, float64(s.m.Hidden)
	width := float64(m.FFN)
	if m.Experts > 0 {
		width = float64((m.TopK + m.Shared) * m.ExpertFFN)
	}
	qkvo := 2 * (2*float64(m.Heads) + 2*float64(min(m.KVHeads, m.Heads))) * (m.qkDim() + m.vDim()) / 2
	whole, split := 10*h, qkvo+2*m.matrices()*width
	switch {
	case s.l.Fused && !all:
		if m.KVRank > 0 { // latents are kept, heads are projected again
			qkvo = 2 * (float64(m.QRank+m.KVRank+m.Rope) + float64(m.Heads)*m.vDim())
		}
		whole, split = 4*h, qkvo+2*(m.matrices()-1)*width
	case s.l.Fused:
		whole = 8 * h // no dropout masks
	case all:
		split += 5 * float64(m.Heads) * m.context(int(s.seq))
	}
	if m.Experts > 0 {
		split += 2 * float64(m.TopK) * h // dispatched copies
	}
	if s.l.Sequence {
		whole /= s.t
	}
	if s.fp8 {
		split *= 0.5 // inputs of products are kept in 8 bits
	}
	return s.tokens * (whole + split/s.t)
}
