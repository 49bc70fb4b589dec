package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/tokenize"
	"feilun/train"
)

// model makes tokens and a model of the corpus of this run, or of its mix, if the
// recipe says so.
func (j *job) model(ctx context.Context) error {
	r := j.recipe
	if r.Tokenize == nil && r.Train == nil {
		return nil
	}
	p := r.Tokenize
	if p == nil {
		p = filled(&tokenize.Params{})
	}
	dir, err := Tokens(ctx, j.Out, *p, j.Memory, j.Workers, j.Stderr)
	if err != nil || r.Train == nil {
		return err
	}
	o, err := train.Run(ctx, *r.Train, dir, train.Options{Out: j.folder.path("model"), Workers: j.Workers, Memory: j.Memory, Lang: "auto", Stderr: j.Stderr})
	if err != nil {
		return err
	}
	measured := ""
	if o.BPB > 0 {
		measured = fmt.Sprintf(" %.4f bits a byte on validation text;", o.BPB)
	}
	j.remark("model: %d weights, %d steps;%s in %s", o.Weights, o.Steps, measured, o.Model)
	if r.Evaluate == nil {
		return nil
	}
	return j.evaluate(ctx, o)
}

// within holds what counting for a vocabulary may take under the limit of the process, as
// [limitMemory] has it; 0 is none.
func within(p tokenize.Params, limit params.Size) tokenize.Params {
	if limit > 0 {
		p.Memory = min(p.Memory, limit/10*9)
	}
	return p
}

// Tokens makes vocabulary and packed tokens of a run's corpus, of its mix where it
// has one, in the folder tokens of the run, which it returns. Counting for the vocabulary
// takes nine tenths of memory at most, the limit of the process in bytes, 0 for none; a
// text that needs more is an error. What an earlier call made stays.
func Tokens(ctx context.Context, dir string, p tokenize.Params, memory params.Size, workers int, stderr io.Writer) (string, error) {
	inputs, err := CorpusInputs(dir)
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "tokens")
	if err := os.MkdirAll(out, 0o777); err != nil {
		return "", err
	}
	t, err := vocabulary(ctx, out, within(p, memory), inputs, workers, stderr)
	if err != nil {
		return "", err
	}
	meter := progress.New(stderr, "packing", 0, progress.Bytes)
	last := int64(0)
	_, err = tokenize.Pack(ctx, p, t, inputs, out, workers, func(n int64) { meter.Add(max(0, n-last)); last = n })
	meter.Close()
	return out, err
}

// vocabulary opens the vocabulary that the parameters name, or makes one of the
// inputs. A made one is kept beside a note of what it was made of.
func vocabulary(ctx context.Context, dir string, p tokenize.Params, inputs []tokenize.Input, workers int, stderr io.Writer) (*bpe.Tokenizer, error) {
	if p.Tokenizer != "" {
		t, err := bpe.Open(p.Tokenizer)
		return t, hint.Usage(err)
	}
	name, made := filepath.Join(dir, "tokenizer.json"), madeOf(p, inputs)
	if noted(dir) == made {
		return bpe.Open(name)
	}
	meter := progress.New(stderr, "counting", 0, progress.Bytes)
	last := int64(0)
	t, _, err := tokenize.Train(ctx, p, tokenize.Joined(inputs...), workers, func(n int64) { meter.Add(n - last); last = n })
	meter.Close()
	if err != nil {
		return nil, err
	}
	if err := tokenize.Refuse(dir, t); err != nil { // before what lies there is replaced
		return nil, err
	}
	if err := atomicfile.Write(name, t.WriteJSON); err != nil {
		return nil, err
	}
	sum, err := digest.File(name)
	if err != nil {
		return nil, err
	}
	return t, atomicfile.WriteBytes(filepath.Join(dir, vocabularyNote), []byte(made+" "+sum))
}

// vocabularyNote is the file beside a made vocabulary that says what it is made of, and its hash.
const vocabularyNote = "vocabulary.sha256"

// noted returns what the vocabulary in a folder is made of, "" where that is not known.
func noted(dir string) string {
	b, _ := os.ReadFile(filepath.Join(dir, vocabularyNote))
	made, of, _ := strings.Cut(string(b), " ")
	if sum, err := digest.File(filepath.Join(dir, "tokenizer.json")); err != nil || sum != of {
		return "" // another vocabulary came to lie there since
	}
	return made
}

// madeOf is the hash of all that a vocabulary depends on.
func madeOf(p tokenize.Params, inputs []tokenize.Input) string {
	p.Format, p.Valid, p.Memory = "", 0, 0 // of packing, and what is enough or not
	h := sha256.New()
	fmt.Fprintf(h, "%s %s", feilun.Version, encoded(p))
	for _, in := range inputs {
		fmt.Fprintf(h, " %s", in.SHA256)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// SameVocabulary reports whether the tokens of a run have the vocabulary that p asks for,
// which is smaller than p says where the text gave no more.
func SameVocabulary(dir string, p tokenize.Params) (bool, error) {
	inputs, err := CorpusInputs(dir)
	return err == nil && noted(filepath.Join(dir, "tokens")) == madeOf(p, inputs), err
}

// CorpusInputs lists the corpus files of a run, or of its mix, without what its
// recipe holds out.
func CorpusInputs(dir string) ([]tokenize.Input, error) {
	files, err := corpusFiles(dir)
	if err != nil {
		return nil, err
	}
	held, section, err := heldOutOf(dir)
	if err != nil {
		return nil, err
	}
	var all []tokenize.Input
	for _, name := range files {
		sum, err := digest.File(name)
		if err != nil {
			return nil, err
		}
		if len(held) > 0 { // what is left of the file is another input
			sum = digest.Of(fmt.Appendf(nil, "%s without %v %s %d", sum, section.HoldOut, section.Choose, section.Seed))
		}
		short, err := filepath.Rel(dir, name)
		if err != nil {
			return nil, err
		}
		all = append(all, tokenize.Input{Name: filepath.ToSlash(short), SHA256: sum, Docs: func(each func(*feilun.Doc) error) error {
			return eachDoc([]string{name}, func(d *feilun.Doc) error {
				if held[d.ID] {
					return nil
				}
				return each(d)
			})
		}})
	}
	return all, nil
}

// filled returns parameters with their default values.
func filled[T any](p *T) *T {
	if err := params.Fill(p); err != nil {
		panic(err) // a default tag is wrong
	}
	return p
}
