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
		{ID: "b", Title: "t", Date: "2021-01-02", Language: "zh", Script: "Hans", Confidence: 0.97, Source: "s",
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
