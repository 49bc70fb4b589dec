package tensor

import (
	"encoding/binary"
	"fmt"

	"feilun/internal/quant"
)

// Fill rounds w, rows × columns, to a matrix. Numbers that are not finite, or too large, are an
// error but for bfloat16, which holds them all.
func (c *CPU) Fill(m *QuantMatrix, w []float32) error {
	errs := make([]error, m.rows)
	c.Rows(m.rows, func(worker, from, to int) {
		for i := from; i < to; i++ {
			if err := c.FillRow(worker, m, i, w[i*m.cols:][:m.cols]); err != nil {
				errs[i] = fmt.Errorf("row %d: %w", i, err)
			}
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// FillRow is [CPU.Fill] for row i, by the worker that a call of [CPU.Do] tells; errors do not
// name the row. Rows may be filled side by side.
func (c *CPU) FillRow(worker int, m *QuantMatrix, i int, x []float32) error {
	if c.level.fill(m, i, x) {
		return nil
	}
	s, block := c.scratch[worker], m.kind.Type().Block()
	n := (m.cols + block - 1) / block * block
	if len(s.row) != n || len(s.raw) != m.kind.Type().Bytes(n) {
		s.row, s.raw = make([]float32, n), make([]byte, m.kind.Type().Bytes(n))
	}
	clear(s.row[copy(s.row, x):])
	if err := quant.Encode(s.raw, m.kind.Type(), s.row); err != nil {
		return err
	}
	if m.kind == WeightsF16 {
		for j, v := range x {
			if h := binary.LittleEndian.Uint16(s.raw[2*j:]); h&0x7c00 == 0x7c00 {
				return fmt.Errorf("number %d is %v: half precision holds numbers up to 65504", j, v)
			}
		}
	}
	m.PackRow(i, s.raw)
	return nil
}
