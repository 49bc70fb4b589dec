package quality

import (
	"slices"
	"strings"

	"feilun"
	"feilun/internal/fasttext"
)

// fasttextModel scores by the probability of one label of a fastText classifier.
type fasttextModel struct {
	predictor *fasttext.Predictor
	label     string          // as in the model
	trained   *fasttext.Model // to be saved; nil for one that was read
}

// labelMark starts the labels of fastText models.
const labelMark = "__label__"

// goodLabels are what published quality classifiers call their good class, in
// the order they are looked for when no label is asked for.
var goodLabels = []string{"hq", "good", "clean", "positive", "keep", "wiki", "1"}

func openFasttext(name string) (*Model, error) {
	f, err := fasttext.Open(name)
	if err != nil {
		return nil, err
	}
	if f.Collapsible() {
		if f, err = f.Collapse(); err != nil {
			return nil, err
		}
	}
	return newFasttext(f), nil
}

func newFasttext(f *fasttext.Model) *Model {
	labels := f.Labels()
	label := labels[0]
	for _, g := range slices.Backward(goodLabels) {
		if slices.Contains(labels, labelMark+g) {
			label = labelMark + g
		}
	}
	return &Model{Kind: "fasttext", scorer: &fasttextModel{predictor: f.Predictor(), label: label}}
}

// Label makes a fastText model score by this label, with or without its
// "__label__". It reports whether the model has it.
func (m *Model) Label(label string) bool {
	f, ok := m.scorer.(*fasttextModel)
	if !ok {
		return false
	}
	if !strings.HasPrefix(label, labelMark) {
		label = labelMark + label
	}
	if !slices.Contains(f.predictor.Labels(), label) {
		return false
	}
	f.label = label
	return true
}

// Labels lists the labels of a fastText model; nil for other kinds.
func (m *Model) Labels() []string {
	if f, ok := m.scorer.(*fasttextModel); ok {
		return f.predictor.Labels()
	}
	return nil
}

func (f *fasttextModel) clone() scorer {
	return &fasttextModel{f.predictor.Clone(), f.label, f.trained}
}

// score is the probability of the label for the text as one line; 0 for texts
// without a feature the model knows. fastText adds 1e-5 to probabilities,
// so that they may come to 1.00001: 1 at most is returned.
func (f *fasttextModel) score(d *feilun.Doc) float64 {
	return min(1, float64(f.predictor.Probability(d.Text, f.label)))
}

// explain gives what each word and n-gram adds to the logarithm of the label's
// odds against the likeliest other.
func (f *fasttextModel) explain(d *feilun.Doc) []Reason {
	var all []Reason
	for _, c := range f.predictor.Explain(d.Text, f.label, 0) {
		all = append(all, Reason{c.Feature, float64(c.Count), c.Score})
	}
	return all
}
