package serve

import (
	"context"
	"net/http"
	"slices"
)

// Roles of users, and the scopes of their API keys.
const (
	RoleLocal   = "local" // the one user of a server without accounts
	RoleAdmin   = "admin"
	RoleCurator = "curator"
	RoleUser    = "user"

	ScopeChat   = "chat"
	ScopeSearch = "search"
	ScopeAdmin  = "admin"
	ScopeExport = "export"
)

// An Actor is who asks.
type Actor struct {
	ID     string // of the user
	Name   string
	Role   string
	Key    string   // id of the API key that was shown; "" for a session
	Scopes []string // of the key; nil for a session, which may do what its role may
}

// May reports whether a key has a scope. Sessions have all.
func (a Actor) May(scope string) bool { return a.Scopes == nil || slices.Contains(a.Scopes, scope) }

type requestKey struct{}

// A request is what is known of a request beside itself: middleware makes it, handlers add
// to it, the access log tells it.
type request struct {
	id    string
	actor string
}

// about returns what is known of a request.
func about(ctx context.Context) *request {
	if q, ok := ctx.Value(requestKey{}).(*request); ok {
		return q
	}
	return &request{}
}

// actor finds out who asks and demands a scope.
func (s *Server) actor(r *http.Request, scope string) (Actor, error) {
	a, err := s.authenticate(r)
	if err != nil {
		return a, err
	}
	about(r.Context()).actor = a.ID
	if !a.May(scope) {
		return a, &Error{Status: http.StatusForbidden, Code: "forbidden", Message: "this key is not for " + scope}
	}
	return a, nil
}
