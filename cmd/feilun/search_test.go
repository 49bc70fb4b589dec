package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestKillSearch kills indexing at random moments and runs it again until it is
// done: the index must have the bytes of an undisturbed one.
func TestKillSearch(t *testing.T) {
	moments := 8
	if testing.Short() {
		moments = 2
	}
	dir := t.TempDir()
	input := filepath.Join(dir, "docs.jsonl")
	var b bytes.Buffer
	for i := range 3000 {
		fmt.Fprintf(&b, `{"id":"%d","url":"http://h%d.example/%d","title":"第%d船","text":"The ship numbered %d left harbour %d in the year %d. 船于春天出海，载茶%d箱。"}`+"\n", i, i%7, i, i, i, i%50, 1600+i%400, i*3)
	}
	if err := os.WriteFile(input, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	start := func(out string, workers int) *exec.Cmd {
		c := exec.Command(os.Args[0], "search", "index", input, "--out", out, "--batch", "12000", "--workers", strconv.Itoa(workers))
		c.Env = append(os.Environ(), asProgram+"=1")
		return c
	}
	whole, begin := filepath.Join(dir, "whole"), time.Now()
	if b, err := start(whole, 2).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	took, want := time.Since(begin), indexFiles(t, whole)
	draw := rand.New(rand.NewPCG(5, 6))
	kills := 0
	for i := range moments {
		out := filepath.Join(dir, fmt.Sprint("killed", i))
		for k := range 3 {
			c := start(out, 1+(i+k)%3)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(draw.Int64N(int64(took))))
			if c.Process.Kill() == nil {
				kills++
			}
			c.Wait() // its error is the kill
		}
		if b, err := start(out, 1+i%3).CombinedOutput(); err != nil {
			t.Fatalf("after a kill: %v\n%s", err, b)
		}
		if d := cmp.Diff(want, indexFiles(t, out)); d != "" {
			t.Fatalf("after a kill, other bytes:\n%.3000s", d)
		}
	}
	t.Logf("%d moments, %d kills, %d files of the same bytes", moments, kills, len(want))
}

// indexFiles reads all files of an index.
func indexFiles(t *testing.T, dir string) map[string]string {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		files[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
