package serve

import (
	"net/http"
	"slices"

	"feilun/internal/digest"
	"feilun/internal/lessons"
	"feilun/internal/store"
)

// feedbackCounts tells how much there is to learn from, of what may be used.
func (s *Server) feedbackCounts(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.role(r, ScopeExport, RoleAdmin, RoleCurator); err != nil {
		return err
	}
	counts, err := lessons.Count(r.Context(), s.store)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, counts)
	return nil
}

// maxPerDay is how many rows of one user and day are exported at most.
const maxPerDay = 50

// feedbackExport sends rows, masked, and records where they came from before the first one leaves.
func (s *Server) feedbackExport(w http.ResponseWriter, r *http.Request) error {
	a, err := s.role(r, ScopeExport, RoleAdmin, RoleCurator)
	if err != nil {
		return err
	}
	form := r.FormValue("form")
	if !slices.Contains(lessons.Forms(), form) {
		return badRequest("form", "rows have the form sft, kto, dpo, events, frontier or pages")
	}
	if s.o.Mask == nil {
		return badRequest("", "this server has no rules to mask personal data with, and exports nothing without")
	}
	set, err := lessons.Collect(r.Context(), s.store, form, lessons.Options{PerUserDay: maxPerDay, Mask: s.o.Mask})
	if err != nil {
		return err
	}
	b, err := set.Lines()
	if err != nil {
		return err
	}
	e, err := s.store.AddExport(r.Context(), store.Export{Actor: a.ID, Form: form, Rows: len(set.Rows), Files: []string{digest.Of(b)}}, set.Origins())
	if err != nil {
		return err
	}
	s.audit(r, a.ID, "feedback exported", e.ID)
	h := w.Header()
	h.Set("Content-Type", "application/jsonl; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="feedback-`+form+"-"+e.ID+`.jsonl"`)
	h.Set("X-Feilun-Export", e.ID)
	w.Write(b)
	return nil
}
