// Package atomicfile writes files that are either whole or absent: the bytes go
// to a temporary file beside the target, are synced, and renamed into place. A
// process killed at any moment leaves at most a *.tmp file, which the next
// write of the same name replaces. Call Write, or WriteBytes or WriteJSON for small files.
package atomicfile

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
)

// Write calls fill with a temporary file next to name, and renames it to name
// once fill and the disk agree that all is written.
func Write(name string, fill func(io.Writer) error) (err error) {
	f, err := os.Create(name + ".tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := fill(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

// WriteBytes writes b to name in the same way.
func WriteBytes(name string, b []byte) error {
	return Write(name, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// WriteJSON writes v to name in the same way, as JSON with an indent and a line break behind it.
func WriteJSON(name, indent string, v any) error {
	b, err := json.MarshalIndent(v, "", indent)
	if err != nil {
		return err
	}
	return WriteBytes(name, append(b, '\n'))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
