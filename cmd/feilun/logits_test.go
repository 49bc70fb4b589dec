package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"feilun/internal/params"
)

// TestLogitsInterrupted: a text that takes long to measure ends with its context.
func TestLogitsInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c := logitsCmd{Model: "testdata/model", Memory: params.Size(8 << 30), Workers: 1}
	began := time.Now()
	err := c.Run(&app{ctx: ctx, stdin: strings.NewReader(strings.Repeat("word ", 40_000)), stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}
