package serve

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"feilun/internal/cite"
)

const (
	triedTitles = 80 // of which questions are made
	suggested   = 2  // questions of each language
)

// suggest makes questions of titles of the index and keeps the first of each language that are answered from it, with a quote of the very
// document: what is suggested works.
func (s *Server) suggest(ctx context.Context) (out []string) {
	if s.o.Titles == nil || s.o.Searcher == nil {
		return nil
	}
	titles, err := s.o.Titles(triedTitles)
	if err != nil {
		s.log.Warn("suggestions", "error", err)
		return nil
	}
	var chinese, others []string
	for _, title := range titles {
		question := questionOf(title)
		to := &others
		if cite.Language(question) != "en" {
			to = &chinese
		}
		if question != "" && len(*to) < suggested && !slices.Contains(*to, question) && s.quotes(ctx, question, title) {
			*to = append(*to, question)
		}
	}
	return append(chinese, others...)
}

// siteMarks stand between the title of a page and the name of its site.
var siteMarks = [...]string{" | ", " - ", " – ", " — ", "_", "｜"}

// questionOf makes a question of a title: a title that asks is one; else what is known of it is asked for. It is
// "" for what is too short or too long to be the name of something.
func questionOf(title string) string {
	title = cite.Clean(strings.Join(strings.Fields(title), " "))
	for _, mark := range siteMarks {
		title, _, _ = strings.Cut(title, mark)
	}
	if n := utf8.RuneCountInString(title); n < 2 || n > 40 || cite.Instructs(title) {
		return ""
	}
	if strings.HasSuffix(title, "?") || strings.HasSuffix(title, "？") {
		return title
	}
	switch cite.Language(title) {
	case "en":
		return "What is known about " + title + "?"
	case "zh-Hant":
		return "關於" + title + "，有什麼資料？"
	}
	return "关于" + title + "，有什么资料？"
}

// quotes reports whether a question is answered by a quote of a document with a title, before all others.
func (s *Server) quotes(ctx context.Context, question, title string) bool {
	passages, err := s.o.Searcher.Search(ctx, question, readPassages)
	if err != nil {
		return false
	}
	var texts []cite.Source
	for i, p := range passages {
		if i < widened {
			p = widen(ctx, s.o.Searcher, p)
		}
		texts = append(texts, cite.Source{URL: p.URL, Title: p.Title, Date: p.Date, Text: p.Text, Start: p.Start})
	}
	found := cite.NewSet(texts, question).Extract(1)
	return len(found) > 0 && texts[found[0].Source].Title == title
}
