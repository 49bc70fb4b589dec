package words

import "github.com/clipperhouse/uax29/v2/words"

// boundaries cuts at the word boundaries of Unicode's annex 29.
func (c *cutter) boundaries(text string) {
	seg := words.FromString(text)
	for seg.Next() {
		s := seg.Value()
		start, end := seg.Start(), seg.End()
		c.tokens = append(c.tokens, token{uint32(start), uint32(end), Trim(s) == ""})
	}
}
