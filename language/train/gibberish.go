package main

import (
	"math/rand/v2"
	"strings"

	"feilun/internal/langid"
)

// gibberish makes n texts of class "und": random letters of the script in
// words of random length, some very long, a third of few different letters that
// are neighbours on the keyboard or in the alphabet.
func gibberish(s langid.Script, rng *rand.Rand, n int) []line {
	letters := alphabet(s)
	out := make([]line, n)
	for i := range out {
		var b strings.Builder
		for words := 1 + rng.IntN(12); words > 0; words-- {
			size := 2 + rng.IntN(9)
			if rng.IntN(6) == 0 {
				size += 20
			}
			some := letters
			if rng.IntN(3) == 0 { // few different letters
				k := rng.IntN(len(letters) - 4)
				some = letters[k : k+1+rng.IntN(4)]
			}
			for range size {
				b.WriteRune(some[rng.IntN(len(some))])
			}
			b.WriteByte(' ')
		}
		out[i] = line{"und", b.String()}
	}
	return out
}

func alphabet(s langid.Script) []rune {
	switch s {
	case langid.Latin:
		return []rune("qwertyuiopasdfghjklzxcvbnmabcdefghijklmnopqrstuvwxyz")
	case langid.Cyrillic:
		return []rune("йцукенгшщзхфывапролджэячсмитьбюабвгдежзийклмнопрстуфхцчшщъыьэюя")
	case langid.Arabic:
		return []rune("ابتثجحخدذرزسشصضطظعغفقكلمنهوي")
	}
	return []rune("अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह")
}
