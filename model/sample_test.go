package model

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestSampler: which tokens may be drawn, and how often they are.
func TestSampler(t *testing.T) {
	logits := []float32{1, 3, 2, 0, 3, -5}
	p := make([]float64, len(logits))
	for i, v := range logits {
		p[i] = math.Exp(float64(v))
	}
	for _, tt := range []struct {
		name    string
		s       Sampling
		prompt  []uint32
		allowed []int
	}{
		{"greedy", Sampling{}, nil, []int{1}},
		{"greedy, penalty", Sampling{Penalty: 2}, []uint32{1, 1}, []int{4}},
		{"all", Sampling{Temperature: 1}, nil, []int{0, 1, 2, 3, 4, 5}},
		{"top-k", Sampling{Temperature: 1, TopK: 3}, nil, []int{1, 2, 4}},
		{"top-k, tie", Sampling{Temperature: 1, TopK: 1}, nil, []int{1, 4}},
		{"top-p", Sampling{Temperature: 1, TopP: 0.75}, nil, []int{1, 4}},
		{"top-p, small", Sampling{Temperature: 1, TopP: 0.01}, nil, []int{1}},
		{"min-p", Sampling{Temperature: 1, MinP: 0.3}, nil, []int{1, 2, 4}},
	} {
		const draws = 20000
		counts := make([]float64, len(logits))
		d := newSampler(tt.s, tt.prompt)
		for range draws {
			if tt.s.Penalty > 0 {
				d.seen = map[uint32]int{1: 1}
			}
			counts[d.next(logits)]++
		}
		mass := 0.0
		for _, i := range tt.allowed {
			mass += p[i]
		}
		for i, n := range counts {
			want := 0.0
			if slices.Contains(tt.allowed, i) {
				want = draws * p[i] / mass
			}
			if math.Abs(n-want) > 5*math.Sqrt(want) {
				t.Errorf("%s: token %d drawn %v times, want about %.0f", tt.name, i, n, want)
			}
		}
	}
	a, b := newSampler(Sampling{Temperature: 1, Seed: 5}, nil), newSampler(Sampling{Temperature: 1, Seed: 5}, nil)
	for range 50 {
		if x, y := a.next(logits), b.next(logits); x != y {
			t.Fatalf("equal seeds drew %d and %d", x, y)
		}
	}
}

func TestKth(t *testing.T) {
	var items []item
	for i := range 100 {
		items = append(items, item{p: float64(i * 37 % 101)})
	}
	sorted := slices.Clone(items)
	slices.SortFunc(sorted, func(a, b item) int { return int(b.p - a.p) })
	for k := 1; k <= len(items); k++ {
		if got := kth(items, k); got != sorted[k-1].p {
			t.Errorf("kth(%d) = %v, want %v", k, got, sorted[k-1].p)
		}
	}
}

// TestChatTemplate reads a model's template, which may be one of several with names.
func TestChatTemplate(t *testing.T) {
	for config, want := range map[string]string{
		`{}`:                     "",
		`{"chat_template":null}`: "",
		`{"chat_template":"a"}`:  "a",
		`{"chat_template":[{"name":"tool_use","template":"b"},{"name":"default","template":"a"}]}`: "a",
		`{"chat_template":[{"name":"tool_use","template":"b"}]}`:                                   "",
		`{"chat_template":{"name":"default"}}`:                                                     "",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "tokenizer_config.json"), []byte(config), 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := chatTemplate(dir); err != nil || got != want {
			t.Errorf("%s: template %q, %v; want %q", config, got, err, want)
		}
	}
}

// TestPrefix finds the tokens that a template puts before texts.
func TestPrefix(t *testing.T) {
	template := `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"</s>"}}],"special_tokens":{"<s>":{"ids":[7]},"</s>":{"ids":[8]}}}`
	for in, want := range map[string][]uint32{
		`{}`:                      nil,
		`{"post_processor":null}`: nil,
		`{"post_processor":{"type":"ByteLevel"}}`:                                                     nil,
		`{"post_processor":` + template + `}`:                                                         {7},
		`{"post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel"},` + template + `]}}`: {7},
	} {
		if got, err := Prefix([]byte(in), 8); err != nil || !slices.Equal(got, want) {
			t.Errorf("Prefix(%s) = %v, %v, want %v", in, got, err, want)
		}
	}
	if _, err := Prefix([]byte(`{`), 8); err == nil {
		t.Error("half a file was no error")
	}
	if got, err := Prefix([]byte(`{"post_processor":`+template+`}`), 7); !errors.Is(err, ErrFormat) {
		t.Errorf("token 7 before every text in a vocabulary of 7: %v, %v", got, err)
	}
}
