package serve

import (
	"net/http"
	"slices"
	"strings"

	"feilun/internal/store"
)

// chatRoutes are /api/chats and what reads or changes stored messages.
func (s *Server) chatRoutes(mux *http.ServeMux) {
	for pattern, h := range map[string]handler{
		"GET /api/chats":             s.listChats,
		"POST /api/chats":            s.addChat,
		"GET /api/chats/{id}":        s.showChat,
		"PATCH /api/chats/{id}":      s.changeChat,
		"DELETE /api/chats/{id}":     s.deleteChat,
		"GET /api/chats/{id}/export": s.exportChat,
		"GET /api/messages/{id}":     s.showMessage,
		"PUT /api/messages/{id}":     s.editMessage,
	} {
		mux.HandleFunc(pattern, s.handle(h))
	}
}

// maxTitle is how many characters a title may have.
const maxTitle = 200

func (s *Server) listChats(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	limit, err := limitOf(r, 50, 200)
	if err != nil {
		return err
	}
	answer := struct {
		Chats []store.ChatHead `json:"chats"`
		Next  string           `json:"next,omitempty"`
	}{}
	if q := strings.TrimSpace(r.FormValue("q")); q != "" {
		if len(q) > 1000 {
			return badRequest("q", "a search has at most 1000 bytes")
		}
		answer.Chats, err = s.store.Find(r.Context(), a.ID, q, limit)
	} else {
		answer.Chats, answer.Next, err = s.store.Chats(r.Context(), a.ID, r.FormValue("before"), limit)
	}
	if err != nil {
		return err
	}
	if answer.Chats == nil {
		answer.Chats = []store.ChatHead{}
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func cleanTitle(title string) (string, error) {
	title = strings.Join(strings.Fields(strings.ToValidUTF8(title, "�")), " ")
	return title, tooLong("title", title, maxTitle)
}

func (s *Server) addChat(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	var c struct {
		Title     string `json:"title"`
		Temporary bool   `json:"temporary"`
	}
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	if c.Title, err = cleanTitle(c.Title); err != nil {
		return err
	}
	session := ""
	if cookie, err := r.Cookie(sessionCookie); err == nil && c.Temporary && a.Key == "" {
		session = store.Hash(cookie.Value)
	}
	chat, err := s.store.AddChat(r.Context(), a.ID, c.Title, c.Temporary, session)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, chat)
	return nil
}

func (s *Server) showChat(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	chat, err := s.store.Chat(r.Context(), a.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	chat.Messages = shownAll(chat.Messages)
	writeJSON(w, http.StatusOK, chat)
	return nil
}

func (s *Server) changeChat(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	var c store.ChatChange
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	if c.Title != nil {
		if *c.Title, err = cleanTitle(*c.Title); err != nil {
			return err
		}
	}
	if c.Consent != nil {
		if a.Key != "" {
			return forbidden("a key may not do this")
		}
		if !slices.Contains([]string{"default", "yes", "no"}, *c.Consent) {
			return badRequest("consent", "consent is default, yes or no")
		}
		c.Policy = policyVersion
	}
	head, err := s.store.ChangeChat(r.Context(), a.ID, r.PathValue("id"), c)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, head)
	return nil
}

func (s *Server) deleteChat(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	if err := s.store.DeleteChat(r.Context(), a.ID, r.PathValue("id")); err != nil {
		return err
	}
	if err := s.stopChat(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) showMessage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	m, err := s.store.Message(r.Context(), a.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, m.Shown())
	return nil
}

func (s *Server) editMessage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	var c struct {
		Text string `json:"text"`
	}
	if err := s.readJSON(w, r, &c); err != nil {
		return err
	}
	if strings.TrimSpace(c.Text) == "" {
		return badRequest("text", "an answer has a text")
	}
	if err := tooLong("text", c.Text, maxAnswer); err != nil {
		return err
	}
	m, err := s.store.EditAnswer(r.Context(), a.ID, r.PathValue("id"), c.Text)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"message": m.Shown()})
	return nil
}
