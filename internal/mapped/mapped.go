// Package mapped reads files by mapping them into memory, where the system can: what is read
// is not copied first. A file that another program cuts short meanwhile, or that cannot be
// read from its disk, is an error, and does not end the process.
package mapped

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"unsafe"
)

// A File is an open file. Any number of goroutines may read it.
type File struct {
	data []byte // all of it, where it is mapped
	file *os.File
	size int64
}

// Open opens a file. Folders, pipes and devices are errors.
func Open(path string) (*File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: it is no file", path) // opening a pipe would wait for ever
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	f := &File{file: file, size: info.Size()}
	if f.size > 0 && f.size == int64(int(f.size)) {
		f.data = mapFile(file, int(f.size)) // else it is read
	}
	return f, nil
}

// Size returns the file's length in bytes when it was opened.
func (f *File) Size() int64 { return f.size }

// Close gives the file back. Nothing may read it any more.
func (f *File) Close() error {
	data := f.data
	f.data = nil
	return errors.Join(unmap(data), f.file.Close())
}

// ReadAt copies bytes, as [io.ReaderAt] has it.
func (f *File) ReadAt(b []byte, at int64) (n int, err error) {
	if f.data == nil {
		return f.file.ReadAt(b, at)
	}
	if at < 0 || at >= f.size {
		return 0, io.EOF
	}
	err = f.guard(at+int64(len(b)), func() { n = copy(b, f.data[at:]) })
	if err == nil && n < len(b) {
		err = io.EOF
	}
	return n, err
}

// pieceBytes is about how many bytes a piece has.
const pieceBytes = 1 << 20

// buffers are for pieces of what is not mapped: a file is read in many calls, and what each left
// behind would lie in memory beside the weights.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// Pieces calls use with n bytes of r from byte from on, in pieces of whole steps, and with where
// among them a piece begins. A piece is valid until use returns, which reads it in its own
// goroutine and does not change it. Bytes that r does not have are [io.ErrUnexpectedEOF], also
// where they are lost while they are read: pieces that were used before may have been zeros.
func Pieces(r io.ReaderAt, from int64, n, step int, use func(at int, piece []byte)) error {
	step = max(1, step)
	size := max(1, pieceBytes/step) * step
	f, _ := r.(*File)
	if f != nil && f.data != nil {
		if from < 0 || int64(n) > f.size-from {
			return io.ErrUnexpectedEOF
		}
		return f.guard(from+int64(n), func() {
			for at := 0; at < n; at += size {
				use(at, f.data[from+int64(at):][:min(size, n-at)])
			}
		})
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	*buf = slices.Grow((*buf)[:0], min(size, n))
	for at := 0; at < n; at += size {
		b := (*buf)[:min(size, n-at)]
		if read, err := r.ReadAt(b, from+int64(at)); read < len(b) {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		use(at, b)
	}
	return nil
}

// guard calls use, which reads mapped memory up to byte end of the file, and turns a fault there
// into an error. Where a file ends within a page, the rest of the page is zeros without a fault;
// so its length is asked for again.
func (f *File) guard(end int64, use func()) (err error) {
	end = min(end, f.size)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		x := recover()
		if fault, ok := x.(interface{ Addr() uintptr }); ok && f.has(fault.Addr()) {
			if err = f.whole(end); err == nil {
				err = errors.New("a part of the file cannot be read")
			}
		} else if x != nil {
			panic(x)
		}
	}()
	use()
	return f.whole(end)
}

// whole returns an error where the file by now ends before byte end.
func (f *File) whole(end int64) error {
	info, err := f.file.Stat()
	if err == nil && info.Size() < end {
		return fmt.Errorf("%w: the file was cut to %d bytes while it was read", io.ErrUnexpectedEOF, info.Size())
	}
	return err
}

func (f *File) has(p uintptr) bool {
	return len(f.data) > 0 && p-uintptr(unsafe.Pointer(&f.data[0])) < uintptr(len(f.data))
}
