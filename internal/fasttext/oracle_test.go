package fasttext

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestOracle compares answers with the fasttext command on models and lines of
// one's own: FEILUN_FASTTEXT names the models, FEILUN_FASTTEXT_LINES the text.
func TestOracle(t *testing.T) {
	names, text := os.Getenv("FEILUN_FASTTEXT"), os.Getenv("FEILUN_FASTTEXT_LINES")
	if names == "" || text == "" {
		t.Skip("set FEILUN_FASTTEXT to model files and FEILUN_FASTTEXT_LINES to a text file to compare with the fasttext command")
	}
	lines := strings.Split(strings.TrimSuffix(string(read(t, text)), "\n"), "\n")
	for _, name := range strings.Fields(names) {
		want, err := exec.Command("fasttext", "predict-prob", name, text, "3").Output()
		if err != nil {
			t.Fatal(err)
		}
		m, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		p, wrong, labels := m.Predictor(), 0, 0
		answers := bufio.NewScanner(bytes.NewReader(want))
		for _, line := range lines {
			answers.Scan()
			got := format(p.Predict(line, 3, 0))
			if got == answers.Text() {
				continue
			}
			wrong++
			if first, _, _ := strings.Cut(got, " "); !strings.HasPrefix(answers.Text(), first+" ") {
				labels++
			}
			if wrong <= 5 {
				t.Logf("%s: Predict(%q)\n got %s\nwant %s", name, line, got, answers.Text())
			}
		}
		t.Logf("%s: %d lines, %d differ, in the label %d", name, len(lines), wrong, labels)
		if labels > 0 || wrong*1000 > len(lines) { // expf of the C library and ours may differ in the last bit
			t.Errorf("%s: answers differ", name)
		}
	}
}

// BenchmarkPredict reads the model and lines of [TestOracle], or small ones.
func BenchmarkPredict(b *testing.B) {
	name, text := os.Getenv("FEILUN_FASTTEXT"), os.Getenv("FEILUN_FASTTEXT_LINES")
	if name == "" || text == "" {
		name, text = "testdata/hs.bin", "testdata/lines.txt"
	}
	m, err := Open(strings.Fields(name)[0])
	if err != nil {
		b.Fatal(err)
	}
	file := read(b, text)
	lines := strings.Split(string(file), "\n")
	bench := func(m *Model) func(b *testing.B) {
		return func(b *testing.B) {
			p := m.Predictor()
			b.SetBytes(int64(len(file) / len(lines)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.Predict(lines[i%len(lines)], 1, 0)
			}
		}
	}
	b.Run("exact", bench(m))
	if c, err := m.Collapse(); err == nil {
		b.Run("collapsed", bench(c))
	}
}
