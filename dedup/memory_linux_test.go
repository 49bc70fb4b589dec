package dedup

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"feilun"
)

// TestMemory runs Decide in processes of their own, on a corpus and on one
// five times as large (FEILUN_DEDUP_DOCS documents, by default 50,000), with
// little memory for sorting, and compares the most memory they ever held.
func TestMemory(t *testing.T) {
	if dir := os.Getenv("FEILUN_DEDUP_CHILD"); dir != "" {
		memoryChild(t, strings.Split(dir, string(os.PathListSeparator)))
		return
	}
	if testing.Short() || raceEnabled {
		t.Skip("only in a full run without the race detector")
	}
	docs, err := strconv.Atoi(os.Getenv("FEILUN_DEDUP_DOCS"))
	if err != nil {
		docs = 50000
	}
	var peak [2]int64 // kB
	for i, n := range []int{docs / 5, docs} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMemory$")
		shards := writeShards(t, pages(n), n/2000)
		cmd.Env = append(os.Environ(), "GOGC=50", "FEILUN_DEDUP_CHILD="+strings.Join(shards, string(os.PathListSeparator)))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		_, after, _ := strings.Cut(string(out), "VmHWM:")
		if _, err := fmt.Sscan(after, &peak[i]); err != nil {
			t.Fatalf("no peak in %q: %v", out, err)
		}
		t.Logf("%d documents: at most %d MiB", n, peak[i]>>10)
	}
	// Tables that grow with the corpus hold less than 10 bytes a document.
	if grown := peak[1] - peak[0]; grown > 16<<10 {
		t.Errorf("five times the documents took %d MiB more memory", grown>>10)
	}
}

func memoryChild(t *testing.T, shards []string) {
	ds, err := Decide(t.Context(), everything(), shards, Options{Dir: t.TempDir(), Workers: 2, Memory: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for i := range shards {
		n := 0
		for _, err := range ds.Shard(i) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n == 0 {
			t.Error("nothing decided about a shard")
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s", status) // holds the peak of resident memory, in kB
}

// pages makes documents of three lines, one in ten of them a near copy.
func pages(n int) []feilun.Doc {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	docs := make([]feilun.Doc, n)
	for i := range docs {
		var b strings.Builder
		for w := range 45 {
			fmt.Fprintf(&b, "%x", r.Uint32N(1<<20))
			b.WriteByte(" \n"[min(1, w%15/14)])
		}
		docs[i] = feilun.Doc{ID: strconv.Itoa(i), URL: "http://site/" + strconv.Itoa(i), Text: b.String()}
		if i > 0 && i%10 == 0 {
			docs[i].Text = strings.Replace(docs[i-1-r.IntN(min(i, 9))].Text, "\n", " more\n", 3)
		}
	}
	return docs
}
