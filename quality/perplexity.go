package quality

import (
	"fmt"

	"feilun/internal/hint"
)

// openARPA is where n-gram models come in.
func openARPA(name string) (*Model, error) {
	return nil, hint.Usage(fmt.Errorf("%s is an ARPA language model, which this version does not score with", name))
}
