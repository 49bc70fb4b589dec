package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/tokens"
	"feilun/model"
)

// openFolder makes a folder ready for m, whose tokenizer.json is text: it locks
// the folder, refuses one that holds tokens of another vocabulary, and removes
// the manifest of an earlier call, so that a manifest always tells of whole files.
func openFolder(dir string, m *Manifest, text []byte) (unlock func(), err error) {
	release, err := atomicfile.Lock(filepath.Join(dir, ".lock"), dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	if err := refuse(dir, m.Tokenizer); err != nil {
		return nil, err
	}
	if err := os.Remove(filepath.Join(dir, "manifest.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return release, atomicfile.WriteBytes(filepath.Join(dir, "tokenizer.json"), text)
}

// Refuse reports, as [Pack] would, a folder that holds something else than packed tokens, or those
// of another vocabulary than t.
func Refuse(dir string, t *bpe.Tokenizer) error {
	_, sum, err := written(t, nil)
	if err != nil {
		return err
	}
	return refuse(dir, sum)
}

func refuse(dir, tokenizer string) error {
	var old Manifest
	if b, err := os.ReadFile(filepath.Join(dir, "manifest.json")); err == nil && (json.Unmarshal(b, &old) != nil || old.Format != tokens.FolderFormat) || exists(filepath.Join(dir, "config.json")) {
		return hint.Usage(hint.With(fmt.Errorf("%s holds something else than packed tokens, a model perhaps", dir), "take another --out"))
	} else if err == nil && old.Tokenizer != tokenizer {
		return hint.Usage(hint.With(fmt.Errorf("%s holds tokens of another vocabulary", dir), "take another --out, or remove that folder"))
	}
	return nil
}

// written returns the tokenizer.json of a vocabulary that puts tokens before every text, and its
// hash.
func written(t *bpe.Tokenizer, prefix []uint32) (text []byte, sum string, err error) {
	var b bytes.Buffer
	if err := model.WriteTokenizer(&b, t, prefix); err != nil {
		return nil, "", err
	}
	return b.Bytes(), digest.Of(b.Bytes()), nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// packed are the names of the files that Pack writes for inputs.
var packed = regexp.MustCompile(`^(?:train|valid|documents|done)-\d{5,}\.(?:bin|idx|ds|ds\.index|jsonl\.zst|json)(?:\.tmp)?$`)

// shardFiles are the names of the files of the input with that index.
func shardFiles(form string, index int) (names [5]string) {
	train, valid := fmt.Sprintf("train-%05d", index), fmt.Sprintf("valid-%05d", index)
	names[0], names[1] = tokens.Names(form, train)
	names[2], names[3] = tokens.Names(form, valid)
	names[4] = fmt.Sprintf("documents-%05d.jsonl.zst", index)
	return names
}

func doneFile(index int) string { return fmt.Sprintf("done-%05d.json", index) }

// sweep removes what earlier calls with more inputs or in another form left.
func sweep(dir, form string, inputs int) error {
	ours := map[string]bool{}
	for i := range inputs {
		ours[doneFile(i)] = true
		for _, name := range shardFiles(form, i) {
			ours[name] = true
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if packed.MatchString(e.Name()) && !ours[e.Name()] {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
