package model

import (
	"strings"

	"feilun/internal/quant"
	"feilun/internal/tensor"
)

// LogitsMemory returns about how many bytes it takes to open the model at path and to
// calculate the logits behind each of so many tokens: as a [Pass] of one row, or, with
// weights, as an [Engine]. No weight is read for it, but to compare a head with the embedding
// where the file of a tied model has both. It returns the configuration too.
func LogitsMemory(path string, weights *Weights, cpu *tensor.CPU, tokens int, bf16 bool) (config *Config, need int64, err error) {
	err = withSource(path, func(c Config, s source) error {
		config, need = &c, c.passMemory(cpu.Workers(), tokens, bf16)
		if weights != nil {
			need = c.engineMemory(*weights, s, cpu, tokens)
		}
		return nil
	})
	return config, need, err
}

func (c *Config) passMemory(workers, tokens int, bf16 bool) int64 {
	_, _, n := c.layout()
	return 4*int64(n) + PassMemory(*c, workers, 1, tokens, PassOptions{Forward: true, BF16: bf16})
}

// engineMemory counts the largest matrix once more, which is read as float32 before it is laid
// out where it stays float32, and in GPT-2.
func (c *Config) engineMemory(weights Weights, s source, cpu *tensor.CPU, tokens int) int64 {
	params, _, _ := c.layout()
	largest, held := 0, int64(0)
	for _, p := range params {
		largest = max(largest, p.To-p.From)
		held += int64(weights.bytes(&p, s, cpu))
	}
	numbers := int64(largest) + int64(chunkTokens)*int64(3*c.Width+c.qkvWidth()+2*c.upWidth()+c.Hidden+c.Vocab)
	keys := 2 * 4 * int64(roundUp(tokens, blockTokens)) * int64(c.Layers) * int64(c.kvWidth())
	scores := 4 * int64(cpu.Workers()) * int64(tokens) * int64(2*queryRows+2*c.HeadDim)
	return (held + 4*numbers + keys + scores) * 7 / 4 // what is not collected yet
}

// bytes returns the memory that a tensor takes where it is held by itself.
func (w Weights) bytes(p *Param, s source, cpu *tensor.CPU) int {
	if len(p.Shape) == 2 && !strings.Contains(p.Name, ".wpe.") {
		form := w.form(cpu, []quant.Type{s.kind(p)}, p.embedding())
		if kind, ok := form.blocks(cpu); ok {
			return kind.Bytes(p.Shape[0], p.Shape[1])
		}
	}
	return 4 * (p.To - p.From)
}
