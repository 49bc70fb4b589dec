package ngram

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func open(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func near(a, b float32) bool { return math.Abs(float64(a)-float64(b)) < 1e-5 }

// TestAsKenLM compares with what KenLM 0.3.0 answers on a model with n-grams
// whose ends are missing.
func TestAsKenLM(t *testing.T) {
	m := open(t, "testdata/holes.arpa")
	for text, want := range map[string][]float32{
		"the mill stood still":     {-0.5, -0.2, -0.05, -0.1, -1.1},
		"the mill stood still 桥 桥": {-0.5, -0.2, -0.05, -0.1, -1.4, -0.15, -0.06},
		"老 桥":                      {-2.1, -0.3, -1.15},
		"the 老 桥 老 桥":              {-0.5, -1.35, -0.9, -2.345, -0.31, -1.15},
		"x y the mill":             {-1.65, -0.8, -1.5, -0.45, -1.7},
		"still 桥 桥 桥":              {-2.4, -1.4, -0.15, -1.98, -0.7},
		"":                         {-1.5},
		"mill stood 桥 x":           {-1.7, -0.6, -1.925, -1.15, -1.6},
		"the the the still":        {-0.5, -1.15, -1.0, -2.32, -1.1},
	} {
		s := m.Scorer()
		var got []float32
		for w := range strings.FieldsSeq(text) {
			p, _ := s.Word([]byte(w))
			got = append(got, p)
		}
		got = append(got, s.End())
		for i, p := range got {
			if !near(p, want[i]) {
				t.Errorf("%q: word %d has %v, want %v", text, i, p, want[i])
			}
		}
	}
}

// TestPublished holds the values that KenLM's own test (lm/model_test.cc) asks
// for. The model it asks is not ours to ship: FEILUN_KENLM names KenLM's lm/.
func TestPublished(t *testing.T) {
	dir := os.Getenv("FEILUN_KENLM")
	if dir == "" {
		t.Skip("FEILUN_KENLM does not name the folder with KenLM's test.arpa")
	}
	type step struct {
		word string
		p    float32
		n    int
	}
	m := open(t, filepath.Join(dir, "test.arpa"))
	for _, tt := range []struct {
		begin bool
		steps []step
	}{
		{true, []step{{"looking", -0.484652, 2}, {"on", -0.348837, 3}, {"a", -0.0155266, 4}, {"little", -0.00306122, 5}, {"the", -4.04005, 1},
			{"biarritz", -1.9889, 1}, {"not_found", -2.29666, 1}, {"more", -1.20632 - 20, 1}, {".", -0.51363, 2}, {End, -0.0191651, 3}}},
		{true, []step{{"looking", -0.484652, 2}, {"on", -0.348837, 3}, {"a", -0.0155266, 4}, {"little", -0.00306122, 5}, {"more", -0.00181395, 5}, {"loin", -0.0432557, 5}}},
		{true, []step{{",", -1.383514 - 0.4149733, 1}}},
		{true, []step{{"this_is_not_found", -1.995635 - 0.4149733, 1}}},
		{false, []step{{"also", -1.687872, 1}, {"would", -2, 2}, {"consider", -3, 3}, {"higher", -4, 4}, {"looking", -5, 5}}},
		{false, []step{{"also", -1.687872, 1}, {"would", -2, 2}, {"consider", -3, 3}, {"not_found", -1.995635 - 7 - 0.30103, 1}}},
		{false, []step{{"higher", -1.509559, 1}, {"looking", -1.285941 - 0.30103, 1}, {"not_found", -1.995635 - 0.4771212, 1}}},
		{false, []step{{"not_found", -1.995635, 1}, {"not_found2", -15, 2}, {"not_found3", -15 - 2, 2}}},
		{false, []step{{"not_found", -1.995635, 1}, {"however", -4, 2}, {"not_found3", -6, 3}}},
		{false, []step{{"baz", -6.535897, 1}}},
		{false, []step{{"foo", -3.141592, 1}, {"bar", -6, 2}, {"bar", -2.718281 + 3, 1}}},
		{false, []step{{"to", -1.687872, 1}, {"look", -0.2922095, 2}, {"a", -7, 3}}},
	} {
		s := m.Scorer()
		if !tt.begin {
			s.Reset()
		}
		for i, step := range tt.steps {
			if p, n := s.Word([]byte(step.word)); !near(p, step.p) || n != step.n {
				t.Errorf("%v, step %d: %v by %d words, want %v by %d", tt.steps, i, p, n, step.p, step.n)
			}
		}
	}
	if p, _ := open(t, filepath.Join(dir, "test_nounk.arpa")).Scorer().Word([]byte("nowhere")); p > -100 {
		t.Errorf("an unknown word of a model without <unk> has %v, want at most -100", p)
	}
}

func train(t testing.TB, order int, text string) *Model {
	t.Helper()
	c, err := NewCounter(order, 0)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if err := c.Add(bytes.Fields([]byte(line))); err != nil {
			t.Fatal(err)
		}
	}
	m, _, err := c.Model()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func fixture(t testing.TB) string {
	b, err := os.ReadFile("testdata/train.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTrainAsLmplz compares every n-gram with what KenLM's lmplz -o 3
// --discount_fallback made of the same text.
func TestTrainAsLmplz(t *testing.T) {
	got, want := train(t, 3, fixture(t)), open(t, "testdata/lmplz.arpa")
	for n := range want.levels {
		if g, w := len(got.levels[n].word), len(want.levels[n].word); g != w {
			t.Errorf("%d n-grams of %d words, want %d", g, n+1, w)
		}
		for e := range want.levels[n].word {
			at := uint32(0)
			var words []string
			for k, id := range want.ngram(nil, n+1, uint32(e)) {
				words = append(words, want.words[id])
				if k == 0 {
					at = got.ids[want.words[id]]
					continue
				}
				var ok bool
				if at, ok = got.levels[k].find(at, got.ids[want.words[id]]); !ok {
					t.Fatalf("%q is missing", words)
				}
			}
			g, w := &got.levels[n], &want.levels[n]
			if p := w.prob[e]; !near(g.prob[at], p) && words[0] != Begin || !near(g.back[at], w.back[e]) {
				t.Errorf("%q: %v, back-off %v; want %v, %v", words, g.prob[at], g.back[at], p, w.back[e])
			}
		}
	}
}

// TestSumsToOne adds up the probabilities of all words in many contexts.
func TestSumsToOne(t *testing.T) {
	m := train(t, 4, fixture(t))
	rng := rand.New(rand.NewPCG(1, 1))
	s := m.Scorer()
	for range 200 {
		s.Begin()
		for range rng.IntN(6) {
			s.Next(uint32(3 + rng.IntN(len(m.words)-3)))
		}
		sum := 0.0
		for id := range m.words {
			if here := *s; uint32(id) != beginID {
				p, _ := here.Next(uint32(id))
				sum += math.Pow(10, float64(p))
			}
		}
		if math.Abs(sum-1) > 1e-4 {
			t.Fatalf("the words behind a context have a probability of %v", sum)
		}
	}
}

// TestRoundTrip writes a model in both forms and reads it again.
func TestRoundTrip(t *testing.T) {
	for _, m := range []*Model{train(t, 3, fixture(t)), train(t, 1, fixture(t)), open(t, "testdata/holes.arpa")} {
		var text, bin bytes.Buffer
		if err := m.WriteARPA(&text); err != nil {
			t.Fatal(err)
		}
		if err := m.Write(&bin); err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string]*bytes.Buffer{"ARPA": &text, "binary": &bin} {
			again, err := Read(bytes.NewReader(b.Bytes()))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			s, u := m.Scorer(), again.Scorer()
			for w := range strings.FieldsSeq(fixture(t)) {
				p, n := s.Word([]byte(w))
				if q, k := u.Word([]byte(w)); p != q || n != k {
					t.Fatalf("%s: %q has %v by %d words, again %v by %d", name, w, p, n, q, k)
				}
			}
		}
		damaged := bytes.Clone(bin.Bytes())
		damaged[len(damaged)/2] ^= 1
		if _, err := Read(bytes.NewReader(damaged)); err == nil {
			t.Error("a damaged file was read")
		}
		if _, err := Read(bytes.NewReader(bin.Bytes()[:bin.Len()-3])); err == nil {
			t.Error("a truncated file was read")
		}
	}
}

func TestBadARPA(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "EOF",
		"\\data\\\n\\1-grams:\n":              "no counts",
		"\\data\\\nngram 2=1\n":               "want ngram 1",
		"\\data\\\nngram 1=1\n\\1-grams:\n-1": "want a probability",
		"\\data\\\nngram 1=1\n\\1-grams:\nx\ta\n":                                           "not a logarithm",
		"\\data\\\nngram 1=2\n\\1-grams:\n-1\ta\n\\end\\\n":                                 "the head says 2",
		"\\data\\\nngram 1=1\nngram 2=1\n\\1-grams:\n-1\ta\n\\2-grams:\n-1\ta b\n\\end\\\n": "not among the single words",
		"\\data\\\nngram 1=2\n\\1-grams:\n-1\ta\n-1\ta\n\\end\\\n":                          "twice",
		"\\data\\\nngram 1=2\n\\1-grams:\n-1\ta\n-1\t<s>\n\\end\\\n":                        "</s> is not among the single words",
		"\\data\\\nngram 1=2\n\\1-grams:\n-1\ta\n-1\t</s>\n\\end\\\n":                       "<s> is not among the single words",
		"\\data\\\nngram 1=1\n\\1-grams:\n0.1\ta\n\\end\\\n":                                "above 1",
		"mmap lm http://kheafield.com/code format version 5\n\x00":                          "binary model of KenLM",
		"\\data\\\nngram 1=1\nngram 2=9999999999\n\\1-grams:\n-1\ta\n\\2-grams:\n":          "EOF",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%q) = %v, want an error with %q", text, err, want)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	c, err := NewCounter(5, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1 << 16 {
		line := make([][]byte, 20)
		for i := range line {
			line[i] = []byte{byte(rng.IntN(26)) + 'a', byte(rng.IntN(26)) + 'a', byte(rng.IntN(26)) + 'a'}
		}
		if err = c.Add(line); err != nil {
			return
		}
	}
	t.Errorf("%d MB counted within a limit of 1 MB", c.Bytes()>>20)
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"testdata/holes.arpa", "testdata/lmplz.arpa"} {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	var bin bytes.Buffer
	if err := train(f, 2, "a b c\nb c\n").Write(&bin); err != nil {
		f.Fatal(err)
	}
	f.Add(bin.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := m.Write(&out); err != nil {
			t.Fatal(err)
		}
		again, err := Read(&out)
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		s, u := m.Scorer(), again.Scorer()
		for range 3 {
			for id := range m.words {
				p, _ := s.Next(uint32(id))
				if q, _ := u.Next(uint32(id)); p != q && p == p {
					t.Fatalf("word %d: %v, again %v", id, p, q)
				}
			}
		}
	})
}

func BenchmarkNext(b *testing.B) {
	m := train(b, 5, strings.Repeat(fixture(b), 3))
	var ids []uint32
	for w := range strings.FieldsSeq(fixture(b)) {
		ids = append(ids, m.ID([]byte(w)))
	}
	s := m.Scorer()
	b.ReportAllocs()
	for b.Loop() {
		for _, id := range ids {
			s.Next(id)
		}
	}
	b.ReportMetric(float64(b.N*len(ids))/b.Elapsed().Seconds(), "words/s")
}

// TestBadBinary: numbers that are no probabilities are refused, checksum or not.
func TestBadBinary(t *testing.T) {
	for _, set := range []func(m *Model){
		func(m *Model) { m.levels[0].prob[endID] = missing },
		func(m *Model) { m.levels[0].prob[unknownID] = 1 },
		func(m *Model) { m.levels[1].prob[0] = float32(math.Inf(-1)) },
		func(m *Model) { m.levels[0].back[beginID] = float32(math.Inf(1)) },
	} {
		m, err := ReadARPA(strings.NewReader("\\data\\\nngram 1=3\nngram 2=1\n\\1-grams:\n-1\t<s>\n-1\t</s>\n-1\ta\n\\2-grams:\n-1\t<s> a\n\\end\\\n"))
		if err != nil {
			t.Fatal(err)
		}
		set(m)
		var b bytes.Buffer
		if err := m.Write(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(&b); !errors.Is(err, ErrFormat) {
			t.Errorf("read: %v", err)
		}
	}
}

// TestMarksInText: words that look like the special ones count as unknown.
func TestMarksInText(t *testing.T) {
	var files [3]string
	for i, mark := range []string{Unknown, Begin, End} {
		c, err := NewCounter(2, 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := c.Add([][]byte{[]byte("a"), []byte(mark), []byte("b")}); err != nil {
				t.Fatal(err)
			}
		}
		m, _, err := c.Model()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := m.WriteARPA(&b); err != nil {
			t.Fatal(err)
		}
		files[i] = b.String()
	}
	if files[0] != files[1] || files[0] != files[2] {
		t.Errorf("models of text with <unk>, <s>, </s>:\n%s", strings.Join(files[:], "\n"))
	}
}
