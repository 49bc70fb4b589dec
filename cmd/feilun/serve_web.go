package main

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"feilun"
	"feilun/extract"
	"feilun/internal/fetch"
	"feilun/internal/params"
)

// webReader returns what reads pages of the live web: the extractor that also reads crawls.
func webReader() (fetch.Reader, error) {
	var p extract.Params
	if err := params.Fill(&p); err != nil {
		return nil, err
	}
	if _, err := extract.New(p); err != nil {
		return nil, err
	}
	spare := sync.Pool{New: func() any {
		x, err := extract.New(p)
		if err != nil {
			panic(err) // it was made before
		}
		return x
	}}
	return func(r *fetch.Response) (title, date, text string, err error) {
		x := spare.Get().(*extract.Extractor)
		defer spare.Put(x)
		d := &feilun.Doc{URL: r.URL, Page: &feilun.Page{ContentType: r.Header.Get("Content-Type"), Body: visible(r)}}
		switch v := x.Page(d); {
		case !v.Kept():
			return "", "", "", fmt.Errorf("the page has no text (%s %s)", v.Rule, v.Note)
		case d.Text == "":
			return "", "", "", errors.New("the page has no text")
		}
		return d.Title, d.Date, d.Text, nil
	}, nil
}

// visible is the body of a page without what readers do not see; texts that are no HTML stay as they are.
func visible(r *fetch.Response) []byte {
	if t := r.Header.Get("Content-Type"); t == "" || strings.Contains(t, "html") || strings.Contains(t, "xml") {
		return fetch.Visible(r.Body)
	}
	return r.Body
}
