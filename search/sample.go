package search

// Sample lists at most n documents that stand evenly spread in the index: the same ones each time.
func (x *Index) Sample(n int) ([]Document, error) {
	total := 0
	for _, s := range x.segments {
		total += s.info.Docs
	}
	if n = min(n, total); n <= 0 {
		return nil, nil
	}
	out := make([]Document, 0, n)
	begin := 0 // of the segment, among all documents
	for _, s := range x.segments {
		for len(out) < n && len(out)*total/n < begin+s.info.Docs {
			e := s.doc(uint32(len(out)*total/n - begin))
			r, err := s.head(e)
			if err != nil {
				return nil, err
			}
			out = append(out, Document{ID: r.id, URL: r.url, Title: r.title, Date: r.date, Bytes: int(e.length)})
		}
		begin += s.info.Docs
	}
	return out, nil
}
