package filter

import "feilun"

// Status drops pages by their HTTP status. Documents of sources without one
// (text, books, status 0) stay.
type Status struct {
	// MinStatus is the lowest status that stays.
	MinStatus int `json:"min_status" default:"200" range:"100..999"`
	// MaxStatus is the highest status that stays.
	MaxStatus int `json:"max_status" default:"200" range:"100..999"`
}

// Check implements [Filter].
func (f *Status) Check(d *feilun.Doc) feilun.Verdict {
	if d.Page == nil || d.Page.Status == 0 {
		return feilun.Keep
	}
	switch s := d.Page.Status; {
	case s < f.MinStatus:
		return feilun.Drop("min_status", float64(s), float64(f.MinStatus))
	case s > f.MaxStatus:
		return feilun.Drop("max_status", float64(s), float64(f.MaxStatus))
	}
	return feilun.Keep
}
