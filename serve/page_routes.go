package serve

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// page are the files of the chat page, in memory.
type page struct {
	files map[string]*asset // by path without the leading slash
}

// An asset is a file with its compressed forms, where the build made them.
type asset struct {
	name        string
	kind        string // content type
	tag         string // for If-None-Match
	forever     bool   // its name has a hash of its content
	plain       []byte
	brotli, zip []byte
}

// setupPage reads the page's files. A file NAME.br or NAME.gz beside NAME is its compressed
// form.
func (s *Server) setupPage() error {
	s.page.files = map[string]*asset{}
	if s.o.Page == nil {
		return nil
	}
	err := fs.WalkDir(s.o.Page, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(s.o.Page, name)
		if err != nil {
			return err
		}
		base, form := name, ""
		if ext := path.Ext(name); ext == ".br" || ext == ".gz" {
			base, form = strings.TrimSuffix(name, ext), ext
		}
		a := s.page.files[base]
		if a == nil {
			a = &asset{name: base, kind: contentType(base), forever: strings.HasPrefix(base, "assets/")}
			s.page.files[base] = a
		}
		switch form {
		case ".br":
			a.brotli = b
		case ".gz":
			a.zip = b
		default:
			sum := sha256.Sum256(b)
			a.plain, a.tag = b, `"`+hex.EncodeToString(sum[:12])+`"`
		}
		return nil
	})
	if err == nil && s.page.files["index.html"] == nil {
		err = errors.New("the chat page has no index.html: it was not built")
	}
	return err
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// pageRoutes answer everything that no other route does: with a file of the page, or with the
// page itself, which reads its own addresses.
func (s *Server) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.showPage)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r.URL.Path) || strings.HasPrefix(r.URL.Path, "/api/") || r.Method != http.MethodGet && r.Method != http.MethodHead {
			s.failAny(w, r, notFound("there is no %s %s", r.Method, r.URL.Path))
			return
		}
		s.showPage(w, r)
	})
}

func (s *Server) showPage(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	a := s.page.files[name]
	if a == nil || a.plain == nil {
		if path.Ext(name) != "" || strings.HasPrefix(name, "assets/") {
			http.Error(w, "there is no such file", http.StatusNotFound)
			return
		}
		a = s.page.files["index.html"]
	}
	if a == nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("Feilun serves its API here, under /v1/; this build has no chat page.\n"))
		return
	}
	a.serve(w, r)
}

// serve answers with a file, compressed as the client takes it.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", a.tag)
	h.Add("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if a.forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	for match := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(match), "W/") == a.tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	body := a.plain
	switch accept := r.Header.Get("Accept-Encoding"); {
	case a.brotli != nil && accepts(accept, "br"):
		h.Set("Content-Encoding", "br")
		body = a.brotli
	case a.zip != nil && accepts(accept, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body = a.zip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		bytes.NewReader(body).WriteTo(w)
	}
}

// accepts reports whether a list of encodings names one, and not with q=0.
func accepts(list, encoding string) bool {
	for item := range strings.SplitSeq(list, ",") {
		name, q, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
