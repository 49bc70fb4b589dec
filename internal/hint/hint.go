// Package hint attaches to an error what the reader can do about it. Only main
// prints hints: With(err, "use: …") on the way up, Of(err) at the top.
package hint

import "errors"

type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// With returns err with a hint; nil stays nil.
func With(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &hinted{err, hint}
}

// Of returns the outermost hint on err, or "".
func Of(err error) string {
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint
	}
	return ""
}

type usage struct{ error }

func (u *usage) Unwrap() error { return u.error }

// Usage marks err as a mistake in how the program was called: exit code 2.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &usage{err}
}

// IsUsage reports whether err is marked by [Usage].
func IsUsage(err error) bool {
	_, ok := errors.AsType[*usage](err)
	return ok
}
