package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"feilun/internal/hint"
)

// splitUnit cuts a typed quantity into its number and what follows.
func splitUnit(text string) (value float64, unit string, err error) {
	s := strings.TrimSpace(strings.ReplaceAll(text, "_", ""))
	end := 0
	for i, r := range s {
		exponent := (r == 'e' || r == 'E') && i > 0 && i+1 < len(s) && strings.ContainsRune("+-0123456789", rune(s[i+1]))
		sign := (r == '+' || r == '-') && (i == 0 || s[i-1] == 'e' || s[i-1] == 'E')
		if !unicode.IsDigit(r) && r != '.' && !exponent && !sign {
			break
		}
		end = i + 1
	}
	value, err = strconv.ParseFloat(s[:end], 64)
	if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		return 0, "", fmt.Errorf("%q does not start with a number", text)
	}
	return value, strings.TrimSpace(s[end:]), nil
}

func scale(unit string) (float64, bool) {
	switch unit {
	case "":
		return 1, true
	case "k", "K", "千":
		return 1e3, true
	case "万":
		return 1e4, true
	case "m", "M", "百万":
		return 1e6, true
	case "亿":
		return 1e8, true
	case "b", "B", "g", "G", "十亿":
		return 1e9, true
	case "t", "T", "万亿":
		return 1e12, true
	}
	return 0, false
}

// ParseCount reads 300B, 1.4T, 3e11 or 3000亿.
func ParseCount(text string) (float64, error) {
	v, unit, err := splitUnit(text)
	if err != nil {
		return 0, hint.With(err, "write a count such as 300B, 1.4T, 3e11 or 3000亿")
	}
	f, ok := scale(unit)
	if !ok {
		return 0, hint.With(fmt.Errorf("%q has the unknown unit %q", text, unit), "write a count such as 300B, 1.4T, 3e11 or 3000亿")
	}
	if !(v > 0) {
		return 0, hint.With(fmt.Errorf("%q is not above zero", text), "write a positive count such as 300B")
	}
	return v * f, nil
}

// Money is an amount with its currency, "USD" or "CNY".
type Money struct {
	Amount   float64 `json:"amount"`
	Currency string  `json:"currency"`
}

// ParseMoney reads 5e6CNY, $2M, 500万元 or 2.5M USD.
func ParseMoney(text string) (Money, error) {
	const help = "write an amount with a currency: 5e6CNY, 2MUSD, $2M or 500万元"
	s, currency := strings.TrimSpace(text), ""
	for _, p := range []struct{ mark, is string }{{"$", "USD"}, {"¥", "CNY"}, {"￥", "CNY"}} {
		if rest, ok := strings.CutPrefix(s, p.mark); ok {
			s, currency = rest, p.is
		}
	}
	for _, p := range []struct{ mark, is string }{{"USD", "USD"}, {"CNY", "CNY"}, {"RMB", "CNY"}, {"美元", "USD"}, {"元", "CNY"}} {
		if rest, ok := cutSuffixFold(s, p.mark); ok && currency == "" {
			s, currency = strings.TrimSpace(rest), p.is
		}
	}
	v, unit, err := splitUnit(s)
	if err != nil {
		return Money{}, hint.With(fmt.Errorf("budget %q: %w", text, err), help)
	}
	f, ok := scale(unit)
	switch {
	case currency == "" || !ok:
		return Money{}, hint.With(fmt.Errorf("budget %q has no currency that is known", text), help)
	case !(v > 0):
		return Money{}, hint.With(fmt.Errorf("budget %q is not above zero", text), help)
	}
	return Money{v * f, currency}, nil
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix) {
		return s[:len(s)-len(suffix)], true
	}
	return s, false
}

// ParseDays reads 60, 60d, 8weeks, 2months or 1.5y and returns days.
func ParseDays(text string) (float64, error) {
	const help = "write a time such as 60d, 8w, 6months or 90天"
	v, unit, err := splitUnit(text)
	if err != nil {
		return 0, hint.With(fmt.Errorf("days %q: %w", text, err), help)
	}
	f := map[string]float64{"": 1, "d": 1, "day": 1, "days": 1, "天": 1, "日": 1, "h": 1. / 24, "hours": 1. / 24, "小时": 1. / 24,
		"w": 7, "week": 7, "weeks": 7, "周": 7, "month": 30.44, "months": 30.44, "月": 30.44, "个月": 30.44,
		"y": 365.25, "year": 365.25, "years": 365.25, "年": 365.25}[strings.ToLower(unit)]
	if f == 0 {
		return 0, hint.With(fmt.Errorf("days %q has the unknown unit %q", text, unit), help)
	}
	if !(v > 0) {
		return 0, hint.With(fmt.Errorf("days %q is not above zero", text), help)
	}
	return v * f, nil
}

// ParsePower reads 2MW, 800kW or 500W and returns watts.
func ParsePower(text string) (float64, error) {
	const help = "write a power such as 2MW, 800kW or 500W"
	v, unit, err := splitUnit(text)
	if err != nil {
		return 0, hint.With(fmt.Errorf("power %q: %w", text, err), help)
	}
	f := map[string]float64{"w": 1, "kw": 1e3, "mw": 1e6, "gw": 1e9, "千瓦": 1e3, "兆瓦": 1e6}[strings.ToLower(unit)]
	if f == 0 {
		return 0, hint.With(fmt.Errorf("power %q has the unknown unit %q", text, unit), help)
	}
	if !(v > 0) {
		return 0, hint.With(fmt.Errorf("power %q is not above zero", text), help)
	}
	return v * f, nil
}

// A Group is a number of chips of one kind.
type Group struct {
	N    int   `json:"n"`
	Chip *Chip `json:"-"`
	Name string
}

const (
	maxChips = 10_000_000
	chipHelp = "write an inventory such as 1024xA100-80G or 256xH20,512xV100"
)

// ParseChips reads an inventory: COUNTxNAME, several joined by commas.
func (t *ChipTable) ParseChips(text string) ([]Group, error) {
	var groups []Group
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "，", ","), ",") {
		count, name, ok := cutCount(strings.TrimSpace(part))
		if !ok {
			return nil, hint.With(fmt.Errorf("chips %q: %q is not COUNTxNAME", text, part), chipHelp)
		}
		v, unit, err := splitUnit(count)
		f, known := scale(unit)
		n := v * f
		switch {
		case err != nil || !known || n != math.Trunc(n):
			return nil, hint.With(fmt.Errorf("chips %q: %q is not a whole number of chips", text, count), chipHelp)
		case n < 1:
			return nil, hint.With(fmt.Errorf("chips %q: a run needs at least one chip, got %v", text, n), chipHelp)
		case n > maxChips:
			return nil, hint.With(fmt.Errorf("chips %q: %v chips is more than were ever built for one run", text, n),
				"at most 10 million are planned for; the largest known runs used about 100,000")
		}
		c, err := t.Find(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		groups = append(groups, Group{N: int(n), Chip: c, Name: c.Name})
	}
	return groups, nil
}

// cutCount splits 1024xA100, 1024 A100, 8×A100, 8*A100 or 8XA100 into number and
// name.
func cutCount(part string) (count, name string, ok bool) {
	for i, r := range part {
		if strings.ContainsRune("xX×* ", r) && i > 0 {
			name = strings.TrimSpace(part[i:])
			for _, sign := range []string{"x", "X", "×", "*"} {
				if rest, ok := strings.CutPrefix(name, sign); ok {
					name = rest
					break
				}
			}
			return part[:i], name, true
		}
	}
	return "", "", false
}

// Count prints a count the way [ParseCount] reads it: 175B, 1.4T, 350M.
func Count(v float64) string {
	if v >= 1e16 {
		return fmt.Sprintf("%.3g", v)
	}
	for _, u := range []struct {
		f float64
		s string
	}{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= u.f*0.9995 {
			return strconv.FormatFloat(roundTo(v/u.f, 3), 'f', -1, 64) + u.s
		}
	}
	return strconv.FormatFloat(roundTo(v, 3), 'f', -1, 64)
}

// powerText, energyText, bytesText, massText and daysText print a quantity in the unit that
// suits its size: 2.00 MW, 4.2 kW, 528 W.
func powerText(watts float64) string {
	switch {
	case watts >= 1e5:
		return fmt.Sprintf("%.2f MW", watts/1e6)
	case watts >= 1e3:
		return fmt.Sprintf("%.1f kW", watts/1e3)
	}
	return fmt.Sprintf("%.0f W", watts)
}

func energyText(kwh float64) string {
	switch {
	case kwh >= 1e7:
		return fmt.Sprintf("%.1f GWh", kwh/1e6)
	case kwh >= 1e4:
		return fmt.Sprintf("%.0f MWh", kwh/1e3)
	case kwh >= 10:
		return fmt.Sprintf("%.0f kWh", kwh)
	}
	return fmt.Sprintf("%.2g kWh", kwh)
}

func bytesText(tb float64) string {
	switch {
	case tb >= 0.1:
		return fmt.Sprintf("%.1f TB", tb)
	case tb >= 1e-4:
		return fmt.Sprintf("%.3g GB", tb*1e3)
	}
	return fmt.Sprintf("%.3g MB", tb*1e6)
}

func massText(tonnes float64) string {
	if tonnes >= 1 {
		return fmt.Sprintf("%.0f t", tonnes)
	}
	return fmt.Sprintf("%.2g kg", tonnes*1000)
}

// daysText is a number of days with as many digits as matter.
func daysText(days float64) string {
	switch {
	case days >= 1e5:
		return Count(days)
	case days >= 10:
		return fmt.Sprintf("%.1f", days)
	case days >= 0.1:
		return fmt.Sprintf("%.2f", days)
	}
	return fmt.Sprintf("%.2g", days)
}

// roundTo keeps the given number of significant digits.
func roundTo(v float64, digits int) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	f := math.Pow(10, float64(digits)-1-math.Floor(math.Log10(math.Abs(v))))
	if f > 1e15 || math.IsInf(f, 0) {
		return v
	}
	if f < 1 {
		g := math.Round(1 / f)
		return math.Round(v/g) * g
	}
	return math.Round(v*f) / f
}

// ParseInventory is [ChipTable.ParseChips] that also takes a kind without a
// number, which a budget or a power limit then decides (N = 0).
func (t *ChipTable) ParseInventory(text string) ([]Group, error) {
	if c, err := t.Find(strings.TrimSpace(text)); err == nil {
		return []Group{{Chip: c, Name: c.Name}}, nil
	}
	return t.ParseChips(text)
}
