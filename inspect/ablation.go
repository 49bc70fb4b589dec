package inspect

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"feilun/internal/atomicfile"
)

// An Ablation is what the page about a comparison of two corpora shows.
type Ablation struct {
	Sides   []AblationSide
	Pairs   int
	Weights int
	Tokens  int64
	Rows    []AblationRow
	Lang    string
	CSS     template.CSS
	JS      template.JS
}

// An AblationSide is one of the corpora.
type AblationSide struct {
	Name, From   string
	Docs, Tokens int64
	Epochs       float64
}

// An AblationRow is one text or task.
type AblationRow struct {
	Name             string
	Bits             bool // bits for each byte, less is better; else a share that is right
	Pieces           int
	A, B             float64
	Value, Low, High float64 // A less B
	Seeds            []AblationSeed
	Better           string // A, B or ""
	Overlap          float64

	Left, Width, Mark float64 // of the drawing, percent; the middle is no difference
}

// An AblationSeed is the difference of one pair of models.
type AblationSeed struct{ Value, Mark float64 }

// AblationPage writes the page to name.
func AblationPage(v Ablation, name, lang string) error {
	css, js, err := dress()
	if err != nil {
		return err
	}
	v.Lang, v.CSS, v.JS = lang, css, js
	for i := range v.Rows {
		v.Rows[i].place()
	}
	t, err := template.New("ablation.html").Funcs(template.FuncMap{
		"t": both, "num": number, "short": func(n int) string { return short(int64(n)) }, "short64": short,
		"f2": func(x float64) string { return fmt.Sprintf("%.2f", x) }, "pct": func(x float64) string { return fmt.Sprintf("%.2f", x) },
		"score": func(bits bool, x float64) string {
			if bits {
				return fmt.Sprintf("%.4f", x)
			}
			return fmt.Sprintf("%.1f %%", 100*x)
		},
		"gap": func(bits bool, x float64) string {
			text := fmt.Sprintf("%+.2f", 100*x)
			if bits {
				text = fmt.Sprintf("%+.4f", x)
			}
			return strings.Replace(text, "-", "−", 1)
		},
		"share": func(x float64) string { return fmt.Sprintf("%.1f", 100*x) },
	}).ParseFS(page, "ablation.html")
	if err != nil {
		return err
	}
	return atomicfile.Write(name, func(w io.Writer) error { return t.Execute(w, v) })
}

// place lays a row out, so that good for A is left of the middle.
func (r *AblationRow) place() {
	far := max(math.Abs(r.Low), math.Abs(r.High))
	for _, s := range r.Seeds {
		far = max(far, math.Abs(s.Value))
	}
	if far == 0 || math.IsInf(far, 0) {
		far = 1
	}
	sign := 1.0
	if !r.Bits { // more is better
		sign = -1
	}
	at := func(x float64) float64 { return 50 + 48*sign*x/far }
	low, high := at(r.Low), at(r.High)
	r.Left, r.Width, r.Mark = min(low, high), math.Abs(high-low), at(r.Value)
	for i := range r.Seeds {
		r.Seeds[i].Mark = at(r.Seeds[i].Value)
	}
}
