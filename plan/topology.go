package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"feilun/internal/hint"
)

// A Topology names the links of a cluster. Zero fields keep the chip's own.
type Topology struct {
	Name    string
	Intra   float64 // GB/s one way per chip inside a node
	NodeGb  float64 // Gbit/s of all adapters of a node
	PerNode int
	About   string
}

// Topologies lists the named link arrangements; link rates are those of the
// standards (PCIe, InfiniBand, Ethernet) or of the chip table's source.
func Topologies() []Topology {
	return []Topology{
		{"nvswitch-hdr", 0, 1600, 8, "switch in the node, 8×200 Gb/s InfiniBand (DGX A100)"},
		{"nvswitch-ndr", 0, 3200, 8, "switch in the node, 8×400 Gb/s InfiniBand (DGX H100)"},
		{"nvlink-4x200", 0, 800, 8, "switch in the node, 4×200 Gb/s"},
		{"roce-4x100", 0, 400, 8, "switch in the node, 4×100 Gb/s RoCE or Omni-Path"},
		{"roce-8x200", 0, 1600, 8, "switch in the node, 8×200 Gb/s RoCE"},
		{"hccs-8x200", 196, 1600, 8, "HCCS full mesh of eight Ascend chips, 8×200 Gb/s RoCE"},
		{"pcie4-25g", 25, 25, 8, "PCIe 4.0 in the node, one 25 Gb/s Ethernet port"},
		{"pcie4-100g", 25, 100, 8, "PCIe 4.0 in the node, one 100 Gb/s port"},
		{"pcie3-10g", 12, 10, 8, "PCIe 3.0 in the node, one 10 Gb/s port"},
		{"nvl72", 0, 28800, 72, "72 chips behind one switch"},
	}
}

// CheckTopology reports an unknown name with the known ones.
func CheckTopology(name string) error {
	if name == "" || slices.ContainsFunc(Topologies(), func(t Topology) bool { return t.Name == name }) {
		return nil
	}
	var known []string
	for _, t := range Topologies() {
		known = append(known, t.Name)
	}
	return hint.With(fmt.Errorf("no topology %q", name), "known are "+strings.Join(known, ", ")+"; without --topology the chip's own links count")
}

// apply replaces the cluster's links by the named ones.
func (k *Cluster) apply(name string) {
	for _, t := range Topologies() {
		if t.Name != name {
			continue
		}
		k.Topology = name
		k.PerNode = cmp.Or(t.PerNode, k.PerNode)
		k.Node = t.NodeGb / 8 * 1e9
		if t.Intra > 0 {
			k.Intra = t.Intra * 1e9
		}
	}
}
