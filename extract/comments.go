package extract

import "feilun/internal/forest"

// Readers' comments under an article are not its text, but the sets that the
// trees learned from disagree: dragnet's answers hold comments, the others' do
// not. So comments of an article lose some odds. How much was chosen on the tuned halves: as
// much as dragnet bears (docs/log/mend.md).
const (
	commentOdds  = 2 * forest.Unit // taken from the score of a block of comments
	articleWords = 120             // outside comments that make a page an article with comments
)

// comments lowers the scores of blocks that classes call comments, on pages that are
// articles without them. On other types, forums above all, the posts are the text.
func (x *Extractor) comments() {
	if x.pageType() != "article" {
		return
	}
	words := int32(0)
	for i := range x.blocks {
		if !x.commented(i) && x.odds[i] > 0 {
			words += x.blocks[i].count.words
		}
	}
	if words < articleWords {
		return
	}
	for i := range x.blocks {
		if x.commented(i) {
			x.odds[i] -= commentOdds
		}
	}
}

// commented reports whether a block lies in an element whose class, id or
// itemprop speaks of comments.
func (x *Extractor) commented(i int) bool { return x.places[x.blocks[i].box].all&markComment != 0 }
