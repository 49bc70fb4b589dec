package crawl

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"
)

// fingerprintBytes is how much of each end of a file its fingerprint reads.
const fingerprintBytes = 64 << 10

// Fingerprint identifies the input's content: names, sizes, and both ends of
// each file. A file that was replaced by another of the same size differs.
func (s *files) Fingerprint(ctx context.Context) (string, error) {
	names, err := s.list()
	if err != nil {
		return "", err
	}
	h := xxh3.New()
	for _, name := range names {
		if err := cmp.Or(ctx.Err(), s.fingerprint(h, name)); err != nil {
			return "", err
		}
	}
	sum := h.Sum128().Bytes()
	return hex.EncodeToString(sum[:]), nil
}

func (s *files) fingerprint(w io.Writer, name string) error {
	f, size, err := s.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Fprintf(w, "%q %d\n", name, size)
	for _, at := range []int64{0, max(0, size-fingerprintBytes)} {
		if _, err := io.Copy(w, io.NewSectionReader(f, at, fingerprintBytes)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
