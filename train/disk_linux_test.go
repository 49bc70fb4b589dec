package train

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"feilun/internal/hint"
)

// TestFullDisk trains on disks that are full at the first checkpoint, at a later one,
// and at the finished model; with more room the same call goes on, and ends with the
// bytes of a run that had room from the start.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	text := packed(t, vocabulary(t, 300), words(300, 1), 10)
	p := *small(t)
	p.Steps = 12
	whole := filepath.Join(dir, "whole")
	if _, err := Run(t.Context(), p, text, Options{Out: whole}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(whole, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := checkpoints(filepath.Join(whole, "checkpoints"))
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	info, err := os.Stat(all[0])
	if err != nil {
		t.Fatal(err)
	}
	one := info.Size()
	for _, tt := range []struct {
		room int64
		hint string
	}{{one / 2, "there is no checkpoint yet"}, {one + one/2, "is whole"}, {2*one + one/8, "free some space"}} {
		out := smallDisk(t, filepath.Join(dir, "disk"), tt.room)
		_, err := Run(t.Context(), p, text, Options{Out: out})
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(hint.Of(err), tt.hint) || !strings.Contains(hint.Of(err), "space") {
			t.Errorf("%d bytes of disk: %v, hint %q; want one with %q", tt.room, err, hint.Of(err), tt.hint)
		}
		if err := syscall.Mount("tmpfs", filepath.Dir(out), "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), p, text, Options{Out: out}); err != nil {
			t.Errorf("%d bytes of disk, then more: %v", tt.room, err)
		}
		if got, err := os.ReadFile(filepath.Join(out, "model.safetensors")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes of disk, then more: another model (%v)", tt.room, err)
		}
	}
}

// smallDisk mounts a file system of a size, or skips where it may not, and returns a
// folder for a model on it.
func smallDisk(t *testing.T, dir string, size int64) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("feilun-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
	return filepath.Join(dir, "model")
}
