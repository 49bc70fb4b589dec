package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"feilun/internal/hint"
)

// Prices are the money assumptions; the fields are flags of the command line.
type Prices struct {
	CNYPerUSD float64 // exchange rate, default 7.2
	Tariff    float64 // CNY per kWh, default 0.65: no public industrial price was found
	Rent      float64 // CNY per chip-hour; 0 takes the chip table's
	Price     float64 // USD per chip; 0 takes the chip table's
	Years     float64 // depreciation, default 4
	Use       float64 // share of that time the chips work, default 0.8
	Around    float64 // server, network and building over the chip's price, default 1.6
}

func (p *Prices) fill() {
	for _, d := range []struct {
		field *float64
		value float64
	}{{&p.CNYPerUSD, 7.2}, {&p.Tariff, 0.65}, {&p.Years, 4}, {&p.Use, 0.8}, {&p.Around, 1.6}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
}

// Cost is what a run costs in two ways. Amounts are CNY.
type Cost struct {
	Currency   string  `json:"currency"`
	Rent       float64 `json:"rent"`
	RentP10    float64 `json:"rent_p10"`
	RentP90    float64 `json:"rent_p90"`
	Own        float64 `json:"own"`      // depreciation, surroundings and electricity for these days
	Purchase   float64 `json:"purchase"` // of all chips and what is around them
	Electric   float64 `json:"electricity"`
	RentUSD    float64 `json:"rent_usd"`
	OwnUSD     float64 `json:"own_usd"`
	RentHour   float64 `json:"rent_per_chip_hour"`
	RentSource string  `json:"rent_source"`
	Per1e21    float64 `json:"rent_per_1e21_flop"`
}

// Rents without a quotation take 30 CNY per peak PFLOP-hour: the price list of
// arXiv 2503.05139, table 1, lies between 19 and 38. Purchase prices without
// one take 45 USD per peak TFLOP/s, the A100's and Ascend 910B's.
const (
	rentPerPFLOP  = 30
	pricePerTFLOP = 45
)

// rentOf returns CNY per chip-hour and where it comes from.
func (p *Prices) rentOf(c *Chip) (float64, string) {
	switch {
	case p.Rent > 0:
		return p.Rent, "given"
	case c.RentCNY > 0:
		return c.RentCNY, c.RentFrom
	case c.RentUSD > 0:
		return c.RentUSD * p.CNYPerUSD, c.RentFrom
	}
	return c.Peak16 / 1000 * rentPerPFLOP, fmt.Sprintf("estimated: %d CNY per peak PFLOP-hour", rentPerPFLOP)
}

// priceFrom returns USD per chip and where it comes from.
func (p *Prices) priceFrom(c *Chip) (float64, string) {
	switch {
	case p.Price > 0:
		return p.Price, "given"
	case c.PriceUSD > 0:
		return c.PriceUSD, c.Source
	}
	return c.Peak16 * pricePerTFLOP, fmt.Sprintf("estimated: %d USD per peak TFLOP/s", pricePerTFLOP)
}

func (p *Plan) money(r *Request) {
	c := Cost{Currency: "CNY", Electric: p.EnergyKWh * r.Money.Tariff}
	hours := p.Days * 24
	var perHour float64
	for _, g := range r.Groups {
		rent, from := r.Money.rentOf(g.Chip)
		perHour += rent * float64(g.N)
		c.RentSource = from
		price, _ := r.Money.priceFrom(g.Chip)
		c.Purchase += price * r.Money.CNYPerUSD * r.Money.Around * float64(g.N)
	}
	c.RentHour = perHour / float64(r.chips())
	c.Rent = perHour * hours
	c.RentP10, c.RentP90 = c.Rent*p.band.Low, c.Rent*p.band.High
	c.Own = c.Purchase*p.Days/(r.Money.Years*365.25*r.Money.Use) + c.Electric
	c.RentUSD, c.OwnUSD = c.Rent/r.Money.CNYPerUSD, c.Own/r.Money.CNYPerUSD
	c.Per1e21 = c.Rent / (p.FLOPs / 1e21)
	p.Cost = c
}

// Grid are the power assumptions.
type Grid struct {
	PUE    float64 // default 1.2; published runs lie between 1.08 and 1.2
	Place  string
	Factor float64 // kg CO₂ per kWh; 0 takes Place's
}

func (g *Grid) fill() {
	if g.PUE <= 0 {
		g.PUE = 1.2
	}
	if g.Place == "" && g.Factor == 0 {
		g.Place = "china"
	}
	if g.Factor == 0 {
		g.Factor = grids()[g.Place]
	}
}

// grids are kg CO₂ per kWh: China's by its Ministry of Ecology and Environment
// (2022 values, December 2024), France's as BLOOM used it (arXiv 2211.02001),
// the United States' as in arXiv 2104.10350 for GPT-3.
func grids() map[string]float64 {
	return map[string]float64{"china": 0.5366, "china-no-traded-green": 0.5856, "yunnan": 0.1073, "sichuan": 0.1404,
		"hebei": 0.7, "shanxi": 0.7, "tianjin": 0.7, "france": 0.057, "us": 0.429}
}

// Watts is what one chip with its share of host and network draws in training.
// Measured systems: V100 330 W at 300 W TDP, TPUv3 288 to 310 W at 450 W
// (arXiv 2104.10350, table 4); so 85 % of TDP for the chip and 25 % for what is
// around it, less for TPUs.
func Watts(c *Chip) float64 {
	if c.Family == "tpu" {
		return 0.67 * c.TDP
	}
	return (0.85 + 0.25) * c.TDP
}

func (p *Plan) energy(r *Request) {
	var watts float64
	for _, g := range r.Groups {
		watts += float64(g.N) * Watts(g.Chip)
	}
	p.KWatts = watts * r.Power.PUE / 1000
	p.EnergyKWh = p.KWatts * p.Days * 24
	p.CO2 = p.EnergyKWh * r.Power.Factor / 1000
}

// ParseGrid reads a grid by name or as kg CO₂ per kWh.
func ParseGrid(text string, pue float64) (Grid, error) {
	g := Grid{PUE: pue, Place: strings.ToLower(text)}
	if _, ok := grids()[g.Place]; ok || text == "" {
		return g, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v > 0 && v < 5) {
		names := slices.Sorted(maps.Keys(grids()))
		return g, hint.With(fmt.Errorf("no grid %q", text), "known are "+strings.Join(names, ", ")+", or give kg CO₂ per kWh such as 0.45")
	}
	return Grid{PUE: pue, Factor: v}, nil
}
