package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A served program is feilun serve in a process of its own.
type served struct {
	url string // ends in /
	cmd *exec.Cmd

	mu     sync.Mutex
	stderr bytes.Buffer
}

// Write keeps what the program says.
func (s *served) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stderr.Write(b)
}

func (s *served) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stderr.String()
}

// serveProgram starts feilun serve on a free port and waits for its address.
func serveProgram(t *testing.T, args ...string) *served {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &served{}
	s.cmd = exec.Command(exe, append([]string{"serve", "--addr", "127.0.0.1:0", "--json"}, args...)...)
	s.cmd.Env = append(os.Environ(), asProgram+"=1", "LANG=C.UTF-8")
	s.cmd.Stderr = s
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			s.cmd.Process.Kill()
			s.cmd.Wait()
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var address struct{ URL string }
	if err == nil {
		err = json.Unmarshal(line, &address)
	}
	if err != nil {
		s.cmd.Wait()
		t.Fatalf("the server did not start: %v\n%s", err, s.said())
	}
	s.url = address.URL
	return s
}

// end stops the program as Ctrl-C does and returns how it ended.
func (s *served) end(t *testing.T) error {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	return s.cmd.Wait()
}

func getText(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A folder with a model and a corpus is served; its index is made, and found the next time.
func TestServeFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tea-1")
	for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json"} {
		b, err := os.ReadFile(filepath.Join("testdata", "model", name))
		if err != nil {
			t.Fatal(err)
		}
		putFile(t, filepath.Join(dir, "model", name), b)
	}
	putFile(t, filepath.Join(dir, "corpus", "docs.jsonl"), []byte(`{"id":"cha","url":"https://cha.example/1","title":"绿茶的制作","text":"绿茶在采摘后不久即杀青。"}`+"\n"))
	s := serveProgram(t, dir, "--lang", "zh", "--log", filepath.Join(dir, "log"))
	if models := getText(t, s.url+"v1/models"); !strings.Contains(models, `"id":"tea-1"`) {
		t.Errorf("models: %s", models)
	}
	res, err := http.Post(s.url+"v1/completions", "application/json", strings.NewReader(`{"model":"tea-1","prompt":"SECRET","max_tokens":4,"logprobs":1}`))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != 200 || !strings.Contains(string(b), `"token_logprobs":[-`) {
		t.Errorf("completion: %d %s", res.StatusCode, b)
	}
	if err := s.end(t); err != nil {
		t.Errorf("after a signal: %v", err)
	}
	if said := s.said(); !strings.Contains(said, "正在为语料建立检索索引") || !strings.Contains(said, "服务已结束") {
		t.Errorf("it said:\n%s", said)
	}
	log, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil || !bytes.Contains(log, []byte(`"route":"POST /v1/completions","status":200`)) || bytes.Contains(log, []byte("SECRET")) {
		t.Errorf("log: %s (%v)", log, err)
	}
	// A server that was killed while it made the index goes on; one whose corpus is newer says so.
	putFile(t, filepath.Join(dir, "index.part"), nil)
	half := serveProgram(t, dir)
	if said := half.said(); !strings.Contains(said, "making a search index") || fileExists(filepath.Join(dir, "index.part")) {
		t.Errorf("the index was not made to its end:\n%s", said)
	}
	if err := half.end(t); err != nil {
		t.Error(err)
	}
	future := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "corpus", "docs.jsonl"), future, future); err != nil {
		t.Fatal(err)
	}
	again := serveProgram(t, dir)
	if said := again.said(); strings.Contains(said, "making a search index") || !strings.Contains(said, "the corpus was written after its index") {
		t.Errorf("the index was made again:\n%s", said)
	}
	if err := again.end(t); err != nil {
		t.Error(err)
	}
}

func putFile(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// A server that is told to end lets streams end that do so soon, and cuts the others.
func TestServeEndsStreams(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script.jsonl")
	putFile(t, script, []byte(`{"match":"short","text":"0123456789","piece":1,"delay_ms":50}`+"\n"+`{"match":"endless","text":"x","repeat":8000,"piece":1,"delay_ms":20}`+"\n"))
	s := serveProgram(t, "--scripted", script)
	stream := func(question string) *bufio.Reader {
		res, err := http.Post(s.url+"v1/chat/completions", "application/json", strings.NewReader(`{"stream":true,"messages":[{"role":"user","content":"`+question+`"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		r := bufio.NewReader(res.Body)
		if _, err := r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		return r
	}
	short, endless := stream("short"), stream("endless")
	began := time.Now()
	if err := s.end(t); err != nil {
		t.Errorf("it ended with %v", err)
	}
	t.Logf("ended after %v", time.Since(began))
	if b, err := io.ReadAll(short); err != nil || !strings.Contains(string(b), "[DONE]") {
		t.Errorf("the short stream: %v, %s", err, b)
	}
	if b, err := io.ReadAll(endless); err == nil && strings.Contains(string(b), `"finish_reason":"stop"`) {
		t.Error("the endless stream ended as if it were done")
	}
}

// A server on all addresses says where it is opened and where its first admin is made, and that its model server does not answer.
func TestServeEverywhere(t *testing.T) {
	s := serveProgram(t, "--addr", "0.0.0.0:0", "--upstream", "http://127.0.0.1:1/v1", "--lang", "en")
	if !strings.HasPrefix(s.url, "http://localhost:") || !strings.Contains(s.said(), "at "+s.url+"#/setup/") {
		t.Errorf("opened at %s:\n%s", s.url, s.said())
	}
	if !strings.Contains(s.said(), "the model server http://127.0.0.1:1/v1 does not answer yet (dial tcp") {
		t.Errorf("it said:\n%s", s.said())
	}
	if err := s.end(t); err != nil {
		t.Error(err)
	}
}

// Every hint that is told in Chinese is one that the sources give.
func TestServeHints(t *testing.T) {
	var all []byte
	for _, pattern := range []string{"*.go", "../../search/*.go", "../../serve/*.go", "../../internal/store/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name == "serve_text.go" {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b...)
		}
	}
	for en := range serveHints {
		if !bytes.Contains(all, []byte(strconv.Quote(en))) {
			t.Errorf("no error has the hint %q", en)
		}
	}
}
