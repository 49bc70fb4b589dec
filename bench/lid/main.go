// Command lid compares the language stage with lingua-go on the sentences that
// the built-in model never saw:
//
//	cd bench/lid && go run . --every 4
//
// Both read the same lines in turn, in chunks, so that load on the machine
// hits both; time is processor time.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"

	"feilun/internal/langid"
	"feilun/language"

	"github.com/klauspost/compress/zstd"
	"github.com/pemistahl/lingua-go"
)

type line struct{ Lang, Text string }

// A peer is one identifier with what it got right and took.
type peer struct {
	name     string
	identify func(string) string
	right    map[string]int
	seconds  float64
}

func main() {
	data := flag.String("data", "../../../shared/data/lid", "folder with the sentences")
	set := flag.String("set", "lingua_sentences", "lingua_sentences or lingua_wordpairs")
	every := flag.Int("every", 4, "read each n-th unseen line")
	low := flag.Bool("low", false, "lingua's low accuracy mode")
	flag.Parse()
	lines, err := unseen(filepath.Join(*data, *set+".jsonl.zst"), *every, *set == "lingua_wordpairs")
	if err != nil {
		fmt.Fprintln(os.Stderr, "lid:", err)
		os.Exit(1)
	}
	own, err := language.Default()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lid:", err)
		os.Exit(1)
	}
	builder := lingua.NewLanguageDetectorBuilder().FromAllLanguages().WithPreloadedLanguageModels()
	if *low {
		builder = builder.WithLowAccuracyMode()
	}
	detector := builder.Build()
	peers := []*peer{
		{name: "feilun", identify: func(s string) string { return own.Identify(s).Language }, right: map[string]int{}},
		{name: "lingua-go 1.4.0", identify: func(s string) string {
			l, ok := detector.DetectLanguageOf(s)
			if !ok {
				return "und"
			}
			return strings.ToLower(l.IsoCode639_1().String())
		}, right: map[string]int{}},
	}
	all := compare(peers, lines)
	for _, p := range peers {
		var macro float64
		right := 0
		for lang, n := range all {
			macro += float64(p.right[lang]) / float64(n) / float64(len(all))
			right += p.right[lang]
		}
		fmt.Printf("%-16s %d lines, micro %.4f, macro %.4f, zh %d/%d, en %d/%d, %.0f documents/s\n", p.name, len(lines),
			float64(right)/float64(len(lines)), macro, p.right["zh"], all["zh"], p.right["en"], all["en"], float64(len(lines))/p.seconds)
	}
	fmt.Printf("ratio of speeds %.0f\n", peers[1].seconds/peers[0].seconds)
}

func compare(peers []*peer, lines []line) map[string]int {
	all := map[string]int{}
	for _, l := range lines {
		all[l.Lang]++
	}
	const chunk = 500
	for len(lines) > 0 {
		part := lines[:min(chunk, len(lines))]
		lines = lines[len(part):]
		for _, p := range peers {
			start := cpu()
			for _, l := range part {
				if p.identify(l.Text) == l.Lang {
					p.right[l.Lang]++
				}
			}
			p.seconds += cpu() - start
		}
	}
	return all
}

func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func unseen(name string, every int, short bool) ([]line, error) {
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
	var out []line
	n := 0
	for sc := bufio.NewScanner(z); ; {
		if !sc.Scan() {
			return out, sc.Err()
		}
		var l line
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			return nil, err
		}
		size := utf8.RuneCountInString(l.Text)
		east := l.Lang == "zh" || l.Lang == "ja" || l.Lang == "ko"
		if langid.PartOf(l.Text) != langid.Unseen || !short && size < 40 && !(east && size >= 15) {
			continue
		}
		if n++; n%every == 0 {
			out = append(out, l)
		}
	}
}
