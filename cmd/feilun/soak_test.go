package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"feilun/internal/openai"
)

// soakTime is how long servers are put under load: a moment, or FEILUN_SOAK, such as 5m.
func soakTime(t *testing.T) (d time.Duration, asked bool) {
	text := os.Getenv("FEILUN_SOAK")
	if text == "" {
		return time.Second, false
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d, true
}

// soakWant is what soakScript answers to a question.
const soakParts = 20

func soakWant(question string) string {
	var b strings.Builder
	for n := range soakParts {
		fmt.Fprintf(&b, "%s 第%d句。", question, n)
	}
	return b.String()
}

// Many streams at once, direct and through another server: no token is lost or comes to
// somebody else, and the memory does not grow.
func TestSoak(t *testing.T) {
	d, asked := soakTime(t)
	streams := 40
	if asked {
		streams = 200
	}
	script := filepath.Join(t.TempDir(), "script.jsonl")
	putFile(t, script, []byte(fmt.Sprintf(`{"text":"{{last}} 第{{n}}句。","repeat":%d,"piece":9,"delay_ms":25}`, soakParts)))
	direct := serveProgram(t, "--scripted", script)
	passed := serveProgram(t, "--upstream", direct.url)
	ctx, stop := context.WithTimeout(t.Context(), d)
	defer stop()
	var group sync.WaitGroup
	var whole, left atomic.Int64
	for i := range streams {
		group.Go(func() {
			url := direct.url
			if i%4 == 3 {
				url = passed.url
			}
			c := openai.NewClient(url, "", time.Minute)
			for round := 0; ctx.Err() == nil && !t.Failed(); round++ {
				if question := fmt.Sprintf("[%d/%d]", i, round); (i+round)%10 == 9 {
					soakLeave(t, c, question)
					left.Add(1)
				} else {
					soakAsk(t, c, question)
					whole.Add(1)
				}
			}
		})
	}
	sizes := watchMemory(ctx, d/40, direct, passed)
	group.Wait()
	t.Logf("%v: %d streams at once, %d answers compared, %d left in their middle", d, streams, whole.Load(), left.Load())
	for i, s := range []*served{direct, passed} {
		waitIdle(t, s)
		checkMemory(t, sizes[i], d)
	}
}

func soakAsk(t *testing.T, c *openai.Client, question string) {
	var text strings.Builder
	end, err := c.Chat(t.Context(), soakRequest(question), func(p openai.Part) error { text.WriteString(p.Text); return nil })
	if want := soakWant(question); err != nil || text.String() != want || end.Finish != "stop" || end.Usage == nil || end.Usage.Completion != len([]rune(want)) {
		t.Errorf("%s: %q, %+v, %v", question, text.String(), end, err)
	}
}

// soakLeave leaves in the middle of an answer, which is right as far as it goes.
func soakLeave(t *testing.T, c *openai.Client, question string) {
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	text := ""
	_, err := c.Chat(ctx, soakRequest(question), func(p openai.Part) error {
		if text += p.Text; len(text) > 60 {
			leave()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || !strings.HasPrefix(soakWant(question), text) {
		t.Errorf("%s, left: %q, %v", question, text, err)
	}
}

func soakRequest(question string) *openai.ChatRequest {
	return &openai.ChatRequest{Model: "scripted", Messages: []openai.Message{{Role: "user", Content: openai.Content{Text: question}}}}
}

// waitIdle waits until a server generates nothing any more.
func waitIdle(t *testing.T, s *served) {
	for range 400 {
		if strings.Contains(getText(t, s.url+"metrics"), "\nfeilun_serve_generations_running 0\n") {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Errorf("answers are still being generated that nobody waits for:\n%s", getText(t, s.url+"metrics"))
}

var residentLine = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// watchMemory reads how much memory programs have in RAM, in bytes, until ctx ends. Where the system
// does not tell, there is nothing.
func watchMemory(ctx context.Context, every time.Duration, all ...*served) [][]int {
	sizes := make([][]int, len(all))
	for {
		for i, s := range all {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
			if m := residentLine.FindSubmatch(b); err == nil && m != nil {
				kb, _ := strconv.Atoi(string(m[1])) // digits
				sizes[i] = append(sizes[i], kb<<10)
			}
		}
		select {
		case <-ctx.Done():
			return sizes
		case <-time.After(every):
		}
	}
}

// checkMemory compares the second quarter of a run with the last one.
func checkMemory(t *testing.T, sizes []int, d time.Duration) {
	n := len(sizes) / 4
	if n == 0 {
		return
	}
	median := func(x []int) int { x = slices.Sorted(slices.Values(x)); return x[len(x)/2] }
	early, late := median(sizes[n:2*n]), median(sizes[3*n:])
	t.Logf("memory: %.1f MiB in the second quarter, %.1f MiB in the last", float64(early)/(1<<20), float64(late)/(1<<20))
	if d >= 30*time.Second && late > early*5/4+(16<<20) {
		t.Errorf("memory grows: %d bytes, then %d", early, late)
	}
}

// A model server that cuts, mangles, or stops in the middle harms nobody but who asks it:
// each gets an error, and the others their answers.
func TestSoakUpstream(t *testing.T) {
	d, _ := soakTime(t)
	bad := httptest.NewServer(http.HandlerFunc(badUpstream))
	defer bad.Close()
	s := serveProgram(t, "--upstream", bad.URL)
	ctx, stop := context.WithTimeout(t.Context(), d/2)
	defer stop()
	var group sync.WaitGroup
	var n atomic.Int64
	for i, kind := range []string{"cut", "malformed", "error", "refuse", "slow", "good", "good", "flood"} {
		group.Go(func() {
			c := openai.NewClient(s.url, "", time.Minute)
			for round := 0; round == 0 || ctx.Err() == nil && !t.Failed(); round++ {
				text := ""
				end, err := c.Chat(t.Context(), soakRequest(kind), func(p openai.Part) error { text += p.Text; return nil })
				n.Add(1)
				ok := kind == "slow" || kind == "good" || kind == "flood"
				if ok != (err == nil) || ok && (end.Finish != "stop" || !strings.HasSuffix(text, "end")) {
					t.Errorf("%d %s: %.80q, %+v, %v", i, kind, text, end, err)
				}
				if _, ours := errors.AsType[*openai.Error](err); err != nil && !ours {
					t.Errorf("%d %s: it is no error of the API: %v", i, kind, err)
				}
			}
		})
	}
	group.Wait()
	waitIdle(t, s)
	t.Logf("%v: %d answers of a bad model server", d/2, n.Load())
}

func badUpstream(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/models" {
		io.WriteString(w, `{"data":[{"id":"scripted"}]}`)
		return
	}
	b, _ := io.ReadAll(r.Body)
	piece := func(text string) {
		fmt.Fprintf(w, "data: {\"choices\":[{\"delta\":{\"content\":%q}}]}\n\n", text)
		w.(http.Flusher).Flush()
	}
	end := func() {
		piece("end")
		io.WriteString(w, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	}
	switch body := string(b); {
	case strings.Contains(body, `"cut"`):
		piece("a")
		panic(http.ErrAbortHandler)
	case strings.Contains(body, `"malformed"`):
		piece("a")
		io.WriteString(w, "data: {\"choices\":[{\"del\n\n")
	case strings.Contains(body, `"error"`):
		piece("a")
		io.WriteString(w, "data: {\"error\":{\"message\":\"out of memory\"}}\n\n")
	case strings.Contains(body, `"refuse"`):
		w.WriteHeader(http.StatusInternalServerError)
	case strings.Contains(body, `"slow"`):
		for range 5 {
			piece("slow ")
			time.Sleep(100 * time.Millisecond)
		}
		end()
	case strings.Contains(body, `"flood"`):
		for range 500 {
			piece("flood ")
		}
		end()
	default:
		end()
	}
}
