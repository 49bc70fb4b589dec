package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pageOf returns the page that a run left.
func pageOf(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "train.html"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPage looks at the pages of runs that are done, that learn preferences, that were
// interrupted, and that could not go on.
func TestPage(t *testing.T) {
	dir := t.TempDir()
	text := packed(t, vocabulary(t, 300), words(300, 1), 10)
	p := *small(t)
	var said bytes.Buffer
	if _, err := Run(t.Context(), p, text, Options{Out: dir + "/base", Stderr: &said}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), filepath.Join(dir, "base", "train.html")) {
		t.Errorf("nothing says where the page is: %s", said.String())
	}
	holds := func(what, page string, want, not []string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the page does not hold %q", what, w)
			}
		}
		for _, w := range not {
			if strings.Contains(page, w) {
				t.Errorf("%s: the page holds %q", what, w)
			}
		}
	}
	holds("text", pageOf(t, dir+"/base"), []string{"trained", "训练完成", "Validation, bits a byte", "of the measured peak", "训练文本（词元）"}, []string{"http-equiv=\"refresh\"", "e+0", "已停止", "chosen answer"})

	_, pairs := answered(t, dir)
	tune := TuneParams{Context: 48, Batch: 192, Rows: 2, Steps: 6, Rate: 0.003, Valid: 0.2, Beta: 0.1, Seed: 1, Prompts: []string{"say 0"}}
	if _, err := Prefer(t.Context(), tune, dir+"/base", []string{pairs}, Options{Out: dir + "/dpo"}); err != nil {
		t.Fatal(err)
	}
	holds("pairs", pageOf(t, dir+"/dpo"), []string{"chosen answer likelier", "Validation, loss of a pair", "<b>say 0</b><br>"}, []string{"bits a byte", "nats a token"})

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, p, text, Options{Out: dir + "/cut"}); !errors.Is(err, context.Canceled) {
		t.Fatalf("an interrupted run: %v", err)
	}
	holds("interrupted", pageOf(t, dir+"/cut"), []string{"已停止", "interrupted", "训练已停止：已中断；再次运行同一命令即可继续</span>", " 秒</span>"}, []string{"http-equiv=\"refresh\""})
}

// TestPageOfBadRun gives up after bad batches, and the page says so.
func TestPageOfBadRun(t *testing.T) {
	p := usual(t)
	p.BadBatches = 3
	dir := t.TempDir()
	l, net := toyLoop(t, p, dir, 1, 20)
	net.breakAt = map[int]bool{}
	for i := range 60 {
		net.breakAt[1+i] = true
	}
	var said bytes.Buffer
	l.show = newShow(&said)
	page, err := newPage(filepath.Join(dir, "train.html"), "en", "toy", kindText, nil)
	if err != nil {
		t.Fatal(err)
	}
	l.show.page = page
	if err := l.run(t.Context()); !errors.Is(err, errBad) {
		t.Fatalf("run = %v, want %v", err, errBad)
	}
	if got := pageOf(t, dir); !strings.Contains(got, "stopped") || !strings.Contains(got, "3 batches in a row were unusable") || strings.Contains(got, "refresh") || strings.Contains(got, "0.0000") {
		t.Errorf("the page of a run that stopped: %s", got)
	}
	for _, want := range []string{`<span class="zh">第 3 步</span></small><span class="en">the norm of its gradient is NaN</span><span class="zh">梯度范数为 NaN（非数）</span>`,
		`<span class="zh">训练已停止：3 个批次连续不可用，最后一个：梯度范数为 NaN（非数）</span>`} {
		if got := pageOf(t, dir); !strings.Contains(got, want) {
			t.Errorf("the page of a run that stopped does not hold %s: %s", want, got)
		}
	}
	if strings.Contains(said.String(), "loss 0.000") {
		t.Errorf("a skipped batch has a loss: %s", said.String())
	}
}

// TestSkippedInChinese translates every reason for which a batch is skipped, whole.
func TestSkippedInChinese(t *testing.T) {
	l, _ := toyLoop(t, usual(t), t.TempDir(), 1, 10)
	l.p.Spike, l.s.Moves, l.s.Norm = 10, 100, 0.031
	for _, x := range [][2]float64{{math.NaN(), 1}, {math.Inf(1), 1}, {3, math.NaN()}, {3, math.Inf(1)}, {3, 12.345}} {
		why := l.unusable(x[0], x[1])
		if got := chinese.Replace(why); why == "" || regexp.MustCompile(`[a-zB-MO-Z]{2}|^$`).MatchString(got) {
			t.Errorf("%q in Chinese: %q", why, got)
		}
	}
	if got, want := chinese.Replace(l.unusable(3, 12.345)), "梯度范数为 12.3，此前均值为 0.031"; got != want {
		t.Errorf("a spike in Chinese: %q, want %q", got, want)
	}
}

// TestRunAway says that a model is worse than guessing.
func TestRunAway(t *testing.T) {
	for loss, want := range map[float64]bool{6: true, 4: false} {
		l, _ := toyLoop(t, usual(t), t.TempDir(), 1, 10)
		var said bytes.Buffer
		l.show, l.guess = newShow(&said), 5
		l.check = func() Row { return Row{Valid: loss, BPB: loss} }
		if err := l.run(t.Context()); err != nil || strings.Contains(said.String(), "that of guessing") != want {
			t.Errorf("a validation loss of %v where guessing has 5: %v, %s", loss, err, said.String())
		}
	}
}

func TestWhole(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "磨": "磨", "a磨"[:3]: "a", "a\xf0\x9f\x98": "a", "\x80\x80": "\x80\x80", "磨\xff": "磨\xff"} {
		if got := string(whole([]byte(in))); got != want {
			t.Errorf("whole(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTick(t *testing.T) {
	for x, want := range map[float64]string{59420: "59.4k", 2566: "2566", 0.5714: "0.5714", 3e6: "3.00M"} {
		if got := tick(x); got != want {
			t.Errorf("tick(%v) = %q, want %q", x, got, want)
		}
	}
}

// TestStatus: a narrow terminal still shows the step, the time left and the loss, in one row.
func TestStatus(t *testing.T) {
	l, _ := toyLoop(t, usual(t), t.TempDir(), 1, 20000)
	r := Row{Step: 12000, Loss: 3, Tokens: 8192, Seconds: 0.7}
	var out bytes.Buffer
	l.s.Step, l.show.w, l.show.recent = 12000, &out, []Row{r}
	if got, want := l.show.status(l, r), "step 12000/20000  loss 3.000  11.7k tok/s  1 h 33 min left"; got != want {
		t.Errorf("in a file: %q, want %q", got, want)
	}
	l.show.terminal = true
	l.show.step(l, r)
	if got, want := out.String(), "\r\x1b[K\x1b[?7lstep 12000/20000  1 h 33 min left  loss 3.000  11.7k tok/s\x1b[?7h"; got != want {
		t.Errorf("on a terminal: %q, want %q", got, want)
	}
}
