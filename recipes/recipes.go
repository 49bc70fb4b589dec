// Package recipes holds the recipes that ship with the program, one YAML file
// each. Names of published recipes are frozen: a change of meaning is a new
// name. Read them through pipeline.Load, which knows what the keys mean.
package recipes

import "embed"

// Files holds NAME.yaml for every shipped recipe.
//
//go:embed *.yaml
var Files embed.FS
