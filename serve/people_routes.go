package serve

import "net/http"

// people are accounts, sessions, keys and their limits.
type people struct{}

func (s *Server) setupPeople() error { return nil }

func (s *Server) closePeople() error { return nil }

// peopleRoutes are /api/me, login, keys and what admins do.
func (s *Server) peopleRoutes(*http.ServeMux) {}

// authenticate finds out who sends a request, by its session or key. Use [Server.actor], which
// also demands a scope.
func (s *Server) authenticate(*http.Request) (Actor, error) {
	return Actor{ID: "local", Role: RoleLocal}, nil
}

// admit asks whether an actor may start a generation now. Done must be called with what it
// took, once, also after an error.
func (s *Server) admit(*http.Request, Actor) (done func(Result), err error) {
	return func(Result) {}, nil
}
