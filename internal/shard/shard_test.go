package shard

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"feilun"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRoundTrip(t *testing.T) {
	docs := []*feilun.Doc{
		{ID: "a", URL: "http://a.example/", Text: "一行\n\"two\"\t\\ \x01 é 🙂"},
		{ID: "b", Title: "t", Date: "2021-01-02", Language: "zh", Script: "Hans", Confidence: 0.97, Source: "s", Score: new(0.25),
			Canonical: "http://c/", Robots: "noindex", Links: []string{"x", "y"}, Record: feilun.Record{File: "f", Offset: 12},
			Page: &feilun.Page{Status: 200}, Text: strings.Repeat("长", 200_000)},
		{},
	}
	var buf bytes.Buffer
	w, err := NewWriter(&buf)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		if err := w.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got []*feilun.Doc
	for d, err := range Docs(&buf) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, d)
	}
	if d := cmp.Diff(docs, got, cmpopts.IgnoreUnexported(feilun.Doc{})); d != "" {
		t.Error(d)
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\x00\n\"\\\u2028\xff")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		b := AppendString(nil, s)
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("AppendString(%q) = %s: %v", s, b, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); want == s && got != s {
			t.Fatalf("AppendString(%q) reads back as %q", s, got)
		}
	})
}

// FuzzParseDoc holds the fast way to what the slow one reads.
func FuzzParseDoc(f *testing.F) {
	f.Add([]byte(`{"id":"a","url":"u","confidence":0.5,"status":200,"record":{"file":"f","offset":7},"links":["x"],"text":"a\n\u0001\"b"}`))
	f.Add([]byte(`{"id":1}`))
	f.Add([]byte(`{"text":"\ud83d\ude42 \/","id":"x"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var fast, slow feilun.Doc
		s := scanner{b: line}
		if !s.object(&fast) {
			return
		}
		if !json.Valid(line) {
			return
		}
		if err := parseSlow(line, &slow); err != nil {
			t.Fatalf("%q: fast read %+v, slow says %v", line, fast, err)
		}
		if d := cmp.Diff(slow, fast, cmpopts.IgnoreUnexported(feilun.Doc{}), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%q: %s", line, d)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	line := AppendDoc(nil, &feilun.Doc{ID: "urn", URL: "http://a.example/b", Language: "zh", Record: feilun.Record{File: "f", Offset: 3},
		Text: strings.Repeat("飞轮越转越快。\nA flywheel, once it turns, is hard to stop.\n", 100)})
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	var d feilun.Doc
	for b.Loop() {
		if err := parseDoc(line, &d); err != nil {
			b.Fatal(err)
		}
	}
}
