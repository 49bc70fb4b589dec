// Package lessons turns what users said of answers into rows that models learn from: conversations to imitate, pairs of
// which one is preferred, answers that were liked or not. Start with [Collect]. It reads only chats whose users
// allow it, and leaves out what docs/formats/feedback.md lists; it does not train.
package lessons

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"feilun/internal/hint"
	"feilun/internal/store"
)

// Forms of rows.
const (
	SFT      = "sft"      // conversations whose last answer a person wrote
	KTO      = "kto"      // answers with a thumb up or down
	DPO      = "dpo"      // pairs of answers of which one is preferred
	Events   = "events"   // all that happened, for people and programs to read
	Frontier = "frontier" // questions without an answer in the sources
	Pages    = "pages"    // pages that liked answers cite
)

// Forms lists the forms.
func Forms() []string { return []string{SFT, KTO, DPO, Events, Frontier, Pages} }

// Options say what is let through.
type Options struct {
	Publish    bool                // only what users allow to be published
	ThirdParty bool                // also outputs of model servers of others, whose terms may forbid it
	PerUserDay int                 // rows of one user and day at most; 0 for no limit
	Mask       func(string) string // takes out what points to persons
}

// A Row is a row of a form: a *[Example], *[Thumb], *[Pair], *[Happening], *[Question] or *[Page].
type Row struct {
	Value   any
	ID      string
	From    []Source
	created time.Time
	user    string
	key     string // of what is the same row twice
}

// A Source is a chat that a row was made of.
type Source struct{ User, Chat string }

// A Turn is a message of a conversation.
type Turn struct {
	Role    string `json:"role" parquet:"role"`
	Content string `json:"content" parquet:"content"`
}

// About says where a row comes from. No column names the user.
type About struct {
	ID       string   `json:"id" parquet:"id"`             // part of the SHA-256 of the row without it
	Rule     string   `json:"rule" parquet:"rule"`         // edit, better, choice, regenerate or thumb
	Strength string   `json:"strength" parquet:"strength"` // strong, or weak where it is only concluded
	Origin   string   `json:"origin" parquet:"origin"`     // who wrote what is to be imitated: human, model:NAME or upstream:NAME
	Model    string   `json:"model" parquet:"model"`       // that wrote the answer that was judged
	SHA      string   `json:"model_sha" parquet:"model_sha"`
	Template string   `json:"template_sha" parquet:"template_sha"`
	Seed     string   `json:"seed" parquet:"seed"` // "" where not known
	Mode     string   `json:"mode" parquet:"mode"`
	Position string   `json:"position" parquet:"position"` // of choice: the side on which the winner stood
	Scope    string   `json:"scope" parquet:"scope"`       // of the consent: improve or publish
	Policy   string   `json:"policy" parquet:"policy"`
	Messages []string `json:"message_ids" parquet:"message_ids,list"`
	Spans    []string `json:"spans" parquet:"spans,list"` // cited: VERSION:START-END
}

// An Example is a conversation to imitate, in the columns of TRL's and LLaMA-Factory's supervised training.
type Example struct {
	Messages []Turn `json:"messages" parquet:"messages,list"`
	About
}

// A Thumb is an answer that was liked or not: TRL's unpaired preference. Dialog is the same as LLaMA-Factory takes it.
type Thumb struct {
	Prompt     []Turn `json:"prompt" parquet:"prompt,list"`
	Completion []Turn `json:"completion" parquet:"completion,list"`
	Label      bool   `json:"label" parquet:"label"`
	Dialog     []Turn `json:"dialog" parquet:"dialog,list"`
	About
}

// A Pair is two answers to one prompt, of which the chosen is preferred: TRL's preference. Dialog, Better and Worse are
// the same as LLaMA-Factory takes them.
type Pair struct {
	Prompt   []Turn `json:"prompt" parquet:"prompt,list"`
	Chosen   []Turn `json:"chosen" parquet:"chosen,list"`
	Rejected []Turn `json:"rejected" parquet:"rejected,list"`
	Dialog   []Turn `json:"dialog" parquet:"dialog,list"`
	Better   Turn   `json:"better" parquet:"better"`
	Worse    Turn   `json:"worse" parquet:"worse"`
	About
}

// A Set is the rows of a form in the order of their age, and why others were left out.
type Set struct {
	Form    string
	Rows    []Row
	Skipped map[string]int
}

func (s *Set) skip(why string) { s.Skipped[why]++ }

// Collect makes the rows of a form.
func Collect(ctx context.Context, st *store.Store, form string, o Options) (*Set, error) {
	if !slices.Contains(Forms(), form) {
		return nil, hint.Usage(fmt.Errorf("no form %q: %s", form, strings.Join(Forms(), ", ")))
	}
	if o.Mask == nil {
		return nil, errors.New("rows leave the database only masked")
	}
	set := &Set{Form: form, Skipped: map[string]int{}}
	merged := map[string]int{} // rows made of several chats
	err := st.Consented(ctx, func(r *store.Record) error {
		if o.Publish && r.Scope != store.ConsentPublish {
			return nil
		}
		c := newChat(r, &o, set)
		switch form {
		case SFT, DPO, KTO:
			c.lessons()
		case Events:
			c.happenings()
		case Frontier:
			c.questions(merged)
		case Pages:
			c.pages(merged)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return set, set.finish(&o)
}

// finish sorts, takes out what stands there twice, caps users, and names rows.
func (s *Set) finish(o *Options) error {
	slices.SortStableFunc(s.Rows, func(a, b Row) int { return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.key, b.key)) })
	seen, days := map[string]bool{}, map[string]int{}
	kept := s.Rows[:0]
	for _, r := range s.Rows {
		if seen[r.key] {
			s.skip("the same row before")
			continue
		}
		day := r.user + " " + r.created.Format(time.DateOnly)
		if o.PerUserDay > 0 && r.user != "" && days[day] >= o.PerUserDay {
			s.skip("more rows of one user and day than allowed")
			continue
		}
		seen[r.key] = true
		days[day]++
		if err := r.name(); err != nil {
			return err
		}
		kept = append(kept, r)
	}
	s.Rows = kept
	return nil
}

// name gives a row its id: the first half of the SHA-256 of its JSON without one.
func (r *Row) name() error {
	b, err := Line(r.Value)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	r.ID = hex.EncodeToString(sum[:16])
	switch v := r.Value.(type) {
	case *Example:
		v.ID = r.ID
	case *Thumb:
		v.ID = r.ID
	case *Pair:
		v.ID = r.ID
	case *Happening:
		v.ID = r.ID
	case *Question:
		v.ID = r.ID
	case *Page:
		v.ID = r.ID
	}
	return nil
}

// Line is a row as a line of JSON, with its line break.
func Line(row any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(row)
	return b.Bytes(), err
}

// Lines is the set as lines of JSON.
func (s *Set) Lines() ([]byte, error) {
	var b bytes.Buffer
	for _, r := range s.Rows {
		line, err := Line(r.Value)
		if err != nil {
			return nil, err
		}
		b.Write(line)
	}
	return b.Bytes(), nil
}

// Origins lists where the rows came from, for [store.Store.AddExport].
func (s *Set) Origins() []store.ExportRow {
	var all []store.ExportRow
	for _, r := range s.Rows {
		for _, f := range r.From {
			all = append(all, store.ExportRow{ID: r.ID, User: f.User, Chat: f.Chat})
		}
	}
	return all
}
