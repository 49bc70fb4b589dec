package filter

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"

	"github.com/klauspost/compress/zstd"

	"feilun"
)

// Kinds of pages that are no text, in the order of [kindTable].
const (
	kindSoft404 = iota
	kindParked
	kindStuffed
	kindMirror
	kindCount
)

// kindNames are the kinds as pages for training name them.
var kindNames = [kindCount]string{"soft404", "parked", "stuffed", "mirror"}

// Parts of a page, each with a sum of its own: a gram counts the more, the
// fewer there are in its part.
const (
	partTitle = iota
	partText
	partFrame
	partLead
	partShape
	partCount
)

const (
	kindBits  = 20
	kindSlots = 1 << kindBits // hashed features; with 1<<16 several share a slot, and half of a sum is noise (docs/log/spam.md)
	kindTitle = 300           // bytes of the title
	kindHead  = 1500          // bytes of text looked at from its start
	kindLead  = 400           // bytes of its first lines that are no list
	kindTail  = 700           // and from its end, where copies say so
	kindFrame = 700           // bytes of frame, from its start and from its end
	kindFar   = 8000          // bytes between them, of text and of frame, whose sentences are looked at one by one
	kindSaid  = 16            // features that a sentence has at least where it is scaled
	kindStep  = 1.0 / 8       // weight of one step of a byte in the table
)

// kindBytes holds one signed byte for each slot and kind, in steps of
// [kindStep], compressed. The training test writes it (docs/decisions/web-filters.md).
//
//go:embed kinds.bin.zst
var kindBytes []byte

// kindTable returns the weights, 4 MiB that are unpacked once.
var kindTable = sync.OnceValue(func() string {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	defer r.Close()
	b, err := r.DecodeAll(kindBytes, make([]byte, 0, kindSlots*kindCount))
	if err != nil || len(b) != kindSlots*kindCount {
		panic(fmt.Sprintf("filter: the weights of page kinds: %d bytes, %v", len(b), err))
	}
	return unsafe.String(&b[0], len(b))
})

// A kindReader turns a page into hashed features: grams of its title, text,
// frame and first lines, and its shape. A feature counts once in a part. The sentence that
// speaks most for a kind counts once more: a notice is one however much stands
// around it.
type kindReader struct {
	slots  []uint32
	ends   [partCount]int // of each part in slots
	said   []uint32       // features of sentences, one after another
	stops  []int32        // ends of sentences in said
	seen   [kindSlots / 64]uint64
	notice notice
	stuff  stuffScan
	mirror Mirror
	named  []string // names of the features of the shape, if wanted
	names  bool
}

var kindReaders = sync.Pool{New: func() any { return new(kindReader) }}

type kindKey struct{}

// kindScore returns how much a page looks like one of the kind, 0 to 1, found
// for all kinds once per document, and the highest of all kinds. It is 0 where
// another kind has twice as much. It is not known for texts without their page,
// whose menus and notices are gone.
func kindScore(d *feilun.Doc, kind int) (score, top float64, known bool) {
	if d.Layout.Visible == 0 {
		return 0, 0, false
	}
	s := d.Memo(kindKey{}, func() any {
		r := kindReaders.Get().(*kindReader)
		r.read(d)
		s := r.scores(kindTable())
		kindReaders.Put(r)
		return &s
	}).(*[kindCount]float64)
	score, top = s[kind], max(s[0], s[1], s[2], s[3])
	if top > 2*score {
		score = 0
	}
	return score, top, true
}

// scores adds the weights of the features that were read.
func (r *kindReader) scores(table string) (out [kindCount]float64) {
	from := 0
	for part, end := range r.ends {
		scale := kindStep * partScale(part, end-from)
		for k, v := range sumSlots(table, r.slots[from:end]) {
			out[k] += float64(v) * scale
		}
		from = end
	}
	var best [kindCount]float64
	from = 0
	for _, end := range r.stops {
		for k, v := range sumSlots(table, r.said[from:end]) {
			if v > 0 {
				best[k] = max(best[k], float64(v)*kindStep*saidScale(k, int(end)-from))
			}
		}
		from = int(end)
	}
	for k, v := range out {
		out[k] = 1 / (1 + math.Exp(-v-best[k]))
	}
	return out
}

func sumSlots(table string, slots []uint32) (sum [kindCount]int32) {
	var a, b, c, d int32
	for _, s := range slots {
		row := table[int(s)*kindCount:][:kindCount]
		a += int32(int8(row[0]))
		b += int32(int8(row[1]))
		c += int32(int8(row[2]))
		d += int32(int8(row[3]))
	}
	return [kindCount]int32{a, b, c, d}
}

// saidScale is what each of n features of a sentence counts for a kind. One
// sentence makes a page stuffed less than another kind; one between chapters does make a copy.
func saidScale(kind, n int) float64 {
	return [kindCount]float64{1, 1, 0.7, 1.5}[kind] / saidSize(n)
}

func saidSize(n int) float64 { return math.Sqrt(float64(max(n, kindSaid))) }

// partScale is what each of n features of a part counts.
func partScale(part, n int) float64 {
	if part == partShape {
		return 0.25
	}
	return 1 / math.Sqrt(float64(max(n, 12)))
}

// read fills slots with the features of the page.
func (r *kindReader) read(d *feilun.Doc) {
	r.slots, r.said, r.stops, r.named = r.slots[:0], r.said[:0], r.stops[:0], r.named[:0]
	r.part(partTitle, func() { r.grams(cutText(d.Title, kindTitle), spaceTitle) })
	r.part(partText, func() { r.long(d.Text, kindHead, kindTail, spaceText) })
	r.part(partFrame, func() { r.long(d.Frame, kindFrame, kindFrame, spaceFrame) })
	r.part(partLead, func() { r.grams(lead(d.Text), spaceLead) })
	r.part(partShape, func() { r.shape(d) })
}

// long reads a long text: its first and last bytes, and the sentences between.
func (r *kindReader) long(s string, head, tail int, space uint64) {
	first, middle, last := headTail(s, head, tail)
	r.grams(first, space)
	r.grams(middle, spaceSaid)
	r.grams(last, space)
}

// lead returns a text from its first line on that is no item of a list, at most
// kindLead bytes: where pages with much around it say what they have to say.
func lead(text string) string {
	for strings.HasPrefix(text, "- ") || strings.HasPrefix(text, "·") || strings.HasPrefix(text, "\n") {
		i := strings.IndexByte(text, '\n')
		if i < 0 {
			return ""
		}
		text = text[i+1:]
	}
	return cutText(text, kindLead)
}

// part reads one part; its features are told apart from those before it by
// position alone.
func (r *kindReader) part(part int, read func()) {
	from := len(r.slots)
	read()
	for _, s := range r.slots[from:] {
		r.seen[s/64] = 0
	}
	r.ends[part] = len(r.slots)
}

// headTail returns the first head and the last tail bytes of s, whole characters, and at
// most kindFar bytes of what lies between.
func headTail(s string, head, tail int) (first, middle, last string) {
	if len(s) <= head+tail {
		return s, "", ""
	}
	from := len(s) - tail
	for from < len(s) && !utf8.RuneStart(s[from]) {
		from++
	}
	first = cutText(s, head)
	return first, cutText(s[len(first):from], kindFar), s[from:]
}

// cutText returns at most n bytes of s, whole characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// kindNote tells what speaks most for a kind on a page: the line with the
// highest sum, and the feature of the shape.
func kindNote(d *feilun.Doc, kind int) string {
	r, table := kindReaders.Get().(*kindReader), kindTable()
	defer kindReaders.Put(r)
	text, more, end := headTail(d.Text, kindHead, kindTail)
	frame, around, foot := headTail(d.Frame, kindFrame, kindFrame)
	line, best := "", 0.0
	for l := range strings.SplitSeq(cutText(d.Title, kindTitle)+"\n"+text+more+"\n"+end+"\n"+frame+around+"\n"+foot, "\n") {
		r.said, r.stops = r.said[:0], r.stops[:0]
		r.grams(l, spaceSaid)
		from := 0
		for _, end := range r.stops {
			sum := float64(sumSlots(table, r.said[from:end])[kind]) / saidSize(int(end)-from)
			if sum > best {
				best, line = sum, l
			}
			from = int(end)
		}
	}
	r.names = true
	r.read(d)
	r.names = false
	shape, top := "", 0
	for i, s := range r.slots[r.ends[partLead]:] {
		if w := int(int8(table[int(s)*kindCount+kind])); w > top {
			top, shape = w, r.named[i]
		}
	}
	return strings.TrimPrefix(strings.TrimSpace(cutText(line, 90))+"; "+shape, "; ")
}
