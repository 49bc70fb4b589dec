package mix

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun/internal/digest"
	"feilun/internal/hint"
)

// endBytes is how much of each end of a file tells it from another.
const endBytes = 64 << 10

// findInputs lists the files of all sources, each source's in the order of
// their names, each once.
func findInputs(s *Spec, out string) ([]input, error) {
	var all []input
	for i, src := range s.Sources {
		var names []string
		for _, pattern := range src.Path.List() {
			files, err := matches(pattern, out)
			if err != nil {
				return nil, fmt.Errorf("source %s: %w", src.Name, err)
			}
			names = append(names, files...)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if inside(name, out) {
				return nil, hint.Usage(fmt.Errorf("source %s: %s lies in the output folder", src.Name, name))
			}
			in, err := newInput(i, name)
			if err != nil {
				return nil, fmt.Errorf("source %s: %w", src.Name, err)
			}
			all = append(all, in)
		}
	}
	return all, nil
}

// inside reports whether a path lies in a folder, links followed.
func inside(name, dir string) bool {
	return strings.HasPrefix(resolved(name), resolved(dir)+string(filepath.Separator))
}

// resolved follows the links of a path, of which the last elements need not be
// there yet.
func resolved(name string) string {
	name, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	for at, rest := name, ""; ; at, rest = filepath.Dir(at), filepath.Join(filepath.Base(at), rest) {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		if at == filepath.Dir(at) {
			return name
		}
	}
}

// matches finds the files of one path: a file, a pattern, or a folder, of a run
// or of files, that does not hold the output folder.
func matches(pattern, out string) ([]string, error) {
	names := []string{pattern}
	if _, err := os.Stat(pattern); err != nil {
		if names, err = filepath.Glob(pattern); err != nil {
			return nil, hint.Usage(err)
		}
	}
	if len(names) == 0 {
		return nil, hint.Usage(fmt.Errorf("%q matches no file", pattern))
	}
	var files []string
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		found, err := folderFiles(name, out)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

// folderFiles lists the documents of a folder. Of a run's folder these are the
// files of its corpus, and the run must be finished.
func folderFiles(dir, out string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(dir, "work", "plan.json")); err == nil {
		if _, err := os.Stat(filepath.Join(dir, "stats.json")); err != nil {
			return nil, hint.Usage(hint.With(fmt.Errorf("%s is a run that is not finished", dir), "run its command again, which goes on where it stopped"))
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "corpus")); err == nil && info.IsDir() {
		dir = filepath.Join(dir, "corpus")
	}
	if inside(out, dir) {
		return nil, hint.Usage(hint.With(fmt.Errorf("the output folder %s lies in %s, a source", out, dir), "take an --out beside it"))
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil && real != filepath.Clean(dir) {
		dir += string(filepath.Separator) // a walk does not follow a link it begins with
	}
	var files []string
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		for _, ext := range []string{".parquet", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".json.gz"} {
			if strings.HasSuffix(name, ext) {
				files = append(files, name)
				break
			}
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = hint.Usage(fmt.Errorf("%s holds no Parquet or JSON lines files", dir))
	}
	return files, err
}

// newInput measures a file and hashes its ends.
func newInput(source int, name string) (input, error) {
	f, err := os.Open(name)
	if err != nil {
		return input{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return input{}, err
	}
	if !info.Mode().IsRegular() {
		return input{}, fmt.Errorf("%s is no plain file", name)
	}
	var ends []byte
	for _, at := range []int64{0, max(0, info.Size()-endBytes)} {
		b, err := io.ReadAll(io.NewSectionReader(f, at, endBytes))
		if err != nil {
			return input{}, err
		}
		ends = append(ends, b...)
	}
	return input{Source: source, File: name, Size: info.Size(), Ends: hashText(ends)}, nil
}

// inputHash identifies the input: which files, how long, and both their ends.
func inputHash(inputs []input) string {
	b, err := json.Marshal(inputs)
	if err != nil {
		panic(err) // plain values
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// setsHash identifies the test sets by their whole content.
func setsHash(p *DecontaminateParams) (string, error) {
	files, err := setFiles(p)
	if err != nil {
		return "", err
	}
	var all []byte
	for _, name := range files {
		sum, err := digest.File(name)
		if err != nil {
			return "", err
		}
		all = fmt.Appendf(all, "%q %s\n", filepath.Base(name), sum)
	}
	return hashText(all), nil
}
