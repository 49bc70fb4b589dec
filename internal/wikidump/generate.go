//go:build ignore

// Generate writes a multistream dump of so many pages to a file; with zh, it
// is in Chinese.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"

	"feilun/internal/wikidump"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: go run internal/wikidump/generate.go FILE PAGES [zh]")
		os.Exit(2)
	}
	pages, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = write(os.Args[1], wikidump.Options{Chinese: len(os.Args) > 3, Pages: pages, PerBlock: 100, Seed: 1})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(name string, o wikidump.Options) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	if _, err := wikidump.Write(w, nil, o); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
