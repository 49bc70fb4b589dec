package mix

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"feilun/internal/charset"
	"feilun/internal/corpus"
	"feilun/internal/hint"
)

// An item is one test item of a set.
type item struct {
	set   int
	line  int      // in its file, from 1; the place in the array for JSON arrays
	text  string   // its longest field, cut to a sample
	grams []uint32 // what is searched for, each once; none when it is too short
}

// sampleItem is how many bytes of an item a report may show.
const sampleItem = 200

// eachItem calls f with the fields of every item of a set's file.
func eachItem(name string, p *DecontaminateParams, f func(line int, fields []string) error) error {
	file, err := os.Open(name)
	if err != nil {
		return hint.Usage(err)
	}
	defer file.Close()
	in, done, err := corpus.Plain(file)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer done()
	if err := items(in, p, f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func items(in *bufio.Reader, p *DecontaminateParams, f func(line int, fields []string) error) error {
	head, err := in.Peek(64)
	if err != nil && err != io.EOF {
		return err
	}
	head = bytes.TrimLeftFunc(bytes.TrimPrefix(head, []byte("\ufeff")), unicode.IsSpace)
	if bytes.HasPrefix(head, []byte("[")) {
		return arrayItems(in, p, f)
	}
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff"))); len(line) > 0 {
			var v any
			if bad := json.Unmarshal(line, &v); bad != nil {
				return fmt.Errorf("line %d: %w", n, bad)
			}
			if err := f(n, p.texts(v)); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

func arrayItems(in *bufio.Reader, p *DecontaminateParams, f func(line int, fields []string) error) error {
	dec := json.NewDecoder(charset.Unmarked(in))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for n := 1; dec.More(); n++ {
		var v any
		if err := dec.Decode(&v); err != nil {
			return fmt.Errorf("item %d: %w", n, err)
		}
		if err := f(n, p.texts(v)); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// texts returns the texts of an item that are searched for, objects in the
// order of their keys.
func (p *DecontaminateParams) texts(v any) []string {
	wanted := p.Fields.List()
	var out []string
	var walk func(v any, in bool)
	walk = func(v any, in bool) {
		switch v := v.(type) {
		case string:
			if in {
				out = append(out, v)
			}
		case []any:
			for _, x := range v {
				walk(x, in)
			}
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				if len(wanted) > 0 {
					walk(v[k], in || slices.Contains(wanted, k))
				} else if !metadata(k) {
					walk(v[k], true)
				}
			}
		}
	}
	walk(v, len(wanted) == 0)
	return out
}

// setFiles finds the files of the sets, in order, each once.
func setFiles(p *DecontaminateParams) ([]string, error) {
	var files []string
	for _, pattern := range p.Sets.List() {
		if info, err := os.Stat(pattern); err == nil && info.IsDir() {
			pattern = filepath.Join(pattern, "*.json*")
		}
		names, err := filepath.Glob(pattern)
		if err != nil {
			return nil, hint.Usage(err)
		}
		if len(names) == 0 {
			return nil, hint.Usage(fmt.Errorf("decontaminate.sets: %q matches no file", pattern))
		}
		for _, name := range names {
			if !slices.Contains(files, name) {
				files = append(files, name)
			}
		}
	}
	return files, nil
}

// setNames gives each file a short name of its own.
func setNames(files []string) []string {
	var names []string
	for _, f := range files {
		base, _, _ := strings.Cut(filepath.Base(f), ".json")
		name := base
		for n := 2; slices.Contains(names, name); n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		names = append(names, name)
	}
	return names
}

// longest returns the field with most weight, and that weight.
func longest(t *tokenText, fields []string) (text string, weight int) {
	for _, f := range fields {
		t.cut(f)
		if w := t.total(); w > weight {
			text, weight = f, w
		}
	}
	return text, weight
}

// percentile5 is the 5th percentile of the weights of a set's items.
func percentile5(weights []int) (int, error) {
	if len(weights) == 0 {
		return 0, errors.New("the set has no items")
	}
	sorted := slices.Sorted(slices.Values(weights))
	return sorted[len(sorted)*5/100], nil
}
