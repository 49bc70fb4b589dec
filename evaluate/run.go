package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"feilun/internal/charset"
	"feilun/internal/hint"

	"github.com/klauspost/compress/zstd"
)

// A Result is what a task came to.
type Result struct {
	Task  string `json:"task"`
	About string `json:"about"`
	Form  string `json:"form,omitempty"`
	Shots int    `json:"shots,omitempty"`
	Items int    `json:"items"`
	// Accuracy by the way options of different length are made comparable: sum (log-likelihood as
	// it is), char, byte and token (divided by the option's length), pmi (less that without the question).
	Accuracy map[string]Interval `json:"accuracy"`
	Main     string              `json:"main"`   // which of them is usual for the task
	Chance   float64             `json:"chance"` // accuracy of guessing
	Macro    float64             `json:"macro"`  // mean of the groups' main accuracies
	Groups   []Group             `json:"groups,omitempty"`
	// Perplexity of the last words, for tasks that ask for them.
	Perplexity *Interval `json:"perplexity,omitempty"`
	Truncated  int       `json:"truncated"` // items whose context did not fit
	Overlap    *Dirty    `json:"overlap,omitempty"`

	hits []bool // by item, of the main accuracy
}

// A Group is a subject or paradigm.
type Group struct {
	Name     string   `json:"name"`
	Items    int      `json:"items"`
	Accuracy Interval `json:"accuracy"`
}

// A Set is a task with its items.
type Set struct {
	Task  Task
	Items []Item // to be answered
	Dev   []Item // to be shown solved
}

// Load reads the items of the tasks that p names from a folder. Of tasks that are
// not named, those without files are left out; all of them is a usage error.
func Load(p *Params, dir string) ([]Set, error) {
	tasks, err := named(p.Tasks)
	if err != nil {
		return nil, err
	}
	if p.Form != Cloze && p.Form != Letter {
		return nil, hint.Usage(fmt.Errorf("no form %q; known are %s, %s", p.Form, Cloze, Letter))
	}
	var sets []Set
	for _, t := range tasks {
		s := Set{Task: t}
		for _, f := range t.Files() {
			items, err := readItems(t, filepath.Join(dir, f))
			if errors.Is(err, os.ErrNotExist) {
				if len(p.Tasks) > 0 {
					return nil, noFile(t, f, dir)
				}
				continue
			}
			if err == nil && len(items) == 0 {
				err = hint.Usage(fmt.Errorf("%s holds no item of task %s", filepath.Join(dir, f), t.Name()))
			}
			if err != nil {
				return nil, err
			}
			for _, i := range items {
				if i.Group == "" && len(t.Files()) > 1 {
					i.Group = strings.TrimSuffix(f, filepath.Ext(f))
				}
				if i.Dev {
					s.Dev = append(s.Dev, i)
				} else {
					s.Items = append(s.Items, i)
				}
			}
		}
		s.Items = evenly(s.Items, p.Limit)
		if len(s.Items) > 0 {
			sets = append(sets, s)
		}
	}
	if len(sets) == 0 {
		return nil, noTask(dir)
	}
	return sets, nil
}

// Present reports, as [Load] does, tasks whose files are not in a folder, without reading them.
func Present(p *Params, dir string) error {
	tasks, err := named(p.Tasks)
	if err != nil {
		return err
	}
	found := 0
	for _, t := range tasks {
		for _, f := range t.Files() {
			name := filepath.Join(dir, f)
			_, plain := os.Stat(name)
			_, packed := os.Stat(name + ".zst")
			switch {
			case plain == nil || packed == nil:
				found++
			case len(p.Tasks) > 0:
				return noFile(t, f, dir)
			}
		}
	}
	if found == 0 {
		return noTask(dir)
	}
	return nil
}

func noTask(dir string) error {
	return hint.Usage(hint.With(fmt.Errorf("%s holds no file of a task", dir), "feilun evaluate --list names the files"))
}

func noFile(t Task, file, dir string) error {
	return hint.Usage(hint.With(fmt.Errorf("task %s has no file %s in %s", t.Name(), file, dir), "name the folder that holds the tasks' files with --data DIR"))
}

// evenly returns n of all items, at equal distances.
func evenly(all []Item, n int) []Item {
	if n <= 0 || n >= len(all) {
		return all
	}
	var some []Item
	for k := range n {
		some = append(some, all[k*len(all)/n])
	}
	return some
}

// readItems reads a file of a task, or that file with .zst behind its name.
func readItems(t Task, name string) ([]Item, error) {
	f, err := os.Open(name)
	packed := errors.Is(err, os.ErrNotExist)
	if packed {
		name += ".zst"
		f, err = os.Open(name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if packed {
		z, err := zstd.NewReader(f)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		r = z
	}
	items, err := t.Items(charset.Unmarked(r))
	if err != nil {
		return nil, hint.Usage(fmt.Errorf("%s: %w", name, err))
	}
	return items, nil
}

// Run has a model answer the items of a set.
func Run(ctx context.Context, m scorer, p *Params, s Set) (*Result, error) {
	var all []Request
	options := make([][]string, len(s.Items))
	for k := range s.Items {
		before, opts := s.Task.Ask(&s.Items[k], p.Form)
		before = s.shots(p, k) + before
		options[k] = opts
		for _, o := range opts {
			all = append(all, Request{before, o})
		}
	}
	n := len(all)
	if p.PMI && s.Task.Kind() == Choice {
		for _, r := range all[:n:n] {
			all = append(all, Request{blank(r.Text, Choice), r.Text})
		}
	}
	ask := m.Score
	if s.Task.Kind() == Word {
		ask = m.Greedy
	}
	scores, err := ask(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("task %s: %w", s.Task.Name(), err)
	}
	r := &Result{Task: s.Task.Name(), About: s.Task.About(), Items: len(s.Items), Shots: p.Shots}
	if s.Task.Kind() == Choice {
		r.Form = p.Form
	}
	if len(s.Dev) == 0 {
		r.Shots = 0
	}
	if s.Task.Kind() == Word {
		r.words(scores, p)
	} else {
		r.choices(s, options, scores[:n], scores[n:])
	}
	r.groups(s)
	return r, nil
}

// shots returns solved items of the item's group.
func (s *Set) shots(p *Params, item int) string {
	var b strings.Builder
	n := 0
	for k := range s.Dev {
		if d := &s.Dev[k]; n < p.Shots && d.Group == s.Items[item].Group {
			before, options := s.Task.Ask(d, p.Form)
			b.WriteString(before + options[d.Answer] + "\n\n")
			n++
		}
	}
	return b.String()
}

// The ways of making options comparable.
const (
	bySum   = "sum"
	byChar  = "char"
	byByte  = "byte"
	byToken = "token"
	byPMI   = "pmi"
)

// choices counts the items whose answer has the best option's score, by each way.
func (r *Result) choices(s Set, options [][]string, scores, without []Score) {
	ways := []string{bySum, byChar, byByte, byToken}
	if len(without) > 0 {
		ways = append(ways, byPMI)
	}
	r.Main = byChar
	if s.Task.Kind() == Pair || r.Form == Letter {
		r.Main = bySum
	}
	if s.Task.Kind() == Pair {
		ways = []string{bySum, byToken}
	}
	hits := map[string]int{}
	at := 0
	for k := range s.Items {
		n := len(options[k])
		mine := scores[at : at+n]
		var bare []Score
		if len(without) > 0 {
			bare = without[at : at+n]
		}
		at += n
		r.Chance += 1 / float64(n) / float64(len(s.Items))
		if slices.ContainsFunc(mine, func(x Score) bool { return x.Truncated }) {
			r.Truncated++
		}
		for _, way := range ways {
			right := best(way, mine, bare, options[k]) == s.Items[k].Answer
			if right {
				hits[way]++
			}
			if way == r.Main {
				r.hits = append(r.hits, right)
			}
		}
	}
	r.Accuracy = map[string]Interval{}
	for _, way := range ways {
		r.Accuracy[way] = Wilson(hits[way], len(s.Items))
	}
}

// best returns the option of the highest score, -1 when two share it: a model that
// cannot tell options apart has not answered.
func best(way string, scores, without []Score, options []string) int {
	top, at := math.Inf(-1), -1
	for i, s := range scores {
		x := s.LogProb
		text := strings.TrimSpace(options[i])
		switch way {
		case byChar:
			x /= float64(max(1, utf8.RuneCountInString(text)))
		case byByte:
			x /= float64(max(1, len(text)))
		case byToken:
			x /= float64(max(1, s.Tokens))
		case byPMI:
			x -= without[i].LogProb
		}
		if x > top {
			top, at = x, i
		} else if x == top {
			at = -1
		}
	}
	return at
}

// words counts the items whose word is the likeliest at every token.
func (r *Result) words(scores []Score, p *Params) {
	r.Main = "exact"
	hits := 0
	var nll, one []float64
	for _, s := range scores {
		if s.Greedy {
			hits++
		}
		if s.Truncated {
			r.Truncated++
		}
		r.hits = append(r.hits, s.Greedy)
		nll, one = append(nll, -s.LogProb), append(one, 1)
	}
	r.Accuracy = map[string]Interval{r.Main: Wilson(hits, len(scores))}
	i := bootstrap(nll, one, p.Draws, p.Seed)
	exp := func(x float64) float64 { return min(math.Exp(x), math.MaxFloat64) } // JSON has no infinity
	r.Perplexity = &Interval{Value: exp(i.Value), Low: exp(i.Low), High: exp(i.High)}
}

// groups sums the items up by subject.
func (r *Result) groups(s Set) {
	count := map[string][2]int{}
	var names []string
	for k, i := range s.Items {
		c, seen := count[i.Group]
		if !seen {
			names = append(names, i.Group)
		}
		c[1]++
		if r.hits[k] {
			c[0]++
		}
		count[i.Group] = c
	}
	slices.Sort(names)
	for _, n := range names {
		c := count[n]
		a := Wilson(c[0], c[1])
		r.Macro += a.Value / float64(len(names))
		if len(names) > 1 {
			r.Groups = append(r.Groups, Group{n, c[1], a})
		}
	}
}
