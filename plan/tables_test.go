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

// TestTableForms: byte order mark, CRLF, quotes, capital headers, other column
// orders and further columns change no answer; a cell that is no number counts
// as blank, with a note; a row of an unknown chip has its name and an error only.
func TestTableForms(t *testing.T) {
	plain := "run_id,kind,params_total,layers,hidden,heads,seq_len,tokens,chip,n_chips,tp\na,full_run,7000000000,32,4096,32,2048,100000000000,A100-80GB-SXM,64,1\n"
	want := predictRuns(t, []byte(plain))
	for _, other := range []string{
		"\ufeff" + plain,
		"\ufeff\"run_id\",\"Kind\",\"params_total\",\"layers\",\"hidden\",\"heads\",\"seq_len\",\"tokens\",\"chip\",\"N_chips\",\"tp\"\r\n\"a\",\"full_run\",\"7B\",\"32\",\"4096\",\"32\",\"2,048\",\"100B\",\"NVIDIA A100-SXM4-80GB\",\"64\",\"1\"\r\n",
		"extra,tp,n_chips,chip,tokens,seq_len,heads,hidden,layers,params_total,kind,run_id\nx,1,64,A100,1e11,2048,32,4096,32,7e9,full_run,a\n",
	} {
		if got := predictRuns(t, []byte(other)); !slices.Equal(got, want) {
			t.Errorf("PredictRuns(%q) = %+v, want %+v", other, got, want)
		}
	}
	got := predictRuns(t, []byte("run_id,params_total,tokens,chip,n_chips,tp,micro_batch\na,7e9,1e11,H20,64,about 2,NaN\nb,7e9,1e11,Moon-1,64,,\n"))
	if got[0].Error != "" || got[0].GPUHours <= 0 || got[0].Note != "taken as blank, no number: tp, micro_batch" {
		t.Errorf("a row with two bad cells = %+v", got[0])
	}
	if b := (RunAnswer{ID: "b", Error: got[1].Error}); got[1] != b || b.Error == "" {
		t.Errorf("a row of an unknown chip = %+v, want run_id and error only", got[1])
	}
	steps := predictSteps(t, []byte("step_id,layers,hidden,chip,n_chips,tp,dp\ns,24,2048,Moon-1,8,1,8\n,24,2048,A100,8,1,64\n"))
	if s := (StepAnswer{ID: "s", Error: steps[0].Error}); steps[0] != s || s.Error == "" {
		t.Errorf("a step of an unknown chip = %+v, want step_id and error only", steps[0])
	}
	if steps[1].ID != "2" || !(steps[1].MFU > 0 && steps[1].MFU < 1) {
		t.Errorf("a step without an id and with more ranks than chips = %+v", steps[1])
	}
}

// TestSparseRows: rows that give little more than chip and size are answered.
func TestSparseRows(t *testing.T) {
	for _, row := range []string{"7e9,,,A100,,", "1.3e9,1e8,moe,H100,8,", "1e12,,moe,Ascend910,512,1e9", "125e6,,,RTX-3090,1,1e9", "70e9,,dense,T4,13,", "6e11,37e9,moe,V100,7,1e12"} {
		a := predictRuns(t, []byte("run_id,params_total,params_active,arch,chip,n_chips,tokens\na,"+row+"\n"))[0]
		if a.Error != "" || !(a.Seconds > 0 && a.MFU > 0 && a.MFU < 0.95 && a.MemoryGiB > 0) {
			t.Errorf("row %q = %+v", row, a)
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
		if s.Group == "full_run" && (s.Covered < 0.7 || s.Covered > 0.95) {
			t.Errorf("the 80 %% band holds %.0f %% of the whole runs it was made from", 100*s.Covered)
		}
	}
}
