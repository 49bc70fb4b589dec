package tokens

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func write(t testing.TB, form string, wide bool, name string, docs [][]uint32) {
	t.Helper()
	var b, x bytes.Buffer
	w, err := NewWriter(form, wide, &b, &x)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		if err := w.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	bin, index := Names(form, name)
	if err := errors.Join(os.WriteFile(bin, b.Bytes(), 0o644), os.WriteFile(index, x.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, form := range []string{Megatron, Plain} {
		for _, wide := range []bool{false, true} {
			var docs [][]uint32
			total := int64(0)
			for range 50 {
				d := make([]uint32, rng.IntN(20))
				for i := range d {
					d[i] = uint32(rng.IntN(1 << 16))
					if wide {
						d[i] += 1 << 17
					}
				}
				docs = append(docs, d)
				total += int64(len(d))
			}
			name := filepath.Join(t.TempDir(), "x")
			write(t, form, wide, name, docs)
			s, err := Open(form, name, wide)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if s.Docs() != len(docs) || s.Total() != total {
				t.Errorf("%s: %d documents, %d tokens; want %d, %d", form, s.Docs(), s.Total(), len(docs), total)
			}
			for i, want := range docs {
				if got, err := s.Doc(i); err != nil || !slices.Equal(got, want) {
					t.Errorf("%s: document %d = %v, %v; want %v", form, i, got, err, want)
				}
			}
			if err := s.At(make([]uint32, 2), total-1); err == nil {
				t.Error("tokens were read behind the end")
			}
		}
	}
}

// TestMegatronBytes holds the index to the bytes that Megatron-LM's own reader
// expects.
func TestMegatronBytes(t *testing.T) {
	var b, x bytes.Buffer
	w, err := NewWriter(Megatron, false, &b, &x)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write([]uint32{1, 2, 258}), w.Write([]uint32{3}), w.Close()); err != nil {
		t.Fatal(err)
	}
	want := "MMIDIDX\x00\x00" + "\x01\x00\x00\x00\x00\x00\x00\x00" + "\x08" + "\x02\x00\x00\x00\x00\x00\x00\x00" + "\x03\x00\x00\x00\x00\x00\x00\x00" +
		"\x03\x00\x00\x00\x01\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"
	if x.String() != want {
		t.Errorf("index %q, want %q", x.String(), want)
	}
	if b.String() != "\x01\x00\x02\x00\x02\x01\x03\x00" {
		t.Errorf("tokens %q", b.String())
	}
}

// TestWide: 65,536 tokens have numbers up to 65,535.
func TestWide(t *testing.T) {
	if Wide(1<<16) || !Wide(1<<16+1) {
		t.Errorf("Wide(65536) = %t, Wide(65537) = %t", Wide(1<<16), Wide(1<<16+1))
	}
}

func TestTooLarge(t *testing.T) {
	w, err := NewWriter(Plain, false, &bytes.Buffer{}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]uint32{1 << 16}); err == nil {
		t.Error("a token of 17 bits went into 16")
	}
	if _, err := NewWriter("x", false, nil, nil); err == nil {
		t.Error("an unknown form was taken")
	}
}

func FuzzIndex(f *testing.F) {
	name := filepath.Join(f.TempDir(), "x")
	write(f, Megatron, false, name, [][]uint32{{1, 2}, {3}})
	b, err := os.ReadFile(name + ".idx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, int64(6), true)
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00"), int64(4), false)
	f.Fuzz(func(t *testing.T, b []byte, size int64, megatron bool) {
		s := &Set{}
		form := Plain
		if megatron {
			form = Megatron
		}
		if err := s.read(form, b, size); err != nil {
			return
		}
		end := int64(0)
		for i := range s.Docs() {
			from, to := s.Bounds(i)
			if from != end || to < from {
				t.Fatalf("document %d from %d to %d", i, from, to)
			}
			end = to
		}
		if end != s.Total() {
			t.Fatalf("%d tokens, documents end at %d", s.Total(), end)
		}
	})
}
