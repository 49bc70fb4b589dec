package params

import "fmt"

// didYouMean returns a hint with the known name nearest to what was typed, or
// the list of names when none is near.
func didYouMean(typed string, known []string) string {
	if best := Nearest(typed, known); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return fmt.Sprintf("; known are %q", known)
}

// Nearest returns the name with the smallest edit distance to typed, if that is
// at most a third of its length (at least 2), else "".
func Nearest(typed string, known []string) string {
	best, least := "", max(2, len(typed)/3)+1
	for _, k := range known {
		if d := distance(typed, k); d < least {
			best, least = k, d
		}
	}
	return best
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
