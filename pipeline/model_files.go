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

// modelFiles reports files that vocabulary, training and evaluation name and that are not there or of no use:
// before the run, not after the corpus and the training.
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
		if err := usableFile(key, files[key]); err != nil {
			section, _, _ := strings.Cut(key, " ")
			return r.placed(section, key, err)
		}
	}
	return nil
}

// usableFile reports that what a key names is not there, or no vocabulary or architecture that can be used.
func usableFile(key, name string) error {
	_, err := os.Stat(name)
	switch {
	case err != nil:
	case key == "tokenize.tokenizer":
		_, err = bpe.Open(name)
	case key == "train.config":
		_, err = model.ReadConfig(model.ConfigPath(name))
	}
	return err
}
