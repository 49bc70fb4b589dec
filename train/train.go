// Package train makes a model from packed tokens, and a chat model from a model
// and conversations. Start with [Run], [Tune] and [Prefer]; [Params] steer the first,
// [TuneParams] the others. A run that was killed at any moment and is started again ends
// with the same bytes as one that was not, on any number of workers.
// The arithmetic of the model itself is in package model.
package train

import (
	"embed"

	"feilun/internal/params"
)

// Source is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Source embed.FS

// Params steer pretraining.
type Params struct {
	// Depth is the number of layers; width, heads and feed-forward size follow from it.
	Depth int `json:"depth" default:"4" range:"1..200"`
	// Config is a config.json to take the architecture from instead; its vocabulary has to fit the tokens.
	Config string `json:"config" default:""`
	// Init is a folder of a model whose weights training begins with, instead of random ones.
	Init string `json:"init" default:""`
	// Context is the number of tokens that the model sees at a time.
	Context int `json:"context" default:"256" range:"8..131072"`
	// Batch is the number of tokens of a step; it is rounded to whole rows of context tokens.
	Batch int `json:"batch" default:"8192" range:"1..1073741824"`
	// Rows is the number of rows that go through the model at a time; the gradients of a batch are summed over such parts.
	Rows int `json:"rows" default:"8" range:"1..65536"`
	// Steps is the number of steps. 0 takes as many as tokens needs.
	Steps int `json:"steps" default:"0" range:"0..999999999"`
	// Tokens is the number of tokens to train on, each counted as often as it is read. 0 takes ratio for each weight of the model.
	Tokens int64 `json:"tokens" default:"0" range:"0.."`
	// Ratio is the number of tokens for each weight, embeddings not counted, where neither steps nor tokens says how long (20: Hoffmann and others, 2022).
	Ratio float64 `json:"ratio" default:"20" range:"0.."`
	// Epochs is how often the training text is read at most where ratio decides; beyond about four times, repeated text teaches little (Muennighoff and others, 2023). 0 sets no limit.
	Epochs float64 `json:"epochs" default:"4" range:"0.."`
	// Packing is how documents fill rows: stream (one after another, cut where a row ends) or aligned (a row begins with a document or a whole piece of one, by best fit). Rows are then shuffled.
	Packing string `json:"packing" default:"stream"`
	// Mask hides documents in a row from one another.
	Mask bool `json:"mask" default:"true" negatable:""`
	// Seed decides initial weights, order of documents and samples.
	Seed uint64 `json:"seed" default:"1"`

	// Optimizer is muon (matrices by Muon, all else by AdamW) or adamw.
	Optimizer string `json:"optimizer" default:"muon"`
	// Rate is the learning rate of AdamW. 0 takes 0.003 beside Muon and 0.0005 without (why: docs/log/train.md).
	Rate float64 `json:"rate" default:"0" range:"0..10"`
	// Matrix is the learning rate of Muon (0.02: Jordan and others, 2024).
	Matrix float64 `json:"matrix" default:"0.02" range:"0..10"`
	// Schedule is how the rates fall after the warm-up: cosine, wsd (they stay, then fall in a straight line), or constant.
	Schedule string `json:"schedule" default:"wsd"`
	// Warmup is the share of the steps in which the rates rise from 0.
	Warmup float64 `json:"warmup" default:"0.02" range:"0..1"`
	// Decay is the share of the steps, at the end, in which the rates fall with schedule wsd.
	Decay float64 `json:"decay" default:"0.4" range:"0..1"`
	// Final is what is left of the rates at the end.
	Final float64 `json:"final" default:"0.05" range:"0..1"`
	// Beta1 is how long AdamW remembers gradients.
	Beta1 float64 `json:"beta1" name:"beta1" default:"0.9" range:"0..0.9999"`
	// Beta2 is how long AdamW remembers their squares.
	Beta2 float64 `json:"beta2" name:"beta2" default:"0.95" range:"0..0.9999999"`
	// Momentum is how long Muon remembers gradients.
	Momentum float64 `json:"momentum" default:"0.95" range:"0..0.9999"`
	// WeightDecay pulls matrices to 0, by this times the rate a step. Embeddings and vectors, such as those of norms, are left alone.
	WeightDecay float64 `json:"weight_decay" default:"0.1" range:"0..10"`
	// Clip is the largest norm of the gradient; a longer one is shortened. 0 clips nothing.
	Clip float64 `json:"clip" default:"1" range:"0.."`
	// Spike is how many times the running mean a norm of the gradient may be before the batch is skipped. 0 skips only what is not a number.
	Spike float64 `json:"spike" default:"20" range:"0.."`
	// BadBatches is how many batches in a row may be skipped before training stops.
	BadBatches int `json:"bad_batches" default:"10" range:"1..1000000"`
	// BF16 multiplies in bfloat16, where the processor does that faster; weights and sums stay float32.
	BF16 bool `json:"bf16" name:"bf16" default:"true" negatable:""`

	// ValidEvery is the number of steps between measurements on the validation text. 0 takes a tenth of all steps.
	ValidEvery int `json:"valid_every" default:"0" range:"0.."`
	// ValidTokens is how many tokens of the validation text are measured.
	ValidTokens int `json:"valid_tokens" default:"65536" range:"1..1073741824"`
	// SaveEvery is the number of steps between checkpoints. 0 takes a tenth of all steps, at most 500.
	SaveEvery int `json:"save_every" default:"0" range:"0.."`
	// SampleEvery is the number of steps between samples. 0 takes a fifth of all steps.
	SampleEvery int `json:"sample_every" default:"0" range:"0.."`
	// Prompts are the beginnings of samples; an empty one begins a document.
	Prompts params.List `json:"prompts" default:"[\"\",\"中国\",\"The\"]"`
	// Keep is which weights the model ends with: best (lowest loss on the validation text) or last.
	Keep string `json:"keep" default:"best"`
}
