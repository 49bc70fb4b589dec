package filter

import (
	"strings"

	"feilun"
)

// Robots drops pages whose headers or meta tags ask not to be used. Each
// directive is off until it is switched on; "none" counts as noindex.
type Robots struct {
	// Noindex drops pages that ask not to be indexed.
	Noindex bool `json:"noindex" default:"false"`
	// Noarchive drops pages that ask not to be kept as copies.
	Noarchive bool `json:"noarchive" default:"false"`
	// Noai drops pages that ask not to train models (noai, noimageai, noml, and
	// Content-Usage: train-ai=n, as the IETF's AIPREF group drafts it).
	Noai bool `json:"noai" default:"false"`
	// TdmReservation drops pages that reserve the right of text and data mining
	// (W3C TDMRep: tdm-reservation 1).
	TdmReservation bool `json:"tdm_reservation" default:"false"`
}

// Check implements [Filter].
func (f *Robots) Check(d *feilun.Doc) feilun.Verdict {
	rest := d.Robots
	for rest != "" {
		var directive string
		directive, rest, _ = strings.Cut(rest, ",")
		directive = strings.TrimSpace(directive)
		if rule := f.rule(directive); rule != "" {
			return noted(feilun.Drop(rule, 1, 0), directive)
		}
	}
	return feilun.Keep
}

// rule returns the parameter that forbids a directive, or "". A directive may
// be bound to a crawler ("examplebot: noindex"); that binds us as well.
func (f *Robots) rule(directive string) string {
	name := directive
	header := strings.HasPrefix(directive, "tdm-reservation") || strings.HasPrefix(directive, "content-usage")
	if _, after, ok := strings.Cut(directive, ":"); ok && !header {
		name = strings.TrimSpace(after)
	}
	name, value, _ := strings.Cut(strings.ReplaceAll(name, "=", ":"), ":")
	switch strings.TrimSpace(name) {
	case "noindex", "none":
		return when(f.Noindex, "noindex")
	case "noarchive", "nocache":
		return when(f.Noarchive, "noarchive")
	case "noai", "noimageai", "noml":
		return when(f.Noai, "noai")
	case "content-usage":
		return when(f.Noai && noTraining(value), "noai")
	case "tdm-reservation":
		return when(f.TdmReservation && strings.TrimSpace(value) != "0", "tdm_reservation")
	}
	return ""
}

// noTraining reads a preference of Content-Usage, such as train-ai:n;exp:x.
func noTraining(preference string) bool {
	preference, _, _ = strings.Cut(preference, ";")
	what, value, _ := strings.Cut(preference, ":")
	switch strings.TrimSpace(what) {
	case "train-ai", "train-genai", "bots": // bots is all that machines do
		value = strings.TrimSpace(value)
		return value == "n" || value == "?0"
	}
	return false
}

func when(on bool, rule string) string {
	if on {
		return rule
	}
	return ""
}
