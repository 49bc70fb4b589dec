package stats

// An Evaluation is the content of evaluation.json in a run folder: how good the
// model of the run is on text and tasks that it has not seen. It is a function of
// input, recipe and version alone.
type Evaluation struct {
	Format    string          `json:"format"`
	Version   string          `json:"version"`
	Identity  string          `json:"identity"` // hash of all that it was made of
	Model     ModelFacts      `json:"model"`
	Curve     []CurvePoint    `json:"curve"`
	HeldOut   HeldOut         `json:"held_out"`
	Baselines []Baseline      `json:"baselines,omitempty"`
	Text      []Measured      `json:"text,omitempty"` // all text first, then by group, language and domain
	Tasks     []Task          `json:"tasks,omitempty"`
	Samples   []WrittenSample `json:"samples,omitempty"`
}

// EvaluationFormat names the form of an evaluation, with its version.
const EvaluationFormat = "feilun.run-evaluation/1"

// ModelFacts say what was measured.
type ModelFacts struct {
	Weights int   `json:"weights"`
	Layers  int   `json:"layers"`
	Width   int   `json:"width"`
	Vocab   int   `json:"vocab"`
	Context int   `json:"context"`
	Steps   int   `json:"steps"`
	Tokens  int64 `json:"tokens"` // trained on, each as often as it was read
}

// A CurvePoint is a place of the loss curve: the mean loss of the steps up to it
// since the point before, in nats a token.
type CurvePoint struct {
	Step  int     `json:"step"`
	Loss  float64 `json:"loss,omitempty"`
	Valid float64 `json:"valid,omitempty"` // on validation text, where it was measured
}

// HeldOut is what no training saw.
type HeldOut struct {
	Share  float64 `json:"share"`  // as the recipe says
	Choose string  `json:"choose"` // last or draw
	Docs   int     `json:"docs"`
	Bytes  int64   `json:"bytes"`
	Part   float64 `json:"part"` // of these documents, the share that was measured
}

// A Baseline is an n-gram model of the same training text.
type Baseline struct {
	Unit   string `json:"unit"` // what an n-gram is made of: token, character or byte
	Order  int    `json:"order"`
	Units  int64  `json:"units"` // counted in training
	Ngrams []int  `json:"ngrams"`
	Note   string `json:"note,omitempty"` // why there is none
}

// An Interval is a value with the bounds of its 95 % confidence interval.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Measured is text of one kind.
type Measured struct {
	Name      string             `json:"name"`
	Kind      string             `json:"kind"` // all, group, language, domain, or text that the recipe names
	Docs      int                `json:"docs"`
	Bytes     int64              `json:"bytes"`
	Tokens    int64              `json:"tokens"`
	Bits      Interval           `json:"bits_per_byte"`       // by bootstrap over documents
	Baselines map[string]float64 `json:"baselines,omitempty"` // bits for each byte by unit
	Best      string             `json:"best,omitempty"`      // unit of the baseline with the fewest of them
	Ratio     *Interval          `json:"ratio,omitempty"`     // the model's bits over that baseline's, by bootstrap over documents
	Overlap   float64            `json:"overlap"`             // share of its n-grams that the training text holds
	Grams     int                `json:"overlap_n,omitempty"` // length of those, in words or Han characters
}

// A Task is what a task came to.
type Task struct {
	Task       string    `json:"task"`
	About      string    `json:"about"`
	Form       string    `json:"form,omitempty"`
	Shots      int       `json:"shots,omitempty"`
	Items      int       `json:"items"`
	By         string    `json:"by"` // how options of different length are made comparable
	Accuracy   Interval  `json:"accuracy"`
	Chance     float64   `json:"chance"`
	Perplexity *Interval `json:"perplexity,omitempty"`
	Truncated  int       `json:"truncated,omitempty"` // items that did not fit the context and were cut at the front
	Looked     int       `json:"looked,omitempty"`    // items long enough to look for in the training text
	Found      int       `json:"found,omitempty"`     // of these, with an n-gram that it holds
	Flagged    bool      `json:"flagged,omitempty"`
}

// A WrittenSample is what the model wrote, as it is.
type WrittenSample struct {
	Prompt string `json:"prompt"`
	Text   string `json:"text"`
	Finish string `json:"finish"` // why it ended: stop or length
}
