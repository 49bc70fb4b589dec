package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"feilun"
	"feilun/search"

	"github.com/klauspost/compress/zstd"
)

// million indexes n passages of 500 bytes cut from the text, sft, eval, quality,
// dedup, web and search folders of the data, each round from other places, with
// two workers, and asks the sets' questions.
func million(data string, n int) {
	texts := allTexts(data)
	dir, err := os.MkdirTemp("", "feilun")
	check(err)
	defer os.RemoveAll(dir)
	start, wall := cpu(), time.Now()
	r, err := search.Update(background, dir, search.Params{Chunk: 1200, Batch: 16 << 20}, func(each func(*feilun.Doc) error) error {
		return pieces(texts, n, each)
	}, 2, nil)
	check(err)
	fmt.Printf("%d passages of %d documents, %.1f MB of text, index %.1f MB: %v of processor time, %v by the clock\n",
		r.Chunks, r.Docs, float64(r.Text)/1e6, float64(r.Size)/1e6, cpu()-start, time.Since(wall))
	x, err := search.Open(dir)
	check(err)
	defer x.Close()
	var times []time.Duration
	for round := range 2 {
		times = times[:0]
		for _, s := range sets {
			for i, q := range readQueries(filepath.Join(data, "search", s[0])) {
				if i >= 100 {
					break
				}
				start := cpu()
				hits, err := x.Search(background, search.Query{Text: q.text})
				check(err)
				if len(hits) == 0 {
					fmt.Println("nothing found for", q.text)
				}
				times = append(times, cpu()-start)
			}
		}
		slices.Sort(times)
		fmt.Printf("round %d, %d questions: p50 %v, p95 %v, p99 %v of processor time\n", round+1, len(times), times[len(times)/2], times[len(times)*95/100], times[len(times)*99/100])
	}
}

func allTexts(data string) (texts []string) {
	d, err := zstd.NewReader(nil)
	check(err)
	for _, folder := range []string{"text", "sft", "eval", "quality", "dedup", "web", "search"} {
		check(filepath.WalkDir(filepath.Join(data, folder), func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(name, ".zst") || strings.Contains(name, ".tar") {
				return err
			}
			b, err := os.ReadFile(name)
			check(err)
			b, err = d.DecodeAll(b, nil)
			check(err)
			if utf8.Valid(b) {
				texts = append(texts, string(b))
			}
			return nil
		}))
	}
	total := 0
	for _, t := range texts {
		total += len(t)
	}
	fmt.Printf("%d files, %.1f MB of text\n", len(texts), float64(total)/1e6)
	return texts
}

func pieces(texts []string, n int, each func(*feilun.Doc) error) error {
	made := 0
	for round := 0; ; round++ {
		for i, t := range texts {
			for at := round * 53 % 500; at < len(t); at += 500 {
				if made == n {
					return nil
				}
				made++
				piece := strings.ToValidUTF8(t[at:min(len(t), at+500)], "")
				if err := each(&feilun.Doc{ID: fmt.Sprintf("%d-%d-%d", round, i, at), Text: piece}); err != nil {
					return err
				}
			}
		}
	}
}
