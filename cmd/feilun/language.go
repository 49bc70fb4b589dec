package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/language"
)

type languageCmd struct {
	JSON  bool   `help:"Print lines of JSON: language, script, confidence."`
	Model string `placeholder:"FILE" help:"A fastText model (.bin or .ftz) instead of the built-in one."`
}

// Run prints one line for each line of standard input, blank ones too.
func (c *languageCmd) Run(a *app) error {
	s, err := language.New(language.Params{Model: c.Model})
	if err != nil {
		return hint.With(hint.Usage(err), "--model takes a fastText .bin or .ftz file; without it the built-in model is used")
	}
	in, out := bufio.NewReaderSize(a.stdin, 1<<16), bufio.NewWriter(a.stdout)
	enc := json.NewEncoder(out)
	for {
		text, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if text == "" {
			return out.Flush()
		}
		d := feilun.Doc{Text: strings.TrimRight(text, "\r\n")}
		s.Check(&d)
		if c.JSON {
			err = enc.Encode(language.Result{Language: d.Language, Script: d.Script, Confidence: d.Confidence})
		} else {
			_, err = fmt.Fprintf(out, "%s\t%s\t%.4f\n", d.Language, d.Script, d.Confidence)
		}
		if err != nil {
			return err
		}
		if in.Buffered() == 0 { // whoever writes line by line gets answers line by line
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}
