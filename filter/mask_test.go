package filter

import (
	"strings"
	"testing"

	"feilun"
)

func TestMask(t *testing.T) {
	f := ready(t, &Mask{}, func(f *Mask) {
		f.Card = true
		f.EmailText, f.IPText = []string{"MAIL1", "MAIL2"}, []string{"IP1", "IP2"}
	})
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"no such thing", "no such thing"},
		{"write to a.b+c@mail.example.com.", "write to MAIL1."},
		{"邮箱zhang@example.cn或li@example.cn、wu@example.cn", "邮箱MAIL1或MAIL2、MAIL1"},
		{"<'x@y.org'>", "<'MAIL1'>"},
		{"a@b, @user, me@localhost, a..b@, @@", "a@b, @user, me@localhost, a..b@, @@"},
		{"a..b@c.de", "a..MAIL1"},
		{"8.8.8.8 and 1.1.1.1, again 9.9.9.9", "IP1 and IP2, again IP1"},
		{".3.3.3.0", ".IP1"},
		{"192.168.0.1 10.1.2.3 127.0.0.1 108.0.0.01 999.999.999.999 0.1.2.3 192.168.l.1", "192.168.0.1 10.1.2.3 127.0.0.1 108.0.0.01 999.999.999.999 0.1.2.3 192.168.l.1"},
		{"version 8.8.8.8.1", "version 8.8.8.8.1"},
		{"2606:4700:4700::1111, fe80::1, 2001:db8::1, std::vec, 12:30:45, ::1", "IP1, fe80::1, 2001:db8::1, std::vec, 12:30:45, ::1"},
		{"手机13912345678，或139 1234 5678、139-1234-5678", "手机[PHONE]，或[PHONE]、[PHONE]"},
		{"+86 139 1234 5678 8613912345678", "[PHONE] [PHONE]"},
		{"电话010-62345678、(021)5234 5678、(021)52345678、075512345678", "电话[PHONE]、(021)5234 5678、[PHONE]、[PHONE]"},
		{"+1 (212) 555-0100, +44 20 7946 0958 x", "[PHONE], [PHONE] x"},
		{"订单号 20139123456781 价格 3.13912345678 a13912345678 12912345678", "订单号 20139123456781 价格 3.13912345678 a13912345678 12912345678"},
		{"2024-01-02 12:30, 1+1=2, 100,000", "2024-01-02 12:30, 1+1=2, 100,000"},
		{"身份证11010519491231002X。", "身份证[ID]。"},
		{"440524188001010014", "[ID]"},
		{"110105194912310021 110105194913310021", "110105194912310021 110105194913310021"},
		{"card 4111 1111 1111 1111, 4111111111111112", "card [CARD], 4111111111111112"},
		{"\xff@\xff 1", "\xff@\xff 1"},
	} {
		got, cuts := f.Edit(&feilun.Doc{Text: tt.text})
		if got != tt.want {
			t.Errorf("Edit(%q) = %q, want %q", tt.text, got, tt.want)
		}
		checkCuts(t, tt.text, got, cuts)
	}
	off := &Mask{}
	if got, cuts := off.Edit(&feilun.Doc{Text: "a@b.cn 8.8.8.8 13912345678 11010519491231002X"}); cuts != nil {
		t.Errorf("all off: %q %v", got, cuts)
	}
}

// checkCuts holds the promise of [Edit] about cuts: in order, apart, and their
// bytes add up.
func checkCuts(t testing.TB, before, after string, cuts []feilun.Cut) {
	t.Helper()
	at, sum := 0, 0
	for _, c := range cuts {
		if c.Start < at || c.End <= c.Start || c.End > len(before) || c.Rule == "" {
			t.Errorf("cut %+v after %d in %d bytes", c, at, len(before))
		}
		at, sum = c.End, sum+c.Bytes
	}
	if len(before)-sum != len(after) {
		t.Errorf("%d bytes less %d cut, but %d are left", len(before), sum, len(after))
	}
}

func FuzzEdits(f *testing.F) {
	f.Add("a.b@c.de 8.8.8.8 2606:4700::1 +86 139 1234 5678 (010)12345678 11010519491231002X")
	f.Add("一秒记住本站\n上一章 下一章\n分享到：微信\n责任编辑：某某")
	f.Add(strings.Repeat("1", 30) + "@" + strings.Repeat(":", 9) + "((++")
	mask := ready(f, &Mask{}, func(m *Mask) { m.Card = true })
	lines := ready(f, &MirrorLines{}, nil)
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range []Edit{mask, lines} {
			got, cuts := e.Edit(&feilun.Doc{Text: text})
			checkCuts(t, text, got, cuts)
		}
	})
}

func FuzzSpam(f *testing.F) {
	for _, p := range spamPages(f, "spam_pages.txt") {
		f.Add(p.doc.Title, p.doc.Text)
	}
	filters := append(spamFilters(f), ready(f, &Han{}, nil))
	f.Fuzz(func(t *testing.T, title, text string) {
		for _, filter := range filters {
			d := &feilun.Doc{Title: title, Text: text}
			a := filter.Check(d)
			if b := filter.Check(d); a != b {
				t.Errorf("%s: %+v, then %+v", Name(filter), a, b)
			}
		}
	})
}

func TestMirrorLines(t *testing.T) {
	f := ready(t, &MirrorLines{}, nil)
	for _, tt := range []struct{ line, rule string }{
		{"天才一秒记住本站地址，最快更新！", "novel"},
		{"上一章 目录 下一章 加入书签", "novel"},
		{"Prev Chapter | Next Chapter", "novel"},
		{"分享到：微信 新浪微博 QQ空间", "share"},
		{"責任編輯：王小明", "footer"},
		{"版权所有 © 2020 某某网", "footer"},
		{"点击查看更多精彩内容", "more"},
		{"Read more", "more"},
		{"他说，下一章会写到那场大雪。", ""},
		{"她把照片分享到了朋友圈，没想到引来这么多人的关注和评论，连多年不见的老同学都来点赞。", ""},
		{"The copyright law of 1909 was replaced in 1976 after a long debate in both houses of Congress about the rights of authors.", ""},
		{"", ""},
	} {
		text := "第一段正文在这里。\n" + tt.line + "\n最后一段正文在这里。"
		got, cuts := f.Edit(&feilun.Doc{Text: text})
		checkCuts(t, text, got, cuts)
		rule := ""
		if len(cuts) > 0 {
			rule = cuts[0].Rule
		}
		if len(cuts) > 1 || rule != tt.rule {
			t.Errorf("line %q: cuts %v, want rule %q", tt.line, cuts, tt.rule)
		}
	}
}
