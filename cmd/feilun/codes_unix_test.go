//go:build unix

package main

import (
	"fmt"
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

// TestOddNames reads files whose names are no UTF-8, hold spaces and commas, or
// begin with a dash.
func TestOddNames(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("in", 0o777); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a b, c[1].jsonl", "-x.jsonl", "\xff\xfe\u4e2d.jsonl"} {
		name = filepath.Join("in", name)
		if err := os.WriteFile(name, []byte(`{"text":"One."}`), 0o666); err != nil {
			t.Skip(err) // some disks take UTF-8 alone
		}
		for _, args := range [][]string{
			{"crawl", "--json", name}, {"extract", "--json", name}, {"filter", "--recipe", "zh-web", "--json", name},
			{"dedup", "near", name}, {"run", "zh-web", "--in", name, "--out", fmt.Sprint("out", i)},
		} {
			if code, out, errs := call(t, "", args...); code != 0 || strings.Contains(out, `"error"`) {
				t.Errorf("feilun %q: exit code %d, %s%s", args, code, out, errs)
			}
		}
	}
	if code, out, errs := call(t, "", "run", "zh-web", "--in", "in", "--out", "out", "--json"); code != 0 || !strings.Contains(out, `"records":3,`) {
		t.Errorf("exit code %d, %q %q", code, out, errs)
	}
}
