package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// asVictim in the environment makes the test binary a process that writes into the named database until it is killed.
const asVictim = "FEILUN_TEST_STORE_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(asVictim); path != "" {
		victim(path)
	}
	os.Exit(m.Run())
}

// victim has eight users who ask, get answers piece by piece, and rate them. A line is printed when a write was acknowledged:
// kind, id, text.
func victim(path string) {
	s, err := OpenServer(path)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var mu sync.Mutex
	say := func(words ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(words...)
	}
	ctx := context.Background()
	for u := range 8 {
		go func() {
			c, err := s.AddChat(ctx, "ann", "", false, "")
			for i := 0; err == nil; i++ {
				q := &Message{ID: s.NewID(), Role: "user", State: Done, Text: fmt.Sprintf("q-%d-%d", u, i)}
				a := &Message{Role: "assistant", State: Running, Parent: q.ID}
				if _, _, err = s.AddMessages(ctx, "ann", "key-"+q.ID, c.ID, []*Message{q, a}); err != nil {
					break
				}
				say("message", q.ID, q.Text)
				say("message", a.ID, "-")
				for range 20 {
					a.Text += "piece."
					s.Checkpoint(*a)
				}
				a.State = Done
				if err = s.FinishMessage(ctx, a); err != nil {
					break
				}
				say("finished", a.ID, a.Text)
				if _, err = s.Rate(ctx, "ann", a.ID, &Rating{Value: 1, Text: q.Text}); err != nil {
					break
				}
				say("rated", a.ID, q.Text)
			}
			say("error", err)
		}()
	}
	select {}
}

// kills is how often processes are killed: 5, or FEILUN_KILLS.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("FEILUN_KILLS")); err == nil {
		return n
	}
	return 5
}

// TestKill kills a process that writes, at random moments, and finds everything that was acknowledged.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feilun.db")
	acknowledged, most := map[string]string{}, 400
	if testing.Short() {
		most = 60
	}
	for try := range kills() {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), asVictim+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		after := 1 + rand.IntN(most) // acknowledged writes
		lines := bufio.NewScanner(out)
		seen := 0
		for lines.Scan() {
			kind, rest, _ := strings.Cut(lines.Text(), " ")
			id, text, _ := strings.Cut(rest, " ")
			if kind == "error" {
				t.Error(rest)
			}
			if text != "" {
				acknowledged[kind+" "+id] = text
			}
			if seen++; seen == after {
				time.Sleep(time.Duration(rand.IntN(5000)) * time.Microsecond)
				cmd.Process.Kill()
			}
		}
		cmd.Wait()
		checkKilled(t, path, acknowledged, try)
	}
	t.Logf("%d kills, %d acknowledged writes", kills(), len(acknowledged))
}

func checkKilled(t *testing.T, path string, acknowledged map[string]string, try int) {
	t.Helper()
	s, err := OpenServer(path)
	if err != nil {
		t.Fatalf("kill %d: %v", try, err)
	}
	defer s.Close()
	for what, text := range acknowledged {
		kind, id, _ := strings.Cut(what, " ")
		m, err := s.Message(t.Context(), "ann", id)
		switch {
		case err != nil:
			t.Errorf("kill %d: %s: %v", try, what, err)
		case m.State == Running:
			t.Errorf("kill %d: %s is still running", try, what)
		case kind == "message" && text != "-" && m.Text != text, kind == "finished" && (m.Text != text || m.State != Done):
			t.Errorf("kill %d: %s is %q (%s), want %q", try, what, m.Text, m.State, text)
		case kind == "rated" && (m.Rating == nil || m.Rating.Text != text):
			t.Errorf("kill %d: %s is %+v", try, what, m.Rating)
		}
	}
	if err := Check(path); err != nil {
		t.Errorf("kill %d: %v", try, err)
	}
}
