package pipeline

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/fasttext"
	"feilun/internal/params"
	"feilun/language"
	"feilun/quality"

	"github.com/zeebo/xxh3"
)

// mixture has 12 words, k of them of the first class, m of the second, the others
// of the third.
func mixture(i, k, m int) string {
	var all []string
	for j := range 12 {
		at := (7*i + 13*j + i*j) % 40
		switch {
		case j < k:
		case j < k+m:
			at += 1000
		default:
			at += 2000
		}
		all = append(all, uniq(at, 1)...)
	}
	return join(all)
}

// twoClasses has no words of the third class.
func twoClasses(i, k int) string { return mixture(i, k, 12-k) }

// smallFasttext trains a model of up to three labels.
func smallFasttext(t *testing.T, labels ...string) string {
	t.Helper()
	var b bytes.Buffer
	for i := range 400 {
		for k, l := range labels {
			share := [3]int{}
			share[k] = 10
			share[(k+1)%len(labels)]++
			share[(k+len(labels)-1)%len(labels)]++
			fmt.Fprintf(&b, "__label__%s %s\n", l, mixture(i, share[0], share[1]))
		}
	}
	a := fasttext.DefaultTrainArgs()
	a.Dim, a.Epochs, a.LearningRate = 8, 5, 0.5
	m, err := fasttext.Train(t.Context(), a, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "small.bin")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := m.Save(f); err != nil {
		t.Fatal(err)
	}
	return name
}

// conformLanguage holds the recipe's limits to a model's own confidence, for texts
// that go from one of three languages to the others word by word, and, where the
// recipe has the model inside the program, that one's choice to plain texts.
func conformLanguage(t *testing.T, r *Recipe, seen conformance) {
	p := r.Language
	if len(p.Keep) == 0 && p.MinConfidence == 0 {
		return
	}
	if p.Model == "" {
		english := strings.Repeat("The mill stood by the river and the people of the town had walked there for years. ", 3)
		checkLanguages(t, p, []string{english, zhProse, zhProse + zhProse, "Der Müller wusste immer schon am Morgen, wie das Wetter wird."}, seen)
	}
	p.Model = smallFasttext(t, "en", "zh", "de")
	var texts []string
	for i := range 3000 {
		texts = append(texts, strings.Replace(mixture(i, i%13, i/13%(13-i%13)), " ", "\n", i%5))
	}
	if low := checkLanguages(t, p, texts, seen); low == 0 {
		t.Error("language: no text fell below the confidence")
	}
	if r.Name == "ccnet" {
		checkRounding(t, p, texts)
	}
}

// checkLanguages returns how many texts fell below the confidence.
func checkLanguages(t *testing.T, p language.Params, texts []string, seen conformance) (low int) {
	t.Helper()
	plain, err := language.New(language.Params{Model: p.Model, NewLines: p.NewLines, Decimals: p.Decimals})
	if err != nil {
		t.Fatal(err)
	}
	stage, err := language.New(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		v := stage.Check(&feilun.Doc{Text: text})
		want := plain.Identify(text)
		var expected feilun.Verdict
		switch {
		case len(p.Keep) > 0 && !slices.Contains(p.Keep, want.Language):
			expected = feilun.Drop("keep", 0, 1)
		case want.Confidence < p.MinConfidence:
			expected = feilun.Drop("min_confidence", want.Confidence, p.MinConfidence)
			low++
		}
		if v.Rule != expected.Rule || v.Value != expected.Value || v.Limit != expected.Limit {
			t.Errorf("language of %q: %+v, want %+v", text, v, expected)
		}
		seen.saw("language", v.Kept())
	}
	return low
}

// checkRounding holds CCNet's confidences to two decimals, of the text without
// its line feeds.
func checkRounding(t *testing.T, p language.Params, texts []string) {
	t.Helper()
	stage, err := language.New(p)
	if err != nil {
		t.Fatal(err)
	}
	f, err := fasttext.Open(p.Model)
	if err != nil {
		t.Fatal(err)
	}
	model, saved := f.Predictor(), 0
	for _, text := range texts {
		raw := float64(model.Predict(strings.ReplaceAll(text, "\n", ""), 1, 0)[0].Prob)
		d := feilun.Doc{Text: text}
		v := stage.Check(&d)
		if math.Abs(d.Confidence-raw) > 0.005001 || math.Abs(d.Confidence*100-math.Round(d.Confidence*100)) > 1e-9 {
			t.Errorf("language: confidence %v of %v", d.Confidence, raw)
		}
		if raw >= 0.495001 && raw < 0.5 {
			saved++
			if !v.Kept() {
				t.Errorf("language: %v is rounded to 0.5, and dropped", raw)
			}
		}
	}
	if saved == 0 {
		t.Error("language: no confidence is rounded to the limit")
	}
}

// step returns a copy of the recipe's quality step with its files named.
func step(t *testing.T, r *Recipe, key string, set map[string]string) any {
	t.Helper()
	for _, s := range r.Quality {
		if s.Key != key {
			continue
		}
		p := quality.New(s.Name)
		for _, name := range params.Names(p) {
			v, _ := params.Value(s.Params, name)
			text, ok := set[name]
			if !ok {
				text = strings.Trim(string(encoded(v)), `"`)
			}
			if err := params.Set(p, name, text); err != nil {
				t.Fatal(err)
			}
		}
		if err := quality.Prepare(p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	t.Fatalf("no step %s", key)
	return nil
}

func conformQuality(t *testing.T, r *Recipe, seen conformance) {
	for _, s := range r.Quality {
		switch s.Name {
		case "gpt3":
			conformGPT3(t, r, seen)
		case "fasttext":
			conformFasttext(t, r, seen)
		case "perplexity":
			conformPerplexity(t, r, s.Key, seen)
		}
	}
}

// conformGPT3 draws anew: numpy's Pareto of exponent 9 is u^(-1/9)-1 for a
// uniform u, here of the document's id.
func conformGPT3(t *testing.T, r *Recipe, seen conformance) {
	var examples []quality.Example
	for i := range 600 {
		k := 3
		if i%2 == 0 {
			k = 9
		}
		id := fmt.Sprint(i)
		examples = append(examples, quality.Example{Doc: &feilun.Doc{ID: id, URL: "http://h" + fmt.Sprint(i%50) + ".example/" + id, Text: twoClasses(i, k)}, Positive: k == 9})
	}
	var p quality.TrainParams
	if err := params.Fill(&p); err != nil {
		t.Fatal(err)
	}
	p.Form, p.Weights, p.Features = "spark", "counts", 1<<12
	m, err := quality.Train(t.Context(), "gpt3", examples, p)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "m.flq")
	if err := m.Save(name); err != nil {
		t.Fatal(err)
	}
	j := quality.NewJudge(step(t, r, "gpt3", map[string]string{"model": name}))
	for i := range 2000 {
		d := &feilun.Doc{ID: fmt.Sprintf("doc %d", i), Text: twoClasses(i, i%13)}
		score := m.Score(d)
		u := (float64(xxh3.HashStringSeed(d.ID, 1)>>11) + 0.5) / (1 << 53)
		limit := 1 - (math.Pow(u, -1./9) - 1)
		_, v := j.Document(d)
		if v.Kept() != (score > limit) || !v.Kept() && (v.Rule != "alpha" || v.Value != score || v.Limit != limit) {
			t.Errorf("quality.gpt3: %+v for score %v and limit %v", v, score, limit)
		}
		seen.saw("quality.gpt3", v.Kept())
	}
}

func conformFasttext(t *testing.T, r *Recipe, seen conformance) {
	name := smallFasttext(t, "hq", "cc")
	j := quality.NewJudge(step(t, r, "fasttext", map[string]string{"model": name}))
	f, err := fasttext.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	p := f.Predictor()
	for i := range 1300 {
		text := twoClasses(i, i%13)
		want := 0.0
		for _, l := range p.Predict(text, 0, 0) {
			if l.Name == "__label__hq" {
				want = min(1, float64(l.Prob))
			}
		}
		// Lines are stripped of white space that fastText takes for letters.
		score, v := j.Document(&feilun.Doc{Text: "\u3000" + strings.Replace(text, " ", "\u00a0\n", 3) + "\u2003"})
		if math.Abs(score-want) > 1e-6 || v.Kept() != (want > 0.018112) || !v.Kept() && (v.Rule != "min" || v.Value != score || v.Limit != 0.018112) {
			t.Errorf("quality.fasttext: %v, %+v, want the score %v", score, v, want)
		}
		seen.saw("quality.fasttext", v.Kept())
	}
}

// conformPerplexity has a model of two words: "▁the" costs 2, the unknown 4, the
// end 2, so that n words of which m are unknown have 10^(2+2m/(n+1)). CCNet
// rounds it to a tenth before it is compared.
func conformPerplexity(t *testing.T, r *Recipe, key string, seen conformance) {
	dir := t.TempDir()
	arpa := writeText(t, dir, "m.arpa", "\\data\\\nngram 1=4\n\n\\1-grams:\n-4\t<unk>\n-99\t<s>\n-2\t</s>\n-2\t▁the\n\n\\end\\\n")
	files := map[string]string{"model": arpa, "pieces": writeText(t, dir, "m.model", twoPieces())}
	type part struct {
		unknown, words int
		perplexity     float64
		part           string
	}
	cases := map[string][]part{
		"perplexity@en": {{265, 999, 338.8, "head"}, {1860, 6999, 340, "middle"}, {357, 999, 517.6, "middle"}, {358, 999, 520, "tail"}},
		"perplexity@zh": {{582, 999, 1458.8, "head"}, {583, 999, 1465.5, "middle"}, {645, 999, 1949.8, "middle"}, {646, 999, 1958.8, "tail"}},
	}[key]
	for _, keep := range []string{"head", "middle", "tail"} {
		files["keep"] = `["` + keep + `"]`
		one, all := quality.NewJudge(step(t, r, key, files)), quality.NewJudge(step(t, r, key, map[string]string{"model": arpa, "pieces": files["pieces"]}))
		for _, c := range cases {
			text := "  " + strings.Repeat("RIVER\n ", c.unknown) + strings.Repeat("Thé ", c.words-c.unknown)
			score, v := one.Document(&feilun.Doc{Text: text})
			if score != c.perplexity || v.Kept() != (c.part == keep) || !v.Kept() && v.Note != c.part {
				t.Errorf("quality.%s: keep %s: %v, %+v; want %v, %s", key, keep, score, v, c.perplexity, c.part)
			}
			seen.saw("quality."+key, v.Kept())
			if _, v := all.Document(&feilun.Doc{Text: text}); !v.Kept() {
				t.Errorf("quality.%s: the recipe drops %+v", key, v)
			}
		}
	}
}

// twoPieces is a SentencePiece model of the pieces ▁the and ▁river that normalises
// nothing.
func twoPieces() string {
	field := func(id byte, content string) string { return string([]byte{id<<3 | 2, byte(len(content))}) + content }
	piece := func(text string, kind byte) string {
		return field(1, field(1, text)+"\x15\x00\x00\x80\xbf\x18"+string([]byte{kind})) // score -1
	}
	return piece("<unk>", 2) + piece("▁the", 1) + piece("▁river", 1) + field(3, field(1, "identity"))
}
