package crawl

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// parquet reads the row groups whose first data page lies in the task's range.
// A damaged group is reported and passed over.
func (j *job) parquet() error {
	raw := &readerAt{file: j.file}
	f, err := parquet.OpenFile(raw, j.size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if raw.err != nil {
		return raw.err
	}
	if err != nil {
		if j.task.Start == 0 {
			j.damaged(0, j.size, "not a readable Parquet file: "+err.Error())
		}
		return nil
	}
	number := int64(1)
	for i, g := range f.RowGroups() {
		meta := f.Metadata().RowGroups[i]
		start := meta.FileOffset
		if start == 0 && len(meta.Columns) > 0 {
			start = meta.Columns[0].MetaData.DataPageOffset
		}
		if start >= j.task.Start && start < j.task.End && !j.group(f, g, number, meta.TotalByteSize) {
			break
		}
		number += g.NumRows()
	}
	return raw.err
}

// readerAt keeps the disk's errors apart from those of the data.
type readerAt struct {
	file io.ReaderAt
	err  error
}

func (r *readerAt) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("offset before the start of the file")
	}
	n, err := r.file.ReadAt(b, off)
	if err != nil && err != io.EOF && r.err == nil {
		r.err = err
	}
	return n, err
}

// group reads one row group.
func (j *job) group(f *parquet.File, g parquet.RowGroup, number, size int64) (ok bool) {
	first, last := number, number+g.NumRows()
	defer func() {
		if p := recover(); p != nil { // the library panics on some damaged pages
			ok = j.damaged(number, size*(last-number)/max(1, last-first), fmt.Sprintf("Parquet row group is damaged: %v", p))
		}
	}()
	cols := j.src.columns.columns(f.Schema())
	rows := g.Rows()
	defer rows.Close()
	buf := make([]parquet.Row, 64)
	for {
		n, err := rows.ReadRows(buf)
		for _, values := range buf[:n] {
			r := cols.row(values)
			if r.Text == nil {
				ok = j.damaged(number, 0, "no text in this row")
			} else {
				ok = j.row(&r, number)
			}
			number++
			if !ok {
				return false
			}
		}
		if err == io.EOF {
			return true
		}
		if err != nil {
			return j.damaged(number, size*(last-number)/max(1, last-first), "Parquet row group is damaged: "+err.Error())
		}
	}
}

// columnNames maps a leaf column's index to the field it fills.
type columnNames map[int]int

// columns finds the columns of the fields: by their whole path or, where the
// name is the default one, also inside metadata. The elements of a list have
// the list's name.
func (c *columnSet) columns(s *parquet.Schema) columnNames {
	names := columnNames{}
	taken := map[int]bool{}
	for _, nested := range []bool{false, true} {
		for i, path := range s.Columns() {
			joined := strings.ToLower(strings.Join(path, "."))
			for _, end := range []string{".list.element", ".list.item", ".array", ".element"} {
				joined = strings.TrimSuffix(joined, end)
			}
			for f, want := range c.names {
				if want = strings.ToLower(want); nested {
					want = "metadata." + want
				}
				if joined == want && !taken[f] {
					names[i], taken[f] = f, true
				}
			}
		}
	}
	return names
}

// row picks the known columns out of a row. The elements of a list of texts
// are joined by line feeds.
func (c columnNames) row(values parquet.Row) row {
	var r row
	var text []string
	for _, v := range values {
		field, known := c[v.Column()]
		if !known || v.IsNull() {
			continue
		}
		if field == fieldText {
			text = append(text, v.String())
		} else {
			r.set(field, v.String())
		}
	}
	if text != nil {
		r.set(fieldText, strings.Join(text, "\n"))
	}
	return r
}
