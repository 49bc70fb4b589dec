package plan

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"strings"
	"testing"
)

// FuzzChips: any inventory is refused or plans without panic, and what is
// accepted can be written and read again.
func FuzzChips(f *testing.F) {
	for _, s := range []string{"1024xA100-80G", "256xH20,512xV100", "0xA100", "1e3×A800", "8*T4", "x", "9999999999xH100", "1xA100,,", "３xA100", "8x昇腾910B", "1_024xA100"} {
		f.Add(s)
	}
	table := chipTable(f)
	f.Fuzz(func(t *testing.T, text string) {
		groups, err := table.ParseInventory(text)
		if err != nil || groups[0].N == 0 {
			return
		}
		var parts []string
		for _, g := range groups {
			parts = append(parts, Count(float64(g.N))+"x"+g.Name)
			if g.N < 1 || g.N > maxChips {
				t.Fatalf("ParseInventory(%q) = %d chips", text, g.N)
			}
		}
		if again, err := table.ParseChips(strings.Join(parts, ",")); err != nil || len(again) != len(groups) {
			t.Fatalf("ParseChips(%q) = %v, %v", strings.Join(parts, ","), again, err)
		}
	})
}

// FuzzUnits: quantities are positive and finite or refused.
func FuzzUnits(f *testing.F) {
	for _, s := range []string{"300B", "1.4T", "3e11", "3000亿", "5e6CNY", "$2M", "500万元", "60d", "90天", "2MW", "-1B", "1e999", "e", ".", "1e", "0x10", "¥3", "1 e3 B", "100B-A10B", "1B-A1T"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := ParseCount(text); err == nil && !(v > 0 && v < math.MaxFloat64) {
			t.Errorf("ParseCount(%q) = %v", text, v)
		}
		if v, err := ParseMoney(text); err == nil && !(v.Amount > 0) {
			t.Errorf("ParseMoney(%q) = %v", text, v)
		}
		if v, err := ParseDays(text); err == nil && !(v > 0) {
			t.Errorf("ParseDays(%q) = %v", text, v)
		}
		if v, err := ParsePower(text); err == nil && !(v > 0) {
			t.Errorf("ParsePower(%q) = %v", text, v)
		}
		if m, err := ParseModel(text); err == nil && m.Validate() != nil {
			t.Errorf("ParseModel(%q) = %+v, which is no model: %v", text, m, m.Validate())
		}
		Translate("zh", text)
	})
}

// FuzzRuns: any bytes are refused or answered row by row, in JSON, and a row of a
// known chip that gives its size is answered with positive numbers.
func FuzzRuns(f *testing.F) {
	text, err := os.ReadFile("testdata/runs.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("run_id,params_total,chip,n_chips,global_batch_tokens,tp\na,1e9,A100,8,1,-3\nb,1e300,A100,1e30,1e300,7\n"))
	f.Add([]byte("\ufeffrun_id,params_total,chip,arch,params_active,tokens\r\na,8B,H20,moe,1e8,1e12\r\n"))
	table := chipTable(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Count(text, []byte("\n")) > 8 {
			return // each row is a search
		}
		rows, err := ReadRuns(bytes.NewReader(text), table)
		if err != nil {
			return
		}
		answers := PredictRuns(rows, Fitted())
		for _, a := range answers {
			if a.Error == "" && !(a.Seconds > 0 && a.MFU >= 0 && a.MemoryGiB > 0 && a.GPUHoursP10 <= a.GPUHoursP90) {
				t.Errorf("run %q: %+v", a.ID, a)
			}
		}
		ScoreRuns(rows, answers)
		encode(t, answers)
	})
}

// FuzzSteps is [FuzzRuns] for measured steps.
func FuzzSteps(f *testing.F) {
	text, err := os.ReadFile("testdata/steps.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("layers,hidden,chip,n_chips,tp,seq_len\n1,1,T4,1,4096,1e9\n"))
	table := chipTable(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := ReadSteps(bytes.NewReader(text), table)
		if err != nil {
			return
		}
		answers := PredictSteps(rows, Fitted())
		for _, a := range answers {
			if a.Error == "" && !(a.Seconds > 0 && a.MFU >= 0 && a.MemoryGiB > 0) {
				t.Errorf("step %q: %+v", a.ID, a)
			}
		}
		ScoreSteps(rows, answers)
		encode(t, answers)
	})
}

func encode(t *testing.T, v any) {
	if err := json.NewEncoder(io.Discard).Encode(v); err != nil {
		t.Errorf("answers are not JSON: %v", err)
	}
}

// FuzzFiles: config.json, corpus manifests and chip files from outside.
func FuzzFiles(f *testing.F) {
	f.Add([]byte(`{"model_type":"llama","num_hidden_layers":2,"hidden_size":64,"num_attention_heads":4,"vocab_size":100}`))
	f.Add([]byte(`{"tokens":1e9,"sources":[{"name":"web","bytes":1e9}]}`))
	f.Add([]byte("chip: X\nsource: s\nfp16_bf16_tflops: 100\n"))
	f.Add([]byte("- chip: X\n  source: s\n  fp16_bf16_tflops: .nan\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if m, err := ReadConfig(text); err == nil {
			if p := m.Params(); !(p > 0) {
				t.Errorf("ReadConfig(%q).Params() = %v", text, p)
			}
			m.FLOPs(m.SeqLen)
		}
		if c, err := ReadCorpus(text); err == nil {
			encode(t, Data(1e9, c, 0))
		}
		table := chipTable(t)
		if table.AddYAML(text) == nil {
			encode(t, table.All())
		}
	})
}
