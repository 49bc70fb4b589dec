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
	skip map[int32]bool
	rows []int32
}

// prepare fills d.subwords for a model with character n-grams.
func (m *Model) prepare() {
	if m.MaxN <= 0 {
		return
	}
	f, d := m.featurizer(), &m.dict
	s := subwords{ends: make([]uint32, 0, d.words), skip: map[int32]bool{}}
	for i := range d.words {
		word := d.text(i)
		if f.rows = f.rows[:0]; len(word)*int(m.MaxN) > maxSubwords {
			s.skip[i] = true
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

// has reports whether the n-grams of the word are known.
func (s *subwords) has(word int32) bool {
	return int(word) < len(s.ends) && (len(s.skip) == 0 || !s.skip[word])
}

func (s *subwords) of(word int32) []int32 {
	start := uint32(0)
	if word > 0 {
		start = s.ends[word-1]
	}
	return s.rows[start:s.ends[word]]
}
