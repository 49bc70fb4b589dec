package feedback

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"feilun/internal/atomicfile"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/lessons"
	"feilun/internal/store"

	"github.com/parquet-go/parquet-go"
)

// ReadManifest reads the manifest of an export folder.
func ReadManifest(dir string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return nil, hint.Usage(fmt.Errorf("%s is no folder of exported feedback: %w", dir, err))
	}
	m := new(Manifest)
	if err := json.Unmarshal(b, m); err != nil || m.Format != Format {
		return nil, hint.Usage(fmt.Errorf("%s: format %q, want %s", filepath.Join(dir, "manifest.json"), m.Format, Format))
	}
	for _, f := range m.Files {
		if f.Name != filepath.Base(f.Name) {
			return nil, hint.Usage(fmt.Errorf("%s: a file %q", dir, f.Name))
		}
	}
	return m, nil
}

// Purge takes the rows that were withdrawn since out of the files of an export folder, and returns how many.
func Purge(ctx context.Context, st *store.Store, dir string) (int, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return 0, err
	}
	total := 0
	for i := range m.Files {
		f := &m.Files[i]
		gone, err := st.WithdrawnRows(ctx, f.Export)
		if err != nil {
			return total, err
		}
		name := filepath.Join(dir, f.Name)
		b, err := os.ReadFile(name)
		if err != nil {
			return total, err
		}
		kept, n, err := without(b, f, gone)
		if err != nil {
			return total, fmt.Errorf("%s: %w", name, err)
		}
		if n == 0 {
			continue
		}
		f.Rows, f.Withdrawn, f.SHA256 = f.Rows-n, f.Withdrawn+n, digest.Of(kept)
		if err := st.SetFiles(ctx, f.Export, []string{f.SHA256}); err != nil {
			return total, err
		}
		if err := atomicfile.WriteBytes(name, kept); err != nil {
			return total, err
		}
		total += n
	}
	return total, atomicfile.WriteJSON(filepath.Join(dir, "manifest.json"), "  ", m)
}

// without is a file without some rows, and how many these were.
func without(b []byte, f *File, gone map[string]bool) ([]byte, int, error) {
	if filepath.Ext(f.Name) == ".parquet" {
		switch f.Form {
		case lessons.SFT:
			return parquetWithout(b, gone, func(r *lessons.Example) string { return r.ID })
		case lessons.KTO:
			return parquetWithout(b, gone, func(r *lessons.Thumb) string { return r.ID })
		case lessons.DPO:
			return parquetWithout(b, gone, func(r *lessons.Pair) string { return r.ID })
		case lessons.Events:
			return parquetWithout(b, gone, func(r *lessons.Happening) string { return r.ID })
		case lessons.Frontier:
			return parquetWithout(b, gone, func(r *lessons.Question) string { return r.ID })
		case lessons.Pages:
			return parquetWithout(b, gone, func(r *lessons.Page) string { return r.ID })
		}
		return nil, 0, fmt.Errorf("no form %q", f.Form)
	}
	var out bytes.Buffer
	n := 0
	for line := range bytes.Lines(b) {
		var row struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, 0, err
		}
		if gone[row.ID] {
			n++
			continue
		}
		out.Write(line)
	}
	return out.Bytes(), n, nil
}

func parquetWithout[T any](b []byte, gone map[string]bool, id func(*T) string) ([]byte, int, error) {
	rows, err := parquet.Read[T](bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, 0, err
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(r T) bool { return gone[id(&r)] })
	out, err := writeParquet(kept)
	return out, len(rows) - len(kept), err
}

// Trained reads which files and weights models were trained on from their folders, so that a withdrawal names them.
func Trained(ctx context.Context, st *store.Store, dirs []string) error {
	for _, dir := range dirs {
		b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
		if err != nil {
			return hint.Usage(err)
		}
		var m struct {
			Weights string            `json:"weights_sha256"`
			Inputs  map[string]string `json:"inputs_sha256"`
		}
		if err := json.Unmarshal(b, &m); err != nil {
			return hint.Usage(fmt.Errorf("%s: %w", dir, err))
		}
		if m.Weights == "" {
			return hint.Usage(errors.New(dir + " is no folder of a model that feilun trained"))
		}
		inputs := []string{}
		for _, sum := range m.Inputs {
			inputs = append(inputs, sum)
		}
		slices.Sort(inputs)
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		if err := st.AddTrained(ctx, m.Weights, filepath.Base(abs), inputs); err != nil {
			return err
		}
	}
	return nil
}
