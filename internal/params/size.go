package params

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Size is a number of bytes that people write as 64MiB, 8GiB or 1e6.
type Size int64

// ParseSize reads a number of bytes with an optional unit: B, kB, MB, GB, TB
// (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024).
func ParseSize(s string) (Size, error) {
	num, unit := strings.TrimSpace(s), float64(1)
	for _, u := range []struct {
		name string
		size float64
	}{
		{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
		{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
	} {
		if n, ok := strings.CutSuffix(num, u.name); ok {
			num, unit = strings.TrimSpace(n), u.size
			break
		}
	}
	x, err := strconv.ParseFloat(num, 64)
	if err != nil || math.IsNaN(x) || x < 0 || x*unit >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is not a size; write for example 64MiB or 8GiB", s)
	}
	return Size(x * unit), nil
}

// UnmarshalText reads a size as [ParseSize] does.
func (s *Size) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSize(string(b))
	return err
}

// UnmarshalJSON reads a number, or a string as [ParseSize] does.
func (s *Size) UnmarshalJSON(b []byte) (err error) {
	*s, err = ParseSize(strings.Trim(string(b), `"`))
	return err
}

// String writes the size with the largest binary unit that divides it, or with
// one decimal place.
func (s Size) String() string {
	units := []string{"TiB", "GiB", "MiB", "KiB"}
	for i, u := range units {
		if n := Size(1) << (10 * (len(units) - i)); s >= n {
			if s%n == 0 {
				return fmt.Sprintf("%d%s", s/n, u)
			}
			return fmt.Sprintf("%.1f%s", float64(s)/float64(n), u)
		}
	}
	return fmt.Sprintf("%dB", int64(s))
}
