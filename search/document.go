package search

import (
	"fmt"

	"feilun/internal/hint"
)

// A Document is what an index knows of a stored version of a document, beside its text.
type Document struct {
	ID, URL, Title, Date string
	Bytes                int // of its text
}

// Document returns what is known of a version.
func (x *Index) Document(v Version) (Document, error) {
	s, e, ok := x.locate(v)
	if !ok {
		return Document{}, hint.With(fmt.Errorf("the index holds no document of version %s", v), "it was changed or removed since")
	}
	r, err := s.head(e)
	return Document{ID: r.id, URL: r.url, Title: r.title, Date: r.date, Bytes: int(e.length)}, err
}
