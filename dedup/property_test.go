package dedup

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"feilun"

	"github.com/google/go-cmp/cmp"
)

// left returns the documents that stay, with what is left of their text.
func left(tb testing.TB, p Params, docs []feilun.Doc, shards int) []feilun.Doc {
	tb.Helper()
	var kept []feilun.Doc
	per := (len(docs) + shards - 1) / shards
	all := decide(tb, p, writeShards(tb, docs, shards), Options{})
	for i := range docs {
		d := docs[i]
		part := all[i/per]
		at := sort.Search(len(part), func(k int) bool { return part[k].Index >= i%per })
		if at < len(part) && part[at].Index == i%per {
			if !part[at].Verdict.Kept() {
				continue
			}
			d.Text = Apply(d.Text, part[at].Cuts)
		}
		kept = append(kept, d)
	}
	return kept
}

func names(docs []feilun.Doc) (ids []string) {
	for _, d := range docs {
		ids = append(ids, d.ID)
	}
	slices.Sort(ids)
	return ids
}

// TestProperties says what the steps mean: a second run finds nothing, doubling
// the corpus changes nothing, and the order of documents decides at most which
// of two equal copies stays.
func TestProperties(t *testing.T) {
	for seed := range uint64(2) {
		docs := corpus(200, seed)
		for _, name := range []string{"url", "exact", "near"} {
			p := Of(New(name))
			once := left(t, p, docs, 3)
			if len(once) == len(docs) {
				t.Fatalf("%s: nothing found in the test corpus", name)
			}
			if twice := left(t, p, once, 2); len(twice) != len(once) {
				t.Errorf("%s: %d documents stay, and %d of these", name, len(once), len(twice))
			}
			if doubled := left(t, p, append(slices.Clone(docs), docs...), 5); !slices.Equal(names(doubled), names(once)) {
				t.Errorf("%s: doubling the corpus leaves %d documents instead of %d", name, len(doubled), len(once))
			}
			mixed := slices.Clone(docs)
			rand.New(rand.NewPCG(seed, 2)).Shuffle(len(mixed), func(i, k int) { mixed[i], mixed[k] = mixed[k], mixed[i] })
			if diff := cmp.Diff(lengths(once), lengths(left(t, p, mixed, 4))); name == "near" && diff != "" {
				t.Errorf("%s: another order leaves other lengths: %s", name, diff)
			}
		}
		once := left(t, Of(New("line")), docs, 3)
		if diff := cmp.Diff(once, left(t, Of(New("line")), once, 3), cmp.AllowUnexported(feilun.Doc{})); diff != "" {
			t.Errorf("line: cuts after cuts: %s", diff)
		}
	}
}

func lengths(docs []feilun.Doc) (all []int) {
	for _, d := range docs {
		all = append(all, len([]rune(d.Text)))
	}
	slices.Sort(all)
	return all
}

// TestSurvivors checks that every parameter chooses its copy.
func TestSurvivors(t *testing.T) {
	text := strings.Repeat("eight words that make up one long line\n", 3)
	docs := []feilun.Doc{
		{ID: "first", URL: "http://a/", Text: text, Confidence: 0.5},
		{ID: "longest", URL: "http://a/", Text: text + "\n ", Confidence: 0.6},
		{ID: "best", URL: "http://a/", Text: text, Confidence: 0.9},
		{ID: "also best", URL: "http://a/", Text: text, Confidence: 0.9},
	}
	for keep, want := range map[string]string{"earliest": "first", "longest": "longest", "best": "best"} {
		url, exact, near := New("url").(*URLParams), New("exact").(*ExactParams), New("near").(*NearParams)
		url.Keep, exact.Keep, near.Keep = keep, keep, keep
		for _, step := range []any{url, exact, near} {
			if got := left(t, Of(step), docs, 2); len(got) != 1 || got[0].ID != want {
				t.Errorf("%T keeps %q with %s, want %s", step, names(got), keep, want)
			}
		}
	}
}

// TestSurvivorStays checks that a survivor that a later step drops is replaced
// by the copy that stays.
func TestSurvivorStays(t *testing.T) {
	docs := []feilun.Doc{
		{ID: "a", URL: "http://x/1", Text: "one text"},
		{ID: "b", URL: "http://x/2", Text: "the other text, longer"},
		{ID: "c", URL: "http://x/2#", Text: "short"},
		{ID: "d", URL: "http://x/3", Text: "the other text, longer"},
	}
	exact := New("exact").(*ExactParams)
	exact.Keep = "best"
	docs[3].Confidence = 1
	got := decide(t, Of(New("url"), exact), writeShards(t, docs, 1), Options{})
	want := [][]Decision{{
		{Index: 1, Verdict: feilun.Drop("exact", 1, 1), Survivor: "d"},
		{Index: 2, Verdict: feilun.Drop("url", 1, 1), Survivor: "d"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestContinued kills runs by leaving only some of the scratch files, and parts
// of them, and compares the decisions of the run that goes on.
func TestContinued(t *testing.T) {
	shards := writeShards(t, corpus(400, 9), 5)
	p := everything()
	full := t.TempDir()
	want := decide(t, p, shards, Options{Dir: full})
	files, err := os.ReadDir(full)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 8))
	for round := range 6 {
		dir := t.TempDir()
		for i := range shards {
			finished := r.IntN(2) == 0
			for _, f := range files {
				if !strings.HasPrefix(f.Name(), fmt.Sprintf("%05d.", i)) {
					continue
				}
				b, err := os.ReadFile(filepath.Join(full, f.Name()))
				if err != nil {
					t.Fatal(err)
				}
				marker := bytes.Contains([]byte("scanned cut"), []byte(f.Name()[6:]))
				if !finished {
					if marker {
						continue
					}
					b = b[:r.IntN(len(b)+1)]
				}
				if err := os.WriteFile(filepath.Join(dir, f.Name()), b, 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		if diff := cmp.Diff(want, decide(t, p, shards, Options{Dir: dir})); diff != "" {
			t.Fatalf("round %d: %s", round, diff)
		}
	}
	// Other parameters do not use what lies there.
	p.Near.Ngram = 3
	fresh := decide(t, p, shards, Options{})
	if diff := cmp.Diff(fresh, decide(t, p, shards, Options{Dir: full})); diff != "" {
		t.Error(diff)
	}
}

// TestEmpty checks that corpora without documents, or without text, work.
func TestEmpty(t *testing.T) {
	decide(t, everything(), nil, Options{})
	shards := append(writeShards(t, []feilun.Doc{{ID: "a"}}, 1), writeShards(t, []feilun.Doc{{ID: "b"}, {ID: "c", Text: "x"}}, 1)...)
	got := decide(t, everything(), shards, Options{})
	if len(got[0]) != 0 || len(got[1]) != 1 || got[1][0].Survivor != "a" {
		t.Errorf("decisions about empty texts = %+v, want the second dropped for the first", got)
	}
	if got := decide(t, Of(New("line")), shards, Options{}); len(got[0])+len(got[1]) != 0 {
		t.Errorf("line decisions about empty texts = %+v, want none", got)
	}
}

// TestWrongParams checks that values without meaning are errors.
func TestWrongParams(t *testing.T) {
	near := New("near").(*NearParams)
	near.Hash = "md5"
	if _, err := Decide(t.Context(), Of(near), nil, Options{Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "md5") {
		t.Errorf("Decide with hash md5: error %v", err)
	}
	if _, err := Decide(t.Context(), everything(), []string{"absent"}, Options{Dir: t.TempDir()}); err == nil {
		t.Error("Decide of an absent shard: no error")
	}
}

// TestWindows cuts overlapping windows out of one text, in groups far apart, as
// datatrove's test of its MinHash does: one of each group stays, and survivors
// are of the same group.
func TestWindows(t *testing.T) {
	var b strings.Builder
	r := rand.New(rand.NewPCG(11, 12))
	for b.Len() < 2600 {
		fmt.Fprintf(&b, "%x ", r.Uint32N(1<<16))
	}
	group := map[string]int{}
	var docs []feilun.Doc
	for g, offsets := range [][]int{{0, 20, 50}, {400, 420}, {800, 810, 820, 840, 860}, {1205, 1215, 1225, 1245}, {1650}, {2060}} {
		for _, at := range offsets {
			id := fmt.Sprint("window", at)
			group[id] = g
			docs = append(docs, feilun.Doc{ID: id, Text: b.String()[at : at+400]})
		}
	}
	for _, verify := range []bool{false, true} {
		p := New("near").(*NearParams)
		p.Verify = verify
		dropped := 0
		for _, part := range decide(t, Of(p), writeShards(t, docs, 1), Options{}) {
			for _, d := range part {
				dropped++
				if id := docs[d.Index].ID; group[id] != group[d.Survivor] {
					t.Errorf("verify=%t: %s is dropped for %s", verify, id, d.Survivor)
				}
			}
		}
		if want := len(docs) - 6; dropped != want {
			t.Errorf("verify=%t: %d windows dropped, want %d", verify, dropped, want)
		}
	}
}
