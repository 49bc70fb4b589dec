package quality

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"feilun"
	"feilun/internal/forest"
	"feilun/internal/hint"
)

// signalHeader is the readable part of a signals model.
type signalHeader struct {
	Columns []string           `json:"columns"`        // signals, then models
	Median  []int16            `json:"median"`         // of each column, for explanations
	Scale   float64            `json:"scale"`          // log-odds = scale·trees + offset (Platt)
	Offset  float64            `json:"offset"`         //
	Forest  int                `json:"forest"`         // bytes of trees at the start of the body
	Inside  *gpt3Header        `json:"gpt3,omitempty"` // a gpt3 model whose weights follow
	Models  []needed           `json:"models,omitempty"`
	Hosts   map[string]float64 `json:"hosts,omitempty"` // reputation
}

// A needed model is a file that a signals model asks for scores.
type needed struct {
	Path   string `json:"path"` // relative to the folder of the model that needs it
	SHA256 string `json:"sha256"`
}

// relate writes the paths of needed models relative to the folder of the model
// that is to be saved as name, so that they may move together.
func (h *signalHeader) relate(name string) error {
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return err
	}
	for i := range h.Models {
		n := &h.Models[i]
		if rel, err := filepath.Rel(dir, n.Path); err == nil && filepath.IsAbs(n.Path) {
			n.Path = filepath.ToSlash(rel)
		}
	}
	return nil
}

// insideName is the word that trains a gpt3 model inside a signals model.
const insideName = "gpt3"

// signals joins measurements and scores with gradient-boosted trees.
type signals struct {
	signalHeader
	forest *forest.Forest
	inside *gpt3
	others []*Model
	m      *measurer
	row    []int16
}

func newSignals(h signalHeader, body []byte, name string) (*signals, error) {
	if h.Forest < 0 || h.Forest > len(body) {
		return nil, fmt.Errorf("%d bytes of trees in %d", h.Forest, len(body))
	}
	f, err := forest.Unpack(body[:h.Forest])
	if err != nil {
		return nil, err
	}
	s := &signals{signalHeader: h, forest: f, m: newMeasurer()}
	want := signalNames()
	if h.Inside != nil {
		if s.inside, err = newGPT3(*h.Inside, body[h.Forest:]); err != nil {
			return nil, err
		}
		want = append(want, insideName)
	}
	for _, n := range h.Models {
		path := n.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(name), path)
		}
		if err := s.need(path, n.SHA256); err != nil {
			return nil, err
		}
		want = append(want, filepath.Base(n.Path))
	}
	if !slices.Equal(want, h.Columns) || len(h.Median) != len(want) || f.Width() != len(want) {
		return nil, fmt.Errorf("columns %v, want %v", h.Columns, want)
	}
	return s, nil
}

// need opens a model that this one stands on.
func (s *signals) need(path, sum string) error {
	o, err := Open(path, "")
	if err != nil {
		return err
	}
	if o.Kind == "signals" {
		return hint.Usage(fmt.Errorf("%s joins models already: signals models cannot stand on one another", path))
	}
	if sum != "" && o.SHA256 != sum {
		return hint.Usage(fmt.Errorf("%s is another model than the one trained with: its SHA-256 is %.12s, want %.12s", path, o.SHA256, sum))
	}
	s.others = append(s.others, o)
	return nil
}

func (s *signals) clone() scorer {
	c := &signals{signalHeader: s.signalHeader, forest: s.forest, m: newMeasurer()}
	if s.inside != nil {
		c.inside = s.inside.clone().(*gpt3)
	}
	for _, o := range s.others {
		c.others = append(c.others, o.Clone())
	}
	return c
}

// read fills s.row with the document's columns.
func (s *signals) read(d *feilun.Doc) {
	s.row = s.m.measure(s.row, d, s.Hosts)
	if s.inside != nil {
		s.row = append(s.row, odds16(s.inside.logit(d.Text)))
	}
	for _, o := range s.others {
		s.row = append(s.row, o.column(d))
	}
}

// column is a model's answer as a column.
func (m *Model) column(d *feilun.Doc) int16 { return odds16(logit(m.Score(d))) }

func odds16(z float64) int16 { return int16(max(-30, min(30, z)) * 1000) }

func (s *signals) odds() float64 {
	return s.Scale*float64(s.forest.Score(s.row))/forest.Unit + s.Offset
}

func (s *signals) score(d *feilun.Doc) float64 {
	s.read(d)
	return sigmoid(s.odds())
}

// explain tells what the log-odds would lose if one column had the median of
// the examples.
func (s *signals) explain(d *feilun.Doc) []Reason {
	s.read(d)
	base := s.odds()
	var all []Reason
	for i, name := range s.Columns {
		own := s.row[i]
		s.row[i] = s.Median[i]
		if w := base - s.odds(); w != 0 {
			all = append(all, Reason{name, natural(i, own), w})
		}
		s.row[i] = own
	}
	sortReasons(all)
	return all
}

// natural gives a column's value in its own unit.
func natural(column int, v int16) float64 {
	switch signal(column) {
	case sigChars, sigLines, sigMeanLine, sigLongestLine:
		return math.Round(math.Exp2(float64(v)/64)) - 1
	case sigPathDepth:
		return float64(v)
	}
	if v == missing16 {
		return -1
	}
	return float64(v) / 1000
}

// readHosts reads a table of reputations: host, tab, number; # starts a comment.
func readHosts(name string) (map[string]float64, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, hint.Usage(err)
	}
	defer f.Close()
	hosts := map[string]float64{}
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		host, value, ok := strings.Cut(line, "\t")
		r, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if !ok || err != nil || math.IsNaN(r) || math.IsInf(r, 0) {
			return nil, hint.Usage(fmt.Errorf("%s line %d: want host, tab, number", name, n))
		}
		hosts[plainHost(strings.TrimSpace(host))] = r
	}
	return hosts, sc.Err()
}

func logit(p float64) float64 {
	p = min(max(p, 1e-9), 1-1e-9)
	return math.Log(p / (1 - p))
}
