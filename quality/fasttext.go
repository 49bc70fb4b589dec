package quality

import (
	"fmt"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/fasttext"
	"feilun/internal/hint"
)

// fasttextModel scores by the probability of one label of a fastText classifier.
type fasttextModel struct {
	predictor *fasttext.Predictor
	label     string          // as in the model; "" before one is chosen
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
	label := ""
	for _, g := range slices.Backward(goodLabels) {
		if slices.Contains(labels, labelMark+g) {
			label = labelMark + g
		}
	}
	return &Model{Kind: "fasttext", scorer: &fasttextModel{predictor: f.Predictor(), label: label}}
}

// choose makes a fastText model score by this label, with or without its
// "__label__"; "" leaves the choice to [goodLabels]. Other kinds have no labels.
func (m *Model) choose(name, label string) error {
	f, ok := m.scorer.(*fasttextModel)
	switch {
	case !ok && label != "":
		return hint.Usage(hint.With(fmt.Errorf("%s is a %s model: it has no label %q", name, m.Kind, label), "labels are for fastText models: leave the label out"))
	case !ok || label == "" && f.label != "":
		return nil
	case label == "":
		return hint.Usage(hint.With(fmt.Errorf("%s has no label that is known to mean good", name), "say which is: set label to one of "+f.list()))
	}
	if !strings.HasPrefix(label, labelMark) {
		label = labelMark + label
	}
	if !slices.Contains(f.predictor.Labels(), label) {
		return hint.Usage(hint.With(fmt.Errorf("%s has no label %q", name, label), "its labels are "+f.list()))
	}
	f.label = label
	return nil
}

// list names the labels, the first of them where there are many.
func (f *fasttextModel) list() string {
	const most = 20
	labels := f.predictor.Labels()
	more := ""
	if n := len(labels) - most; n > 0 {
		labels, more = labels[:most], fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(labels, ", ") + more
}

func (f *fasttextModel) clone() scorer {
	return &fasttextModel{f.predictor.Clone(), f.label, f.trained}
}

// score is the probability of the label for the text as one line; 0 for texts
// without a feature the model knows. fastText adds 1e-5 to probabilities,
// so that they may come to 1.00001: 1 at most is returned.
func (f *fasttextModel) score(d *feilun.Doc) float64 {
	p := float64(f.predictor.Probability(d.Text, f.label))
	if p != p { // weights near the ends of float32 can overflow
		return 0
	}
	return min(1, p)
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
