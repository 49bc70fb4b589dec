package serve

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"feilun/internal/cite"
)

// spanMargin is how much of a text is shown around a passage, in bytes.
const spanMargin = 600

// passage finds a range of a stored version, in the index or among fetched pages.
func (s *Server) passage(ctx context.Context, version string, start, end, margin int) (p Passage, err error) {
	err = notFound("there is no such text any more")
	for _, from := range []Searcher{s.o.Searcher, s.runs.web} {
		if from == nil {
			continue
		}
		if p, e := from.Passage(ctx, version, start, end, margin); e == nil {
			return p, nil
		} else if ctx.Err() != nil {
			return p, ctx.Err()
		}
	}
	return p, err
}

// rangeOf reads start and end of a request; both may be absent where they need not be there.
func rangeOf(r *http.Request, must bool) (start, end int, err error) {
	if !must && r.FormValue("start") == "" && r.FormValue("end") == "" {
		return 0, 0, nil
	}
	start, err = strconv.Atoi(r.FormValue("start"))
	if err == nil {
		end, err = strconv.Atoi(r.FormValue("end"))
	}
	if err != nil || start < 0 || end < start {
		return 0, 0, badRequest("start", "start and end are numbers of bytes")
	}
	return start, end, nil
}

// span shows a passage with what stands around it.
func (s *Server) span(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.actor(r, ScopeSearch); err != nil {
		return err
	}
	start, end, err := rangeOf(r, true)
	if err != nil {
		return err
	}
	p, err := s.passage(r.Context(), r.FormValue("version"), start, end, spanMargin)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, struct {
		Version string `json:"version"`
		URL     string `json:"url"`
		Title   string `json:"title"`
		Date    string `json:"date,omitempty"`
		Before  string `json:"before"`
		Text    string `json:"text"`
		After   string `json:"after"`
	}{p.Version, p.URL, p.Title, p.Date, whole(p.Before), whole(p.Text), whole(p.After)})
	return nil
}

// whole takes out what readers do not see, and parts of characters where a text was cut in one.
func whole(text string) string { return cite.Clean(strings.ToValidUTF8(text, "")) }

// sourceWords are the page's own words.
type sourceWords struct{ Lang, Stored, Original, Passage, Gone string }

func wordsFor(r *http.Request) sourceWords {
	accept := strings.ToLower(r.Header.Get("Accept-Language"))
	lang := cmp.Or(r.FormValue("lang"), accept[:min(len(accept), 5)])
	switch {
	case strings.HasPrefix(lang, "zh-tw"), strings.HasPrefix(lang, "zh-TW"), strings.HasPrefix(lang, "zh-hk"), strings.HasPrefix(lang, "zh-ha"):
		return sourceWords{"zh-Hant", "儲存的文字", "原網頁：", "跳到引用的段落", "這份文字已不再儲存。"}
	case strings.HasPrefix(lang, "zh"):
		return sourceWords{"zh-Hans", "存储的文本", "原网页：", "跳到引用的段落", "这份文本已不再存储。"}
	}
	return sourceWords{"en", "Stored text", "Original page: ", "To the passage cited", "This text is not stored any more."}
}

const sourceStyle = `:root{color-scheme:light dark}body{background:light-dark(#fbfaf7,#14171c);color:light-dark(#1d2430,#e7e9ec);font:16px/1.7 system-ui,"Noto Sans SC","Noto Sans TC",sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}` +
	`a{color:light-dark(#1c7357,#5cc09b)}h1{font-size:1.35rem;line-height:1.4;overflow-wrap:anywhere}.meta{opacity:.8;overflow-wrap:anywhere}pre{white-space:pre-wrap;font:inherit;overflow-wrap:anywhere}mark{background:#ffe27a;color:#000;padding:.1em 0;scroll-margin:30vh}`

const sourceHead = `<!DOCTYPE html>
<html lang="{{.Words.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
`

var gonePage = template.Must(template.New("gone").Parse(sourceHead + `<title>{{.Words.Gone}}</title><style>{{.Style}}</style></head><body><h1>{{.Words.Gone}}</h1></body></html>
`))

var sourcePage = template.Must(template.New("source").Parse(sourceHead + `<title>{{.P.Title}}</title><style>{{.Style}}</style></head><body><header><h1>{{.P.Title}}</h1>
<p class="meta">{{.Words.Stored}}{{with .P.Date}} · {{.}}{{end}}{{with .P.Fetched}} · {{.}}{{end}}{{with .URL}} · {{$.Words.Original}}<a href="{{.}}" rel="noopener noreferrer nofollow">{{.}}</a>{{end}}</p>
{{if .Marked}}<p><a href="#mark">{{.Words.Passage}}</a></p>{{end}}</header>
<main><pre>{{.P.Before}}{{if .Marked}}<mark id="mark">{{.P.Text}}</mark>{{else}}{{.P.Text}}{{end}}{{.P.After}}</pre></main></body></html>
`))

// source shows the whole stored text of a version, with the passage marked; the fragment #mark scrolls to it.
// There is no script on the page, and nothing is loaded for it.
func (s *Server) source(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.actor(r, ScopeSearch); err != nil {
		return err
	}
	start, end, err := rangeOf(r, false)
	if err != nil {
		return err
	}
	p, err := s.passage(r.Context(), r.PathValue("version"), start, end, 1<<30)
	gone := err != nil && errorOf(err).Status == http.StatusNotFound && strings.Contains(r.Header.Get("Accept"), "text/html")
	if err != nil && !gone {
		return err
	}
	p.Before, p.Text, p.After = whole(p.Before), whole(p.Text), whole(p.After)
	p.Title = cite.Clean(cmp.Or(p.Title, p.URL, p.Version))
	link := ""
	if strings.HasPrefix(p.URL, "https://") || strings.HasPrefix(p.URL, "http://") {
		link = p.URL
	}
	sum := sha256.Sum256([]byte(sourceStyle))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	if gone {
		w.WriteHeader(http.StatusNotFound)
		return gonePage.Execute(w, map[string]any{"Words": wordsFor(r), "Style": template.CSS(sourceStyle)})
	}
	return sourcePage.Execute(w, map[string]any{"P": p, "URL": link, "Words": wordsFor(r), "Marked": end > start, "Style": template.CSS(sourceStyle)})
}
