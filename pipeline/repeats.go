package pipeline

import (
	"context"
	"iter"

	"feilun/dedup"
	"feilun/internal/progress"
)

// dedupParams gathers the recipe's dedup steps.
func dedupParams(steps []Step) dedup.Params {
	var all []any
	for _, s := range steps {
		all = append(all, s.Params)
	}
	return dedup.Of(all...)
}

// repeats decides which documents of the shards are repeats.
func (j *job) repeats(ctx context.Context) (*dedup.Decisions, error) {
	shards := make([]string, len(j.plan.Units))
	for i := range shards {
		shards[i] = j.folder.docs(i)
	}
	meter := progress.New(j.Stderr, "dedup", 0, progress.Count("step"))
	defer meter.Close()
	last := int64(0)
	return dedup.Decide(ctx, dedupParams(j.recipe.Dedup), shards, dedup.Options{
		Dir: j.folder.path("work", "dedup"), Memory: int64(j.Memory) / 2, Workers: j.Workers,
		Progress: func(done, total int64) {
			meter.SetTotal(total)
			meter.Add(done - last)
			last = done
		},
	})
}

// pull turns decisions into a function that returns the next one, if any.
func pull(seq iter.Seq2[dedup.Decision, error]) (next func() (dedup.Decision, bool, error), stop func()) {
	n, stop := iter.Pull2(seq)
	return func() (dedup.Decision, bool, error) {
		d, err, ok := n()
		return d, ok && err == nil, err
	}, stop
}
