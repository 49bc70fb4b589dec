package filter

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"feilun/internal/hint"
)

const whereUT1 = "https://dsi.ut-capitole.fr/blacklists/"

const whereLists = "URL lists in this layout are the UT1 blacklists of the University of Toulouse Capitole (archive blacklists.tar.gz at " + whereUT1 + ", CC BY-SA); " +
	"word lists for addresses come with datatrove (Apache-2.0) as banned_words.txt, soft_banned_words.txt and banned_subwords.txt"

// Idle says what the step lacks to drop anything, or "".
func (f *URL) Idle() string {
	if f.Lists != "" || f.Words != "" || f.SoftWords != "" || f.Subwords != "" {
		return ""
	}
	return "no list is named, so it keeps everything; UT1's are at " + whereUT1 + ", to be named with --set filter.url.lists=DIR"
}

// loadLists reads the categories of a folder in UT1 layout.
func (t *urlTables) loadLists(dir string, categories []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return listError("url.lists", dir, err)
	}
	named := len(categories) > 0
	if !named {
		categories = categoriesOf(entries)
	}
	some := false
	for _, category := range categories {
		found, err := t.loadCategory(dir, category)
		switch {
		case err != nil:
			return err
		case !found && named:
			err := fmt.Errorf("url.categories: list %q has no category %q; %s", dir, category, whereLists)
			return hint.With(err, "categories are the folders of url.lists; without url.categories all are taken")
		}
		some = some || found
	}
	if !some {
		return listError("url.lists", dir, errNoCategory)
	}
	return nil
}

// loadCategory reads the domains and urls of a category, and reports whether
// there are some.
func (t *urlTables) loadCategory(dir, category string) (found bool, err error) {
	for _, kind := range []string{"domains", "urls"} {
		name := listFile(dir, category, kind)
		if name == "" {
			continue
		}
		found = true
		add := func(s string) { t.domains = append(t.domains, xxh3.HashString(strings.ToLower(s))) }
		if kind == "urls" {
			add = func(s string) { t.urls = append(t.urls, xxh3.HashString(bareURL(s))) }
		}
		if err := eachLine(name, "url.lists", add); err != nil {
			return true, err
		}
	}
	return found, nil
}

// categoriesOf names what the folder has, in order.
func categoriesOf(entries []fs.DirEntry) []string {
	var all []string
	for _, e := range entries {
		name, kind, ok := strings.Cut(e.Name(), ".")
		if e.IsDir() || ok && (strings.HasPrefix(kind, "domains") || strings.HasPrefix(kind, "urls")) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// listFile returns the file of a category's domains or urls, or "".
func listFile(dir, category, kind string) string {
	for _, base := range []string{filepath.Join(category, kind), category + "." + kind} {
		for _, end := range []string{"", ".txt", ".zst", ".txt.zst", ".gz", ".txt.gz"} {
			name := filepath.Join(dir, base+end)
			if info, err := os.Stat(name); err == nil && !info.IsDir() {
				return name
			}
		}
	}
	return ""
}

// eachLine calls add with each line of a list file, without surrounding space;
// blank lines and lines that start with # are comments. parameter is named in
// errors.
func eachLine(name, parameter string, add func(string)) error {
	file, err := os.Open(name)
	if err != nil {
		return listError(parameter, name, err)
	}
	defer file.Close()
	r, done, err := unpacked(file, name)
	if err != nil {
		return listError(parameter, name, err)
	}
	defer done()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if s := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff")); s != "" && s[0] != '#' {
			add(s)
		}
	}
	if err := lines.Err(); err != nil {
		return listError(parameter, name, err)
	}
	return nil
}

func unpacked(file io.Reader, name string) (r io.Reader, done func(), err error) {
	switch filepath.Ext(name) {
	case ".zst":
		z, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	case ".gz":
		z, err := gzip.NewReader(file)
		return z, func() {}, err
	}
	return file, func() {}, nil
}

// listError says which list cannot be read and, when it is absent, where such
// lists can be had.
func listError(parameter, name string, err error) error {
	wrapped := fmt.Errorf("%s: list %q: %w", parameter, name, err)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoCategory) {
		return hint.With(fmt.Errorf("%w; %s", wrapped, whereLists), "name it with --set filter."+parameter+"=PATH or in the recipe; without a value the step does without")
	}
	return wrapped
}
