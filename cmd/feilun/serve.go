package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/search"
	"feilun/serve"
)

type serveCmd struct {
	Dir         string   `arg:"" optional:"" help:"A run's folder: its model/ and the index of its corpus/ are served. May be left out with --upstream, or with --model and --index."`
	Addr        string   `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on; port 0 takes a free one."`
	Model       string   `placeholder:"PATH" help:"Folder or GGUF file of the model; DIR/model by default. With --upstream: the name of its model, of several."`
	Upstream    string   `placeholder:"URL" help:"Server of OpenAI's form that generates: vLLM, llama.cpp, Ollama. DIR/model, where it is, is served as well."`
	UpstreamKey string   `placeholder:"KEY" env:"OPENAI_API_KEY" help:"Its key, if it wants one."`
	Index       string   `placeholder:"INDEX" help:"Folder of the search index; DIR/index by default, made from DIR/corpus where it is not there."`
	Searx       string   `placeholder:"URL" help:"SearXNG instance by which the live web is searched, such as http://127.0.0.1:8888; its settings must allow JSON. Questions asked of the web go to it."`
	Data        string   `placeholder:"DIR" help:"Folder for accounts, chats and feedback; DIR/serve by default. Without either they are kept until the server ends."`
	Host        []string `placeholder:"NAME" help:"Name that this server is reached by, such as chat.example; may be repeated."`
	Origin      []string `placeholder:"ORIGIN" help:"Origin of pages that may call the API, such as https://app.example; may be repeated."`
	MaxTokens   int      `placeholder:"N" help:"Tokens that an answer may have at most; by default what the context holds."`
	Parallel    int      `default:"64" placeholder:"N" help:"Answers that the model writes at once; others wait."`
	Queue       int      `default:"1024" placeholder:"N" help:"Requests that may wait; more are refused."`
	KVMemory    string   `name:"kv-memory" default:"1GiB" placeholder:"SIZE" help:"Memory for the model's keys and values."`
	heldWeights
	peopleFlags
	Log      string `placeholder:"FILE" help:"Write a line of JSON for each request, without what was asked; - for stderr."`
	Lang     string `help:"Language of messages: en or zh; by default from LANG."`
	JSON     bool   `help:"Print the address as a line of JSON."`
	Scripted string `hidden:"" placeholder:"FILE" help:"Answer by rules (lines of JSON) instead of a model: for tests of clients and of load."`

	say func(key string, args ...any) `kong:"-"`
}

// Help is shown below the flags.
func (*serveCmd) Help() string {
	return "The chat page is at /, the API that OpenAI's clients speak at /v1/. On an address of this machine alone there is no login until an account is made; any other address demands an admin first. Ctrl-C ends."
}

func (c *serveCmd) Run(a *app) (err error) {
	c.say = teller(a.stderr, c.Lang)
	defer func() { err = c.told(err) }()
	if err := c.check(); err != nil {
		return err
	}
	g, closeModels, err := c.generator(a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeModels()) }()
	found, closeIndex, err := c.searcher(a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeIndex()) }()
	if g == nil && found == nil && c.Searx == "" {
		return c.nothing()
	}
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return hint.With(err, "another program may listen there; --addr 127.0.0.1:0 takes a free port")
	}
	defer l.Close()
	log, closeLog, err := c.logger(a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	o, err := c.options(a, l, log)
	if err != nil {
		return err
	}
	if g != nil {
		o.Generator = g
	}
	if found != nil {
		o.Searcher, o.Titles = found, found.titles
	}
	h, closeInspector := c.inspector(a)
	defer closeInspector()
	if h != nil {
		o.Inspector, o.Report = h, filepath.Join(c.Dir, "report.html")
	}
	return c.serve(a, l, o)
}

// options are what the flags say, beside what generates and finds.
func (c *serveCmd) options(a *app, l net.Listener, log *slog.Logger) (o serve.Options, err error) {
	data, err := c.data()
	if err != nil {
		return o, err
	}
	o = serve.Options{Page: chatPage(), Data: data, Addr: l.Addr().String(), Hosts: lower(c.Host), Origins: c.Origin, Version: feilun.Version,
		Limits: serve.Limits{MaxTokens: c.MaxTokens}, Log: log, Token: func(token string) { c.say("token", openAt(l), token) }}
	if c.Searx != "" {
		o.Searx = c.Searx
		if o.ReadPage, err = webReader(); err != nil {
			return o, err
		}
	}
	return o, c.fill(&o)
}

// data returns the folder for accounts and chats, which it makes; "" for none.
func (c *serveCmd) data() (string, error) {
	dir := c.Data
	if dir == "" && c.Dir != "" {
		dir = filepath.Join(c.Dir, "serve")
	}
	if dir == "" {
		c.say("unkept")
		return "", nil
	}
	return dir, os.MkdirAll(dir, 0o700)
}

// serve answers until the context ends.
func (c *serveCmd) serve(a *app, l net.Listener, o serve.Options) error {
	s, err := serve.New(o)
	if err != nil {
		return err
	}
	url := openAt(l)
	if c.JSON {
		err = json.NewEncoder(a.stdout).Encode(map[string]string{"url": url})
	} else {
		_, err = fmt.Fprintln(a.stdout, url)
	}
	if err == nil {
		c.say("ready")
		err = s.Serve(a.ctx, l)
		c.say("ended")
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.Close())
}

func lower(names []string) (out []string) {
	for _, n := range names {
		out = append(out, strings.ToLower(n))
	}
	return out
}

func (c *serveCmd) check() error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return hint.Usage(hint.With(err, "give host and port, such as 127.0.0.1:8080"))
	}
	for _, h := range c.Host {
		if strings.ContainsAny(h, "/:") {
			return hint.Usage(hint.With(fmt.Errorf("--host %q is no name", h), "give it as in chat.example, without scheme and port"))
		}
	}
	for _, o := range c.Origin {
		scheme, host, ok := strings.Cut(o, "://")
		if !ok || scheme != "http" && scheme != "https" || host == "" || strings.Contains(host, "/") {
			return hint.Usage(hint.With(fmt.Errorf("--origin %q is no origin", o), "give it as in https://app.example, without a path"))
		}
	}
	return nil
}

// logger opens the log.
func (c *serveCmd) logger(a *app) (log *slog.Logger, done func() error, err error) {
	done = func() error { return nil }
	var w io.Writer
	switch c.Log {
	case "":
		return slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), done, nil
	case "-":
		w = a.stderr
	default:
		f, err := os.OpenFile(c.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, err
		}
		w, done = f, f.Close
	}
	return slog.New(slog.NewJSONHandler(w, nil)), done, nil
}

// searcher opens the index, which it makes where a run's corpus has none.
func (c *serveCmd) searcher(a *app) (found *indexSearcher, done func() error, err error) {
	done = func() error { return nil }
	dir := c.Index
	if dir == "" && c.Dir != "" {
		dir = filepath.Join(c.Dir, "index")
		corpus := filepath.Join(c.Dir, "corpus")
		switch {
		case fileExists(dir) && !fileExists(unfinished(dir)):
			if newer(corpus, filepath.Join(dir, "manifest.json")) {
				c.say("stale", c.corpus(), dir)
			}
		case !fileExists(corpus):
			return nil, done, nil
		default:
			if err := c.buildIndex(a, dir); err != nil {
				return nil, nil, err
			}
		}
	}
	if dir == "" {
		return nil, done, nil
	}
	x, err := search.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	return &indexSearcher{x}, x.Close, nil
}

// unfinished is a file beside an index that is being made: a server that was ended in it goes on when it is started again, and
// does not serve the part that is there.
func unfinished(dir string) string { return dir + ".part" }

// newer reports whether a file of a folder was written after another file.
func newer(dir, than string) bool {
	made, err := os.Stat(than)
	if err != nil {
		return false
	}
	entries, _ := os.ReadDir(dir) // none where there is no corpus any more
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		info, err := e.Info()
		return err == nil && info.ModTime().After(made.ModTime())
	})
}

// corpus is what the index is made of: a run's folder tells which of its files are the corpus.
func (c *serveCmd) corpus() string {
	if fileExists(filepath.Join(c.Dir, "stats.json")) {
		return c.Dir
	}
	return filepath.Join(c.Dir, "corpus")
}

func (c *serveCmd) buildIndex(a *app, dir string) error {
	if err := os.WriteFile(unfinished(dir), nil, 0o666); err != nil {
		return err
	}
	c.say("indexing", dir)
	var p search.Params
	if err := params.Fill(&p); err != nil {
		panic(err) // a default tag is wrong
	}
	meter := progress.New(a.stderr, "indexing", 0, progress.Count("document"))
	last := 0
	docs := readDocs(a, []string{c.corpus()})
	_, err := search.Update(a.ctx, dir, p, func(each func(*feilun.Doc) error) error { return docs(each) }, runtime.GOMAXPROCS(0),
		func(n int) { meter.Add(int64(n - last)); last = n })
	meter.Close()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.stderr, "feilun: hint: the same command goes on where it stopped")
	}
	if err == nil {
		err = os.Remove(unfinished(dir))
	}
	return err
}
