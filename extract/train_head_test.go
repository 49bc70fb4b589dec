package extract

import "feilun/internal/forest"

// headParams are small: some 300 pages have a headline and an answer.
var headParams = forest.Params{Trees: 40, Leaves: 4, Rate: 0.1, MinWeight: 1, Lambda: 1, Rows: 0.8, Cols: 0.3, Seed: 2}

// headData are the headlines, one a page and each page alike, but for the few
// Chinese ones. The answers of our own pages all hold the headline, which says nothing of others.
func headData(ss []*sample, use func(*sample) bool) forest.Data {
	d := forest.Data{Columns: make([][]int16, ss[0].width)}
	for k, s := range ss {
		if s.head < 0 || s.label[s.head] < 0 || s.g.set == "own" || !use(s) {
			continue
		}
		for c, v := range s.row(s.head) {
			d.Columns[c] = append(d.Columns[c], v)
		}
		y, w := 0.0, 1.0
		if s.label[s.head] > 0.5 {
			y = 1
		}
		if s.g.set == "zh-handmade" {
			w = 3
		}
		d.Target, d.Weight, d.Group = append(d.Target, y), append(d.Weight, w), append(d.Group, int32(k))
	}
	return d
}
