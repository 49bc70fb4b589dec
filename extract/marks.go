package extract

// Marks is a set of hints about what an element holds, taken from its tag,
// role, itemprop and the words of its class and id.
type marks uint64

// The hints. Those called mark… come from words of class and id (the table
// markWords) and from microdata; those called in… from tags and roles.
const (
	markNav marks = 1 << iota
	markHeader
	markFooter
	markSidebar
	markCrumb
	markCookie
	markPopup
	markLetter // newsletters and subscriptions
	markLogin
	markShare
	markRelated
	markAd
	markPager
	markTool
	markTags
	markForm
	markLegal
	markSearch
	markHidden
	markArticle
	markContent
	markMain
	markPost
	markBody
	markText
	markComment
	markReply
	markThread
	markProduct
	markPrice
	markReview
	markDescribe
	markSpec
	markItem
	markList
	markCaption
	markAuthor
	markDate
	markMeta
	markTitle
	markTeaser
	markDocs
	markCode
	markButton
	markHero
	markUser
	markRating
	markQuote
	markTOC
	markQuestion
	markSection
	inNav
	inHeader
	inFooter
	inAside
	inArticle
	inMain
	inForm
	inTable
	inList
	inQuote
	inFigure
	inDetails
	inNoscript
	numMarks = iota
)

const negative = markNav | markFooter | markSidebar | markCrumb | markCookie | markPopup | markLetter | markLogin |
	markShare | markRelated | markAd | markPager | markTool | markLegal | markSearch | markHidden | markForm |
	inNav | inFooter | inAside | inForm

const positive = markArticle | markContent | markMain | markPost | markBody | markText | inArticle | inMain

// words adds the hints of the words in a class or id value: runs of letters,
// cut before a capital that follows a small letter.
func (m marks) words(value []byte) marks {
	if len(value) > 512 {
		value = value[:512]
	}
	var word [12]byte
	n, last := 0, byte(0)
	for i := 0; i <= len(value); i++ {
		c := byte(' ')
		if i < len(value) {
			c = value[i]
		}
		lower := c | 0x20
		letter := lower >= 'a' && lower <= 'z'
		if !letter || c < 'a' && last >= 'a' && last <= 'z' {
			if n > 0 && n <= len(word) {
				m |= markWords[string(word[:n])]
			}
			n = 0
		}
		if letter {
			if n < len(word) {
				word[n] = lower
			}
			n++
		}
		last = c
	}
	return m
}

// role returns the hints of a role attribute.
func role(value []byte) marks {
	switch string(value) {
	case "navigation", "menu", "menubar", "tablist":
		return inNav
	case "banner":
		return inHeader
	case "contentinfo":
		return inFooter
	case "complementary":
		return inAside
	case "search":
		return markSearch
	case "dialog", "alertdialog":
		return markPopup
	case "main":
		return inMain
	case "article":
		return inArticle
	case "button":
		return markButton
	}
	return 0
}

// itemprop returns the hints of microdata and RDFa properties.
func itemprop(value []byte) marks {
	switch string(value) {
	case "articleBody", "articlebody", "text", "mainContentOfPage", "reviewBody", "blogPost":
		return markArticle | markBody
	case "description":
		return markDescribe
	case "comment":
		return markComment
	case "author", "creator", "publisher":
		return markAuthor
	case "datePublished", "dateModified", "dateCreated":
		return markDate
	case "name", "headline":
		return markTitle
	case "price", "offers":
		return markPrice
	case "review":
		return markReview
	case "breadcrumb", "itemListElement":
		return markCrumb
	}
	return 0
}
