package words

type segmenter struct{}

func (c *cutter) chinese(text string) { c.boundaries(text) }

func (c *cutter) treebank(text string) { c.boundaries(text) }
