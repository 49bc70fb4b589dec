package extract

// frameBytes is how much of the text around the main text is told, half from
// the page's beginning and half from its end.
const frameBytes = 4096

// around returns the text of blocks that were not kept, a line each: menus,
// notices, footers. Filters look there for what a site says about itself.
func (x *Extractor) around() string {
	var head, tail []byte
	i := 0
	for ; i < len(x.blocks) && len(head) < frameBytes/2; i++ {
		head = x.appendBlock(head, i)
	}
	head = head[:fit(head, frameBytes/2)]
	from := len(x.blocks)
	for n := 0; from > i && n < frameBytes/2; {
		from--
		if !x.keep[from] {
			n += int(x.blocks[from].to-x.blocks[from].from) + 1
		}
	}
	for ; from < len(x.blocks) && len(tail) < frameBytes/2; from++ {
		tail = x.appendBlock(tail, from)
	}
	return string(append(head, tail[:fit(tail, frameBytes/2)]...))
}

func (x *Extractor) appendBlock(dst []byte, i int) []byte {
	if b := &x.blocks[i]; !x.keep[i] && b.to > b.from {
		dst = append(append(dst, x.buf[b.from:b.to]...), '\n')
	}
	return dst
}

// fit returns the largest length up to n at which text can be cut.
func fit(text []byte, n int) int {
	if n >= len(text) {
		return len(text)
	}
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return n
}
