package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/hint"
	"feilun/quality"

	"github.com/google/go-cmp/cmp"
)

// sampleModel trains a model on the crawl inside the program: what zh-web's
// filters keep of it against what they drop.
func sampleModel(t *testing.T, seed int64) string {
	t.Helper()
	r, err := Load("tiny")
	if err != nil {
		t.Fatal(err)
	}
	judge, err := NewJudge(r)
	if err != nil {
		t.Fatal(err)
	}
	var all []quality.Example
	dir := t.TempDir()
	for _, d := range sampleDocs(t) {
		_, v := judge.Document(d)
		all = append(all, quality.Example{Doc: d, Positive: v.Kept()})
	}
	p := trainParams(t)
	p.Seed, p.Features = seed, 1<<14
	m := train(t, "gpt3", all, p)
	if a := m.Result().HeldOut.AUC; a.Value < 0.9 {
		t.Errorf("AUC %+v on the sample's held-out hosts", a)
	}
	name := filepath.Join(dir, "m.flq")
	if err := m.Save(name); err != nil {
		t.Fatal(err)
	}
	return name
}

// sampleDocs reads the crawl inside the program.
func sampleDocs(t *testing.T) []*feilun.Doc {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sample.warc.gz")
	if err := os.WriteFile(name, sampleWARC(), 0o666); err != nil {
		t.Fatal(err)
	}
	var all []*feilun.Doc
	if err := testReader(t).Docs(t.Context(), name, func(d *feilun.Doc) error { all = append(all, d); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestQualityStage: books balance, bytes do not depend on workers, the ledger
// holds score and limit, and another model is another run.
func TestQualityStage(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "sample.warc.gz")
	if err := os.WriteFile(input, sampleWARC(), 0o666); err != nil {
		t.Fatal(err)
	}
	model := sampleModel(t, 1)
	recipe := writeRecipe(t, "crawl.range: 60000\nquality:\n  gpt3: {model: \""+model+"\"}\n")
	s := runIn(t, recipe, input, filepath.Join(dir, "1"), 1)
	at := s.Reports[atQuality]
	if at.Stage != "quality" || at.Kept.Docs == 0 || at.Dropped.Docs == 0 {
		t.Errorf("stage %s kept %d, dropped %d", at.Stage, at.Kept.Docs, at.Dropped.Docs)
	}
	if err := conserved(s.Reports); err != nil {
		t.Error(err)
	}
	if len(s.Quality) != 1 || s.Quality[0].Step != "gpt3" || s.Quality[0].Model == "" {
		t.Errorf("stats of quality: %+v", s.Quality)
	}
	want := outputs(t, filepath.Join(dir, "1"))
	runIn(t, recipe, input, filepath.Join(dir, "4"), 4)
	if d := cmp.Diff(want, outputs(t, filepath.Join(dir, "4"))); d != "" {
		t.Errorf("4 workers: other bytes:\n%.2000s", d)
	}
	other := sampleModel(t, 7)
	b, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(model, b, 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := Load(recipe, "crawl.path="+input)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), r, Options{Out: filepath.Join(dir, "1"), Workers: 1, Memory: 4 << 30}); !hint.IsUsage(err) {
		t.Errorf("a run with another model at the same path: %v", err)
	}
}

// TestQualityRows: each dropped document has a row with its score and the limit
// it was held to, and the text can be read anew.
func TestQualityRows(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "sample.warc.gz")
	if err := os.WriteFile(input, sampleWARC(), 0o666); err != nil {
		t.Fatal(err)
	}
	model := sampleModel(t, 1)
	runIn(t, writeRecipe(t, "crawl.range: 60000\nquality:\n  gpt3@zh+en: {model: \""+model+"\", alpha: 3}\n"), input, filepath.Join(dir, "out"), 1)
	m, err := quality.Open(model, "")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, row := range ledgerRows(t, filepath.Join(dir, "out")) {
		if row.Stage != "quality" {
			continue
		}
		if rows++; row.Filter != "gpt3@zh+en" || row.Rule != "alpha" || row.Value > row.Limit {
			t.Errorf("row %+v", row)
		}
		if rows > 5 {
			continue
		}
		d, err := Recall(t.Context(), filepath.Join(dir, "out"), row)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Score(d); got != row.Value {
			t.Errorf("%s read anew scores %v, in the run %v", row.ID, got, row.Value)
		}
	}
	if rows == 0 {
		t.Error("no rows of quality")
	}
}

// TestLabels: labelled pages are checked before the run, and measured after it.
func TestLabels(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "sample.warc.gz")
	if err := os.WriteFile(input, sampleWARC(), 0o666); err != nil {
		t.Fatal(err)
	}
	model := sampleModel(t, 1)
	labels := filepath.Join(dir, "labels.jsonl")
	steps := "crawl.range: 60000\nquality:\n  gpt3: {model: \"" + model + "\"}\n"
	recipe := writeRecipe(t, steps+"output.labels: \""+labels+"\"\n")
	write := func(s string) {
		if err := os.WriteFile(labels, []byte(s), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Repeat(`{"text":"The river was wide and the old bridge of stone stood in the valley.","label":1}`+"\n", 3) + `{"text":"login cart","label":false}`)
	s := runIn(t, recipe, input, filepath.Join(dir, "out"), 1)
	if l := s.Quality[0].Labelled; l == nil || l.Positives != 3 || l.Negatives != 1 || len(l.Curve) == 0 {
		t.Errorf("labelled: %+v", l)
	}
	// labelled pages of other languages say nothing of a step
	write(`{"text":"The old bridge stood in the valley.","label":1,"language":"en"}` + "\n" + `{"text":"login cart","label":0,"language":"en"}` + "\n" + `{"text":"登录","label":0,"language":"zh"}`)
	steps = "crawl.range: 60000\nquality:\n  gpt3@en: {model: \"" + model + "\"}\n  gpt3@zh: {model: \"" + model + "\"}\n"
	s = runIn(t, writeRecipe(t, steps+"output.labels: \""+labels+"\"\n"), input, filepath.Join(dir, "languages"), 1)
	if en, zh := s.Quality[0].Labelled, s.Quality[1].Labelled; en == nil || en.Positives != 1 || en.Negatives != 1 || zh != nil {
		t.Errorf("labelled: in English %+v, in Chinese %+v", en, zh)
	}
	for _, bad := range []string{"", `{"text":"a","label":1}`, `{"text":"a","label":"yes"}`, "{"} {
		write(bad)
		r, err := Load(recipe, "crawl.path="+input)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), r, Options{Out: filepath.Join(dir, "bad"), Memory: 4 << 30}); !hint.IsUsage(err) {
			t.Errorf("labels %q: %v", bad, err)
		}
	}
}

// TestModelsNeedMemory: models count in the prediction, and a limit that they
// do not fit into is a mistake in use.
func TestModelsNeedMemory(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "sample.warc.gz")
	if err := os.WriteFile(input, sampleWARC(), 0o666); err != nil {
		t.Fatal(err)
	}
	recipe := writeRecipe(t, "quality:\n  gpt3: {model: \""+sampleModel(t, 1)+"\"}\n")
	r, err := Load(recipe, "crawl.path="+input)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(t.Context(), r, Options{Out: filepath.Join(dir, "out"), Workers: 1, Memory: workerMemory + 128<<20})
	if !hint.IsUsage(err) || !strings.Contains(err.Error(), "quality models") {
		t.Errorf("a limit without room for models: %v", err)
	}
	o := Options{Workers: 1, Memory: 1 << 40}
	if more := predict(0, 1<<30, o).Memory - predict(0, 0, o).Memory; more != 1<<30 {
		t.Errorf("a model of 1 GiB adds %d bytes to the prediction", more)
	}
}
