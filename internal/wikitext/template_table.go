package wikitext

// words are variables and templates without arguments that stand for text.
// Those that depend on the clock stand for nothing.
var words = map[string]string{
	"!": "|", "!!": "||", "=": "=", "(": "{", ")": "}", "((": "", "))": "", "(!": "{|", "!-": "|-", "!)": "|}",
	"'": "'", "' \"": "' \"", "·": " · ", "•": " • ", "\\": " / ", "spaces": " ", "nbsp": "\u00a0", "space": " ",
	"ndash": "–", "mdash": "—", "snd": " – ", "spnd": " – ", "spaced ndash": " – ", "spaced en dash": " – ", "en dash": "–",
	"em dash": "—", "dash": " – ", "emdash": "—", "endash": "–", "spaced mdash": " — ", "hyphen": "-", "minus": "−", "dot": " · ", "bullet": " • ",
	"middot": " · ", "times": "×", "shy": "", "zwsp": "", "zwj": "", "zwnj": "", "wbr": "", "pi": "π", "sqrt": "√",
	"bc": "BC", "ad": "AD", "ce": "CE", "bce": "BCE", "aka": "a.k.a.", "okina": "ʻ", "hamza": "ʾ", "ayin": "ʿ",
	"half": "½", "1/2": "½", "break": "\x01", "br": "\x01", "clear": "", "-": "", "tick": "✓", "yes": "Yes", "no": "No",
	"ya": "Yes", "na": "No", "tbd": "TBD", "n/a": "N/A", "euro": "€", "gbp": "£", "degree": "°", "deg": "°",
	"currentyear": "", "currentmonth": "", "currentday": "", "currenttime": "", "currentdate": "", "namespace": "",
	"sitename": "", "ellipsis": "…", "...": "…", "lb": "{", "rb": "}", "lsb": "[", "rsb": "]", "pipe": "|", "sup2": "²",
}

// templates are those whose text stays: which argument they show, or how.
var templates = map[string]how{
	// Languages: {{lang|code|text}}.
	"lang": {arg: 2}, "langx": {arg: 2}, "lang2": {arg: 2}, "wikt-lang": {arg: 3, other: 2}, "script": {arg: 2}, "rtl-lang": {arg: 2},
	"transl": {arg: -1}, "transliteration": {arg: -1}, "translit": {arg: -1}, "tlit": {arg: -1}, "rtl-para": {arg: 2}, "iso 639 name": {arg: 1},
	"zh": {by: byChinese}, "zh-cn": {arg: 1}, "zh-tw": {arg: 1}, "zh-hans": {arg: 1}, "zh-hant": {arg: 1}, "zhi": {by: byChinese},
	"linktext": {by: byJoined}, "lj": {arg: 1}, "lang-zh": {by: byChinese}, "nihongo": {by: byJapanese}, "nihongo2": {arg: 1},
	"nihongo3": {by: byJapanese}, "nihongo foot": {arg: 1}, "korean": {by: byKorean}, "ko-hhrm": {by: byKorean}, "ruby": {by: byAnnotated},
	"ruby-ja": {by: byAnnotated}, "ruby-zh-p": {by: byAnnotated}, "ruby-zh-b": {by: byAnnotated}, "注音": {by: byAnnotated},
	"拼音": {arg: 1}, "zy": {arg: 1}, "bo": {arg: 1}, "jpn": {arg: 1}, "en": {arg: 1}, "ja": {arg: 1}, "bd": {by: byJoined}, "bdi": {arg: 1},
	"僻字": {arg: 1}, "僻字2": {arg: 1}, "缺字": {arg: 1}, "异体字": {arg: 1}, "異體字": {arg: 1}, "kxr": {arg: 1}, "unihan": {arg: 1},
	"langwithname": {arg: 3}, "lwn": {arg: 3}, "jp": {arg: 1}, "kor": {arg: 1}, "fr": {arg: 1}, "de": {arg: 1}, "es": {arg: 1},
	"ipa": {arg: 1}, "ipac-en": {by: byJoined}, "angbr": {arg: 1, before: "⟨", after: "⟩"}, "angbr ipa": {arg: 1, before: "⟨", after: "⟩"},
	"link-en": {by: byOriginal}, "link-ja": {by: byOriginal}, "link-de": {by: byOriginal}, "link-fr": {by: byOriginal},
	"link-ru": {by: byOriginal}, "link-ko": {by: byOriginal}, "link-es": {by: byOriginal}, "link-it": {by: byOriginal},
	"internal link helper": {by: byOriginal}, "tsl": {arg: 4, other: 3}, "translink": {arg: 4, other: 3}, "le": {by: byShownOrFirst}, "ll": {by: byShownOrFirst},
	"ilh": {by: byShownOrFirst}, "lke": {by: byShownOrFirst}, "lkj": {by: byShownOrFirst}, "lkd": {by: byShownOrFirst}, "lkf": {by: byShownOrFirst},
	"ill": {by: byInterwiki}, "interlanguage link": {by: byInterwiki}, "ill2": {by: byInterwiki}, "illm": {by: byInterwiki}, "link-interwiki": {arg: 1}, "le2": {arg: 1},
	"illwd2": {by: byInterwiki}, "interlanguage link multi": {by: byInterwiki}, "iw": {by: byInterwiki}, "iw2": {by: byInterwiki},

	// Layout of words.
	"nowrap": {by: byJoined}, "nobr": {by: byJoined}, "nobold": {arg: 1}, "noitalic": {arg: 1}, "noitalics": {arg: 1}, "normal": {arg: 1},
	"small": {arg: 1}, "smaller": {arg: 1}, "big": {arg: 1}, "larger": {arg: 1}, "large": {arg: 1}, "resize": {arg: -1}, "small2": {arg: 1},
	"font": {arg: 1}, "color": {arg: 2}, "colour": {arg: 2}, "fontcolor": {arg: 2}, "font color": {arg: -1}, "color2": {arg: 2}, "key press": {by: byPlus},
	"em": {arg: 1}, "strong": {arg: 1}, "bold": {arg: 1}, "b": {arg: 1}, "i": {arg: 1}, "italic": {arg: 1}, "italics": {arg: 1},
	"underline": {arg: 1}, "u": {arg: 1}, "strike": {arg: 1}, "s": {arg: 1}, "del": {arg: 1}, "ins": {arg: 1}, "sup": {arg: 1}, "sub": {arg: 1}, "smallcaps": {arg: 1},
	"sc": {arg: 1}, "smallcaps2": {arg: 1}, "uc": {arg: 1}, "code": {arg: 1}, "mono": {arg: 1}, "tt": {arg: 1}, "kbd": {arg: 1}, "key": {by: byPlus}, "var": {arg: 1},
	"mvar": {arg: 1}, "math": {arg: 1}, "tmath": {arg: 1, before: "$", after: "$"}, "samp": {arg: 1}, "codett": {arg: 1}, "dfn": {arg: 1}, "visible anchor": {arg: 1}, "vanchor": {arg: 1},
	"center": {arg: 1}, "left": {arg: 1}, "right": {arg: 1}, "align": {arg: 2}, "pre": {arg: 1},
	"abbr": {arg: 1}, "abbreviation": {arg: 1}, "abbrlink": {arg: 1}, "tooltip": {arg: 1}, "h:title": {arg: 2}, "hover title": {arg: 2}, "explain": {arg: 1}, "define": {arg: 1},
	"not a typo": {by: byJoined}, "typo": {by: byJoined}, "proper name": {by: byJoined}, "sic": {arg: 1, other: 2}, "as written": {by: byJoined}, "not typo": {by: byJoined},
	"'": {arg: 1, before: "'"}, "'s": {arg: 1, after: "'s"}, "-\"": {arg: 1, before: "\""}, "no wrap": {by: byJoined}, "no break": {by: byJoined},
	"avoid wrap": {arg: 1}, "allow wrap": {arg: 1}, "keep": {arg: 1}, "screen reader-only": {arg: 1}, "bigger": {arg: 1}, "nocaps": {arg: 1}, "varserif": {arg: 1}, "serif": {arg: 1},
	"sans-serif": {arg: 1}, "pslink": {arg: 2, other: 1}, "section link": {arg: 1}, "slink": {arg: 1}, "format link": {arg: 1}, "no selflink": {arg: 1}, "ship": {by: byShip}, "sclass": {arg: 1, after: "-class"}, "uss": {arg: 1, before: "USS "}, "hms": {arg: 1, before: "HMS "}, "ss": {arg: 1, before: "SS "}, "rms": {arg: 1, before: "RMS "},
	"url": {arg: 2, other: 1}, "overline": {arg: 1}, "overbar": {arg: 1}, "bracket": {arg: 1, before: "[", after: "]"}, "brackets": {arg: 1, before: "[", after: "]"}, "parentheses": {arg: 1, before: "(", after: ")"},

	// Numbers, units, dates.
	"convert": {by: byConvertUnit}, "cvt": {by: byConvertUnit}, "convinfobox": {by: byConvertUnit}, "val": {by: byValues}, "num": {arg: 1}, "formatnum": {arg: 1}, "nts": {arg: 1}, "number": {arg: 1},
	"frac": {by: byFraction}, "fraction": {by: byFraction}, "sfrac": {by: byFraction}, "e": {arg: 1, before: "×10^"}, "10^": {arg: 1, before: "10^"}, "exp": {arg: 2},
	"gaps": {by: byJoined}, "us$": {arg: 1, before: "US$"}, "usd": {arg: 1, before: "US$"}, "gbp": {arg: 1, before: "£"}, "£": {arg: 1, before: "£"}, "pound sterling": {arg: 1, before: "£"}, "euro": {arg: 1, before: "€"}, "eur": {arg: 1, before: "€"}, "€": {arg: 1, before: "€"}, "cny": {arg: 1, before: "CN¥"}, "rmb": {arg: 1, before: "CN¥"}, "jpy": {arg: 1, before: "JP¥"}, "inr": {arg: 1, before: "₹"}, "indian rupee": {arg: 1, before: "₹"}, "a$": {arg: 1, before: "A$"}, "aud": {arg: 1, before: "A$"}, "c$": {arg: 1, before: "C$"}, "cad": {arg: 1, before: "C$"}, "hk$": {arg: 1, before: "HK$"}, "nt$": {arg: 1, before: "NT$"}, "¥": {arg: 1, before: "¥"}, "percent": {arg: 1, after: "%"},
	"circa": {by: byCirca}, "c.": {by: byCirca}, "ca.": {by: byCirca}, "ca": {by: byCirca}, "floruit": {by: byFloruit}, "fl.": {by: byFloruit}, "reign": {by: byReign}, "r.": {by: byReign}, "born in": {arg: 1, before: "b. "}, "b.": {arg: 1, before: "b. "}, "d.": {arg: 1, before: "d. "}, "died in": {arg: 1, before: "d. "}, "lit": {arg: 1, before: "lit. "}, "literal translation": {arg: 1, before: "lit. "}, "literally": {arg: 1, before: "literally "}, "gloss": {arg: 1, before: "'", after: "'"}, "gcl": {arg: 2, other: 1},
	"date": {by: byDate}, "start date": {by: byDate}, "end date": {by: byDate}, "start date and age": {by: byDate}, "end date and age": {by: byDate}, "birth date": {by: byDate}, "birth date and age": {by: byDate}, "bda": {by: byDate}, "dob": {by: byDate}, "release date": {by: byDate}, "film date": {by: byDate}, "dts": {by: byDate}, "birth-date": {arg: 1}, "birth-date and age": {arg: 1}, "death-date": {arg: 1}, "death date": {by: byDeath}, "death date and age": {by: byDeath}, "dda": {by: byDeath}, "birth year and age": {arg: 1}, "birth year": {arg: 1}, "death year and age": {arg: 1}, "start year": {arg: 1}, "year": {arg: 1}, "start and end dates": {arg: 1}, "as of": {by: byAsOf}, "since": {by: byAsOf}, "bya": {arg: 1}, "oldstyledate": {by: byOldStyle}, "old style date": {by: byOldStyle}, "osd": {by: byOldStyle}, "日期": {by: byChineseDate}, "bd2": {arg: 1}, "生年": {arg: 1}, "出生日期": {by: byChineseDate}, "出生日期和年齡": {by: byChineseDate}, "出生日期和年龄": {by: byChineseDate}, "死亡日期": {by: byChineseDate}, "开始日期": {by: byChineseDate}, "開始日期": {by: byChineseDate}, "bce": {arg: 1, after: " BCE"}, "bc": {arg: 1, after: " BC"}, "ad": {arg: 1, before: "AD "}, "ma": {arg: 1, after: " million years ago"}, "mya": {arg: 1, after: " million years ago"}, "ordinal": {arg: 1},

	// Chemistry, music.
	"chem": {by: byJoined}, "chem2": {arg: 1}, "ce": {arg: 1}, "chemicals": {by: byJoined}, "nuclide": {arg: 1}, "music": {arg: 1},

	// Text.
	"quote": {by: byQuote}, "blockquote": {by: byQuote}, "cquote": {by: byQuote}, "quotation": {by: byQuote}, "bquote": {by: byQuote}, "rquote": {arg: 2}, "quote box": {by: byQuote}, "quotebox": {by: byQuote}, "poem quote": {by: byQuote}, "poemquote": {by: byQuote}, "centered pull quote": {by: byQuote}, "verse translation": {arg: 1}, "cquote2": {by: byQuote}, "引用": {by: byQuote}, "引文": {by: byQuote},
	"plainlist": {by: byPlainList}, "ubl": {by: byPlainList}, "unbulleted list": {by: byPlainList}, "flatlist": {by: byInlineList}, "hlist": {by: byInlineList}, "bulleted list": {by: byPlainList}, "blist": {by: byPlainList}, "plain list": {by: byPlainList}, "ordered list": {by: byPlainList}, "cslist": {by: byInlineList}, "comma separated entries": {by: byInlineList}, "csv": {by: byListed}, "enum": {by: byListed}, "columns-list": {arg: 1}, "block indent": {arg: 1}, "blockindent": {arg: 1}, "flag": {arg: 1}, "flagcountry": {arg: 1}, "flagu": {arg: 1}, "flagg": {arg: -1}, "fb": {arg: 1}, "country": {arg: 1}, "flaglink": {arg: 1},
	"tq": {arg: 1}, "talk quote inline": {arg: 1}, "noprint": {arg: 1}, "no": {arg: 1}, "yes": {arg: 1}, "won": {arg: 1}, "nom": {arg: 1}, "sort": {arg: 2}, "sortname": {by: bySortName}, "sort name": {by: bySortName}, "table cell": {arg: 1}, "party name": {arg: 1},
	"lang-sr-cyr": {arg: 1},
}

// units are the names of units in {{convert}} that readers see otherwise.
var units = map[string]string{
	"sqmi": "sq mi", "sqkm": "km²", "km2": "km²", "m2": "m²", "cm2": "cm²", "mm2": "mm²", "ft2": "sq ft", "sqft": "sq ft", "sqm": "m²", "km3": "km³", "m3": "m³",
	"cm3": "cm³", "ft3": "cu ft", "cuft": "cu ft", "cuyd": "cu yd", "cumi": "cu mi", "yd2": "sq yd", "C": "°C", "F": "°F", "K": "K", "kph": "km/h", "km/h": "km/h",
	"ftin": "ft", "LT": "long tons", "ST": "short tons", "t": "t", "MT": "t", "Mt": "Mt", "lb": "lb", "lbs": "lb", "USgal": "US gal", "impgal": "imp gal", "l": "L", "L": "L",
	"ha": "ha", "acre": "acres", "mi": "mi", "mile": "miles", "nmi": "nmi", "hp": "hp", "kW": "kW", "bhp": "bhp", "micron": "μm", "um": "μm", "ly": "ly", "au": "au",
	"kg/m3": "kg/m³", "m3/s": "m³/s", "cuft/s": "cu ft/s", "/sqmi": "/sq mi", "/km2": "/km²", "PD/km2": "/km²", "mpg-US": "mpg",
}

// ranges are the words between two numbers in {{convert}}.
var ranges = map[string]string{
	"-": "–", "–": "–", "to": " to ", "and": " and ", "or": " or ", "x": " × ", "by": " by ", "to(-)": " to ", "+/-": " ± ", "±": " ± ", "xx": " × ", "*": " × ",
}
