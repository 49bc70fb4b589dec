package digest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func Test(t *testing.T) {
	// FIPS 180-2's example, appendix B.1
	const text, want = "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got := Of([]byte(text)); got != want {
		t.Errorf("Of(%q) = %s, want %s", text, got, want)
	}
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := File(name); got != want || err != nil {
		t.Errorf("File of %q = %s, %v, want %s", text, got, err, want)
	}
	if _, err := File(name + "2"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("File of a file that is not there: %v", err)
	}
}
