package main

import (
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"feilun/internal/fasttext"

	"github.com/klauspost/compress/zstd"
)

// texts are documents of 2 kB with a label each: books, stories and an
// encyclopedia under one, web pages under the other, or by file for "languages".
type texts struct {
	train            []byte
	docs             []string // all, in random order
	held, heldLabels []string // every tenth, not in train
}

const docSize = 2000

func corpus(c config) (*texts, error) {
	var docs, labels []string
	add := func(label, text string) {
		for _, d := range cut(text) {
			docs, labels = append(docs, d), append(labels, label)
		}
	}
	for _, dir := range []string{"books-en", "books-zh", "stories-en", "wiki-en"} {
		names, err := filepath.Glob(filepath.Join(c.data, "text", dir, "*.zst"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := readZstd(name)
			if err != nil {
				return nil, err
			}
			if c.kind == "languages" {
				add(dir, text)
			} else {
				add("curated", text)
			}
		}
	}
	page, err := readGzip(filepath.Join(c.data, "warc", "docs-zh-en.warc.wet.gz"))
	if err != nil {
		return nil, err
	}
	add("web", page)
	if len(docs) == 0 {
		return nil, errors.New("no text in " + c.data)
	}
	t := &texts{}
	for n, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(docs)) {
		t.docs = append(t.docs, docs[i])
		if n%10 == 0 {
			t.held, t.heldLabels = append(t.held, docs[i]), append(t.heldLabels, "__label__"+labels[i])
			continue
		}
		t.train = fasttext.AppendLine(t.train, labels[i], docs[i])
	}
	return t, nil
}

// cut splits text into lines of about docSize bytes.
func cut(text string) []string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, " ")), " ")
	var out []string
	for len(text) > docSize {
		end := docSize
		for !utf8.RuneStart(text[end]) {
			end--
		}
		out = append(out, text[:end])
		text = text[end:]
	}
	return out
}

func readZstd(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		return "", err
	}
	defer z.Close()
	b, err := io.ReadAll(z)
	return string(b), err
}

func readGzip(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(z)
	return string(b), err
}
