package dedup

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"feilun"

	"github.com/zeebo/xxh3"
)

// layout is the version of the scratch files; a change to them, or to what the
// keys and signatures mean, raises it.
const layout = 1

// mark identifies what the scratch files of shard i were made from: the
// parameters, the program's version and the shard file.
func (j *job) mark(i int) (string, error) {
	info, err := os.Stat(j.shards[i])
	if err != nil {
		return "", err
	}
	p, err := json.Marshal(j.Params)
	if err != nil {
		return "", err
	}
	s := fmt.Sprintf("%d %s %s %s %d %d", layout, feilun.Version, p,
		filepath.Base(j.shards[i]), info.Size(), info.ModTime().UnixNano())
	return hash(s), nil
}

// markAll is the mark of files that depend on all shards.
func (j *job) markAll() (string, error) {
	var all string
	for i := range j.shards {
		m, err := j.mark(i)
		if err != nil {
			return "", err
		}
		all += m
	}
	return hash(all), nil
}

func hash(s string) string {
	h := xxh3.HashString128(s).Bytes()
	return hex.EncodeToString(h[:])
}
