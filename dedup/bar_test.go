package dedup

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/testkit"
)

// A judged corpus has pairs of documents that are near-duplicates, and pairs
// that are not; kin tells apart documents that have nothing in common.
type judged struct {
	docs    []feilun.Doc
	kin     map[string]string
	yes, no map[[2]string]bool
}

func pair(a, b string) [2]string {
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

func (j *judged) judge(a, b string, similarity float64) {
	switch {
	case similarity >= 0.85:
		j.yes[pair(a, b)] = true
	case similarity < 0.5:
		j.no[pair(a, b)] = true
	}
}

func newJudged() *judged {
	return &judged{kin: map[string]string{}, yes: map[[2]string]bool{}, no: map[[2]string]bool{}}
}

// edited reads edited-*.jsonl.zst and two-editions_*.jsonl.zst.
func edited(tb testing.TB, name, language string) *judged {
	j := newJudged()
	cluster := map[string]string{}
	for line := range bytes.Lines(testkit.ReadZstd(tb, testkit.Data(tb, "dedup", name))) {
		var v struct {
			ID, Base, Edit, Text, Cluster string
			J5                            float64
			Han5                          float64 `json:"han5_jaccard"`
		}
		if err := json.Unmarshal(line, &v); err != nil {
			tb.Fatal(err)
		}
		j.docs = append(j.docs, feilun.Doc{ID: v.ID, Text: v.Text, Language: language})
		j.kin[v.ID] = v.Base + v.Cluster
		if v.Base != "" && v.Edit != "base" {
			j.judge(v.ID, v.Base, v.J5)
		}
		if other, ok := cluster[v.Cluster]; ok && v.Cluster != "" {
			j.judge(v.ID, other, v.Han5)
		}
		cluster[v.Cluster] = v.ID
	}
	return j
}

func plagiarised(tb testing.TB, name string) *judged {
	j := newJudged()
	for line := range bytes.Lines(testkit.ReadZstd(tb, testkit.Data(tb, "dedup", name+".train.zst"))) {
		id, text, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		j.docs = append(j.docs, feilun.Doc{ID: id, Text: text, Language: "en"})
		j.kin[id] = id
	}
	truth, err := os.ReadFile(testkit.Data(tb, "dedup", name+".truth"))
	if err != nil {
		tb.Fatal(err)
	}
	for line := range bytes.Lines(truth) {
		a, b, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		j.yes[pair(a, b)] = true
	}
	return j
}

// TestNearBar measures precision and recall on the judged corpora: all pairs
// within a cluster count as found. A pair of documents of different origin
// counts as wrong when found, unless it is listed.
func TestNearBar(t *testing.T) {
	if raceEnabled {
		t.Skip("a measurement; the other tests run the same code")
	}
	for _, verify := range []bool{false, true} {
		for name, j := range map[string]*judged{
			"edited-en": edited(t, "edited-en.jsonl.zst", "en"),
			"edited-zh": edited(t, "edited-zh.jsonl.zst", "zh"),
			"novel":     edited(t, "two-editions_三国演义.jsonl.zst", "zh"),
			"news-100":  plagiarised(t, "minhash_articles_100"),
			"news-1000": plagiarised(t, "minhash_articles_1000"),
		} {
			p := New("near").(*NearParams)
			p.Verify = verify
			found, wrong := j.score(t, p)
			precision := float64(found) / float64(found+wrong)
			recall := float64(found) / float64(len(j.yes))
			t.Logf("%-9s verify=%-5t %4d documents, %3d pairs, %3d non-pairs: precision %.4f, recall %.4f",
				name, verify, len(j.docs), len(j.yes), len(j.no), precision, recall)
			if precision < 0.99 || recall < 0.95 {
				t.Errorf("%s, verify=%t: precision %.4f, want 0.99; recall %.4f, want 0.95", name, verify, precision, recall)
			}
		}
	}
}

func (j *judged) score(tb testing.TB, p *NearParams) (found, wrong int) {
	clusters := map[string][]string{}
	for i, part := range decide(tb, Of(p), writeShards(tb, j.docs, 1), Options{}) {
		if i > 0 {
			tb.Fatal("more than one shard")
		}
		for _, d := range part {
			clusters[d.Survivor] = append(clusters[d.Survivor], j.docs[d.Index].ID)
		}
	}
	for survivor, ids := range clusters {
		ids = append(ids, survivor)
		for i, a := range ids {
			for _, b := range ids[:i] {
				switch q := pair(a, b); {
				case j.yes[q]:
					found++
				case j.no[q] || j.kin[a] != j.kin[b]:
					wrong++
				}
			}
		}
	}
	return found, wrong
}
