package words

import "github.com/clipperhouse/uax29/v2/words"

// boundaries cuts at the word boundaries of Unicode's annex 29.
func (c *cutter) boundaries(text string) {
	seg := words.FromString(text)
	for seg.Next() {
		s := seg.Value()
		end := seg.End()
		start := end - len(TrimLeft(s))
		if start < end {
			end = start + len(Trim(s))
			c.tokens = append(c.tokens, token{uint32(start), uint32(end), false})
		} else {
			c.tokens = append(c.tokens, token{uint32(seg.Start()), uint32(end), true})
		}
	}
}
