package pipeline

import (
	"strings"

	"feilun"
)

// zhWords are n words that jieba cuts as they stand: single characters between
// spaces, or runs of Latin letters and digits.
func zhWords(n int) []string { return strings.Fields(strings.Repeat("的 在 河 水 ", n))[:n] }

func fineweb2zh() []conformCase {
	q, r, f := "filter.gopher_quality", "filter.gopher_repetition", "filter.fineweb"
	stops := []string{"的", "在"}
	return []conformCase{
		{step: q, name: "49 words", doc: zh(join(zhWords(49))), rule: "min_words", value: 49, limit: 50},
		{step: q, name: "50 words", doc: zh(join(zhWords(50)))},
		{step: q, name: "mean word 5", doc: zh(join(stops, times(46, "abcde"), times(2, "abcdefghi")))},
		{step: q, name: "mean word 5.02", doc: zh(join(stops, times(46, "abcde"), []string{"abcdefghi", "abcdefghij"})), rule: "max_mean_word", value: 251. / 50, limit: 5},
		{step: q, name: "147 of 200 with letters", doc: zh(join(zhWords(147), times(53, "1234")))},
		{step: q, name: "146 of 200 with letters", doc: zh(join(zhWords(146), times(54, "1234"))), rule: "min_alpha_words", value: 0.73, limit: 0.735},
		{step: q, name: "one stop word", doc: zh(join(times(10, "的"), times(40, "水"))), rule: "min_stop_words", value: 1, limit: 2},
		{step: r, name: "2 of 10 lines", doc: zh(repeatedLines(2, "\n"))},
		{step: r, name: "3 of 10 lines", doc: zh(repeatedLines(3, "\n")), rule: "dup_line_frac", value: 0.3, limit: 0.287},
		{step: r, name: "paragraphs are not looked at", doc: zh(repeatedLines(2, "\n\n"))},
		{step: r, name: "17 of 100 words again", doc: zh(block(100, 17))},
		{step: r, name: "30 of 100 words again", doc: zh(block(100, 30)), rule: "dup_5_gram", value: 180. / 699, limit: 0.198},
		{step: f, name: "106 of 1000 lines stop", doc: zh(sentences(1000, 106, "。"))},
		{step: f, name: "105 of 1000 lines stop", doc: zh(sentences(1000, 105, "。")), rule: "min_line_punct", value: 0.105, limit: 0.106},
		{step: f, name: "short lines are not looked at", doc: zh(strings.Repeat("水的河在水的河在。", 1) + "\n河水的在河水的在。")},
		{step: f, name: "a line of 11 twice", doc: zh(sentences(10, 10, "。") + "\n" + join(uniq(0, 8)) + "。")},
		{step: f, name: "a line of 9 twice", doc: zh(sentences(8, 8, "。") + "\n" + join(uniq(0, 8)) + "。"), rule: "max_dup_chars", value: 1. / 9, limit: 0.1},
		{step: f, name: "16 line feeds to 90 words", doc: zh(newLines(10, 7))},
		{step: f, name: "17 line feeds to 90 words", doc: zh(newLines(10, 8)), rule: "max_new_lines", value: 17. / 90, limit: 0.178},
	}
}

const zhProse = "老磨坊立在河边，镇上的人们多年来常带着孩子到那里散步。据说磨坊主听水车的声音就能知道天气，没有人怀疑过他。" +
	"第二天早晨下起了小雨，田里的庄稼终于喝足了水，农民们高兴地坐在屋檐下喝茶聊天。"

// zhWeb are cases of our own rules: what they measure is defined in
// docs/stages/filter.md, so that most values are not computed here.
func zhWeb() []conformCase {
	page := func(status int) feilun.Doc {
		return feilun.Doc{Text: zhProse, Language: "zh", Page: &feilun.Page{Status: status}}
	}
	titled := func(title, text string) feilun.Doc { return feilun.Doc{Title: title, Text: text, Language: "zh"} }
	novel := "第三章 雨夜\n" + zhProse + "\n上一章 目录 下一章 加入书签 最新章节 请记住本站域名 手机版阅读网址 笔趣阁 推荐票 投推荐票\n"
	return []conformCase{
		{step: "filter.status", name: "200", doc: page(200)},
		{step: "filter.status", name: "404", doc: page(404), rule: "max_status", value: 404, limit: 200},
		{step: "filter.soft404", name: "notice", doc: titled("404 页面不存在", "抱歉，您访问的页面不存在。"), rule: "max_titled_share", noValue: true},
		{step: "filter.soft404", name: "prose", doc: titled("老磨坊", zhProse)},
		{step: "filter.parked", name: "for sale", doc: titled("域名出售", "该域名出售，请联系我们购买此域名。"), rule: "max_titled_share", noValue: true},
		{step: "filter.parked", name: "prose", doc: titled("老磨坊", zhProse)},
		{step: "filter.mirror", name: "prose", doc: zh(zhProse)},
		{step: "filter.mirror", name: "novel mirror", doc: zh(strings.Repeat(novel, 3)), rule: "max_marks", noValue: true},
		{step: "filter.stuffed", name: "prose", doc: zh(zhProse)},
		{step: "filter.stuffed", name: "one term", doc: zh(strings.Repeat("深圳搬家公司哪家好，深圳搬家公司电话，深圳搬家公司价格，", 20)), rule: "max_term", noValue: true},
		{step: "filter.mirror_lines", name: "prose", doc: zh(zhProse)},
		{step: "filter.mirror_lines", name: "frame", doc: zh(zhProse + "\n请记住本站域名\n" + zhProse), want: zhProse + "\n" + zhProse},
		{step: "filter.length@zh", name: "49 characters", doc: zh(strings.Repeat("水", 49)), rule: "min_chars", value: 49, limit: 50},
		{step: "filter.length@zh", name: "50 characters", doc: zh(strings.Repeat("水", 50))},
		{step: "filter.length@en", name: "99 characters", doc: en(strings.Repeat("w", 99)), rule: "min_chars", value: 99, limit: 100},
		{step: "filter.length@en", name: "100 characters", doc: en(strings.Repeat("w", 100))},
		{step: "filter.han@zh", name: "14 of 100 letters", doc: zh(strings.Repeat("河水在这里流，", 2) + "岸上" + strings.Repeat("qwertyuiop", 8) + "zxcvbn。"), rule: "min_han", value: 0.14, limit: 0.15},
		{step: "filter.han@zh", name: "prose", doc: zh(zhProse)},
		{step: "filter.mask", name: "telephone and e-mail", doc: zh("电话13912345678，邮箱zhang@mail.example.cn。"), want: "电话[PHONE]，邮箱email@example.com。"},
		{step: "filter.mask", name: "a number of goods", doc: zh("订单号 20139123456781。")},
	}
}

func zhWebEnglish() []conformCase {
	q, r := "filter.gopher_quality@en", "filter.gopher_repetition@en"
	base := func(n int) []string { return strings.Fields(strings.Repeat("the river and mills ", n))[:n] }
	return []conformCase{
		{step: q, name: "29 words", doc: en(join(base(29))), rule: "min_words", value: 29, limit: 30},
		{step: q, name: "30 words", doc: en(join(base(30)))},
		{step: q, name: "half with letters", doc: en(join(base(20), times(20, "1234")))},
		{step: q, name: "less than half", doc: en(join(base(19), times(21, "1234"))), rule: "min_alpha_words", value: 0.475, limit: 0.5},
		{step: r, name: "50 of 120 words again", doc: en(block(120, 50))},
		{step: r, name: "60 of 120 words again", doc: en(block(120, 60)), rule: "dup_10_gram", value: 360. / 839, limit: 0.4},
		{step: "filter.length@en", name: "Chinese is not looked at", doc: zh("短")},
	}
}

// dclmCases count as DCLM counts: words between white space, every occurrence.
func dclmCases() []conformCase {
	u, l, q, r := "filter.url", "filter.length", "filter.dclm_quality", "filter.dclm_repetition"
	page := func(url string) feilun.Doc { return feilun.Doc{URL: url, Text: "x", Language: "en"} }
	base := func(n int) []string { return strings.Fields(strings.Repeat("the river and mills ", n))[:n] }
	return []conformCase{
		{step: u, name: "host", doc: page("http://www.blocked.example/x"), rule: "subdomain", value: 1},
		{step: u, name: "deeper host", doc: page("http://a.blocked.example/x")},
		{step: u, name: "strict word, - and . apart", doc: page("http://ok.example/free.sexn-ow"), rule: "max_subwords", value: 1},
		{step: u, name: "other marks count", doc: page("http://ok.example/free_sexnow")},
		{step: u, name: "hard word in any case", doc: page("http://ok.example/Casino"), rule: "max_words", value: 1},
		{step: u, name: "part of a hard word", doc: page("http://ok.example/casinos")},
		{step: u, name: "two soft words", doc: page("http://ok.example/Poker/bet"), rule: "max_soft_words", value: 2, limit: 1},
		{step: u, name: "one soft word", doc: page("http://ok.example/poker")},
		{step: "filter.clean_up", name: "addresses", doc: en("See https://a.example/b?c=d. And www.b.com, or c.org/x too."), want: "See . And , or  too."},
		{step: "filter.clean_up", name: "line feeds", doc: en("a\n\n\n\nb"), want: "a\n\nb"},
		{step: "filter.clean_up", name: "nothing to do", doc: en("a@b.com e.g. end.In 3.14 readme.TXT\n\nb")},
		{step: l, name: "49 words and marks", doc: en(join(base(49), times(30, "!"))), rule: "min_words", value: 49, limit: 50},
		{step: l, name: "50 words", doc: en(join(base(50)))},
		{step: l, name: "100001 words", doc: en(join(base(100001))), rule: "max_words", value: 100001, limit: 100000},
		{step: q, name: "mean word 3", doc: en(join([]string{"the", "and"}, times(8, "mew")))},
		{step: q, name: "mean word 2.9", doc: en(join([]string{"the", "and", "ox"}, times(7, "mew"))), rule: "min_mean_word", value: 2.9, limit: 3},
		{step: q, name: "mean word 10", doc: en(join([]string{"the", "and"}, times(6, "waterfalls"), times(2, "abcdefghijklmnopq")))},
		{step: q, name: "mean word 10.1", doc: en(join([]string{"the", "and"}, times(6, "waterfalls"), []string{"abcdefghijklmnopq", "abcdefghijklmnopqr"})), rule: "max_mean_word", value: 10.1, limit: 10},
		{step: q, name: "a tenth symbols", doc: en(join(base(8), []string{"more...", "river"}))},
		{step: q, name: "2 of 10 symbols", doc: en(join(base(8), []string{"more...", "riv#er"})), rule: "max_symbols", value: 0.2, limit: 0.1},
		{step: q, name: "9 of 10 bullets", doc: en(strings.Repeat("*the river and mills\n\n", 9) + "the river and mills")},
		{step: q, name: "all bullets", doc: en(strings.Repeat("●the river and mills\n", 10)), rule: "max_bullet_lines", value: 1, limit: 0.9},
		{step: q, name: "3 of 10 ellipses", doc: en(strings.Repeat("the river and mills…\n", 3) + strings.Repeat("the river and mills flow\n", 7))},
		{step: q, name: "4 of 10 ellipses", doc: en(strings.Repeat("the river and mills…\n", 4) + strings.Repeat("the river and mills flow\n", 6)), rule: "max_ellipsis_lines", value: 0.4, limit: 0.3},
		{step: q, name: "2 of 10 without letters", doc: en(join(base(8), times(2, "1234")))},
		{step: q, name: "3 of 10 without letters", doc: en(join(base(7), times(3, "1234"))), rule: "max_non_alpha_words", value: 0.3, limit: 0.2},
		{step: q, name: "one stop word twice", doc: en("The river ran to the sea")},
		{step: q, name: "one stop word once", doc: en("The river ran down from hills"), rule: "min_stop_words", value: 1, limit: 2},
		{step: r, name: "3 of 11 lines are one", doc: en(repeatedLines(2, "\n") + "\n" + join(uniq(500, 12)))},
		{step: r, name: "4 of 10 lines are one", doc: en(repeatedLines(3, "\n")), rule: "dup_line_frac", value: 0.4, limit: 0.3},
		{step: r, name: "4 of 10 paragraphs are one", doc: en(repeatedLines(3, "\n\n")), rule: "dup_line_frac", value: 0.4, limit: 0.3},
		{step: r, name: "6 of 100 words again", doc: en(block(100, 6))},
		{step: r, name: "8 of 100 words again", doc: en(block(100, 8)), rule: "dup_5_gram", value: 0.16, limit: 0.15},
		{step: r, name: "the longest of equally frequent pairs", doc: en("aa bb " + join(uniq(0, 7)) + " aa bb qqqqqo qqqqqa " + join(uniq(20, 3)) + " qqqqqo qqqqqa"), rule: "top_2_gram", value: 24. / 92, limit: 0.2},
	}
}
