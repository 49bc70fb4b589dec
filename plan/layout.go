package plan

import "fmt"

// Recompute says which activations are computed again in the backward pass.
type Recompute string

// The three schemes of the tables: arXiv 2205.05198, section 5.
const (
	RecomputeNone      Recompute = "none"
	RecomputeSelective Recompute = "selective" // attention core only, with sequence parallelism
	RecomputeFull      Recompute = "full"
)

// A Layout says how a model is cut over chips.
type Layout struct {
	TP         int       `json:"tp"` // tensor parallel
	PP         int       `json:"pp"` // pipeline stages
	VP         int       `json:"vp"` // interleaved chunks a stage holds, 1 = plain 1F1B
	DP         int       `json:"dp"`
	CP         int       `json:"cp"` // context parallel
	EP         int       `json:"ep"` // expert parallel, inside DP×CP×TP
	MicroBatch int       `json:"micro_batch"`
	Micros     int       `json:"micro_batches"` // per pipeline and step
	Zero       int       `json:"zero"`          // 0 to 3
	ZeroNode   bool      `json:"zero_in_node,omitempty"`
	Recompute  Recompute `json:"recompute"`
	Sequence   bool      `json:"sequence_parallel"`
	Fused      bool      `json:"fused_attention"`
	Fast       bool      `json:"fast_attention,omitempty"` // the chip maker's kernels rather than a portable one
}

// Chips is the number of chips the layout uses.
func (l *Layout) Chips() int { return l.TP * l.PP * l.CP * l.DP }

// expertCopies is how many chips hold the same cut of an expert: those its
// gradients are summed over and its optimizer is sharded over. Without expert
// parallelism tensor ranks cut the experts as they cut the rest.
func (l *Layout) expertCopies() int {
	if l.EP <= 1 {
		return l.DP * l.CP
	}
	return max(1, l.DP*l.CP*l.TP/l.EP)
}

func (l *Layout) String() string {
	s := fmt.Sprintf("TP%d PP%d DP%d", l.TP, l.PP, l.DP)
	if l.VP > 1 {
		s += fmt.Sprintf(" VP%d", l.VP)
	}
	if l.CP > 1 {
		s += fmt.Sprintf(" CP%d", l.CP)
	}
	if l.EP > 1 {
		s += fmt.Sprintf(" EP%d", l.EP)
	}
	return s + fmt.Sprintf(" ZeRO-%d b%d×%d recompute=%s", l.Zero, l.MicroBatch, l.Micros, l.Recompute)
}

// Precision names the arithmetic of the matrix products.
type Precision string

// The precisions of the tables.
const (
	FP16 Precision = "fp16"
	BF16 Precision = "bf16"
	FP8  Precision = "fp8"
)

// A Workload is what one optimizer step computes.
type Workload struct {
	Batch     int // sequences in a global batch
	Seq       int // tokens in a sequence
	Precision Precision
}

// A Cluster is one kind of chip with its links.
type Cluster struct {
	Chip     *Chip
	N        int
	PerNode  int
	Intra    float64 // bytes/s one way per chip inside a node
	Node     float64 // bytes/s one way of all network adapters of a node
	Topology string
}

// NewCluster builds a cluster from a chip's own links.
func NewCluster(c *Chip, n int) Cluster {
	k := Cluster{Chip: c, N: n, PerNode: max(1, c.PerNode), Intra: c.Intra / 2 * 1e9, Topology: "table"}
	k.Node = c.Inter / 8 * 1e9 * float64(k.PerNode)
	return k
}

// stageLayers splits layers over stages. Where layers + 2 divide evenly the
// embedding and the head each take the place of a layer, as BLOOM's 70 layers
// on 12 stages (arXiv 2211.05100, section 3.3) and Llama 3's 126 on 16 do.
func stageLayers(layers, pp int) (first, middle, last int) {
	if pp == 1 {
		return layers, layers, layers
	}
	if layers%pp != 0 && (layers+2)%pp == 0 {
		per := (layers + 2) / pp
		return max(1, per-1), per, max(1, per-1)
	}
	per := (layers + pp - 1) / pp
	return per, per, max(1, min(per, layers-per*(pp-1)))
}
