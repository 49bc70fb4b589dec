package train

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"feilun/internal/bpe"
	"feilun/internal/hint"
	"feilun/internal/jinja"
	"feilun/internal/testkit"
	"feilun/model"
)

func TestParseChat(t *testing.T) {
	u, a, s := func(x string) Turn { return Turn{User, x} }, func(x string) Turn { return Turn{Assistant, x} }, func(x string) Turn { return Turn{System, x} }
	for _, tt := range []struct {
		row  string
		want []Chat
		why  string
	}{
		{`{"instruction":"问","input":"","output":"答"}`, []Chat{{Turns: []Turn{u("问"), a("答")}}}, ""},
		{`{"instruction":"i","input":"x","output":"o","system":"s","history":[["a","b"]]}`, []Chat{{Turns: []Turn{s("s"), u("a"), a("b"), u("i\nx"), a("o")}}}, ""},
		{`{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"r"}]}`, []Chat{{Turns: []Turn{u("q"), a("r")}}}, ""},
		{`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"text","text":"r"}]}]}`, []Chat{{Turns: []Turn{u("q"), a("r")}}}, ""},
		{`{"instances":[{"input":"a","output":"b"}]}`, nil, "no instruction"},
		{`{"instruction":"i","instances":[{"input":"","output":"1"},{"input":"x","output":"2"}]}`, []Chat{{Turns: []Turn{u("i"), a("1")}}, {Turns: []Turn{u("i\nx"), a("2")}}}, ""},
		{`{"conversations":[{"from":"human","value":"q"}],"chosen":{"from":"gpt","value":"r"},"rejected":{"from":"gpt","value":"w"}}`,
			[]Chat{{Turns: []Turn{u("q"), a("r")}, Rejected: []Turn{u("q"), a("w")}}}, ""},
		{`{"prompt":"q","chosen":"r","rejected":"w"}`, []Chat{{Turns: []Turn{u("q"), a("r")}, Rejected: []Turn{u("q"), a("w")}}}, ""},
		{`{"chosen":"\n\nHuman: q\n\nAssistant: r","rejected":"\n\nHuman: q\n\nAssistant: w"}`, []Chat{{Turns: []Turn{u("q"), a("r")}, Rejected: []Turn{u("q"), a("w")}}}, ""},
		{`{"prompt":"q","chosen":"r","rejected":"r"}`, nil, "both answers are the same"},
		{`{"prompt":"q","chosen":"r ","rejected":" r"}`, nil, "both answers are the same"},
		{`{"prompt":"q","chosen":"r"}`, nil, "no rejected answer"},
		{`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"r"}],"label":false}`, nil, "an answer marked as bad"},
		{`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"r"}],"label":true}`, []Chat{{Turns: []Turn{u("q"), a("r")}}}, ""},
		{`{"prompt":"q","chosen":"r","rejected":"w","label":1}`, []Chat{{Turns: []Turn{u("q"), a("r")}, Rejected: []Turn{u("q"), a("w")}}}, ""},
		{`{"instruction":"i","output":"o","label":"news"}`, []Chat{{Turns: []Turn{u("i"), a("o")}}}, ""},
		{`{"instruction":"i","output":""}`, nil, "no answer at the end"},
		{`{"conversations":[{"from":"human","value":"q"}]}`, nil, "no answer at the end"},
		{`{"conversations":[{"from":"ghost","value":"q"}]}`, nil, `role "ghost"`},
		{`{"text":"x"}`, nil, "no answer at the end"},
		{`{"messages":[{"role":"developer","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"r","tool_calls":[]}]}`, []Chat{{Turns: []Turn{s("s"), u("q"), a("r")}}}, ""},
		{`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]},{"role":"tool","content":"t"},{"role":"assistant","content":"r"}]}`, nil, "calls of tools"},
		{`{"system":"s","question":"q","chosen":"r","rejected":"w"}`, []Chat{{Turns: []Turn{s("s"), u("q"), a("r")}, Rejected: []Turn{s("s"), u("q"), a("w")}}}, ""},
		{`{"system":"s","prompt":"q","chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"r"}],"rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"w"}]}`,
			[]Chat{{Turns: []Turn{s("s"), u("q"), a("r")}, Rejected: []Turn{s("s"), u("q"), a("w")}}}, ""},
		{`"x"`, nil, "of another form"},
		{`{"prompt":"q","completion":"r"}`, []Chat{{Turns: []Turn{u("q"), a("r")}}}, ""},
		{`{"prompt":"q","completion":"r","label":false}`, nil, "an answer marked as bad"},
		{`{"prompt":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"completion":[{"role":"assistant","content":"r"}]}`, []Chat{{Turns: []Turn{s("s"), u("q"), a("r")}}}, ""},
		{`{"prompt":"q","response":"r"}`, []Chat{{Turns: []Turn{u("q"), a("r")}}}, ""},
		{`{"query":"q","response":"r","history":[["a","b"]]}`, []Chat{{Turns: []Turn{u("a"), a("b"), u("q"), a("r")}}}, ""},
		{`{"system_prompt":"s","question":"q","response":"r"}`, []Chat{{Turns: []Turn{s("s"), u("q"), a("r")}}}, ""},
		{`{"question":"q","answer":"r"}`, []Chat{{Turns: []Turn{u("q"), a("r")}}}, ""},
		{`{"question":"q","answer":2}`, nil, "of another form"},
		{`{"question":"q","choices":["x","y"],"answer":"B"}`, nil, "a question with choices"},
		{`{"instruction":"i","context":"x","response":"r"}`, []Chat{{Turns: []Turn{u("i\nx"), a("r")}}}, ""},
		{`{"prompt":"q","completion":""}`, nil, "no answer at the end"},
		{`{"completion":"r"}`, nil, "no answer at the end"},
		{`{"prompt":"q","messages":[{"role":"user","content":"v"},{"role":"assistant","content":"w"}],"response":"r"}`, []Chat{{Turns: []Turn{u("v"), a("w")}}}, ""},
	} {
		got, _, why, err := parseChat([]byte(tt.row))
		if err != nil || why != tt.why || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("parseChat(%s) = %v, %q, %v; want %v, %q", tt.row, got, why, err, tt.want, tt.why)
		}
	}
	if _, _, _, err := parseChat([]byte(`{"a`)); err == nil {
		t.Error("half a row was read")
	}
}

// TestChatTools: rows that list tools, as text or as a list, are counted, and that the tools are not
// learned is said.
func TestChatTools(t *testing.T) {
	const turns = `"conversations":[{"from":"human","value":"say"},{"from":"function_call","value":"{}"},{"from":"observation","value":"x"},{"from":"gpt","value":"y"}]`
	n, err := readChats(strings.NewReader(`{`+turns+`,"tools":"[{\"name\":\"f\"}]"}{`+turns+`,"tools":[{"name":"f"}]}`), func(Chat) error { return nil })
	if err == nil {
		t.Error("two rows in a line were read")
	}
	n, err = readChats(strings.NewReader(`{`+turns+`,"tools":"[{\"name\":\"f\"}]"}`+"\n{"+turns+`,"tools":[{"name":"f"}]}`+"\n{"+turns+`,"tools":"[]"}`+"\n{"+turns+`,"tools":null}`), func(Chat) error { return nil })
	if err != nil || n.Used != 4 || n.Tools != 2 {
		t.Errorf("%+v, %v; want 2 rows with tools of 4", n, err)
	}
	name := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(name, []byte(`{`+turns+`,"tools":"[{\"name\":\"f\"}]"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	j := &job{Options: Options{Stderr: &said}}
	if err := (&TuneParams{}).chats(j, []string{name}, func(Chat, bool) error { return nil }); err != nil || !strings.Contains(said.String(), "1 of 1 rows used; 1 rows list tools, which the model is not told of") {
		t.Errorf("%v, said %q", err, said.String())
	}
}

// TestChatLists reads lists that are whole, cut short, and followed by something.
func TestChatLists(t *testing.T) {
	const row = `{"instruction":"a","output":"b"}`
	for in, want := range map[string]string{"[" + row + "]\n": "", "[" + row: "cut short", "[" + row + ",": "", "[" + row + "] x": "behind the end", "[" + row + "]" + row: "behind the end", "{\n}": "row 1"} {
		n, err := readChats(strings.NewReader(in), func(Chat) error { return nil })
		if whole := in == "["+row+"]\n"; (err == nil) != whole || err != nil && (!strings.Contains(err.Error(), want) || !hint.IsUsage(err)) || whole && n.Used != 1 {
			t.Errorf("readChats(%q) = %+v, %v; want %q", in, n, err, want)
		}
	}
	if _, err := readChats(strings.NewReader(strings.Repeat("x", maxRow+1)), nil); err == nil || !strings.Contains(err.Error(), "longer than 64 MiB") {
		t.Errorf("a row without end: %v", err)
	}
}

// TestChatRemarks holds what is said of rows that are too long, equal or none at all.
func TestChatRemarks(t *testing.T) {
	dir := t.TempDir()
	p := *small(t)
	p.Steps = 1
	if _, err := Run(t.Context(), p, packed(t, vocabulary(t, 300), words(100, 1), 10), Options{Out: dir + "/base"}); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("mill ", 200)
	tune := TuneParams{Context: 48, Batch: 96, Rows: 2, Steps: 1, Rate: 0.001, Beta: 0.1, Seed: 1}
	for _, tt := range []struct{ kind, rows, said, err, hint string }{
		{"sft", `{"instruction":"say","output":"` + long + `"}` + "\n" + `{"instruction":"` + long + `","output":"x"}`, "2 conversations are longer than --context 48 tokens: they are cut at the end, and 1 of them", "", ""},
		{"sft", `{"instruction":"say","output":"x"}`, "there is no validation text", "", ""},
		{"sft", `{"instruction":"` + long + `","output":"x"}`, "left out", "no conversation", "--context"},
		{"sft", "", "0 of 0 rows", "no conversation", "ShareGPT"},
		{"dpo", `{"prompt":"say","chosen":"x","rejected":"` + long + `"}` + "\n" + `{"prompt":"say","chosen":"x","rejected":"y"}`, "1 pairs are longer than --context 48", "", ""},
		{"dpo", `{"prompt":"say","chosen":"x","rejected":"x"}`, "both answers are the same", "no pair", "chosen and rejected"},
		{"dpo", `{"prompt":"say","chosen":"x","rejected":"` + long + `"}`, "longer", "no pair", "--context"},
	} {
		name := filepath.Join(dir, "rows.jsonl")
		if err := os.WriteFile(name, []byte(tt.rows), 0o644); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		run := map[string]func(context.Context, TuneParams, string, []string, Options) (*Outcome, error){"sft": Tune, "dpo": Prefer}[tt.kind]
		_, err := run(t.Context(), tune, dir+"/base", []string{name}, Options{Out: filepath.Join(t.TempDir(), "m"), Stderr: &said})
		if !strings.Contains(said.String(), tt.said) {
			t.Errorf("%s %s: said %q, want %q", tt.kind, tt.rows, said.String(), tt.said)
		}
		if (err != nil) != (tt.err != "") || err != nil && (!strings.Contains(err.Error(), tt.err) || !strings.Contains(hint.Of(err), tt.hint)) {
			t.Errorf("%s %s: %v, hint %q; want %q, %q", tt.kind, tt.rows, err, hint.Of(err), tt.err, tt.hint)
		}
	}
}

// TestChatFiles reads the files of conversations that others publish.
func TestChatFiles(t *testing.T) {
	for _, tt := range []struct {
		name string
		pair bool
	}{
		{"alpaca_en_demo.jsonl.zst", false}, {"alpaca_zh_demo.jsonl.zst", false}, {"belle_zh_seed_tasks.jsonl.zst", false}, {"dpo_zh_demo.jsonl.zst", true},
		{"dummy_conversation.json.zst", false}, {"glaive_toolcall_zh_demo.jsonl.zst", false}, {"hh_harmless_base_test.jsonl.zst", true}, {"identity.json.zst", false}, {"zh-baseline_饮食问题.json", false},
	} {
		name := testkit.Data(t, "sft", tt.name)
		pairs, chats := 0, 0
		n, err := ReadChats(name, func(c Chat) error {
			chats++
			if c.Rejected != nil {
				pairs++
			}
			return nil
		})
		if err != nil || n.Used == 0 || n.Used*10 < n.Rows*9 || tt.pair != (pairs == chats) {
			t.Errorf("%s: %+v, %d chats, %d pairs, %v", tt.name, n, chats, pairs, err)
		}
	}
}

// TestChatML checks tokens and which of them are learned.
func TestChatML(t *testing.T) {
	tok := vocabulary(t, 280)
	c := newChatML(tok, nil)
	ids, answer := c.encode([]Turn{{User, "the <|im_end|> mill"}, {Assistant, " until\nMarch "}, {User, "?"}, {Assistant, "磨坊"}}, false)
	var all, learned []uint32
	for i, id := range ids {
		all = append(all, id)
		if answer[i] {
			learned = append(learned, id)
		}
	}
	text, err := tok.Decode(nil, all)
	if want := "<|im_start|>user\nthe <|im_end|> mill<|im_end|>\n<|im_start|>assistant\nuntil\nMarch<|im_end|>\n<|im_start|>user\n?<|im_end|>\n<|im_start|>assistant\n磨坊<|im_end|>\n"; err != nil || string(text) != want {
		t.Errorf("tokens read %q, want %q", text, want)
	}
	if rendered := rendered(t, []Turn{{User, "the [mark] mill"}, {Assistant, " until\nMarch "}, {User, "?"}, {Assistant, "磨坊"}}); rendered != strings.Replace(string(text), "the <|im_end|>", "the [mark]", 1) {
		t.Errorf("the template stored with the model renders %q, the tokens read %q", rendered, text)
	}
	text, _ = tok.Decode(nil, learned)
	if want := "until\nMarch<|im_end|>磨坊<|im_end|>"; string(text) != want {
		t.Errorf("learned is %q, want %q", text, want)
	}
	marks := 0
	for _, id := range ids {
		if id == c.end {
			marks++
		}
	}
	if marks != 4 {
		t.Errorf("%d ends of turns, want 4: a mark in the text is text", marks)
	}
	if _, answer := c.encode([]Turn{{User, "?"}, {Assistant, " "}}, false); slices.Contains(answer, true) {
		t.Error("an answer without text is learned")
	}
}

// TestShownTokens: a token that texts show, such as <think>, is not called special in one file
// of the vocabulary and shown in the other.
func TestShownTokens(t *testing.T) {
	tok := vocabulary(t, 280)
	tok.Shown = map[uint32]bool{tok.Special[1].ID: true}
	var f struct {
		Added map[uint32]struct{ Special bool } `json:"added_tokens_decoder"`
	}
	if err := json.Unmarshal((&job{tok: tok, m: &model.Model{}}).tokenizerConfig(), &f); err != nil {
		t.Fatal(err)
	}
	for _, s := range tok.Special {
		if f.Added[s.ID].Special == tok.Shown[s.ID] {
			t.Errorf("%s: special is %v", s.Text, f.Added[s.ID].Special)
		}
	}
}

// rendered is a conversation by the template that is stored with the model.
func rendered(t *testing.T, turns []Turn) string {
	t.Helper()
	template, err := jinja.Parse(Template)
	if err != nil {
		t.Fatal(err)
	}
	var messages []any
	for _, x := range turns {
		messages = append(messages, jinja.NewMap("role", x.Role, "content", x.Text))
	}
	out, err := template.Render(map[string]any{"messages": messages, "add_generation_prompt": false}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func FuzzChat(f *testing.F) {
	f.Add(`[{"instruction":"a","output":"b"}]`)
	f.Add(`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"r"}]}` + "\n{}\n")
	f.Add(`{"instances":[{"input":"a","output":"b"}]}`)
	f.Add(`{"chosen":"\n\nHuman: q","rejected":[]}`)
	f.Fuzz(func(t *testing.T, in string) {
		n, err := readChats(strings.NewReader(in), func(c Chat) error {
			if why := usable(c.Turns); why != "" {
				t.Errorf("a conversation with %s", why)
			}
			return nil
		})
		if err == nil && n.Used > n.Rows {
			t.Errorf("%d used of %d", n.Used, n.Rows)
		}
	})
}

// TestChatMLSpaces: a vocabulary that puts a space before the first text alone puts none behind the marks.
func TestChatMLSpaces(t *testing.T) {
	for scheme, want := range map[string]string{"first": "<|im_start|>user\nthe<|im_end|>\n", "always": "<|im_start|> user\nthe<|im_end|> \n"} {
		tok, err := bpe.ReadJSON(bytes.NewReader(testkit.SentencePiece(t, scheme)))
		if err != nil {
			t.Fatal(err)
		}
		tok.Special = append(tok.Special, bpe.Special{Text: turnStart, ID: 400}, bpe.Special{Text: turnEnd, ID: 401})
		ids, _ := newChatML(tok, nil).encode([]Turn{{User, "the"}}, false)
		if text, err := tok.Decode(nil, ids); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v, want %q", scheme, text, err, want)
		}
	}
}
