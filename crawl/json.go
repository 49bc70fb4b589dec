package crawl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonText are the fields that hold a text where the one that text_column names by default is
// not there: poems and chapters have them, as strings or lists of paragraphs.
var jsonText = []string{"paragraphs", "content"}

// jsonDepth is how deep lists and objects are looked into for documents.
const jsonDepth = 16

// jsonStart reports whether a file starts as a list of objects, or an object on several lines.
func jsonStart(text []byte) bool {
	if bytes.HasPrefix(text, []byte("{")) {
		rest := bytes.TrimLeft(text[1:], " \t\r")
		return bytes.HasPrefix(rest, []byte("\n"))
	}
	return bytes.HasPrefix(text, []byte("[")) && bytes.HasPrefix(bytes.TrimLeft(text[1:], " \t\r\n"), []byte("{"))
}

// A jsonFile is JSON being read: values one behind another, or a list of them.
type jsonFile struct {
	*job
	columns columnSet
	number  int64  // of the document
	named   string // what ids begin with, where not with the source
}

// json reads a file that is one value of JSON, or some.
func (j *job) json() error {
	r, err := j.stream(j.scratch)
	if err != nil {
		return err
	}
	f := jsonFile{job: j, columns: j.src.columns}
	f.read(r)
	return j.finish(r)
}

// read gives the documents of a stream, to its end or the first damage.
func (f *jsonFile) read(r io.Reader) {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(len(bom)); bytes.Equal(head, bom) {
		b.Discard(len(bom))
	}
	f.values(&allowance{r: b})
}

// values reads values until the end.
func (f *jsonFile) values(r *allowance) {
	d := json.NewDecoder(r)
	list := false
	for {
		r.left = maxLine
		var raw json.RawMessage
		var err error
		if !list {
			list, err = f.opens(d)
		}
		if err == nil && list && !d.More() {
			if _, err = d.Token(); err == nil {
				list = false
				continue
			}
		}
		if err == nil {
			err = d.Decode(&raw)
		}
		if err == io.EOF && !list {
			return
		}
		if err != nil {
			lost, _ := io.Copy(io.Discard, r.r)
			f.damaged(0, r.n+lost-d.InputOffset(), "not JSON: "+jsonReason(err))
			return
		}
		if !f.value(raw, 0) {
			return
		}
	}
}

// opens reports whether the next value is a list, and reads its bracket.
func (f *jsonFile) opens(d *json.Decoder) (bool, error) {
	if !d.More() {
		// the end, or a bracket too many, which Token tells
		_, err := d.Token()
		if err == nil {
			err = errors.New("a bracket that closes nothing")
		}
		return false, err
	}
	b, err := io.ReadAll(io.LimitReader(d.Buffered(), 64))
	if err != nil || !bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("[")) {
		return false, err
	}
	_, err = d.Token()
	return true, err
}

// value gives the documents of a value: an object with a text, else those in what it holds.
func (f *jsonFile) value(raw json.RawMessage, depth int) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	switch {
	case depth > jsonDepth:
		return f.wrong(raw, fmt.Sprintf("JSON is deeper than %d levels", jsonDepth))
	case bytes.HasPrefix(raw, []byte("[")):
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return f.wrong(raw, jsonReason(err))
		}
		for _, v := range list {
			if !f.value(v, depth+1) {
				return false
			}
		}
		return true
	case !bytes.HasPrefix(raw, []byte("{")):
		return f.wrong(raw, "not an object of JSON")
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return f.wrong(raw, jsonReason(err))
	}
	r := f.columns.of(all)
	inner := json.RawMessage(nil)
	for _, name := range jsonText {
		v, ok := all[name]
		if !ok || r.Text != nil || f.columns.names[fieldText] != Defaults().TextColumn {
			continue
		}
		if r.fill(fieldText, v); r.Text == nil && bytes.HasPrefix(bytes.TrimLeft(v, " \t\r\n"), []byte("[")) {
			inner = v
		}
	}
	switch {
	case r.Text != nil:
		f.number++
		return f.row(&r, f.number)
	case inner != nil:
		return f.value(inner, depth+1)
	}
	return f.wrong(raw, "no field "+f.columns.names[fieldText])
}

// row is [job.row] with the entry's name, where the JSON lies in an archive.
func (f *jsonFile) row(r *row, number int64) bool {
	if f.named != "" && IDText(r.ID) == "" {
		r.ID, _ = json.Marshal(fmt.Sprintf("%s:%d", f.named, number))
	}
	return f.job.row(r, number)
}

// wrong reports a value that is no document; reading goes on.
func (f *jsonFile) wrong(raw []byte, why string) bool {
	f.number++
	return f.damaged(f.number, int64(len(raw)), why)
}

func jsonReason(err error) string {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err.Error()
}

// An allowance is a stream of which only so much may be read before it is given more: what
// bounds the memory for one value.
type allowance struct {
	r       io.Reader
	n, left int64
}

var errLongValue = errors.New("a value is longer than 256 MiB")

// Read implements [io.Reader].
func (a *allowance) Read(b []byte) (int, error) {
	if a.left <= 0 {
		return 0, errLongValue
	}
	n, err := a.r.Read(b[:min(int64(len(b)), a.left)])
	a.n += int64(n)
	a.left -= int64(n)
	return n, err
}
