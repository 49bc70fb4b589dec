package fasttext

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// index returns the number of a label, which may lack its "__label__".
func (p *Predictor) index(label string) int {
	if !strings.HasPrefix(label, labelMark) {
		label = labelMark + label
	}
	return slices.Index(p.names, label)
}

// HasLabel reports whether the model knows the label, with or without "__label__".
func (p *Predictor) HasLabel(label string) bool { return p.index(label) >= 0 }

// Probability returns the probability of one label for text as [Predictor.Predict]
// reports it; 0 for a label that the model does not know, for text without a
// known feature, and below 1e-5 under hierarchical softmax.
func (p *Predictor) Probability(text, label string) float32 {
	at := p.index(label)
	if at < 0 {
		return 0
	}
	if p.m.Loss == LossHierarchical {
		for _, l := range p.Predict(text, -1, 0) {
			if l.Name == p.names[at] {
				return l.Prob
			}
		}
		return 0
	}
	p.read(text)
	if len(p.f.rows) == 0 {
		return 0
	}
	p.hide()
	p.scoreAll()
	return exp32(logOf(p.scores[at]))
}

// A Contribution is what a word, with its character n-grams, or an n-gram of
// words adds to a label's score in a document.
type Contribution struct {
	Feature    string
	Start, End int // bytes of the text where it stands first; "</s>" ends the text
	Count      int
	Score      float64 // of all occurrences
}

// Explain returns the n features of text that move the score of a label most,
// greatest absolute score first; n < 1 asks for all. The scores of all features
// add up to the label's score: under softmax the logarithm of its probability
// over that of the likeliest other label, under negative sampling and
// one-vs-all its logit. Under hierarchical softmax they are the gradient of the
// logarithm of the probability, weighted by the features.
func (p *Predictor) Explain(text, label string, n int) []Contribution {
	at := p.index(label)
	if at < 0 {
		return nil
	}
	p.read(text)
	total := len(p.f.rows) + p.f.more
	if total == 0 {
		return nil
	}
	p.hide()
	e := explanation{p: p, weigh: p.weigh(at), total: float64(total), size: len(text), found: map[string]int{}}
	e.walk(text)
	slices.SortFunc(e.out, func(a, b Contribution) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Score), math.Abs(a.Score)), cmp.Compare(a.Feature, b.Feature))
	})
	if n >= 1 && n < len(e.out) {
		e.out = e.out[:n]
	}
	return e.out
}

// weigh returns the function from a row to its score for a label. The hidden
// layer is that of the document.
func (p *Predictor) weigh(label int) func(row int32) float64 {
	factor := p.factors(label)
	if f := p.m.flat; f != nil {
		if p.m.Loss == LossSoftmax && len(p.names) == 2 {
			factor = factor[:1] // the column is the difference already
		}
		return func(row int32) float64 {
			var sum float64
			for j, c := range factor {
				sum += float64(c * float64(f.data[int64(row)*f.cols+int64(j)]))
			}
			return sum
		}
	}
	v, row := make([]float64, p.m.Dim), make([]float32, p.m.Dim)
	for i, c := range factor {
		if c == 0 {
			continue
		}
		clear(row)
		p.m.output.addRow(row, int32(i))
		for j, x := range row {
			v[j] += float64(c * float64(x))
		}
	}
	return func(i int32) float64 {
		clear(row)
		p.m.input.addRow(row, i)
		return dot64(row, v)
	}
}

// factors returns how much the product with each row of the output matrix
// counts for a label.
func (p *Predictor) factors(label int) []float64 {
	out := make([]float64, len(p.names))
	switch p.m.Loss {
	case LossHierarchical:
		path := treePaths(p.m.tree, len(p.names))[label]
		for i, node := range path.rows {
			f := 1 / (1 + math.Exp(-float64(p.turn(node))))
			if path.right[i] {
				out[node] = 1 - f
			} else {
				out[node] = -f
			}
		}
		return out[:len(p.names)-1]
	case LossSoftmax:
		p.scoreAll()
		rival := -1
		for i, s := range p.scores {
			if i != label && (rival < 0 || s > p.scores[rival]) {
				rival = i
			}
		}
		if rival >= 0 {
			out[rival] = -1
		}
	}
	out[label] = 1
	return out
}

// An explanation collects contributions by feature.
type explanation struct {
	p     *Predictor
	weigh func(row int32) float64
	total float64
	size  int // of the text; "</s>" lies behind it
	found map[string]int
	out   []Contribution
}

// walk goes through the text as [featurizer.line] does, token by token.
func (e *explanation) walk(text string) {
	f := &e.p.f
	line := append([]byte(text), "\x00"+eos...)
	f.hashes = f.hashes[:0]
	var met []token
	for at := 0; at < len(line); {
		var n int
		n, at = f.split(line, at)
		for _, t := range f.tokens[:n] {
			before := len(f.hashes)
			word := line[t.start:t.end]
			e.token(word, t)
			if len(f.hashes) > before {
				met = append(met, t)
			}
			if t.hash == eosHash && string(word) == eos {
				at = len(line)
			}
		}
	}
	for i := range met {
		last := min(len(met), i+f.wordNgrams)
		for j := i + 1; j < last; j++ {
			var words []string
			for _, t := range met[i : j+1] {
				words = append(words, string(line[t.start:t.end]))
			}
			f.rows = f.rows[:0]
			f.pushNgram(f.hashes[i : j+1])
			e.note(strings.Join(words, " "), met[i].start, met[j].end, f.rows)
		}
	}
}

// longToken is the length in bytes from which an unknown token, a sentence of a
// script without spaces perhaps, is explained by its n-grams of characters.
const longToken = 32

// token notes the features of one token.
func (e *explanation) token(word []byte, t token) {
	f := &e.p.f
	f.rows = f.rows[:0]
	entry := f.d.lookup(word, t.hash)
	f.add(word, t.hash, entry)
	if len(f.rows) == 0 || entry >= 0 || len(word) < longToken {
		e.note(string(word), t.start, t.end, f.rows)
		return
	}
	f.eachCharacters(func(start, end int, bucket int32) {
		f.rows = f.rows[:0]
		f.push(bucket)
		e.note(string(f.token[start:end]), t.start+max(0, start-1), t.start+min(len(word), end-1), f.rows)
	})
}

// eachCharacters calls note for the n-grams that [featurizer.characters] found
// last, with their place in "<word>".
func (f *featurizer) eachCharacters(note func(start, end int, bucket int32)) {
	starts := []int{}
	for i, c := range f.token {
		if c&0xC0 != 0x80 {
			starts = append(starts, i)
		}
	}
	starts = append(starts, len(f.token))
	for i := range len(starts) - 1 {
		for n := f.minN; n <= f.maxN && i+n < len(starts); n++ {
			from, to := starts[i], starts[i+n]
			if n > 0 && !(n == 1 && (from == 0 || to == len(f.token))) {
				note(from, to, int32(f.bucket.mod(uint64(hashBytes(f.token[from:to])))))
			}
		}
	}
}

// note adds the rows of one occurrence.
func (e *explanation) note(feature string, start, end int, rows []int32) {
	if len(rows) == 0 {
		return
	}
	at, ok := e.found[feature]
	if !ok {
		at = len(e.out)
		e.found[feature] = at
		e.out = append(e.out, Contribution{Feature: feature, Start: min(start, e.size), End: min(end, e.size)})
	}
	e.out[at].Count++
	for _, r := range rows {
		e.out[at].Score += e.weigh(r) / e.total
	}
}
