package serve

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"feilun/internal/store"
)

func (s *Server) listKeys(w http.ResponseWriter, r *http.Request) error {
	a, err := s.own(r)
	if err != nil {
		return err
	}
	keys, err := s.store.Keys(r.Context(), a.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": keys})
	return nil
}

func (s *Server) addKey(w http.ResponseWriter, r *http.Request) error {
	a, err := s.own(r)
	if err != nil {
		return err
	}
	if a.Role == RoleLocal {
		return badRequest("", "the local user needs no key; make an account first")
	}
	var k store.Key
	if err := s.readJSON(w, r, &k); err != nil {
		return err
	}
	k.Name = strings.TrimSpace(k.Name)
	if k.Name == "" || utf8.RuneCountInString(k.Name) > maxName {
		return badRequest("name", "a key has a name of 1 to %d characters", maxName)
	}
	if len(k.Scopes) == 0 {
		return badRequest("scopes", "a key is for something: chat, search, admin or export")
	}
	for _, scope := range k.Scopes {
		switch {
		case !slices.Contains([]string{ScopeChat, ScopeSearch, ScopeAdmin, ScopeExport}, scope):
			return badRequest("scopes", "%q is no scope: chat, search, admin or export", scope)
		case scope == ScopeAdmin && a.Role != RoleAdmin, scope == ScopeExport && a.Role == RoleUser:
			return forbidden("a key may not do more than its user: " + scope)
		}
	}
	if k.PerMinute < 0 || k.PerMinute > 1e6 || k.TokensPerDay < 0 || k.TokensPerDay > 1e12 {
		return badRequest("per_minute", "limits are not negative, and at most a million requests a minute and 10^12 tokens a day")
	}
	k, token, err := s.store.AddKey(r.Context(), a.ID, k)
	if err != nil {
		return err
	}
	s.audit(r, a.ID, "key added", k.ID)
	writeJSON(w, http.StatusOK, struct {
		store.Key
		Token string `json:"key"`
	}{k, token})
	return nil
}

func (s *Server) dropKey(w http.ResponseWriter, r *http.Request) error {
	a, err := s.own(r)
	if err != nil {
		return err
	}
	if err := s.store.DropKey(r.Context(), a.ID, r.PathValue("id")); err != nil {
		return err
	}
	s.audit(r, a.ID, "key deleted", r.PathValue("id"))
	w.WriteHeader(http.StatusNoContent)
	return nil
}
