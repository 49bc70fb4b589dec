package serve

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
)

// inspectPath is where [Options.Inspector] stands.
const inspectPath = "/inspect/"

// inspectHeader is sent by the inspector's page with each request, whatever its value. Pages of other origins cannot send it, so
// that it stands for the CSRF token, which that page does not know.
const inspectHeader = "X-Feilun-Key"

// inspectRoutes show the run behind the corpus to those who may look into it.
func (s *Server) inspectRoutes(mux *http.ServeMux) {
	mux.HandleFunc(inspectPath, s.handle(s.inspect))
	mux.HandleFunc("GET /report", s.handle(s.showReport))
}

// inspects reports whether a role may look into the corpus: it shows pages as they were crawled, also those that were dropped.
func inspects(role string) bool { return role == RoleLocal || role == RoleAdmin || role == RoleCurator }

func (s *Server) inspect(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.role(r, ScopeAdmin, RoleAdmin, RoleCurator); err != nil {
		return err
	}
	if s.o.Inspector == nil {
		return notFound("this server has no run to look into")
	}
	http.StripPrefix(strings.TrimSuffix(inspectPath, "/"), s.o.Inspector).ServeHTTP(w, r)
	return nil
}

// reportPolicy is for the report, which has script and style inside: it runs apart from this server's origin.
const reportPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; sandbox allow-scripts; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (s *Server) showReport(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.role(r, ScopeAdmin, RoleAdmin, RoleCurator); err != nil {
		return err
	}
	b, err := os.ReadFile(s.o.Report)
	if s.o.Report == "" || errors.Is(err, fs.ErrNotExist) {
		return notFound("this server has no report of a run")
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", reportPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b) // the client may have left, which is no error of ours
	return nil
}
