package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// TestInspectInterrupted starts the program, talks to it, and ends it as Ctrl-C
// does: it ends at once and calls that no failure.
func TestInspectInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no interrupts between processes")
	}
	dir := t.TempDir()
	if code := run([]string{"run", "tiny", "--out", dir, "--workers", "1"}, strings.NewReader(""), io.Discard, io.Discard); code != 0 {
		t.Fatal(code)
	}
	cmd := exec.Command(os.Args[0], "inspect", dir, "--no-open", "--json")
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		cmd.Wait()
		t.Fatal(err, stderr.String())
	}
	var told struct{ URL string }
	if err := json.Unmarshal(line, &told); err != nil {
		t.Fatal(err)
	}
	base, token, ok := strings.Cut(told.URL, "/#token=")
	if !ok || !strings.HasPrefix(base, "http://127.0.0.1:") || len(token) < 20 {
		t.Errorf("address %q", told.URL)
	}
	body, err := json.Marshal(map[string]string{"token": token})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(base+"/api/session", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("session: %s", res.Status)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after an interrupt: %v, %s", err, stderr.String())
	}
}
