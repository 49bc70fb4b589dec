package serve

import "net/http"

// feedback is what users say of answers.
type feedback struct{}

func (s *Server) setupFeedback() error { return nil }

func (s *Server) closeFeedback() error { return nil }

// feedbackRoutes take ratings, choices, reports and consent, and export them.
func (s *Server) feedbackRoutes(*http.ServeMux) {}
