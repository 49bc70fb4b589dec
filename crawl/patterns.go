package crawl

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun/internal/hint"
)

// split lists the patterns in a path. A comma separates unless a file of the
// whole name exists.
func split(p Paths) []string {
	var list []string
	for line := range strings.SplitSeq(string(p), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if _, err := os.Stat(line); err == nil || !strings.Contains(line, ",") {
			list = append(list, line)
			continue
		}
		for part := range strings.SplitSeq(line, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	}
	return list
}

// base returns the longest folder that all patterns share.
func base(patterns []string) string {
	var common []string
	for i, p := range patterns {
		dir := filepath.ToSlash(filepath.Clean(p))
		if info, err := os.Stat(p); err != nil || !info.IsDir() {
			dir = filepath.ToSlash(filepath.Dir(filepath.Clean(p)))
		}
		parts := strings.Split(dir, "/")
		if k := slices.IndexFunc(parts, meta); k >= 0 {
			parts = parts[:k]
		}
		if i == 0 {
			common = parts
			continue
		}
		n := 0
		for n < len(common) && n < len(parts) && common[n] == parts[n] {
			n++
		}
		common = common[:n]
	}
	if len(common) == 1 && common[0] == "" {
		return "/"
	}
	return filepath.FromSlash(strings.Join(common, "/"))
}

func meta(s string) bool { return strings.ContainsAny(s, "*?[") }

// expand returns the files a pattern stands for: itself, all files below a
// folder, or what matches.
func expand(pattern string) ([]string, error) {
	matches := []string{pattern}
	if _, err := os.Stat(pattern); err != nil {
		if matches, err = filepath.Glob(pattern); err != nil {
			return nil, hint.With(hint.Usage(fmt.Errorf("crawl: pattern %q: %w", pattern, err)), "*, ? and [a-z] are special in patterns")
		}
	}
	var all []string
	for _, m := range matches {
		err := filepath.WalkDir(m, func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && isRegular(name) {
				all = append(all, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, hint.With(hint.Usage(fmt.Errorf("crawl: no file matches %q", pattern)), "check the path; it is relative to the folder the command runs in")
	}
	slices.Sort(all)
	return all, nil
}

// isRegular reports whether a name leads to a plain file: pipes would wait for
// ever, and links to folders or to nothing hold no records.
func isRegular(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
