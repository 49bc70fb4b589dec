package bzip2

import (
	"bytes"
	stdbzip2 "compress/bzip2"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// sources returns the compressed files in testdata, made by bzip2 1.0.8.
func sources(tb testing.TB) map[string][]byte {
	tb.Helper()
	names, err := filepath.Glob("testdata/*.bz2")
	if err != nil || len(names) < 5 {
		tb.Fatalf("testdata holds %d files: %v", len(names), err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		files[filepath.Base(name)] = b
	}
	return files
}

// readAll reads a file as crawl does; lost counts the gaps.
func readAll(r *Reader, size int64) (text []byte, starts []int64, lost int) {
	pos, err := r.Follow(0)
	for {
		if err != nil {
			lost++
			if pos = r.Find(pos+1, size); pos < 0 {
				return text, starts, lost
			}
		}
		if pos >= 8*size {
			return text, starts, lost
		}
		at := pos
		var b []byte
		if b, pos, err = r.Block(pos); err != nil {
			pos = at
			continue
		}
		text, starts = append(text, b...), append(starts, at)
		pos, err = r.Follow(pos)
	}
}

// TestStandard compares with the standard library, stream by stream.
func TestStandard(t *testing.T) {
	for name, b := range sources(t) {
		want, err := io.ReadAll(stdbzip2.NewReader(bytes.NewReader(b)))
		if err != nil {
			t.Fatal(name, err)
		}
		r := NewReader(bytes.NewReader(b), int64(len(b)))
		got, starts, lost := readAll(r, int64(len(b)))
		if !bytes.Equal(got, want) || lost > 0 {
			t.Errorf("%s: %d bytes, %d gaps; want %d bytes", name, len(got), lost, len(want))
		}
		for i, at := range starts {
			if found := r.Find(at-min(at, 3), int64(len(b))); found != at {
				t.Errorf("%s: Find from block %d's start at %d = %d", name, i, at, found)
			}
		}
		if len(starts) > 0 {
			if found := r.Find(starts[len(starts)-1]+1, int64(len(b))); found != -1 {
				t.Errorf("%s: Find behind the last block = %d, want -1", name, found)
			}
		}
	}
}

// TestDamage flips bits: at most the blocks they lie in are lost.
func TestDamage(t *testing.T) {
	b := bytes.Clone(sources(t)["many.bz2"])
	whole, starts, _ := readAll(NewReader(bytes.NewReader(b), int64(len(b))), int64(len(b)))
	if len(starts) < 4 {
		t.Fatalf("many.bz2 has %d blocks", len(starts))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		bad := bytes.Clone(b)
		bad[4+rnd.IntN(len(b)-20)] ^= 1 << rnd.IntN(8)
		got, after, lost := readAll(NewReader(bytes.NewReader(bad), int64(len(bad))), int64(len(bad)))
		if len(after) < len(starts)-1 || lost > 2 || len(got) > len(whole) {
			t.Errorf("%d of %d blocks, %d gaps", len(after), len(starts), lost)
		}
	}
}

func FuzzBlock(f *testing.F) {
	for _, b := range sources(f) {
		if len(b) < 5000 {
			f.Add(b)
		}
	}
	empty, _ := hex.DecodeString("425a683917724538509000000000")
	f.Add(append(empty, empty...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		size := int64(len(b))
		got, _, lost := readAll(NewReader(bytes.NewReader(b), size), size)
		want, err := io.ReadAll(stdbzip2.NewReader(bytes.NewReader(b)))
		if err == nil && lost == 0 && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, want %d", len(got), len(want))
		}
	})
}

func BenchmarkReader(b *testing.B) {
	file := sources(b)["many.bz2"]
	if name := os.Getenv("FEILUN_BZ2"); name != "" {
		var err error
		if file, err = os.ReadFile(name); err != nil {
			b.Fatal(err)
		}
	}
	r := NewReader(bytes.NewReader(file), int64(len(file)))
	n := int64(0)
	b.Run("own", func(b *testing.B) {
		for b.Loop() {
			n = 0
			for pos, err := r.Follow(0); err == nil && pos < 8*int64(len(file)); {
				var text []byte
				if text, pos, err = r.Block(pos); err == nil {
					n += int64(len(text))
					pos, err = r.Follow(pos)
				}
			}
		}
		b.SetBytes(n)
	})
	b.Run("standard", func(b *testing.B) {
		for b.Loop() {
			if _, err := io.Copy(io.Discard, stdbzip2.NewReader(bytes.NewReader(file))); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(n)
	})
}
