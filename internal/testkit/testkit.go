// Package testkit finds test data and golden files for tests. Data returns the
// folder of real data or skips the test; it is not used outside tests.
package testkit

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// Root returns the module's root folder.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			tb.Fatal("no go.mod above the working directory")
		}
		dir = up
	}
}

// Data returns the path of a file or folder of the shared test data, which
// FEILUN_DATA names (by default ../shared/data beside the module). It skips the
// test when the data are not there.
func Data(tb testing.TB, elem ...string) string {
	tb.Helper()
	base := os.Getenv("FEILUN_DATA")
	if base == "" {
		base = filepath.Join(Root(tb), "..", "shared", "data")
	}
	name := filepath.Join(append([]string{base}, elem...)...)
	if _, err := os.Stat(name); err != nil {
		tb.Skipf("test data absent: set FEILUN_DATA to the folder that holds %s", filepath.Join(elem...))
	}
	return name
}

// ReadZstd returns the decompressed content of a .zst file.
func ReadZstd(tb testing.TB, name string) []byte {
	tb.Helper()
	f, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	r, err := zstd.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
