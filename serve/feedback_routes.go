package serve

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"feilun/internal/store"
)

// feedbackRoutes take ratings, choices, reports and consent, and export them.
func (s *Server) feedbackRoutes(mux *http.ServeMux) {
	for pattern, h := range map[string]handler{
		"POST /api/messages/{id}/rating": s.rate,
		"POST /api/messages/{id}/choice": s.choose,
		"POST /api/messages/{id}/report": s.report,
		"POST /api/consent":              s.consent,
		"POST /api/consent/withdraw":     s.withdraw,
		"GET /api/admin/feedback":        s.feedbackCounts,
		"GET /api/admin/feedback/export": s.feedbackExport,
	} {
		mux.HandleFunc(pattern, s.handle(h))
	}
}

// Lengths of what users write about answers.
const (
	maxRemark = 4000  // characters
	maxAnswer = 50000 // characters of a better answer or an edit
)

func tooLong(param, text string, most int) error {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > most {
		return badRequest(param, "%s has at most %d characters", param, most)
	}
	return nil
}

// ratingReasons are why an answer may be good or bad.
func ratingReasons() []string {
	return []string{"wrong", "unsupported", "incomplete", "style", "unsafe", "language", "other"}
}

func (s *Server) rate(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	var c struct {
		Value *int `json:"value"`
		store.Rating
	}
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	if c.Value == nil || *c.Value < -1 || *c.Value > 1 {
		return badRequest("value", "a rating is -1, 0 or 1")
	}
	for i, reason := range c.Reasons {
		if !slices.Contains(ratingReasons(), reason) || slices.Contains(c.Reasons[:i], reason) {
			return badRequest("reasons", "%q is no reason, or stands there twice: %s", reason, strings.Join(ratingReasons(), ", "))
		}
	}
	if err := tooLong("text", c.Text, maxRemark); err != nil {
		return err
	}
	if err := tooLong("better", c.Better, maxAnswer); err != nil {
		return err
	}
	rating := &c.Rating
	if rating.Value = *c.Value; rating.Value == 0 {
		rating = nil
	}
	m, err := s.store.Rate(r.Context(), a.ID, r.PathValue("id"), rating)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, m.Shown())
	return nil
}

func (s *Server) choose(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	var c struct {
		Choice  string `json:"choice"`
		ShownMS int64  `json:"shown_ms"`
	}
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	if !slices.Contains([]string{"a", "b", "tie", "bad"}, c.Choice) {
		return badRequest("choice", "a choice is a, b, tie or bad")
	}
	pair, err := s.store.Choose(r.Context(), a.ID, r.PathValue("id"), c.Choice, max(0, c.ShownMS))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"answers": shownAll(pair)})
	return nil
}

func (s *Server) report(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	var c struct {
		N    int    `json:"n"`
		Why  string `json:"why"`
		Text string `json:"text"`
	}
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	if !slices.Contains([]string{"wrong_source", "not_said", "outdated", "other"}, c.Why) {
		return badRequest("why", "a report says wrong_source, not_said, outdated or other")
	}
	if err := tooLong("text", c.Text, maxRemark); err != nil {
		return err
	}
	if err := s.store.Report(r.Context(), a.ID, r.PathValue("id"), c.N, c.Why, c.Text); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) consent(w http.ResponseWriter, r *http.Request) error {
	a, err := s.own(r)
	if err != nil {
		return err
	}
	var c store.Consent
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	if err := s.setConsent(r, a, c); err != nil {
		return err
	}
	return s.showMe(w, r)
}

// setConsent records what a user allows, by the text they were shown. None is a withdrawal.
func (s *Server) setConsent(r *http.Request, a Actor, c store.Consent) error {
	if !slices.Contains([]string{store.ConsentNone, store.ConsentImprove, store.ConsentPublish}, c.Scope) {
		return badRequest("scope", "consent is none, improve or publish")
	}
	if c.Scope == store.ConsentNone {
		_, err := s.store.Withdraw(r.Context(), a.ID, "", policyVersion)
		return err
	}
	if c.Policy != policyVersion {
		return &Error{Status: http.StatusConflict, Code: "conflict", Message: "the text has changed; read it again", Param: "policy"}
	}
	return s.store.SetConsent(r.Context(), a.ID, c.Scope, c.Policy)
}

func (s *Server) withdraw(w http.ResponseWriter, r *http.Request) error {
	a, err := s.own(r)
	if err != nil {
		return err
	}
	var c struct {
		Chat string `json:"chat"`
	}
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	touched, err := s.store.Withdraw(r.Context(), a.ID, c.Chat, policyVersion)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, touched)
	return nil
}
