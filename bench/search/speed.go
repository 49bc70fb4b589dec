package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"feilun"
)

// speed indexes n documents of about 500 bytes, cut from the sets one after the
// other and again from other places, and asks the sets' questions.
func speed(data string, n int) {
	runtime.GOMAXPROCS(1)
	docs := cut(data, n)
	bytes := 0
	for _, d := range docs {
		bytes += len(d.Text)
	}
	var questions []string
	for _, s := range sets {
		for i, q := range readQueries(data + "/search/" + s[0]) {
			if i < 100 {
				questions = append(questions, q.text)
			}
		}
	}
	for _, name := range []string{"feilun", "bleve cjk"} {
		runtime.GC()
		start := cpu()
		var e engine
		if name == "feilun" {
			e = newFeilun(docs)
		} else {
			e = newBleve(docs, "cjk", false)
		}
		took := cpu() - start
		fmt.Printf("%-10s %d documents, %.1f MB: %.0f documents/s, %.1f MB/s of processor time\n", name, len(docs), float64(bytes)/1e6, float64(len(docs))/took.Seconds(), float64(bytes)/1e6/took.Seconds())
		var times []time.Duration
		for range 2 { // the first round warms up
			times = times[:0]
			for _, q := range questions {
				start := cpu()
				_, err := e.search(q)
				check(err)
				times = append(times, cpu()-start)
			}
		}
		slices.Sort(times)
		fmt.Printf("%-10s %d questions: p50 %v, p95 %v, p99 %v, most %v of processor time\n", name, len(times), times[len(times)/2], times[len(times)*95/100], times[len(times)*99/100], times[len(times)-1])
		e.close()
	}
}

// cut makes n documents of about 500 bytes.
func cut(data string, n int) (docs []*feilun.Doc) {
	var all []*feilun.Doc
	for _, s := range sets {
		all = append(all, readDocs(data+"/search/"+s[0])...)
	}
	for round := 0; len(docs) < n; round++ {
		for _, d := range all {
			text := d.Text
			for at := min(len(text), round*67%500); at < len(text) && len(docs) < n; at += 500 {
				piece := text[at:min(len(text), at+500)]
				for piece != "" && !utf8.RuneStart(piece[0]) {
					piece = piece[1:]
				}
				piece = strings.ToValidUTF8(piece, "")
				docs = append(docs, &feilun.Doc{ID: fmt.Sprintf("%s-%d-%d", d.ID, round, at), Title: d.Title, Text: piece})
			}
		}
	}
	return docs
}

func cpu() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
