package tensor

func pairs(n int, dst, src pointer, dstep, sstep, mask int) {
	pairs512(n, dst, src, dstep, sstep, mask)
}

func transpose(n int, dst, src pointer, dstep, sstep int) { transpose512(n, dst, src, dstep, sstep) }
