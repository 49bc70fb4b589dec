package plan

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"testing"

	"feilun/internal/testkit"
)

// blank empties every reported column of a table and whatever follows them.
func blank(t *testing.T, text []byte, from string, keep ...string) []byte {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(rows[0], from)
	for _, r := range rows[1:] {
		for i := at; i < len(r); i++ {
			if !slices.Contains(keep, rows[0][i]) {
				r[i] = ""
			}
		}
	}
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func chipTable(t testing.TB) *ChipTable {
	chips, err := Chips()
	if err != nil {
		t.Fatal(err)
	}
	return chips
}

func predictRuns(t testing.TB, text []byte) []RunAnswer {
	rows, err := ReadRuns(bytes.NewReader(text), chipTable(t))
	if err != nil {
		t.Fatal(err)
	}
	return PredictRuns(rows, Fitted())
}

func predictSteps(t testing.TB, text []byte) []StepAnswer {
	rows, err := ReadSteps(bytes.NewReader(text), chipTable(t))
	if err != nil {
		t.Fatal(err)
	}
	return PredictSteps(rows, Fitted())
}

// TestPredictionsReadInputsOnly blanks every reported column; the answers must
// stay. The own fixtures run anywhere, the full tables where they are.
func TestPredictionsReadInputsOnly(t *testing.T) {
	tables := map[string][]byte{}
	for _, name := range []string{"runs.csv", "steps.csv"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		tables["testdata/"+name] = text
	}
	t.Run("fixtures", func(t *testing.T) { sameWithoutTargets(t, tables["testdata/runs.csv"], tables["testdata/steps.csv"]) })
	t.Run("data", func(t *testing.T) {
		var texts [2][]byte
		for i, name := range []string{"runs.csv", "steps.csv"} {
			text, err := os.ReadFile(testkit.Data(t, "planner", name))
			if err != nil {
				t.Fatal(err)
			}
			texts[i] = text
		}
		sameWithoutTargets(t, texts[0], texts[1])
	})
}

func sameWithoutTargets(t *testing.T, runs, steps []byte) {
	want, got := predictRuns(t, runs), predictRuns(t, blank(t, runs, "reported_days"))
	if len(want) == 0 || !slices.Equal(want, got) {
		t.Errorf("runs: answers change when reported columns are blank")
	}
	for _, a := range want {
		if a.Error == "" && !(a.Seconds > 0 && a.MFU > 0 && a.MFU < 1) {
			t.Errorf("run %s: step %v s, MFU %v", a.ID, a.Seconds, a.MFU)
		}
	}
	w, g := predictSteps(t, steps), predictSteps(t, blank(t, steps, "step_time_s", "inter_node_gbps_per_node"))
	if len(w) == 0 || !slices.Equal(w, g) {
		t.Errorf("steps: answers change when reported columns are blank")
	}
	for _, a := range w {
		if a.Error == "" && !(a.Seconds > 0 && a.MemoryGiB > 0 && a.MFU > 0 && a.MFU < 1) {
			t.Errorf("step %s: %+v", a.ID, a)
		}
	}
}

// TestEveryKnownChipIsAnswered holds the tables to the promise: a row whose
// chip is known gets a number.
func TestEveryKnownChipIsAnswered(t *testing.T) {
	for _, x := range runData(t) {
		if a := x.predict(Fitted()); a.Error != "" {
			t.Errorf("%s: %s", x.ID, a.Error)
		}
	}
}

// TestBar prints how the shipped coefficients do on the rows they were fitted
// on; -fit with TestFit prints the same for families left out.
func TestBar(t *testing.T) {
	runs := runData(t)
	var out bytes.Buffer
	scores := ScoreRuns(runs, PredictRuns(runs, Fitted()))
	WriteScores(&out, scores)
	steps := stepData(t)
	all := append(scores, ScoreSteps(steps, PredictSteps(steps, Fitted()))...)
	WriteScores(&out, all[len(scores):])
	t.Logf("\n%s", out.Bytes())
	for _, s := range all {
		limit := map[string]float64{"step_time all": 0.08, "memory all": 0.08, "full_run tier A": 0.14}[s.Group]
		if limit > 0 && s.Median > limit {
			t.Errorf("%s: median error %.3f, want at most %.2f", s.Group, s.Median, limit)
		}
	}
}
