package feedback

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"feilun/internal/digest"
	"feilun/internal/lessons"
	"feilun/internal/store"

	"github.com/parquet-go/parquet-go"
)

// TestRank rates models whose strengths are known.
func TestRank(t *testing.T) {
	var battles []lessons.Battle
	add := func(a, b, choice string, n int) {
		for range n {
			battles = append(battles, lessons.Battle{A: a, B: b, Choice: choice})
		}
	}
	// Odds of strong to weak 3 to 1, of middle to weak 3 to 2.
	add("strong", "weak", "a", 75)
	add("weak", "strong", "a", 25)
	add("middle", "weak", "a", 50)
	add("weak", "middle", "b", 10)
	add("weak", "middle", "a", 40)
	add("strong", "middle", "tie", 10)
	add("strong", "strong", "a", 3)
	add("weak", "strong", "bad", 7)
	c := Rank(battles)
	if c.Decided != 203 || c.Ties != 10 || c.Bad != 7 || c.LeftWon != 193 {
		t.Errorf("counts %+v", c)
	}
	if len(c.Standing) != 3 || c.Standing[0].Model != "strong" || c.Standing[1].Model != "middle" || c.Standing[2].Model != "weak" {
		t.Fatalf("standing %+v", c.Standing)
	}
	for _, s := range c.Standing {
		if !(s.Low < s.Rating && s.Rating < s.High) {
			t.Errorf("interval of %+v", s)
		}
	}
	if s := c.Standing[2]; s.Games != 200 || s.Wins != 65 {
		t.Errorf("weak: %+v", s)
	}
	// At the maximum, expected wins are wins, but for the prior.
	strength := func(i int) float64 { return math.Pow(10, (c.Standing[i].Rating-1000)/400) }
	expected := 100*strength(2)/(strength(2)+strength(0)) + 100*strength(2)/(strength(2)+strength(1)) + strength(2)/(strength(2)+1)
	if math.Abs(expected-65.5) > 0.2 {
		t.Errorf("expected wins of the weak %f, want 65.5", expected)
	}
	again := Rank(battles)
	for i := range again.Standing {
		if again.Standing[i] != c.Standing[i] {
			t.Error("the same battles are rated otherwise")
		}
	}
	if c := Rank(nil); len(c.Standing) != 0 {
		t.Errorf("without battles: %+v", c)
	}
	if c := Rank([]lessons.Battle{{A: "x", B: "y", Choice: "a"}}); math.IsInf(c.Standing[0].Rating, 0) || math.IsNaN(c.Standing[0].Rating) {
		t.Errorf("one battle: %+v", c)
	}
}

func sampleStore(t *testing.T) *store.Store {
	st, err := store.OpenServer(filepath.Join(t.TempDir(), "feilun.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	ctx := t.Context()
	for _, user := range []string{"ann", "bob"} {
		if err := st.SetConsent(ctx, user, store.ConsentImprove, "1"); err != nil {
			t.Fatal(err)
		}
		c, err := st.AddChat(ctx, user, "", false, "")
		if err != nil {
			t.Fatal(err)
		}
		q := &store.Message{ID: st.NewID(), Role: "user", State: store.Done, Text: "question of " + user}
		a := &store.Message{ID: st.NewID(), Role: "assistant", Parent: q.ID, State: store.Done, Text: "answer", Model: "m", Origin: store.Origin{Kind: "engine"}}
		if _, _, err := st.AddMessages(ctx, user, "", c.ID, []*store.Message{q, a}); err != nil {
			t.Fatal(err)
		}
		if _, err := st.Rate(ctx, user, a.ID, &store.Rating{Value: -1, Better: "better answer of " + user}); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

// TestParquet writes Parquet, reads its columns, and takes rows out.
func TestParquet(t *testing.T) {
	st, dir := sampleStore(t), filepath.Join(t.TempDir(), "rows")
	m, err := Export(t.Context(), st, dir, Params{Forms: lessons.Forms(), Parquet: true, Mask: func(s string) string { return s }})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Files) != 6 {
		t.Fatalf("manifest %+v", m)
	}
	b, err := os.ReadFile(filepath.Join(dir, "dpo.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, column := range [][]string{{"prompt", "list", "element", "role"}, {"chosen", "list", "element", "content"}, {"rejected", "list", "element", "content"}, {"better", "content"}, {"rule"}, {"message_ids", "list", "element"}} {
		if _, ok := f.Schema().Lookup(column...); !ok {
			t.Errorf("no column %v in %s", column, f.Schema())
		}
	}
	if _, err := st.Withdraw(t.Context(), "bob", "", ""); err != nil {
		t.Fatal(err)
	}
	n, err := Purge(t.Context(), st, dir)
	if err != nil || n != 4 { // sft, dpo, kto, events
		t.Errorf("Purge = %d, %v", n, err)
	}
	rows, err := parquet.ReadFile[lessons.Pair](filepath.Join(dir, "dpo.parquet"))
	if err != nil || len(rows) != 1 || rows[0].Prompt[0].Content != "question of ann" || rows[0].Chosen[0].Content != "better answer of ann" {
		t.Errorf("after Purge: %+v, %v", rows, err)
	}
	if n, err := Purge(t.Context(), st, dir); err != nil || n != 0 {
		t.Errorf("Purge again = %d, %v", n, err)
	}
	m, err = ReadManifest(dir)
	if err != nil || m.Files[0].Rows != 1 || m.Files[0].Withdrawn != 1 || m.Files[0].SHA256 != digest.Of(must(os.ReadFile(filepath.Join(dir, m.Files[0].Name)))) {
		t.Errorf("manifest %+v, %v", m, err)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// TestJSONLines checks the columns by which TRL and LLaMA-Factory know the rows.
func TestJSONLines(t *testing.T) {
	st, dir := sampleStore(t), filepath.Join(t.TempDir(), "rows")
	if _, err := Export(t.Context(), st, dir, Params{Forms: []string{"sft", "kto", "dpo"}, Mask: func(s string) string { return s }}); err != nil {
		t.Fatal(err)
	}
	var info map[string]struct {
		File    string            `json:"file_name"`
		Ranking bool              `json:"ranking"`
		Columns map[string]string `json:"columns"`
	}
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(dir, "dataset_info.json"))), &info); err != nil {
		t.Fatal(err)
	}
	// TRL tells the form by exactly these columns among those it knows.
	known := []string{"messages", "prompt", "completion", "chosen", "rejected", "label"}
	for form, want := range map[string]string{"sft": "messages ", "kto": "prompt completion label ", "dpo": "prompt chosen rejected "} {
		line, _, _ := bytes.Cut(must(os.ReadFile(filepath.Join(dir, form+".jsonl"))), []byte("\n"))
		var row map[string]any
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, k := range known {
			if row[k] != nil {
				got += k + " "
			}
		}
		if got != want {
			t.Errorf("%s: TRL sees %q, want %q", form, got, want)
		}
		d := info["feilun_"+form]
		for _, column := range d.Columns {
			if row[column] == nil {
				t.Errorf("%s: LLaMA-Factory is told of a column %q that is not there", form, column)
			}
		}
		if d.File != form+".jsonl" || d.Ranking != (form == "dpo") {
			t.Errorf("%s: %+v", form, d)
		}
	}
}
