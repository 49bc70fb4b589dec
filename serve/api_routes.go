package serve

import "net/http"

// apiRoutes are what programs use: OpenAI's API and the state of the server.
func (s *Server) apiRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /metrics", s.showMetrics)
}

func (s *Server) showMetrics(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	s.metrics.write(w)
}

// failOpenAI answers a request of the API for programs with an error.
func (s *Server) failOpenAI(w http.ResponseWriter, r *http.Request, err error) {
	s.fail(w, r, err)
}
