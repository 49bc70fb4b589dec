package train

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"feilun/internal/hint"
	"feilun/internal/progress"
	"feilun/model"
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

// TestMemory trains in processes of their own and compares the most memory they ever held
// with what was predicted.
func TestMemory(t *testing.T) {
	if env := os.Getenv("FEILUN_TRAIN_MEMORY"); env != "" {
		memoryChild(t, env)
		return
	}
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	for _, optimizer := range []string{AdamW, Muon} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMemory$", "-test.v")
		cmd.Env = append(os.Environ(), "FEILUN_TRAIN_MEMORY="+optimizer)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var peak, need float64
		_, after, _ := strings.Cut(string(out), "bytes: ")
		if _, err := fmt.Sscan(after, &peak, &need); err != nil {
			t.Fatalf("no sizes in %q: %v", out, err)
		}
		t.Logf("%s: %.0f MB at most, %.0f predicted", optimizer, peak/1e6, need/1e6)
		if peak > 1.05*need || peak < 0.75*need {
			t.Errorf("%s: training took %.0f MB, %.0f were predicted", optimizer, peak/1e6, need/1e6)
		}
	}
}

func memoryChild(t *testing.T, optimizer string) {
	text := packed(t, vocabulary(t, 300), words(300, 1), 10)
	p := *usual(t)
	p.Optimizer, p.Depth, p.Steps, p.BF16, p.Context, p.Batch, p.Rows, p.ValidTokens = optimizer, 5, 2, true, 128, 1024, 8, 1000
	c, err := OpenCorpus(text)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	config := model.FromDepth(p.Depth, c.Vocab)
	config.Context = p.Context
	m, err := model.New(config)
	if err != nil {
		t.Fatal(err)
	}
	need := memory(&config, m, &p, 2)
	if _, err := Run(t.Context(), p, text, Options{Out: filepath.Join(t.TempDir(), "model"), Workers: 2}); err != nil {
		t.Fatal(err)
	}
	t.Logf("bytes: %d %d", progress.PeakMemory(), need)
}
