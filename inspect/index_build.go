package inspect

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/corpus"
	"feilun/internal/hint"
	"feilun/internal/ledger"

	"github.com/zeebo/xxh3"
)

// runFiles are the files of a run that an index is made from.
type runFiles struct {
	ledgers, docs []string // relative to the run folder
	finished      bool
	print         string
}

// filesOf lists the files of the run in dir as it stands now: of a run in
// progress, the units that are done and their texts before dedup.
func filesOf(dir string) (runFiles, error) {
	var f runFiles
	_, err := os.Stat(filepath.Join(dir, "stats.json"))
	f.finished = err == nil
	ledgers := []string{"ledger/pages-*.jsonl.zst", "ledger/dedup-*.jsonl.zst", "ledger/mix-*.jsonl.zst"}
	docs := []string{"corpus/*.parquet", "corpus/*.jsonl.zst"}
	if !f.finished {
		ledgers, docs = ledgers[:1], []string{"work/docs/*.jsonl.zst"}
	}
	h := xxh3.New()
	for i, patterns := range [][]string{ledgers, docs} {
		for _, p := range patterns {
			names, err := fs.Glob(os.DirFS(dir), p) // whatever stands in the folder's own name
			if err != nil {
				return f, err
			}
			for _, rel := range names {
				info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(rel)))
				if err != nil {
					return f, err
				}
				fmt.Fprintf(h, "%s\x00%d\x00%d\x00", rel, info.Size(), info.ModTime().UnixNano())
				if i == 0 {
					f.ledgers = append(f.ledgers, rel)
				} else {
					f.docs = append(f.docs, rel)
				}
			}
		}
	}
	f.print = fmt.Sprintf("%016x", h.Sum64())
	if _, err := os.Stat(filepath.Join(dir, "work", "plan.json")); len(f.ledgers) == 0 && errors.Is(err, fs.ErrNotExist) {
		return f, hint.Usage(hint.With(fmt.Errorf("%s holds no run", dir), "name the --out folder of a feilun run"))
	}
	return f, nil
}

// labelKey is what a label names a document by: its id, or where it lies.
func labelKey(id string, r feilun.Record) string {
	if id != "" {
		return id
	}
	return fmt.Sprintf("%s@%d", r.File, r.Offset)
}

// A builder makes an index.
type builder struct {
	dir      string
	t        indexTables
	records  *bufio.Writer
	strings  *bufio.Writer
	blob     int64
	places   []place
	pending  map[uint64][]pendingCut // of documents not yet met
	rules    map[indexRule]uint16
	bits     int
	files    map[string]uint32
	langs    map[string]uint16
	hosts    map[string]uint32
	buf      []byte
	progress func(done, total int64)
	done     int64
	total    int64
}

type pendingCut struct {
	place
	bit uint8
}

// buildIndex makes the index of a run at name. Progress is told in bytes of the
// run's files.
func buildIndex(ctx context.Context, dir, name string, f runFiles, progress func(done, total int64)) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), "inspect-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	blob, err := os.CreateTemp(filepath.Dir(name), "inspect-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(blob.Name())
	defer blob.Close()
	b := &builder{dir: dir, records: bufio.NewWriterSize(tmp, 1<<18), strings: bufio.NewWriterSize(blob, 1<<18),
		pending: map[uint64][]pendingCut{}, rules: map[indexRule]uint16{}, files: map[string]uint32{}, langs: map[string]uint16{}, hosts: map[string]uint32{},
		progress: progress}
	b.t.Version, b.t.Fingerprint, b.t.Finished = feilun.Version, f.print, f.finished
	for _, file := range append(slices.Clone(f.ledgers), f.docs...) {
		if info, err := os.Stat(b.path(file)); err == nil {
			b.total += info.Size()
		}
	}
	if err := b.run(ctx, f); err != nil {
		return err
	}
	if err := b.finish(blob); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}

func (b *builder) path(rel string) string { return filepath.Join(b.dir, filepath.FromSlash(rel)) }

func (b *builder) run(ctx context.Context, f runFiles) error {
	for _, part := range []struct {
		files []string
		read  func(context.Context, string) error
	}{{f.ledgers, b.ledger}, {f.docs, b.docs}} {
		for _, file := range part.files {
			err := part.read(ctx, file)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil { // what stands behind the damage is lost, the rest is not
				b.t.Problems = append(b.t.Problems, fmt.Sprintf("%s: %v", file, err))
			}
			if info, err := os.Stat(b.path(file)); err == nil {
				b.done += info.Size()
			}
			b.progress(b.done, b.total)
		}
	}
	return nil
}

func (b *builder) ledger(ctx context.Context, file string) error {
	f, err := os.Open(b.path(file))
	if err != nil {
		return err
	}
	defer f.Close()
	n := uint32(0)
	for r, err := range ledger.Rows(f) {
		if err != nil {
			return err
		}
		if n%1024 == 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if at, err := f.Seek(0, io.SeekCurrent); err == nil {
				b.progress(b.done+at, b.total)
			}
		}
		if err := b.row(file, n, &r); err != nil {
			return err
		}
		n++
	}
	return nil
}

func (b *builder) row(file string, n uint32, r *ledger.Row) error {
	if r.Rule == "record_type" && r.Stage == "crawl" {
		b.t.Records++
		return nil
	}
	key := xxh3.HashString(labelKey(r.ID, r.Record))
	rule := indexRule{Stage: r.Stage, Filter: r.Filter, Rule: r.Rule, Cut: r.Cut}
	if r.Cut {
		b.pending[key] = append(b.pending[key], pendingCut{place{b.file(file), n}, b.bit(rule)})
		return nil
	}
	rec := record{Key: key, Value: r.Value, Limit: r.Limit, Score: float32(math.NaN()), File: b.file(file), Row: n,
		Rule: b.rule(rule), Host: b.host(r.URL), Language: b.lang(r.Language)}
	if r.Stage == "quality" {
		rec.Score, b.t.Scored = float32(r.Value), true
	}
	rec.Text = uint32(min(max(0, r.Bytes), math.MaxUint32))
	return b.add(&rec, names{r.ID, r.URL, "", r.Sample, fmt.Sprintf("%s@%d", r.Record.File, r.Record.Offset)})
}

func (b *builder) docs(ctx context.Context, file string) error {
	n := uint32(0)
	for d, err := range corpus.From(b.path(file), 0) {
		if err != nil {
			return err
		}
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		rec := record{Key: xxh3.HashString(labelKey(d.ID, d.Record)), Score: float32(math.NaN()), File: b.file(file), Row: n,
			Rule: noRule, Host: b.host(d.URL), Language: b.lang(d.Language)}
		if d.Score != nil {
			rec.Score, b.t.Scored = float32(*d.Score), true
		}
		rec.Text = uint32(min(len(d.Text), math.MaxUint32))
		if err := b.add(&rec, names{d.ID, d.URL, d.Title, d.Text, ""}); err != nil {
			return err
		}
		n++
	}
	return nil
}

// add writes a record; what was cut out of the document goes with it.
func (b *builder) add(r *record, n names) error {
	if cuts := b.pending[r.Key]; cuts != nil {
		r.Place, r.Places = uint32(len(b.places)), uint16(min(len(cuts), math.MaxUint16))
		for _, c := range cuts[:r.Places] {
			b.places = append(b.places, c.place)
			r.Cuts |= 1 << c.bit
		}
		delete(b.pending, r.Key)
	}
	n[fieldTitle], n[fieldText] = clipBytes(n[fieldTitle], fieldMost), clipBytes(n[fieldText], fieldMost)
	b.buf = n.append(b.buf[:0])
	r.Strings, r.Length = b.blob, uint32(len(b.buf))
	b.blob += int64(len(b.buf))
	if _, err := b.strings.Write(b.buf); err != nil {
		return err
	}
	b.buf = r.append(b.buf[:0])
	b.t.Docs++
	_, err := b.records.Write(b.buf)
	return err
}

// clipBytes returns at most n bytes of s, whole characters.
func clipBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

func number16[K comparable](m map[K]uint16, list *[]K, k K) uint16 {
	n, ok := m[k]
	if !ok {
		n = uint16(min(len(m), math.MaxUint16-1))
		if int(n) == len(*list) {
			*list = append(*list, k)
		}
		m[k] = n
	}
	return n
}

func (b *builder) lang(l string) uint16    { return number16(b.langs, &b.t.Languages, l) }
func (b *builder) rule(r indexRule) uint16 { return number16(b.rules, &b.t.Rules, r) }
func (b *builder) file(name string) uint32 { return number32(b.files, &b.t.Files, name) }
func (b *builder) host(address string) uint32 {
	return number32(b.hosts, &b.t.Hosts, hostName(address))
}

func number32(m map[string]uint32, list *[]string, s string) uint32 {
	n, ok := m[s]
	if !ok {
		n = uint32(len(*list))
		*list = append(*list, s)
		m[s] = n
	}
	return n
}

// bit returns the bit of a rule that cuts.
func (b *builder) bit(r indexRule) uint8 {
	n, known := b.rules[r]
	if !known {
		n = b.rule(r)
		b.t.Rules[n].Bit = min(b.bits, cutBits-1)
		b.bits++
	}
	return uint8(b.t.Rules[n].Bit)
}

// hostName returns the host of an address, "" for one without.
func hostName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// finish joins the parts of the index.
func (b *builder) finish(blob *os.File) error {
	if err := b.strings.Flush(); err != nil {
		return err
	}
	if _, err := blob.Seek(0, io.SeekStart); err != nil {
		return err
	}
	at := int64(b.t.Docs) * recordSize
	w := b.records
	if _, err := io.Copy(w, blob); err != nil {
		return err
	}
	out := b.buf[:0]
	for _, p := range b.places {
		out = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, p.File), p.Row)
	}
	places := at + b.blob
	tables := places + int64(len(out))
	head, err := json.Marshal(b.t)
	if err != nil {
		return err
	}
	out = append(out, head...)
	for _, x := range []int64{at, places, tables, int64(b.t.Docs)} {
		out = binary.LittleEndian.AppendUint64(out, uint64(x))
	}
	if _, err := w.Write(append(out, indexMagic...)); err != nil {
		return err
	}
	return w.Flush()
}

// indexName is where the index of a run lies: in its folder, or, where that
// cannot be written, among the user's cached files.
func indexName(dir string) (string, error) {
	work := filepath.Join(dir, "work")
	if err := os.MkdirAll(work, 0o777); err == nil {
		if f, err := os.CreateTemp(work, "inspect-*.tmp"); err == nil {
			f.Close()
			os.Remove(f.Name())
			return filepath.Join(work, "inspect.index"), nil
		}
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	h := xxh3.HashString128(abs).Bytes()
	cache := filepath.Join(base, "feilun")
	return filepath.Join(cache, "inspect-"+hex.EncodeToString(h[:])+".index"), os.MkdirAll(cache, 0o700)
}
