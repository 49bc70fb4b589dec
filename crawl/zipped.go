package crawl

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"

	"feilun"
	"feilun/internal/ledger"
)

// Bounds of an archive of texts, beside those of its entries (max_body) and their number.
const maxZipBytes = 4 << 30 // decompressed, of all entries

// zipped reads an archive: each entry that is text, HTML or JSON gives documents, in the order
// of the archive; the others are rows. Archives in archives are not opened.
func (j *job) zipped(z *zip.Reader) {
	if program(z) {
		j.dropped(ledger.Row{
			ID: j.fill.file, Record: feilun.Record{File: j.task.File}, Stage: Stage, Rule: RuleRecordType, Note: "zip archive of another program, no texts", Bytes: j.size,
		})
		return
	}
	left := int64(maxZipBytes)
	for _, f := range z.File {
		name := strings.ToValidUTF8(f.Name, "\uFFFD")
		row := func(rule, note string) bool {
			return j.dropped(ledger.Row{
				ID: j.fill.file + "!" + name, Record: feilun.Record{File: j.task.File}, Stage: Stage, Rule: rule, Note: note, Bytes: int64(min(f.CompressedSize64, uint64(j.size))),
			})
		}
		on := true
		switch {
		case strings.HasSuffix(f.Name, "/"):
		case f.Flags&1 != 0:
			on = row(RuleEncrypted, "entry is encrypted")
		case left <= 0:
			on = row(RuleDamaged, fmt.Sprintf("archive holds more than %d bytes", int64(maxZipBytes)))
		default:
			on = j.entry(f, name, &left, row)
		}
		if !on {
			return
		}
	}
}

// program reports whether an archive is a document of an office program or a package of code:
// their entries are no texts of their own.
func program(z *zip.Reader) bool {
	for _, f := range z.File {
		for _, prefix := range []string{"[Content_Types].xml", "META-INF/", "word/", "xl/", "ppt/"} {
			if strings.HasPrefix(f.Name, prefix) {
				return true
			}
		}
	}
	return false
}

// entry reads an entry.
func (j *job) entry(f *zip.File, name string, left *int64, row func(rule, note string) bool) bool {
	r, err := f.Open()
	if err != nil {
		return row(RuleDamaged, err.Error())
	}
	defer r.Close()
	limit := int64(j.src.p.MaxBody)
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	*left -= int64(len(body))
	cut := ""
	switch {
	case err != nil && len(body) == 0:
		return row(RuleDamaged, err.Error())
	case err != nil:
		cut = cutEncoding
	case int64(len(body)) > limit:
		body, cut = body[:limit], cutLength
	}
	kind := content("auto", body)
	switch {
	case kind == kindBook:
		kind = kindText
	case kind == kindJSON || kind == kindJSONL:
		g := jsonFile{job: j, columns: j.src.columns, named: j.fill.file + "!" + name}
		g.read(bytes.NewReader(body))
		return j.err == nil
	case kind != kindText && kind != kindHTML:
		return row(RuleRecordType, "entry of kind "+kind)
	case storage(body) != storedPlain || kind == kindText && bytes.IndexByte(body, 0) >= 0:
		return row(RuleRecordType, "entry that is no text")
	}
	j.fill.whole(kind, body, cut)
	j.fill.d.ID = j.fill.file + "!" + name
	if !j.give(&j.fill.d) {
		return false
	}
	if cut == cutEncoding {
		return row(RuleDamaged, err.Error())
	}
	return true
}
