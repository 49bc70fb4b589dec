package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"feilun/internal/cite"
	"feilun/internal/store"
)

const (
	readPassages = 6 // passages that are read for an answer
	mostQuotes   = 3 // of an extractive answer
)

// Kinds of answers.
const (
	generated  = "generated"
	extractive = "extractive"
	unanswered = "unanswered"
)

// answer makes the answer of a run: search, read, write, check.
func (r *run) answer(ctx context.Context) (Result, error) {
	r.stage("queue")
	thread, err := r.s.store.Thread(ctx, r.owner, r.m.Parent)
	if err != nil {
		return Result{}, err
	}
	if r.m.Mode == "plain" {
		r.emitKind(generated)
		r.stage("write")
		return r.generate(ctx, r.turns(thread, nil), func(text string) { r.write(text) })
	}
	questions := questionsOf(thread)
	question := questions[len(questions)-1]
	context := cite.Context(questions)
	query := strings.TrimSpace(context + " " + question)
	passages, err := r.search(ctx, query)
	if err != nil {
		return Result{}, err
	}
	set := r.read(passages, question)
	set.About(context)
	switch {
	case len(passages) == 0:
		r.emitKind(unanswered)
		r.write(cite.NotSaid(cite.Language(question)))
		return Result{}, nil
	case r.model.Kind == Extractive:
		r.quote(set, question)
		return Result{}, nil
	}
	return r.cited(ctx, thread, set, question)
}

func (r *run) emitKind(kind string) {
	r.mu.Lock()
	r.m.Kind = kind
	r.mu.Unlock()
}

// questionsOf are the texts of the user's turns.
func questionsOf(thread []*store.Message) (out []string) {
	for _, m := range thread {
		if m.Role == "user" {
			out = append(out, m.Text)
		}
	}
	return out
}

func (r *run) search(ctx context.Context, query string) ([]Passage, error) {
	r.stage("search", "query", query)
	r.mu.Lock()
	r.m.Origin.Query = query
	r.mu.Unlock()
	passages, err := r.s.searcher(r.m.Mode).Search(ctx, query, readPassages)
	if err != nil {
		return nil, err
	}
	r.stage("read", "found", len(passages))
	for i := range passages[:min(len(passages), widened)] {
		passages[i] = widen(ctx, r.s.searcher(r.m.Mode), passages[i])
	}
	return passages, nil
}

const (
	widened = 3    // passages, the best ones, that are read with what stands around them
	around  = 1500 // bytes of that on either side
)

// widen reads a passage with what stands around it: what a text is about often stands before the passage that was found.
func widen(ctx context.Context, from Searcher, p Passage) Passage {
	w, err := from.Passage(ctx, p.Version, p.Start, p.End, around)
	if err != nil {
		return p
	}
	start, end := p.Start-len(w.Before), p.End+len(w.After)
	if w, err = from.Passage(ctx, p.Version, start, end, 0); err != nil { // as it is stored, to the byte
		return p
	}
	p.Start, p.End, p.Text = start, end, w.Text
	return p
}

// read puts passages into the table of sources, which stays as it is, and prepares them for comparison.
func (r *run) read(passages []Passage, question string) *cite.Set {
	var sources []store.Source
	number := map[string]int{} // of a version
	var texts []cite.Source
	var spans []store.Span
	r.sourceOf = r.sourceOf[:0]
	for _, p := range passages {
		n, ok := number[p.Version]
		if !ok {
			n = len(sources) + 1
			number[p.Version] = n
			sources = append(sources, store.Source{N: n, Doc: p.Doc, Version: p.Version, URL: p.URL, Title: strings.ReplaceAll(p.Title, "\n", " "), Host: hostOf(p.URL), Date: p.Date, Fetched: p.Fetched})
		}
		r.sourceOf = append(r.sourceOf, n)
		spans = append(spans, store.Span{Version: p.Version, Start: p.Start, End: p.End, Score: p.Score})
		texts = append(texts, cite.Source{URL: p.URL, Title: p.Title, Date: p.Date, Text: p.Text, Start: p.Start})
	}
	if len(sources) > 0 {
		r.emit("sources", map[string]any{"sources": sources}, func() { r.m.Sources, r.m.Origin.Read = sources, spans })
	}
	return cite.NewSet(texts, question)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// quote answers with sentences of the sources, word for word, and says so.
func (r *run) quote(set *cite.Set, question string) {
	language := cite.Language(question)
	quotes := set.Extract(mostQuotes)
	r.stage("write")
	if len(quotes) == 0 {
		r.emitKind(unanswered)
		r.write(cite.NotSaid(language))
		return
	}
	r.emitKind(extractive)
	r.write(cite.Quoted(language) + "\n\n")
	units := cite.Units(cite.Quoted(language) + "\n\n")
	for i, q := range quotes {
		text := cite.Inert(strings.Join(strings.Fields(q.Text), " "), nil, false)
		end := units + 2 + cite.Units(text)
		r.cite(cite.Citation{N: i + 1, Source: q.Source, Span: q.Span, Sentence: [2]int{units + 2, end}, Support: 1}, set)
		line := fmt.Sprintf("> %s[%d]\n\n", text, i+1)
		r.write(line)
		units += cite.Units(line)
	}
}

// cite tells of a citation before the text that has its number.
func (r *run) cite(c cite.Citation, set *cite.Set) {
	src := set.Sources[c.Source]
	v := store.Citation{N: c.N, Source: r.sourceOf[c.Source], Start: c.Start, End: c.End, Quote: src.Text[c.Start-src.Start : c.End-src.Start], Sentence: c.Sentence, Support: c.Support}
	r.emit("citation", v, func() { r.m.Citations = append(r.m.Citations, v) })
}

// cited has a model answer from the sources and lets through what it writes, sentence by
// sentence. When the sources are too many for the model's context, it is asked again with half of them; when not one of them
// fits beside the conversation, they are quoted.
func (r *run) cited(ctx context.Context, thread []*store.Message, set *cite.Set, question string) (res Result, err error) {
	r.emitKind(generated)
	r.stage("write")
	all := set
	for {
		prompt := cite.NewPrompt(set, cite.Language(question))
		w := cite.NewWriter(set, prompt)
		wrote := false
		res, err = r.generate(ctx, r.turns(thread, &prompt), func(text string) {
			wrote = true
			r.parts(w.Write(text), set)
		})
		if errors.Is(err, ErrContextFull) && !wrote && len(set.Sources) > 1 {
			set = set.Half()
			continue
		}
		if errors.Is(err, ErrContextFull) && !wrote {
			r.quote(all, question)
			return Result{}, nil
		}
		r.stage("check")
		r.parts(w.Close(), set)
		if err == nil && w.Claims == 0 && strings.TrimSpace(r.textNow()) == "" {
			r.emitKind(unanswered)
			r.write(cite.NotSaid(cite.Language(question)))
		} else if err == nil && w.Claims == 0 {
			r.emitKind(unanswered)
		}
		return res, err
	}
}

func (r *run) textNow() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// parts shows checked text: citations first, then the text, then marks.
func (r *run) parts(all []cite.Part, set *cite.Set) {
	for _, p := range all {
		for _, c := range p.Citations {
			r.cite(c, set)
		}
		r.write(p.Text)
		for _, k := range p.Marks {
			v := store.Mark{From: k.Sentence[0], To: k.Sentence[1], Why: k.Why}
			r.emit("mark", v, func() { r.m.Marks = append(r.m.Marks, v) })
		}
	}
}

// turns are what the model is told: the conversation to the question, with the sources before the last
// question where there are some. Numbers of citations of earlier answers mean nothing now and are left out.
func (r *run) turns(thread []*store.Message, prompt *cite.Prompt) []Turn {
	system := r.params.System
	if prompt != nil {
		system = strings.TrimSpace(prompt.System + "\n\n" + system)
	}
	var turns []Turn
	if system != "" {
		turns = append(turns, Turn{Role: "system", Content: system})
	}
	for i, m := range thread {
		text := m.Text
		if m.Role == "assistant" && len(m.Citations) > 0 {
			text, _ = cite.Marked(text, len(m.Citations))
		}
		if i == len(thread)-1 && prompt != nil {
			text = prompt.Block + "\n" + text
		}
		if strings.TrimSpace(text) != "" {
			turns = append(turns, Turn{Role: m.Role, Content: text})
		}
	}
	return turns
}

// generate asks the model and hands its text on.
func (r *run) generate(ctx context.Context, turns []Turn, write func(string)) (Result, error) {
	p := &r.params
	q := &Request{Model: r.model.ID, Turns: turns, Stop: p.Stop, Logprobs: -1, User: r.owner, Sampling: Sampling{Temperature: p.Temperature, TopP: p.TopP, TopK: p.TopK, MinP: p.MinP, RepetitionPenalty: p.RepetitionPenalty, Seed: r.m.Seed}}
	q.Waits = r.waits
	if p.MaxTokens != nil {
		q.MaxTokens = *p.MaxTokens
	}
	if limit := r.s.o.Limits.MaxTokens; limit > 0 && (q.MaxTokens == 0 || q.MaxTokens > limit) {
		q.MaxTokens = limit
	}
	res, err := r.s.generate(ctx, q, func(piece Piece) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if piece.Text != "" {
			write(piece.Text)
		}
		return nil
	})
	return res, cmp.Or(err, context.Cause(ctx))
}

// waits tells the place of a run in the model's queue, or that its turn has come.
func (r *run) waits(place int) {
	if place == 0 {
		r.stage("write")
		return
	}
	r.stage("queue", "position", place)
}
