package mapped

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
)

// file writes n bytes to a file and opens it.
func file(t *testing.T, n int) (path string, data []byte, f *File) {
	t.Helper()
	for i := range n {
		data = append(data, byte(i*i>>7))
	}
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return path, data, f
}

func TestPieces(t *testing.T) {
	_, data, f := file(t, 5<<20+77)
	if int(f.Size()) != len(data) {
		t.Errorf("Size %d, want %d", f.Size(), len(data))
	}
	for _, r := range []io.ReaderAt{f, bytes.NewReader(data), &File{file: f.file, size: f.size}} {
		for _, c := range [][3]int{{0, len(data), 1}, {77, 5 << 20, 1 << 19}, {5, 3 << 20, 3 << 20}, {9, 0, 4}, {1, 700, 7}} {
			var got []byte
			err := Pieces(r, int64(c[0]), c[1], c[2], func(at int, b []byte) {
				if at != len(got) || at%c[2] != 0 {
					t.Fatalf("%T %v: a piece at %d, %d bytes before it", r, c, at, len(got))
				}
				got = append(got, b...)
			})
			if err != nil || !bytes.Equal(got, data[c[0]:c[0]+c[1]]) {
				t.Errorf("%T %v: %v, or other bytes", r, c, err)
			}
		}
		if err := Pieces(r, -1, 5, 1, func(int, []byte) {}); err == nil {
			t.Errorf("%T: bytes before the first are read", r)
		}
		if err := Pieces(r, 100, len(data)-99, 1, func(int, []byte) {}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%T: a byte more than there are: %v", r, err)
		}
	}
}

func TestReadAt(t *testing.T) {
	_, data, f := file(t, 1000)
	for _, c := range []struct{ at, n, want int }{{0, 1000, 1000}, {990, 20, 10}, {1000, 1, 0}, {2000, 1, 0}, {3, 5, 5}} {
		b := make([]byte, c.n)
		n, err := f.ReadAt(b, int64(c.at))
		if n != c.want || (n < c.n) != (err == io.EOF) || !slices.Equal(b[:n], data[min(c.at, 1000):][:n]) {
			t.Errorf("ReadAt %d of %d bytes: %d, %v", c.at, c.n, n, err)
		}
	}
	if _, err := f.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("a negative place is read")
	}
}

// TestCut cuts a file short while it is read.
func TestCut(t *testing.T) {
	path, _, f := file(t, 3<<20)
	err := Pieces(f, 0, 3<<20, 1, func(at int, b []byte) {
		if at == 0 {
			if err := os.Truncate(path, 1<<20); err != nil {
				t.Fatal(err)
			}
			return
		}
		copy(make([]byte, len(b)), b)
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Pieces of a file that was cut: %v", err)
	}
	if n, err := f.ReadAt(make([]byte, 100), 2<<20); err == nil || n == 100 {
		t.Errorf("ReadAt of a file that was cut: %d, %v", n, err)
	}
	if debug.SetPanicOnFault(false) {
		t.Error("faults panic from now on")
	}
}

// TestCutPage cuts a file within a page, whose rest is zeros without a fault.
func TestCutPage(t *testing.T) {
	path, _, f := file(t, 1<<20+3000)
	err := Pieces(f, 0, 1<<20+3000, 1, func(int, []byte) {
		if err := os.Truncate(path, 1<<20+10); err != nil {
			t.Fatal(err)
		}
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Pieces: %v", err)
	}
	if _, err := f.ReadAt(make([]byte, 100), 1<<20+1000); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("ReadAt: %v", err)
	}
	if n, err := f.ReadAt(make([]byte, 100), 10); n != 100 || err != nil {
		t.Errorf("ReadAt of what is left: %d, %v", n, err)
	}
}

// TestPanic: what is not the file's comes through.
func TestPanic(t *testing.T) {
	_, _, f := file(t, 100)
	panics := func(use func()) (x any) {
		defer func() { x = recover() }()
		_ = Pieces(f, 0, 10, 1, func(int, []byte) { use() })
		return nil
	}
	if x := panics(func() { panic("mine") }); x != "mine" {
		t.Errorf("a panic of use comes through as %v", x)
	}
	if f.data == nil && runtime.GOOS == "linux" {
		t.Error("the file is not mapped")
	}
	if f.data == nil {
		return
	}
	_, _, other := file(t, 100)
	gone, sum := other.data, byte(0)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if x, ok := panics(func() { sum += gone[0] }).(runtime.Error); !ok {
		t.Errorf("a fault elsewhere comes through as %v, and %d", x, sum)
	}
}

func TestOpen(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder is opened")
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := Open(os.DevNull); err == nil {
		t.Error("a device is opened")
	}
	_, _, f := file(t, 0)
	if err := Pieces(f, 0, 1, 1, func(int, []byte) {}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a byte of an empty file: %v", err)
	}
}

// TestPiecesGarbage: many pieces of what is not mapped do not each leave a buffer behind.
func TestPiecesGarbage(t *testing.T) {
	r := bytes.NewReader(make([]byte, 1<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const times = 200
	for range times {
		if err := Pieces(r, 0, 1<<20, 1<<14, func(int, []byte) {}); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 3*times<<18 { // the race detector throws some away
		t.Errorf("%d bytes for %d MiB", n, times)
	}
}
