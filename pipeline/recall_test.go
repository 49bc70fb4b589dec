package pipeline

import (
	"strings"
	"testing"

	"feilun"
	"feilun/internal/ledger"
)

// TestRecallNames holds rows that are not found to be called by their id, or by
// their place where they have none.
func TestRecallNames(t *testing.T) {
	at := feilun.Record{File: "a.warc.gz", Offset: 7}
	for id, want := range map[string]string{"x": "x is no document", "": "a.warc.gz@7 is no document"} {
		told := 0
		err := (&Recaller{}).Docs(t.Context(), []ledger.Row{{ID: id, Record: at}}, func(i int, d *feilun.Doc, err error) {
			told++
			if i != 0 || d != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%q: row %d, %v, %v", id, i, d, err)
			}
		})
		if err != nil || told != 1 {
			t.Errorf("%q: told %d times, %v", id, told, err)
		}
	}
}
