package inspect

import (
	"unicode"
	"unicode/utf8"

	"feilun/internal/words"
)

// editsMost is how many tokens two texts may differ in for the shortest edit
// between them to be looked for.
const editsMost = 1500

// differences marks the tokens in which two texts differ: those outside the
// longest common subsequence, or, in texts that differ too much for that, those
// in no run of three tokens common to both. Tokens are Chinese characters,
// words, marks.
func differences(a, b string) (inA, inB []mark) {
	ta, tb := tokensOf(a), tokensOf(b)
	na, nb := numbered(a, ta, b, tb)
	inCommonA, inCommonB, ok := common(na, nb)
	if !ok {
		inCommonA, inCommonB = shared(na, nb), shared(nb, na)
	}
	return apart(ta, inCommonA), apart(tb, inCommonB)
}

// numbered gives equal tokens equal numbers.
func numbered(a string, ta []words.Span, b string, tb []words.Span) (na, nb []int) {
	ids := map[string]int{}
	of := func(text string, tokens []words.Span) []int {
		out := make([]int, len(tokens))
		for i, t := range tokens {
			w := t.Of(text)
			if _, ok := ids[w]; !ok {
				ids[w] = len(ids)
			}
			out[i] = ids[w]
		}
		return out
	}
	return of(a, ta), of(b, tb)
}

// common finds a longest common subsequence by the greedy algorithm of Myers
// (1986), "An O(ND) difference algorithm and its variations".
func common(a, b []int) (inA, inB []bool, ok bool) {
	inA, inB = make([]bool, len(a)), make([]bool, len(b))
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		inA[head], inB[head] = true, true
		head++
	}
	ma, mb := a[head:], b[head:]
	most := min(len(ma)+len(mb), editsMost)
	v := make([]int32, 2*most+3) // v[k+most+1]: how far in a the diagonal k is
	var steps [][]int32
	for d := 0; d <= most; d++ {
		for k := -d; k <= d; k += 2 {
			x := v[k+most] + 1
			if k == -d || k != d && v[k+most] < v[k+most+2] {
				x = v[k+most+2]
			}
			for int(x) < len(ma) && int(x)-k < len(mb) && ma[x] == mb[int(x)-k] {
				x++
			}
			v[k+most+1] = x
			if int(x) >= len(ma) && int(x)-k >= len(mb) {
				steps = append(steps, append([]int32(nil), v[most+1-d:most+2+d]...))
				trace(steps, len(ma), len(mb), inA[head:], inB[head:])
				return inA, inB, true
			}
		}
		steps = append(steps, append([]int32(nil), v[most+1-d:most+2+d]...))
	}
	return nil, nil, false
}

// trace walks back through the steps of common and notes what was equal.
func trace(steps [][]int32, x, y int, inA, inB []bool) {
	for d := len(steps) - 1; d > 0; d-- {
		last, k := steps[d-1], x-y // last[k+d-1] is the diagonal k after d-1 edits
		at := func(k int) int {
			if i := k + d - 1; i >= 0 && i < len(last) {
				return int(last[i])
			}
			return -1
		}
		from := k - 1
		if k == -d || k != d && at(k-1) < at(k+1) {
			from = k + 1
		}
		px := at(from)
		py := px - from
		for x > px && y > py {
			x, y = x-1, y-1
			inA[x], inB[y] = true, true
		}
		x, y = px, py
	}
	for x > 0 && y > 0 {
		x, y = x-1, y-1
		inA[x], inB[y] = true, true
	}
}

// shared tells which tokens of a stand in a run of three that b has, too.
func shared(a, b []int) []bool {
	runs := map[[3]int]bool{}
	for i := range max(0, len(b)-2) {
		runs[[3]int(b[i:])] = true
	}
	in := make([]bool, len(a))
	for i := range max(0, len(a)-2) {
		if runs[[3]int(a[i:])] {
			in[i], in[i+1], in[i+2] = true, true, true
		}
	}
	return in
}

// apart marks the tokens that are not common, neighbours together.
func apart(tokens []words.Span, common []bool) []mark {
	var marks []mark
	for i, t := range tokens {
		switch last := len(marks) - 1; {
		case common[i]:
		case i > 0 && !common[i-1] && last >= 0:
			marks[last].end = int(t.End)
		default:
			marks = append(marks, mark{int(t.Start), int(t.End), markOther, "near"})
		}
	}
	return inOrder(marks)
}

// tokensOf cuts a text into Han characters, runs of letters and digits, and marks.
func tokensOf(text string) []words.Span {
	var out []words.Span
	open := false
	for i, r := range text {
		_, n := utf8.DecodeRuneInString(text[i:])
		size := uint32(n)
		word := (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.Is(unicode.Han, r)
		switch {
		case unicode.IsSpace(r):
			open = false
		case word && open:
			out[len(out)-1].End = uint32(i) + size
		default:
			out = append(out, words.Span{Start: uint32(i), End: uint32(i) + size})
			open = word
		}
	}
	return out
}
