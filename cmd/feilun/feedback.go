package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/user"
	"slices"
	"strings"

	"feilun"
	"feilun/feedback"
	"feilun/filter"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/store"
	"feilun/pipeline"
)

type feedbackCmd struct {
	Stats    feedbackStatsCmd    `cmd:"" help:"Count ratings, edits, choices and reports, and rate models by blind choices."`
	Export   feedbackExportCmd   `cmd:"" help:"Write rows that models learn from: SFT, DPO, KTO, and questions and pages for the next crawl."`
	Withdraw feedbackWithdrawCmd `cmd:"" help:"Take back a user's consent, or take withdrawn rows out of exported files."`
}

// feedbackData is the database of a server.
type feedbackData struct {
	Data string `arg:"" name:"data" help:"Folder in which the server keeps its data, or its file feilun.db."`
}

func (d *feedbackData) with(do func(*store.Store) error) error {
	st, err := feedback.Open(d.Data)
	if err != nil {
		return err
	}
	return errors.Join(do(st), st.Close())
}

type feedbackStatsCmd struct {
	feedbackData
	JSON bool `help:"Print one line of JSON."`
}

func (c *feedbackStatsCmd) Run(a *app) error {
	return c.with(func(st *store.Store) error {
		s, err := feedback.Measure(a.ctx, st)
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(a.stdout).Encode(s)
		}
		c.print(a, s)
		return nil
	})
}

func (c *feedbackStatsCmd) print(a *app, s *feedback.Stats) {
	fmt.Fprintf(a.stdout, "%d users allow %d chats with %d answers\n", s.Users, s.Chats, s.Answers)
	for _, part := range []struct {
		name   string
		counts map[string]int
	}{{"feedback", s.Kinds}, {"reasons", s.Reasons}, {"days", s.Days}} {
		if len(part.counts) > 0 {
			fmt.Fprintf(a.stdout, "\n%s\n", part.name)
		}
		for _, k := range slices.Sorted(maps.Keys(part.counts)) {
			fmt.Fprintf(a.stdout, "  %-14s %6d\n", k, part.counts[k])
		}
	}
	if len(s.Models) > 0 {
		fmt.Fprintf(a.stdout, "\n%-24s %8s %6s %6s\n", "model", "answers", "up", "down")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Models)) {
		m := s.Models[name]
		fmt.Fprintf(a.stdout, "%-24s %8d %6d %6d\n", name, m.Answers, m.Up, m.Down)
	}
	ch := s.Choices
	if ch.Decided+ch.Ties+ch.Bad == 0 {
		return
	}
	fmt.Fprintf(a.stdout, "\nblind choices: %d decided (%d for the one on the left), %d ties, %d both bad\n", ch.Decided, ch.LeftWon, ch.Ties, ch.Bad)
	if len(ch.Standing) > 0 {
		fmt.Fprintf(a.stdout, "%-24s %8s %18s %7s %7s\n", "model", "rating", "95 %", "wins", "games")
	}
	for _, m := range ch.Standing {
		fmt.Fprintf(a.stdout, "%-24s %8.1f %8.1f to %6.1f %7.1f %7d\n", m.Model, m.Rating, m.Low, m.High, m.Wins, m.Games)
	}
}

type feedbackExportCmd struct {
	feedbackData
	Out        string   `required:"" placeholder:"DIR" help:"New folder for the files."`
	Form       string   `default:"sft,dpo,kto" placeholder:"FORMS" help:"Which rows: sft, dpo, kto, events, frontier (questions without answer), pages (cited by liked answers)."`
	Parquet    bool     `help:"Write Parquet instead of JSON lines."`
	Publish    bool     `help:"Only what users allow to be given to others."`
	ThirdParty bool     `help:"Also outputs of model servers of others, whose terms may forbid to train on them."`
	PerUserDay int      `default:"50" placeholder:"N" help:"Rows of one user and day at most; 0 for no limit."`
	Corpus     []string `placeholder:"PATH" sep:"none" help:"With pages: documents to find them in, for feilun quality train --positive. May be repeated."`
	JSON       bool     `help:"Print the manifest as a line of JSON."`
}

func (c *feedbackExportCmd) Run(a *app) error {
	forms, err := feedback.ParseForms(c.Form)
	if err != nil {
		return err
	}
	if c.PerUserDay < 0 {
		return hint.Usage(fmt.Errorf("--per-user-day %d: not negative", c.PerUserDay))
	}
	if len(c.Corpus) > 0 && !slices.Contains(forms, "pages") {
		return hint.Usage(hint.With(errors.New("--corpus without pages"), "use: --form pages --corpus RUN"))
	}
	mask, err := maskText()
	if err != nil {
		return err
	}
	p := feedback.Params{Forms: forms, Parquet: c.Parquet, Publish: c.Publish, ThirdParty: c.ThirdParty, PerUserDay: c.PerUserDay, Mask: mask, Actor: operator()}
	if len(c.Corpus) > 0 {
		p.Corpus = c.documents(a.ctx)
	}
	return c.with(func(st *store.Store) error {
		m, err := feedback.Export(a.ctx, st, c.Out, p)
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(a.stdout).Encode(m)
		}
		for _, f := range m.Files {
			fmt.Fprintf(a.stdout, "%-16s %6d rows\n", f.Name, f.Rows)
			for _, why := range slices.SortedFunc(maps.Keys(f.Skipped), func(x, y string) int { return cmp.Or(cmp.Compare(f.Skipped[y], f.Skipped[x]), cmp.Compare(x, y)) }) {
				fmt.Fprintf(a.stderr, "%s: %d left out: %s\n", f.Form, f.Skipped[why], why)
			}
		}
		return nil
	})
}

func (c *feedbackExportCmd) documents(ctx context.Context) func(func(*feilun.Doc) error) error {
	return func(each func(*feilun.Doc) error) error {
		r, err := pipeline.NewReader()
		if err != nil {
			return err
		}
		for _, path := range c.Corpus {
			if err := r.Docs(ctx, path, each); err != nil {
				return err
			}
		}
		return nil
	}
}

// maskText masks what points to persons, bank cards too, as the filter mask does.
func maskText() (func(string) string, error) {
	m := new(filter.Mask)
	if err := params.Fill(m); err != nil {
		return nil, err
	}
	m.Card = true
	return func(text string) string {
		text, _ = m.Edit(&feilun.Doc{Text: text})
		return text
	}, nil
}

// operator is who runs the command, for the account.
func operator() string {
	if u, err := user.Current(); err == nil {
		return "operator " + u.Username
	}
	return "operator"
}

type feedbackWithdrawCmd struct {
	feedbackData
	User   string   `placeholder:"NAME" help:"Whose consent is taken back, for all chats; local where there are no accounts."`
	Chat   string   `placeholder:"ID" help:"Only that chat of the user."`
	From   []string `placeholder:"DIR" sep:"none" help:"Folder of an export from which withdrawn rows are taken out. May be repeated."`
	Models []string `placeholder:"DIR" sep:"none" help:"Folder of a model that feilun trained, so that it can be named. May be repeated."`
	JSON   bool     `help:"Print one line of JSON."`
}

func (c *feedbackWithdrawCmd) Run(a *app) error {
	if c.User == "" && len(c.From) == 0 && len(c.Models) == 0 {
		return hint.Usage(hint.With(errors.New("nothing to withdraw"), "name a --user, or an export with --from DIR"))
	}
	if c.Chat != "" && c.User == "" {
		return hint.Usage(errors.New("--chat without --user"))
	}
	return c.with(func(st *store.Store) error { return c.withdraw(a, st) })
}

func (c *feedbackWithdrawCmd) withdraw(a *app, st *store.Store) error {
	if err := feedback.Trained(a.ctx, st, c.Models); err != nil {
		return err
	}
	var out struct {
		store.Touched
		Purged map[string]int `json:"purged"` // rows by folder
	}
	out.Purged = map[string]int{}
	if c.User != "" {
		id, err := c.owner(a, st)
		if err != nil {
			return err
		}
		if out.Touched, err = st.Withdraw(a.ctx, id, c.Chat, ""); err != nil {
			return err
		}
		if err := st.Audit(a.ctx, store.Entry{Actor: operator(), Action: "consent withdrawn", Object: strings.TrimSpace(id + " " + c.Chat)}); err != nil {
			return err
		}
	}
	for _, dir := range c.From {
		n, err := feedback.Purge(a.ctx, st, dir)
		if err != nil {
			return err
		}
		out.Purged[dir] = n
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(out)
	}
	if c.User != "" {
		fmt.Fprintf(a.stdout, "%d events in %d chats\n", out.Events, out.Chats)
	}
	for _, e := range out.Exports {
		fmt.Fprintf(a.stdout, "export %s of %s: %d rows\n", e.ID, e.Created.Format("2006-01-02"), e.Rows)
	}
	for _, m := range out.Models {
		fmt.Fprintf(a.stdout, "model %s was trained on them\n", m)
	}
	for _, dir := range c.From {
		fmt.Fprintf(a.stdout, "%s: %d rows taken out\n", dir, out.Purged[dir])
	}
	return nil
}

func (c *feedbackWithdrawCmd) owner(a *app, st *store.Store) (string, error) {
	if c.User == store.LocalUser {
		return store.LocalUser, nil
	}
	u, err := st.UserNamed(a.ctx, c.User)
	if errors.Is(err, store.ErrNotFound) {
		return "", hint.Usage(fmt.Errorf("no user %q", c.User))
	}
	return u.ID, err
}
