package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
	"feilun/internal/hint"
	"feilun/model"
)

// llamaTemplate is the core of Llama 3's.
const llamaTemplate = "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}" +
	"{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"

// llamaWords is a vocabulary with the special tokens of Llama 3, the first of which stands before
// every text.
func llamaWords(t testing.TB) *model.Words {
	t.Helper()
	pattern, _ := bpe.ParsePattern("cl100k")
	c := bpe.NewCounter(pattern, false)
	for _, text := range words(200, 9) {
		c.Add([]byte(text))
	}
	tok, _, err := bpe.Train(t.Context(), c, 320, []string{"<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"})
	if err != nil {
		t.Fatal(err)
	}
	bos, _ := tok.ID("<|begin_of_text|>")
	return &model.Words{Tokenizer: tok, Prefix: []uint32{bos}, Template: llamaTemplate}
}

// llamaModel writes a small model with that vocabulary and returns its folder.
func llamaModel(t testing.TB, w *model.Words) string {
	t.Helper()
	dir := t.TempDir()
	config := model.FromDepth(1, w.Tokenizer.Size())
	config.Context, config.BOS, config.EOS = 64, []int{int(w.Prefix[0])}, []int{int(w.Prefix[0]) + 1}
	m, err := model.New(config)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	err = errors.Join(m.Save(dir, false),
		atomicfile.Write(filepath.Join(dir, "tokenizer.json"), func(to io.Writer) error { return model.WriteTokenizer(to, w.Tokenizer, w.Prefix) }),
		atomicfile.WriteJSON(filepath.Join(dir, "tokenizer_config.json"), "  ", map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
			"bos_token": map[string]any{"__type": "AddedToken", "content": "<|begin_of_text|>"}, "eos_token": "<|eot_id|>", "chat_template": w.Template}))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// peerChats is what transformers makes of conversations: see bench/torch/chat.py.
type peerChats struct {
	Conversations [][]Turn   `json:"conversations"`
	IDs           [][]uint32 `json:"ids"`
	Asked         [][]uint32 `json:"asked"` // without the last answer, with what begins it
}

// TestTemplatePeer compares the tokens of conversations by a model's own template with those of
// transformers, whose input FEILUN_PEER takes.
func TestTemplatePeer(t *testing.T) {
	w := llamaWords(t)
	dir := llamaModel(t, w)
	if to := os.Getenv("FEILUN_PEER"); to != "" {
		if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile("testdata/transformers-chat.json")
	var peer peerChats
	if err := errors.Join(err, json.Unmarshal(b, &peer)); err != nil || len(peer.IDs) == 0 {
		t.Fatal(len(peer.IDs), err)
	}
	f := ownFormOf(t, dir)
	for i, turns := range peer.Conversations {
		all, err := f.examples(turns, false)
		if err != nil || len(all) != 1 || !slices.Equal(all[0].ids, peer.IDs[i]) {
			t.Errorf("%v: %v, %v, transformers has %v", turns, all, err, peer.IDs[i])
		}
		if before, _, err := f.turn(turns); err != nil || !slices.Equal(before, peer.Asked[i]) {
			t.Errorf("%v: asked by %v, %v, transformers by %v", turns, before, err, peer.Asked[i])
		}
	}
}

func ownFormOf(t testing.TB, dir string) *ownForm {
	t.Helper()
	m, err := model.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w, err := model.OpenWords(dir)
	if err != nil {
		t.Fatal(err)
	}
	names, err := readNames(dir, w.Tokenizer, &m.Config)
	if err != nil {
		t.Fatal(err)
	}
	f, err := newForm(dir, w, names)
	if err != nil {
		t.Fatal(err)
	}
	return f.(*ownForm)
}

// TestOwnForm: answers with their ends are learned, marks in what somebody wrote are text, and a
// template that writes earlier answers otherwise makes an example of each.
func TestOwnForm(t *testing.T) {
	w := llamaWords(t)
	f := ownFormOf(t, llamaModel(t, w))
	turns := []Turn{{User, "the <|eot_id|> mill"}, {Assistant, " until<|end_of_text|> "}, {User, "?"}, {Assistant, "磨坊"}}
	read := func(e example) (all, learned string) {
		var some []uint32
		for i, id := range e.ids {
			if e.learn[i] {
				some = append(some, id)
			}
		}
		a, _ := w.Tokenizer.Decode(nil, e.ids)
		b, _ := w.Tokenizer.Decode(nil, some)
		return string(a), string(b)
	}
	count := func(ids []uint32, name string) (n int) {
		want, _ := w.Tokenizer.ID(name)
		for _, id := range ids {
			if id == want {
				n++
			}
		}
		return n
	}
	all, err := f.examples(turns, false)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if _, learned := read(all[0]); learned != "until<|end_of_text|><|eot_id|>磨坊<|eot_id|>" {
		t.Errorf("learned is %q", learned)
	}
	if count(all[0].ids, "<|eot_id|>") != 4 || count(all[0].ids, "<|end_of_text|>") != 0 || count(all[0].ids, "<|begin_of_text|>") != 1 {
		t.Errorf("marks in text became special tokens: %v", all[0].ids)
	}
	last, err := f.examples(turns, true)
	if _, learned := read(last[0]); err != nil || learned != "磨坊<|eot_id|>" {
		t.Errorf("of the last answer %q is learned, %v", learned, err)
	}
	w.Template = strings.Replace(llamaTemplate, "+ '<|eot_id|>'", "+ ('<|eot_id|>\n' if loop.last or message['role'] == 'user' else '\n')", 1)
	all, err = ownFormOf(t, llamaModel(t, w)).examples(turns, false)
	if err != nil || len(all) != 2 {
		t.Fatalf("a template that writes earlier answers otherwise: %v, %v", all, err)
	}
	if text, learned := read(all[1]); learned != "磨坊<|eot_id|>" || !strings.HasPrefix(text, "<|begin_of_text|><|start_header_id|>user") {
		t.Errorf("the second example is %q, learned is %q", text, learned)
	}
}

// TestNoForm: what cannot be learned by is told, with what can be done.
func TestNoForm(t *testing.T) {
	for template, want := range map[string][2]string{
		"":          {"no chat template, and its vocabulary has no tokens <|im_start|>", "chat_template.jinja"},
		"{% for %}": {"cannot be learned by", "chat_template.jinja"},
		"{{ messages[-1]['content'] }}{% if add_generation_prompt %}?{% endif %}": {"is not how it begins the same conversation", "chat_template.jinja"},
	} {
		w := llamaWords(t)
		w.Template = template
		_, err := newForm("model", w, tokenNames{})
		if err == nil || !hint.IsUsage(err) || !strings.Contains(err.Error(), want[0]) || !strings.Contains(hint.Of(err), want[1]) {
			t.Errorf("template %q: %v, hint %q", template, err, hint.Of(err))
		}
	}
}

// TestPrefixStays: a model whose vocabulary puts a token before every text is trained on with it,
// and what is written says so; its template stays.
func TestPrefixStays(t *testing.T) {
	w := llamaWords(t)
	base := llamaModel(t, w)
	rows := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(rows, []byte(`{"prompt":"say","chosen":"the mill","rejected":"March"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	chats := filepath.Join(t.TempDir(), "chats.jsonl")
	if err := os.WriteFile(chats, []byte(`{"instruction":"say","output":"the mill"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	tune := TuneParams{Context: 48, Batch: 96, Rows: 2, Steps: 1, Rate: 0.001, Beta: 0.1, Seed: 1, Prompts: []string{"?"}}
	_, err := Tune(t.Context(), tune, base, []string{chats}, Options{Out: out + "/sft"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Prefer(t.Context(), tune, out+"/sft", []string{rows}, Options{Out: out + "/dpo"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sft", "dpo"} {
		got, err := model.OpenWords(filepath.Join(out, name))
		if err != nil || !slices.Equal(got.Prefix, w.Prefix) || got.Template != w.Template {
			t.Errorf("%s: prefix %v, template %q, %v", name, got.Prefix, got.Template, err)
		}
		var config map[string]any
		b, err := os.ReadFile(filepath.Join(out, name, "tokenizer_config.json"))
		if err := errors.Join(err, json.Unmarshal(b, &config)); err != nil || config["bos_token"] != "<|begin_of_text|>" || config["eos_token"] != "<|eot_id|>" {
			t.Errorf("%s: %s %v", name, b, err)
		}
		m, err := model.Open(filepath.Join(out, name))
		eot, _ := w.Tokenizer.ID("<|eot_id|>")
		if err != nil || !slices.Equal(m.Config.EOS, []int{int(eot), int(w.Prefix[0]) + 1}) {
			t.Errorf("%s: ends are %v, %v", name, m.Config.EOS, err)
		}
	}
}

// TestPrefixRows: a document begins at the token that the vocabulary puts before it, not at the
// end of the text before, and samples begin with it.
func TestPrefixRows(t *testing.T) {
	const bos, eot = 7, 9
	r := row{ids: []uint32{eot, bos, 1, eot, bos, 2, 3}}
	for _, tt := range []struct {
		prefix []uint32
		want   []int32
	}{{nil, []int32{0, 0, 0, 3, 3, 3}}, {[]uint32{eot}, []int32{0, 0, 0, 3, 3, 3}}, {[]uint32{bos}, []int32{0, 1, 1, 1, 4, 4}}} {
		if r.mark(&Corpus{EOT: eot, Prefix: tt.prefix}); !slices.Equal(r.starts, tt.want) {
			t.Errorf("prefix %v: documents begin at %v, want %v", tt.prefix, r.starts, tt.want)
		}
	}
	w := llamaWords(t)
	j := &job{tok: w.Tokenizer, prefix: w.Prefix, eot: 1}
	if ids, _, err := j.begin(""); err != nil || !slices.Equal(ids, w.Prefix) {
		t.Errorf("a sample begins with %v, %v, want %v", ids, err, w.Prefix)
	}
	tok := vocabulary(t, 280)
	c := newChatML(tok, []uint32{5})
	if ids, learn := c.encode([]Turn{{User, "x"}, {Assistant, "y"}}, false); ids[0] != 5 || ids[1] != c.start || len(ids) != len(learn) || learn[0] {
		t.Errorf("a conversation begins with %v, learned %v", ids, learn)
	}
	if text := c.template(); !strings.HasPrefix(text, string(tok.Token(5))+"{% for") {
		t.Errorf("the template begins with %q", text)
	}
}

// TestRefused: conversations that a template refuses are counted and left out.
func TestRefused(t *testing.T) {
	w := llamaWords(t)
	w.Template = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system here') }}{% endif %}" + llamaTemplate
	rows := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(rows, []byte(`{"instruction":"say","output":"the mill","system":"s"}`+"\n"+`{"instruction":"say","output":"the mill"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	_, err := Tune(t.Context(), TuneParams{Context: 48, Batch: 96, Rows: 2, Steps: 1, Seed: 1}, llamaModel(t, w), []string{rows}, Options{Out: t.TempDir() + "/m", Stderr: &said})
	if err != nil || !strings.Contains(said.String(), "1 conversations are left out, for which the chat template of the model has no form: refused: ") || !strings.Contains(said.String(), "no system here") {
		t.Errorf("%v, said %s", err, said.String())
	}
}
