package quality

import (
	"path/filepath"
	"slices"

	"feilun/internal/forest"
)

// forestParams are the trees of a signals model.
func forestParams(seed int64) forest.Params {
	return forest.Params{Trees: 80, Leaves: 8, Rate: 0.1, MinWeight: 2, Lambda: 1, Rows: 0.8, Cols: 0.8, Seed: uint64(seed)}
}

func trainSignals(t *training) (*Model, error) {
	hosts, err := readHosts(t.p.Hosts)
	if err != nil {
		return nil, err
	}
	s := &signals{m: newMeasurer()}
	s.Hosts, s.Columns = hosts, signalNames()
	var weights []byte
	var odds []float64 // of the gpt3 model inside, by weights that did not see the document
	for _, path := range t.p.Models {
		if path == insideName && s.inside == nil {
			if weights, odds, err = s.trainInside(t); err != nil {
				return nil, err
			}
		}
	}
	for _, path := range t.p.Models {
		if path == insideName {
			continue
		}
		if err := s.need(path, ""); err != nil {
			return nil, err
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		s.Models = append(s.Models, needed{abs, s.others[len(s.others)-1].SHA256})
		s.Columns = append(s.Columns, filepath.Base(path))
	}
	t.result.Params = t.p
	rows := s.rows(t, odds)
	if err := s.grow(t, rows); err != nil {
		return nil, err
	}
	body := s.forest.Pack()
	s.Forest = len(body)
	return &Model{header: header{Signals: &s.signalHeader}, body: append(body, weights...), scorer: s}, nil
}

// trainInside trains a gpt3 model on the same parts.
func (s *signals) trainInside(t *training) (weights []byte, odds []float64, err error) {
	m, odds, err := gpt3On(t)
	if err != nil {
		return nil, nil, err
	}
	s.Inside, s.inside = m.header.GPT3, m.scorer.(*gpt3)
	s.Columns = append(s.Columns, insideName)
	return m.body, odds, nil
}

// rows measures all examples, and notes the medians.
func (s *signals) rows(t *training, odds []float64) [][]int16 {
	columns := make([][]int16, len(s.Columns))
	for i, e := range t.examples {
		s.read(e.Doc)
		if s.inside != nil && t.fold[i] != 0 {
			s.row[signalCount] = odds16(odds[i])
		}
		for c, v := range s.row {
			columns[c] = append(columns[c], v)
		}
	}
	for _, c := range columns {
		sorted := slices.Sorted(slices.Values(c))
		s.Median = append(s.Median, sorted[len(sorted)/2])
	}
	return columns
}

// grow trains trees on parts 1 to 4, and calibrates them on scores of trees
// that were grown on three of these.
func (s *signals) grow(t *training, columns [][]int16) error {
	target, scores := make([]float64, len(t.examples)), make([]float64, len(t.examples))
	for i, e := range t.examples {
		target[i] = float64(class(e))
	}
	var learnt []int
	row := make([]int16, len(columns))
	for f := 1; f < folds; f++ {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		trees := t.trees(columns, target, func(g int) bool { return g != 0 && g != f })
		for i, g := range t.fold {
			if g != f {
				continue
			}
			learnt = append(learnt, i)
			for c := range columns {
				row[c] = columns[c][i]
			}
			scores[i] = float64(trees.Score(row)) / forest.Unit
		}
	}
	slices.Sort(learnt)
	s.Scale, s.Offset = platt(learnt, scores, target, t.weight)
	s.forest = t.trees(columns, target, func(g int) bool { return g != 0 })
	return nil
}

func (t *training) trees(columns [][]int16, target []float64, in func(fold int) bool) *forest.Forest {
	d := forest.Data{Columns: make([][]int16, len(columns))}
	for i, f := range t.fold {
		if !in(f) {
			continue
		}
		for c := range columns {
			d.Columns[c] = append(d.Columns[c], columns[c][i])
		}
		d.Target = append(d.Target, target[i])
		d.Weight = append(d.Weight, t.weight[i]*float64(len(t.examples)))
		d.Group = append(d.Group, int32(len(d.Group)))
	}
	return forest.Train(d, forestParams(t.p.Seed))
}
