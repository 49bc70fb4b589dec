package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

type object = map[string]any

// mockPolicy is as strict as the server's.
const mockPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// A mock speaks docs/formats/chat-api.md from memory. What an answer says is told by the first word of its question.
type mock struct {
	mu       sync.Mutex
	me       object
	chats    map[string]object
	messages map[string]*mockMessage
	order    []string
	ids      int
	events   []string       // of feedback, one a line
	written  map[string]int // pieces written, by message
	keys     map[string]object
	asks     []object
	wait     chan struct{} // closed to let "held" answers go on
	offline  bool
	none     string // why there are no models: unreachable or empty
	note     string // of the first model: it quotes where there are sources
}

type mockMessage struct {
	object
	events []mockEvent
	more   *sync.Cond
	stop   context.CancelFunc
	done   bool
}

type mockEvent struct {
	name string
	data string
}

func newMock() *mock {
	return &mock{
		me: object{
			"user": object{"id": "u1", "name": "you", "role": "local"}, "csrf": "token", "setup": false, "oidc": false, "version": "0.9",
			"consent":     object{"scope": "none", "policy": "1"},
			"policy":      object{"version": "1", "text": object{"en": "Nothing leaves the database unless you allow it.\n\nYou can withdraw at any time.", "zh": "未经您允许，任何内容都不会离开数据库。\n\n您可以随时撤回。"}},
			"features":    object{"corpus": true, "web": true, "inspect": true},
			"suggestions": []string{"Why does a flywheel store energy?", "飞轮为什么能储存能量？", "What did the corpus say about tide mills?", "用一句话解释去重。"},
		},
		chats: map[string]object{}, messages: map[string]*mockMessage{}, written: map[string]int{}, keys: map[string]object{}, wait: make(chan struct{}),
	}
}

func (m *mock) id() string {
	m.ids++
	return fmt.Sprintf("m%06d", m.ids)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(object{"error": object{"code": code, "message": code}})
}

func (m *mock) handler() http.Handler {
	mux := http.NewServeMux()
	files := http.FileServerFS(Files())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", mockPolicy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		files.ServeHTTP(w, r)
	})
	m.people(mux)
	m.chatRoutes(mux)
	m.messageRoutes(mux)
	m.adminRoutes(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.cut(w) {
			return
		}
		if strings.HasPrefix(r.URL.Path, "/api/") && r.Method != "GET" && r.Header.Get("X-Feilun-CSRF") != "token" {
			refuse(w, 403, "forbidden")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// cut drops the connection while the mock plays dead.
func (m *mock) cut(w http.ResponseWriter) bool {
	m.mu.Lock()
	off := m.offline
	m.mu.Unlock()
	if off {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			c.Close()
		}
	}
	return off
}

func (m *mock) people(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/me", func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		reply(w, m.me)
	})
	login := func(w http.ResponseWriter, r *http.Request) {
		var b object
		json.NewDecoder(r.Body).Decode(&b)
		m.mu.Lock()
		defer m.mu.Unlock()
		if b["password"] != "correct horse" {
			refuse(w, 401, "not_logged_in")
			return
		}
		m.me["user"] = object{"id": "u1", "name": b["name"], "role": "admin"}
		m.me["setup"] = false
		reply(w, m.me)
	}
	mux.HandleFunc("POST /api/login", login)
	mux.HandleFunc("POST /api/setup", login)
	mux.HandleFunc("POST /api/join", login)
	mux.HandleFunc("POST /api/logout", func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.me, "user")
		w.WriteHeader(204)
	})
	mux.HandleFunc("PUT /api/me", func(w http.ResponseWriter, r *http.Request) {
		var b object
		json.NewDecoder(r.Body).Decode(&b)
		m.mu.Lock()
		defer m.mu.Unlock()
		if l, ok := b["language"]; ok {
			m.me["language"] = l
		}
		reply(w, m.me)
	})
	mux.HandleFunc("GET /api/models", func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		none := m.none
		m.mu.Unlock()
		if none == "unreachable" {
			refuse(w, 502, "upstream")
			return
		} else if none != "" {
			reply(w, object{"models": []object{}})
			return
		}
		house := object{"id": "house-0.3", "name": "house-0.3", "kind": "engine", "context": 4096, "trained": object{"corpus": "zh-web", "date": "2026-11-20"}}
		if m.note != "" {
			house["note"] = m.note + " (" + r.Header.Get("Accept-Language") + ")"
		}
		reply(w, object{"default": "house-0.3", "models": []object{
			house,
			{"id": "qwen3-8b", "name": "Qwen3 8B", "kind": "upstream", "context": 32768},
			{"id": "extractive", "name": "Quotes", "kind": "extractive", "context": 0},
		}})
	})
	mux.HandleFunc("POST /api/consent", func(w http.ResponseWriter, r *http.Request) {
		var b object
		json.NewDecoder(r.Body).Decode(&b)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.me["consent"] = object{"scope": b["scope"], "policy": b["policy"], "given": "2026-01-02T03:00:00Z"}
		reply(w, m.me)
	})
	mux.HandleFunc("POST /api/consent/withdraw", func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.me["consent"] = object{"scope": "none", "policy": "1"}
		reply(w, object{"events": 12, "chats": 3, "exports": []object{{"id": "dpo-7", "created": "2026-11-20T00:00:00Z", "rows": 4}}, "models": []string{"house-0.2"}})
	})
}

func (m *mock) chatRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/chats", m.list)
	mux.HandleFunc("POST /api/chats", func(w http.ResponseWriter, r *http.Request) {
		var b object
		json.NewDecoder(r.Body).Decode(&b)
		m.mu.Lock()
		defer m.mu.Unlock()
		id := m.id()
		now := time.Now().UTC().Format(time.RFC3339Nano)
		m.chats[id] = object{"id": id, "title": "", "created": now, "updated": now, "consent": "default"}
		if b["temporary"] == true {
			m.chats[id]["temporary"] = true
		}
		reply(w, m.whole(id))
	})
	mux.HandleFunc("GET /api/chats/{id}", func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.chats[r.PathValue("id")] == nil {
			refuse(w, 404, "not_found")
			return
		}
		reply(w, m.whole(r.PathValue("id")))
	})
	mux.HandleFunc("PATCH /api/chats/{id}", func(w http.ResponseWriter, r *http.Request) {
		var b object
		json.NewDecoder(r.Body).Decode(&b)
		m.mu.Lock()
		defer m.mu.Unlock()
		c := m.chats[r.PathValue("id")]
		if c == nil {
			refuse(w, 404, "not_found")
			return
		}
		maps.Copy(c, b)
		reply(w, c)
	})
	mux.HandleFunc("DELETE /api/chats/{id}", func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.chats, r.PathValue("id"))
		w.WriteHeader(204)
	})
	mux.HandleFunc("GET /api/chats/{id}/export", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="chat.md"`)
		io.WriteString(w, "# chat\n")
	})
	mux.HandleFunc("POST /api/chats/{id}/messages", m.ask)
}

// whole is a chat with its messages. The caller holds the lock.
func (m *mock) whole(id string) object {
	c := maps.Clone(m.chats[id])
	all := []object{}
	for _, k := range m.order {
		if x := m.messages[k]; x.object["chat"] == id {
			all = append(all, x.seen())
		}
	}
	c["messages"] = all
	return c
}

// seen is a message as its reader may see it: models of an open pair are not told.
func (x *mockMessage) seen() object {
	o := maps.Clone(x.object)
	if o["side"] != nil && o["told"] == nil {
		delete(o, "model")
		delete(o, "params")
	}
	delete(o, "told")
	return o
}

func (m *mock) list(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := strings.ToLower(r.URL.Query().Get("q"))
	all := []object{}
	for id, c := range m.chats {
		head := maps.Clone(c)
		if q != "" {
			hit := strings.Contains(strings.ToLower(fmt.Sprint(c["title"])), q)
			for _, k := range m.order {
				x := m.messages[k]
				if text := x.object["text"].(string); head["message"] == nil && x.object["chat"] == id && strings.Contains(strings.ToLower(text), q) {
					head["snippet"], head["message"], hit = text[:min(len(text), 90)], k, true
				}
			}
			if !hit {
				continue
			}
		} else if c["temporary"] == true {
			continue
		}
		all = append(all, head)
	}
	slices.SortFunc(all, func(a, b object) int { return strings.Compare(b["updated"].(string), a["updated"].(string)) })
	reply(w, object{"chats": all})
}

func (m *mock) ask(w http.ResponseWriter, r *http.Request) {
	var b object
	json.NewDecoder(r.Body).Decode(&b)
	m.mu.Lock()
	defer m.mu.Unlock()
	chat := r.PathValue("id")
	text, _ := b["text"].(string)
	first, _, _ := strings.Cut(text, " ")
	for _, a := range m.asks {
		if a["key"] == b["key"] {
			reply(w, a["answer"])
			return
		}
	}
	switch first {
	case "limited":
		w.Header().Set("Retry-After", "2")
		refuse(w, 429, "rate_limited")
		m.asks = append(m.asks, object{"key": "", "refused": b["key"]})
		return
	case "full":
		refuse(w, 400, "context_full")
		return
	case "busy":
		refuse(w, 503, "busy")
		return
	}
	now := time.Now().UTC().Format(time.RFC3339Nano)
	m.chats[chat]["updated"] = now
	if m.chats[chat]["title"] == "" {
		m.chats[chat]["title"] = string([]rune(text)[:min(40, len([]rune(text)))])
	}
	q := &mockMessage{object: object{"id": m.id(), "chat": chat, "role": "user", "text": text, "created": now, "state": "done", "mode": b["mode"]}, more: sync.NewCond(&m.mu), done: true}
	if b["parent"] != nil {
		q.object["parent"] = b["parent"]
	}
	m.add(q)
	answer := object{"question": q.object, "answers": m.start(q, b)}
	m.asks = append(m.asks, object{"key": b["key"], "answer": answer, "body": b})
	reply(w, answer)
}

func (m *mock) add(x *mockMessage) {
	id := x.object["id"].(string)
	m.messages[id] = x
	m.order = append(m.order, id)
	m.chats[x.object["chat"].(string)]["active"] = id
}

// start begins one answer, or two of a blind pair. The caller holds the lock.
func (m *mock) start(q *mockMessage, b object) []object {
	sides := []string{""}
	if b["compare"] != nil {
		sides = []string{"a", "b"}
	}
	var out []object
	for i, side := range sides {
		model := "house-0.3"
		if s, ok := b["model"].(string); ok && s != "" {
			model = s
		}
		if i == 1 {
			model = "qwen3-8b"
		}
		x := &mockMessage{object: object{"id": m.id(), "chat": q.object["chat"], "parent": q.object["id"], "role": "assistant", "text": "", "created": time.Now().UTC().Format(time.RFC3339Nano),
			"state": "running", "mode": b["mode"], "model": model, "params": b["params"], "seed": 42}, more: sync.NewCond(&m.mu)}
		if side != "" {
			x.object["side"] = side
		}
		var ctx context.Context
		ctx, x.stop = context.WithCancel(context.Background())
		m.add(x)
		out = append(out, x.seen())
		go m.play(ctx, x, q.object["text"].(string), side)
	}
	return out
}

func (m *mock) messageRoutes(mux *http.ServeMux) {
	find := func(f func(w http.ResponseWriter, r *http.Request, x *mockMessage, b object)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			var b object
			json.NewDecoder(r.Body).Decode(&b)
			m.mu.Lock()
			defer m.mu.Unlock()
			x := m.messages[r.PathValue("id")]
			if x == nil {
				refuse(w, 404, "not_found")
				return
			}
			f(w, r, x, b)
		}
	}
	mux.HandleFunc("POST /api/messages/{id}/answers", find(func(w http.ResponseWriter, r *http.Request, x *mockMessage, b object) {
		reply(w, object{"answers": m.start(x, b)})
	}))
	mux.HandleFunc("PUT /api/messages/{id}", find(func(w http.ResponseWriter, r *http.Request, x *mockMessage, b object) {
		o := maps.Clone(x.object)
		delete(o, "citations")
		delete(o, "marks")
		delete(o, "rating")
		o["id"], o["text"], o["edited"], o["state"] = m.id(), b["text"], x.object["id"], "done"
		n := &mockMessage{object: o, more: sync.NewCond(&m.mu), done: true}
		m.add(n)
		m.events = append(m.events, "edit "+fmt.Sprint(x.object["id"]))
		reply(w, object{"message": n.object})
	}))
	mux.HandleFunc("POST /api/messages/{id}/stop", find(func(w http.ResponseWriter, r *http.Request, x *mockMessage, b object) {
		if !x.done {
			m.finish(x, object{"state": "stopped"})
		}
		reply(w, x.seen())
	}))
	mux.HandleFunc("GET /api/messages/{id}", find(func(w http.ResponseWriter, r *http.Request, x *mockMessage, b object) { reply(w, x.seen()) }))
	mux.HandleFunc("POST /api/messages/{id}/rating", find(func(w http.ResponseWriter, r *http.Request, x *mockMessage, b object) {
		x.object["rating"] = b
		if b["value"] == 0.0 {
			delete(x.object, "rating")
		}
		m.events = append(m.events, fmt.Sprintf("rating %v %v %v %v", b["value"], b["reasons"], b["text"], b["better"]))
		reply(w, object{})
	}))
	mux.HandleFunc("POST /api/messages/{id}/report", find(func(w http.ResponseWriter, r *http.Request, x *mockMessage, b object) {
		m.events = append(m.events, fmt.Sprintf("report %v %v", b["n"], b["why"]))
		reply(w, object{})
	}))
	mux.HandleFunc("POST /api/messages/{id}/choice", find(func(w http.ResponseWriter, r *http.Request, x *mockMessage, b object) {
		var out []object
		for _, k := range m.order {
			if y := m.messages[k]; y.object["parent"] == x.object["parent"] && y.object["side"] != nil {
				y.object["told"] = true
				y.object["chosen"] = y.object["side"] == b["choice"]
				out = append(out, y.seen())
			}
		}
		m.events = append(m.events, fmt.Sprintf("choice %v", b["choice"]))
		reply(w, object{"answers": out})
	}))
	mux.HandleFunc("GET /api/messages/{id}/events", m.follow)
	mux.HandleFunc("GET /api/spans", func(w http.ResponseWriter, r *http.Request) {
		start, _ := strconv.Atoi(r.URL.Query().Get("start"))
		end, _ := strconv.Atoi(r.URL.Query().Get("end"))
		text := mockPages[r.URL.Query().Get("version")]
		if end > len(text) || start > end {
			refuse(w, 404, "not_found")
			return
		}
		reply(w, object{"version": r.URL.Query().Get("version"), "url": "https://museum.example/mills", "title": "Tide mills", "before": text[max(0, start-200):start], "text": text[start:end], "after": text[end:min(len(text), end+200)]})
	})
	mux.HandleFunc("GET /source/{version}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, mockPages[r.PathValue("version")]) })
}

// follow streams the events of an answer. A viewer who comes to a cut loses the connection.
func (m *mock) follow(w http.ResponseWriter, r *http.Request) {
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	m.mu.Lock()
	x := m.messages[r.PathValue("id")]
	m.mu.Unlock()
	if x == nil {
		refuse(w, 404, "not_found")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.(http.Flusher).Flush()
	stop := context.AfterFunc(r.Context(), func() { m.mu.Lock(); x.more.Broadcast(); m.mu.Unlock() })
	defer stop()
	for {
		m.mu.Lock()
		for len(x.events) <= from && r.Context().Err() == nil {
			x.more.Wait()
		}
		if r.Context().Err() != nil {
			m.mu.Unlock()
			return
		}
		e := x.events[from]
		if e.name == "cut" {
			x.events = slices.Delete(x.events, from, from+1)
		}
		m.mu.Unlock()
		from++
		if e.name == "cut" {
			return // the viewer comes back for what is after it
		}
		fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", from, e.name, e.data)
		w.(http.Flusher).Flush()
		if e.name == "done" {
			return
		}
	}
}

func (m *mock) adminRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/keys", func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		reply(w, object{"keys": slices.Collect(maps.Values(m.keys))})
	})
	mux.HandleFunc("POST /api/keys", func(w http.ResponseWriter, r *http.Request) {
		var b object
		json.NewDecoder(r.Body).Decode(&b)
		m.mu.Lock()
		defer m.mu.Unlock()
		b["id"] = m.id()
		m.keys[b["id"].(string)] = b
		shown := maps.Clone(b)
		shown["key"] = "fl-5c1e0b7a"
		reply(w, shown)
	})
	mux.HandleFunc("DELETE /api/keys/{id}", func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.keys, r.PathValue("id"))
		w.WriteHeader(204)
	})
	mux.HandleFunc("GET /api/admin/users", func(w http.ResponseWriter, r *http.Request) {
		reply(w, object{"users": []object{{"id": "u1", "name": "wei", "role": "admin", "created": "2026-11-01T00:00:00Z", "seen": "2026-11-26T00:00:00Z"}, {"id": "u2", "name": "ana", "role": "user", "created": "2026-11-09T00:00:00Z"}}})
	})
	mux.HandleFunc("PATCH /api/admin/users/{id}", func(w http.ResponseWriter, r *http.Request) {
		var b object
		json.NewDecoder(r.Body).Decode(&b)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.events = append(m.events, fmt.Sprintf("user %s %v", r.PathValue("id"), b))
		reply(w, object{})
	})
	mux.HandleFunc("POST /api/admin/invitations", func(w http.ResponseWriter, r *http.Request) {
		reply(w, object{"invitation": "inv-1", "url": "/#/join/inv-1", "expires": "2026-12-03T00:00:00Z"})
	})
	mux.HandleFunc("GET /api/admin/audit", func(w http.ResponseWriter, r *http.Request) {
		reply(w, object{"entries": []object{{"id": "a1", "time": "2026-11-26T01:02:03Z", "actor": "u1", "action": "invitation", "object": "curator", "from": "127.0.0.1"}}})
	})
	mux.HandleFunc("POST /api/admin/backup", func(w http.ResponseWriter, r *http.Request) {
		reply(w, object{"file": "backups/feilun-1.db", "bytes": 1200000, "created": "2026-11-26T00:00:00Z"})
	})
	mux.HandleFunc("GET /api/admin/feedback", func(w http.ResponseWriter, r *http.Request) {
		reply(w, object{"users": 3, "chats": 12, "answers": 64, "kinds": object{"up": 41, "choice": 17, "edit": 6}, "models": object{"house-0.3": object{"answers": 40, "up": 30, "down": 4}, "qwen3-8b": object{"answers": 24, "up": 11, "down": 2}}, "reasons": object{"wrong": 8, "unsupported": 5}, "days": object{"2026-11-25": 30, "2026-11-26": 34}})
	})
}

// serveMock starts a mock on a loopback port and returns its address.
func serveMock(t *testing.T, m *mock, addr string) string {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: m.handler()}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return "http://" + l.Addr().String()
}

// TestMockServe serves the mock for work on the page by hand, until it is interrupted: FEILUN_MOCK=127.0.0.1:8099 go test ./web -run MockServe -timeout 0
func TestMockServe(t *testing.T) {
	addr := os.Getenv("FEILUN_MOCK")
	if addr == "" {
		t.Skip("serves only where FEILUN_MOCK says")
	}
	t.Log(serveMock(t, newMock(), addr))
	select {}
}
