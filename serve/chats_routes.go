package serve

import "net/http"

// chats are conversations of the page, as they are stored.
type chats struct{}

func (s *Server) setupChats() error { return nil }

func (s *Server) closeChats() error { return nil }

// chatRoutes are /api/chats and what reads or changes stored messages.
func (s *Server) chatRoutes(*http.ServeMux) {}
