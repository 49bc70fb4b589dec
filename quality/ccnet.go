package quality

import (
	"strings"
	"unicode/utf8"

	"feilun/internal/sentencepiece"
	"feilun/internal/words"

	"golang.org/x/text/unicode/norm"
)

// TokensCCNet takes a document as CCNet does: normalised and set in one line,
// cut into the pieces of a SentencePiece model.
const TokensCCNet = "ccnet"

// ccnetMarks is CCNet's table of marks and what it writes for them. The
// full-width digit 1 among them stands for a quote mark, but is a 0 by then.
var ccnetMarks = map[rune]string{
	'，': ",", '。': ".", '、': ",", '„': `"`, '”': `"`, '“': `"`, '«': `"`, '»': `"`, '１': `"`, '」': `"`, '「': `"`, '《': `"`, '》': `"`,
	'´': "'", '∶': ":", '：': ":", '？': "?", '！': "!", '（': "(", '）': ")", '；': ";", '–': "-", '—': " - ", '．': ". ", '～': "~",
	'’': "'", '…': "...", '━': "-", '〈': "<", '〉': ">", '【': "[", '】': "]", '％': "%", '►': "-",
}

// normalizeCCNet is CCNet's form of text for its language models: without white
// space at the ends, in lower case, decomposed without nonspacing marks, every
// digit 0, marks of other scripts as those of ASCII, without control
// characters, the line feed among them.
func normalizeCCNet(text string) string {
	text = norm.NFD.String(words.Lower(words.Trim(strings.ToValidUTF8(text, "\ufffd"))))
	var b strings.Builder
	for _, r := range text {
		switch {
		case words.IsMark(r), r < 0x20, r >= 0x7f && r <= 0x9f:
		case words.IsDigit(r):
			b.WriteByte('0')
		default:
			if s, ok := ccnetMarks[r]; ok {
				b.WriteString(s)
			} else {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// ccnet takes the whole text as one line of pieces. White space inside a piece
// parts words, as KenLM has it.
func (t *lineTokens) ccnet(pieces *sentencepiece.Encoder, text string, each func([][]byte)) {
	t.buf, t.ends = t.buf[:0], t.ends[:0]
	for _, p := range pieces.Encode(normalizeCCNet(text)) {
		for p != "" {
			_, n := utf8.DecodeRuneInString(p)
			if strings.ContainsRune(" \t\n\r\v\f\x00", rune(p[0])) {
				t.end()
			} else {
				t.buf = append(t.buf, p[:n]...)
			}
			p = p[n:]
		}
		t.end()
	}
	if len(t.ends) > 0 {
		t.emit(each)
	}
}
