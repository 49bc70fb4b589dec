package feedback

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"feilun/internal/lessons"
	"feilun/internal/store"
)

// Stats are counts, and how models stand by blind choices.
type Stats struct {
	*lessons.Counts
	Choices Choices `json:"choices"`
}

// Choices are what blind choices say.
type Choices struct {
	Decided  int        `json:"decided"` // for a or b
	Ties     int        `json:"ties"`
	Bad      int        `json:"bad"`   // both bad: not part of ratings
	LeftWon  int        `json:"a_won"` // of decided; half of them if the side does not matter
	Standing []Standing `json:"standing"`
}

// A Standing is a model's Bradley-Terry rating on Elo's scale, where 400 points are odds of ten to one and 1,000 is the mean, with
// the bounds between which 95 % of bootstrap samples lie.
type Standing struct {
	Model  string  `json:"model"`
	Rating float64 `json:"rating"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Wins   float64 `json:"wins"` // a tie is half of one
	Games  int     `json:"games"`
}

const (
	samples = 1000
	// prior is how many ties with an opponent of mean strength every model is given, so that one that never lost
	// has a finite rating.
	prior = 1.0
)

// Measure reads the statistics of what users allow.
func Measure(ctx context.Context, st *store.Store) (*Stats, error) {
	c, err := lessons.Count(ctx, st)
	if err != nil {
		return nil, err
	}
	return &Stats{c, Rank(c.Battles)}, nil
}

// Rank rates models by their battles. Between a model and itself there is nothing to learn but the side.
func Rank(battles []lessons.Battle) Choices {
	c := Choices{Standing: []Standing{}}
	index := map[string]int{}
	var games []game
	for _, b := range battles {
		switch b.Choice {
		case "a", "b":
			c.Decided++
		case "tie":
			c.Ties++
		default:
			c.Bad++
			continue
		}
		if b.Choice == "a" {
			c.LeftWon++
		}
		if b.A == b.B {
			continue
		}
		g := game{number(index, b.A), number(index, b.B), 0.5}
		if b.Choice != "tie" {
			g.won = map[string]float64{"a": 1, "b": 0}[b.Choice]
		}
		games = append(games, g)
	}
	names := make([]string, len(index))
	for name, i := range index {
		names[i] = name
	}
	c.Standing = standings(games, names)
	return c
}

func standings(games []game, names []string) []Standing {
	rating, draws := bradleyTerry(games, len(names)), bootstrap(games, len(names))
	all := []Standing{}
	for i, name := range names {
		s := Standing{Model: name, Rating: round(rating[i])}
		slices.Sort(draws[i])
		s.Low, s.High = round(draws[i][samples*25/1000]), round(draws[i][samples*975/1000-1])
		for _, g := range games {
			switch i {
			case g.a:
				s.Wins, s.Games = s.Wins+g.won, s.Games+1
			case g.b:
				s.Wins, s.Games = s.Wins+1-g.won, s.Games+1
			}
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Standing) int { return cmp.Or(cmp.Compare(b.Rating, a.Rating), cmp.Compare(a.Model, b.Model)) })
	return all
}

func round(x float64) float64 { return math.Round(x*10) / 10 }

func number(index map[string]int, name string) int {
	if _, ok := index[name]; !ok {
		index[name] = len(index)
	}
	return index[name]
}

// A game is between models a and b; won is 1 for a, 0 for b, or between.
type game struct {
	a, b int
	won  float64
}

// A met is what became of the games between two models.
type met struct {
	a, b int
	n    float64
	won  float64 // by a
}

// meetings sums games by pair, so that a fit costs as much for many games as for few.
func meetings(games []game, n int) []met {
	sums := make([]met, n*n)
	for _, g := range games {
		if g.a > g.b {
			g = game{g.b, g.a, 1 - g.won}
		}
		m := &sums[g.a*n+g.b]
		m.a, m.b, m.n, m.won = g.a, g.b, m.n+1, m.won+g.won
	}
	return slices.DeleteFunc(sums, func(m met) bool { return m.n == 0 })
}

// bradleyTerry fits strengths by the iteration of Hunter (MM algorithms for generalized Bradley-Terry models, 2004): a
// model's strength becomes its wins over the sum of 1/(its strength + the opponent's) of its games.
func bradleyTerry(games []game, n int) []float64 {
	p := make([]float64, n)
	for i := range p {
		p[i] = 1
	}
	pairs := meetings(games, n)
	wins, sum := make([]float64, n), make([]float64, n)
	for range 1000 {
		for i := range p {
			wins[i], sum[i] = prior/2, prior/(p[i]+1)
		}
		for _, m := range pairs {
			q := m.n / (p[m.a] + p[m.b])
			sum[m.a], sum[m.b] = sum[m.a]+q, sum[m.b]+q
			wins[m.a], wins[m.b] = wins[m.a]+m.won, wins[m.b]+m.n-m.won
		}
		moved := 0.0
		for i := range p {
			next := wins[i] / sum[i]
			moved = max(moved, math.Abs(math.Log(next/p[i])))
			p[i] = next
		}
		if moved < 1e-6 {
			break
		}
	}
	for i := range p {
		p[i] = 1000 + 400*math.Log10(p[i])
	}
	return p
}

// bootstrap rates models on games drawn with replacement, the same for the same games.
func bootstrap(games []game, n int) [][]float64 {
	draws := make([][]float64, n)
	rng := rand.New(rand.NewPCG(1, 2))
	drawn := make([]game, len(games))
	for range samples {
		for i := range drawn {
			drawn[i] = games[rng.IntN(len(games))]
		}
		for i, r := range bradleyTerry(drawn, n) {
			draws[i] = append(draws[i], r)
		}
	}
	return draws
}
