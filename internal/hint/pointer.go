package hint

import (
	"bytes"
	"errors"
)

// PointerSize is how much of a file's beginning [Pointer] needs.
const PointerSize = 64

// Pointer returns an error where a file begins as those do that Git LFS leaves in the place of large
// ones that it has not fetched, else nil.
func Pointer(head []byte) error {
	if !bytes.HasPrefix(head, []byte("version https://git-lfs.github.com/")) {
		return nil
	}
	return With(errors.New("it is the pointer of a file that Git LFS has not fetched"), "fetch the file itself: git lfs pull")
}
