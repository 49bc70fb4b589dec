package language

import (
	"path/filepath"
	"testing"

	"feilun"
	"feilun/internal/params"
)

func TestStage(t *testing.T) {
	const english = "The old mill by the river still grinds corn for the whole village."
	const hans, hant = "河边的老磨坊每年秋天仍然给全村人磨粮食。", "河邊的老磨坊每年秋天仍然給全村人磨糧食。"
	for _, tt := range []struct {
		keep []string
		min  float64
		text string
		rule string
		note string
	}{
		{nil, 0, english, "", ""},
		{nil, 0, "123", "", ""},
		{[]string{"zh", "en"}, 0, english, "", ""},
		{[]string{"zh", "en"}, 0, hant, "", ""},
		{[]string{"zh-Hans"}, 0, hant, "keep", "zh-Hant"},
		{[]string{"zh-Hans"}, 0, hans, "", ""},
		{[]string{"zh"}, 0, english, "keep", "en-Latn"},
		{[]string{"zh"}, 0, "123", "keep", "und"},
		{nil, 0.65, "123", "min_confidence", "und"},
		{nil, 0.99, "你好", "min_confidence", "zh-Hans"},
		{nil, 0.65, english, "", ""},
	} {
		s, err := New(Params{Keep: tt.keep, MinConfidence: tt.min})
		if err != nil {
			t.Fatal(err)
		}
		d := &feilun.Doc{Text: tt.text}
		if v := s.Clone().Check(d); v.Rule != tt.rule || v.Note != tt.note {
			t.Errorf("keep %q, min_confidence %v: Check(%q) = %+v, want rule %q, note %q", tt.keep, tt.min, tt.text, v, tt.rule, tt.note)
		}
	}
}

func TestParamsDefaults(t *testing.T) {
	p := Params{Model: "x", Keep: []string{"x"}, MinConfidence: 1}
	if err := params.Fill(&p); err != nil {
		t.Fatal(err)
	}
	if p.Model != "" || len(p.Keep) != 0 || p.MinConfidence != 0 {
		t.Errorf("defaults are %+v", p)
	}
}

func TestParseLabel(t *testing.T) {
	for label, want := range map[string]Result{
		"__label__zh":       {Language: "zh"},
		"__label__en":       {Language: "en"},
		"__label__cmn_Hani": {Language: "zh"},
		"__label__zho_Hans": {Language: "zh", Script: "Hans"},
		"__label__zh-Hant":  {Language: "zh", Script: "Hant"},
		"__label__eng_Latn": {Language: "en", Script: "Latn"},
		"__label__kor_Hang": {Language: "ko", Script: "Kore"},
		"__label__yue_Hant": {Language: "yue", Script: "Hant"},
		"__label__arb_Arab": {Language: "ar", Script: "Arab"},
		"__label__pnb":      {Language: "pnb"},
	} {
		if got := parseLabel(label); got != want {
			t.Errorf("parseLabel(%q) = %+v, want %+v", label, got, want)
		}
	}
}

// TestExternal runs the stage with a fastText model, whose answers the tests of
// internal/fasttext hold to those of fastText itself.
func TestExternal(t *testing.T) {
	s, err := New(Params{Model: filepath.Join("..", "internal", "fasttext", "testdata", "hs.bin")})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text string
		want Result
	}{
		{"the river is cold and the wheel stands", Result{"en", "Latn", 0.9686}},
		{"the river is cold\nand the wheel stands", Result{"en", "Latn", 0.9686}},
		{"磨坊 的 轮子 很 沉重", Result{"zh", "Hans", 0.9586}},
		{" 12 ", Result{Language: Und}},
	} {
		d := &feilun.Doc{Text: tt.text}
		s.Clone().Check(d)
		if got := (Result{d.Language, d.Script, d.Confidence}); got != tt.want {
			t.Errorf("Check(%q) sets %+v, want %+v", tt.text, got, tt.want)
		}
	}
	if _, err := New(Params{Model: "no-such-file.bin"}); err == nil {
		t.Error("New with a model that is not there is no error")
	}
}
