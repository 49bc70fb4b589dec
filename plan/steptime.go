package plan

// StepTime returns the seconds of one optimizer step by part. The slowest stage
// sets the pace of 1F1B: micro-batches × its time, plus a fill and a drain in
// which the other stages pass once (arXiv 2104.04473, section 2.2).
func StepTime(m *Model, l *Layout, w *Workload, r *Rates) Times {
	s := newShape(m, l, w, r)
	first, middle, last := stageLayers(m.Layers, l.PP)
	density := float64(m.expertLayers()) / float64(max(1, m.Layers))
	at := func(n int) Times { return s.microBatch(float64(n), float64(n)*density) }
	slow := at(middle)
	end := slow
	if last != middle {
		end = at(last)
	}
	hf, hb := s.head()
	extra := 1 + float64(m.MTP) // each prediction module repeats the head …
	end.add(&hf, extra)
	end.add(&hb, extra)
	if m.MTP > 0 { // … and one layer
		more := s.microBatch(float64(m.MTP), float64(m.MTP)*min(1, density*2))
		end.add(&more, 1)
	}
	pass := slow.Total()*float64(max(0, l.PP-2)) + end.Total()
	if l.PP > 1 {
		begin := slow
		if first != middle {
			begin = at(first)
		}
		pass += begin.Total()
	}
	if l.PP == 1 || end.Total() > slow.Total() {
		slow = end
	}
	if l.Micros > 1 { // each micro-batch adds its gradients to 32-bit sums
		dense, experts := stageParams(m, l, middle)
		slow[Elementwise] += 8 * (dense + experts) / r.HBM
	}
	var step Times
	step.add(&slow, float64(l.Micros))
	if l.PP > 1 {
		hop := s.transfer()
		step[PipeComm] += float64(l.Micros*max(1, l.VP)) * 2 * hop * r.Co.Pipe
		step[Bubble] += (pass-slow.Total())/float64(max(1, l.VP)) + 2*float64(l.PP-1)*hop
	}
	s.gradients(&step, first, slow.Total())
	step[Optimizer] += s.optimizer(first)
	// Token ids, four bytes each, at 1 GB/s a node; a tenth is not prefetched.
	nodes := max(1, float64(l.Chips())/float64(min(64, r.PerNode)))
	step[Input] = 0.1 * 4 * float64(w.Batch) * float64(w.Seq) / nodes / 1e9
	return step
}

// transfer is the time of one activation between neighbouring stages.
func (s *shape) transfer() float64 {
	bytes := 2 * s.tokens * float64(s.m.Hidden)
	if s.l.Sequence {
		bytes /= s.t
	}
	if s.l.Chips() <= s.r.PerNode {
		return bytes/s.r.Intra + s.r.Hop/4
	}
	return bytes/(s.r.Node/float64(s.r.PerNode)) + s.r.Hop
}

// stageParams counts the parameters one chip of the heaviest stage holds:
// those shared by all data ranks, and those of its experts.
func stageParams(m *Model, l *Layout, layers int) (dense, experts float64) {
	t, n := float64(l.TP), float64(layers)
	share := n * float64(m.expertLayers()) / float64(max(1, m.Layers))
	dense = (n - share) * m.denseLayer() / t
	dense += share * m.layerShared() / t
	if m.Experts > 0 {
		cut := float64(l.EP)
		if l.EP <= 1 {
			cut = t
		}
		experts = share * float64(m.Experts) * m.expertParams() / cut
	}
	dense += m.embedding() / t
	if l.PP == 1 && !m.Tied {
		dense += m.embedding() / t
	}
	if l.PP == 1 {
		dense += float64(m.MTP) * m.mtpParams() / t / float64(max(1, l.EP))
	}
	return dense, experts
}

// gradients adds the exchange between data ranks that the backward pass cannot
// hide. ZeRO-3 gathers weights twice and scatters gradients once for each
// micro-batch (arXiv 1910.02054, section 7).
func (s *shape) gradients(step *Times, layers int, micro float64) {
	l, r := s.l, s.r
	ranks := l.DP * l.CP
	if ranks <= 1 {
		return
	}
	dense, experts := stageParams(s.m, l, layers)
	group := 2 * dense
	if s.half { // 16-bit brain floats are summed in 32 bits, half floats in 16
		group = 3 * dense
	}
	reduce := r.allReduce(group, ranks, s.dpNode*l.CP, s.dpShare)
	if l.ZeroNode && l.Zero > 0 { // gather inside a node, reduce across
		reduce += group / r.Intra
	}
	if over := l.expertCopies(); experts > 0 && over > 1 {
		reduce += r.allReduce(2*experts, over, max(1, r.PerNode/max(1, l.EP)), r.PerNode)
	}
	hide := micro * 2 / 3 // only the last backward pass can cover it
	if l.Zero == 3 {
		each := 1.5 * reduce
		step[GradComm] += float64(l.Micros) * exposed(each, r.Co.Zero3, micro)
	} else {
		step[GradComm] += exposed(reduce, r.Co.Grad, hide)
	}
	if l.PP > 1 && s.m.Tied { // first and last stage agree on the embedding
		step[GradComm] += r.allReduce(2*s.m.embedding()/s.t, 2, 1, r.PerNode)
	}
}

// exposed is the part of a communication that lengthens the step: a fixed share
// (contention for memory and compute units) and whatever outlasts its cover.
func exposed(comm, share, cover float64) float64 {
	return share*comm + max(0, (1-share)*comm-cover)
}

// optimizer is the memory traffic of Adam over the local shard: 16-bit weight
// and four 32-bit words read, three written, and the gradient norm.
func (s *shape) optimizer(layers int) float64 {
	dense, experts := stageParams(s.m, s.l, layers)
	if s.l.Zero > 0 {
		dense /= float64(s.l.DP * s.l.CP)
		experts /= float64(s.l.expertCopies())
	}
	return 40 * (dense + experts) / s.r.HBM
}
