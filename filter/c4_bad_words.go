package filter

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/words"
)

const whereBadWords = "the lists C4 used are the List of Dirty, Naughty, Obscene, and Otherwise Bad Words (LDNOOBW, at https://github.com/LDNOOBW; CC BY 4.0), one file per language"

// C4BadWords drops pages with a word of a list: Raffel et al., 2020
// (arXiv:1910.10683), decided as datatrove 0.10 does. The text is lowered, the
// words are not. Chinese, Japanese and Thai words match anywhere, others only
// where no letter, digit or low line touches them.
type C4BadWords struct {
	// Lists is the folder of lists in LDNOOBW layout: a file per language, named zh or zh.txt, one word a line. Empty turns the filter off.
	Lists string `json:"lists" default:""`
	// Allow is what may stand on the lists and still not drop a page: words that are part of common words.
	Allow []string `json:"allow" default:"[\"性\",\"sm\",\"グロ\",\"女の子\"]"`
	// KeepUnknown keeps pages in languages without a list; otherwise they are dropped.
	KeepUnknown bool `json:"keep_unknown" default:"true"`
	// DefaultLanguage is that of documents without one.
	DefaultLanguage string `json:"default_language" default:"en"`
	// Found drops pages with a word of their language's list (document_removed_with_badwords).
	Found bool `json:"found" default:"true"`

	lists map[string]*badList
}

// A badList holds the words of one language by their first bytes.
type badList struct {
	anywhere bool
	words    map[string][]string // by first character
}

// Prepare reads the lists.
func (f *C4BadWords) Prepare() error {
	f.lists = map[string]*badList{}
	if f.Lists == "" {
		return nil
	}
	entries, err := os.ReadDir(f.Lists)
	if err != nil {
		return badWordsError(f.Lists, err)
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".txt")
		if e.IsDir() || strings.ContainsAny(name, ". ") || strings.ToUpper(name) == name || len(name) > 16 {
			continue // LICENSE, README.md and the like
		}
		list, err := f.read(filepath.Join(f.Lists, e.Name()), name)
		if err != nil {
			return badWordsError(f.Lists, err)
		}
		f.lists[name] = list
	}
	if len(f.lists) == 0 {
		return badWordsError(f.Lists, errors.New("holds no list"))
	}
	return nil
}

// Idle says what the step lacks to drop anything, or "".
func (f *C4BadWords) Idle() string {
	if f.Lists != "" {
		return ""
	}
	return "no list is named, so it keeps everything; LDNOOBW's are at https://github.com/LDNOOBW, to be named with --set filter.c4_bad_words.lists=DIR"
}

func badWordsError(dir string, err error) error {
	err = fmt.Errorf("c4_bad_words.lists %s: %w", dir, err)
	if errors.Is(err, fs.ErrNotExist) {
		return hint.With(hint.Usage(err), whereBadWords)
	}
	return hint.With(err, whereBadWords)
}

func (f *C4BadWords) read(file, language string) (*badList, error) {
	r, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	list := &badList{
		anywhere: language == "zh" || language == "ja" || language == "th",
		words:    map[string][]string{},
	}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		w := words.Trim(lines.Text())
		if w == "" || slices.Contains(f.Allow, w) {
			continue
		}
		first := w[:len(w)-len(words.AfterFirst(w))]
		list.words[first] = append(list.words[first], w)
	}
	return list, lines.Err()
}

// Check implements [Filter].
func (f *C4BadWords) Check(d *feilun.Doc) feilun.Verdict {
	if f.Lists == "" {
		return feilun.Keep
	}
	language := d.Language
	if language == "" {
		language = f.DefaultLanguage
	}
	list := f.lists[language]
	if list == nil {
		if f.KeepUnknown {
			return feilun.Keep
		}
		return feilun.Verdict{Rule: "keep_unknown", Note: language}
	}
	if w := list.find(words.Lower(d.Text)); f.Found && w != "" {
		return feilun.Verdict{Rule: "found", Value: 1, Note: w}
	}
	return feilun.Keep
}

// find returns the first word of the list in the lower-case text, or "".
func (l *badList) find(text string) string {
	inWord := false
	for i := 0; i < len(text); {
		rest := words.AfterFirst(text[i:])
		n := len(text) - i - len(rest)
		if l.anywhere || !inWord {
			for _, w := range l.words[text[i:i+n]] {
				if strings.HasPrefix(text[i:], w) && (l.anywhere || edge(text[i+len(w):])) {
					return w
				}
			}
		}
		inWord = words.IsWord(words.Last(text[i : i+n]))
		i += n
	}
	return ""
}

// edge reports whether no word character begins s.
func edge(s string) bool {
	rest := words.AfterFirst(s)
	return s == "" || !words.IsWord(words.Last(s[:len(s)-len(rest)]))
}
