package serve

import "net/http"

// runs are answers in the making.
type runs struct{}

func (s *Server) setupRuns() error { return nil }

// closeRuns ends all runs; their texts so far are kept.
func (s *Server) closeRuns() error { return nil }

// runRoutes start, stop and follow answers, and show their sources.
func (s *Server) runRoutes(*http.ServeMux) {}
