package search

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"feilun"
)

// fakeServer gives vectors of four meanings, each of which several words have.
func fakeServer(t *testing.T, texts *atomic.Int64) *Embedder {
	meanings := [][]string{{"car", "automobile", "汽车"}, {"tea", "茶"}, {"ship", "船"}, {"bird", "鸟"}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Model string
			Input []string
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.URL.Path != "/v1/embeddings" || q.Model != "m" || r.Header.Get("Authorization") != "Bearer k" {
			http.Error(w, `{"error":{"message":"bad request"}}`, http.StatusBadRequest)
			return
		}
		texts.Add(int64(len(q.Input)))
		data := []map[string]any{}
		for i := len(q.Input) - 1; i >= 0; i-- { // not in order, which index tells
			v := make([]float32, 5)
			v[4] = 0.1
			for m, words := range meanings {
				for _, word := range words {
					v[m] += float32(strings.Count(strings.ToLower(q.Input[i]), word))
				}
			}
			data = append(data, map[string]any{"index": i, "embedding": v})
		}
		json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
	t.Cleanup(s.Close)
	return &Embedder{URL: s.URL + "/v1", Model: "m", Key: "k"}
}

func TestVectors(t *testing.T) {
	var texts atomic.Int64
	e := fakeServer(t, &texts)
	dir, p := t.TempDir(), defaults(t)
	docs := append(small(), &feilun.Doc{ID: "car", URL: "https://car.example/", Text: "The first car had three wheels."}, &feilun.Doc{ID: "鸟", Text: "鸟在春天筑巢。"})
	if _, err := Update(t.Context(), dir, p, listDocs(docs), 1, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to ask
		if err := Vectors(t.Context(), dir, e, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := texts.Load(); n != int64(len(docs)) {
		t.Errorf("%d texts were sent, want %d", n, len(docs))
	}
	first := func(q string) string {
		x, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		v, err := e.Embed(t.Context(), []string{q})
		if err != nil {
			t.Fatal(err)
		}
		hits, err := x.Search(t.Context(), Query{Text: q, Vector: v[0]})
		if err != nil {
			t.Fatal(err)
		}
		if len(hits) == 0 {
			return ""
		}
		return hits[0].ID
	}
	for q, want := range map[string]string{"automobile": "car", "汽车": "car", "bird": "鸟"} {
		if got := first(q); got != want {
			t.Errorf("%q finds %q first, want %q", q, got, want)
		}
	}
	if _, err := Remove(t.Context(), dir, []string{"https://car.example/"}); err != nil {
		t.Fatal(err)
	}
	if got := first("automobile"); got == "car" {
		t.Error("a removed document is found by its vector")
	}
	e.Key = ""
	if _, err := e.Embed(t.Context(), []string{"x"}); err == nil || !strings.Contains(err.Error(), "bad request") {
		t.Errorf("error of the server: %v", err)
	}
	e.Key, e.Model = "k", "other"
	if err := Vectors(t.Context(), dir, e, nil); err == nil {
		t.Error("another model was accepted")
	}
}

func FuzzVectors(f *testing.F) {
	f.Add([]byte(`{"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[0,1]}]}`))
	f.Add([]byte("{\"format\":\"feilun.search-vectors/1\",\"dims\":1,\"count\":1}\n01234567890123456789012345678"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if vs, err := parseVectors(b, 2); err == nil && len(vs[0]) != len(vs[1]) {
			t.Error("vectors of two lengths")
		}
		if v, err := parseVectorFile("x", b); err == nil {
			for i := range v.Count {
				v.span(i)
				v.dot(i, make([]float32, v.Dims))
			}
		}
	})
}
