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
	all     []pagesStats

	mu     sync.Mutex
	failed []error
}

// pages runs the fused per-document stages over every unit. A unit that fails
// does not stop the others; the same command tries it again.
func (j *job) pages(ctx context.Context) ([]pagesStats, error) {
	r := &unitRunner{job: j, workers: make([]*pageWorker, j.Workers), all: make([]pagesStats, len(j.plan.Units))}
	r.meter = progress.New(j.Stderr, "pages", j.times.InputBytes, progress.Bytes)
	defer r.meter.Close()
	if err := j.runner.Do(ctx, len(j.plan.Units), r.unit); err != nil {
		return nil, err
	}
	if len(r.failed) > 0 {
		err := fmt.Errorf("%w: %d of %d: %w", ErrShards, len(r.failed), len(r.all), r.failed[0])
		return nil, hint.With(err, "the others are done and kept: mend the cause and run the same command again")
	}
	return r.all, nil
}

func (r *unitRunner) unit(ctx context.Context, worker, i int) error {
	if ok, err := done(r.folder.docsMarker(i), &r.all[i]); err != nil || ok {
		r.meter.Add(r.all[i].Input)
		return err
	}
	if r.workers[worker] == nil {
		w, err := r.newWorker()
		if err != nil {
			return err
		}
		r.workers[worker] = w
	}
	err := r.workers[worker].run(ctx, r.folder, i, r.plan.Units[i], r.meter.Add)
	if err == nil {
		_, err = done(r.folder.docsMarker(i), &r.all[i])
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, err)
	r.remark("shard %d failed: %v", i, err)
	if len(r.failed) == failuresKept {
		return fmt.Errorf("%w: %d failed, the rest was not tried: %w", ErrShards, failuresKept, err)
	}
	return nil
}
