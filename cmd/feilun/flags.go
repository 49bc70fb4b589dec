package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/tokenize"
	"feilun/train"

	"github.com/alecthomas/kong"
)

// list adds to a list: a flag that is given several times collects.
func list(ctx *kong.DecodeContext, target reflect.Value) error {
	t, err := ctx.Scan.PopValue("list")
	if err != nil {
		return err
	}
	var more params.List
	if err := more.UnmarshalText([]byte(t.String())); err != nil {
		return err
	}
	target.Set(reflect.AppendSlice(target, reflect.ValueOf(more)))
	return nil
}

// hideOthers leaves flags out of the help of verbs that share a struct of parameters and refuse
// those that are another verb's.
func hideOthers(root *kong.Node) {
	packs, trains := tokenizePacks[:], tokenizeTrains[:]
	hidden := map[string][]string{"sft": {"beta"}}
	for _, name := range params.Names(&tokenize.Params{}) {
		if !slices.Contains(packs, name) {
			hidden["pack"] = append(hidden["pack"], name)
		}
		if !slices.Contains(trains, name) {
			hidden["train"] = append(hidden["train"], name)
		}
	}
	for _, node := range root.Leaves(false) {
		if parent := node.Parent.Name; parent != "tokenize" && node.Name != "sft" {
			continue
		}
		for _, f := range node.Flags {
			f.Hidden = f.Hidden || slices.Contains(hidden[node.Name], f.Name)
		}
	}
}

// noBeta refuses a parameter of learning from preferences, which would do nothing.
func noBeta(p *train.TuneParams) error {
	var usual train.TuneParams
	if err := params.Fill(&usual); err != nil {
		panic(err) // a default tag is wrong
	}
	if p.Beta != usual.Beta {
		return hint.Usage(hint.With(errors.New("--beta has no effect here"), "it is a parameter of feilun train dpo"))
	}
	return nil
}

// withDefault is a flag's help; where a placeholder stands for the value, it ends with the default.
func withDefault(v *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(v)
	if v.Flag == nil || v.Flag.PlaceHolder == "" || v.Default == "" || v.IsBool() || strings.Contains(help, "default") {
		return help
	}
	return fmt.Sprintf("%s (%s by default).", strings.TrimSuffix(help, "."), v.Default)
}
