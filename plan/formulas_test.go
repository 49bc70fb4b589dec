package plan

import (
	"math"
	"strings"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got/want-1) > within {
		t.Errorf("%s = %.5g, want %.5g within %.1f%%", what, got, want, 100*within)
	}
}

// TestPublishedCounts holds every architecture of the table to the counts its
// source states.
func TestPublishedCounts(t *testing.T) {
	for _, m := range Models() {
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
		near(t, m.Name+" parameters", m.Params(), m.Stated, 0.08)
		near(t, m.Name+" active", m.Active(), m.StatedActive, 0.15)
	}
}

// TestFLOPs is equation 3 of arXiv 2104.04473 without recomputation, 72BslH²(…).
func TestFLOPs(t *testing.T) {
	m, err := FindModel("gpt3-175b")
	if err != nil {
		t.Fatal(err)
	}
	l, h, s, v := 96.0, 12288.0, 2048.0, 50257.0
	want := 72 * l * h * h * (1 + s/(6*h) + v/(12*l*h))
	near(t, "FLOPs(2048)", m.FLOPs(2048), want, 0.002)
}

// TestDaly: with 6.5 failures per 1,000 node-days and a minute a checkpoint,
// 1,024, 4,096 and 16,384 chips have mean times of 28.8, 7.2 and 1.8 hours, and
// Young's intervals of 59, 29 and 15 minutes; Daly's are a little shorter.
func TestDaly(t *testing.T) {
	for _, c := range []struct {
		n              int
		hours, minutes float64
	}{{1024, 28.8, 59}, {4096, 7.2, 29}, {16384, 1.8, 15}} {
		nodes := float64(c.n) / 8
		g := NewGoodput(60*1.2e9*nodes/14, c.n, 8, Reliability{ChipDays: 8000 / 6.5, Restart: 900, NodeGBs: 1.2})
		near(t, "MTBF", g.MTBFHours, c.hours, 0.01)
		near(t, "write", g.WriteSeconds, 60, 0.001)
		near(t, "interval", g.Interval/60, c.minutes, 0.08)
		if !(g.Share > 0 && g.Share < 1) {
			t.Errorf("share %v", g.Share)
		}
	}
}

// TestActivations is table 2 of arXiv 2205.05198: 34·sbh bytes a layer and the
// square for an unfused stack without parallelism.
func TestActivations(t *testing.T) {
	m := dense(4, 1024, 50304, 2048, false)
	l := Layout{TP: 1, PP: 1, VP: 1, DP: 1, CP: 1, EP: 1, MicroBatch: 2, Micros: 1, Recompute: RecomputeNone}
	w := Workload{Batch: 2, Seq: 2048, Precision: FP16}
	s := newShape(&m, &l, &w, &Rates{PerNode: 8})
	want := 2048 * 2 * 1024 * (34 + 5*float64(m.Heads)*2048/1024)
	near(t, "liveLayer", s.liveLayer(true), want, 0.001)
}

// TestChipNames: the ways people write a chip find the same row.
func TestChipNames(t *testing.T) {
	table := chipTable(t)
	for name, want := range map[string]string{"A100-80G": "A100-80GB-SXM", "NVIDIA A100-SXM4-80GB": "A100-80GB-SXM", "a100 40gb": "A100-40GB-SXM",
		"H100 SXM5": "H100-80GB-SXM", "Tesla V100": "V100-32GB-SXM2", "GeForce RTX 4090": "RTX-4090", "昇腾910B": "Ascend910B3", "华为昇腾910B": "Ascend910B3",
		"Huawei Ascend 910C": "Ascend910C", "H20": "H20", "MI250X-GCD": "MI250X-GCD", "TPU v4": "TPUv4", "寒武纪": "MLU370-X8"} {
		c, err := table.Find(name)
		if err != nil || c.Name != want {
			t.Errorf("Find(%q) = %v, %v; want %s", name, c, err, want)
		}
	}
	for _, name := range []string{"", "Hygon", "K100", "A1000000"} {
		if c, err := table.Find(name); err == nil {
			t.Errorf("Find(%q) = %s, want an error", name, c.Name)
		}
	}
	for _, c := range table.All() {
		if c.Source == "" {
			t.Errorf("%s has no source", c.Name)
		}
	}
}

// TestPage: a page shows its charts and fetches nothing, in both languages.
func TestPage(t *testing.T) {
	for _, chips := range []string{"64xA800", "256xH20,512xV100"} {
		p, err := Make(ask(t, "llama2-13b", "300B", chips))
		if err != nil || !p.Feasible {
			t.Fatal(err, p.Why)
		}
		d := Data(p.Tokens, nil, 0)
		for lang, word := range map[string]string{"en": "where the time goes", "zh": "时间去向"} {
			var b strings.Builder
			if err := WriteHTML(&b, p, Frontier(p), &d, lang); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			if strings.Count(text, "<svg") != 4 || !strings.Contains(text, word) || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
				t.Errorf("page of %s in %s lacks a chart, a word or a number", chips, lang)
			}
			for _, outside := range []string{"src=", "href=", "@import", "url("} {
				if strings.Contains(text, outside) {
					t.Errorf("page refers outside itself: %s", outside)
				}
			}
		}
	}
}

// TestSchedule: 1F1B takes (m + p − 1) forwards and backwards on each stage's
// clock, and every pass appears once.
func TestSchedule(t *testing.T) {
	for _, c := range [][2]int{{1, 5}, {4, 4}, {8, 12}, {4, 2}} {
		blocks, end := schedule(c[0], c[1])
		if want := 3 * float64(c[1]+c[0]-1); end != want || len(blocks) != 2*c[0]*c[1] {
			t.Errorf("schedule(%d, %d): %d blocks, end %v, want %d, %v", c[0], c[1], len(blocks), end, 2*c[0]*c[1], want)
		}
	}
}
