package model

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"feilun/internal/tensor"
)

// TestPeer writes a model of each variant into the folder that FEILUN_PEER names, with
// what Feilun makes of it in ids.json: testdata/peer.py lets transformers read them.
func TestPeer(t *testing.T) {
	root := os.Getenv("FEILUN_PEER")
	if root == "" {
		t.Skip("set FEILUN_PEER to a folder for models, then run: python3 testdata/peer.py FOLDER")
	}
	all := variants()
	all["depth4"] = FromDepth(4, 500)
	for name, c := range all {
		m := randomModel(t, c, rand.New(rand.NewPCG(12, 12)))
		dir := filepath.Join(root, name)
		if err := m.Save(dir, false); err != nil {
			t.Fatal(err)
		}
		prompt := []uint32{3, 1, 4, 1, 5, 9, 2, 6}
		e := engineOf(t, m, tensor.New(1), F32)
		out, err := e.Step([]Extension{{Sequence: e.NewSequence(), Tokens: prompt}})
		if err != nil {
			t.Fatal(err)
		}
		last := slices.Clone(out[0])
		s, err := e.Generate(t.Context(), nil, []Request{{Prompt: prompt, MaxTokens: 64}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(map[string]any{"prompt": prompt, "last": last, "greedy": s[0].Tokens})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "ids.json"), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
