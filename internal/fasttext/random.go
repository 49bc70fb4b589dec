package fasttext

// minstd is C++'s std::minstd_rand, with the distributions of GNU's library on
// top: fastText's weights and the order of its quantizer depend on both.
type minstd uint64

const (
	minstdFactor = 48271
	minstdMod    = 1<<31 - 1
	minstdRange  = minstdMod - 2 // greatest less least number drawn
)

// newMinstd seeds as C++ does, which widens a negative seed to 64 bits first.
func newMinstd(seed int32) minstd {
	s := uint64(int64(seed)) % minstdMod
	if s == 0 {
		s = 1
	}
	return minstd(s)
}

// next draws a number from 0 to minstdRange.
func (r *minstd) next() uint64 {
	*r = *r * minstdFactor % minstdMod
	return uint64(*r) - 1
}

// below draws from 0 to n-1, as std::uniform_int_distribution does; n must be
// at most minstdRange.
func (r *minstd) below(n uint64) uint64 {
	scale := minstdRange / n
	for {
		if v := r.next(); v < n*scale {
			return v / scale
		}
	}
}

// float64 draws from [0, 1), as std::generate_canonical does.
func (r *minstd) float64() float64 {
	const width = float64(minstdRange + 1)
	sum := float64(r.next())
	sum += float64(float64(r.next()) * width)
	if v := sum / (width * width); v < 1 {
		return v
	}
	return 0x1.fffffffffffffp-1
}

// shuffle is std::shuffle: for few elements it draws two places at once.
func (r *minstd) shuffle(p []int32) {
	n := uint64(len(p))
	if n == 0 {
		return
	}
	swap := func(i, j uint64) { p[i], p[j] = p[j], p[i] }
	i := uint64(1)
	if minstdRange/n < n {
		for ; i < n; i++ {
			swap(i, r.below(i+1))
		}
		return
	}
	if n%2 == 0 {
		swap(i, r.below(2))
		i++
	}
	for ; i < n; i += 2 {
		v := r.below((i + 1) * (i + 2))
		swap(i, v/(i+2))
		swap(i+1, v%(i+2))
	}
}
