package plan

// A Part is one kind of time in a training step.
type Part int

// The parts of a step, in the order screens show them.
const (
	Matrix      Part = iota // products with weights
	Attention               // score and value products, softmax
	Elementwise             // norms, activations, residuals, loss
	Launch                  // kernel launches and synchronisation
	Again                   // forward work repeated under recomputation
	TensorComm              // tensor and sequence parallel
	ExpertComm              // dispatch and combine
	ContextComm             // keys and values between context ranks
	PipeComm                // activations between stages
	Bubble                  // stages waiting at both ends of a step
	GradComm                // gradients, and gathered weights of ZeRO-3
	Optimizer
	Input // reading the next batch
	numParts
)

var partNames = [numParts]string{"matrix", "attention", "elementwise", "launch", "recompute", "tensor_comm",
	"expert_comm", "context_comm", "pipeline_comm", "bubble", "gradient_comm", "optimizer", "input"}

func (p Part) String() string { return partNames[p] }

// Times holds seconds by part.
type Times [numParts]float64

func (t *Times) add(o *Times, f float64) {
	for i := range t {
		t[i] += f * o[i]
	}
}

// Total sums the parts.
func (t *Times) Total() float64 {
	var s float64
	for _, v := range t {
		s += v
	}
	return s
}

// A shape is what the step model needs again and again: one micro-batch on one
// chip's share of one layer.
type shape struct {
	m       *Model
	l       *Layout
	r       *Rates
	tokens  float64 // of a micro-batch on one context rank
	seqs    float64
	seq     float64
	t       float64
	inNode  int // chips of one tensor group that share a node
	dpNode  int // data-parallel peers that share a node
	fp8     bool
	half    bool // gradients are exchanged in 32 bits
	dpShare int  // data-parallel rings that share a node's adapters
}

func newShape(m *Model, l *Layout, w *Workload, r *Rates) shape {
	s := shape{m: m, l: l, r: r, seqs: float64(l.MicroBatch), seq: float64(w.Seq), t: float64(l.TP)}
	s.tokens = s.seqs * s.seq / float64(l.CP)
	s.fp8 = w.Precision == FP8
	s.half = w.Precision != FP16 && l.Zero < 2
	s.inNode = min(l.TP, r.PerNode)
	group := l.TP * l.CP
	s.dpNode = max(1, min(l.DP, r.PerNode/max(1, min(group, r.PerNode))))
	s.dpShare = max(1, min(r.PerNode, r.PerNode/s.dpNode))
	return s
}

// layer returns the times of one layer's forward and backward pass.
func (s *shape) layer(expert bool) (fwd, bwd Times) {
	m, t := s.m, s.t
	product := func(k, n float64) {
		f, b := s.r.gemm(s.tokens, k, n)
		fwd[Matrix] += f
		bwd[Matrix] += b
	}
	h, a := float64(m.Hidden), float64(m.Heads)
	if m.KVRank > 0 {
		s.latent(product)
	} else {
		d := float64(m.HeadDim)
		product(h, (a+2*max(float64(m.KVHeads), min(t, a)))*d/t)
		product(a*d/t, h)
	}
	width := float64(m.FFN)
	if expert {
		width = float64(m.Shared * m.ExpertFFN)
		s.experts(&fwd, &bwd)
	}
	if width > 0 {
		product(h, (m.matrices()-1)*width/t)
		product(width/t, h)
	}
	if expert {
		width += float64(m.TopK * m.ExpertFFN)
	}
	s.attention(&fwd, &bwd)
	s.elementwise(width, expert, &fwd, &bwd)
	s.exchange(&fwd, &bwd)
	launch := s.r.Kernel
	if expert {
		launch *= 2 // routing, permutation and grouped products
	}
	fwd[Launch] += launch
	bwd[Launch] += 2 * launch
	return fwd, bwd
}

// latent adds the products of multi-head latent attention.
func (s *shape) latent(product func(k, n float64)) {
	m, t := s.m, s.t
	h, a := float64(m.Hidden), float64(m.Heads)
	q := h
	if m.QRank > 0 {
		product(h, float64(m.QRank))
		q = float64(m.QRank)
	}
	product(q, a*m.qkDim()/t)
	product(h, float64(m.KVRank+m.Rope))
	product(float64(m.KVRank), a*(float64(m.HeadDim)+m.vDim())/t)
	product(a*m.vDim()/t, h)
}

// experts adds routed experts: every rank works on as many tokens as it sends.
func (s *shape) experts(fwd, bwd *Times) {
	m, ep := s.m, float64(max(1, s.l.EP))
	local := max(1, float64(m.Experts)/ep)
	mine := s.tokens
	if s.l.EP > 1 { // tensor ranks hold a part of the sequence each
		mine /= s.t
	}
	each := mine * float64(m.TopK) / local * imbalance
	h, f := float64(m.Hidden), float64(m.ExpertFFN)
	if s.l.EP <= 1 {
		f /= s.t // experts cut by tensor ranks
	}
	for _, p := range [][2]float64{{h, (m.matrices() - 1) * f}, {f, h}} {
		a, b := s.r.gemm(each, p[0], p[1])
		fwd[Matrix] += local * a
		bwd[Matrix] += local * b
	}
	// Dispatch and combine, 2 bytes an element. Grouped routing sends a token at
	// most to 4 nodes (arXiv 2412.19437, 3.2.2); copies inside a node ride NVLink.
	bytes := 2 * mine * float64(m.TopK) * h
	if s.l.EP > s.r.PerNode && m.TopK > 4 {
		bytes *= 4 / float64(m.TopK)
	}
	x := 2 * s.r.allToAll(bytes, s.l.EP, s.r.PerNode) * s.r.Co.Expert
	fwd[ExpertComm] += x
	bwd[ExpertComm] += x
}

// imbalance is the load of the busiest expert rank against the mean under a
// balancing loss; Switch Transformers and DeepSeek-V3 report drops below 10 %.
const imbalance = 1.1

// attention adds the score and value products. A fused core does the causal
// half and never writes the square; an unfused one does the full square and
// moves it through memory eleven bytes at a time (arXiv 2205.05198, 4.1).
func (s *shape) attention(fwd, bwd *Times) {
	m := s.m
	a := float64(m.Heads) / s.t
	span := m.context(int(s.seq))
	if s.l.Fused {
		rate := s.r.Attn
		if s.l.Fast {
			rate = s.r.Fast
		}
		f := s.tokens * a * (m.qkDim() + m.vDim()) * span / rate // 2 FLOPs, half the square
		fwd[Attention] += f
		bwd[Attention] += 2.5 * f
		return
	}
	rate := s.r.Matrix * s.r.Co.Odd
	if m.HeadDim%8 != 0 {
		rate *= 0.2 // no matrix units for heads whose size is not a multiple of 8
	}
	f := 2*s.tokens*a*(m.qkDim()+m.vDim())*s.seq/rate + 11*s.tokens*a*s.seq/s.r.HBM*s.r.Co.Soft
	fwd[Attention] += f
	bwd[Attention] += 2 * f
}

// elementwise adds norms, residuals, dropout and activations: bytes read and
// written by unfused kernels, times the fitted share.
func (s *shape) elementwise(width float64, expert bool, fwd, bwd *Times) {
	h := float64(s.m.Hidden)
	whole := 22 * h
	if s.l.Sequence {
		whole /= s.t
	}
	bytes := s.tokens * (whole + (4*h+4*(s.m.matrices()-1)*width)/s.t)
	if expert { // permute to experts and back: two copies of each routed token
		bytes += 8 * s.tokens / s.t * float64(s.m.TopK) * h
	}
	f := bytes / s.r.HBM * s.r.Co.Elem
	fwd[Elementwise] += f
	bwd[Elementwise] += 2 * f
}

// exchange adds what tensor and context ranks send each other inside a layer.
func (s *shape) exchange(fwd, bwd *Times) {
	h := float64(s.m.Hidden)
	if s.l.TP > 1 {
		x := 2 * s.r.allReduce(2*s.tokens*h, s.l.TP, s.r.PerNode, 1)
		if s.l.Fused { // stacks of that age overlap it with the products
			x *= s.r.Co.Tensor
		}
		fwd[TensorComm] += x
		bwd[TensorComm] += x
	}
	if c := s.l.CP; c > 1 {
		// Ring attention hides all but what the attention core cannot cover.
		kv := 4 * s.tokens * float64(s.m.KVHeads*s.m.HeadDim) / s.t * float64(c-1)
		x := kv / s.r.ring(c*s.l.TP, s.r.PerNode, s.r.PerNode)
		fwd[ContextComm] += max(0.1*x, x-fwd[Attention])
		bwd[ContextComm] += max(0.2*x, 2*x-bwd[Attention])
	}
}

// head returns the output matrix and the loss on the last stage.
func (s *shape) head() (fwd, bwd Times) {
	v := float64(s.m.Vocab) / s.t
	f, b := s.r.gemm(s.tokens, float64(s.m.Hidden), v)
	fwd[Matrix], bwd[Matrix] = f, b
	loss := s.tokens * v * 12 / s.r.HBM * s.r.Co.Elem
	fwd[Elementwise], bwd[Elementwise] = loss, loss
	return fwd, bwd
}

// microBatch sums a stage of n layers, of which experts have experts, with what
// recomputation repeats.
func (s *shape) microBatch(n, experts float64) Times {
	var sum Times
	for _, kind := range []struct {
		n      float64
		expert bool
	}{{n - experts, false}, {experts, true}} {
		if kind.n <= 0 {
			continue
		}
		f, b := s.layer(kind.expert)
		sum.add(&f, kind.n)
		sum.add(&b, kind.n)
		switch {
		case s.l.Recompute == RecomputeFull:
			sum[Again] += kind.n * (f.Total() - f[TensorComm])
			sum[TensorComm] += kind.n * f[TensorComm]
		case s.l.Recompute == RecomputeSelective && !s.l.Fused:
			sum[Again] += kind.n * f[Attention]
		case s.l.Recompute == RecomputeSelective:
			sum[Again] += kind.n * f[Elementwise] / 2
		}
	}
	return sum
}
