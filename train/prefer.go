package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"feilun/internal/hint"
)

// A pair is a question with the chosen and the rejected answer, and how likely each
// was to the model as it was.
type pair struct {
	rows [2]row
	was  [2]float64 // log-likelihood of the answer, in nats
}

// Prefer teaches a model which of two answers is preferred, by direct preference
// optimization (Rafailov and others, 2023): the loss of a pair is −ln σ(z), z = β·((c −
// c₀) − (r − r₀)) with c and r the log-likelihoods of the chosen and the rejected
// answer, c₀ and r₀ those to the model before.
func Prefer(ctx context.Context, t TuneParams, dir string, files []string, o Options) (*Outcome, error) {
	j, err := t.job(kindPairs, dir, files, o)
	if err != nil {
		return nil, err
	}
	all, held, long, err := t.pairs(j, files)
	if err != nil {
		return nil, err
	}
	j.p.Rows += j.p.Rows % 2
	f := &pairFeed{all: all, seed: t.Seed, batch: max(1, j.p.batchRows()/2)}
	j.p.Batch = 2 * f.batch * j.p.Context
	steps := t.Steps
	if steps == 0 {
		steps = max(1, int(t.Epochs*float64(len(all))/float64(f.batch)))
	}
	j.p.settle(steps)
	j.fact("pairs", "偏好对", fmt.Sprint(len(all)))
	j.fact("longer than the context", "超长未用", fmt.Sprint(long))
	j.extra = int64(len(all)+len(held)) * int64(j.p.Context) * 2 * 5 // a token of each of two rows: four bytes, and one for whether it is learned
	l := &loop{steps: steps, feed: f}
	return j.run(ctx, l, func(net network) error {
		remember(net, all, j.p.Rows)
		remember(net, held, j.p.Rows)
		l.aim = func(b *batch) float64 { return aim(net, b, f.now, t.Beta, j.p.Rows) }
		if len(held) > 0 {
			l.check = func() Row { return preferred(net, held, t.Beta, j.p.Rows) }
		}
		return nil
	})
}

// pairs encodes the preferences of files: those to learn from and those to measure
// on. It counts the ones that are too long.
func (t *TuneParams) pairs(j *job, files []string) (all, held []pair, long int, err error) {
	err = t.chats(j, files, func(chat Chat, hold bool) error {
		if chat.Rejected == nil {
			return hint.Usage(hint.With(errors.New("a row without a rejected answer"), "feilun train sft learns from conversations without preference"))
		}
		var p pair
		for i, turns := range [][]Turn{chat.Turns, chat.Rejected} {
			e, err := j.form.examples(turns, true)
			if err != nil {
				return err
			}
			if len(e[0].ids) > j.p.Context+1 {
				long++
				return nil
			}
			p.rows[i] = padded(e[0].ids, e[0].learn, j.p.Context)
		}
		if hold {
			held = append(held, p)
		} else {
			all = append(all, p)
		}
		return nil
	})
	if err == nil && long > 0 {
		j.say("%d pairs are longer than --context %d tokens and are left out", long, j.p.Context)
	}
	if err == nil && len(all) == 0 {
		err = nothingLearned("no pair of answers in these files can be learned from", long)
	}
	return all, held, long, err
}

// answers returns the log-likelihood of what is learned of each row of a batch.
func answers(net network, b *batch, most int) []float64 {
	out := make([]float64, b.rows)
	for from := 0; from < b.rows; from += most {
		part := b.part(from, min(b.rows, from+most))
		nll := make([]float64, len(part.ids))
		net.NLL(&part, nll)
		size := len(part.ids) / part.rows
		for i, x := range nll {
			if part.weight[i] != 0 {
				out[from+i/size] -= x
			}
		}
	}
	return out
}

// remember sets how likely answers are to the model as it is.
func remember(net network, all []pair, most int) {
	for from := 0; from < len(all); from += most {
		some := all[from:min(len(all), from+most)]
		var b batch
		b.fill(pairRows(some))
		for i, x := range answers(net, &b, most) {
			some[i/2].was[i%2] = x
		}
	}
}

func pairRows(some []pair) []row {
	var rows []row
	for i := range some {
		rows = append(rows, some[i].rows[0], some[i].rows[1])
	}
	return rows
}

// margin is z of a pair.
func margin(p *pair, chosen, rejected, beta float64) float64 {
	return beta * ((chosen - p.was[0]) - (rejected - p.was[1]))
}

// softplus is ln(1 + e^x).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// aim sets the weights of a batch so that the gradient is that of the mean loss,
// which it returns: dloss/dz = −σ(−z).
func aim(net network, b *batch, pairs []*pair, beta float64, most int) float64 {
	like := answers(net, b, most)
	loss := 0.0
	size := len(b.ids) / b.rows
	for k, p := range pairs {
		z := margin(p, like[2*k], like[2*k+1], beta)
		loss += softplus(-z) / float64(len(pairs))
		g := float32(beta / (1 + math.Exp(z)) / float64(len(pairs)))
		for i := 2 * k * size; i < (2*k+2)*size; i++ {
			switch {
			case b.weight[i] == 0:
			case i < (2*k+1)*size:
				b.weight[i] = g
			default:
				b.weight[i] = -g
			}
		}
	}
	return loss
}

// preferred measures pairs: mean loss, and the share whose margin is positive.
func preferred(net network, held []pair, beta float64, most int) Row {
	var r Row
	var b batch
	b.fill(pairRows(held))
	like := answers(net, &b, most)
	for k := range held {
		z := margin(&held[k], like[2*k], like[2*k+1], beta)
		r.Valid += softplus(-z) / float64(len(held))
		if z > 0 {
			r.Preferred += 1 / float64(len(held))
		}
	}
	return r
}

// A pairFeed gives pairs in an order shuffled for each epoch.
type pairFeed struct {
	all   []pair
	seed  uint64
	batch int // pairs

	epoch uint64
	order []int
	at    int
	now   []*pair // of the last batch
}

func (f *pairFeed) take() *pair {
	if f.at == len(f.order) {
		f.order = rand.New(rand.NewPCG(f.seed, f.epoch)).Perm(len(f.all))
		f.epoch++
		f.at = 0
	}
	f.at++
	return &f.all[f.order[f.at-1]]
}

func (f *pairFeed) next(b *batch) error {
	f.now = f.now[:0]
	var rows []row
	for range f.batch {
		p := f.take()
		f.now = append(f.now, p)
		rows = append(rows, p.rows[0], p.rows[1])
	}
	b.fill(rows)
	return nil
}

func (f *pairFeed) skip(batches int64) {
	for range batches * int64(f.batch) {
		f.take()
	}
}
