package serve

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"feilun/internal/store"
)

func (s *Server) listUsers(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.role(r, ScopeAdmin, RoleAdmin); err != nil {
		return err
	}
	all, err := s.store.Users(r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"users": all})
	return nil
}

// givenRoles are the roles that an admin may give.
func givenRoles() []string { return []string{RoleAdmin, RoleCurator, RoleUser} }

func (s *Server) changeUser(w http.ResponseWriter, r *http.Request) error {
	a, err := s.role(r, ScopeAdmin, RoleAdmin)
	if err != nil {
		return err
	}
	var c struct {
		Role     *string `json:"role"`
		Disabled *bool   `json:"disabled"`
	}
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	if c.Role != nil && !slices.Contains(givenRoles(), *c.Role) {
		return badRequest("role", "a role is admin, curator or user")
	}
	u, err := s.store.SetRole(r.Context(), r.PathValue("id"), c.Role, c.Disabled)
	if err != nil {
		return err
	}
	if u.Disabled {
		s.stopGone(r.Context(), u.ID, true)
	}
	s.audit(r, a.ID, fmt.Sprintf("user is %s, disabled %t", u.Role, u.Disabled), u.ID)
	all, err := s.store.Users(r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"users": all})
	return nil
}

// maxInvitation is how many days an invitation may be good for.
const maxInvitation = 90

func (s *Server) invite(w http.ResponseWriter, r *http.Request) error {
	a, err := s.role(r, ScopeAdmin, RoleAdmin)
	if err != nil {
		return err
	}
	c := struct {
		Role string `json:"role"`
		Days int    `json:"days"`
	}{RoleUser, 7}
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	if !slices.Contains(givenRoles(), c.Role) {
		return badRequest("role", "a role is admin, curator or user")
	}
	if c.Days < 1 || c.Days > maxInvitation {
		return badRequest("days", "an invitation is good for 1 to %d days", maxInvitation)
	}
	expires := store.Now().AddDate(0, 0, c.Days)
	token, err := s.store.AddInvitation(r.Context(), c.Role, a.ID, expires)
	if err != nil {
		return err
	}
	s.audit(r, a.ID, "invitation", c.Role)
	scheme := "http"
	if s.secure(r) {
		scheme = "https"
	}
	writeJSON(w, http.StatusOK, map[string]any{"invitation": token, "url": scheme + "://" + r.Host + "/#/join/" + token, "expires": expires})
	return nil
}

// limitOf reads the limit of a list.
func limitOf(r *http.Request, usual, most int) (int, error) {
	v := r.FormValue("limit")
	if v == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return 0, badRequest("limit", "%q is no number from 1", v)
	}
	return min(n, most), nil
}

func (s *Server) listAudit(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.role(r, ScopeAdmin, RoleAdmin); err != nil {
		return err
	}
	limit, err := limitOf(r, 100, 1000)
	if err != nil {
		return err
	}
	before, err := strconv.ParseInt(r.FormValue("before"), 10, 64)
	if err != nil && r.FormValue("before") != "" {
		return badRequest("before", "this is no place in the list")
	}
	all, err := s.store.AuditLog(r.Context(), before, limit)
	if err != nil {
		return err
	}
	answer := map[string]any{"entries": all}
	if len(all) == limit {
		answer["next"] = strconv.FormatInt(all[limit-1].ID, 10)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// backup copies the database into the folder of the server. It is not sent: it holds the chats of all, which no admin may read
// by being one; who runs the machine can fetch it.
func (s *Server) backup(w http.ResponseWriter, r *http.Request) error {
	a, err := s.role(r, ScopeAdmin, RoleAdmin)
	if err != nil {
		return err
	}
	if s.o.Data == "" {
		return badRequest("", "this server keeps nothing that could be backed up")
	}
	name := filepath.Join("backups", "feilun-"+time.Now().UTC().Format("20060102-150405.000")+".db")
	if err := s.store.Backup(r.Context(), filepath.Join(s.o.Data, name)); err != nil {
		return err
	}
	s.audit(r, a.ID, "backup", name)
	info, err := os.Stat(filepath.Join(s.o.Data, name))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"file": filepath.ToSlash(name), "bytes": info.Size(), "created": store.Now()})
	return nil
}
