package search

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"feilun/internal/hint"
)

// An Embedder asks a server of OpenAI's form for vectors.
type Embedder struct {
	URL   string // of the server up to /v1, or of /v1/embeddings itself
	Model string
	Key   string // sent as a bearer token, unless ""
}

// maxReply is the longest answer read, in bytes.
const maxReply = 256 << 20

// Embed returns a vector for each text, in their order.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	body, err := json.Marshal(map[string]any{"model": e.Model, "input": texts, "encoding_format": "float"})
	if err != nil {
		return nil, err
	}
	address := strings.TrimSuffix(e.URL, "/")
	if !strings.HasSuffix(address, "/embeddings") {
		address += "/embeddings"
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, hint.Usage(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if e.Key != "" {
		req.Header.Set("Authorization", "Bearer "+e.Key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, hint.With(err, "check the address of the embedding server; it ends with /v1")
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxReply))
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %.300s", address, res.Status, b)
	}
	vectors, err := parseVectors(b, len(texts))
	if err != nil {
		err = fmt.Errorf("%s: %w", address, err)
	}
	return vectors, err
}

// parseVectors reads an answer with n vectors of one length.
func parseVectors(b []byte, n int) ([][]float32, error) {
	var reply struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
	}
	if err := json.Unmarshal(b, &reply); err != nil {
		return nil, fmt.Errorf("the answer is not of OpenAI's form: %w", err)
	}
	out := make([][]float32, n)
	for _, d := range reply.Data {
		if d.Index < 0 || d.Index >= n || out[d.Index] != nil || len(d.Embedding) == 0 || len(d.Embedding) > maxDims {
			return nil, errors.New("the answer numbers its vectors in no useful way")
		}
		out[d.Index] = d.Embedding
	}
	for _, v := range out {
		if len(v) == 0 || len(v) != len(out[0]) {
			return nil, fmt.Errorf("the answer has not %d vectors of one length", n)
		}
	}
	return out, nil
}
