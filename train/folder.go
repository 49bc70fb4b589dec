package train

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"feilun/internal/hint"
)

// foreign refuses a folder with what no training of ours made, such as another's model, packed
// tokens or a run: files of the same names would be written over, or deleted with --fresh.
func (j *job) foreign() error {
	for _, ours := range []string{"checkpoints", "train.log"} {
		if _, err := os.Stat(filepath.Join(j.Out, ours)); err == nil {
			return nil
		}
	}
	if b, err := os.ReadFile(filepath.Join(j.Out, "manifest.json")); err == nil {
		var m struct {
			Format string `json:"format"`
		}
		if json.Unmarshal(b, &m) == nil && m.Format == modelFormat {
			return nil
		}
		return hint.Usage(hint.With(fmt.Errorf("%s holds something else than a model (its manifest.json has format %q), which would be written over", j.Out, m.Format), "take another --out"))
	}
	for _, name := range []string{"config.json", "model.safetensors", "model.safetensors.index.json", "tokenizer.json"} {
		if _, err := os.Stat(filepath.Join(j.Out, name)); err == nil {
			return hint.Usage(hint.With(fmt.Errorf("%s holds a model from elsewhere (%s), which would be written over", j.Out, name), "take another --out; --init MODEL begins with its weights"))
		}
	}
	return nil
}

// clean deletes an earlier run, if that is wanted.
func (j *job) clean() error {
	if !j.Fresh {
		return nil
	}
	for _, name := range []string{"manifest.json", "checkpoints", "train.log", "train.html", "model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"} {
		if err := os.RemoveAll(filepath.Join(j.Out, name)); err != nil {
			return err
		}
	}
	return nil
}
