package wikitext

import (
	"strings"
)

// A how says what a template shows: one of its arguments, the last numbered
// one (-1), or what a function makes of them.
type how struct {
	arg           int
	other         int // shown when arg is empty
	before, after string
	by            maker
}

// A maker names a function that makes a template's text of its arguments.
type maker uint8

const (
	byNothing maker = iota
	byAnnotated
	byAsOf
	byChinese
	byChineseDate
	byCirca
	byConvertUnit
	byDate
	byDeath
	byFloruit
	byFraction
	byInlineList
	byInterwiki
	byJapanese
	byJoined
	byKorean
	byListed
	byOldStyle
	byOriginal
	byPlainList
	byPlus
	byQuote
	byReign
	byShip
	byShownOrFirst
	bySortName
	byValues
)

// shown returns what a maker makes.
func (c *call) shown(m maker) string {
	return [...]func(*call) string{
		byAnnotated:    annotated,
		byAsOf:         asOf,
		byChinese:      chinese,
		byChineseDate:  chineseDate,
		byCirca:        circa,
		byConvertUnit:  convertUnit,
		byDate:         date,
		byDeath:        death,
		byFloruit:      floruit,
		byFraction:     fraction,
		byInlineList:   inlineList,
		byInterwiki:    interwiki,
		byJapanese:     japanese,
		byJoined:       joined,
		byKorean:       korean,
		byListed:       listed,
		byOldStyle:     oldStyle,
		byOriginal:     original,
		byPlainList:    plainList,
		byPlus:         plus,
		byQuote:        quote,
		byReign:        reign,
		byShip:         ship,
		byShownOrFirst: shownOrFirst,
		bySortName:     sortName,
		byValues:       values,
	}[m](c)
}

// convertUnit shows {{convert|5|km|mi}} as "5 km": the conversion itself is
// left away, since its tables belong to the wiki.
func convertUnit(c *call) string {
	list := c.numbered()
	if len(list) == 0 {
		return ""
	}
	v := strings.ReplaceAll(list[0], "&minus;", "−")
	i := 1
	for i+1 < len(list) && ranges[list[i]] != "" {
		v += ranges[list[i]] + list[i+1]
		i += 2
	}
	if i >= len(list) {
		return v
	}
	unit := list[i]
	if u := units[unit]; u != "" {
		unit = u
	}
	return v + " " + unit
}

// date shows {{birth date|1990|5|4}} and its like.
func date(c *call) string {
	var parts []string
	for _, v := range c.numbered() {
		if v == "" || strings.Trim(v, "0123456789") != "" {
			if len(parts) == 0 && v != "" {
				return v // words
			}
			break
		}
		if len(parts) < 3 {
			parts = append(parts, v)
		}
	}
	return c.dateText(parts)
}

// months in English, by number.
var months = strings.Fields("- January February March April May June July August September October November December")

// dateText writes year, month, day as Chinese or English articles do.
func (c *call) dateText(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	if c.p.Language == "zh" {
		return chineseParts(parts)
	}
	df := c.arg("df")
	month := 0
	if len(parts) > 1 {
		for _, c := range parts[1] {
			month = min(month*10+int(c-'0'), 99)
		}
	}
	switch {
	case month < 1 || month > 12:
		return strings.Join(parts[:1], "")
	case len(parts) == 2:
		return months[month] + " " + parts[0]
	case df != "" && df != "no":
		return strings.TrimLeft(parts[2], "0") + " " + months[month] + " " + parts[0]
	}
	return months[month] + " " + strings.TrimLeft(parts[2], "0") + ", " + parts[0]
}

// death shows the first of two dates.
func death(c *call) string {
	list := c.numbered()
	if len(list) > 3 {
		list = list[:3]
	}
	for _, v := range list {
		if v == "" || strings.Trim(v, "0123456789") != "" {
			return ""
		}
	}
	return c.dateText(list)
}

// chineseDate shows {{日期|2020|1|2}} with Chinese units.
func chineseDate(c *call) string { return chineseParts(c.numbered()) }

func chineseParts(parts []string) string {
	var b strings.Builder
	for i, v := range parts {
		if i > 0 {
			v = strings.TrimLeft(v, "0")
		}
		if i < 3 && v != "" {
			b.WriteString(v + []string{"年", "月", "日"}[i])
		}
	}
	return b.String()
}

// chinese shows {{zh|s=简|t=繁|p=jian}}: each form, without labels.
func chinese(c *call) string {
	var list []string
	seen := map[string]bool{}
	add := func(v string) {
		if v != "" && !seen[v] {
			seen[v] = true
			list = append(list, v)
		}
	}
	add(c.arg("c"))
	add(c.arg("s"))
	add(c.arg("t"))
	add(c.arg("hp", "p"))
	add(c.arg("w"))
	add(c.arg("1"))
	return strings.Join(list, "; ")
}

// japanese shows {{nihongo|English|漢字|romaji}}.
func japanese(c *call) string {
	list := append(c.numbered(), "", "", "")
	inner := join(", ", list[1], list[2])
	switch {
	case list[0] == "":
		return inner
	case inner == "":
		return list[0]
	}
	return list[0] + " (" + inner + ")"
}

// korean shows {{korean|hangul=…|hanja=…|rr=…}}.
func korean(c *call) string {
	return join("; ", c.arg("hangul", "1"), c.arg("hanja", "2"), c.arg("rr", "3"))
}

// annotated shows {{ruby|漢|かん}} as 漢(かん).
func annotated(c *call) string {
	base, above := c.arg("1", "rb"), c.arg("2", "rt")
	if above == "" {
		return base
	}
	return base + "(" + above + ")"
}

// original shows {{link-en|译名|Original|shown}} and its like.
func original(c *call) string { return c.arg("d", "3", "1") }

// interwiki shows {{ill|title|lang|…|lt=words}}.
func interwiki(c *call) string { return c.arg("lt", "display", "1") }

// fraction shows {{frac|1|2}} and {{frac|3|1|2}}.
func fraction(c *call) string {
	list := c.numbered()
	switch len(list) {
	case 0:
		return ""
	case 1:
		return "1/" + list[0]
	case 2:
		return list[0] + "/" + list[1]
	}
	return list[0] + " " + list[1] + "/" + list[2]
}

// values shows {{val|1.5|0.1|u=m}}.
func values(c *call) string {
	list := c.numbered()
	if len(list) == 0 {
		return ""
	}
	v := list[0]
	if strings.Trim(v, "0123456789.") == "" {
		v = grouped(v)
	}
	if len(list) > 1 && list[1] != "" {
		v += "±" + list[1]
	}
	if e := c.arg("e"); e != "" {
		v += "×10^" + e
	}
	return join(" ", v, c.arg("u", "ul", "up"))
}

// quote shows a block of quoted text and who said it.
func quote(c *call) string {
	text := c.arg("text", "quote", "1", "content")
	if text == "" {
		return ""
	}
	text = "\n\n" + text
	if who := join(", ", c.arg("author", "sign", "cite", "2"), c.arg("source", "title", "3")); who != "" {
		text += "\n\n— " + who
	}
	return text + "\n\n"
}

// plainList shows the items of a list template.
func plainList(c *call) string {
	list := c.numbered()
	for i, v := range list {
		if !strings.HasPrefix(v, "*") && v != "" {
			v = "* " + v
		}
		list[i] = v
	}
	if len(list) == 0 {
		return ""
	}
	return "\n" + join("\n", list...) + "\n"
}

// inlineList shows the items of {{hlist}} on a line.
func inlineList(c *call) string {
	return join(", ", strings.FieldsFunc(strings.Join(c.numbered(), "\n"), func(r rune) bool { return r == '\n' || r == '*' })...)
}

// joined shows all numbered arguments, one behind the other.
func joined(c *call) string { return strings.Join(c.numbered(), "") }

// listed shows {{enum|a|b}}.
func listed(c *call) string { return join(", ", c.numbered()...) }

// join joins what is not empty.
func join(sep string, parts ...string) string {
	var list []string
	for _, v := range parts {
		if v = strings.TrimSpace(v); v != "" {
			list = append(list, v)
		}
	}
	return strings.Join(list, sep)
}

// circa shows {{circa|1200}}, {{circa|1200|1250}}.
func circa(c *call) string { return spans("c. ", "–c. ", c.numbered()) }

func floruit(c *call) string { return spans("fl. ", "–", c.numbered()) }

func reign(c *call) string { return spans("r. ", "–", c.numbered()) }

func spans(before, between string, list []string) string {
	if v := join(between, list...); v != "" {
		return before + v
	}
	return ""
}

// asOf shows {{as of|2020|5}}.
func asOf(c *call) string {
	if v := c.arg("alt"); v != "" {
		return v
	}
	v := date(c)
	switch {
	case v == "":
		return ""
	case c.p.Language == "zh":
		return "截至" + v
	case c.name == "since":
		return "Since " + v
	case c.arg("lc") != "":
		return "as of " + v
	}
	return "As of " + v
}

// oldStyle shows {{OldStyleDate|1 January|1700|20 December}}.
func oldStyle(c *call) string {
	list := append(c.numbered(), "", "", "")
	v := join(" ", list[0], list[1])
	if list[2] != "" {
		v += " [O.S. " + list[2] + "]"
	}
	return v
}

// plus shows {{key press|Ctrl|C}}.
func plus(c *call) string { return join("+", c.numbered()...) }

// ship shows {{ship|USS|Name|number}}.
func ship(c *call) string {
	list := append(c.numbered(), "", "")
	return join(" ", list[0], list[1])
}

// sortName shows {{sortname|First|Last}}.
func sortName(c *call) string { return join(" ", c.arg("1"), c.arg("2")) }

// shownOrFirst shows {{le|译名|Original|shown}}: what is shown, else the
// translation.
func shownOrFirst(c *call) string { return c.arg("3", "1") }
