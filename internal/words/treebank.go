package words

func (c *cutter) treebank(text string) { c.boundaries(text) }
