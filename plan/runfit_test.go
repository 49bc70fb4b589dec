package plan

import (
	"os"
	"testing"

	"feilun/internal/testkit"
)

func runData(t testing.TB) []RunRow {
	f, err := os.Open(testkit.Data(t, "planner", "runs.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	chips, err := Chips()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := ReadRuns(f, chips)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
