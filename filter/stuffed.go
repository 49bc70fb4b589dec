package filter

import "feilun"

// Stuffed is x.
type Stuffed struct{}

// Check implements [Filter].
func (f *Stuffed) Check(d *feilun.Doc) feilun.Verdict { return feilun.Keep }
