package html

// Properties of elements, from the standard's lists.
const (
	fVoid    uint32 = 1 << iota // no content, no end tag
	fSpecial                    // "special" category: ends the search of inline end tags
	fScope                      // bounds the default scope
	fTable                      // bounds the table scope (with fScope)
	fBlock                      // start tag closes an open p; end tag closes what is inside
	fFormat                     // formatting: may be closed across a block
	fRaw                        // content is raw text
	fRCData                     // content is text with references, no tags
	fHead                       // may stand in head
	fBreak                      // leaves svg and math
	fLF                         // a line feed right behind the start tag is dropped
	fWeak                       // does not bound the search for an open li, dd or dt
	fOwn                        // start has a rule of its own, see startOwn
)

func union(flag uint32, t *[numTags]uint32, tags ...Tag) {
	for _, g := range tags {
		t[g] |= flag
	}
}

var tagFlags = buildFlags()

func buildFlags() (t [numTags]uint32) {
	union(fVoid, &t, Area, Base, Basefont, Bgsound, BR, Col, Embed, Frame, HR, Img, Image, Input, Keygen,
		Link, Meta, Param, Source, Track, WBR)
	union(fSpecial, &t, Address, Applet, Area, Article, Aside, Base, Basefont, Bgsound, Blockquote, Body, BR,
		Button, Caption, Center, Col, Colgroup, DD, Details, Dir, Div, DL, DT, Embed, Fieldset, Figcaption,
		Figure, Footer, Form, Frame, Frameset, H1, H2, H3, H4, H5, H6, Head, Header, Hgroup, HR, HTML, Iframe,
		Img, Input, Keygen, LI, Link, Listing, Main, Marquee, Menu, Meta, Nav, Noembed, Noframes, Noscript,
		Object, OL, P, Param, Plaintext, Pre, Script, Search, Section, Select, Source, Style, Summary, Table,
		Tbody, TD, Template, Textarea, Tfoot, TH, Thead, Title, TR, Track, UL, WBR, XMP)
	union(fScope, &t, Applet, Caption, HTML, Table, TD, TH, Marquee, Object, Template)
	union(fTable, &t, HTML, Table, Template)
	union(fBlock, &t, Address, Article, Aside, Blockquote, Center, Details, Dialog, Dir, Div, DL, Fieldset,
		Figcaption, Figure, Footer, Header, Hgroup, Main, Menu, Nav, OL, Search, Section, Summary, UL, Pre,
		Listing, P, H1, H2, H3, H4, H5, H6, Form, Plaintext, XMP, Table, HR, LI, DD, DT)
	union(fFormat, &t, A, B, Big, Code, Em, Font, I, Nobr, S, Small, Strike, Strong, TT, U)
	union(fRaw, &t, Script, Style, XMP, Iframe, Noembed, Noframes)
	union(fRCData, &t, Title, Textarea)
	union(fHead, &t, Base, Basefont, Bgsound, Link, Meta, Title, Noscript, Noframes, Style, Script, Template)
	union(fBreak, &t, B, Big, Blockquote, Body, BR, Center, Code, DD, Div, DL, DT, Em, Embed, H1, H2, H3, H4,
		H5, H6, Head, HR, I, Img, LI, Listing, Menu, Meta, Nobr, OL, P, Pre, Ruby, S, Small, Span, Strong,
		Strike, Sub, Sup, Table, TT, U, UL, Var)
	union(fLF, &t, Pre, Listing, Textarea)
	union(fWeak, &t, Address, Div, P)
	union(fOwn, &t, HTML, Head, Body, Frameset, LI, DD, DT, H1, H2, H3, H4, H5, H6, A, Nobr, Button, Option,
		Optgroup, Select, RB, RT, RTC, RP, Caption, Colgroup, Col, Tbody, Thead, Tfoot, TR, TD, TH, Table,
		Form, Frame, Image)
	return t
}
