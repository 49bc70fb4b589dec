package main

import (
	"fmt"
	"io"

	"feilun/internal/stats"
)

// printModel prints how good the model of a run is.
func printModel(w io.Writer, e *stats.Evaluation) error {
	fmt.Fprintf(w, "\n%-24s %9s %10s   %-26s %s\n", "text no training saw", "documents", "bytes", "bits/byte (95 %)", "best n-gram model (of)")
	for _, r := range e.Text {
		line := fmt.Sprintf("%-24s %9d %10d   %-26s", r.Name, r.Docs, r.Bytes, bitsText(r.Bits, r.Docs))
		if r.Ratio != nil {
			line += fmt.Sprintf(" %.4f (%s)", r.Baselines[r.Best], r.Best)
		}
		fmt.Fprintln(w, line)
	}
	if len(e.Tasks) > 0 {
		fmt.Fprintf(w, "\n%-24s %9s   %-26s %s\n", "task", "items", "right (95 %)", "guessing; in the training text")
	}
	for _, t := range e.Tasks {
		line := fmt.Sprintf("%-24s %9d   %-26s %.1f %%; %d of %d", t.Task, t.Items,
			fmt.Sprintf("%.1f %% (%.1f to %.1f)", 100*t.Accuracy.Value, 100*t.Accuracy.Low, 100*t.Accuracy.High), 100*t.Chance, t.Found, t.Looked)
		if t.Flagged {
			line += ": CONTAMINATED"
		}
		line += cutText(t.Truncated, t.Items)
		fmt.Fprintln(w, line)
	}
	_, err := fmt.Fprintf(w, "\n%d weights, %d tokens trained on\n", e.Model.Weights, e.Model.Tokens)
	return err
}

// cutText tells of a task's items that did not fit.
func cutText(cut, items int) string {
	if cut == 0 {
		return ""
	}
	return fmt.Sprintf("; %d of %d items did not fit the model's context and were cut at the front", cut, items)
}

// bitsText writes bits a byte with their interval over documents; one document has none.
func bitsText(x stats.Interval, docs int) string {
	if docs < 2 {
		return fmt.Sprintf("%.4f (one document)", x.Value)
	}
	return fmt.Sprintf("%.4f (%.4f to %.4f)", x.Value, x.Low, x.High)
}
