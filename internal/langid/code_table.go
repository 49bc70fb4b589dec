package langid

// Codes are the ISO 15924 names of the scripts.
var Codes = [NumScripts]string{
	Latin: "Latn", Cyrillic: "Cyrl", Arabic: "Arab", Devanagari: "Deva", Han: "Hani", Kana: "Jpan",
	Hangul: "Kore", Greek: "Grek", Hebrew: "Hebr", Armenian: "Armn", Georgian: "Geor", Bengali: "Beng",
	Gurmukhi: "Guru", Gujarati: "Gujr", Tamil: "Taml", Telugu: "Telu", Thai: "Thai", Khmer: "Khmr",
	Lao: "Laoo", Myanmar: "Mymr", Sinhala: "Sinh", Malayalam: "Mlym", Kannada: "Knda", Oriya: "Orya", Thaana: "Thaa",
}

// Grouped are the scripts that several of our languages share, with these
// languages. Sentences of the training data in another script than their
// language's are left out.
var Grouped = map[Script][]string{
	Latin: {"af", "az", "bs", "ca", "cs", "cy", "da", "de", "en", "eo", "es", "et", "eu", "fi", "fr", "ga", "hr", "hu",
		"id", "is", "it", "la", "lg", "lt", "lv", "mi", "ms", "nb", "nl", "nn", "pl", "pt", "ro", "sk", "sl", "sn", "so",
		"sq", "st", "sv", "sw", "tl", "tn", "tr", "ts", "vi", "xh", "yo", "zu"},
	Cyrillic:   {"be", "bg", "kk", "mk", "mn", "ru", "sr", "uk"},
	Arabic:     {"ar", "fa", "ur"},
	Devanagari: {"hi", "mr"},
}

// Single are the languages that have their script to themselves among ours.
// Those from Khmer on are facts about scripts: no sentence of theirs was tested.
var Single = [NumScripts]string{
	Greek: "el", Hebrew: "he", Armenian: "hy", Georgian: "ka", Bengali: "bn", Gurmukhi: "pa", Gujarati: "gu",
	Tamil: "ta", Telugu: "te", Thai: "th", Hangul: "ko", Kana: "ja", Han: "zh",
	Khmer: "km", Lao: "lo", Myanmar: "my", Sinhala: "si", Malayalam: "ml", Kannada: "kn", Oriya: "or", Thaana: "dv",
}
