package sample

import (
	"bytes"
	"flag"
	"testing"

	"feilun/internal/atomicfile"
)

var update = flag.Bool("update", false, "write sample.warc.gz anew")

func TestSampleIsGolden(t *testing.T) {
	b, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := atomicfile.WriteBytes(Name, b); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(b, WARC()) {
		t.Error("sample.warc.gz is out of date; run: go test ./internal/sample -update")
	}
	if len(b) > 1<<20 {
		t.Errorf("the sample has %d bytes; it should stay under 1 MiB", len(b))
	}
}
