package model

// LogitsMemory returns about how many bytes it takes to open the model at path and to
// calculate the logits behind each of so many tokens: as a [Pass] of one row, or, with
// weights, as an [Engine]. No weight is read for it. It returns the configuration too.
func LogitsMemory(path string, weights *Weights, workers, tokens int, bf16 bool) (config *Config, need int64, err error) {
	err = withSource(path, func(c Config, s source) error {
		config, need = &c, c.passMemory(workers, tokens, bf16)
		if weights != nil {
			need = c.engineMemory(*weights, workers, tokens)
		}
		return nil
	})
	return config, need, err
}

func (c *Config) passMemory(workers, tokens int, bf16 bool) int64 {
	_, _, n := c.layout()
	return 4*int64(n) + PassMemory(*c, workers, 1, tokens, PassOptions{Forward: true, BF16: bf16})
}

// engineMemory counts weights that are stored as they are in a file as float32, and the
// largest matrix once more, which is read as float32 before it is laid out where it stays
// float32, and in GPT-2.
func (c *Config) engineMemory(weights Weights, workers, tokens int) int64 {
	params, _, n := c.layout()
	largest := 0
	for _, p := range params {
		largest = max(largest, p.To-p.From)
	}
	numbers := int64(largest) + int64(chunkTokens)*int64(3*c.Width+c.qkvWidth()+2*c.upWidth()+c.Hidden+c.Vocab)
	each := map[Weights]float64{BF16: 2, F16: 2, Int8: 1.25, Int4: 1, Q4K: 1}[weights]
	if each == 0 {
		each = 4
	}
	keys := 2 * 4 * int64(roundUp(tokens, blockTokens)) * int64(c.Layers) * int64(c.kvWidth())
	scores := 4 * int64(workers) * int64(tokens) * int64(2*queryRows+2*c.HeadDim)
	return (int64(float64(n)*each) + 4*numbers + keys + scores) * 7 / 4 // what is not collected yet
}
