package mix

import (
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/params"
)

// Source is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Source embed.FS

// Params are the parameters of a mix as a whole.
type Params struct {
	// Tokens is the size of the mix, such as 300B, 1.5M or 20000. 0 takes as much as the shares allow without a document twice; where sources ask for epochs, what these come to.
	Tokens Amount `json:"tokens" default:"0"`
	// Count says what a token is: estimate (a quarter for each ASCII byte, 0.7 for each ideograph, a half for every other character, rounded up for each document), bytes, characters, or words (runs of letters and digits; each ideograph is one).
	Count string `json:"count" default:"estimate"`
	// Seed of the draws and of the shuffle.
	Seed int64 `json:"seed" default:"1" range:"0..4294967295"`
	// MaxEpochs is how often a source may be repeated before the plan warns: up to 4 epochs are about as good as fresh text (arXiv 2305.16264).
	MaxEpochs float64 `json:"max_epochs" default:"4" range:"0.."`
}

// SourceParams are the parameters of one source of a mix.
type SourceParams struct {
	// Path names the documents: folders of runs or corpora, Parquet or JSON lines files, and patterns, separated by commas, or a list.
	Path Paths `json:"path" default:""`
	// Share is the part of the mix's tokens that come from this source. Shares are divided by their sum, as those of GPT-3's table sum to 1.01.
	Share float64 `json:"share" default:"0" range:"0..1000000"`
	// Epochs is how often each document comes; 0.44 takes 44 % of the tokens once. Where a share is given too, the share decides and the plan warns if the two disagree.
	Epochs float64 `json:"epochs" default:"0" range:"0..1000000"`
}

// OutputParams say how the mixed corpus is written.
type OutputParams struct {
	// Format is the form of the corpus files: parquet or jsonl.
	Format string `json:"format" default:"parquet"`
	// PartSize is about how much text a corpus file holds.
	PartSize params.Size `json:"part_size" default:"256MiB"`
	// Sample is how many characters of a document that was left out its ledger row keeps.
	Sample int `json:"sample" default:"100" range:"0..100000"`
}

// A Spec is what a mix does, all values decided.
type Spec struct {
	Params
	Sources       []NamedSource
	Decontaminate *DecontaminateParams // nil when off
	Output        OutputParams
}

// A NamedSource is one source under its name.
type NamedSource struct {
	Name string
	SourceParams
}

// Paths is a list of paths separated by line feeds or commas. In JSON it may
// also be a list.
type Paths string

// UnmarshalJSON accepts a string or a list of strings.
func (p *Paths) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		*p = Paths(one)
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return fmt.Errorf("a path is a string or a list of strings: %w", err)
	}
	*p = Paths(strings.Join(many, "\n"))
	return nil
}

// List returns the single paths.
func (p Paths) List() []string {
	var all []string
	for _, s := range strings.FieldsFunc(string(p), func(r rune) bool { return r == ',' || r == '\n' }) {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// An Amount is a number of tokens that people write as 300B, 1.5M or 20k.
type Amount int64

// ParseAmount reads a whole number with an optional k, M, B or T (10^3, 10^6,
// 10^9, 10^12).
func ParseAmount(s string) (Amount, error) {
	num, unit := strings.TrimSpace(s), 1.0
	for i, u := range []string{"k", "M", "B", "T"} {
		if n, ok := strings.CutSuffix(num, u); ok {
			num, unit = strings.TrimSpace(n), math.Pow(1000, float64(i+1))
		}
	}
	x, err := strconv.ParseFloat(num, 64)
	if err != nil || math.IsNaN(x) || x < 0 || x*unit > 1e18 {
		return 0, fmt.Errorf("%q is not a number of tokens; write for example 300B, 1.5M or 20000", s)
	}
	return Amount(math.Round(x * unit)), nil
}

// UnmarshalText reads an amount as [ParseAmount] does.
func (a *Amount) UnmarshalText(b []byte) (err error) {
	*a, err = ParseAmount(string(b))
	return err
}

// UnmarshalJSON reads a number, or a string as [ParseAmount] does.
func (a *Amount) UnmarshalJSON(b []byte) error {
	return a.UnmarshalText([]byte(strings.Trim(string(b), `"`)))
}

// MarshalJSON writes the plain number.
func (a Amount) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, int64(a), 10), nil }

// String writes the amount with a unit where that loses nothing worth saying.
func (a Amount) String() string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}} {
		if x := float64(a); x >= u.size {
			return strconv.FormatFloat(x/u.size, 'f', 2, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(int64(a), 10)
}

// New returns the parameters with their default values and no sources.
func New() *Spec {
	s := &Spec{}
	for _, p := range []any{&s.Params, &s.Output} {
		if err := params.Fill(p); err != nil {
			panic(err) // a default tag in this file is wrong
		}
	}
	return s
}

// counts are the ways to count tokens.
var counts = []string{"estimate", "bytes", "characters", "words"}

// Check reports values that have no meaning, as usage errors.
func (s *Spec) Check() error {
	err := func() error {
		if !slices.Contains(counts, s.Count) {
			return hint.With(fmt.Errorf("count is %q", s.Count), fmt.Sprintf("use one of %q", counts))
		}
		if s.Output.Format != "parquet" && s.Output.Format != "jsonl" {
			return fmt.Errorf("output.format %q is neither parquet nor jsonl", s.Output.Format)
		}
		if s.Output.PartSize < 1<<10 {
			return fmt.Errorf("output.part_size %v is less than 1KiB", s.Output.PartSize)
		}
		if len(s.Sources) == 0 {
			return hint.With(fmt.Errorf("no sources"), "name them: sources: {web: {path: runs/web, share: 0.8}, books: {path: books.jsonl, share: 0.2}}")
		}
		for _, x := range s.Sources {
			switch {
			case len(x.Path.List()) == 0:
				return fmt.Errorf("source %s has no path", x.Name)
			case x.Share <= 0 && x.Epochs <= 0:
				return hint.With(fmt.Errorf("source %s has neither share nor epochs", x.Name), "say what part of the mix it is: share: 0.6, or how often its documents come: epochs: 1.9")
			}
		}
		if s.Decontaminate != nil {
			return s.Decontaminate.Check()
		}
		return nil
	}()
	if err != nil {
		return hint.Usage(fmt.Errorf("mix: %w", err))
	}
	return nil
}
