package language

import (
	"unicode/utf8"

	"feilun/internal/langid"
)

// How much of a text is looked at.
const (
	windows    = 16
	windowSize = 1024 // bytes
	maxSymbols = 1536 // letters and word boundaries given to the n-gram model
)

// sample returns the text when it is short, else evenly spaced windows of it,
// the first at its start and the last at its end, cut between characters.
func sample(dst []string, text string) []string {
	if len(text) <= windows*windowSize {
		return append(dst, text)
	}
	for i := range windows {
		start := (len(text) - windowSize) / (windows - 1) * i
		end := start + windowSize
		for start > 0 && !utf8.RuneStart(text[start]) {
			start++
		}
		for end < len(text) && !utf8.RuneStart(text[end]) {
			end--
		}
		dst = append(dst, text[start:end])
	}
	return dst
}

// A tally is what the letters of a sample of a text are.
type tally struct {
	parts            []string // the sample
	letters          [langid.NumScripts]int
	hans, hant, jpan int // ideographs that only one national standard has
	switches         int // times an ideograph follows Latin letters
}

// tally counts letters by script, and ideographs by the standards they are in.
func (m *Identifier) tally(text string) tally {
	t := tally{parts: sample(m.spans[:0], text)}
	for _, part := range t.parts {
		m.count(part, &t)
	}
	return t
}

func (m *Identifier) count(text string, t *tally) {
	latin := false
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf {
			s := m.classes.Of(rune(b))
			t.letters[s]++
			latin = latin || s == langid.Latin
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		s := m.classes.Of(r)
		t.letters[s]++
		if s != langid.Han {
			continue
		}
		if latin {
			t.switches++
			latin = false
		}
		if r >= hanFirst && r <= hanLast {
			switch m.han[r-hanFirst] {
			case isHans:
				t.hans++
			case isHant:
				t.hant++
			case isJpan:
				t.jpan++
			}
		}
	}
}

// hanWorth is the number of letters an ideograph counts for: a Chinese text has
// about a quarter of the letters of its English translation, and the English in
// it is terms and code more often than sentences. So a page is Chinese when a
// sixth of its letters are ideographs. Kana and Hangul write syllables. Letters
// of other scripts than Latin count for one and a half: names, code and
// addresses in Latin letters stand in texts of every script.
const (
	latinWorth    = 2
	letterWorth   = 3
	syllableWorth = 8
	hanWorth      = 10
)

// dominant returns the script with the most letters by worth; Han stands for
// Han, kana and Hangul together when ideographs or kana are among them.
//
// Short runs of Latin letters between ideographs are terms in a Chinese or
// Japanese text, even when they outweigh it: up to maxTerm letters on average,
// where ideographs are at least a twentieth of the letters.
func dominant(t *tally) langid.Script {
	n := &t.letters
	best, most := langid.None, 0
	for s := langid.Other; s < langid.NumScripts; s++ {
		worth := n[s] * letterWorth
		switch s {
		case langid.Latin:
			worth = n[s] * latinWorth
		case langid.Kana, langid.Hangul:
			continue
		case langid.Han:
			worth = n[langid.Han]*hanWorth + (n[langid.Kana]+n[langid.Hangul])*syllableWorth
		}
		if worth > most {
			best, most = s, worth
		}
	}
	const maxTerm, minShare = 24, 20
	if best == langid.Latin && n[langid.Latin] <= maxTerm*t.switches && n[langid.Han]*minShare >= n[langid.Latin]+n[langid.Han] {
		return langid.Han
	}
	return best
}

// Shares of kana and Hangul among East Asian letters from which a text is
// Japanese or Korean. Chinese texts hold a の here and there; Japanese has
// at least a fifth of kana, except in lists of names and headlines.
const (
	minKana   = 0.08
	minHangul = 0.25
)

// eastAsian tells zh-Hans, zh-Hant, ja and ko apart.
func eastAsian(t *tally) Result {
	han, kana, hangul := t.letters[langid.Han], t.letters[langid.Kana], t.letters[langid.Hangul]
	all := float64(han + kana + hangul)
	if han+kana+hangul < minIdeographs {
		return Result{Language: Und, Script: "Hani"}
	}
	switch {
	case float64(hangul) >= minHangul*all && hangul > kana:
		return Result{"ko", "Kore", certain(2 * hangul)}
	case float64(kana) >= minKana*all:
		return Result{"ja", "Jpan", certain(2 * kana)}
	case t.jpan > t.hans && 20*t.jpan >= han:
		return Result{"ja", "Jpan", 0.8}
	}
	return Result{"zh", hanScript(t), certain(han)}
}

// hanScript returns Hant when more ideographs are traditional alone than
// simplified alone. Without evidence it is Hans, the more frequent on the web.
func hanScript(t *tally) string {
	if t.hant > t.hans {
		return "Hant"
	}
	return "Hans"
}
