package main

import (
	"net/http"
	"path/filepath"

	"feilun/inspect"
)

// inspector shows the run in the folder that is served; nil where that is none.
func (c *serveCmd) inspector(a *app) (h http.Handler, done func()) {
	done = func() {}
	if c.Dir == "" || !fileExists(filepath.Join(c.Dir, "ledger")) {
		return nil, done
	}
	s, err := inspect.NewServer(c.Dir, (&inspectCmd{Dir: c.Dir}).tools(), func(string) {})
	if err != nil { // of no weight to those who chat
		c.say("uninspected", err)
		return nil, done
	}
	return s.Within(a.ctx)
}
