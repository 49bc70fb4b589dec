package main

import (
	"encoding/json"
	"fmt"
	"runtime"

	"feilun"
)

type versionCmd struct {
	JSON bool `help:"Print as a line of JSON."`
}

func (c *versionCmd) Run(a *app) error {
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]string{"version": feilun.Version, "go": runtime.Version()})
	}
	_, err := fmt.Fprintf(a.stdout, "feilun %s (%s)\n", feilun.Version, runtime.Version())
	return err
}
