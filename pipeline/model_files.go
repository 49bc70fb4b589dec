package pipeline

import (
	"maps"
	"os"
	"slices"
	"strings"

	"feilun/evaluate"
	"feilun/internal/bpe"
	"feilun/internal/hint"
	"feilun/model"
)

// modelFiles reports files that vocabulary, training and evaluation name and that are not there
// or are none of their kind: before the run, not after the corpus and the training.
func (r *Recipe) modelFiles() error {
	files := map[string]string{}
	if r.Tokenize != nil {
		files["tokenize.tokenizer"] = r.Tokenize.Tokenizer
	}
	if r.Train != nil {
		files["train.init"], files["train.config"] = r.Train.Init, r.Train.Config
	}
	if e := r.Evaluate; e != nil {
		for _, text := range e.Text {
			_, files["evaluate.text "+text] = namedText(text)
		}
		if e.Data != "" {
			if err := evaluate.Present(e.Params(), e.Data); err != nil {
				return r.placed("evaluate.data", "evaluate", hint.With(err, "name the folder that holds the tasks' files as evaluate.data; feilun evaluate --list names the files"))
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(files)) {
		if files[key] == "" {
			continue
		}
		_, err := os.Stat(files[key])
		switch {
		case err == nil && key == "tokenize.tokenizer":
			_, err = bpe.Open(files[key])
		case err == nil && key == "train.config":
			_, err = model.ReadConfig(model.ConfigPath(files[key]))
		}
		if err != nil {
			section, _, _ := strings.Cut(key, " ")
			return r.placed(section, key, err)
		}
	}
	return nil
}
