package plan

import (
	"fmt"

	"feilun/internal/hint"
)

// A StudyLine is one case of a ready study.
type StudyLine struct {
	Case     string  `json:"case"`
	Chip     string  `json:"chip"`
	N        int     `json:"n_chips"`
	Days     float64 `json:"days"`
	DaysP90  float64 `json:"days_p90"`
	MW       float64 `json:"power_mw"`
	GWh      float64 `json:"energy_gwh"`
	CO2      float64 `json:"co2_t"`
	RentM    float64 `json:"rent_million_cny"`
	OwnM     float64 `json:"own_million_cny"`
	Buy      float64 `json:"purchase_million_cny"`
	MFU      float64 `json:"mfu"`
	Goodput  float64 `json:"goodput"`
	Feasible bool    `json:"feasible"`
	Why      string  `json:"limit,omitempty"` // what makes it infeasible or doubtful
}

// Where a study calls a case infeasible. They are judgement: the largest known
// single training sites draw about 150 MW, runs much beyond half a year are
// overtaken by newer chips and methods, and GPT-4-class programmes cost around
// a thousand million CNY.
const (
	studyMW      = 150
	studyDays    = 200
	studyGoodput = 0.7
	studyRentM   = 5000
)

// StudyNames lists the ready studies.
func StudyNames() []string { return []string{"quantity", "slower", "gpt4"} }

// Study answers one of the article's questions: quantity for quality (more,
// older chips for GPT-3 in 34 days), slower (the same chips for longer, a
// smaller model), gpt4 (two orders of magnitude more compute).
func Study(name string, r Request, table *ChipTable) ([]StudyLine, error) {
	gpt3, err := FindModel("gpt3-175b")
	if err != nil {
		return nil, err
	}
	r.Model, r.Tokens, r.Stack = gpt3, 300e9, "modern"
	switch name {
	case "quantity":
		return studyChips(r, table, 34)
	case "slower":
		return studySlower(r, table)
	case "gpt4":
		// 2.1e25 FLOP is Epoch's estimate of GPT-4's training compute, 67 times
		// GPT-3's; OpenAI did not disclose it. 100 days.
		n, d := Optimum(2.1e25)
		r.Model, r.Tokens, r.BatchTokens = bigModel(n), d, largestBatch
		return studyChips(r, table, 100)
	}
	return nil, hint.With(fmt.Errorf("no study %q", name), "known are quantity, slower and gpt4")
}

func bigModel(n float64) Model {
	m := Derive(n, 128000, 8192, true)
	m.KVHeads = max(1, m.Heads/8)
	for m.Heads%m.KVHeads != 0 {
		m.KVHeads--
	}
	return m
}

func studyChips(r Request, table *ChipTable, days float64) ([]StudyLine, error) {
	var out []StudyLine
	for _, name := range []string{"H100", "H800", "A100-80G", "A800", "H20", "Ascend910B3", "Ascend910C", "MI250X", "BI-V100", "MTT-S4000", "V100", "RTX-4090", "T4"} {
		c, err := table.Find(name)
		if err != nil {
			return nil, err
		}
		n, p := ChipsFor(r, c, days)
		out = append(out, studyLine(fmt.Sprintf("%s of %s tokens in %.0f days", Count(r.Model.Params()), Count(r.Tokens), days), c, n, p))
	}
	return out, nil
}

func studySlower(r Request, table *ChipTable) ([]StudyLine, error) {
	var out []StudyLine
	c, err := table.Find("A800")
	if err != nil {
		return nil, err
	}
	for _, n := range []int{64, 128, 256, 512, 1024, 2048} {
		q := r
		q.Groups = []Group{{N: n, Chip: c, Name: c.Name}}
		p, err := Make(q)
		if err != nil {
			return nil, err
		}
		out = append(out, studyLine("GPT-3 175B, 300B tokens", c, n, p))
		// The same predicted loss from a smaller model trained longer.
		small := q
		small.Model = bigModel(53e9)
		if d, ok := SameLoss(175e9, 300e9, 53e9); ok {
			small.Tokens = d
			if p, err = Make(small); err != nil {
				return nil, err
			}
			out = append(out, studyLine("same loss, 53B on "+Count(d)+" tokens", c, n, p))
		}
	}
	return out, nil
}

func studyLine(label string, c *Chip, n int, p *Plan) StudyLine {
	s := StudyLine{Case: label, Chip: c.Name, N: n}
	switch {
	case p == nil:
		s.Why = "fits on no number of these chips"
		return s
	case !p.Feasible:
		s.Why = p.Why
		return s
	}
	s.Days, s.DaysP90, s.MW, s.GWh, s.CO2 = p.Days, p.DaysP90, p.KWatts/1000, p.EnergyKWh/1e6, p.CO2
	s.RentM, s.OwnM, s.Buy = p.Cost.Rent/1e6, p.Cost.Own/1e6, p.Cost.Purchase/1e6
	s.MFU, s.Goodput = p.MFU, p.Goodput.Share
	switch {
	case n == 0:
		s.N = p.chips()
		s.Why = fmt.Sprintf("not faster than %.0f days with any number: the batch cannot be cut further and failures grow", p.Days)
	case s.MW > studyMW:
		s.Why = fmt.Sprintf("draws more than %d MW, the largest single sites", studyMW)
	case s.Days > studyDays:
		s.Why = fmt.Sprintf("longer than %d days", studyDays)
	case s.Goodput < studyGoodput:
		s.Why = "failures eat more than 30 % of the time"
	case s.RentM > studyRentM:
		s.Why = fmt.Sprintf("rent above %d million CNY", studyRentM)
	default:
		s.Feasible = true
	}
	return s
}
