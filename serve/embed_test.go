package serve

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"feilun/internal/openai"
)

// The engine's vectors are the same as numbers and as bytes, alone and in a batch, and usage
// counts the tokens that were read.
func TestEngineEmbeddings(t *testing.T) {
	web := open(t, Options{Generator: tinyEngine(t, EngineOptions{Running: 1})})
	get := func(body string) openai.EmbeddingResponse {
		t.Helper()
		res, b := ask(t, "POST", web.URL+"/v1/embeddings", body)
		var out openai.EmbeddingResponse
		if err := json.Unmarshal([]byte(b), &out); err != nil || res.StatusCode != 200 {
			t.Fatalf("%s = %d %s, %v", body, res.StatusCode, b, err)
		}
		return out
	}
	one, many := get(`{"input":"hello"}`), get(`{"input":["abc","hello","你好"]}`)
	coded := get(`{"input":["abc","hello","你好"],"encoding_format":"base64"}`)
	if len(one.Data) != 1 || len(many.Data) != 3 || len(coded.Data) != 3 {
		t.Fatalf("%d, %d and %d vectors, want 1, 3 and 3", len(one.Data), len(many.Data), len(coded.Data))
	}
	if !slices.Equal(one.Data[0].Vector, many.Data[1].Vector) {
		t.Error("another vector in a batch")
	}
	for i, d := range many.Data {
		if !slices.Equal(d.Vector, coded.Data[i].Vector) || d.Index != i {
			t.Errorf("text %d: numbers and bytes differ, or index %d", i, d.Index)
		}
		if c := cosine(d.Vector, d.Vector); math.Abs(c-1) > 1e-6 {
			t.Errorf("text %d: cosine with itself %v", i, c)
		}
	}
	if n := one.Usage.Prompt; n == 0 || many.Usage.Prompt <= n || many.Usage.Total != many.Usage.Prompt {
		t.Errorf("usage %+v of one text, %+v of three", one.Usage, many.Usage)
	}
	res, body := ask(t, "POST", web.URL+"/v1/rerank", `{"query":"hello","documents":["abc","hello"],"top_n":1}`)
	var ranked struct{ Results []rerankResult }
	if json.Unmarshal([]byte(body), &ranked); res.StatusCode != 200 || len(ranked.Results) != 1 || ranked.Results[0].Index != 1 {
		t.Errorf("rerank: %d %s", res.StatusCode, body)
	}
}
