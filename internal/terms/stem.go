package terms

import "bytes"

// Stem takes English endings off the word b[from:] in place, by M. F. Porter's
// algorithm (An algorithm for suffix stripping, Program 14, 1980). Words with
// anything but ASCII letters stay as they are.
func Stem(b []byte, from int) []byte {
	w := b[from:]
	if len(w) < 3 {
		return b
	}
	for _, c := range w {
		if c < 'a' || c > 'z' {
			return b
		}
	}
	w = step1(w)
	w = replaceEnd(w, step2Ends[:], 0)
	w = replaceEnd(w, step3Ends[:], 0)
	w = step4(w)
	w = step5(w)
	return b[:from+len(w)]
}

func vowel(w []byte, i int) bool {
	switch w[i] {
	case 'a', 'e', 'i', 'o', 'u':
		return true
	case 'y':
		return i > 0 && !vowel(w, i-1)
	}
	return false
}

func hasVowel(w []byte) bool {
	for i := range w {
		if vowel(w, i) {
			return true
		}
	}
	return false
}

// measure is Porter's m: how often a consonant follows a vowel.
func measure(w []byte) int {
	m, was := 0, false
	for i := range w {
		v := vowel(w, i)
		if was && !v {
			m++
		}
		was = v
	}
	return m
}

func double(w []byte) bool {
	n := len(w)
	return n > 1 && w[n-1] == w[n-2] && !vowel(w, n-1)
}

// short is Porter's *o: consonant, vowel, consonant other than w, x and y.
func short(w []byte) bool {
	n := len(w)
	return n > 2 && !vowel(w, n-3) && vowel(w, n-2) && !vowel(w, n-1) && w[n-1] != 'w' && w[n-1] != 'x' && w[n-1] != 'y'
}

func step1(w []byte) []byte {
	switch n := len(w); {
	case ends(w, "sses"), ends(w, "ies"):
		w = w[:n-2]
	case ends(w, "ss"):
	case ends(w, "s"):
		w = w[:n-1]
	}
	cut := 0
	switch {
	case ends(w, "eed"):
		if measure(w[:len(w)-3]) > 0 {
			w = w[:len(w)-1]
		}
	case ends(w, "ed"):
		cut = 2
	case ends(w, "ing"):
		cut = 3
	}
	if cut > 0 && hasVowel(w[:len(w)-cut]) {
		w = w[:len(w)-cut]
		switch n := len(w); {
		case ends(w, "at"), ends(w, "bl"), ends(w, "iz"), measure(w) == 1 && short(w):
			w = append(w, 'e')
		case double(w) && w[n-1] != 'l' && w[n-1] != 's' && w[n-1] != 'z':
			w = w[:n-1]
		}
	}
	if n := len(w); n > 0 && w[n-1] == 'y' && hasVowel(w[:n-1]) {
		w[n-1] = 'i'
	}
	return w
}

func ends(w []byte, end string) bool { return bytes.HasSuffix(w, []byte(end)) }

// step2Ends and step3Ends give each ending its replacement.
var step2Ends = [...][2]string{
	{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"}, {"bli", "ble"}, {"alli", "al"}, {"entli", "ent"},
	{"eli", "e"}, {"ousli", "ous"}, {"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"}, {"fulness", "ful"},
	{"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"}, {"biliti", "ble"}, {"logi", "log"},
}

var step3Ends = [...][2]string{
	{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""},
}

// replaceEnd replaces the first ending found if more than m consonants follow
// vowels before it.
func replaceEnd(w []byte, table [][2]string, m int) []byte {
	for _, e := range table {
		if ends(w, e[0]) {
			if base := w[:len(w)-len(e[0])]; measure(base) > m {
				return append(base, e[1]...)
			}
			return w
		}
	}
	return w
}

// step4Ends are dropped from long words.
var step4Ends = [...]string{
	"al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
}

func step4(w []byte) []byte {
	for _, e := range step4Ends {
		if !ends(w, e) {
			continue
		}
		base := w[:len(w)-len(e)]
		n := len(base)
		if e == "ion" && (n == 0 || base[n-1] != 's' && base[n-1] != 't') {
			return w
		}
		if measure(base) > 1 {
			return base
		}
		return w
	}
	return w
}

func step5(w []byte) []byte {
	if n := len(w); n > 0 && w[n-1] == 'e' {
		if m := measure(w[:n-1]); m > 1 || m == 1 && !short(w[:n-1]) {
			w = w[:n-1]
		}
	}
	if n := len(w); n > 1 && w[n-1] == 'l' && double(w) && measure(w) > 1 {
		w = w[:n-1]
	}
	return w
}
