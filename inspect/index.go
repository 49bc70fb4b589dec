package inspect

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// An index lists the documents of a run, so that the inspector finds those of a
// rule, host or score without reading texts. It is one file:
//
//	records   recordSize bytes a document
//	strings   id, url, title, beginning of the text
//	places    where the rows of cuts stand, placeSize bytes each
//	tables    JSON: names that records number
//	trailer   offsets, and indexMagic
//
// It is a cache: a file that does not fit the run is made anew.
type index struct {
	f *os.File
	t indexTables
}

const (
	indexMagic  = "feilunI1"
	recordSize  = 80
	placeSize   = 8
	trailerSize = 32 + len(indexMagic)
)

// indexTables is the readable part of an index.
type indexTables struct {
	Version     string      `json:"version"`
	Fingerprint string      `json:"fingerprint"` // of the files it was made from
	Docs        int         `json:"docs"`
	Records     int64       `json:"records"` // that are no documents, such as requests; not indexed
	Finished    bool        `json:"finished"`
	Scored      bool        `json:"scored"` // some documents have a score of the run
	Files       []string    `json:"files"`  // relative to the run folder
	Rules       []indexRule `json:"rules"`
	Languages   []string    `json:"languages"`
	Hosts       []string    `json:"hosts"`
	Problems    []string    `json:"problems,omitempty"` // files that could not be read to their end

	strings, places, tables int64 // offsets
}

// An indexRule is a rule that dropped, or one that cut.
type indexRule struct {
	Stage  string `json:"stage"`
	Filter string `json:"filter,omitempty"`
	Rule   string `json:"rule"`
	Cut    bool   `json:"cut,omitempty"`
	Bit    int    `json:"bit,omitempty"` // of a rule that cuts, in record.Cuts
}

// cutBits is how many rules that cut are told apart; further ones share the last bit.
const cutBits = 64

// noRule stands in records of documents that stayed.
const noRule = math.MaxUint16

// A record is what an index knows of one document.
type record struct {
	Key       uint64 // hash of its label key
	Value     float64
	Limit     float64
	Cuts      uint64 // bits of the rules that cut pieces out
	Score     float32
	Text      uint32 // bytes
	Strings   int64  // offset
	Length    uint32 // of the strings
	Host      uint32
	File, Row uint32 // where the document stands, or the row of the ledger that drops it
	Place     uint32 // first of its cuts
	Places    uint16 // how many of them
	Rule      uint16 // that dropped it, or noRule
	Language  uint16
}

func (r *record) kept() bool { return r.Rule == noRule }

func (r *record) append(b []byte) []byte {
	e := binary.LittleEndian
	b = e.AppendUint64(b, r.Key)
	b = e.AppendUint64(b, math.Float64bits(r.Value))
	b = e.AppendUint64(b, math.Float64bits(r.Limit))
	b = e.AppendUint64(b, r.Cuts)
	b = e.AppendUint64(b, uint64(r.Strings))
	for _, x := range [...]uint32{math.Float32bits(r.Score), r.Text, r.Length, r.Host, r.File, r.Row, r.Place} {
		b = e.AppendUint32(b, x)
	}
	for _, x := range [...]uint16{r.Places, r.Rule, r.Language, 0, 0, 0} {
		b = e.AppendUint16(b, x)
	}
	return b
}

func (r *record) parse(b []byte) {
	e := binary.LittleEndian
	r.Key = e.Uint64(b)
	r.Value, r.Limit = math.Float64frombits(e.Uint64(b[8:])), math.Float64frombits(e.Uint64(b[16:]))
	r.Cuts, r.Strings = e.Uint64(b[24:]), int64(e.Uint64(b[32:]))
	r.Score = math.Float32frombits(e.Uint32(b[40:]))
	for i, p := range [...]*uint32{&r.Text, &r.Length, &r.Host, &r.File, &r.Row, &r.Place} {
		*p = e.Uint32(b[44+4*i:])
	}
	r.Places, r.Rule, r.Language = e.Uint16(b[68:]), e.Uint16(b[70:]), e.Uint16(b[72:])
}

// A place is a row of a ledger file.
type place struct{ File, Row uint32 }

// errIndex is wrapped by complaints about the bytes of an index.
var errIndex = errors.New("not a usable index")

// openIndex opens the index at name.
func openIndex(name string) (*index, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	x := &index{f: f}
	if err := x.read(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %w", errIndex, err)
	}
	return x, nil
}

func (x *index) read() error {
	info, err := x.f.Stat()
	if err != nil {
		return err
	}
	size := info.Size() - int64(trailerSize)
	b := make([]byte, trailerSize)
	if _, err := x.f.ReadAt(b, max(0, size)); err != nil || string(b[32:]) != indexMagic {
		return errors.New("no trailer")
	}
	e := binary.LittleEndian
	var at [4]int64
	for i := range at {
		at[i] = int64(e.Uint64(b[8*i:]))
	}
	if at[0] < 0 || at[1] < at[0] || at[2] < at[1] || at[2] > size || at[3] < 0 || at[3] > at[0]/recordSize || at[3]*recordSize != at[0] {
		return errors.New("offsets out of range")
	}
	head := make([]byte, size-at[2])
	if _, err := x.f.ReadAt(head, at[2]); err != nil {
		return err
	}
	if err := json.Unmarshal(head, &x.t); err != nil {
		return err
	}
	x.t.strings, x.t.places, x.t.tables = at[0], at[1], at[2]
	if int64(x.t.Docs) != at[3] {
		return errors.New("counts differ")
	}
	for _, r := range x.t.Rules {
		if r.Bit < 0 || r.Bit >= cutBits {
			return errors.New("rules out of range")
		}
	}
	return nil
}

func (x *index) close() { x.f.Close() }

// each calls do with every record in order, until it returns false.
func (x *index) each(do func(n int, r *record) bool) error {
	in := bufio.NewReaderSize(io.NewSectionReader(x.f, 0, x.t.strings), 1<<18)
	b := make([]byte, recordSize)
	var r record
	for n := range x.t.Docs {
		if _, err := io.ReadFull(in, b); err != nil {
			return err
		}
		r.parse(b)
		if !do(n, &r) {
			return nil
		}
	}
	return nil
}

// record reads one record.
func (x *index) record(n int) (r record, err error) {
	if n < 0 || n >= x.t.Docs {
		return r, fmt.Errorf("no document %d of %d", n, x.t.Docs)
	}
	b := make([]byte, recordSize)
	_, err = x.f.ReadAt(b, int64(n)*recordSize)
	r.parse(b)
	return r, err
}

// find returns the documents whose keys hash to key, at most a few.
func (x *index) find(key uint64) (at []int, err error) {
	err = x.each(func(n int, r *record) bool {
		if r.Key == key {
			at = append(at, n)
		}
		return len(at) < 8
	})
	return at, err
}

// Fields of the strings of a document.
const (
	fieldID = iota
	fieldURL
	fieldTitle
	fieldText // its beginning
	fieldWhere
	fieldCount
)

// fieldMost is how many bytes an index keeps of one field; ids and URLs are whole.
const fieldMost = 400

// names are the strings of a document.
type names [fieldCount]string

func (n *names) append(b []byte) []byte {
	for _, s := range n {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

func (n *names) parse(b []byte) error {
	for i := range n {
		size, k := binary.Uvarint(b)
		if k <= 0 || size > uint64(len(b)-k) {
			return errIndex
		}
		n[i] = string(b[k : k+int(size)])
		b = b[k+int(size):]
	}
	return nil
}

// names reads the strings of a record.
func (x *index) names(r *record) (n names, err error) {
	if r.Strings < 0 || r.Strings > x.t.places-x.t.strings-int64(r.Length) {
		return n, errIndex
	}
	b := make([]byte, r.Length)
	if _, err := x.f.ReadAt(b, x.t.strings+r.Strings); err != nil {
		return n, err
	}
	return n, n.parse(b)
}

// A stringScan reads the strings of records in order, most of them.
type stringScan struct {
	x   *index
	in  *bufio.Reader
	at  int64
	buf []byte
}

func (x *index) scan() *stringScan {
	return &stringScan{x: x, in: bufio.NewReaderSize(io.NewSectionReader(x.f, x.t.strings, x.t.places-x.t.strings), 1<<18)}
}

// next reads the strings of a record that lies behind the one before.
func (s *stringScan) next(r *record) (n names, err error) {
	if err := s.read(r); err != nil {
		return n, err
	}
	return n, n.parse(s.buf)
}

// read fills buf with the strings of a record, as they are stored.
func (s *stringScan) read(r *record) error {
	if r.Strings < s.at || r.Strings > s.x.t.places-s.x.t.strings-int64(r.Length) {
		return errIndex
	}
	for s.at < r.Strings {
		k, err := s.in.Discard(int(min(r.Strings-s.at, 1<<30)))
		if s.at += int64(k); err != nil {
			return err
		}
	}
	s.buf = slices.Grow(s.buf[:0], int(r.Length))[:r.Length]
	if _, err := io.ReadFull(s.in, s.buf); err != nil {
		return err
	}
	s.at += int64(r.Length)
	return nil
}

// placesOf reads where the cuts of a record stand.
func (x *index) placesOf(r *record) ([]place, error) {
	at := int64(r.Place) * placeSize
	if at+int64(r.Places)*placeSize > x.t.tables-x.t.places {
		return nil, errIndex
	}
	b := make([]byte, int(r.Places)*placeSize)
	if _, err := x.f.ReadAt(b, x.t.places+at); err != nil {
		return nil, err
	}
	out := make([]place, r.Places)
	for i := range out {
		out[i] = place{binary.LittleEndian.Uint32(b[8*i:]), binary.LittleEndian.Uint32(b[8*i+4:])}
	}
	return out, nil
}

// file returns the path of a file the index numbers, relative to the run folder.
func (x *index) file(n uint32) (string, error) {
	if int(n) >= len(x.t.Files) || strings.Contains(x.t.Files[n], "..") {
		return "", errIndex
	}
	return x.t.Files[n], nil
}
