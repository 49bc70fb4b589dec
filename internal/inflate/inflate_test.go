package inflate

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"feilun/internal/testkit"

	"github.com/klauspost/compress/gzip"
)

// samples are contents that make compressors use every kind of block and code.
func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 200_000)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	skewed := make([]byte, 100_000) // codes of all lengths
	for i := range skewed {
		skewed[i] = byte(r.ExpFloat64() * 12)
	}
	far := bytes.Repeat(append(bytes.Clone(random[:30_000]), "middle"...), 4)
	near := []byte{}
	for d := 1; d < 20; d++ {
		near = append(near, bytes.Repeat(random[d*100:d*100+d], 300/d+1)...)
		near = append(near, random[d*50:d*50+3]...)
	}
	text := bytes.Repeat([]byte("<p>The quick brown fox 敏捷的棕色狐狸</p>\n"), 2000)
	for i := 0; i < len(text); i += 97 {
		text[i] = byte('a' + r.IntN(26))
	}
	return map[string][]byte{
		"empty": {}, "one": {'x'}, "short": []byte("hello, hello, hello"), "zeros": make([]byte, 300_000),
		"random": random, "skewed": skewed, "far": far, "near": near, "text": text,
	}
}

func compress(level int, content []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		panic(err)
	}
	z.Write(content)
	z.Close()
	return b.Bytes()
}

// TestMember decompresses what every level of compression makes of the samples,
// with and without bytes behind the member, and each beginning of the small
// ones.
func TestMember(t *testing.T) {
	var d Decoder
	for name, content := range samples() {
		for level := gzip.StatelessCompression; level <= 9; level++ {
			m := compress(level, content)
			for _, src := range [][]byte{m, append(bytes.Clone(m), "more bytes that follow the member"...)} {
				out, n, err := d.Member(nil, src, 1<<30)
				if err != nil || n != len(m) || !bytes.Equal(out, content) {
					t.Fatalf("%s, level %d: %d bytes, n = %d, %v; want %d, %d", name, level, len(out), n, err, len(content), len(m))
				}
			}
			step := max(1, len(m)/200)
			for cut := 0; cut < len(m); cut += step {
				out, _, err := d.Member(nil, m[:cut], 1<<30)
				if err != io.ErrUnexpectedEOF || !bytes.HasPrefix(content, out) {
					t.Fatalf("%s, level %d, cut at %d: %v", name, level, cut, err)
				}
			}
		}
	}
}

func TestErrors(t *testing.T) {
	var d Decoder
	m := compress(6, samples()["text"])
	wrong := bytes.Clone(m)
	wrong[len(wrong)-5] ^= 1
	if _, n, err := d.Member(nil, wrong, 1<<30); err != ErrChecksum || n != len(m) {
		t.Errorf("wrong checksum: %d, %v", n, err)
	}
	if _, _, err := d.Member(nil, m, 1000); err != ErrTooLong {
		t.Errorf("limit: %v", err)
	}
	if _, _, err := d.Member(nil, []byte("no gzip member at all"), 1000); err != ErrHeader {
		t.Errorf("header: %v", err)
	}
}

// peer decompresses a member by the library that this package is measured
// against.
func peer(src []byte) (out []byte, n int, err error) {
	in := bytes.NewReader(src)
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, 0, err
	}
	z.Multistream(false)
	out, err = io.ReadAll(io.LimitReader(z, 1<<22))
	return out, len(src) - in.Len(), err
}

// same checks that both accept the same inputs and give the same content. A
// peer may find damage earlier or later, so after an error only the common part
// has to agree.
func same(t *testing.T, src []byte) {
	t.Helper()
	var d Decoder
	out, n, err := d.Member(nil, src, 1<<22)
	want, m, werr := peer(src)
	if errors.Is(err, ErrTooLong) || len(want) >= 1<<22-2*slack {
		return
	}
	if (err == nil) != (werr == nil) {
		t.Fatalf("Member = %v, peer = %v", err, werr)
	}
	if err == nil && (n != m || !bytes.Equal(out, want)) {
		t.Fatalf("Member gives %d bytes of %d, peer %d of %d", len(out), n, len(want), m)
	}
	if k := min(len(out), len(want)); !bytes.Equal(out[:k], want[:k]) {
		t.Fatal("contents differ before the error")
	}
}

// TestDamage flips bits and compares with the peer.
func TestDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, content := range samples() {
		content = content[:min(len(content), 20_000)]
		for _, level := range []int{1, 6, gzip.HuffmanOnly} {
			m := compress(level, content)
			for range 60 {
				b := bytes.Clone(m)
				b[10+r.IntN(len(b)-10)] ^= 1 << r.IntN(8)
				t.Run(name, func(t *testing.T) { same(t, b) })
			}
		}
	}
}

func FuzzMember(f *testing.F) {
	for _, content := range samples() {
		for _, level := range []int{0, 1, 6} {
			f.Add(compress(level, content[:min(len(content), 3000)]))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		same(t, src)
		// The same bytes as a bare deflate stream reach the decoder more often.
		same(t, append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}, src...))
	})
}

// BenchmarkMember interleaves this package with klauspost's on the members of a
// file, and reports how many times faster it is by CPU time.
func BenchmarkMember(b *testing.B) {
	for _, file := range []string{"docs-zh-en.warc.gz", "realweb-mix.warc.gz", "docs-zh-en.warc.wet.gz"} {
		b.Run(file, func(b *testing.B) {
			src, err := os.ReadFile(testkit.Data(b, "warc", file))
			if err != nil {
				b.Fatal(err)
			}
			var d Decoder
			var out []byte
			var ours, theirs time.Duration
			var size int64
			buf := make([]byte, 1<<16)
			var z gzip.Reader
			b.ReportAllocs()
			for b.Loop() {
				t0 := testkit.CPUTime()
				size = 0
				for rest := src; len(rest) > 0; {
					var n int
					if out, n, err = d.Member(out, rest, 1<<30); err != nil {
						b.Fatal(err)
					}
					size += int64(len(out))
					rest = rest[n:]
				}
				t1 := testkit.CPUTime()
				in := bufio.NewReaderSize(bytes.NewReader(src), 1<<16)
				for z.Reset(in) == nil {
					z.Multistream(false)
					for err = nil; err == nil; {
						_, err = z.Read(buf)
					}
				}
				ours, theirs = ours+t1-t0, theirs+testkit.CPUTime()-t1
			}
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x-klauspost")
			b.ReportMetric(float64(size)*float64(b.N)/1e6/ours.Seconds(), "MB/s-ours")
			b.ReportMetric(float64(size)*float64(b.N)/1e6/theirs.Seconds(), "MB/s-klauspost")
		})
	}
}
