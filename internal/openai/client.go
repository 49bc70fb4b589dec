package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Client asks a server that speaks OpenAI's API: vLLM, llama.cpp, Ollama, or another. It
// may be used by many goroutines.
type Client struct {
	base string // up to /v1
	key  string
	idle time.Duration
	http *http.Client
}

// NewClient returns a client of the server at base, such as http://127.0.0.1:11434/v1, where
// /v1 may be left out. Key, unless empty, is sent as a bearer token. A server that sends
// nothing for idle is given up.
func NewClient(base, key string, idle time.Duration) *Client {
	base = strings.TrimSuffix(base, "/")
	if !strings.HasSuffix(base, "/v1") {
		base += "/v1"
	}
	t := &http.Transport{DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second, DisableCompression: true, Proxy: http.ProxyFromEnvironment}
	return &Client{base: base, key: key, idle: idle, http: &http.Client{Transport: t, CheckRedirect: sameHost}}
}

// sameHost keeps the key from going to another server.
func sameHost(r *http.Request, via []*http.Request) error {
	if len(via) > 5 || r.URL.Host != via[0].URL.Host {
		return errors.New("it redirects to another server")
	}
	return nil
}

// maxAnswer is the longest answer that is read at once, in bytes.
const maxAnswer = 256 << 20

// Do sends in as JSON, or nothing where it is nil, and reads the answer into out. Paths
// begin behind /v1; one that begins with "/.." is beside it.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	ctx, alive, stop := c.watch(ctx)
	defer stop()
	res, err := c.send(ctx, method, path, in, "application/json")
	if err != nil {
		return reason(ctx, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(&living{res.Body, alive}, maxAnswer))
	if err != nil {
		return reason(ctx, err)
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// send returns an answer of status 200 to 299; other ones become errors.
func (c *Client) send(ctx context.Context, method, path string, in any, accept string) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	address := c.base + path
	if beside, ok := strings.CutPrefix(path, "/.."); ok {
		address = strings.TrimSuffix(c.base, "/v1") + beside
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", accept)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 == 2 {
		return res, nil
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10)) // what there is explains enough
	e := ParseError(b)
	e.Status = res.StatusCode
	e.RetryAfter, _ = strconv.Atoi(res.Header.Get("Retry-After"))
	return nil, e
}

// watch returns a context that ends, with ErrIdle as cause, when alive was not called for a
// while.
func (c *Client) watch(ctx context.Context) (watched context.Context, alive, stop func()) {
	watched, cancel := context.WithCancelCause(ctx)
	if c.idle <= 0 {
		return watched, func() {}, func() { cancel(nil) }
	}
	timer := time.AfterFunc(c.idle, func() { cancel(ErrIdle) })
	return watched, func() { timer.Reset(c.idle) }, func() { timer.Stop(); cancel(nil) }
}

// reason returns why a context ended, where it did, and err otherwise.
func reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// A living body tells whenever something came.
type living struct {
	io.Reader
	alive func()
}

func (l *living) Read(b []byte) (int, error) {
	n, err := l.Reader.Read(b)
	if n > 0 {
		l.alive()
	}
	return n, err
}

// ParseError reads a complaint in any of the forms that servers have: OpenAI's object, a
// string in its place, its fields at the top (old vLLM), FastAPI's detail, or plain text.
func ParseError(b []byte) *Error {
	var f struct {
		errorFields
		Error  json.RawMessage `json:"error"`
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(b, &f) != nil {
		return &Error{Message: strings.ToValidUTF8(strings.TrimSpace(string(b[:min(len(b), 300)])), "\ufffd")}
	}
	e := f.errorFields
	for _, raw := range []json.RawMessage{f.Error, f.Detail} {
		if len(raw) == 0 || string(raw) == "null" {
			continue
		}
		var text string
		if json.Unmarshal(raw, &text) == nil {
			e.Message = text
		} else if json.Unmarshal(raw, &e) != nil || e.Message == "" {
			e.Message = string(raw)
		}
		break
	}
	return &Error{Message: e.Message, Type: string(e.Type), Code: string(e.Code), Param: string(e.Param)}
}

// errorFields are OpenAI's. A code may be a number, and any field null.
type errorFields struct {
	Message string `json:"message"`
	Type    loose  `json:"type"`
	Code    loose  `json:"code"`
	Param   loose  `json:"param"`
}

// A loose string is written as a string, a number or null.
type loose string

// UnmarshalJSON implements [json.Unmarshaler].
func (l *loose) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		return nil
	case b[0] == '"':
		return json.Unmarshal(b, (*string)(l))
	}
	*l = loose(b)
	return nil
}

// jsonAnswer reports whether an answer is one object instead of a stream.
func jsonAnswer(res *http.Response) bool {
	t, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return t == "application/json"
}
