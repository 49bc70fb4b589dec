//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestNoInputInFolders passes over pipes and links to nothing.
func TestNoInputInFolders(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("in", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("in/a.jsonl", []byte(`{"text":"One."}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", "in/dead.jsonl"); err != nil {
		t.Skip(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "in", "pipe.jsonl"), 0o666); err != nil {
		t.Skip(err)
	}
	if code, out, errs := call(t, "", "run", "zh-web", "--in", "in", "--out", "out", "--json"); code != 0 || !strings.Contains(out, `"records":1,`) {
		t.Errorf("exit code %d, %q %q", code, out, errs)
	}
}
