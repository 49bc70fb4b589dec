package serve

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// ceaseless writes until nobody waits for it.
type ceaseless struct {
	*Scripted
	pieces atomic.Int64
	ended  chan time.Time
}

func (e *ceaseless) Generate(ctx context.Context, _ *Request, emit func(Piece) error) (Result, error) {
	defer func() { e.ended <- time.Now() }()
	for {
		select {
		case <-ctx.Done():
			return Result{}, ctx.Err()
		case <-time.After(time.Millisecond):
		}
		e.pieces.Add(1)
		if err := emit(Piece{Text: "x"}); err != nil {
			return Result{}, err
		}
	}
}

// A client that leaves ends its generation: streamed or not, however it is asked.
func TestCancel(t *testing.T) {
	g := &ceaseless{Scripted: scripted(t), ended: make(chan time.Time, 1)}
	web := open(t, Options{Generator: g})
	for _, tt := range []struct{ path, body string }{
		{"chat/completions", `{"stream":true,"messages":[{"role":"user","content":"x"}]}`},
		{"chat/completions", `{"messages":[{"role":"user","content":"x"}]}`},
		{"completions", `{"stream":true,"prompt":"x"}`},
		{"responses", `{"stream":true,"input":"x"}`},
		{"responses", `{"input":"x"}`},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "POST", web.URL+"/v1/"+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		before := g.pieces.Load()
		go func() {
			if res, err := http.DefaultClient.Do(r); err == nil {
				bufio.NewReader(res.Body).ReadString(0) // until it is cut
				res.Body.Close()
			}
		}()
		for g.pieces.Load() < before+5 {
			time.Sleep(time.Millisecond)
		}
		left, written := time.Now(), g.pieces.Load()
		cancel()
		select {
		case at := <-g.ended:
			t.Logf("%s: ended %v and %d pieces after the client left", tt.path, at.Sub(left).Round(100*time.Microsecond), g.pieces.Load()-written)
		case <-time.After(20 * time.Second):
			t.Fatalf("%s %s: the generation goes on", tt.path, tt.body)
		}
	}
}
