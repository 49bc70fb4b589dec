package mix

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/corpus"
	"feilun/internal/ledger"
	"feilun/internal/stats"
)

// cleanMark is the marker of a file that was decontaminated.
type cleanMark struct {
	File   stats.File    `json:"file"`
	Report feilun.Report `json:"report"`
}

// Decontaminate finds traces of test sets in a corpus and writes it without
// them: a file for each file of the input, documents in their order. With
// o.DryRun it only reports what it found.
func Decontaminate(ctx context.Context, p *DecontaminateParams, paths Paths, out OutputParams, o Options) (*Result, error) {
	s := New()
	s.Output, s.Decontaminate = out, p
	s.Sources = []NamedSource{{"input", SourceParams{Path: paths, Epochs: 1}}}
	j, unlock, err := open(s, o, decontaminate)
	if err != nil {
		return nil, err
	}
	defer unlock()
	defer limitMemory(int64(j.Memory))()
	r := &Result{}
	if ok, err := done(j.folder.path("contamination.json"), &r.Contamination); err != nil || ok && !o.DryRun {
		return r, err
	}
	if r.Contamination, err = j.traces(ctx); err != nil {
		return nil, err
	}
	if o.DryRun {
		return r, j.folder.clear(true)
	}
	marks := make([]cleanMark, len(j.inputs))
	err = j.each(ctx, "write", len(j.inputs), func(_, i int) (int64, error) {
		ok, err := done(j.folder.partMark(i), &marks[i])
		if err != nil || ok {
			return j.inputs[i].Size, err
		}
		if marks[i], err = j.clean(ctx, i); err != nil {
			return 0, err
		}
		return j.inputs[i].Size, writeJSON(j.folder.partMark(i), marks[i])
	})
	if err != nil {
		return nil, err
	}
	return r, j.finishClean(r, marks)
}

// clean writes one file of the corpus.
func (j *job) clean(ctx context.Context, i int) (mark cleanMark, err error) {
	name := j.folder.part(i, corpus.Ext(j.spec.Output.Format))
	sum, t := sha256.New(), stats.NewTally("mix")
	left, err := j.settled(i)
	if err != nil {
		return mark, err
	}
	err = atomicfile.Write(name, func(out io.Writer) error {
		return atomicfile.Write(j.folder.ledger(i), func(lost io.Writer) error {
			w, err := corpus.NewWriter(io.MultiWriter(out, sum), j.spec.Output.Format)
			if err != nil {
				return err
			}
			rows, err := ledger.NewWriter(lost)
			if err != nil {
				return err
			}
			if err := j.cleanDocs(ctx, i, left, t, w, rows); err != nil {
				return err
			}
			if err := w.Close(); err != nil {
				return err
			}
			return rows.Close()
		})
	})
	if err != nil {
		return mark, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return mark, err
	}
	mark.Report = t.Done()
	mark.File = stats.File{Name: "corpus/" + info.Name(), Count: mark.Report.Kept, Size: info.Size(), SHA256: hex.EncodeToString(sum.Sum(nil))}
	return mark, nil
}

// cleanDocs writes what stays of the documents of one file.
func (j *job) cleanDocs(ctx context.Context, i int, left map[int]*settled, t *stats.Tally, w *corpus.Writer, rows *ledger.Writer) error {
	books, index := &runWriter{job: j, input: i}, 0
	for d, err := range corpus.Read(j.inputs[i].File) {
		kept := false
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			kept, err = books.settle(d, left[index], t, rows, index)
		}
		if kept && err == nil {
			t.Report.Kept.Add(size(d.Text))
			err = w.Write(d)
		}
		if err != nil {
			return err
		}
		index++
	}
	return nil
}

// finishClean writes the books, contamination.json last but for the clean-up.
func (j *job) finishClean(r *Result, marks []cleanMark) error {
	run := &stats.Run{Recipe: decontaminate, About: "A corpus without traces of test sets.", Version: feilun.Version,
		RecipeHash: j.spec.Hash(), InputHash: inputHash(j.inputs)}
	report := feilun.Report{Stage: "mix"}
	var inputs []map[string]any
	for i, m := range marks {
		stats.AddReport(&report, m.Report)
		run.Files = append(run.Files, m.File)
		inputs = append(inputs, map[string]any{"file": j.inputs[i].File, "size": j.inputs[i].Size, "sha256": j.scans[i].SHA256, "docs": j.scans[i].Docs})
	}
	if report.In.Bytes != report.Kept.Bytes+report.Cut+report.Dropped.Bytes {
		panic(fmt.Sprintf("mix: books do not balance: %+v", report))
	}
	run.Reports = []feilun.Report{report}
	r.Run = run
	manifest := map[string]any{"format": "feilun.corpus/1", "version": feilun.Version, "mix_sha256": j.spec.Hash(),
		"input": inputs, "lineage": lineage(j.inputs), "files": run.Files, "reports": run.Reports}
	if err := atomicfile.WriteBytes(j.folder.path("mix.yaml"), j.spec.YAML()); err != nil {
		return err
	}
	for _, x := range []struct {
		name string
		v    any
	}{{"manifest.json", manifest}, {"stats.json", run}, {"contamination.json", r.Contamination}} {
		if err := writeJSON(j.folder.path(x.name), x.v); err != nil {
			return err
		}
	}
	return j.folder.clean()
}
