package crawl

import (
	"bytes"
	"context"
	"testing"

	"feilun"
	"feilun/internal/ledger"
)

// readMemory reads a file that lies in memory, in ranges of size bytes, each as
// a new source would.
func readMemory(t *testing.T, kind string, file []byte, size int64) (docs []string, rows []ledger.Row, total int64) {
	t.Helper()
	p := Defaults()
	p.MaxBody = 1 << 16
	for start := int64(0); start == 0 || start < int64(len(file)); start += size {
		s := readFiles(p, "")
		task := feilun.Task{File: "x", Start: start, End: min(start+size, int64(len(file)))}
		memory := s.borrow()
		j := &job{ctx: context.Background(), src: s, task: task, fill: newFiller(p, "x", &memory.dec)}
		j.drop = func(r ledger.Row) {
			rows = append(rows, r)
			total += r.Bytes
		}
		j.yield = func(d *feilun.Doc, err error) bool {
			docs = append(docs, d.ID+" "+d.URL+" "+d.Text)
			if d.Page != nil {
				docs[len(docs)-1] += string(d.Page.Body)
			}
			total += d.Stored
			return true
		}
		var err error
		if j.opened, err = sniff(bytes.NewReader(file), int64(len(file)), Params{Source: kind, Chapters: true}, memory); err == nil {
			err = j.run()
		}
		if err != nil {
			t.Fatalf("bytes in memory are never unreadable: %v", err)
		}
	}
	return docs, rows, total
}

// anyRange checks that ranges give what the whole file gives, and that no
// record is longer than the bytes there are.
func anyRange(t *testing.T, kind string, file []byte, size int64) {
	docs, rows, _ := readMemory(t, kind, file, 1<<40)
	gotDocs, gotRows, _ := readMemory(t, kind, file, size)
	if len(docs) != len(gotDocs) || len(rows) != len(gotRows) {
		t.Fatalf("whole: %d documents, %d rows; in ranges of %d: %d, %d", len(docs), len(rows), size, len(gotDocs), len(gotRows))
	}
	for i := range docs {
		if docs[i] != gotDocs[i] {
			t.Fatalf("document %d differs: %.200q, %.200q", i, docs[i], gotDocs[i])
		}
	}
	for i := range rows {
		if rows[i] != gotRows[i] {
			t.Fatalf("row %d differs: %+v, %+v", i, rows[i], gotRows[i])
		}
	}
}

func FuzzWARC(f *testing.F) {
	small := func(i int, edit func(h, b *string)) string {
		return warcRecord(i, func(h, b *string) {
			*b = "HTTP/1.1 200 OK\r\nX: y\r\n\r\n<p>x\r\n"
			length("31")(h, b)
			if edit != nil {
				edit(h, b)
			}
		})
	}
	for _, c := range malformedCases {
		records := []string{small(1, nil), small(2, c.header), small(3, nil)}
		f.Add([]byte(records[0]+records[1]+records[2]), uint16(100))
		f.Add([]byte(gz(records[0]+records[1])+gz(records[2])), uint16(50))
		if c.member != nil {
			f.Add([]byte(gz(records[0])+c.member(gz(records[1]))+gz(records[2])), uint16(200))
		}
	}
	f.Add([]byte(zst(small(1, nil))+zst(small(2, nil))), uint16(64))
	f.Fuzz(func(t *testing.T, file []byte, size uint16) {
		anyRange(t, "warc", file, int64(size)+int64(len(file)/20)+1)
	})
}

func FuzzARC(f *testing.F) {
	f.Add([]byte(arcSample), uint16(100))
	f.Add([]byte(gz(arcSample[:200])+gz(arcSample[200:])), uint16(100))
	f.Fuzz(func(t *testing.T, file []byte, size uint16) {
		file = append([]byte("filedesc://x.arc 0.0.0.0 20080430204825 text/plain 0\n\n"), file...)
		anyRange(t, "warc", file, int64(size)+int64(len(file)/20)+1)
	})
}

// FuzzHTTP checks that no response makes the parser or the decoders fail, that
// bodies stay within the limit, and that decoding does not depend on what was
// decoded before.
func FuzzHTTP(f *testing.F) {
	page := "<p>Hello, 世界</p>"
	for _, body := range []string{page, gz(page), zlibbed(page), deflated(page), brotlied(page), zst(page), "5\r\n<p>He\r\n0\r\n\r\n"} {
		for _, head := range []string{"Content-Encoding: gzip", "Content-Encoding: deflate", "Content-Encoding: br, gzip", "Content-Encoding: zstd", "Transfer-Encoding: chunked", "Content-Type: text/html\n folded"} {
			f.Add([]byte("HTTP/1.1 200 OK\r\n" + head + "\r\nX-Robots-Tag: a,b\r\n\r\n" + body))
		}
	}
	used := &decoder{limit: 1 << 16}
	f.Fuzz(func(t *testing.T, block []byte) {
		var r response
		read := func(d *decoder) (string, string) {
			r.parse(bytes.Clone(block))
			body, cut := d.body(&r)
			return string(body), cut
		}
		body, cut := read(&decoder{limit: 1 << 16})
		if again, why := read(used); again != body || why != cut {
			t.Fatalf("a used decoder gives %d bytes, %q; a new one %d, %q", len(again), why, len(body), cut)
		}
		if len(body) > 1<<16 || r.status < 0 || r.status > 999 {
			t.Fatalf("%d bytes, status %d", len(body), r.status)
		}
	})
}

// arcSample is an ARC of version 1 with a page, a DNS answer, and a record of
// version 2 with a URL that holds spaces.
const arcSample = "filedesc://x.arc 0.0.0.0 20080430204825 text/plain 67\n1 0 Test\nURL IP-address Archive-date Content-type Archive-length\n..\n\n" +
	"http://a.example/ 192.0.2.1 20080430204826 text/html 28\nHTTP/1.0 200 OK\r\n\r\n<p>one\r\n\r\n" +
	"dns:a.example 192.0.2.1 20080430204827 text/dns 9\n192.0.2.1\n" +
	"http://a.example/with space 192.0.2.1 20080430204828 text/html 200 - - 17 x.arc 24\nHTTP/1.0 200 OK\n\n<p>two\n"

// TestARC reads the sample, whole and in ranges.
func TestARC(t *testing.T) {
	for _, file := range []string{arcSample, gz(arcSample), gz(arcSample[:131]) + gz(arcSample[131:])} {
		got := readBytes(t, "x.arc", file)
		if got.docs != 2 || got.damaged != 0 || got.types["filedesc"] != 1 || got.types["response (text/dns)"] != 1 {
			t.Errorf("%d documents, %v, %+v", got.docs, got.types, got.rows)
		}
	}
}
