package plan

// Coefficients are the fitted constants. Each has a physical meaning; none is
// tied to one row of the data. `go test ./plan -run Bar -v` prints how they do
// on rows they were not fitted on, and -run Fit -fit prints refitted ones.
type Coefficients struct {
	HBM    float64 // share of the datasheet's memory bandwidth that kernels reach
	Intra  float64 // share of the link rate inside a node
	Inter  float64 // share of the network rate between nodes
	Hop    float64 // seconds per collective and doubling of ranks
	Align  float64 // speed factor per missing factor of two below 64-element alignment
	Depth  float64 // inner elements a matrix product loses to filling and draining a tile
	FP8    float64 // share of FP8's nominal gain over 16 bit that matrix products keep
	Elem   float64 // traffic of element-wise kernels against the unfused count
	Soft   float64 // traffic of the unfused attention softmax against its count
	Odd    float64 // rate of unfused attention products, share of Matrix
	Grad   float64 // share of the gradient exchange that the backward pass does not hide
	Zero3  float64 // the same for gathered weights
	Pipe   float64 // the same for pipeline transfers
	Expert float64 // the same for expert exchange
	Tensor float64 // share of tensor-parallel exchange that fused stacks do not hide
	Run    float64 // share of steady speed times goodput that whole runs kept
	Effort float64 // how that share grows with the size of the run: power of its chip-hours over 100,000
	Blank  float64 // share left when a run's layout is not stated, against the best one
	// Memory: gibibytes no tensor accounts for, share lost to fragmentation and
	// buffers, and kept activations against their count.
	Context, Fragment, Activations float64
	Families                       map[string]FamilyCoefficients
}

// FamilyCoefficients hold for one chip microarchitecture.
type FamilyCoefficients struct {
	Matrix float64 // share of peak that large matrix products reach
	Attn   float64 // the same for the fused attention core
	Kernel float64 // seconds per layer pass
	Fast   float64 // the same for the maker's attention kernels of recent stacks
}

// Family returns the coefficients of a microarchitecture, those of "other" for
// one without measured rows.
func (c *Coefficients) Family(name string) FamilyCoefficients {
	if f, ok := c.Families[name]; ok {
		return f
	}
	return c.Families["other"]
}

// Fitted returns the constants the product ships.
//
// They were fitted on data/planner's steps and runs together (2026-11-26);
// families without measured rows keep their priors.
func Fitted() *Coefficients {
	c := Priors()
	c.HBM, c.Intra, c.Inter, c.Hop, c.Align, c.Depth, c.FP8 = 0.8242, 0.7766, 0.95, 25.41e-6, 0.85, 183.4, 0.868
	c.Elem, c.Soft, c.Odd, c.Grad, c.Zero3, c.Pipe = 0.8016, 0.5491, 0.3332, 0.6708, 0.2537, 0.552
	c.Expert, c.Tensor, c.Run, c.Blank, c.Effort = 0.2843, 0.4102, 0.8843, 0.7422, 0.03007
	c.Context, c.Fragment, c.Activations = 4.7, 0.1, 1.239
	c.Families["volta"] = FamilyCoefficients{0.97, 0.3, 333.4e-6, 0.3}
	c.Families["ampere"] = FamilyCoefficients{0.7493, 0.3355, 195.5e-6, 0.3355}
	c.Families["hopper"] = FamilyCoefficients{0.6396, 0.1806, 156.8e-6, 0.3417}
	return c
}

// Priors returns what the literature says before any row is fitted: Calculon's
// link shares, the best products measured by ml-engineering, and the share of
// FlashAttention's papers. Fits start here and are pulled here.
func Priors() *Coefficients {
	return &Coefficients{
		HBM: 0.8, Intra: 0.65, Inter: 0.85, Hop: 25e-6, Align: 0.93, Depth: 200, FP8: 0.72, Elem: 0.8, Soft: 0.7, Odd: 0.4,
		Grad: 0.8, Zero3: 0.5, Pipe: 0.7, Expert: 0.4, Tensor: 0.6, Run: 0.9, Blank: 0.8, Effort: 0.03, Context: 3.5, Fragment: 0.05, Activations: 1.1,
		Families: map[string]FamilyCoefficients{
			"volta":     {0.85, 0.3, 300e-6, 0.3},
			"ampere":    {0.78, 0.33, 200e-6, 0.33},
			"hopper":    {0.68, 0.2, 130e-6, 0.4},
			"blackwell": {0.64, 0.2, 130e-6, 0.4},
			"ada":       {0.75, 0.3, 200e-6, 0.3},
			"cdna":      {0.45, 0.2, 250e-6, 0.3},
			"gaudi":     {0.75, 0.25, 200e-6, 0.25},
			"tpu":       {0.85, 0.35, 100e-6, 0.4},
			"ascend":    {0.65, 0.25, 250e-6, 0.25},
			"other":     {0.6, 0.25, 250e-6, 0.25},
		},
	}
}
