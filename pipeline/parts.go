package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"feilun"
	"feilun/dedup"
	"feilun/internal/atomicfile"
	"feilun/internal/corpus"
	"feilun/internal/ledger"
	"feilun/internal/progress"
	"feilun/internal/shard"
	"feilun/internal/stats"

	"github.com/zeebo/xxh3"
)

// samplesKept is how many documents of the corpus the report may show, and
// sampleChars how much of each.
const (
	samplesKept = 60
	sampleChars = 600
)

// partStats is the marker of a finished corpus file.
type partStats struct {
	File      stats.File     `json:"file"`
	Report    feilun.Report  `json:"report"` // of dedup, over the part's shards
	Languages []stats.Share  `json:"languages"`
	Hosts     []stats.Share  `json:"hosts"`
	Samples   []stats.Sample `json:"samples"`
	Seconds   float64        `json:"seconds"`
}

// corpus decides on repeats and writes the corpus files with what stays. Kept
// is the text of each shard in bytes. It returns the number of files, whose
// books stand in their markers.
func (j *job) corpus(ctx context.Context, kept []int64) (parts int, err error) {
	groups := j.parts(kept)
	var missing []int
	for i := range groups {
		ok, err := done(j.folder.partMarker(i), &partStats{})
		if err != nil {
			return 0, err
		}
		if !ok {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return len(groups), nil
	}
	start := time.Now()
	repeats, err := j.repeats(ctx)
	if err != nil {
		return 0, err
	}
	j.times.Stages["dedup"] = time.Since(start).Seconds()
	shards := 0
	for _, i := range missing {
		shards += len(groups[i])
	}
	meter := progress.New(j.Stderr, "corpus", int64(shards), progress.Count("shard"))
	defer meter.Close()
	err = j.runner.Do(ctx, len(missing), func(_ context.Context, _, k int) error {
		i := missing[k]
		p, err := j.part(i, groups[i], repeats, meter)
		if err != nil {
			return err
		}
		return writeJSON(j.folder.partMarker(i), p)
	})
	return len(groups), err
}

// parts splits the shards into runs of about PartSize of text before dedup.
// There is always at least one.
func (j *job) parts(kept []int64) [][]int {
	groups := [][]int{nil}
	held := int64(0)
	for i, n := range kept {
		if held > 0 && held+n > int64(j.recipe.Output.PartSize) {
			groups, held = append(groups, nil), 0
		}
		last := &groups[len(groups)-1]
		*last = append(*last, i)
		held += n
	}
	return groups
}

// A partWriter writes one corpus file and its rows in the ledger.
type partWriter struct {
	job     *job
	corpus  *corpus.Writer
	ledger  *ledger.Writer
	tally   *stats.Tally
	langs   stats.Shares
	hosts   stats.Shares
	samples []stats.Sample
}

func (j *job) part(i int, shards []int, repeats *dedup.Decisions, meter *progress.Meter) (partStats, error) {
	start := time.Now()
	w := &partWriter{job: j, tally: stats.NewTally("dedup"), langs: stats.Shares{}, hosts: stats.Shares{}}
	name := j.folder.part(i, corpus.Ext(j.recipe.Output.Format))
	sum := sha256.New()
	err := atomicfile.Write(name, func(out io.Writer) error {
		return atomicfile.Write(j.folder.dedupLedger(i), func(rows io.Writer) (err error) {
			create := corpus.NewWriter
			if j.recipe.Output.Scores {
				create = corpus.NewScoredWriter
			}
			if w.corpus, err = create(io.MultiWriter(out, sum), j.recipe.Output.Format); err != nil {
				return err
			}
			if w.ledger, err = ledger.NewWriter(rows); err != nil {
				return err
			}
			for _, s := range shards {
				if err := w.shard(s, repeats); err != nil {
					return fmt.Errorf("shard %d: %w", s, err)
				}
				meter.Add(1)
			}
			if err := w.corpus.Close(); err != nil {
				return err
			}
			return w.ledger.Close()
		})
	})
	if err != nil {
		return partStats{}, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return partStats{}, err
	}
	r := w.tally.Done()
	return partStats{
		File:   stats.File{Name: "corpus/" + info.Name(), Count: r.Kept, Size: info.Size(), SHA256: hex.EncodeToString(sum.Sum(nil))},
		Report: r, Languages: w.langs.Top(200), Hosts: w.hosts.Top(hostsKept),
		Samples: w.samples, Seconds: time.Since(start).Seconds(),
	}, nil
}

// shard writes what stays of one shard, with the decisions in step.
func (w *partWriter) shard(i int, repeats *dedup.Decisions) error {
	f, err := os.Open(w.job.folder.docs(i))
	if err != nil {
		return err
	}
	defer f.Close()
	next, stop := pull(repeats.Shard(i))
	defer stop()
	decision, some, err := next()
	n := 0
	for d, derr := range shard.Docs(f) {
		if err = cmp.Or(err, derr); err != nil {
			return err
		}
		var now *dedup.Decision
		if some && decision.Index == n {
			this := decision
			now = &this
			decision, some, err = next()
		}
		if err := w.document(d, now); err != nil {
			return err
		}
		n++
	}
	if err == nil && some {
		return fmt.Errorf("dedup decided on document %d of %d", decision.Index, n)
	}
	return err
}

func (w *partWriter) document(d *feilun.Doc, r *dedup.Decision) error {
	c := size(d)
	w.tally.Report.In.Add(c)
	row := ledger.Row{ID: d.ID, URL: d.URL, Record: d.Record, Stage: "dedup"}
	if r != nil && !r.Verdict.Kept() {
		w.tally.Drop("", r.Verdict.Rule, c)
		row.Rule, row.Value, row.Limit, row.Note = r.Verdict.Rule, r.Verdict.Value, r.Verdict.Limit, r.Verdict.Note
		row.Survivor, row.Language, row.Bytes, row.Sample = r.Survivor, d.Language, c.Bytes, clip(d.Text, w.job.recipe.Output.Sample)
		return w.ledger.Write(row)
	}
	if r != nil {
		if err := w.cut(d, r, row); err != nil {
			return err
		}
		c = size(d)
	}
	w.tally.Report.Kept.Add(c)
	w.langs.Add(d.Language, 0, 1)
	w.hosts.Add(hostOf(d.URL), 0, 1)
	w.samples = append(w.samples, stats.Sample{
		ID: d.ID, URL: d.URL, Title: d.Title, Language: d.Language,
		Text: strings.Clone(clip(d.Text, sampleChars)), // the whole text need not stay in memory
	})
	if len(w.samples) > 4*samplesKept {
		w.samples = lowest(w.samples, samplesKept)
	}
	return w.corpus.Write(d)
}

// cut takes the pieces that dedup cut out of a document that stays.
func (w *partWriter) cut(d *feilun.Doc, r *dedup.Decision, row ledger.Row) error {
	gone := 0
	for _, c := range r.Cuts {
		w.tally.Cut("", c.Rule, int64(c.Bytes))
		gone += c.Bytes
		row.Rule, row.Cut, row.Start, row.End, row.Bytes = c.Rule, true, c.Start, c.End, int64(c.Bytes)
		row.Sample = clip(d.Text[c.Start:c.End], w.job.recipe.Output.Sample)
		if err := w.ledger.Write(row); err != nil {
			return err
		}
	}
	text := dedup.Apply(d.Text, r.Cuts)
	if len(d.Text)-len(text) != gone {
		return fmt.Errorf("dedup of %s: cuts say %d bytes, the text lost %d", d.ID, gone, len(d.Text)-len(text))
	}
	d.Text = text
	return nil
}

// lowest keeps the n samples whose ids hash lowest: a fair draw that does not
// depend on order.
func lowest(s []stats.Sample, n int) []stats.Sample {
	slices.SortFunc(s, func(a, b stats.Sample) int {
		return cmp.Or(cmp.Compare(xxh3.HashString(a.ID), xxh3.HashString(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return s[:min(n, len(s))]
}
