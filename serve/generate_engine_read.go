package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"feilun/model"
)

// echo tells how likely a prompt is, and writes nothing.
func (g *Engine) echo(ctx context.Context, q model.Request, res Result) (Result, error) {
	res.PromptTokens, res.Finish = len(q.Prompt), model.FinishLength
	if !q.PromptLogProbs {
		return res, nil
	}
	q.MaxTokens, q.LogProbs, q.Grammar = 1, false, nil // the token that comes with it is not shown
	gen, err := g.submit(ctx, q)
	if err != nil {
		return res, err
	}
	end := gen.Result()
	if end.Finish == model.FinishCancelled {
		return res, end.Err
	}
	res.Prompt = g.echoed(q, end)
	return res, nil
}

// echoed returns the tokens of a prompt with how likely each was, where that was asked for. The
// first one has nothing before it.
func (g *Engine) echoed(q model.Request, end model.Result) []TokenLogprob {
	if !q.PromptLogProbs {
		return nil
	}
	return append([]TokenLogprob{{Token: g.token(q.Prompt[0])}}, g.logprobs(end.PromptLogProbs)...)
}

// Embed implements [Generator]: [model.Scheduler.Embed] tells what vectors they are. Between as
// many texts as fill a step other users come to their turns.
func (g *Engine) Embed(ctx context.Context, _ string, texts []string) (vectors [][]float32, tokens int, err error) {
	var all [][]uint32
	for i, t := range texts {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		ids := g.words.Encode(&g.config, t, false)
		if len(ids) > g.about.Context {
			return nil, 0, &Error{Status: http.StatusBadRequest, Code: "context_full", Message: fmt.Sprintf("text %d has %d tokens, the model takes at most %d", i, len(ids), g.about.Context)}
		}
		all, tokens = append(all, ids), tokens+len(ids)
	}
	for len(vectors) < len(all) {
		some, err := g.embed(ctx, all[len(vectors):])
		if err != nil {
			return nil, 0, err
		}
		vectors = append(vectors, some...)
	}
	return vectors, tokens, nil
}

// embed makes vectors of the first texts, when it is their user's turn.
func (g *Engine) embed(ctx context.Context, texts [][]uint32) ([][]float32, error) {
	if err := g.queue.enter(ctx, about(ctx).actor, nil); err != nil {
		return nil, err
	}
	defer g.queue.leave()
	vectors, err := g.scheduler.Embed(ctx, texts)
	if errors.Is(err, model.ErrNotFinite) {
		return nil, fmt.Errorf("embeddings by %s: %w", g.about.ID, err)
	}
	return vectors, refused(ctx, err)
}
