package serve

import (
	"strings"
	"testing"
	"time"
)

// A stream that has nothing to say yet begins all the same, with comments that keep it open.
func TestPing(t *testing.T) {
	g, err := NewScripted(strings.NewReader(`{"match":"late","text":"x","wait_ms":400}` + "\n" + `{"match":"never","wait_ms":400,"text":"x","error":{"status":502,"message":"gone"}}`))
	if err != nil {
		t.Fatal(err)
	}
	web := open(t, Options{Generator: g, Limits: Limits{Ping: 50 * time.Millisecond}})
	res, body := ask(t, "POST", web.URL+"/v1/chat/completions", `{"stream":true,"messages":[{"role":"user","content":"late"}]}`)
	role, ping, text := strings.Index(body, `"role":"assistant"`), strings.Index(body, "\n\n: ping\n\n"), strings.Index(body, `"content":"x"`)
	if res.StatusCode != 200 || role < 0 || ping < role || text < ping || !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if res, body := ask(t, "POST", web.URL+"/v1/completions", `{"prompt":"never"}`); res.StatusCode != 502 || strings.Contains(body, "ping") {
		t.Errorf("an answer that is no stream: %d %s", res.StatusCode, body)
	}
}
