package main

// alphabets are the lower-case letters of the Cyrillic alphabets, facts that
// 800 short texts a language do not show with enough force.
var alphabets = map[string]string{
	"be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
	"bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
	"kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
	"mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
	"mn": "абвгдеёжзийклмноөпрстуүфхцчшщъыьэюя",
	"ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
	"sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
	"uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
