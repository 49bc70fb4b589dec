package quality

import (
	"errors"

	"feilun"
)

type signalHeader struct{}

type signals struct{}

func (signals) score(d *feilun.Doc) float64    { return 0 }
func (signals) explain(d *feilun.Doc) []Reason { return nil }
func (signals) clone() scorer                  { return signals{} }

func newSignals(h signalHeader, body []byte, name string) (scorer, error) {
	return nil, errors.New("x")
}
func trainSignals(t *training) (*Model, error) { return nil, errors.New("x") }
