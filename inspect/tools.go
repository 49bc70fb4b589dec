package inspect

import (
	"context"

	"feilun"
	"feilun/internal/ledger"
)

// Tools are what the inspector takes of the stages, which this package does not
// import. A nil field is a thing the page does not offer.
type Tools struct {
	// About explains a rule.
	About func(stage, filter, rule string) *About
	// Recall reads dropped documents from the source anew and calls each with
	// the row's number, once a row, in any order.
	Recall func(ctx context.Context, rows []ledger.Row, each func(i int, d *feilun.Doc, err error)) error
	// Kinds are the kinds of models that Train makes, the usual one first.
	Kinds []string
	// Train makes a model from labelled documents, writes it to out with its page
	// beside it, and says how it does on documents it has not seen.
	Train func(ctx context.Context, kind, out string, good, bad []*feilun.Doc) (*Trained, error)
	// Models are the models of the run's recipe, and the one asked for.
	Models func() ([]*Model, error)
}

// An About is what is known of a rule.
type About struct {
	Step    string `json:"step,omitempty"` // what the filter or stage does
	Rule    string `json:"rule,omitempty"` // what the parameter means
	Setting string `json:"setting,omitempty"`
}

func (t *Tools) about(stage, filter, rule string) *About {
	if t.About == nil {
		return nil
	}
	return t.About(stage, filter, rule)
}

// A Model scores documents. It is used by one goroutine at a time.
type Model struct {
	Name      string
	Kind      string
	Limit     float64 // the score around which it decides
	LowIsGood bool
	Score     func(d *feilun.Doc) float64
	Explain   func(d *feilun.Doc, n int) []Feature
}

// A Feature is something in a document that moved its score.
type Feature struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Weight float64 `json:"weight"` // log-odds; above 0 for good
}

// A Trained model, and what training says of it.
type Trained struct {
	Model       *Model     `json:"-"`
	File        string     `json:"file"`
	Page        string     `json:"-"` // file of its page
	Kind        string     `json:"kind"`
	Good        int        `json:"good"`
	Bad         int        `json:"bad"`
	Split       string     `json:"split"`      // held out by host or by document
	AUC         [3]float64 `json:"auc"`        // value, lower and upper end of its 95 % interval
	HeldOut     [2]int     `json:"held_out"`   // good and bad documents of it
	Calibration []Share    `json:"calibrated"` // by score
}

// A Share is the documents of a range of scores.
type Share struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Docs  int     `json:"docs"`
	Score float64 `json:"score"` // mean
	Good  float64 `json:"good"`  // share
}
