package plan

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/params"

	"go.yaml.in/yaml/v4"
)

// chipsCSV is the product's table of chips. Sources stand in each row.
//
//go:embed chips.csv
var chipsCSV string

// A Chip is one row of the chip table. Peaks are dense, without sparsity.
type Chip struct {
	Name     string   `yaml:"chip" json:"chip"`
	Aliases  []string `yaml:"aliases" json:"aliases,omitempty"`
	Family   string   `yaml:"family" json:"family"` // microarchitecture: decides which fitted coefficients apply
	Vendor   string   `yaml:"vendor" json:"vendor,omitempty"`
	Year     int      `yaml:"year" json:"year,omitempty"`
	Process  float64  `yaml:"process_nm" json:"process_nm,omitempty"`
	Peak16   float64  `yaml:"fp16_bf16_tflops" json:"fp16_bf16_tflops"` // TFLOP/s
	Peak8    float64  `yaml:"fp8_tflops" json:"fp8_tflops,omitempty"`
	Peak32   float64  `yaml:"fp32_tflops" json:"fp32_tflops,omitempty"`
	MemoryGB float64  `yaml:"hbm_gb" json:"hbm_gb"`
	HBM      float64  `yaml:"hbm_gbs" json:"hbm_gbs"`                           // GB/s
	Intra    float64  `yaml:"intra_node_gbs_bidir" json:"intra_node_gbs_bidir"` // GB/s, both directions together
	Inter    float64  `yaml:"inter_node_gbps_per_chip" json:"inter_node_gbps_per_chip"`
	PerNode  int      `yaml:"chips_per_node" json:"chips_per_node"`
	TDP      float64  `yaml:"tdp_w" json:"tdp_w"`
	PriceUSD float64  `yaml:"price_usd" json:"price_usd,omitempty"`
	RentUSD  float64  `yaml:"rent_usd_hour" json:"rent_usd_hour,omitempty"`
	RentCNY  float64  `yaml:"rent_cny_hour" json:"rent_cny_hour,omitempty"`
	RentFrom string   `yaml:"rent_source" json:"rent_source,omitempty"`
	NoBF16   bool     `yaml:"no_bf16" json:"no_bf16,omitempty"`
	DieMM2   float64  `yaml:"die_mm2" json:"die_mm2,omitempty"`
	Export   string   `yaml:"export_status_china" json:"export_status_china,omitempty"`
	Source   string   `yaml:"source" json:"source"`
	Doubt    string   `yaml:"uncertain" json:"uncertain,omitempty"`
	// Assumed lists the cells no source states, filled by [Chip.complete].
	Assumed []string `yaml:"-" json:"assumed,omitempty"`
}

// TPP is the total processing performance of the export rules: dense TFLOP/s
// times bit width. It is arithmetic, not a legal verdict.
func (c *Chip) TPP() float64 { return max(c.Peak16*16, c.Peak8*8) }

// A ChipTable finds chips by name or alias.
type ChipTable struct {
	chips []Chip
	index map[string]int // by folded name
}

// Chips returns the product's own table.
func Chips() (*ChipTable, error) {
	t := &ChipTable{index: map[string]int{}}
	r := csv.NewReader(strings.NewReader(chipsCSV))
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("chips.csv: %w", err)
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("chips.csv: %w", err)
		}
		if err := t.Add(chipOf(head, row)); err != nil {
			return nil, err
		}
	}
}

func chipOf(head, row []string) Chip {
	get := func(name string) string {
		if i := slices.Index(head, name); i >= 0 && i < len(row) {
			return row[i]
		}
		return ""
	}
	num := func(name string) float64 {
		f, _ := strconv.ParseFloat(get(name), 64)
		return f
	}
	return Chip{
		Name: get("chip"), Aliases: strings.Fields(get("aliases")), Family: get("family"), Vendor: get("vendor"),
		Year: int(num("year")), Process: num("process_nm"),
		Peak16: num("fp16_bf16_tflops"), Peak8: num("fp8_tflops"), Peak32: num("fp32_tflops"),
		MemoryGB: num("hbm_gb"), HBM: num("hbm_gbs"), Intra: num("intra_node_gbs_bidir"),
		Inter: num("inter_node_gbps_per_chip"), PerNode: int(num("chips_per_node")), TDP: num("tdp_w"),
		PriceUSD: num("price_usd"), RentUSD: num("rent_usd_hour"), RentCNY: num("rent_cny_hour"), RentFrom: get("rent_source"),
		NoBF16: get("bf16") == "no", DieMM2: num("die_mm2"),
		Export: get("export_status_china"), Source: get("source"), Doubt: get("uncertain"),
	}
}

// Add puts a chip into the table; a later row of the same name replaces the
// earlier one. A chip needs a name, a source, peak, memory and bandwidth.
func (t *ChipTable) Add(c Chip) error {
	if c.Name == "" || c.Peak16 == 0 {
		return fmt.Errorf("chip %q needs the keys chip and fp16_bf16_tflops", c.Name)
	}
	if c.Source == "" {
		return fmt.Errorf("chip %q needs source: where its figures come from", c.Name)
	}
	for _, f := range []float64{c.Peak16, c.Peak8, c.MemoryGB, c.HBM, c.Intra, c.Inter, c.TDP, c.PriceUSD, c.RentUSD, c.RentCNY, float64(c.PerNode)} {
		if !(f >= 0 && f < 1e9) {
			return fmt.Errorf("chip %q has the figure %v; figures are zero or positive", c.Name, f)
		}
	}
	c.complete()
	t.chips = append(t.chips, c)
	t.index[fold(c.Name)] = len(t.chips) - 1
	for _, a := range c.Aliases {
		t.index[fold(a)] = len(t.chips) - 1
	}
	return nil
}

// complete fills cells that no source states with cautious guesses and says so.
func (c *Chip) complete() {
	fill := func(name string, cell *float64, guess float64) {
		if *cell == 0 {
			*cell = guess
			c.Assumed = append(c.Assumed, name)
		}
	}
	if c.PerNode == 0 {
		c.PerNode = 8
	}
	if c.Family == "" {
		c.Family = "other"
	}
	fill("hbm_gb", &c.MemoryGB, 32)
	fill("hbm_gbs", &c.HBM, 4*c.Peak16)        // bytes per FLOP of the A100's generation
	fill("intra_node_gbs_bidir", &c.Intra, 64) // PCIe 4.0 x16
	fill("inter_node_gbps_per_chip", &c.Inter, 100)
	fill("tdp_w", &c.TDP, 350)
}

// AddYAML adds the chips of a YAML file: one mapping or a list of mappings. An
// unknown key is an error, since a misspelt one would be guessed.
func (t *ChipTable) AddYAML(text []byte) error {
	var list []Chip
	if err := yaml.Load(text, &list, yaml.WithKnownFields()); err != nil {
		var one Chip
		if err := yaml.Load(text, &one, yaml.WithKnownFields()); err != nil {
			return hint.With(fmt.Errorf("chip file: %w", err), chipTemplate)
		}
		list = []Chip{one}
	}
	if len(list) == 0 {
		return hint.With(errors.New("the chip file holds no chip"), chipTemplate)
	}
	for _, c := range list {
		if err := t.Add(c); err != nil {
			return hint.With(err, chipTemplate)
		}
	}
	return nil
}

const chipTemplate = "a chip file holds: chip, source, fp16_bf16_tflops, hbm_gb, hbm_gbs, intra_node_gbs_bidir, inter_node_gbps_per_chip, tdp_w (docs/formats/chips.md)"

// Find returns the chip a user means. The error names the nearest known chip.
func (t *ChipTable) Find(name string) (*Chip, error) {
	for _, form := range chipForms(name) {
		if i, ok := t.index[form]; ok {
			return &t.chips[i], nil
		}
	}
	if strings.TrimSpace(name) == "" {
		return nil, hint.With(errors.New("no chip is named"), "`feilun plan chips` lists the known ones")
	}
	for _, maker := range []string{"hygon", "海光", "dcu", "深算"} {
		if strings.Contains(fold(name), maker) {
			return nil, hint.With(fmt.Errorf("no chip %q in the table: no dated public source for Hygon's figures was found", name), "--chip-file FILE.yaml adds it with its peak, memory, bandwidth, power and source")
		}
	}
	why := fmt.Errorf("no chip %q in the table", name)
	if near := t.nearest(name); near != "" {
		return nil, hint.With(why, fmt.Sprintf("did you mean %s? `feilun plan chips` lists all; --chip-file FILE.yaml adds one", near))
	}
	return nil, hint.With(why, "`feilun plan chips` lists the known ones; "+
		"--chip-file FILE.yaml adds one with its peak, memory, bandwidth, power and source")
}

func (t *ChipTable) nearest(name string) string {
	folded := make([]string, 0, len(t.index))
	for k := range t.index {
		folded = append(folded, k)
	}
	slices.Sort(folded)
	if best := params.Nearest(fold(name), folded); best != "" {
		return t.chips[t.index[best]].Name
	}
	return ""
}

// chipForms are the ways a name may stand in the table: as written, and without
// maker, memory type, socket generation and unit.
func chipForms(name string) []string {
	bare := fold(name)
	for _, word := range []string{"nvidia", "huawei", "amd", "google", "intel", "cambricon", "tesla", "geforce", "instinct", "昇腾", "华为", "英伟达"} {
		bare = strings.TrimPrefix(bare, word)
	}
	plain := strings.NewReplacer("hbm2e", "", "hbm3e", "", "hbm3", "", "hbm2", "", "sxm2", "sxm", "sxm3", "sxm", "sxm4", "sxm", "sxm5", "sxm").Replace(bare)
	noUnit := strings.NewReplacer("80gb", "80g", "40gb", "40g", "32gb", "32g", "141gb", "141g", "96gb", "96g", "64gb", "64g").Replace(plain)
	return []string{fold(name), bare, plain, noUnit, strings.ReplaceAll(noUnit, "sxm", "")}
}

// All returns the table's chips in order, each name once.
func (t *ChipTable) All() []Chip {
	var all []Chip
	for i, c := range t.chips {
		if t.index[fold(c.Name)] == i {
			all = append(all, c)
		}
	}
	return all
}

// fold makes names comparable: lower case, without spaces, dashes or
// underscores.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '_', '(', ')', '/':
			return -1
		}
		return r
	}, strings.ToLower(name))
}
