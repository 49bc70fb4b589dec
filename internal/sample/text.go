package sample

import (
	"fmt"
	"strings"
)

// A story is a page's content before it is laid out.
type story struct {
	title      string
	paragraphs []string
	facts      [][2]string // a small table, for encyclopedia pages
	date       string
}

// fill replaces the places in a sentence, each time with new draws but for the
// thing's own name and place.
func (g *generator) fill(s, name, place string, zh bool) string {
	persons, months := enPersons, enMonths
	if zh {
		persons, months = zhPersons, zhMonths
	}
	s = strings.NewReplacer("{n}", name, "{p}", place, "{w}", pick(g, persons), "{m}", pick(g, months)).Replace(s)
	for strings.Contains(s, "{y}") {
		s = strings.Replace(s, "{y}", fmt.Sprint(1650+g.rng.IntN(360)), 1)
	}
	for strings.Contains(s, "{a}") {
		s = strings.Replace(s, "{a}", fmt.Sprint(14+g.rng.IntN(380)), 1)
	}
	return strings.ReplaceAll(s, "{b}", fmt.Sprint(3+g.rng.IntN(40)))
}

func (g *generator) day() string {
	return fmt.Sprintf("20%02d-%02d-%02d", 12+g.rng.IntN(13), 1+g.rng.IntN(12), 1+g.rng.IntN(28))
}

// story draws a page about one thing: two or three wordings of each aspect,
// one paragraph an aspect.
func (g *generator) story(zh bool) story {
	kinds, places := enKinds, enPlaces
	if zh {
		kinds, places = zhKinds, zhPlaces
	}
	k, place := pick(g, kinds), pick(g, places)
	name := pick(g, enFirst) + pick(g, enSecond) + " " + k.name
	if zh {
		name = pick(g, zhFirst) + pick(g, zhSecond) + k.name
	}
	s := story{title: name, date: g.day()}
	join, label := " ", []string{"Place", "Since", "Known for"}
	if zh {
		join, label = "", []string{"地点", "始于", "看点"}
	}
	for _, wordings := range k.aspects {
		order := g.rng.Perm(len(wordings))
		var sentences []string
		for _, w := range order[:1+g.rng.IntN(2)] {
			sentences = append(sentences, g.fill(wordings[w], name, place, zh))
		}
		if g.rng.IntN(5) > 0 {
			s.paragraphs = append(s.paragraphs, strings.Join(sentences, join))
		} else if n := len(s.paragraphs); n > 0 {
			s.paragraphs[n-1] += join + strings.Join(sentences, join)
		} else {
			s.paragraphs = sentences
		}
	}
	s.facts = [][2]string{{label[0], place}, {label[1], fmt.Sprint(1650 + g.rng.IntN(360))}, {label[2], k.name}}
	return s
}

// thread draws a question with its answers.
func (g *generator) thread(zh bool) story {
	q, place := pick(g, enQuestions), pick(g, enPlaces)
	if zh {
		q, place = pick(g, zhQuestions), pick(g, zhPlaces)
	}
	s := story{title: g.fill(q.title, "", place, zh), date: g.day()}
	s.paragraphs = append(s.paragraphs, g.fill(q.body, "", place, zh))
	for _, i := range g.rng.Perm(len(q.answers))[:2] {
		s.paragraphs = append(s.paragraphs, g.fill(q.answers[i], "", place, zh))
	}
	for range 3 { // people drift from the subject
		extra := g.story(zh)
		s.paragraphs = append(s.paragraphs, extra.paragraphs[g.rng.IntN(len(extra.paragraphs))])
	}
	return s
}

// each applies f to every text of the story.
func (s story) each(f func(string) string) story {
	out := story{title: f(s.title), date: s.date}
	for _, p := range s.paragraphs {
		out.paragraphs = append(out.paragraphs, f(p))
	}
	for _, x := range s.facts {
		out.facts = append(out.facts, [2]string{f(x[0]), f(x[1])})
	}
	return out
}
