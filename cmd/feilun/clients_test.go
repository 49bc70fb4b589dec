package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"feilun/internal/testkit"
)

// Real clients of OpenAI's API run their scenarios against the program: make clients.
func TestClients(t *testing.T) {
	if os.Getenv("FEILUN_CLIENTS") == "" {
		t.Skip("clients are not asked for: make clients installs and runs them")
	}
	root := testkit.Root(t)
	js, python := filepath.Join(root, "clients", "js"), filepath.Join(root, "clients", "python")
	script := filepath.Join(root, "serve", "testdata", "script.jsonl")
	for _, c := range []struct {
		name string
		need string // a file without which the client is not installed
		dir  string
		cmd  []string
	}{
		{"npm openai 6", filepath.Join(js, "node_modules/openai6"), js, []string{"node", "openai.mjs", "openai6"}},
		{"npm openai 7", filepath.Join(js, "node_modules/openai7"), js, []string{"node", "openai.mjs", "openai7"}},
		{"npm ai 6", filepath.Join(js, "node_modules/ai6"), js, []string{"node", "ai.mjs", "ai6", "compat2"}},
		{"npm ai 7", filepath.Join(js, "node_modules/ai7"), js, []string{"node", "ai.mjs", "ai7", "compat3"}},
		{"npm @langchain/openai", filepath.Join(js, "node_modules/@langchain/openai"), js, []string{"node", "langchain.mjs"}},
		{"Python openai", filepath.Join(python, ".venv/bin/python"), python, []string{".venv/bin/python", "scenarios.py"}},
		{"openai-go", "", filepath.Join(root, "clients", "go"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.need != "" && !fileExists(c.need) {
				t.Skipf("%s is not there: make clients installs it", c.need)
			}
			if c.cmd == nil {
				c.cmd = []string{buildGoClient(t, c.dir)}
			}
			runClient(t, c.dir, c.cmd, serveProgram(t, "--scripted", script).url)
		})
	}
}

// buildGoClient builds the module of the Go client, where it can be fetched.
func buildGoClient(t *testing.T, dir string) string {
	exe := filepath.Join(t.TempDir(), "client")
	fetch := exec.Command("go", "mod", "download")
	fetch.Dir = dir
	if out, err := fetch.CombinedOutput(); err != nil {
		t.Skipf("the Go client cannot be fetched: %v\n%s", err, out)
	}
	build := exec.Command("go", "build", "-o", exe, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// runClient runs scenarios, each of which prints a line.
func runClient(t *testing.T, dir string, args []string, url string) {
	if _, err := exec.LookPath(args[0]); err != nil && !filepath.IsAbs(args[0]) && args[0] == "node" {
		t.Skip("there is no node")
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "FEILUN_URL="+url)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	n := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); n++ {
		var line struct{ Scenario, Error string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Errorf("it printed %q", lines.Text())
		} else if line.Error != "" {
			t.Errorf("%s: %s", line.Scenario, line.Error)
		}
	}
	if n < 20 || err != nil {
		t.Errorf("%d scenarios; %v\n%s", n, err, stderr.Bytes())
	}
	t.Logf("%d scenarios", n)
}
