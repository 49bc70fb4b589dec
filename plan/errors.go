package plan

import "feilun/internal/hint"

// oneLine joins an error and its hint for tables, where each row has one cell.
func oneLine(err error) string {
	if h := hint.Of(err); h != "" {
		return err.Error() + ": " + h
	}
	return err.Error()
}
