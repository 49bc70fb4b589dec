// Package web is the chat page: Preact and TypeScript in src, built by Vite into dist (make web), which
// the binary carries, so that go build needs no Node. [Files] is what a server has to serve at its root; the page speaks
// the API of docs/formats/chat-api.md. Where the page is inside itself stands behind # in the address, so / is its one document.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS // never written to

// Files returns the built page: index.html and what it loads. Files under assets/ have the hash of their content in their
// names and may be cached for good; NAME.br beside NAME is its compressed form.
func Files() fs.FS {
	f, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is right
	}
	return f
}
