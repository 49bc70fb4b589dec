package filter

import (
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/testkit"
)

// TestKinds holds the weights to the pages they were trained on, and every drop
// by them to say why.
func TestKinds(t *testing.T) {
	filters := spamFilters(t)
	pages := kindLines(t, testkit.ReadZstd(t, "testdata/kinds.jsonl.zst"))
	pages = append(pages, kindLines(t, testkit.ReadZstd(t, "testdata/kinds_others.jsonl.zst"))...)
	dropped, total := map[string]int{}, map[string]int{}
	for _, p := range pages {
		total[p.Kind]++
		for _, f := range filters {
			v := f.Check(p.doc())
			if v.Kept() {
				continue
			}
			dropped[p.Kind]++
			if v.Rule == "max_score" && (v.Note == "" || v.Value <= v.Limit) {
				t.Errorf("%s: verdict %+v does not say why", p.ID, v)
			}
			break
		}
	}
	t.Logf("dropped %v of %v", dropped, total)
	for _, kind := range kindNames {
		if share := float64(dropped[kind]) / float64(total[kind]); share < 0.97 {
			t.Errorf("%s: %.3f of %d pages dropped, fewer than 0.97", kind, share, total[kind])
		}
	}
	if share := float64(dropped["good"]) / float64(total["good"]); share > 0.03 {
		t.Errorf("%.3f of %d good pages dropped, more than 0.03", share, total["good"])
	}
}

// TestKindScripts holds traditional text to score as its simplified form does.
func TestKindScripts(t *testing.T) {
	layout := feilun.Layout{Visible: 60, Blocks: 3}
	hans := &feilun.Doc{Title: "页面不见了", Text: "您访问的页面已经离开本站。\n请从首页重新开始。", Layout: layout}
	hant := &feilun.Doc{Title: "頁面不見了", Text: "您訪問的頁面已經離開本站。\n請從首頁重新開始。", Layout: layout}
	var a, b kindReader
	a.read(hans)
	b.read(hant)
	from, to := a.ends[partTitle], a.ends[partFrame]
	if len(a.slots[from:to]) == 0 || !slices.Equal(a.slots[:to], b.slots[:b.ends[partFrame]]) {
		t.Errorf("features %v and %v differ", a.slots[:to], b.slots[:b.ends[partFrame]])
	}
}

// TestKindNote holds that the sentence that speaks most for a kind raises its score, and is
// named, wherever it stands: at either end of the text, far from both, and around it.
func TestKindNote(t *testing.T) {
	const said = "This domain is for sale."
	plain := strings.Repeat("The ferry leaves at nine and the bakery opens at six.\n", 80)
	for name, d := range map[string]*feilun.Doc{
		"first":  {Text: said + "\n" + plain},
		"middle": {Text: plain + said + "\n" + plain},
		"last":   {Text: plain + said},
		"frame":  {Text: plain, Frame: plain + said + "\n" + plain},
	} {
		if note := kindNote(d, kindParked); !strings.HasPrefix(note, said) {
			t.Errorf("%s: note %q does not name the sentence", name, note)
		}
		var r kindReader
		r.read(d)
		with := r.scores(kindTable())[kindParked]
		r.read(&feilun.Doc{Text: strings.ReplaceAll(d.Text, said, ""), Frame: strings.ReplaceAll(d.Frame, said, "")})
		if without := r.scores(kindTable())[kindParked]; with <= without {
			t.Errorf("%s: score %g with the sentence, %g without", name, with, without)
		}
	}
}

// TestKindUnknown holds the score away from texts without their page, and
// max_score 1 to turn it off.
func TestKindUnknown(t *testing.T) {
	d := &feilun.Doc{Title: "404", Text: "Zip. Nothing lives at this address.", Layout: feilun.Layout{Visible: 30, Blocks: 2}}
	f := ready(t, &Soft404{}, nil)
	f.MaxScore = 0.001
	if v := f.Check(d); v.Rule != "max_score" || !strings.Contains(v.Note, "Zip") {
		t.Errorf("verdict %+v, want max_score with the sentence", v)
	}
	f.MaxScore = 1
	if v := f.Check(d); v.Rule == "max_score" {
		t.Errorf("verdict %+v with max_score 1", v)
	}
	if _, _, known := kindScore(&feilun.Doc{Title: d.Title, Text: d.Text}, kindSoft404); known {
		t.Error("a text without a page has a score")
	}
}

func TestSpacedOut(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "f r e e b o o k s": 1, "某.文.学.网~首~发": 1, "a plain line": 0, "一句平常的话。": 0, "A B C": 0,
	} {
		if got := spacedOut(text); got != want {
			t.Errorf("spacedOut(%q) = %d, want %d", text, got, want)
		}
	}
}

// BenchmarkKinds measures the score alone, bytes of text a second.
func BenchmarkKinds(b *testing.B) {
	pages := kindLines(b, testkit.ReadZstd(b, "testdata/kinds.jsonl.zst"))
	size := 0
	for _, p := range pages {
		size += len(p.Text) + len(p.Frame)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var r kindReader
	for b.Loop() {
		for _, p := range pages {
			r.read(p.doc())
			r.scores(kindTable())
		}
	}
}
