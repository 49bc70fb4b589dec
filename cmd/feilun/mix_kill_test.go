package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMixKill kills feilun mix at random moments and runs it again until it is
// done: the bytes must be those of an undisturbed mix with other workers.
func TestMixKill(t *testing.T) {
	moments := 8
	if testing.Short() {
		moments = 2
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(8, 9))
	for _, name := range []string{"web", "books"} {
		for k := range 4 {
			var b strings.Builder
			for i := range 300 {
				var text strings.Builder
				for range 40 + r.IntN(100) {
					fmt.Fprintf(&text, "%s%d ", name, r.IntN(9000))
				}
				line, err := json.Marshal(map[string]string{"id": fmt.Sprintf("%s-%d-%d", name, k, i), "text": text.String(), "source": name})
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "%s\n", line)
				if i == 7 {
					if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("exam-%s-%d.jsonl", name, k)), line, 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.jsonl", name, k)), []byte(b.String()), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := filepath.Join(dir, "mix.yaml")
	text := fmt.Sprintf("tokens: 400k\nsources: {web: {path: %q, share: 0.7}, books: {path: %q, share: 0.3}}\ndecontaminate: {sets: %q}\noutput: {part_size: 100kB}\n",
		filepath.Join(dir, "web-*"), filepath.Join(dir, "books-*"), filepath.Join(dir, "exam-*"))
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	start := func(out, workers string) *exec.Cmd {
		c := exec.Command(os.Args[0], "mix", file, "--out", out, "--workers", workers)
		c.Env = append(os.Environ(), asProgram+"=1")
		return c
	}
	begin := time.Now()
	if out, err := start(filepath.Join(dir, "whole"), "1").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	took := time.Since(begin)
	want := stable(t, filepath.Join(dir, "whole"))
	kills := 0
	for range moments {
		out := filepath.Join(dir, "killed")
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			c := start(out, "2")
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(r.Int64N(int64(took))))
			if c.Process.Kill() == nil {
				kills++
			}
			c.Wait() // its error is the kill
		}
		if b, err := start(out, "2").CombinedOutput(); err != nil {
			t.Fatalf("after a kill: %v\n%s", err, b)
		}
		if d := cmp.Diff(want, stable(t, out)); d != "" {
			t.Fatalf("after a kill, other bytes:\n%.3000s", d)
		}
	}
	t.Logf("%d moments, %d kills, %d files alike", moments, kills, len(want))
}
