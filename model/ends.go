package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// readEnds returns the tokens that end texts by generation_config.json, which goes
// before config.json, or nil where it says nothing.
func readEnds(dir string) ([]int, error) {
	name := filepath.Join(dir, "generation_config.json")
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxConfig {
		return nil, fmt.Errorf("%s: %w: %d bytes", name, ErrFormat, info.Size())
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var f struct {
		EOS json.RawMessage `json:"eos_token_id"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrFormat, err)
	}
	list, err := ids(f.EOS)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrFormat, err)
	}
	return list, nil
}

// A pieceFile is what is read of tokenizer.json's post-processor.
type pieceFile struct {
	Type       string      `json:"type"`
	Processors []pieceFile `json:"processors"`
	Single     []struct {
		SpecialToken *struct {
			ID string `json:"id"`
		} `json:"SpecialToken"`
	} `json:"single"`
	Tokens map[string]struct {
		IDs []uint32 `json:"ids"`
	} `json:"special_tokens"`
}

// Prefix returns the tokens that a tokenizer.json puts before every text, such as
// Llama 3's; most have none. One whose number is not below size, that of the vocabulary,
// is an error.
func Prefix(tokenizerJSON []byte, size int) ([]uint32, error) {
	var f struct {
		Post *pieceFile `json:"post_processor"`
	}
	if err := json.Unmarshal(tokenizerJSON, &f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if f.Post == nil {
		return nil, nil
	}
	var out []uint32
	for _, p := range append([]pieceFile{*f.Post}, f.Post.Processors...) {
		if p.Type != "TemplateProcessing" {
			continue
		}
		for _, s := range p.Single {
			if s.SpecialToken == nil {
				break // the text
			}
			out = append(out, p.Tokens[s.SpecialToken.ID].IDs...)
		}
	}
	for _, id := range out {
		if int64(id) >= int64(size) {
			return nil, fmt.Errorf("%w: the post-processor puts token %d before every text, in a vocabulary of %d", ErrFormat, id, size)
		}
	}
	return out, nil
}
