package train

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"feilun/internal/atomicfile"
)

//go:embed train.html
var pageFiles embed.FS

// A page is train.html: it holds all it shows, and asks to be loaded again while
// training goes on.
type page struct {
	name  string
	lang  string // zh, en or auto
	title string
	kind  string      // pretrain, sft or dpo
	facts [][3]string // English, Chinese, value
	t     *template.Template
}

func newPage(name, lang, title, kind string, facts [][3]string) (*page, error) {
	t, err := template.New("train.html").Funcs(template.FuncMap{"t": both, "zh": chinese.Replace}).ParseFS(pageFiles, "train.html")
	if err != nil {
		return nil, err
	}
	return &page{name: name, lang: lang, title: title, kind: kind, facts: facts, t: t}, nil
}

// both renders a label in both languages; the page shows one.
func both(en, zh string) template.HTML {
	return template.HTML(`<span class="en">` + template.HTMLEscapeString(en) + `</span><span class="zh">` + template.HTMLEscapeString(zh) + `</span>`)
}

// chinese turns into Chinese what the log and the command say of batches and of the end of training.
var chinese = strings.NewReplacer(
	"its loss is ", "损失为 ",
	"the norm of its gradient is ", "梯度范数为 ",
	", the mean so far ", "，此前均值为 ",
	"NaN", "NaN（非数）", "+Inf", "正无穷", "-Inf", "负无穷",
	" batches in a row were unusable, the last one: ", " 个批次连续不可用，最后一个：",
	interrupted, "已中断；再次运行同一命令即可继续",
)

// A view is what the page's template shows.
type view struct {
	Title, Lang string
	Running     bool
	Stopped     string // why training ended before its last step
	Chat, Pairs bool   // samples are answers; what is learned are preferences
	Percent     string
	Written     string      // time of day
	Now         [][4]string // English, Chinese, value in English and in Chinese
	Facts       [][3]string
	Loss        template.HTML
	Valid       template.HTML
	Pace        template.HTML
	Norm        template.HTML
	Samples     []Row
	Skipped     []Row
	last        Row // step that moved the weights
	check       Row // measurement
}

// pageSamples is how many samples and skipped batches the page shows.
const pageSamples = 24

// draw writes the page.
func (p *page) draw(l *loop, s *show) error {
	v := view{Title: p.title, Lang: p.lang, Running: l.s.Step < l.steps && s.stopped == "", Stopped: s.stopped, Chat: p.kind != kindText, Pairs: p.kind == kindPairs,
		Written: time.Now().Format(time.TimeOnly), Facts: p.facts, Percent: fmt.Sprintf("%.1f", 100*float64(l.s.Step)/float64(max(1, l.steps)))}
	v.take(l.log.history)
	v.now(l, s)
	return atomicfile.Write(p.name, func(w io.Writer) error { return p.t.Execute(w, v) })
}

// take draws the curves of rows.
func (v *view) take(rows []Row) {
	var loss, valid, pace, norm []point
	for _, r := range rows {
		x := float64(r.Step)
		switch {
		case r.Valid > 0:
			v.check = r
			valid = append(valid, point{x, r.BPB})
			if v.Pairs {
				valid[len(valid)-1].y = r.Valid
			}
		case r.Sample != nil:
			v.Samples = append(v.Samples, r)
		case r.Skipped != "":
			v.Skipped = append(v.Skipped, r)
		case r.Tokens > 0:
			v.last = r
			loss, norm = append(loss, point{x, r.Loss}), append(norm, point{x, r.Norm})
			if r.Seconds > 0 {
				pace = append(pace, point{x, float64(r.Tokens) / r.Seconds})
			}
		}
	}
	v.Samples, v.Skipped = newest(v.Samples), newest(v.Skipped)
	v.Loss, v.Valid, v.Pace, v.Norm = svg(loss), svg(valid), svg(pace), svg(norm)
}

// now lists what stands at the head of the page.
func (v *view) now(l *loop, s *show) {
	add := func(en, zh, value string) { v.Now = append(v.Now, [4]string{en, zh, value, value}) }
	addTime := func(en, zh string, d time.Duration) {
		v.Now = append(v.Now, [4]string{en, zh, short(d), hours.Replace(short(d))})
	}
	add("step", "步", fmt.Sprintf("%d / %d", l.s.Step, l.steps))
	switch {
	case v.last.Step == 0: // every batch so far was skipped
	case v.Pairs:
		add("loss of a pair, nats", "每对损失（nat）", fmt.Sprintf("%.4f", v.last.Loss))
	default:
		add("loss, nats a token", "损失（nat/词元）", fmt.Sprintf("%.4f", v.last.Loss))
	}
	switch {
	case v.check.Valid == 0:
	case v.Pairs:
		add("validation: chosen answer likelier", "验证集：所选回答更可能", fmt.Sprintf("%.1f %%", 100*v.check.Preferred))
	default:
		add("validation, bits a byte", "验证集（比特/字节）", fmt.Sprintf("%.4f", v.check.BPB))
	}
	tokens, mfu := s.pace()
	add("tokens a second", "词元/秒", thousands(tokens))
	if mfu > 0 {
		add("of the measured peak", "占实测峰值", fmt.Sprintf("%.0f %%", 100*mfu))
	}
	if v.Running {
		addTime("time left", "剩余时间", l.left())
	}
	addTime("time so far", "已用时间", time.Duration(l.s.Seconds*1e9))
}

// hours turns what short returns into Chinese.
var hours = strings.NewReplacer(" h", " 小时", " min", " 分", " s", " 秒")

// newest returns the last rows, the newest first.
func newest(rows []Row) []Row {
	var all []Row
	for i := len(rows) - 1; i >= 0 && len(all) < pageSamples; i-- {
		all = append(all, rows[i])
	}
	return all
}

// Size of a curve on the page.
const (
	svgWidth  = 720
	svgHeight = 200
	svgLeft   = 64
	svgBottom = 24
)

// svg draws a curve with its scale.
func svg(points []point) template.HTML {
	means := columns(points, svgWidth-svgLeft)
	if len(means) < 2 {
		return ""
	}
	low, high := means[0].y, means[0].y
	for _, p := range means {
		low, high = min(low, p.y), max(high, p.y)
	}
	if high == low {
		high = low + 1
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img">`, svgWidth, svgHeight+svgBottom)
	for i := range 5 {
		y := 8 + float64(i)/4*(svgHeight-16)
		value := high - float64(i)/4*(high-low)
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`, svgLeft, y, svgWidth, y, svgLeft-6, y+4, tick(value))
	}
	b.WriteString(`<polyline points="`)
	for _, p := range means {
		fmt.Fprintf(&b, "%.1f,%.1f ", svgLeft+p.x, 8+(high-p.y)/(high-low)*(svgHeight-16))
	}
	fmt.Fprintf(&b, `"/><text x="%d" y="%d">%.0f</text><text x="%d" y="%d" text-anchor="end">%.0f</text></svg>`,
		svgLeft, svgHeight+svgBottom-6, points[0].x, svgWidth, svgHeight+svgBottom-6, points[len(points)-1].x)
	return template.HTML(b.String())
}

// tick writes a value beside a line of the scale.
func tick(x float64) string {
	if x >= 1e4 {
		return thousands(x)
	}
	return fmt.Sprintf("%.4g", x)
}
