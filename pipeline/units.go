package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"feilun/internal/hint"
	"feilun/internal/progress"
)

// ErrShards is wrapped by the error of a run in which shards failed while
// others went on.
var ErrShards = errors.New("finished with failed shards")

// failuresKept is how many shards may fail before the run stops early: by then
// it is the disk or the network, not the shard.
const failuresKept = 8

// A unitRunner runs the fused pass over units and collects what failed.
type unitRunner struct {
	*job
	meter   *progress.Meter
	workers []*pageWorker
	kept    []int64 // bytes of text that stay of each unit

	mu     sync.Mutex
	failed []error
}

// pages runs the fused per-document stages over every unit. A unit that fails
// does not stop the others; the same command tries it again. It returns the
// bytes of text that stay of each unit; the rest stands in the markers, so that
// memory does not grow with the number of units.
func (j *job) pages(ctx context.Context) ([]int64, error) {
	r := &unitRunner{job: j, workers: make([]*pageWorker, j.Workers), kept: make([]int64, len(j.plan.Units))}
	r.meter = progress.New(j.Stderr, "pages", j.times.InputBytes, progress.Bytes)
	defer r.meter.Close()
	if err := j.runner.Do(ctx, len(j.plan.Units), r.unit); err != nil {
		return nil, err
	}
	if len(r.failed) > 0 {
		err := fmt.Errorf("%w: %d of %d: %w", ErrShards, len(r.failed), len(r.kept), r.failed[0])
		return nil, hint.With(err, "the others are done and kept: mend the cause and run the same command again")
	}
	return r.kept, nil
}

func (r *unitRunner) unit(ctx context.Context, worker, i int) error {
	var s pagesStats
	ok, err := done(r.folder.docsMarker(i), &s)
	if err != nil {
		return err
	}
	if ok {
		r.meter.Skip(s.Input)
		r.kept[i] = s.Reports[perDocument-1].Kept.Bytes
		return nil
	}
	if r.workers[worker] == nil {
		if r.workers[worker], err = r.newWorker(); err != nil {
			return err
		}
	}
	s, err = r.workers[worker].run(ctx, r.folder, i, r.plan.Units[i], r.meter.Add)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.kept[i] = s.Reports[perDocument-1].Kept.Bytes
		r.times.Passed += s.Reports[atCrawl].Kept.Docs
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	r.failed = append(r.failed, err)
	r.remark("shard %d failed: %v", i, err)
	if len(r.failed) == failuresKept {
		return fmt.Errorf("%w: %d failed, the rest was not tried: %w", ErrShards, failuresKept, err)
	}
	return nil
}
