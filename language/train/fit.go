package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"unicode/utf8"

	"feilun/internal/langid"
)

// shape is how a group is trained. Chosen on the validation part; figures in docs/LOG.md.
type shape struct {
	bits   int     // 2^bits rows
	scale  float64 // of naive Bayes weights before they are refined
	rate   float64 // AdaGrad's
	epochs int
	power  float64 // score = Σ weights / (features+1)^power
}

func shapeOf(s langid.Script) shape {
	switch s {
	case langid.Latin:
		return shape{bits: 17, scale: 0.6, rate: 0.1, epochs: 3, power: 0.5}
	case langid.Cyrillic:
		return shape{bits: 16, scale: 0.6, rate: 0.1, epochs: 3, power: 0.5}
	}
	return shape{bits: 15, scale: 0.6, rate: 0.1, epochs: 3, power: 0.5}
}

// An example is a text as features.
type example struct {
	label    int
	chars    int
	features []uint32 // row numbers
}

// A fit is the model of one group while it is trained.
type fit struct {
	shape
	n       int       // languages
	weights []float32 // [row][language]
	squares []float32 // AdaGrad's sums of squared gradients
	scores  []float32
}

func fitGroup(c *langid.Classes, s langid.Script, langs []string, lines []line, seed int64) (langid.Group, error) {
	rng := rand.New(rand.NewPCG(uint64(seed), uint64(s)))
	f := &fit{shape: shapeOf(s)}
	labels := append(append([]string(nil), langs...), "und")
	f.n = len(labels)
	lines = append(scriptLines(c, s, langs, lines), gibberish(s, rng, 500)...)
	index := map[string]int{}
	for i, l := range labels {
		index[l] = i
	}
	var train, check []example
	for _, l := range lines {
		e := f.example(c, s, l.Text, index[l.Lang])
		if langid.PartOf(l.Text) != langid.Validation {
			train = append(train, e)
			continue
		}
		check = append(check, e)
		if words := strings.Fields(l.Text); len(words) == 2 { // a word alone must be doubted more than two
			check = append(check, f.example(c, s, words[0], e.label))
		}
	}
	f.bayes(train)
	f.refine(train, rng)
	f.spell(labels)
	g, err := f.quantize(langid.Codes[s], labels, check)
	if err != nil {
		return g, err
	}
	fmt.Fprintf(os.Stderr, "%s: %d languages, %d sentences, %d to validate, accuracy there %.4f, calibration %.3f\n",
		g.Script, len(langs), len(train), len(check), accuracy(&g, check), g.Calibration)
	return g, nil
}

// spell takes from every language the most that four bits can for each letter
// that its alphabet lacks.
func (f *fit) spell(labels []string) {
	const most = 15 * 0.7 // of the largest step
	for x := rune('а'); x <= 'ӿ'; x++ {
		row := langid.Letter(uint16(x)) >> (32 - f.bits)
		known := false
		for _, l := range labels {
			known = known || strings.ContainsRune(alphabets[l], x)
		}
		for j, l := range labels {
			if a := alphabets[l]; known && a != "" && !strings.ContainsRune(a, x) {
				f.weights[int(row)*f.n+j] -= most
			}
		}
	}
}

func (f *fit) example(c *langid.Classes, s langid.Script, text string, label int) example {
	e := example{label: label, chars: utf8.RuneCountInString(text)}
	e.features = langid.AppendFeatures(nil, c.AppendSymbols(nil, text, s))
	for i := range e.features {
		e.features[i] >>= 32 - f.bits
	}
	return e
}

// scriptLines returns the lines of the languages that are written mainly in s.
func scriptLines(c *langid.Classes, s langid.Script, langs []string, lines []line) []line {
	ours := map[string]bool{}
	for _, l := range langs {
		ours[l] = true
	}
	var out []line
	for _, l := range lines {
		in, all := 0, 0
		for _, r := range l.Text {
			if x := c.Of(r); x == s {
				in++
				all++
			} else if x > langid.Mark {
				all++
			}
		}
		if ours[l.Lang] && 2*in > all {
			out = append(out, l)
		}
	}
	return out
}

// bayes sets the weights to centred log probabilities, scaled: the start from
// which little is left to refine, and what unseen combinations fall back on.
func (f *fit) bayes(train []example) {
	n, rows := f.n, 1<<f.bits
	count := make([]float32, rows*n)
	total := make([]float64, n)
	for _, e := range train {
		for _, x := range e.features {
			count[int(x)*n+e.label]++
			total[e.label]++
		}
	}
	f.weights, f.squares, f.scores = make([]float32, rows*n), make([]float32, rows*n), make([]float32, n)
	const perMillion, smooth = 1e6, 0.5
	for r := range rows {
		row, in := f.weights[r*n:r*n+n], count[r*n:r*n+n]
		var mean float64
		for j, c := range in {
			v := math.Log(float64(c)*perMillion/total[j] + smooth)
			row[j] = float32(v)
			mean += v / float64(n)
		}
		for j := range row {
			row[j] = float32((float64(row[j]) - mean) * f.scale)
		}
	}
}

// score fills f.scores and returns the factor that the sums were given.
func (f *fit) score(e example) float32 {
	clear(f.scores)
	for _, x := range e.features {
		for j, v := range f.weights[int(x)*f.n : int(x)*f.n+f.n] {
			f.scores[j] += v
		}
	}
	k := float32(math.Pow(float64(len(e.features)+1), -f.power))
	for j := range f.scores {
		f.scores[j] *= k
	}
	return k
}

// refine is multinomial logistic regression by AdaGrad, one example a step.
// Products are converted before they are added, so that no machine fuses them.
func (f *fit) refine(train []example, rng *rand.Rand) {
	order := rng.Perm(len(train))
	for epoch := range f.epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		rate := float32(f.rate * (1 - float64(epoch)/float64(f.epochs)))
		for _, i := range order {
			k := f.score(train[i])
			softmax(f.scores)
			f.scores[train[i].label]--
			for j := range f.scores {
				f.scores[j] *= k
			}
			f.step(train[i].features, rate)
		}
	}
}

func (f *fit) step(features []uint32, rate float32) {
	const tiny = 1e-5 // gradients below it change no weight of one byte
	for _, x := range features {
		row, sq := f.weights[int(x)*f.n:int(x)*f.n+f.n], f.squares[int(x)*f.n:int(x)*f.n+f.n]
		for j, v := range f.scores {
			if v > tiny || v < -tiny {
				sq[j] += float32(v * v)
				row[j] -= float32(rate * v / float32(math.Sqrt(float64(sq[j])+1e-8)))
			}
		}
	}
}

func softmax(s []float32) {
	top := s[0]
	for _, v := range s {
		top = max(top, v)
	}
	var z float64
	for j, v := range s {
		e := math.Exp(float64(v - top))
		s[j] = float32(e)
		z += e
	}
	for j := range s {
		s[j] = float32(float64(s[j]) / z)
	}
}
