// Command train makes the language model that the binary embeds:
//
//	go run ./language/train --data DIR --out language/model.bin
//
// DIR holds lingua_sentences.jsonl.zst and lingua_wordpairs.jsonl.zst (lines of
// {"lang", "text"}). The same data and seed give the same bytes. A fifth of the
// lines, chosen by hash, is never read into the model or its calibration.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"feilun/internal/atomicfile"
	"feilun/internal/langid"

	"github.com/klauspost/compress/zstd"
)

const note = "trained on sentences and word pairs of the Leipzig Corpora Collection (CC-BY) as selected by lingua-go's tests; see NOTICE"

func main() {
	data := flag.String("data", "../shared/data/lid", "folder with the sentences")
	out := flag.String("out", "language/model.bin", "model file to write")
	han := flag.String("han", "", "write the table of Chinese characters to this file instead")
	seed := flag.Int64("seed", 1, "order of the examples and synthetic gibberish")
	flag.Parse()
	err := error(nil)
	if *han != "" {
		err = writeHan(*han)
	} else {
		err = train(*data, *out, *seed)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

// A line is one text whose language is known.
type line struct {
	Lang string `json:"lang"`
	Text string `json:"text"`
}

func train(data, out string, seed int64) error {
	var lines []line
	for _, name := range []string{"lingua_sentences.jsonl.zst", "lingua_wordpairs.jsonl.zst"} {
		more, err := readLines(filepath.Join(data, name))
		if err != nil {
			return err
		}
		lines = append(lines, more...)
	}
	classes := langid.NewClasses()
	h := langid.Header{Note: note, Seed: seed}
	for s := langid.Script(0); s < langid.NumScripts; s++ {
		if langs := langid.Grouped[s]; langs != nil {
			g, err := fitGroup(classes, s, langs, lines, seed)
			if err != nil {
				return err
			}
			h.Groups = append(h.Groups, g)
		}
	}
	return atomicfile.Write(out, func(w io.Writer) error { return langid.Encode(w, h) })
}

// readLines returns the lines that are not kept unseen.
func readLines(name string) ([]line, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var lines []line
	for sc := bufio.NewScanner(z); ; {
		if !sc.Scan() {
			return lines, sc.Err()
		}
		var l line
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if langid.PartOf(l.Text) != langid.Unseen {
			lines = append(lines, l)
		}
	}
}
