package filter

import (
	"path/filepath"
	"strings"
	"testing"

	"feilun"
)

func TestHan(t *testing.T) {
	dir := writeFiles(t, map[string]string{"terms.txt": "# bad words\n性\n赌博\n代开发票\n"})
	f := ready(t, &Han{}, func(f *Han) {
		f.Terms = []string{filepath.Join(dir, "terms.txt")}
		f.Allow = []string{"性能", "性质"}
	})
	const good = "今天天气很好，我们一起去公园散步，看见湖边的柳树已经发芽了。"
	for _, tt := range []struct{ name, lang, text, rule, note string }{
		{"prose", "zh", good, "", ""},
		{"empty", "zh", "", "", ""},
		{"another language", "en", "【】【】【】", "", ""},
		{"unknown, mostly Latin", "", "hello world and 你好", "", ""},
		{"unknown, mostly Han", "und", strings.Repeat("【重磅】", 8), "max_brackets", ""},
		{"mostly Latin", "zh", "This page is in English, 只有一点中文.", "min_han", ""},
		{"no punctuation", "zh", strings.Repeat("北京搬家公司电话上海搬家公司电话 ", 20), "min_punctuation", ""},
		{"all punctuation", "zh", "好！！！！！！！！！！", "max_punctuation", ""},
		{"digits", "zh", "电话，一三八 13800000000 13900000000", "max_digits", ""},
		{"short lines", "zh", strings.Repeat("首页，新闻\n", 10), "min_line", ""},
		{"few characters", "zh", strings.Repeat("哈哈哈哈，哈哈哈哈哈。", 20), "min_unique", ""},
		{"term", "zh", good + "这里可以代开发票，欢迎来电咨询。", "max_terms", "代开发票"},
		{"allowed words", "zh", "这台机器的性能很好，性质也很稳定，" + good, "", ""},
		{"term between lines", "zh", strings.Repeat(good+"\n", 3) + "警方提醒大家远离赌博，珍惜家庭。", "", ""},
	} {
		got := f.Clone().Check(&feilun.Doc{Language: tt.lang, Text: tt.text})
		if got.Rule != tt.rule || got.Note != tt.note {
			t.Errorf("%s: Check = %+v, want rule %q, note %q", tt.name, got, tt.rule, tt.note)
		}
	}
}

// TestHanOnRealPages prints what the rules drop of real Chinese pages.
func TestHanOnRealPages(t *testing.T) {
	f := ready(t, &Han{}, nil)
	for name, docs := range realSets(t) {
		rules, zh := map[string]int{}, 0
		for _, d := range docs {
			if n := f.read(d.Text); 2*n.han > n.letters {
				zh++
			}
			if v := f.Check(d); !v.Kept() {
				rules[v.Rule]++
			}
		}
		if zh > 0 {
			t.Logf("%-18s %5d Chinese documents, dropped by rule %v", name, zh, rules)
		}
	}
}
