package serve

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"

	"feilun/internal/store"
)

// Database is the name of the file in [Options.Data] that holds accounts, chats and feedback.
const Database = "feilun.db"

// people are accounts, sessions, keys and their limits.
type people struct {
	scratch string // folder to remove at the end
}

// setupPeople opens the database, which the other areas use too.
func (s *Server) setupPeople() (err error) {
	dir := s.o.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "feilun-"); err != nil {
			return err
		}
		s.people.scratch = dir
	}
	s.store, err = store.OpenServer(filepath.Join(dir, Database))
	return err
}

func (s *Server) closePeople() error {
	var err error
	if s.store != nil {
		err = s.store.Close()
	}
	if s.people.scratch != "" {
		err = errors.Join(err, os.RemoveAll(s.people.scratch))
	}
	return err
}

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
