package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/hint"
	"feilun/internal/tensor"
)

// A loop trains a network, whatever it is fed.
type loop struct {
	p       *Params
	cpu     *tensor.CPU
	net     network
	opt     *optimizer
	feed    feed
	aim     func(b *batch) (loss float64) // sets a batch's weights by a loss of its own; nil for plain likelihood
	check   func() Row                    // measures on the validation data; nil for none
	guess   float64                       // loss of guessing, in nats a token; 0 where it says nothing
	steps   int
	dir     string // MODEL/checkpoints
	recipe  string
	sampler func(step int) []Sample // nil for none
	show    *show

	s   state
	log *logFile
}

// errBad is wrapped when batch after batch cannot be used.
var errBad = errors.New("training does not go on")

// start opens the log and goes to where the last checkpoint is.
func (l *loop) start() error {
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return err
	}
	s, ok, err := load(l.dir, l.opt)
	if err != nil {
		return err
	}
	if ok && s.Recipe != l.recipe {
		return otherRecipe(l.dir)
	}
	level := l.cpu.Level().String()
	if !ok {
		s = state{Format: checkpointFormat, Version: feilun.Version, Recipe: l.recipe, Level: level}
	} else {
		l.show.remark("goes on from step %d", s.Step)
		if s.Level != level {
			l.show.remark("the checkpoint was made with %s, this processor calculates with %s: numbers may differ in their last digits", s.Level, level)
		}
	}
	l.s = s
	l.feed.skip(int64(s.Step))
	l.log, err = openLog(filepath.Join(filepath.Dir(l.dir), "train.log"), s.Log)
	if err != nil {
		return err
	}
	l.show.history = l.log.history
	return nil
}

func otherRecipe(dir string) error {
	return hint.Usage(hint.With(fmt.Errorf("%s holds a training run with other parameters, text or version", filepath.Dir(dir)),
		"give the same ones to go on, another --out, or --fresh to delete it"))
}

// run makes the steps that are left, and ends with the weights that are wanted.
func (l *loop) run(ctx context.Context) (err error) {
	if err := l.start(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			l.show.stop(l, err)
		}
		err = errors.Join(err, l.log.close())
	}()
	var b batch
	begun, before := time.Now(), l.s.Seconds
	for l.s.Step < l.steps {
		if err := l.feed.next(&b); err != nil {
			return err
		}
		if err := l.step(&b); err != nil {
			return errors.Join(err, l.save())
		}
		l.s.Seconds = before + time.Since(begun).Seconds()
		if err := l.measure(); err != nil {
			return err
		}
		if l.s.Step%l.p.SaveEvery == 0 || l.s.Step == l.steps || ctx.Err() != nil {
			if err := l.save(); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil && l.s.Step < l.steps {
			return err
		}
	}
	if err := l.choose(); err != nil {
		return err
	}
	l.show.finish(l)
	return nil
}

// learn sets the gradient of a batch and returns its loss and the gradient's norm.
func (l *loop) learn(b *batch) (loss, norm float64) {
	own := 0.0
	if l.aim != nil {
		own = l.aim(b)
	}
	for from := 0; from < b.rows; from += l.p.Rows {
		part := b.part(from, min(b.rows, from+l.p.Rows))
		loss += l.net.Backward(&part, from == 0)
	}
	if l.aim != nil {
		loss = own
	}
	return loss, l.opt.norm()
}

// step learns from one batch, unless it is unusable.
func (l *loop) step(b *batch) error {
	start := time.Now()
	share := l.p.share(l.s.Step, l.steps)
	loss, norm := l.learn(b)
	r := Row{Step: l.s.Step + 1, Loss: loss, Norm: norm, Rate: share, Tokens: int64(b.rows) * int64(l.p.Context)}
	l.s.Step++
	if why := l.unusable(loss, norm); why != "" {
		l.s.Bad++
		l.s.Skipped++
		r.Skipped, r.Loss, r.Norm = why, finite(loss), finite(norm)
		l.show.remark("step %d: batch skipped: %s", l.s.Step, why)
	} else {
		l.opt.update(share, norm)
		l.s.Bad, l.s.Moves = 0, l.s.Moves+1
		if l.s.Norm == 0 {
			l.s.Norm = norm
		}
		l.s.Norm += normMemory * (norm - l.s.Norm)
	}
	r.Seconds = time.Since(start).Seconds()
	if err := l.log.write(r); err != nil {
		return l.disk(err)
	}
	l.show.step(l, r)
	if l.s.Bad >= l.p.BadBatches {
		return hint.With(fmt.Errorf("%w: %d batches in a row were unusable, the last one: %s", errBad, l.s.Bad, r.Skipped),
			"start over with a lower --rate or --matrix or a longer --warmup, in another --out or with --fresh; if the loss was falling well, a larger --spike lets longer gradients through")
	}
	return nil
}

// normMemory is the weight of the newest norm in the running mean, and normSteps
// how many steps have to be made before a norm counts as a spike.
const (
	normMemory = 0.02
	normSteps  = 20
)

// unusable says why a batch must not move the weights, or nothing.
func (l *loop) unusable(loss, norm float64) string {
	switch {
	case math.IsNaN(loss) || math.IsInf(loss, 0):
		return fmt.Sprintf("its loss is %v", loss)
	case math.IsNaN(norm) || math.IsInf(norm, 0):
		return fmt.Sprintf("the norm of its gradient is %v", norm)
	case l.p.Spike > 0 && l.s.Moves >= normSteps && norm > l.p.Spike*l.s.Norm:
		return fmt.Sprintf("the norm of its gradient is %.3g, the mean so far %.3g", norm, l.s.Norm)
	}
	return ""
}

// finite replaces what JSON cannot hold.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// measure does what is due behind a step: validation, samples.
func (l *loop) measure() error {
	at, last := l.s.Step, l.s.Step == l.steps
	if l.check != nil && (last || at%l.p.ValidEvery == 0) {
		r := l.check()
		r.Step = at
		usable := finite(r.Valid) == r.Valid
		if !usable {
			l.show.remark("step %d: the validation loss is %v; a lower --rate or --matrix may help", at, r.Valid)
			r.Valid, r.BPB = 0, 0 // JSON has no such number
		}
		if err := l.log.write(r); err != nil {
			return l.disk(err)
		}
		if usable && (l.s.Best == 0 || r.Valid < l.s.Best) {
			l.s.Best, l.s.BestAt = r.Valid, at
			if err := l.saveBest(); err != nil {
				return err
			}
		}
		if usable {
			l.show.valid(l, r)
		}
		if l.guess > 0 && r.Valid > 1.05*l.guess {
			l.show.remark("step %d: the validation loss is above %.2f, that of guessing: the rates are too high (--rate, --matrix), or the validation text is of another kind", at, l.guess)
		}
	}
	if l.sampler != nil && (last || at%l.p.SampleEvery == 0) {
		for _, s := range l.sampler(at) {
			if err := l.log.write(Row{Step: at, Sample: &s}); err != nil {
				return l.disk(err)
			}
			l.show.sample(at, s)
		}
	}
	return nil
}

// likelihood returns a check on rows: their mean loss in nats a token, and bits for
// each byte of the text that the tokens stand for.
func likelihood(net network, rows []row, most int, bytes []int32) func() Row {
	if len(rows) == 0 {
		return nil
	}
	return func() Row {
		var b batch
		sum, count, size := 0.0, 0, int64(0)
		for from := 0; from < len(rows); from += most {
			b.fill(rows[from:min(len(rows), from+most)])
			nll := make([]float64, len(b.ids))
			net.NLL(&b, nll)
			for i, w := range b.weight {
				if w != 0 {
					sum += nll[i]
					count++
					size += int64(bytes[b.targets[i]])
				}
			}
		}
		return Row{Valid: sum / float64(count), BPB: sum / math.Ln2 / float64(max(1, size))}
	}
}

func (l *loop) save() error {
	n, err := l.log.sync()
	if err != nil {
		return l.disk(err)
	}
	l.s.Log = n
	return save(l.dir, l.opt, &l.s)
}

const bestName = "best.safetensors"

// saveBest keeps the weights apart, if the run is to end with the best ones.
func (l *loop) saveBest() error {
	if l.p.Keep != keepBest {
		return nil
	}
	err := atomicfile.Write(filepath.Join(l.dir, bestName), l.weights)
	if err != nil {
		return l.disk(err)
	}
	return nil
}

// choose takes back the best weights, if they are not the last ones.
func (l *loop) choose() error {
	if l.p.Keep != keepBest || l.s.Best == 0 || l.s.BestAt == l.steps {
		return nil
	}
	s, err := read(filepath.Join(l.dir, bestName), l.opt.tensors()[:len(l.opt.weights)])
	if err != nil {
		return err
	}
	if s.Step != l.s.BestAt {
		return fmt.Errorf("%s holds the weights of step %d, want %d", filepath.Join(l.dir, bestName), s.Step, l.s.BestAt)
	}
	l.show.remark("the weights of step %d, with the lowest validation loss, are kept", l.s.BestAt)
	return nil
}

func (l *loop) disk(err error) error {
	return hint.With(err, "free some space; the same command goes on from the last checkpoint")
}
