package evaluate

import (
	"context"
	"path/filepath"

	"feilun/internal/bpe"
	"feilun/internal/hint"
	"feilun/internal/stats"
	"feilun/internal/tensor"
	"feilun/model"
)

// How samples are drawn.
const (
	sampleTemperature = 0.8
	sampleTop         = 50
)

// Samples has the model in a folder write on behind each prompt, up to most tokens.
// Draws depend on the seed and the prompt's number alone.
func Samples(ctx context.Context, dir string, prompts []string, most int, seed uint64, workers int) ([]stats.WrittenSample, error) {
	t, err := bpe.Open(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		return nil, hint.Usage(err)
	}
	e, err := model.OpenEngine(dir, tensor.New(workers), model.EngineOptions{})
	if err != nil {
		return nil, hint.Usage(err)
	}
	c := e.Config()
	var requests []model.Request
	var asked []string
	for i, p := range prompts {
		var ids []uint32
		if len(c.BOS) > 0 {
			ids = append(ids, uint32(c.BOS[0]))
		}
		ids = t.Encoder().Encode(ids, []byte(p))
		if len(ids) == 0 || len(ids) >= c.Context {
			continue // nothing to go on from, or no room to
		}
		asked = append(asked, p)
		requests = append(requests, model.Request{Prompt: ids, MaxTokens: most,
			Sampling: model.Sampling{Temperature: sampleTemperature, TopK: sampleTop, Seed: seed + uint64(i)}})
	}
	streams, err := e.Generate(ctx, t, requests, nil)
	if err != nil {
		return nil, err
	}
	var all []stats.WrittenSample
	for i, s := range streams {
		all = append(all, stats.WrittenSample{Prompt: asked[i], Text: s.Text(), Finish: s.Finish})
	}
	return all, nil
}
