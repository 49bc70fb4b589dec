package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"feilun/internal/params"
	"feilun/model"
)

// TestLogitsInterrupted: a text that takes long to measure ends with its context.
func TestLogitsInterrupted(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/model")); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "config.json"), strings.Replace(string(config), `"max_position_embeddings": 64`, `"max_position_embeddings": 1000000`, 1))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c := logitsCmd{Model: dir, Memory: params.Size(8 << 30), Workers: 1}
	began := time.Now()
	err = c.Run(&app{ctx: ctx, stdin: strings.NewReader(strings.Repeat("word ", 40_000)), stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

// TestLogitsNotFinite: weights that are no numbers are told as such.
func TestLogitsNotFinite(t *testing.T) {
	m, err := model.Open("testdata/model")
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.W {
		m.W[i] = float32(math.NaN())
	}
	dir := t.TempDir()
	if err := m.Save(dir, false); err != nil {
		t.Fatal(err)
	}
	for _, json := range []bool{false, true} {
		c := logitsCmd{Model: dir, IDs: "1,2", Memory: params.Size(8 << 30), Workers: 1, JSON: json}
		if err := c.Run(&app{ctx: t.Context(), stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}); err == nil || !strings.Contains(err.Error(), "behind token 0 ") {
			t.Errorf("JSON %v: %v", json, err)
		}
	}
}

// TestLikeliest: the likeliest of a large vocabulary do not hold on to the others.
func TestLikeliest(t *testing.T) {
	x := make([]float32, 1000)
	x[7], x[3], x[9] = 2, 3, 2
	got := likeliest(x, 3)
	if want := []likely{{3, 3}, {7, 2}, {9, 2}}; !slices.Equal(got, want) || cap(got) > 10 {
		t.Errorf("got %v with room for %d, want %v", got, cap(got), want)
	}
	if got := likeliest(x, -1); len(got) != len(x) {
		t.Errorf("%d of all %d", len(got), len(x))
	}
}
