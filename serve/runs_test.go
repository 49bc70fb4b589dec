package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"feilun/internal/fetch"
	"feilun/internal/store"
)

// A writerFunc is a generator of one model.
type writerFunc func(ctx context.Context, r *Request, emit func(Piece) error) (Result, error)

func (writerFunc) Models(context.Context) ([]Model, error) {
	return []Model{{ID: "m1", Name: "One", Kind: "engine", SHA: "abc", Template: "def"}, {ID: "m2", Name: "Two", Kind: "upstream"}}, nil
}

func (f writerFunc) Generate(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
	return f(ctx, r, emit)
}
func (writerFunc) Embed(context.Context, string, []string) ([][]float32, int, error) {
	return nil, 0, ErrNoModel
}
func (writerFunc) Tokens(context.Context, string, string) ([]Token, error) { return nil, ErrNoModel }

// says writes a text in pieces of a few characters.
func says(text string) writerFunc {
	return func(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
		for c := range slices.Chunk([]rune(text), 4) {
			if err := emit(Piece{Text: string(c)}); err != nil {
				return Result{}, err
			}
		}
		return Result{Finish: "stop", PromptTokens: 7, CompletionTokens: len(text)}, nil
	}
}

// A shelf finds the documents that have a word of the question; their version is their place.
type shelf []Passage

func (s shelf) Search(_ context.Context, query string, k int) (out []Passage, err error) {
	for _, p := range s {
		if len(out) < k && slices.ContainsFunc(strings.Fields(strings.ToLower(query)), func(w string) bool {
			return len(w) > 3 && strings.Contains(strings.ToLower(p.Text+p.Title), strings.Trim(w, "?。？,."))
		}) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (s shelf) Passage(_ context.Context, version string, start, end, margin int) (Passage, error) {
	for _, p := range s {
		if p.Version == version && start <= end && end <= len(p.Text) {
			from, to := max(0, start-margin), min(len(p.Text), end+margin)
			p.Before, p.After, p.Text, p.Start, p.End = p.Text[from:start], p.Text[end:to], p.Text[start:end], start, end
			return p, nil
		}
	}
	return Passage{}, errors.New("no such text")
}

func harbour() shelf {
	text := "The harbour of Lorna was built in 1874. It has 12 cranes and three docks. Ships from Norway call there twice a week."
	return shelf{{Doc: "d1", Version: "v1", URL: "https://a.example/harbour", Title: "Harbour of Lorna", Date: "2020-01-02", Text: text, End: len(text)}}
}

// A tester is a server with one chat of the local user.
type tester struct {
	t    *testing.T
	s    *Server
	web  *httptest.Server
	chat string
}

func openChat(t *testing.T, o Options) *tester {
	t.Helper()
	o.Addr = "127.0.0.1:0"
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := s.store.AddChat(t.Context(), "local", "", false, "")
	if err != nil {
		t.Fatal(err)
	}
	return &tester{t, s, web, c.ID}
}

func (c *tester) post(path string, body, answer any) int {
	c.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	res, got := ask(c.t, "POST", c.web.URL+path, string(b), "Content-Type", "application/json", "X-Feilun-CSRF", c.csrf())
	if res.StatusCode < 300 {
		if err := json.Unmarshal([]byte(got), answer); err != nil {
			c.t.Fatalf("%s: %v", got, err)
		}
	}
	return res.StatusCode
}

func (c *tester) csrf() string {
	res, body := ask(c.t, "GET", c.web.URL+"/api/me", "")
	var me struct{ CSRF string }
	if res.StatusCode == http.StatusOK {
		json.Unmarshal([]byte(body), &me)
	}
	return me.CSRF
}

type sent struct {
	Question store.Message
	Answers  []store.Message
}

func (c *tester) ask(body map[string]any) sent {
	c.t.Helper()
	var a sent
	if code := c.post("/api/chats/"+c.chat+"/messages", body, &a); code != http.StatusOK {
		c.t.Fatalf("asked %v: %d", body, code)
	}
	return a
}

type seenEvent struct {
	id   int
	name string
	data string
}

// events follows an answer to its end.
func (c *tester) events(id, from string) (all []seenEvent) {
	c.t.Helper()
	all, err := readEvents(c.t.Context(), c.web.URL+"/api/messages/"+id+"/events?from="+from)
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

func readEvents(ctx context.Context, url string, headers ...string) (all []seenEvent, err error) {
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	in := bufio.NewScanner(res.Body)
	in.Buffer(nil, 1<<24)
	e := seenEvent{}
	for in.Scan() {
		key, value, _ := strings.Cut(in.Text(), ": ")
		switch key {
		case "id":
			fmt.Sscan(value, &e.id)
		case "event":
			e.name = value
		case "data":
			e.data = value
			all = append(all, e)
		}
	}
	return all, in.Err()
}

func lastMessage(t *testing.T, all []seenEvent) store.Message {
	t.Helper()
	if len(all) == 0 || all[len(all)-1].name != "done" {
		t.Fatalf("events %v do not end with done", all)
	}
	var d struct{ Message store.Message }
	if err := json.Unmarshal([]byte(all[len(all)-1].data), &d); err != nil {
		t.Fatal(err)
	}
	return d.Message
}

func textOf(t *testing.T, all []seenEvent) string {
	var b strings.Builder
	for _, e := range all {
		if e.name == "text" {
			var d struct{ Text string }
			if err := json.Unmarshal([]byte(e.data), &d); err != nil {
				t.Fatal(err)
			}
			b.WriteString(d.Text)
		}
	}
	return b.String()
}

func TestPlainAnswer(t *testing.T) {
	c := openChat(t, Options{Generator: says("Hello, 世界! `code` 😀")})
	a := c.ask(map[string]any{"key": "k1", "text": "Hi", "mode": "plain"})
	all := c.events(a.Answers[0].ID, "0")
	m := lastMessage(t, all)
	if got := textOf(t, all); got != "Hello, 世界! `code` 😀" || m.Text != got || m.State != "done" || m.Model != "m1" || m.Seed == nil || m.Kind != "generated" {
		t.Errorf("text %q, message %+v", got, m)
	}
	for i, e := range all {
		if e.id != i+1 {
			t.Errorf("event %d has id %d", i+1, e.id)
		}
	}
	// A viewer who comes late, or back, sees the same.
	if again := c.events(a.Answers[0].ID, "3"); !slices.Equal(again, all[3:]) {
		t.Errorf("from 3: %v, want %v", again, all[3:])
	}
	// The same key gives the same messages and starts nothing.
	if b := c.ask(map[string]any{"key": "k1", "text": "Hi", "mode": "plain"}); b.Question.ID != a.Question.ID || b.Answers[0].ID != a.Answers[0].ID {
		t.Errorf("asked again: %+v", b)
	}
	stored, err := c.s.store.Message(t.Context(), "local", a.Answers[0].ID)
	if err != nil || stored.Origin.SHA != "abc" || stored.Origin.Template != "def" {
		t.Errorf("stored %+v, %v", stored, err)
	}
	chat, err := c.s.store.Chat(t.Context(), "local", c.chat)
	if err != nil || chat.Title != "Hi" || len(chat.Messages) != 2 {
		t.Errorf("chat %+v, %v", chat, err)
	}
}

func TestCitedAnswer(t *testing.T) {
	var asked atomic.Pointer[Request]
	write := says("The harbour of Lorna was built in 1874 [1]. It employs 900 people [1].")
	c := openChat(t, Options{Searcher: harbour(), Generator: writerFunc(func(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
		asked.Store(r)
		return write(ctx, r, emit)
	})})
	a := c.ask(map[string]any{"key": "k", "text": "When was the harbour of Lorna built?", "mode": "corpus"})
	all := c.events(a.Answers[0].ID, "")
	m := lastMessage(t, all)
	if m.Text != "The harbour of Lorna was built in 1874.[1] It employs 900 people." || len(m.Sources) != 1 || len(m.Citations) != 1 || len(m.Marks) != 1 || m.Kind != "generated" {
		t.Fatalf("message %+v", m)
	}
	if q := m.Citations[0].Quote; q != "The harbour of Lorna was built in 1874." {
		t.Errorf("quote %q", q)
	}
	stored, err := c.s.store.Message(t.Context(), "local", m.ID)
	if err != nil || stored.Origin.Query != "When was the harbour of Lorna built?" || len(stored.Origin.Read) != 1 || stored.Origin.Read[0].End != len(harbour()[0].Text) {
		t.Errorf("kept %+v, %v", stored.Origin, err)
	}
	turns := asked.Load().Turns
	if turns[0].Role != "system" || !strings.Contains(turns[1].Content, "12 cranes") || !strings.HasSuffix(turns[1].Content, "built?") {
		t.Errorf("turns %+v", turns)
	}
	var names []string
	for _, e := range all {
		if e.name == "stage" {
			names = append(names, e.data)
		} else {
			names = append(names, e.name)
		}
	}
	if got := strings.Join(names, " "); !strings.Contains(got, `"search"`) || strings.Index(got, "citation") > strings.Index(got, " text") {
		t.Errorf("events %s", got)
	}
	res, body := ask(t, "GET", c.web.URL+"/api/spans?version=v1&start=4&end=11", "")
	if res.StatusCode != 200 || !strings.Contains(body, `"text":"harbour"`) || !strings.Contains(body, `"before":"The "`) {
		t.Errorf("span %d %s", res.StatusCode, body)
	}
	res, body = ask(t, "GET", c.web.URL+"/source/v1?start=4&end=11", "", "Accept-Language", "zh-CN")
	if res.StatusCode != 200 || !strings.Contains(body, `The <mark id="mark">harbour</mark> of`) || !strings.Contains(body, "存储的文本") || strings.Contains(res.Header.Get("Content-Security-Policy"), "script") {
		t.Errorf("source %d %s", res.StatusCode, body)
	}
	res, body = ask(t, "GET", c.web.URL+"/source/nope", "", "Accept-Language", "zh-TW", "Accept", "text/html,*/*")
	if res.StatusCode != 404 || !strings.Contains(body, "<h1>這份文字已不再儲存。</h1>") || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("a source that is gone: %d %s", res.StatusCode, body)
	}
	for _, path := range []string{"/source/nope", "/api/spans?version=v1&start=5&end=99999", "/api/spans?version=v1&start=x&end=1", "/source/..%2f..%2fetc%2fpasswd"} {
		if res, body := ask(t, "GET", c.web.URL+path, ""); res.StatusCode != 404 && res.StatusCode != 400 {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
	}
}

func TestExtractiveAnswer(t *testing.T) {
	c := openChat(t, Options{Searcher: harbour()})
	a := c.ask(map[string]any{"key": "k", "text": "When was the harbour of Lorna built?", "mode": "corpus"})
	m := lastMessage(t, c.events(a.Answers[0].ID, "0"))
	if m.Kind != "extractive" || m.Model != Extractive || len(m.Citations) == 0 || !strings.Contains(m.Text, "built in 1874") || !strings.HasPrefix(m.Text, "Quoted from the sources:") {
		t.Errorf("message %+v", m)
	}
	a = c.ask(map[string]any{"key": "k2", "text": "Who painted the ceiling of the Sistine chapel?", "mode": "corpus"})
	if m := lastMessage(t, c.events(a.Answers[0].ID, "0")); m.Kind != "unanswered" || m.Text != "The sources do not say." {
		t.Errorf("message %+v", m)
	}
	if code := c.post("/api/chats/"+c.chat+"/messages", map[string]any{"text": "x", "mode": "plain"}, &a); code != 404 && code != 400 {
		t.Errorf("plain without a model: %d", code)
	}
	if code := c.post("/api/chats/"+c.chat+"/messages", map[string]any{"text": "x", "mode": "web"}, &a); code != 400 {
		t.Errorf("web without one: %d", code)
	}
}

// endless writes until its context ends, and counts what runs.
func endless(running *atomic.Int32) writerFunc {
	return func(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
		running.Add(1)
		defer running.Add(-1)
		for i := 0; ; i++ {
			if err := emit(Piece{Text: fmt.Sprintf("word%d ", i)}); err != nil {
				return Result{}, err
			}
			select {
			case <-ctx.Done():
				return Result{CompletionTokens: i}, ctx.Err()
			case <-time.After(time.Millisecond):
			}
		}
	}
}

func TestStop(t *testing.T) {
	var running atomic.Int32
	c := openChat(t, Options{Generator: endless(&running)})
	a := c.ask(map[string]any{"key": "k", "text": "Hi", "mode": "plain"})
	id := a.Answers[0].ID
	// A viewer that leaves stops nothing.
	ctx, leave := context.WithTimeout(t.Context(), 30*time.Millisecond)
	readEvents(ctx, c.web.URL+"/api/messages/"+id+"/events")
	leave()
	if live := c.s.running(id); live == nil {
		t.Fatal("the answer ended with its viewer")
	}
	var group sync.WaitGroup
	seen := make([][]seenEvent, 3)
	for i := range seen {
		group.Go(func() { seen[i], _ = readEvents(t.Context(), c.web.URL+"/api/messages/"+id+"/events") })
	}
	var m store.Message
	if code := c.post("/api/messages/"+id+"/stop", map[string]any{}, &m); code != 200 || m.State != "stopped" || running.Load() != 0 {
		t.Fatalf("stop: %d, %+v, %d run on", code, m, running.Load())
	}
	group.Wait()
	for _, s := range seen {
		if got := lastMessage(t, s); got.Text != m.Text || textOf(t, s) != m.Text {
			t.Errorf("a viewer saw %d characters of %d", len(textOf(t, s)), len(m.Text))
		}
	}
	if code := c.post("/api/messages/"+id+"/stop", map[string]any{}, &m); code != 200 || m.State != "stopped" {
		t.Errorf("stopped twice: %d, %+v", code, m)
	}
}

func TestBrokenGenerators(t *testing.T) {
	for _, tt := range []struct {
		name, text, state, code string
		f                       writerFunc
	}{
		{"cut", "Half a sen", "error", "upstream", func(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
			emit(Piece{Text: "Half a sen"})
			return Result{}, fmt.Errorf("%w: connection reset", ErrUpstream)
		}},
		{"full", "", "error", "context_full", func(context.Context, *Request, func(Piece) error) (Result, error) { return Result{}, ErrContextFull }},
		{"panics", "x", "error", "internal", func(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
			emit(Piece{Text: "x"})
			panic("bug")
		}},
		{"busy", "", "error", "busy", func(context.Context, *Request, func(Piece) error) (Result, error) { return Result{}, ErrBusy }},
	} {
		c := openChat(t, Options{Generator: tt.f})
		a := c.ask(map[string]any{"key": "k", "text": "Hi", "mode": "plain"})
		m := lastMessage(t, c.events(a.Answers[0].ID, "0"))
		if m.State != tt.state || m.Text != tt.text || m.Error == nil || m.Error.Code != tt.code {
			t.Errorf("%s: %+v, %+v", tt.name, m, m.Error)
		}
	}
}

func TestCompare(t *testing.T) {
	c := openChat(t, Options{Generator: writerFunc(func(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
		return says("I am "+r.Model+".")(ctx, r, emit)
	})})
	first := map[string]int{}
	for i := range 12 {
		a := c.ask(map[string]any{"key": fmt.Sprint(i), "text": "Hi", "mode": "plain", "model": "m1", "compare": map[string]any{"model": "m2"}})
		if len(a.Answers) != 2 || a.Answers[0].Side != "a" || a.Answers[1].Side != "b" {
			t.Fatalf("answers %+v", a.Answers)
		}
		texts := map[string]bool{}
		for k, m := range a.Answers {
			all := c.events(m.ID, "0")
			got := lastMessage(t, all)
			if m.Model != "" || got.Model != "" || got.Params != nil {
				t.Errorf("the model is told: %+v", got)
			}
			texts[got.Text] = true
			if k == 0 {
				first[got.Text]++
			}
		}
		if len(texts) != 2 {
			t.Errorf("both sides say %v", texts)
		}
	}
	if len(first) != 2 {
		t.Errorf("side a was always the same: %v", first)
	}
}

func TestAgainAndFollowUp(t *testing.T) {
	var queries sync.Map
	c := openChat(t, Options{Searcher: harbour(), Generator: says("It has 12 cranes.")})
	a := c.ask(map[string]any{"key": "1", "text": "When was the harbour of Lorna built?", "mode": "corpus"})
	c.events(a.Answers[0].ID, "0")
	b := c.ask(map[string]any{"key": "2", "parent": a.Answers[0].ID, "text": "How many cranes does it have?", "mode": "corpus"})
	for _, e := range c.events(b.Answers[0].ID, "0") {
		if e.name == "stage" && strings.Contains(e.data, "query") {
			queries.Store(e.data, true)
			if !strings.Contains(e.data, "Lorna") {
				t.Errorf("the query of a follow-up is %s", e.data)
			}
		}
	}
	var again sent
	if code := c.post("/api/messages/"+b.Question.ID+"/answers", map[string]any{"key": "3", "mode": "corpus"}, &again); code != 200 || again.Answers[0].Parent != b.Question.ID {
		t.Fatalf("again: %d, %+v", code, again)
	}
	if m := lastMessage(t, c.events(again.Answers[0].ID, "0")); m.State != "done" || len(m.Citations) != 1 {
		t.Errorf("message %+v", m)
	}
	for _, bad := range []map[string]any{{"text": " "}, {"text": "x", "mode": "corpsu"}, {"text": "x", "model": "nope"}, {"text": "x", "params": map[string]any{"top_p": 7}}, {"text": "x", "parent": "nope"}} {
		if code := c.post("/api/chats/"+c.chat+"/messages", bad, &a); code != 400 && code != 404 && code != 409 {
			t.Errorf("%v: %d", bad, code)
		}
	}
}

// TestClosing says that a server which ends keeps what was written.
func TestClosing(t *testing.T) {
	var running atomic.Int32
	dir := t.TempDir()
	s, err := New(Options{Generator: endless(&running), Addr: "127.0.0.1:0", Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	chat, err := s.store.AddChat(t.Context(), "local", "", false, "")
	if err != nil {
		t.Fatal(err)
	}
	q := &store.Message{ID: s.store.NewID(), Role: "user", Text: "Hi", State: store.Done}
	m := &store.Message{Parent: q.ID, Role: "assistant", State: store.Running, Mode: "plain"}
	if _, _, err := s.store.AddMessages(t.Context(), "local", "", chat.ID, []*store.Message{q, m}); err != nil {
		t.Fatal(err)
	}
	s.start("local", m, Model{ID: "m1"}, nil, func(Result) {})
	live := s.running(m.ID)
	for n := 0; n < 10; {
		events, more := live.since(0)
		if n = len(events); n < 10 {
			<-more
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if running.Load() != 0 {
		t.Error("it generates after its end")
	}
	s, err = New(Options{Addr: "127.0.0.1:0", Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := s.store.Message(t.Context(), "local", m.ID); err != nil || got.State != store.Interrupted || !strings.HasPrefix(got.Text, "word0 word1 ") {
		t.Errorf("kept %+v, %v", got, err)
	}
}

// TestWebAnswer goes from a question over a search and a fetch to a citation of what was fetched.
func TestWebAnswer(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, "The harbour of Lorna was built in 1874. It has 12 cranes.")
	}))
	defer page.Close()
	fail := false
	searx := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"results": [{"url": %q, "title": "Lorna", "content": "The harbour has 99 cranes."}]}`, page.URL+"/harbour")
	}))
	defer searx.Close()
	c := openChat(t, Options{Generator: says("It has 12 cranes [1]. It has 99 cranes [1]."), Searx: searx.URL,
		ReadPage: func(r *fetch.Response) (title, date, text string, err error) { return "", "", string(r.Body), nil },
		Fetch:    fetch.Options{Allow: []netip.AddrPort{netip.MustParseAddrPort(page.Listener.Addr().String())}}})
	a := c.ask(map[string]any{"key": "1", "text": "How many cranes has the harbour of Lorna?", "mode": "web"})
	m := lastMessage(t, c.events(a.Answers[0].ID, "0"))
	if m.Text != "It has 12 cranes.[1] It has 99 cranes." || len(m.Sources) != 1 || m.Sources[0].Fetched == "" || len(m.Marks) != 1 {
		t.Fatalf("message %+v, %+v", m, m.Error)
	}
	res, body := ask(t, "GET", fmt.Sprintf("%s/source/%s?start=%d&end=%d", c.web.URL, m.Sources[0].Version, m.Citations[0].Start, m.Citations[0].End), "")
	if res.StatusCode != 200 || !strings.Contains(body, `<mark id="mark">It has 12 cranes.</mark>`) {
		t.Errorf("source %d %s", res.StatusCode, body)
	}
	fail = true
	a = c.ask(map[string]any{"key": "2", "text": "Who owns the ferry to Lorna island?", "mode": "web"})
	if m := lastMessage(t, c.events(a.Answers[0].ID, "0")); m.State != "error" || m.Error.Code != "upstream" || !strings.Contains(m.Error.Message, "settings.yml") {
		t.Errorf("message %+v, %+v", m, m.Error)
	}
}
