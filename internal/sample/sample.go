// Package sample holds the crawl that ships with the program, so that a first
// run needs nothing else: some 400 pages written for it, good and bad, in
// simplified and traditional Chinese and English, on made-up sites under
// .example. WARC returns it; Generate makes it anew, byte for byte. The things
// and people its pages tell of do not exist.
package sample

import (
	"bytes"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/klauspost/compress/gzip"
)

//go:embed sample.warc.gz
var warc []byte

// Name is the file name that records of the sample are cited by.
const Name = "sample.warc.gz"

// WARC returns the sample crawl, one gzip member a record. The bytes are
// shared: do not change them.
func WARC() []byte { return warc }

// A page is one response of the crawl.
type page struct {
	url         string
	status      int
	contentType string
	body        []byte
}

// A generator writes pages; everything it draws comes from one seeded source.
type generator struct {
	rng   *rand.Rand
	pages []page
}

// Generate makes the sample crawl.
func Generate() ([]byte, error) {
	g := &generator{rng: rand.New(rand.NewPCG(20260101, 7))}
	g.good()
	g.copies()
	g.bad()
	g.other()
	g.rng.Shuffle(len(g.pages), func(i, j int) { g.pages[i], g.pages[j] = g.pages[j], g.pages[i] })
	return g.write()
}

// pick draws one of the list.
func pick[T any](g *generator, list []T) T { return list[g.rng.IntN(len(list))] }

// record ids are counted, dates a minute apart.
func (g *generator) write() ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	n := 0
	record := func(typ, url, contentType string, block []byte) error {
		n++
		z.Reset(&out)
		fmt.Fprintf(z, "WARC/1.0\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:5ea41c00-0000-4000-8000-%012x>\r\nWARC-Date: 2026-01-0%dT%02d:%02d:00Z\r\n",
			typ, n, 1+n/1440, n/60%24, n%60)
		if url != "" {
			fmt.Fprintf(z, "WARC-Target-URI: %s\r\n", url)
		}
		fmt.Fprintf(z, "Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", contentType, len(block), block)
		return z.Close()
	}
	if err := record("warcinfo", "", "application/warc-fields", []byte("software: feilun sample\r\nformat: WARC File Format 1.0\r\n")); err != nil {
		return nil, err
	}
	for _, p := range g.pages {
		request := fmt.Sprintf("GET %s HTTP/1.1\r\nUser-Agent: sample\r\n\r\n", p.url)
		if err := record("request", p.url, "application/http; msgtype=request", []byte(request)); err != nil {
			return nil, err
		}
		head := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", p.status, statusText(p.status), p.contentType, len(p.body))
		if err := record("response", p.url, "application/http; msgtype=response", append([]byte(head), p.body...)); err != nil {
			return nil, err
		}
	}
	return truncated(out.Bytes()), nil
}

// truncated cuts the last record short, as a crawler that was stopped does.
func truncated(b []byte) []byte { return b[:len(b)-200] }

func statusText(code int) string {
	switch code {
	case 200:
		return "OK"
	case 301:
		return "Moved Permanently"
	case 404:
		return "Not Found"
	}
	return "Error"
}

// toTraditional writes simplified Chinese in traditional characters.
func toTraditional(s string) string {
	pairs := []rune(traditional)
	table := make([]string, 0, len(pairs))
	for _, r := range pairs {
		table = append(table, string(r))
	}
	return strings.NewReplacer(table...).Replace(s)
}
