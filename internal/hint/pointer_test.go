package hint

import "testing"

// TestPointer tells pointers from files.
func TestPointer(t *testing.T) {
	if err := Pointer([]byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")); err == nil || Of(err) == "" {
		t.Errorf("%v, %q", err, Of(err))
	}
	for _, head := range []string{"", "version 2", "GGUF"} {
		if err := Pointer([]byte(head)); err != nil {
			t.Errorf("%q: %v", head, err)
		}
	}
}
