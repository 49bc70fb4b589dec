package model

import (
	"strings"

	"github.com/zeebo/xxh3"

	"feilun/internal/quant"
	"feilun/internal/safetensors"
)

// headName is the name of the head's matrix.
const headName = "lm_head.weight"

// stored returns the name under which a file has a tensor: models are also saved without their head,
// and then without the prefix; and of an embedding and a head that are one, some savers keep the head.
func stored(file *safetensors.Checkpoint, name string, tied bool) string {
	_, short, _ := strings.Cut(name, ".")
	for _, n := range [2]string{name, short} {
		if _, ok := file.Tensor(n); ok {
			return n
		}
	}
	if _, ok := file.Tensor(headName); ok && tied && (name == "model.embed_tokens.weight" || name == "transformer.wte.weight") {
		return headName
	}
	return short
}

// untie gives the model a head of its own where its file has other numbers for the head than for the
// embedding: so does transformers from version 5 on, whatever config.json says.
func (c *Config) untie(file *safetensors.Checkpoint) {
	params, _, _ := c.layout()
	embed, ok1 := file.Tensor(stored(file, params[0].Name, false))
	head, ok2 := file.Tensor(headName)
	if !c.Tied || !ok1 || !ok2 {
		return
	}
	a, ok1 := fingerprint(file, embed, params[0].Shape)
	b, ok2 := fingerprint(file, head, params[0].Shape)
	if ok1 && ok2 && a != b {
		c.Tied = false
	}
}

// fingerprint hashes the type and the bytes of a matrix, or reports that it is no such matrix.
func fingerprint(file *safetensors.Checkpoint, t safetensors.Tensor, shape []int) (xxh3.Uint128, bool) {
	h := xxh3.New()
	if len(t.Shape) != 2 || t.Shape[0] != shape[0] || t.Shape[1] != shape[1] {
		return xxh3.Uint128{}, false
	}
	_, _ = h.WriteString(t.Type)
	err := file.Rows(t.Name, 0, t.Shape[0], func(_ int, _ quant.Type, row []byte) { _, _ = h.Write(row) })
	return h.Sum128(), err == nil
}
