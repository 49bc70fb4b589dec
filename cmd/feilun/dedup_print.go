package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"feilun"
	"feilun/dedup"
	"feilun/internal/shard"
)

// clusters prints every cluster of two or more documents, in the order of
// their first ones.
func (c *dedupFlags) clusters(a *app, ptr any, p dedup.Params) error {
	return c.decide(a, ptr, p, func(ds *dedup.Decisions, ids, shards []string) error {
		members := map[int][]int{} // by survivor, numbers from 1
		for i := range shards {
			for d, err := range ds.Shard(i) {
				if err != nil {
					return err
				}
				s, err := strconv.Atoi(d.Survivor)
				if err != nil {
					return fmt.Errorf("survivor %q: %w", d.Survivor, err)
				}
				members[s] = append(members[s], i*docsPerShard+d.Index+1)
			}
		}
		var all [][]int
		survivor := map[int]int{} // by first member
		for s, m := range members {
			m = append(m, s)
			slices.Sort(m)
			all = append(all, m)
			survivor[m[0]] = s
		}
		slices.SortFunc(all, func(x, y []int) int { return x[0] - y[0] })
		out := bufio.NewWriter(a.stdout)
		for n, m := range all {
			c.printCluster(out, n+1, m, survivor[m[0]], ids)
		}
		return out.Flush()
	})
}

func (c *dedupFlags) printCluster(out *bufio.Writer, n int, members []int, survivor int, ids []string) {
	if !c.JSON {
		fmt.Fprintf(out, "%d\t%s", n, ids[survivor-1])
		for _, l := range members {
			if l != survivor {
				fmt.Fprintf(out, "\t%s", ids[l-1])
			}
		}
		out.WriteByte('\n')
		return
	}
	b := fmt.Appendf(nil, `{"cluster":%d,"ids":[`, n)
	for i, l := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = shard.AppendString(b, ids[l-1])
	}
	b = shard.AppendString(append(b, `],"survivor":`...), ids[survivor-1])
	out.Write(append(b, "}\n"...))
}

// cuts prints every document that is cut: its id, whether it is dropped since
// nothing is left, the spans, and the text that is left.
func (c *dedupFlags) cuts(a *app, ptr any, p dedup.Params) error {
	return c.decide(a, ptr, p, func(ds *dedup.Decisions, ids, shards []string) error {
		out := bufio.NewWriter(a.stdout)
		for i, name := range shards {
			decided := map[int]dedup.Decision{}
			for d, err := range ds.Shard(i) {
				if err != nil {
					return err
				}
				decided[d.Index] = d
			}
			if err := c.printCuts(out, name, decided, ids[i*docsPerShard:]); err != nil {
				return err
			}
		}
		return out.Flush()
	})
}

func (c *dedupFlags) printCuts(out *bufio.Writer, name string, decided map[int]dedup.Decision, ids []string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	index := 0
	for doc, err := range shard.Docs(f) {
		if err != nil {
			return err
		}
		if d, ok := decided[index]; ok {
			c.printCut(out, ids[index], doc, d)
		}
		index++
	}
	return nil
}

func (c *dedupFlags) printCut(out *bufio.Writer, id string, doc *feilun.Doc, d dedup.Decision) {
	keep := d.Verdict.Kept()
	left := ""
	if keep {
		left = dedup.Apply(doc.Text, d.Cuts)
	}
	if !c.JSON {
		fmt.Fprintf(out, "%s\t%d → %d bytes\n", strings.ReplaceAll(id, "\t", " "), len(doc.Text), len(left))
		return
	}
	b := shard.AppendString([]byte(`{"id":`), id)
	b = fmt.Appendf(b, `,"keep":%t,"cuts":[`, keep)
	for i, cut := range d.Cuts {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"start":%d,"end":%d}`, cut.Start, cut.End)
	}
	b = shard.AppendString(append(b, `],"text":`...), left)
	out.Write(append(b, "}\n"...))
}
