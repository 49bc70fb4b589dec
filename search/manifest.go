package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/hint"
)

// Format names the form of an index; see docs/formats/search-index.md.
const Format = "feilun.search/1"

const manifestName = "manifest.json"

// A manifest says what an index consists of. It is replaced as a whole; a folder
// that it does not name is not part of the index.
type manifest struct {
	Format   string        `json:"format"`
	Version  string        `json:"version"`
	Params   Params        `json:"params"`
	Next     int           `json:"next"`              // number of the next segment
	Input    string        `json:"input"`             // hash of the versions of all documents, once an indexing run is whole
	Removed  []string      `json:"removed,omitempty"` // addresses that may not come back
	Segments []segmentInfo `json:"segments"`
}

func readManifest(dir string) (*manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = hint.Usage(hint.With(fmt.Errorf("%s holds no search index: %w", dir, fs.ErrNotExist), "make one with: feilun search index DIR --out INDEX"))
		}
		return nil, err
	}
	return parseManifest(dir, b)
}

func parseManifest(dir string, b []byte) (*manifest, error) {
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, damaged(filepath.Join(dir, manifestName), err.Error())
	}
	if m.Format != Format {
		return nil, hint.Usage(hint.With(fmt.Errorf("%s has the form %q, this program reads %q", dir, m.Format, Format), "make the index again with this version"))
	}
	for _, s := range m.Segments {
		if strings.ContainsAny(s.Name, "/\\") || s.Name == "" || s.Name == ".." {
			return nil, damaged(filepath.Join(dir, manifestName), fmt.Sprintf("a segment is named %q", s.Name))
		}
	}
	return &m, nil
}

func (m *manifest) write(dir string) error {
	return atomicfile.WriteJSON(filepath.Join(dir, manifestName), " ", m)
}

func (m *manifest) take() string {
	name := fmt.Sprintf("segment-%06d", m.Next)
	m.Next++
	return name
}

// clean removes what a killed writer left.
func (m *manifest) clean(dir string) error {
	live := map[string]bool{}
	for _, s := range m.Segments {
		live[s.Name] = true
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), "segment-") && !live[e.Name()] {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func newManifest(p Params) *manifest {
	return &manifest{Format: Format, Version: feilun.Version, Params: p}
}
