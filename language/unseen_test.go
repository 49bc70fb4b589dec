package language

import (
	"bytes"
	"encoding/json"
	"math"
	"sort"
	"testing"
	"unicode/utf8"

	"feilun/internal/langid"
	"feilun/internal/testkit"
)

type labelled struct {
	Lang string `json:"lang"`
	Text string `json:"text"`
}

// unseen returns the lines of a data set that the trainer never read.
func unseen(tb testing.TB, name string) []labelled {
	var out []labelled
	for line := range bytes.Lines(testkit.ReadZstd(tb, testkit.Data(tb, "lid", name))) {
		var l labelled
		if err := json.Unmarshal(line, &l); err != nil {
			tb.Fatal(err)
		}
		if langid.PartOf(l.Text) == langid.Unseen {
			out = append(out, l)
		}
	}
	return out
}

func longEnough(l labelled) bool {
	n := utf8.RuneCountInString(l.Text)
	return n >= 40 || n >= 15 && (l.Lang == "zh" || l.Lang == "ja" || l.Lang == "ko")
}

// TestUnseen holds the model to its bar on the sentences it never saw.
func TestUnseen(t *testing.T) {
	m, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	right, all, wrong := map[string]int{}, map[string]int{}, map[string]map[string]int{}
	var hits, sum, n [10]float64
	var r, a int
	for _, l := range unseen(t, "lingua_sentences.jsonl.zst") {
		if !longEnough(l) {
			continue
		}
		got := m.Identify(l.Text)
		bin := min(9, int(got.Confidence*10))
		n[bin]++
		sum[bin] += got.Confidence
		all[l.Lang]++
		a++
		if got.Language == l.Lang {
			right[l.Lang]++
			hits[bin]++
			r++
			continue
		}
		if wrong[l.Lang] == nil {
			wrong[l.Lang] = map[string]int{}
		}
		wrong[l.Lang][got.Language]++
	}
	var ece, macro float64
	for i := range n {
		ece += math.Abs(hits[i]-sum[i]) / float64(a)
	}
	var langs []string
	for l := range all {
		langs = append(langs, l)
		macro += float64(right[l]) / float64(all[l]) / float64(len(all))
	}
	share := func(l string) float64 { return float64(right[l]) / float64(all[l]) }
	sort.Slice(langs, func(i, j int) bool {
		if x, y := share(langs[i]), share(langs[j]); x != y {
			return x < y
		}
		return langs[i] < langs[j]
	})
	for _, l := range langs[:min(14, len(langs))] {
		t.Logf("%s %.3f of %d, taken for %v", l, share(l), all[l], wrong[l])
	}
	micro := float64(r) / float64(a)
	t.Logf("%d lines, %d languages: micro %.4f macro %.4f ECE %.4f zh %.4f en %.4f", a, len(all), micro, macro, ece, share("zh"), share("en"))
	if micro < 0.97 || macro < 0.97 || ece > 0.03 || share("zh") < 0.99 || share("en") < 0.99 {
		t.Error("below the bar: 0.97 micro and macro, 0.99 zh and en, ECE 0.03")
	}
}

// BenchmarkIdentify reads the unseen sentences of at least 40 characters.
func BenchmarkIdentify(b *testing.B) {
	m, err := Default()
	if err != nil {
		b.Fatal(err)
	}
	var lines []labelled
	size := 0
	for _, l := range unseen(b, "lingua_sentences.jsonl.zst") {
		if longEnough(l) {
			lines = append(lines, l)
			size += len(l.Text)
		}
	}
	b.SetBytes(int64(size / len(lines)))
	b.ReportAllocs()
	start := testkit.CPUTime().Seconds()
	for i := 0; b.Loop(); i++ {
		m.Identify(lines[i%len(lines)].Text)
	}
	b.ReportMetric(float64(b.N)/(testkit.CPUTime().Seconds()-start), "docs/cpu-s")
}
