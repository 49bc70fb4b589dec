package serve

import (
	"context"
	"time"

	"feilun/internal/fetch"
)

// A webSearcher finds passages on the live web, in pages that were fetched and kept for that.
type webSearcher struct{ web *fetch.Web }

// Search implements [Searcher].
func (s webSearcher) Search(ctx context.Context, query string, k int) ([]Passage, error) {
	found, err := s.web.Search(ctx, query, k)
	if err != nil {
		return nil, err
	}
	out := make([]Passage, len(found))
	for i, p := range found {
		out[i] = passageOf(p, 0)
	}
	return out, nil
}

// Passage implements [Searcher].
func (s webSearcher) Passage(ctx context.Context, version string, start, end, margin int) (Passage, error) {
	p, err := s.web.Passage(ctx, version, start, end)
	if err != nil {
		return Passage{}, err
	}
	return passageOf(p, margin), nil
}

func passageOf(p fetch.Passage, margin int) Passage {
	from, to := max(0, p.Start-margin), len(p.Text)
	if to-p.End > margin {
		to = p.End + margin
	}
	return Passage{
		Doc: p.URL, Version: p.Version, URL: p.URL, Title: p.Title, Date: p.Date, Fetched: p.Fetched.Format(time.RFC3339),
		Start: p.Start, End: p.End, Text: p.Text[p.Start:p.End], Before: p.Text[from:p.Start], After: p.Text[p.End:to], Score: p.Score,
	}
}
