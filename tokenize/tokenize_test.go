package tokenize

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/tokens"
	"feilun/model"
)

func usual(t testing.TB) (p Params) {
	t.Helper()
	if err := params.Fill(&p); err != nil {
		t.Fatal(err)
	}
	p.Vocab = 500
	return p
}

// stories are documents of two languages.
func stories(n int) []*feilun.Doc {
	words := []string{"the", "mill", "stood", "still", "until", "March", "磨坊", "到三月", "都没有", "动静", "，", "。\n", "\n", "1947"}
	rng := rand.New(rand.NewPCG(1, 1))
	var all []*feilun.Doc
	for i := range n {
		d := &feilun.Doc{ID: fmt.Sprint("d", i), URL: fmt.Sprintf("http://a.example/%d", i), Source: "test"}
		for range rng.IntN(400) {
			d.Text += words[rng.IntN(len(words))] + " "
		}
		all = append(all, d)
	}
	return all
}

func list(all []*feilun.Doc) Docs {
	return func(each func(*feilun.Doc) error) error {
		for _, d := range all {
			if err := each(d); err != nil {
				return err
			}
		}
		return nil
	}
}

func vocabulary(t testing.TB, p Params, workers int) *bpe.Tokenizer {
	t.Helper()
	tok, _, err := Train(t.Context(), p, list(stories(300)), workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestTrainWorkers(t *testing.T) {
	var want bytes.Buffer
	if err := vocabulary(t, usual(t), 1).WriteJSON(&want); err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 8} {
		var got bytes.Buffer
		if err := vocabulary(t, usual(t), workers).WriteJSON(&got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%d workers make another vocabulary", workers)
		}
	}
}

func TestTrainLimits(t *testing.T) {
	p := usual(t)
	p.Pattern = "gpt9"
	if _, _, err := Train(t.Context(), p, list(stories(3)), 1, nil); err == nil {
		t.Error("an unknown pattern was taken")
	}
	p = usual(t)
	p.Memory = 1 << 18
	if _, _, err := Train(t.Context(), p, list(stories(300)), 1, nil); err == nil {
		t.Error("a quarter of a megabyte was enough")
	}
	if _, _, err := Train(t.Context(), usual(t), list(nil), 1, nil); err == nil {
		t.Error("a vocabulary was made of nothing")
	}
	p = usual(t)
	p.Sample = 1000
	_, r, err := Train(t.Context(), p, func(each func(*feilun.Doc) error) error {
		if err := list(stories(300))(each); err != nil {
			return fmt.Errorf("corpus: %w", err) // as readers of files do
		}
		return nil
	}, 2, nil)
	if err != nil || r.Bytes > 10000 {
		t.Errorf("a sample of 1000 bytes counted %d, %v", r.Bytes, err)
	}
}

// files reads all files of a folder.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s differs", name)
		}
	}
}

// TestPack packs with one and with many workers, stops on the way and goes on,
// and reads what came out.
func TestPack(t *testing.T) {
	all := stories(900)
	tok := vocabulary(t, usual(t), 1)
	for _, form := range []string{tokens.Megatron, tokens.Plain} {
		p := usual(t)
		p.Format, p.Valid = form, 0.1
		inputs := []Input{{"a", "1", list(all[:500])}, {"b", "2", list(all[500:])}, {"none", "3", list(nil)}}
		dir := t.TempDir()
		m, err := Pack(t.Context(), p, tok, inputs, dir, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := files(t, dir)
		other := t.TempDir()
		broken := errors.New("stop")
		bad := []Input{inputs[0], {"b", "2", func(each func(*feilun.Doc) error) error {
			return errors.Join(list(all[500:700])(each), broken)
		}}}
		if _, err := Pack(t.Context(), p, tok, bad, other, 8, nil); !errors.Is(err, broken) {
			t.Fatalf("Pack of an input that breaks: %v", err)
		}
		inputs[0].Docs = func(func(*feilun.Doc) error) error { return errors.New("a finished input was read again") }
		if _, err := Pack(t.Context(), p, tok, inputs, other, 8, nil); err != nil {
			t.Fatal(err)
		}
		same(t, files(t, other), want)
		if !strings.Contains(want["manifest.json"], `"valid_part": 0.1`) {
			t.Errorf("the manifest does not tell the share for validation: %s", want["manifest.json"])
		}
		check(t, p, m, tok, all, dir)
	}
}

// check decodes every document of a folder.
func check(t *testing.T, p Params, m *Manifest, tok *bpe.Tokenizer, all []*feilun.Doc, dir string) {
	t.Helper()
	texts := map[string]bool{}
	for _, d := range all {
		texts[d.Text] = true
	}
	var docs int64
	for i := range m.Shards {
		for side, n := range map[string]int64{"train": m.Shards[i].Train.Tokens, "valid": m.Shards[i].Valid.Tokens} {
			s, err := tokens.Open(p.Format, filepath.Join(dir, fmt.Sprintf("%s-%05d", side, i)), m.Wide)
			if err != nil {
				t.Fatal(err)
			}
			if s.Total() != n {
				t.Errorf("shard %d: %d tokens for %s, the manifest says %d", i, s.Total(), side, n)
			}
			for k := range s.Docs() {
				ids, err := s.Doc(k)
				if err != nil || len(ids) == 0 || ids[len(ids)-1] != m.EOT {
					t.Fatalf("document %d: %v, %v", k, ids, err)
				}
				text, err := tok.Decode(nil, ids[:len(ids)-1])
				if err != nil || !texts[string(text)] {
					t.Fatalf("document %d is none of those packed: %q", k, text)
				}
				docs++
			}
			s.Close()
		}
	}
	if docs != int64(len(all)) || m.Train.Docs+m.Valid.Docs != docs || m.Valid.Docs < 40 || m.Valid.Docs > 160 {
		t.Errorf("%d documents, %d for training and %d for validation of %d", docs, m.Train.Docs, m.Valid.Docs, len(all))
	}
}

// TestPackAgain packs into a folder that holds something already.
func TestPackAgain(t *testing.T) {
	all := stories(60)
	tok := vocabulary(t, usual(t), 1)
	p, dir := usual(t), t.TempDir()
	pack := func(p Params, tok *bpe.Tokenizer, inputs ...Input) error {
		_, err := Pack(t.Context(), p, tok, inputs, dir, 1, nil)
		return err
	}
	a, b := Input{"a", "1", list(all[:30])}, Input{"b", "2", list(all[30:])}
	if err := pack(p, tok, a, b); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	again := errors.New("read again")
	unread := func(func(*feilun.Doc) error) error { return again }
	if err := pack(p, tok, Input{"a", "1", unread}, Input{"b", "2", unread}); err != nil {
		t.Errorf("the same inputs: %v", err)
	}
	same(t, files(t, dir), before)
	p.Format = "parquet"
	if err := pack(p, tok, a); !hint.IsUsage(err) {
		t.Errorf("an unknown form: %v", err)
	}
	p.Format = tokens.Megatron
	other := usual(t)
	other.Vocab = 300
	if err := pack(p, vocabulary(t, other, 1), a); !hint.IsUsage(err) {
		t.Errorf("another vocabulary in the same folder: %v", err)
	}
	same(t, files(t, dir), before)

	p.Format = tokens.Plain
	if err := pack(p, tok, a); err != nil {
		t.Fatal(err)
	}
	for name := range files(t, dir) {
		if strings.Contains(name, "00001") || strings.HasSuffix(name, ".bin") || strings.HasSuffix(name, ".idx") {
			t.Errorf("%s was left, which the manifest does not name", name)
		}
	}

	// An input that breaks leaves neither manifest nor a marker of what was there.
	broken := Input{"a", "3", func(func(*feilun.Doc) error) error { return errors.New("stop") }}
	if err := pack(p, tok, broken); err == nil {
		t.Error("a broken input was packed")
	}
	for name := range files(t, dir) {
		if name == "manifest.json" || name == "done-00000.json" {
			t.Errorf("%s vouches for what is not whole", name)
		}
	}
}

// TestPackUnnamed: an input that nothing identifies, such as a folder, is read each time.
func TestPackUnnamed(t *testing.T) {
	all := stories(60)
	tok := vocabulary(t, usual(t), 1)
	dir := t.TempDir()
	for _, n := range []int{30, 60} {
		m, err := Pack(t.Context(), usual(t), tok, []Input{{"a", "", list(all[:n])}}, dir, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Train.Docs + m.Valid.Docs; got != int64(n) {
			t.Errorf("%d documents, want %d", got, n)
		}
	}
}

// TestPackPrefix: tokens that the vocabulary puts before every text stand before every document,
// but for the end of text, which stands behind the one before.
func TestPackPrefix(t *testing.T) {
	all := stories(20)
	tok := vocabulary(t, usual(t), 1)
	end, _ := tok.ID(EndOfText)
	start, _ := tok.ID("<|im_start|>")
	tokensWith := func(prefix ...uint32) int64 {
		p := usual(t)
		p.Tokenizer = filepath.Join(t.TempDir(), "tokenizer.json")
		if err := atomicfile.Write(p.Tokenizer, func(w io.Writer) error { return model.WriteTokenizer(w, tok, prefix) }); err != nil {
			t.Fatal(err)
		}
		m, err := Pack(t.Context(), p, tok, []Input{{"a", "1", list(all)}}, t.TempDir(), 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		return m.Train.Tokens + m.Valid.Tokens
	}
	plain := tokensWith()
	for want, prefix := range map[int64][]uint32{plain: {end}, plain + 20: {start}, plain + 40: {end, start}} {
		if got := tokensWith(prefix...); got != want {
			t.Errorf("prefix %v: %d tokens, want %d; %d without", prefix, got, want, plain)
		}
	}
}

// TestTrainCuts: a long document is counted in parts that begin behind a line break, so that no
// word is cut.
func TestTrainCuts(t *testing.T) {
	var lines []*feilun.Doc
	var whole strings.Builder
	for i := 0; whole.Len() < 2*counting+1000; i++ {
		line := strings.Repeat("mill", 1+i%7) + strings.Repeat(" wheel", i%11) + "\n"
		whole.WriteString(line)
		if i%1000 == 0 {
			lines = append(lines, &feilun.Doc{ID: fmt.Sprint(i)})
		}
		lines[len(lines)-1].Text += line
	}
	_, want, err := Train(t.Context(), usual(t), list(lines), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, got, err := Train(t.Context(), usual(t), list([]*feilun.Doc{{ID: "whole", Text: whole.String()}}), 1, nil); err != nil || got != want {
		t.Errorf("one document gives %+v, %v, in parts %+v", got, err, want)
	}
}

// TestValidByID: the draw of documents for validation looks at ids alone.
func TestValidByID(t *testing.T) {
	all := stories(400)
	other := stories(400)
	for i := range other {
		other[i].Text, other[i].URL = other[i].Text+" again", ""
	}
	tok, p := vocabulary(t, usual(t), 1), usual(t)
	p.Valid = 0.3
	var counts []int64
	for _, docs := range [][]*feilun.Doc{all, other} {
		m, err := Pack(t.Context(), p, tok, []Input{{"a", "1", list(docs)}}, t.TempDir(), 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		counts = append(counts, m.Valid.Docs)
	}
	if counts[0] != counts[1] || counts[0] < 80 || counts[0] > 160 {
		t.Errorf("%d of 400 documents for validation with one text, %d with another", counts[0], counts[1])
	}
}

// TestEndOfText finds the token that ends a document in foreign vocabularies.
func TestEndOfText(t *testing.T) {
	tok := vocabulary(t, usual(t), 1)
	for _, tt := range []struct {
		names []string
		want  int
	}{
		{[]string{"<|begin_of_text|>", "<|end_of_text|>"}, 1},
		{[]string{"<s>", "</s>"}, 1},
		{[]string{"<end>"}, 0},
		{[]string{"<one>", "<two>"}, -1},
		{nil, -1},
	} {
		tok.Special = nil
		for i, name := range tt.names {
			tok.Special = append(tok.Special, bpe.Special{Text: name, ID: uint32(1000 + i)})
		}
		got, err := endOfText(tok)
		if (err != nil) != (tt.want < 0) || err == nil && got != uint32(1000+tt.want) {
			t.Errorf("endOfText of %q = %d, %v", tt.names, got, err)
		}
	}
}
