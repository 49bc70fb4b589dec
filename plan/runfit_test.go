package plan

import (
	"fmt"
	"math"
	"os"
	"testing"

	"feilun/internal/testkit"
)

func runData(t testing.TB) []RunRow {
	f, err := os.Open(testkit.Data(t, "planner", "runs.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	chips, err := Chips()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := ReadRuns(f, chips)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// chipSeconds returns the reported chip-seconds per token, 0 when the row
// reports nothing that gives them. work is the model and hardware FLOPs a token.
func chipSeconds(x *RunRow, model, hardware float64) float64 {
	m, q := &x.Measured, &x.Question
	switch {
	case m.GPUHours > 0 && x.Tokens > 0:
		return m.GPUHours * 3600 / x.Tokens
	case m.Days > 0 && x.Tokens > 0 && !x.AssumedChips:
		return m.Days * 86400 * float64(q.Cluster.N) / x.Tokens
	case m.Seconds > 0 && !x.AssumedBatch:
		return m.Seconds * float64(q.Cluster.N) / float64(q.Work.Batch*q.Work.Seq)
	case m.Rate > 0:
		return 1 / m.Rate
	case m.TFLOPS > 0 && m.Kind == "hardware":
		return hardware / (m.TFLOPS * 1e12)
	case m.TFLOPS > 0 && m.Kind == "model":
		return model / (m.TFLOPS * 1e12)
	case m.MFU > 0:
		return model / (m.MFU * q.Cluster.Chip.Peak16 * 1e12)
	}
	return 0
}

func TestFitRuns(t *testing.T) {
	if !*refit {
		t.Skip("only with -fit")
	}
	by := map[string][]float64{}
	for _, x := range runData(t) {
		if x.Err != nil {
			fmt.Println(x.ID, "ERR", x.Err)
			continue
		}
		f, err := x.Search(Fitted())
		if err != nil {
			fmt.Println(x.ID, "ERR", err)
			continue
		}
		model := x.Model.FLOPs(x.Question.Work.Seq)
		hw := model
		if f.Layout.Recompute == RecomputeFull {
			hw = model * 4 / 3
		}
		got := f.Seconds * float64(x.Question.Cluster.N) / float64(x.Question.Work.Batch*x.Question.Work.Seq)
		want := chipSeconds(&x, model, hw)
		e := math.Log(got / want)
		by[x.Kind] = append(by[x.Kind], e)
		fmt.Printf("%+6.1f%% %-28s %-16s %s %s P%.3g A%.3g / %.3g b%d n%d mem%.0f %s fused=%v tf=%.0f\n", 100*(math.Exp(e)-1), x.ID, x.Kind, x.Tier, x.Question.Cluster.Chip.Name, x.Model.Params(), x.Model.Active(), x.Model.Stated, x.Question.Work.Batch, x.Question.Cluster.N, f.Memory.Total()/gib, f.Layout.String(), f.Layout.Fused, model/got/1e12)
	}
	for k, v := range by {
		t.Log(k, stats(v))
	}
}
