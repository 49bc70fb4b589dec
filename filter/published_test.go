package filter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/params"
)

// build returns a filter or edit with some parameters set.
func build(t testing.TB, name string, kv ...string) any {
	t.Helper()
	f := New(name)
	if f == nil {
		t.Fatalf("no filter %s", name)
	}
	for i := 0; i < len(kv); i += 2 {
		if err := params.Set(f, kv[i], kv[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := Prepare(f); err != nil {
		t.Fatal(err)
	}
	return f
}

const prose = "The wind came down from the hills and shook the shutters of the old mill. " +
	"Nobody had lived there since the flood, but the wheel still turned with the stream. " +
	"We have often asked ourselves who keeps the bearings greased."

// TestPublished holds the rules of the published recipes to cases that differ in
// one thing each.
func TestPublished(t *testing.T) {
	long := strings.Repeat("x", 250)
	for _, tt := range []struct {
		filter, set, text, language, rule string
	}{
		{"gopher_repetition", "", "", "en", "empty"},
		{"gopher_repetition", "", "You are my neighbour.\n\n\n\n\nYou are my neighbour.", "en", "dup_para_frac"},
		{"gopher_repetition", "", "You are my neighbour.\nYou are my neighbour.\nYou are my neighbour.\nWho else", "en", "dup_line_frac"},
		{"gopher_repetition", "", "One, here.\n\nTwo, there.\n\nThree, far.\n\nFour.\n\n" + strings.Repeat("y", 40) + "\n\n" + strings.Repeat("y", 40), "en", "dup_para_char_frac"},
		{"gopher_repetition", "", "One, here.\nTwo, there.\nThree, far.\nFour.\n" + strings.Repeat("y", 40) + "\n" + strings.Repeat("y", 40), "en", "dup_line_char_frac"},
		{"gopher_repetition", "", "I am Ada, said one, I am Ada, said another, I am Ada.", "en", "top_2_gram"},
		{"gopher_repetition", "top_3_gram=0,top_4_gram=0", strings.Repeat("a lonely walker came here ", 4) + prose, "en", "dup_5_gram"},
		{"gopher_repetition", "", prose + " " + prose, "en", "dup_5_gram"},
		{"gopher_repetition", "dup_5_gram=0", prose + " " + prose, "en", "dup_6_gram"},
		{"gopher_repetition", "", prose, "en", ""},
		{"gopher_quality", "", "Too short for this.", "en", "min_words"},
		{"gopher_quality", "min_words=0", "", "en", "empty"},
		{"gopher_quality", "min_words=10", prose, "en", ""},
		{"gopher_quality", "min_words=10,max_words=20", prose, "en", "max_words"},
		{"gopher_quality", "min_words=10", strings.Repeat("I am ", 20), "en", "min_mean_word"},
		{"gopher_quality", "min_words=10", strings.Repeat("interconnection ", 20), "en", "max_mean_word"},
		{"gopher_quality", "min_words=10", strings.Repeat("# remark ", 20), "en", "max_hashes"},
		{"gopher_quality", "min_words=10", strings.Repeat("... remark ", 20), "en", "max_ellipses"},
		{"gopher_quality", "min_words=10", strings.Repeat("- the words and\n", 20), "en", "max_bullet_lines"},
		{"gopher_quality", "min_words=10", strings.Repeat("the words and more go on and on in this line …\n", 5), "en", "max_ellipsis_lines"},
		{"gopher_quality", "min_words=10", strings.Repeat("123 (the) 456; ", 20), "en", "min_alpha_words"},
		{"gopher_quality", "min_words=10", strings.Repeat("water runs downhill ", 10), "en", "min_stop_words"},
		{"gopher_quality", "min_words=10", strings.Repeat("the water runs downhill ", 10), "en", "min_stop_words"},
		{"gopher_quality", "min_words=10,distinct=false", strings.Repeat("the water runs downhill ", 10), "en", ""},
		{"gopher_quality", "min_words=3,min_mean_word=1,max_mean_word=5,stop_words=[\"的\",\"是\"]", "我们的学校是一所很好的学校。", "zh", ""},
		{"fineweb", "", "\n \n", "en", "empty"},
		{"fineweb", "", "no stop at the end of this line at all\nnor at the end of this one here", "en", "min_line_punct"},
		{"fineweb", "allow_no_punct=true", "no stop at the end of this line at all\nnor at the end of this one here", "en", ""},
		{"fineweb", "", "Short one.\nShort two.\nShort three.", "en", "max_short_lines"},
		{"fineweb", "", prose + "\n" + prose, "en", "max_dup_chars"},
		{"fineweb", "max_short_lines=999", strings.Repeat("a.\n\n\n", 1) + prose + strings.Repeat("\n", 40), "en", "max_new_lines"},
		{"fineweb", "", prose, "en", ""},
		{"fineweb", "max_short_lines=0.5", prose + "\nShort.", "en", ""},
		{"fineweb", "max_short_lines=0.5,inclusive=true", prose + "\nShort.", "en", "max_short_lines"},
		{"fineweb", "", "这是一个很长的句子，它的长度超过了三十个字符，所以不会被当作短行来处理的。", "zh", ""},
		{"c4_paragraph", "", long + "\n" + long + "\n" + long, "en", ""},
		{"c4_paragraph", "", long + "\n" + long + "\nshort", "en", "min_paragraphs"},
		{"c4_page", "", prose + "\n" + prose, "en", ""},
		{"c4_page", "", prose, "en", "min_sentences"},
		{"c4_page", "min_sentences=3", prose, "en", ""},
		{"c4_page", "", "This here is a Lorem Ipsum.\n" + prose, "en", "lorem_ipsum"},
		{"c4_page", "", "This here has no stop and Lorem Ipsum\n" + prose + "\n" + prose, "en", ""},
		{"c4_page", "", "The line { has a brace.\n" + prose, "en", "curly_bracket"},
		{"c4_page", "", "The javascript { is taken out first.\n" + prose + "\n" + prose, "en", ""},
		{"length", "min_words=3", "Two words!!!", "en", "min_words"},
		{"length", "min_words=0,min_chars=4", "三个字", "zh", "min_chars"},
		{"length", "max_words=2", "three words here", "en", "min_words"},
		{"refined_web_page", "", prose + "\n3 likes", "en", ""},
		{"refined_web_page", "", "A short page of words\n3 likes\nSHARE THIS NOW", "en", "max_removed"},
	} {
		var kv []string
		for _, s := range split(tt.set) {
			k, v, _ := strings.Cut(s, "=")
			kv = append(kv, k, v)
		}
		f := build(t, tt.filter, kv...).(Filter)
		if got := f.Check(&feilun.Doc{Text: tt.text, Language: tt.language}); got.Rule != tt.rule {
			t.Errorf("%s(%s).Check(%q) = %+v, want rule %q", tt.filter, tt.set, tt.text, got, tt.rule)
		}
	}
}

// split cuts a list of settings at commas outside brackets.
func split(s string) []string {
	var out []string
	depth, from := 0, 0
	for i, r := range s {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	if s == "" {
		return nil
	}
	return append(out, s[from:])
}

func TestLineEdits(t *testing.T) {
	for _, tt := range []struct{ edit, set, text, want string }{
		{"c4_lines", "", "  We kept this line[1] here. \r\nno stop\n\nUse of cookies is what we do.\nAnd the last [edit]one stays!\n", "We kept this line here.\nAnd the last one stays!"},
		{"c4_lines", "", "one two three...", ""},
		{"c4_lines", "", "Ends with a mark of three [1]", "Ends with a mark of three [1]"[:0]},
		{"c4_lines", "terminal_punctuation=false", "[1] [2] [3]\nfour five six [4]\n[5] [6] [7]", "four five six"},
		{"c4_lines", "strip=false", " We keep spaces. \n\nAnd drop this\n", " We keep spaces. \n"},
		{"c4_lines", "", "Two words.\nNow there are three.", "Now there are three."},
		{"c4_lines", "", "Please turn on JavaScript now.\nNow there are three.", "Now there are three."},
		{"c4_lines", "", strings.Repeat("w", 1001) + " is too long.", ""},
		{"refined_web_lines", "", "Keep this line here\n1,234 Likes\n12345 678\nSHOUTED menu\n\nHome\nSign-in to read it all Read more...\n", "Keep this line here\n12345 678\n\n to read it all \n"},
		{"refined_web_lines", "", "3 items in cart\nread more...\n5 birds sang", "3 \n5 birds sang"},
	} {
		var kv []string
		for _, s := range split(tt.set) {
			k, v, _ := strings.Cut(s, "=")
			kv = append(kv, k, v)
		}
		e := build(t, tt.edit, kv...).(Edit)
		if got, cuts := e.Edit(&feilun.Doc{Text: tt.text, Language: "en"}); got != tt.want {
			t.Errorf("%s(%s).Edit(%q) = %q, %v, want %q", tt.edit, tt.set, tt.text, got, cuts, tt.want)
		}
	}
}

func TestC4BadWords(t *testing.T) {
	dir := t.TempDir()
	for name, list := range map[string]string{
		"en.txt": "naughty\nreally bad\n", "zh": "坏词\n性\n", "README.md": "text\n", "LICENSE": "the\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f := build(t, "c4_bad_words", "lists", dir).(Filter)
	for _, tt := range []struct{ language, text, rule, note string }{
		{"en", "A Naughty-word.", "found", "naughty"},
		{"en", "unnaughty naughty_ naughtyé", "", ""},
		{"", "It was REALLY bad", "found", "really bad"},
		{"zh", "这是坏词吗", "found", "坏词"},
		{"zh", "性别", "", ""},
		{"fr", "naughty", "", ""},
	} {
		if v := f.Check(&feilun.Doc{Text: tt.text, Language: tt.language}); v.Rule != tt.rule || v.Note != tt.note {
			t.Errorf("Check(%s, %q) = %+v, want %q %q", tt.language, tt.text, v, tt.rule, tt.note)
		}
	}
	g := build(t, "c4_bad_words", "lists", dir, "keep_unknown", "false").(Filter)
	if v := g.Check(&feilun.Doc{Text: "x", Language: "fr"}); v.Rule != "keep_unknown" {
		t.Errorf("a language without a list gave %+v", v)
	}
	h := New("c4_bad_words").(*C4BadWords)
	h.Lists = filepath.Join(dir, "nowhere")
	if err := Prepare(h); err == nil {
		t.Error("a folder that is not there was accepted")
	}
}
