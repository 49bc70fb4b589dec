package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw opens a connection and sends text on it.
func raw(t *testing.T, url, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// A body that does not come is given up, whether the answer needs it or not.
func TestSlowBody(t *testing.T) {
	web := open(t, Options{Generator: scripted(t), Limits: Limits{BodyRead: 100 * time.Millisecond}})
	for path, want := range map[string]int{"/v1/chat/completions": 400, "/v1/none": 404} {
		c := raw(t, web.URL, "POST "+path+" HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		r := bufio.NewReader(c)
		res, err := http.ReadResponse(r, nil)
		if err != nil || res.StatusCode != want {
			t.Errorf("%s: %+v, %v; want status %d", path, res, err, want)
			continue
		}
		io.Copy(io.Discard, res.Body)
		if _, err := r.ReadByte(); err != io.EOF {
			t.Errorf("%s: the connection stays open: %v", path, err)
		}
	}
}

// loud writes large pieces until nobody takes them.
type loud struct {
	*Scripted
	ended chan error
}

func (l *loud) Generate(ctx context.Context, _ *Request, emit func(Piece) error) (Result, error) {
	piece, err := Piece{Text: strings.Repeat("x", 1<<16)}, error(nil)
	for err == nil {
		if err = ctx.Err(); err == nil {
			err = emit(piece)
		}
	}
	l.ended <- err
	return Result{}, err
}

// A client that asks and does not read holds nothing up for long.
func TestDeafClient(t *testing.T) {
	g := &loud{scripted(t), make(chan error, 1)}
	web := open(t, Options{Generator: g, Limits: Limits{EventWrite: 100 * time.Millisecond}})
	body := `{"stream":true,"messages":[{"role":"user","content":"x"}]}`
	raw(t, web.URL, fmt.Sprintf("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	select {
	case err := <-g.ended:
		t.Logf("ended: %v", err)
	case <-time.After(20 * time.Second):
		t.Error("the generation goes on")
	}
}

// A client that takes a page slowly, or not at all, is given up, and one that takes it in time gets the whole; deadlines of one answer
// are not the next one's.
func TestDeafReader(t *testing.T) {
	big := strings.Repeat("x", 32<<20)
	ended := make(chan error, 4)
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := io.WriteString(w, big)
		ended <- err
	})
	web := open(t, Options{Inspector: slow, Limits: Limits{EventWrite: time.Second}})
	if res, body := ask(t, "GET", web.URL+"/inspect/", ""); res.StatusCode != 200 || len(body) != len(big) || <-ended != nil {
		t.Errorf("whole: %d, %d bytes", res.StatusCode, len(body))
	}
	time.Sleep(1100 * time.Millisecond) // the connection is kept
	if res, _ := ask(t, "GET", web.URL+"/version", ""); res.StatusCode != 200 {
		t.Errorf("later: %d", res.StatusCode)
	}
	raw(t, web.URL, "GET /inspect/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	select {
	case err := <-ended:
		if err == nil {
			t.Error("32 MiB went into a connection that nobody reads")
		}
	case <-time.After(20 * time.Second):
		t.Error("the answer is still being written")
	}
}
