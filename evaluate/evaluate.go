// Package evaluate measures models: bits for each byte of text, multiple choice by
// log-likelihood, minimal pairs, last words, each with a confidence interval, and
// whether the training corpus holds the questions. Start with [Open]; then [Load] and
// [Run] for tasks, [NewMeter] for text, [NewIndex] for what the corpus holds. It does not
// judge free answers.
package evaluate

import (
	"context"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/params"
)

// Source is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Source embed.FS

// Params steer the stage.
type Params struct {
	// Tasks names the tasks; none takes all whose files are there.
	Tasks params.List `json:"tasks" default:"[]"`
	// Form is how questions with options are asked: cloze (each option as the answer's text) or letter (options listed, the answer is a letter).
	Form string `json:"form" default:"cloze"`
	// Shots is how many solved questions of the same subject stand before each question, where a task has some set apart.
	Shots int `json:"shots" default:"0" range:"0..64"`
	// Limit is how many items of a task are taken, evenly over all. 0 takes every one.
	Limit int `json:"limit" default:"0" range:"0.."`
	// PMI also scores options by how much the question makes them likelier (Brown and others, 2020, section 2.4), at the cost of a second pass over the options.
	PMI bool `json:"pmi" default:"false"`
	// Stride is by how much windows of text overlap for bits for each byte, as a share of the model's context; what overlaps is read and not counted again.
	Stride float64 `json:"stride" default:"0.5" range:"0..0.9"`
	// Draws is how many samples are drawn again for intervals of means (bootstrap).
	Draws int `json:"draws" default:"1000" range:"100..1000000"`
	// Seed decides those draws.
	Seed uint64 `json:"seed" default:"1"`
}

// A Request asks for the log-likelihood of a text behind another.
type Request struct {
	Context, Text string
}

// A Score answers a [Request].
type Score struct {
	LogProb   float64 // of the text's tokens, in nats
	Tokens    int     // of the text
	Greedy    bool    // each token was the likeliest; set by Greedy alone
	Truncated bool    // the context did not fit and lost its beginning
}

// scorer is a model as far as tasks need it. Answers are in the order of the
// requests and do not depend on which are asked together.
type scorer interface {
	Score(ctx context.Context, all []Request) ([]Score, error)
	// Greedy also tells whether each token was the likeliest.
	Greedy(ctx context.Context, all []Request) ([]Score, error)
}

// A Kind is what a task asks.
type Kind string

// The kinds of tasks.
const (
	Choice Kind = "choice" // which option answers a question
	Pair   Kind = "pair"   // which of two sentences is likelier; the first is the acceptable one
	Word   Kind = "word"   // the last word of a text, exactly
)

// An Item is one question.
type Item struct {
	Group    string // subject or paradigm
	Dev      bool   // set apart to be shown solved
	Passage  string
	Question string
	Options  []string
	Answer   int // of Options, from 0
}

// text is all of an item that a corpus must not hold.
func (i *Item) text() string {
	return strings.TrimSpace(i.Passage + "\n" + i.Question + "\n" + strings.Join(i.Options[:min(len(i.Options), 8)], "\n"))
}

// A Task is a set of items in files of their own form. Items have to come in the
// same order each time; a file that cannot be read as the task's is an error.
type Task interface {
	// Name is what --tasks calls it.
	Name() string
	// About says where the items and the way of asking come from.
	About() string
	Kind() Kind
	// Files are the names of its files; each may also end in .zst.
	Files() []string
	// Items reads one of the files.
	Items(r io.Reader) ([]Item, error)
	// Ask returns what stands before an item's options and the options as they
	// follow it, in a form.
	Ask(i *Item, form string) (before string, options []string)
}

// Forms of questions with options.
const (
	Cloze  = "cloze"
	Letter = "letter"
)

// Tasks lists all tasks.
func Tasks() []Task {
	return []Task{
		&cmmlu{}, &c3{}, &agieval{}, &hellaSwag{}, &lambada{}, &minimalPairs{name: "blimp"}, &minimalPairs{name: "zhoblimp"},
	}
}

// named returns the tasks of those names, each once, all if there are none.
func named(names []string) ([]Task, error) {
	if len(names) == 0 {
		return Tasks(), nil
	}
	var found []Task
	for _, n := range names {
		i := slices.IndexFunc(Tasks(), func(t Task) bool { return t.Name() == n })
		if i < 0 {
			var known []string
			for _, t := range Tasks() {
				known = append(known, t.Name())
			}
			return nil, hint.Usage(fmt.Errorf("no task %q; known are %s", n, strings.Join(known, ", ")))
		}
		if !slices.ContainsFunc(found, func(t Task) bool { return t.Name() == n }) {
			found = append(found, Tasks()[i])
		}
	}
	return found, nil
}
