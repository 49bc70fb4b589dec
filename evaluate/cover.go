package evaluate

// coverGram is the length of the n-grams by which text held out is looked for in
// the training text, in words or Han characters (Brown and others, 2020, appendix C,
// take 13 at most).
const coverGram = 13

// A Cover tells how much of texts stands in a corpus: the share of their n-grams
// that some document of it holds.
type Cover struct {
	grams map[uint64]bool
	texts [][]uint64
}

// NewCover returns a cover of no text.
func NewCover() *Cover { return &Cover{grams: map[uint64]bool{}} }

// Add enters a text.
func (c *Cover) Add(text string) {
	all := gramsOf(appendUnits(nil, text), coverGram)
	for _, h := range all {
		c.grams[h] = false
	}
	c.texts = append(c.texts, all)
}

// Look searches a document of the corpus.
func (c *Cover) Look(text string) {
	for _, h := range gramsOf(appendUnits(nil, text), coverGram) {
		if found, known := c.grams[h]; known && !found {
			c.grams[h] = true
		}
	}
}

// Found returns, of the text entered as number i, how many n-grams were found and
// how many there are.
func (c *Cover) Found(i int) (found, all int) {
	for _, h := range c.texts[i] {
		if c.grams[h] {
			found++
		}
	}
	return found, len(c.texts[i])
}
