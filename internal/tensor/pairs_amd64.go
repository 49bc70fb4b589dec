package tensor

func pairs(n, tiles int, dst, src pointer, dstep, sstep, dtile, stile, mask int) {
	pairs512(n, tiles, dst, src, dstep, sstep, dtile, stile, mask)
}

func transpose(n int, dst, src pointer, dstep, sstep int) { transpose512(n, dst, src, dstep, sstep) }
