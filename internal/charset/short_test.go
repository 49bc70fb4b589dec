package charset

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"feilun/internal/testkit"
)

// TestShort encodes short unseen texts, news titles and the first 20 characters
// of encyclopedia paragraphs, and asks for their encoding without any declaration.
func TestShort(t *testing.T) {
	var titles, paragraphs []string
	for s := bufio.NewScanner(bytes.NewReader(testkit.ReadZstd(t, testkit.Data(t, "web", "zh", "thucnews_titles_dev.tsv.zst")))); s.Scan(); {
		title, _, _ := strings.Cut(s.Text(), "\t")
		titles = append(titles, title)
	}
	dec := json.NewDecoder(bytes.NewReader(testkit.ReadZstd(t, testkit.Data(t, "search", "drcd-zh-hant", "corpus.jsonl.zst"))))
	for dec.More() {
		var d struct{ Text string }
		if err := dec.Decode(&d); err != nil {
			t.Fatal(err)
		}
		r := []rune(d.Text)
		paragraphs = append(paragraphs, string(r[:min(len(r), 20)]))
	}
	for _, tt := range []struct {
		name  string
		texts []string
	}{{"gb18030", titles}, {"big5", paragraphs}} {
		right, n := 0, 0
		for _, text := range tt.texts {
			b, err := encodingOf(tt.name).NewEncoder().Bytes([]byte("<title>" + text + "</title>"))
			if err != nil { // a character that the encoding lacks
				continue
			}
			n++
			name, _ := Detect(b, "")
			if name == tt.name || nextHigh(b, 0) == len(b) {
				right++
			} else if n-right <= 5 {
				t.Logf("%s: taken for %s: %s", tt.name, name, text)
			}
		}
		t.Logf("%s: %d of %d short texts right", tt.name, right, n)
		if right < n*99/100 {
			t.Errorf("%s: %d of %d short texts right, want 99 %%", tt.name, right, n)
		}
	}
}
