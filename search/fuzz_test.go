package search

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"feilun"
	"feilun/internal/params"
	"feilun/internal/terms"
)

// FuzzQuery holds the parser to: any text is a question, and every quoted
// phrase's terms are wished for too.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"什么是飞轮？", `"flywheel of" -site site:x.example`, "“引号", "- -- -a \"", "site:", "\xff\xfe -\xff", "㍿½ﬁ"} {
		f.Add(s)
	}
	var r Ranking
	if err := params.Fill(&r); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := parse(text, &r)
		for _, phrase := range p.phrases {
			for _, term := range phrase {
				if _, ok := p.number[term]; !ok && len(p.terms) < maxTerms {
					t.Errorf("%q: %q of a phrase is no term", text, term)
				}
			}
		}
		if len(p.seq) != len(p.follows) {
			t.Errorf("%d terms, %d neighbours", len(p.seq), len(p.follows))
		}
	})
}

// FuzzChunks holds passages to: they lie in the text one behind another, and
// leave out white space alone.
func FuzzChunks(f *testing.F) {
	f.Add("一句。两句！\n\nThree sentences. Here they are. ", 10)
	f.Add("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 4)
	f.Fuzz(func(t *testing.T, text string, size int) {
		if size < 4 || size > 1<<16 {
			return
		}
		at := 0
		for _, s := range chunks(text, size) {
			if s.start < at || s.end <= s.start || strings.TrimSpace(text[at:s.start]) != "" {
				t.Fatalf("chunks(%q, %d): %v behind %d", text, size, s, at)
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[s.start:s.end]) {
				t.Fatalf("chunks(%q, %d): %v cuts a character", text, size, s)
			}
			at = s.end
		}
		if strings.TrimSpace(text[at:]) != "" {
			t.Fatalf("chunks(%q, %d) leave out %q", text, size, text[at:])
		}
	})
}

// FuzzSegment damages a file of an index: whatever it holds, a search ends, with hits or an error.
func FuzzSegment(f *testing.F) {
	dir := f.TempDir()
	p := defaults(f)
	if _, err := Update(f.Context(), dir, p, listDocs(slices.Concat(small(), many(300))), 1, nil); err != nil {
		f.Fatal(err)
	}
	m, err := readManifest(dir)
	if err != nil {
		f.Fatal(err)
	}
	var files [numFiles][]byte
	for i, name := range fileNames {
		if files[i], err = os.ReadFile(filepath.Join(dir, m.Segments[0].Name, name)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(uint8(fileTerms), 3, []byte{0xff, 0xff, 0xff})
	f.Add(uint8(filePost), 0, []byte{0xff, 0x80, 0, 1})
	f.Add(uint8(fileBlocks), 16, []byte{9, 9, 9, 9, 9, 9})
	f.Add(uint8(fileChunks), 0, []byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, file uint8, at int, with []byte) {
		s := &segment{info: m.Segments[0], file: files}
		b := slices.Clone(files[file%numFiles])
		if at < 0 || at > len(b) || len(with) == 0 {
			return
		}
		copy(b[at:], with)
		if len(with) > 64 {
			b = with // a file of its own
		}
		s.file[file%numFiles] = b
		if s.check() != nil {
			return
		}
		x := &Index{m: m, segments: []*segment{s}, chunks: s.info.Chunks, average: 20, newest: noDay}
		x.places, x.standard = x.findPlaces, func() *impacts { return x.impacts(&x.defaults) }
		if err := params.Fill(&x.defaults); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{"river 大河 of tea", `"green tea"`, "风", "site:tea.example tea -london"} {
			hits, err := x.Search(t.Context(), Query{Text: q})
			if err != nil {
				return
			}
			for _, h := range hits {
				x.Text(h.Span) // may fail
			}
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":"feilun.search/1","segments":[{"name":"segment-000000"}]}`))
	f.Add([]byte(`{"format":"feilun.search/1","segments":[{"name":"../x"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, manifestName), b, 0o666); err != nil {
			t.Fatal(err)
		}
		if x, err := Open(dir); err == nil {
			if _, err := x.Search(t.Context(), Query{Text: "tea 茶"}); err != nil {
				t.Log(err)
			}
			x.Close()
		}
	})
}

// FuzzAnalyze holds tokens to: they lie in the text in order, and a text finds itself.
func FuzzAnalyze(f *testing.F) {
	for _, s := range []string{"U.S. 3.14 1,000,000 O'Neill's", "東京タワー한국어ไทย", "a\u0301b\u00adc", "½㍿ﬃ①"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, last := terms.NewScanner(), -1
		for s.Reset(text); s.Next(); {
			if s.Tok.Start < last || s.Tok.End <= s.Tok.Start || s.Tok.End > len(text) || len(s.Term(nil)) == 0 {
				t.Fatalf("%q: token %+v behind %d", text, s.Tok, last)
			}
			last = s.Tok.Start
		}
		v := VersionOf(&feilun.Doc{Text: text})
		if back, err := ParseVersion(v.String()); err != nil || back != v {
			t.Fatalf("version %s reads back as %s, %v", v, back, err)
		}
	})
}
