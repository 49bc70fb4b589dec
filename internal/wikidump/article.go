package wikidump

import (
	"fmt"
	"strings"
)

var englishWords = strings.Fields(`mill river baker wheel stone grain winter village bridge council flour harbour engine
	flywheel bearing axle smith forge market tower archive letter island captain garden orchard theorem lattice vector energy
	spring autumn painter ledger court charter treaty valley pass summit glacier meadow barley copper silver loom weaver`)

var chineseWords = strings.Fields(`风车 河流 面包师 轮子 石头 谷物 冬天 村庄 桥梁 议会 面粉 港口 发动机 飞轮 轴承 车轴 铁匠 锻炉 市场 塔楼 档案 书信
	岛屿 船长 花园 果园 定理 格点 向量 能量 春天 秋天 画家 账本 法院 宪章 条约 山谷 关口 山峰 冰川 草地 大麦 铜器 银器 织机 织工`)

// word is one of the wiki's language.
func (w *writer) word() string {
	list := englishWords
	if w.Chinese {
		list = chineseWords
	}
	return list[w.rnd.IntN(len(list))]
}

// sentence makes a sentence with inline markup.
func (w *writer) sentence() string {
	var b strings.Builder
	sep, stop := " ", ". "
	if w.Chinese {
		sep, stop = "", "。"
	}
	for i := range 6 + w.rnd.IntN(14) {
		if i > 0 {
			b.WriteString(sep)
		}
		if w.rnd.IntN(5) == 0 {
			b.WriteString(w.inline())
		} else {
			b.WriteString(w.word())
		}
	}
	return b.String() + stop
}

// inline makes one piece of inline markup.
func (w *writer) inline() string {
	a, c, n := w.word(), w.word(), w.rnd.IntN(900)+10
	list := []string{
		"[[" + a + "]]", "[[" + a + "|" + c + "]]", "[[" + a + "]]s", "[[" + a + "#" + c + "|" + c + "]]", "[[:Category:" + a + "|" + c + "]]",
		"[[wikt:" + a + "|" + a + "]]", "'''" + a + "'''", "''" + a + "''", "'''''" + a + "'''''", "[https://a.example/" + fmt.Sprint(n) + " " + a + "]",
		"<ref>" + a + ", [[" + c + "]] {{cite book|title=" + a + "}}</ref>", "<ref name=\"" + a + "\" />", "{{lang|fr|" + a + "}}",
		"{{transl|ru|" + a + "}}", fmt.Sprintf("{{convert|%d|km|mi|abbr=on}}", n), fmt.Sprintf("{{cvt|%d|-|%d|m}}", n, n+5), "{{nowrap|" + a + "&nbsp;" + c + "}}",
		"{{citation needed|date=May 2020}}", fmt.Sprintf("{{start date|18%02d|5|4}}", n%100), "{{ruby|" + a + "|" + c + "}}", "{{abbr|" + a + "|" + c + "}}",
		fmt.Sprintf("<math>x_{%d} < \\frac{1}{2}</math>", n), "<chem>H2O</chem>", "<code>" + Code + "</code>", "<nowiki>" + Code + "</nowiki>",
		"<sub>2</sub>", "<!-- [[" + a + "]] {{ -->", "&mdash;", "<span style=\"color:red\">" + a + "</span>", "H<sup>2</sup>",
		"-{zh-hans:" + a + ";zh-hant:" + c + "}-", "-{" + a + "}-", "-{zh-cn:[[" + a + "]];zh-tw:" + c + ";}-", "-{H|zh-hans:" + a + ";zh-hant:" + c + "}-",
		"{{#if:" + a + "|" + c + "|}}", "{{#switch:" + a + "|" + a + "=" + c + "|#default=x}}", "{{#invoke:Math|add|1}}", "{{lc:" + a + "}}", "{{{1|" + a + "}}}",
		"{{link-en|" + a + "|" + c + "}}", "{{ill|" + a + "|de|" + c + "}}", "{{PAGENAME}}", "{{nowrap|{{lang|fr|{{small|" + a + "}}}}}}", "<br />", "__NOTOC__",
		"[[File:" + a + ".jpg|thumb|[[" + a + "]] {{lang|fr|" + c + "}}]]", "({{IPAc-x|" + a + "}})", "{{zh|s=" + a + "|t=" + c + "}}",
		"<syntaxhighlight lang=\"go\" inline>" + Code + "</syntaxhighlight>", "{{frac|1|2}}", "{{unknown " + a + "|x={{y|[[" + c + "]]}}}}", "{{" + a, a + "}}", "[[" + a,
	}
	return list[w.rnd.IntN(len(list))]
}

func (w *writer) paragraph() string {
	var b strings.Builder
	for range 2 + w.rnd.IntN(5) {
		b.WriteString(w.sentence())
		if w.rnd.IntN(6) == 0 {
			b.WriteByte('\n')
		}
	}
	return strings.TrimSpace(b.String()) + "\n\n"
}

// article makes a page of all kinds of blocks.
func (w *writer) article(title string) string {
	var b strings.Builder
	b.WriteString("{{Infobox thing\n| name = " + title + "\n| image = [[File:a.jpg]]\n| list = {{plainlist|\n* a\n* b\n}}\n| table = {|\n| x\n|}\n}}\n")
	b.WriteString("'''" + title + "''' " + w.paragraph())
	for range 2 + w.rnd.IntN(4) {
		b.WriteString("== " + w.word() + " ==\n" + w.paragraph() + w.block())
		if w.rnd.IntN(2) == 0 {
			b.WriteString("=== " + w.word() + " ===\n" + w.block() + w.paragraph())
		}
	}
	if w.Chinese {
		b.WriteString("== 参考文献 ==\n{{reflist}}\n<references />\n== 外部链接 ==\n* [https://a.example 官网]\n[[分类:" + w.word() + "]]\n[[en:Mill]]\n")
	} else {
		b.WriteString("== References ==\n{{reflist}}\n<references />\n== External links ==\n* [https://a.example site]\n{{DEFAULTSORT:Mill}}\n[[Category:" + w.word() + "]]\n[[zh:风车]]\n")
	}
	return b.String()
}

// block makes a list, a table, code, or another block.
func (w *writer) block() string {
	item := func(mark string) string { return mark + " " + strings.TrimSpace(w.sentence()) + "\n" }
	switch w.rnd.IntN(11) {
	case 0:
		return item("*") + item("**") + item("*") + "\n"
	case 1:
		return item("#") + item("##") + item("#") + "\n"
	case 2:
		return "; " + w.word() + "\n: " + w.sentence() + "\n\n"
	case 3:
		return "{| class=\"wikitable\"\n|+ " + w.word() + "\n! " + w.word() + " !! " + w.word() + "\n|-\n| style=\"x\" | " + w.inline() + " || " + w.word() + "\n|-\n| " + w.word() + "\n* " + w.word() + "\n| {|\n| " + w.word() + "\n|}\n|}\n"
	case 4:
		return "<syntaxhighlight lang=\"go\">\nfunc main() {\n\t" + Code + "\n}\n</syntaxhighlight>\n"
	case 5:
		return "<pre>\n* " + Code + "\n</pre>\n"
	case 6:
		return "<poem>\n" + w.word() + " ''" + w.word() + "''\n[[" + w.word() + "]]\n</poem>\n"
	case 7:
		return "<gallery>\nFile:a.jpg|[[" + w.word() + "]]\nFile:b.jpg\n</gallery>\n"
	case 8:
		return "{{quote|" + w.sentence() + "|" + w.word() + "}}\n"
	case 9:
		return "<blockquote>" + w.sentence() + "</blockquote>\n<includeonly>{{x}}</includeonly><noinclude>" + w.word() + "</noinclude>\n"
	}
	return " " + w.word() + "\n " + w.word() + "\n\n----\n"
}
