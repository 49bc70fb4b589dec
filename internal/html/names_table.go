package html

// Tag is the name of an element.
type Tag uint8

// Names of elements: those of the HTML standard and the obsolete ones that
// pages still use. Other is any other name; [Tree.TagName] returns it.
const (
	Other Tag = iota
	A
	Abbr
	Acronym
	Address
	Applet
	Area
	Article
	Aside
	Audio
	B
	Base
	Basefont
	BDI
	BDO
	Bgsound
	Big
	Blink
	Blockquote
	Body
	BR
	Button
	Canvas
	Caption
	Center
	Cite
	Code
	Col
	Colgroup
	Data
	Datalist
	DD
	Del
	Details
	Dfn
	Dialog
	Dir
	Div
	DL
	DT
	Em
	Embed
	Fieldset
	Figcaption
	Figure
	Font
	Footer
	Form
	Frame
	Frameset
	H1
	H2
	H3
	H4
	H5
	H6
	Head
	Header
	Hgroup
	HR
	HTML
	I
	Iframe
	Image
	Img
	Input
	Ins
	Isindex
	Kbd
	Keygen
	Label
	Legend
	LI
	Link
	Listing
	Main
	Map
	Mark
	Marquee
	Math
	Menu
	Menuitem
	Meta
	Meter
	Nav
	Nobr
	Noembed
	Noframes
	Noscript
	Object
	OL
	Optgroup
	Option
	Output
	P
	Param
	Picture
	Plaintext
	Portal
	Pre
	Progress
	Q
	RB
	RP
	RT
	RTC
	Ruby
	S
	Samp
	Script
	Search
	Section
	Select
	Slot
	Small
	Source
	Spacer
	Span
	Strike
	Strong
	Style
	Sub
	Summary
	Sup
	SVG
	Table
	Tbody
	TD
	Template
	Textarea
	Tfoot
	TH
	Thead
	Time
	Title
	TR
	Track
	TT
	U
	UL
	Var
	Video
	WBR
	XMP
	numTags
)

// AttrName is the name of an attribute that the parser records. It drops
// attributes of other names.
type AttrName uint8

// Names of the recorded attributes. AttrMetaName is name, AttrDataKind is data-type, AttrDataType is datatype.
const (
	attrOther AttrName = iota
	AttrID
	AttrClass
	AttrHref
	AttrSrc
	AttrContent
	AttrMetaName
	AttrProperty
	AttrHTTPEquiv
	AttrCharset
	AttrDateTime
	AttrRel
	AttrRole
	AttrItemProp
	AttrItemType
	AttrItemScope
	AttrItemID
	AttrType
	AttrAlt
	AttrTitle
	AttrStyle
	AttrHidden
	AttrAriaHidden
	AttrAriaLabel
	AttrLang
	AttrXMLLang
	AttrDir
	AttrSrcset
	AttrDataSrc
	AttrWidth
	AttrHeight
	AttrAction
	AttrValue
	AttrTarget
	AttrMedia
	AttrStart
	AttrCite
	AttrColSpan
	AttrRowSpan
	AttrScope
	AttrPubDate
	AttrTypeOf
	AttrAbout
	AttrResource
	AttrDataType
	AttrDataTestID
	AttrDataComponent
	AttrDataKind
	AttrDataLang
	AttrDataLanguage
	AttrDataDate
	AttrDataTime
	AttrDataTimestamp
	AttrDataNoSnippet
	AttrPlaceholder
	AttrLabel
	AttrOpen
	AttrAlign
	AttrLanguage
	AttrDataRole
	AttrDataURL
	AttrOnClick
	numAttrs
)

var tagNames = [numTags]string{
	A:          "a",
	Abbr:       "abbr",
	Acronym:    "acronym",
	Address:    "address",
	Applet:     "applet",
	Area:       "area",
	Article:    "article",
	Aside:      "aside",
	Audio:      "audio",
	B:          "b",
	Base:       "base",
	Basefont:   "basefont",
	BDI:        "bdi",
	BDO:        "bdo",
	Bgsound:    "bgsound",
	Big:        "big",
	Blink:      "blink",
	Blockquote: "blockquote",
	Body:       "body",
	BR:         "br",
	Button:     "button",
	Canvas:     "canvas",
	Caption:    "caption",
	Center:     "center",
	Cite:       "cite",
	Code:       "code",
	Col:        "col",
	Colgroup:   "colgroup",
	Data:       "data",
	Datalist:   "datalist",
	DD:         "dd",
	Del:        "del",
	Details:    "details",
	Dfn:        "dfn",
	Dialog:     "dialog",
	Dir:        "dir",
	Div:        "div",
	DL:         "dl",
	DT:         "dt",
	Em:         "em",
	Embed:      "embed",
	Fieldset:   "fieldset",
	Figcaption: "figcaption",
	Figure:     "figure",
	Font:       "font",
	Footer:     "footer",
	Form:       "form",
	Frame:      "frame",
	Frameset:   "frameset",
	H1:         "h1",
	H2:         "h2",
	H3:         "h3",
	H4:         "h4",
	H5:         "h5",
	H6:         "h6",
	Head:       "head",
	Header:     "header",
	Hgroup:     "hgroup",
	HR:         "hr",
	HTML:       "html",
	I:          "i",
	Iframe:     "iframe",
	Image:      "image",
	Img:        "img",
	Input:      "input",
	Ins:        "ins",
	Isindex:    "isindex",
	Kbd:        "kbd",
	Keygen:     "keygen",
	Label:      "label",
	Legend:     "legend",
	LI:         "li",
	Link:       "link",
	Listing:    "listing",
	Main:       "main",
	Map:        "map",
	Mark:       "mark",
	Marquee:    "marquee",
	Math:       "math",
	Menu:       "menu",
	Menuitem:   "menuitem",
	Meta:       "meta",
	Meter:      "meter",
	Nav:        "nav",
	Nobr:       "nobr",
	Noembed:    "noembed",
	Noframes:   "noframes",
	Noscript:   "noscript",
	Object:     "object",
	OL:         "ol",
	Optgroup:   "optgroup",
	Option:     "option",
	Output:     "output",
	P:          "p",
	Param:      "param",
	Picture:    "picture",
	Plaintext:  "plaintext",
	Portal:     "portal",
	Pre:        "pre",
	Progress:   "progress",
	Q:          "q",
	RB:         "rb",
	RP:         "rp",
	RT:         "rt",
	RTC:        "rtc",
	Ruby:       "ruby",
	S:          "s",
	Samp:       "samp",
	Script:     "script",
	Search:     "search",
	Section:    "section",
	Select:     "select",
	Slot:       "slot",
	Small:      "small",
	Source:     "source",
	Spacer:     "spacer",
	Span:       "span",
	Strike:     "strike",
	Strong:     "strong",
	Style:      "style",
	Sub:        "sub",
	Summary:    "summary",
	Sup:        "sup",
	SVG:        "svg",
	Table:      "table",
	Tbody:      "tbody",
	TD:         "td",
	Template:   "template",
	Textarea:   "textarea",
	Tfoot:      "tfoot",
	TH:         "th",
	Thead:      "thead",
	Time:       "time",
	Title:      "title",
	TR:         "tr",
	Track:      "track",
	TT:         "tt",
	U:          "u",
	UL:         "ul",
	Var:        "var",
	Video:      "video",
	WBR:        "wbr",
	XMP:        "xmp",
}

var attrNames = [numAttrs]string{
	AttrID:            "id",
	AttrClass:         "class",
	AttrHref:          "href",
	AttrSrc:           "src",
	AttrContent:       "content",
	AttrMetaName:      "name",
	AttrProperty:      "property",
	AttrHTTPEquiv:     "http-equiv",
	AttrCharset:       "charset",
	AttrDateTime:      "datetime",
	AttrRel:           "rel",
	AttrRole:          "role",
	AttrItemProp:      "itemprop",
	AttrItemType:      "itemtype",
	AttrItemScope:     "itemscope",
	AttrItemID:        "itemid",
	AttrType:          "type",
	AttrAlt:           "alt",
	AttrTitle:         "title",
	AttrStyle:         "style",
	AttrHidden:        "hidden",
	AttrAriaHidden:    "aria-hidden",
	AttrAriaLabel:     "aria-label",
	AttrLang:          "lang",
	AttrXMLLang:       "xml:lang",
	AttrDir:           "dir",
	AttrSrcset:        "srcset",
	AttrDataSrc:       "data-src",
	AttrWidth:         "width",
	AttrHeight:        "height",
	AttrAction:        "action",
	AttrValue:         "value",
	AttrTarget:        "target",
	AttrMedia:         "media",
	AttrStart:         "start",
	AttrCite:          "cite",
	AttrColSpan:       "colspan",
	AttrRowSpan:       "rowspan",
	AttrScope:         "scope",
	AttrPubDate:       "pubdate",
	AttrTypeOf:        "typeof",
	AttrAbout:         "about",
	AttrResource:      "resource",
	AttrDataType:      "datatype",
	AttrDataTestID:    "data-testid",
	AttrDataComponent: "data-component",
	AttrDataKind:      "data-type",
	AttrDataLang:      "data-lang",
	AttrDataLanguage:  "data-language",
	AttrDataDate:      "data-date",
	AttrDataTime:      "data-time",
	AttrDataTimestamp: "data-timestamp",
	AttrDataNoSnippet: "data-nosnippet",
	AttrPlaceholder:   "placeholder",
	AttrLabel:         "label",
	AttrOpen:          "open",
	AttrAlign:         "align",
	AttrLanguage:      "language",
	AttrDataRole:      "data-role",
	AttrDataURL:       "data-url",
	AttrOnClick:       "onclick",
}
