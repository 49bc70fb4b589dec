package constrain

import (
	"bytes"
	"encoding/json"
	"strings"
)

// jsonRules are the parts of JSON. White space is bounded, so that a model cannot go on
// with it for ever: nothing, a space, or a line break with up to 20 spaces or tabs.
// Numbers are such as every reader holds: up to 16 digits in front, 16 behind the
// point, an exponent of two digits.
type jsonRules struct {
	*builder
	space, char, str, number, integer, value, object, array sym
	plain                                                   sym // any text without escapes
}

func newJSON() *jsonRules {
	j := &jsonRules{builder: newBuilder()}
	var blank byteSet
	blank.add(' ', ' ')
	blank.add('\t', '\t')
	j.space = j.rule(nil, j.literal(" "), join(j.literal("\n"), j.repeat([]sym{j.set(blank)}, 0, 20)))
	j.char = j.rule(j.plainChar(nil), j.escape())
	j.str = j.rule(join(j.literal(`"`), j.repeat([]sym{j.char}, 0, -1), j.literal(`"`)))
	j.plain = j.rule(j.repeat(j.plainChar(nil), 0, -1))
	j.numbers()
	j.value = j.rule()
	pair := []sym{j.str, j.space, j.literal(":")[0], j.space, j.value}
	j.object = j.rule(j.brackets("{", "}", pair))
	j.array = j.rule(j.brackets("[", "]", []sym{j.value}))
	for _, part := range [][]sym{{j.object}, {j.array}, {j.str}, {j.number}, j.literal("true"), j.literal("false"), j.literal("null")} {
		j.alt(j.value, part)
	}
	return j
}

// JSON returns the grammar of any JSON object.
func JSON() *Grammar {
	j := newJSON()
	g, err := j.finish(j.object)
	if err != nil {
		panic(err) // nothing of it comes from outside
	}
	return g
}

// plainChar is a character of a string that stands for itself, but for some.
func (j *jsonRules) plainChar(but []rune) []sym {
	not := []runeRange{{0, 0x1f}, {'"', '"'}, {'\\', '\\'}, {0x7f, 0x7f}}
	for _, r := range but {
		not = append(not, runeRange{r, r})
	}
	return j.class(not, true)
}

// escape is a character that is escaped; surrogates come in pairs.
func (j *jsonRules) escape() []sym {
	var short, hex, high, low, d, notD, under8 byteSet
	for _, b := range []byte(`"\/bfnrt`) {
		short.add(b, b)
	}
	for _, s := range []*byteSet{&hex, &notD} {
		s.add('0', '9')
		s.add('a', 'f')
		s.add('A', 'F')
	}
	d.add('d', 'd')
	d.add('D', 'D')
	for i := range notD {
		notD[i] &^= d[i]
	}
	under8.add('0', '7')
	high.add('8', '9')
	low.add('c', 'f')
	low.add('C', 'F')
	for _, c := range []byte("abAB") {
		high.add(c, c)
	}
	u, h, dd := j.literal(`\u`), j.set(hex), j.set(d)
	two := []sym{h, h}
	code := j.either(join([]sym{j.set(notD), h}, two), join([]sym{dd, j.set(under8)}, two))
	surrogates := join(u, []sym{dd, j.set(high)}, two, u, []sym{dd, j.set(low)}, two)
	return j.either([]sym{j.literal(`\`)[0], j.set(short)}, join(u, code), surrogates)
}

func (j *jsonRules) numbers() {
	digit, first := j.byteRange('0', '9'), j.byteRange('1', '9')
	digits := func(least, most int) []sym { return j.repeat([]sym{digit}, least, most) }
	whole := j.either(j.literal("0"), join([]sym{first}, digits(0, 15)))
	minus := j.either(nil, j.literal("-"))
	j.integer = j.rule(join(minus, whole))
	var e, sign byteSet
	e.add('e', 'e')
	e.add('E', 'E')
	sign.add('+', '+')
	sign.add('-', '-')
	fraction := j.either(nil, join(j.literal("."), digits(1, 16)))
	exponent := j.either(nil, join([]sym{j.set(e)}, j.either(nil, []sym{j.set(sign)}), digits(1, 2)))
	j.number = j.rule(join([]sym{j.integer}, fraction, exponent))
}

// brackets are any number of parts with commas between them.
func (j *jsonRules) brackets(open, shut string, part []sym) []sym {
	more := j.repeat(join([]sym{j.space}, j.literal(","), []sym{j.space}, part), 0, -1)
	return join(j.literal(open), []sym{j.space}, j.either(nil, join(part, more, []sym{j.space})), j.literal(shut))
}

// quoted is a string as it stands in JSON.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string is no error
	}
	return strings.TrimSpace(b.String())
}
