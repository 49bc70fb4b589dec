package wikidump

import (
	"bytes"
	"compress/bzip2"
	"encoding/xml"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestCompress decompresses with the standard library.
func TestCompress(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 30000)
	for i := range noise {
		noise[i] = byte(rnd.IntN(256))
	}
	for _, in := range []string{"", "x", "xxxx", strings.Repeat("a", 1000), strings.Repeat("ab", 5000), string(noise), strings.Repeat("风车停了。", 50000)} {
		packed := Compress(nil, []byte(in), 1)
		got, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(packed)))
		if err != nil || string(got) != in {
			t.Errorf("%.20q: %d bytes, %v; want %d bytes", in, len(got), err, len(in))
		}
	}
}

// TestWrite reads the dump as XML.
func TestWrite(t *testing.T) {
	for _, zh := range []bool{false, true} {
		var out bytes.Buffer
		totals, err := Write(&out, nil, Options{Chinese: zh, Pages: 200, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Pages []struct {
				Title    string `xml:"title"`
				Revision struct {
					Text string `xml:"text"`
				} `xml:"revision"`
			} `xml:"page"`
		}
		if err := xml.Unmarshal(out.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		sum := totals.Articles + totals.Redirects + totals.Disambiguations + totals.OtherNamespaces + totals.OtherModels + totals.Hostile
		if len(doc.Pages) != 200 || sum != 200 {
			t.Errorf("%d pages, %+v; want 200", len(doc.Pages), totals)
		}
	}
}
