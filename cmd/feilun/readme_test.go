package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"feilun/internal/sample"
	"feilun/internal/testkit"
)

// TestDocsCommands runs the commands that README and docs show, document by
// document in order, each document in a folder of its own, and compares what
// they print with what the document says.
//
// Blocks of sh hold commands, blocks of console commands behind "$ " with
// their output. Lines that call feilun or "go run ./cmd/feilun" are run by a
// shell. A block of yaml that begins with "# NAME.yaml" is written to that
// file first. A command must succeed, unless the output shown has an error of
// feilun. Times, sizes in bytes and speeds may differ from what is shown; "…"
// stands for anything, alone on a line for any lines. With -update the output
// shown is replaced where it differs in more than times and holds no "…".
func TestDocsCommands(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no shell")
	}
	root := testkit.Root(t)
	names := []string{"README.md", "README.zh.md", "CONTRIBUTING.md", "docs/*.md", "docs/*/*.md"}
	for _, pattern := range names {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil || pattern == "README.md" && len(files) != 1 {
			t.Fatal(err, files)
		}
		for _, file := range files {
			name, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if testing.Short() || !hasCommand(string(text)) {
				continue
			}
			t.Run(filepath.ToSlash(name), func(t *testing.T) {
				t.Parallel()
				got := newSession(t).document(t, string(text))
				if *update && got != string(text) {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

// A session is a folder with what a reader of a document has: the program, and
// some data.
type session struct {
	dir string
	env []string
}

// docsJSONL stands for a reader's own documents.
const docsJSONL = `{"id":"mill","url":"http://pell.example/mill","text":"The river froze early that year, and the mill stood still until March. Nobody in the village could remember such a winter, and the baker ran out of flour in the second week. When the ice broke, it took the old bridge with it. The council met the same night and could not agree on who should pay for a new one."}
{"id":"copy","url":"http://mirror.example/1","text":"The river froze early that year, and the mill stood still until March. Nobody in the village could remember such a winter, and the baker ran out of flour in the third week. When the ice broke, it took the old bridge with it. The council met the same night and could not agree on who should pay for a new one."}
{"id":"short","url":"http://pell.example/","text":"Welcome to Pell."}
{"id":"茶","url":"http://cha.example/1","text":"那年的春茶采得很晚。山上一直下雨，老茶农说鲜叶里水太重，摊了一夜才敢下锅。第二天太阳出来，村里的人都上了山，采到天黑才回家。后来他们把这批茶留给了自己喝，说味道虽然淡，却很干净，像那个春天一样。过了清明，雨终于停了，城里的客人又沿着山路找了上来。"}
`

const millPage = `<!doctype html><html lang="en"><head><title>The mill at Pell</title>
<meta property="article:published_time" content="2019-03-04T10:00:00Z"></head>
<body><nav><a href="/">Home</a> <a href="/about">About</a></nav>
<article><h1>The mill at Pell</h1>
<p>The river froze early that year, and the mill stood still until March. Nobody in the village could
remember such a winter, and the baker ran out of flour in the second week.</p>
<p>When the ice broke, it took the old bridge with it. The council met the same night.</p></article>
<footer>© Example</footer></body></html>
`

func newSession(t *testing.T) session {
	t.Helper()
	s := session{dir: t.TempDir()}
	for name, text := range map[string]string{
		"docs.jsonl": docsJSONL, "pages/mill.html": millPage, "crawl/sample.warc.gz": string(sample.WARC()),
		// The program is this test binary, which TestMain turns into feilun.
		"bin/feilun": fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asProgram, os.Args[0]),
	} {
		file := filepath.Join(s.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.env = append(os.Environ(), "PATH="+filepath.Join(s.dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+s.dir, "LANG=C.UTF-8")
	return s
}

var (
	block   = regexp.MustCompile("(?ms)^```(sh|console|yaml)\n(.*?)^```$")
	program = regexp.MustCompile(`(^|\| *)(go run \./cmd/feilun|feilun) `)
	file    = regexp.MustCompile(`^# ([\w-]+\.yaml)\n`)
	// Lines of figures that differ from run to run, which -update leaves alone.
	timed = regexp.MustCompile(`(?m)^.*\d ?(m?s|workers?)\b.*$`)
	// Figures that differ between runs and machines, or with every change of
	// what is cut from a page.
	varying = regexp.MustCompile(`[\d.,]+ ?(?:m?(s)|[kM]?(B)|(GB|GiB|pages/s)|(worker)s?)\b`)
)

func hasCommand(text string) bool {
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		for _, line := range strings.Split(m[2], "\n") {
			if m[1] != "yaml" && program.MatchString(strings.TrimPrefix(line, "$ ")) {
				return true
			}
		}
	}
	return false
}

// document runs a document's blocks and returns the document with the output
// its commands really have.
func (s session) document(t *testing.T, text string) string {
	return block.ReplaceAllStringFunc(text, func(whole string) string {
		m := block.FindStringSubmatch(whole)
		switch m[1] {
		case "yaml":
			if f := file.FindStringSubmatch(m[2]); f != nil {
				if err := os.WriteFile(filepath.Join(s.dir, f[1]), []byte(m[2]), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		case "sh":
			for _, line := range strings.Split(m[2], "\n") {
				if program.MatchString(line) {
					s.run(t, line, "")
				}
			}
		case "console":
			return "```console\n" + s.console(t, m[2]) + "```"
		}
		return whole
	})
}

// console runs the commands of one block and returns it with their real output.
func (s session) console(t *testing.T, text string) string {
	var b strings.Builder
	for _, part := range strings.Split("\n"+text, "\n$ ")[1:] {
		command, shown, _ := strings.Cut(part, "\n")
		shown = strings.TrimRight(shown, "\n")
		got := shown
		if program.MatchString(command) {
			got = s.run(t, command, shown)
		}
		b.WriteString("$ " + command + "\n")
		if strings.Contains(shown, "…") || alike(shown, got) && (!*update || timed.ReplaceAllString(shown, "") == timed.ReplaceAllString(got, "")) {
			got = shown
		}
		if got != "" {
			b.WriteString(got + "\n")
		}
	}
	return b.String()
}

func (s session) run(t *testing.T, command, shown string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", strings.ReplaceAll(command, "go run ./cmd/feilun ", "feilun "))
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	got := trimEnds(strings.TrimRight(string(out), "\n"))
	if fails := strings.Contains(shown, "feilun: error:"); (err != nil) != fails {
		t.Errorf("$ %s\n%s\n%v, though the document shows failure = %v", command, got, err, fails)
	}
	if shown != "" && !alike(shown, got) && (!*update || strings.Contains(shown, "…")) {
		t.Errorf("$ %s\nprints\n%s\n\nthe document shows\n%s\n\n(where no … stands in it: go test ./cmd/feilun -run TestDocsCommands -update)", command, got, shown)
	}
	return got
}

// trimEnds takes the blanks off the ends of lines, which editors do too.
func trimEnds(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.Join(lines, "\n")
}

// alike reports whether output is what a document shows.
func alike(shown, got string) bool {
	var p strings.Builder
	for i, line := range strings.Split(varying.ReplaceAllString(trimEnds(shown), "# $1$2$3$4"), "\n") {
		if i > 0 {
			p.WriteString("\n")
		}
		p.WriteString(strings.ReplaceAll(regexp.QuoteMeta(strings.Join(strings.Fields(line), " ")), "…", `[^\n]*`))
		if strings.TrimSpace(line) == "…" {
			p.WriteString(`(\n[^\n]*)*`)
		}
	}
	var out []string
	for _, line := range strings.Split(varying.ReplaceAllString(got, "# $1$2$3$4"), "\n") {
		out = append(out, strings.Join(strings.Fields(line), " "))
	}
	return regexp.MustCompile("^" + p.String() + "$").MatchString(strings.Join(out, "\n"))
}

// TestAlike holds the comparison to what a reader would call the same.
func TestAlike(t *testing.T) {
	for _, tt := range []struct {
		shown, got string
		want       bool
	}{
		{"a 3", "a 3", true},
		{"a 3", "a 4", false},
		{"took 1.2 s, 30.1 kB", "took 870ms, 1.0 kB", true},
		{"took 1.2 s, 30.1 kB", "took 8 s, 1 kB", true},
		{"a\n…\nd", "a\nb\nc\nd", true},
		{"a …", "a b c", true},
		{"a …", "a\nb", false},
		{"a\nb", "a\nb\nc", false},
	} {
		if got := alike(tt.shown, tt.got); got != tt.want {
			t.Errorf("alike(%q, %q) = %v", tt.shown, tt.got, got)
		}
	}
}
