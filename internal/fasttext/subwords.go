package fasttext

// Bounds of what is kept ready: longer words are cut up each time they are met.
const (
	maxSubwords    = 1 << 10 // of one word
	maxAllSubwords = 1 << 27
)

// subwords keeps the rows of the character n-grams of every word of a
// dictionary, as fastText does.
type subwords struct {
	ends []uint32 // of word i in rows; it starts where i-1 ends
	rows []int32  // a single -1 for words that are cut up when met
}

// prepare fills d.subwords for a model with character n-grams.
func (m *Model) prepare() {
	if m.MaxN <= 0 {
		return
	}
	f, d := m.featurizer(), &m.dict
	s := subwords{ends: make([]uint32, 0, d.words)}
	for i := range d.words {
		word := d.text(i)
		if f.rows = f.rows[:0]; len(word)*int(m.MaxN) > maxSubwords {
			f.rows = append(f.rows, -1)
		} else if string(word) != eos {
			f.characters(word)
		}
		if len(s.rows)+len(f.rows) > maxAllSubwords {
			break // words are in order of frequency: the rest is rare
		}
		s.rows = append(s.rows, f.rows...)
		s.ends = append(s.ends, uint32(len(s.rows)))
	}
	d.subwords = s
}

// of returns the rows of the n-grams of a word, and whether they are known.
func (s *subwords) of(word int32) ([]int32, bool) {
	if int(word) >= len(s.ends) {
		return nil, false
	}
	start := uint32(0)
	if word > 0 {
		start = s.ends[word-1]
	}
	rows := s.rows[start:s.ends[word]]
	return rows, len(rows) != 1 || rows[0] >= 0
}
