package plan

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// english finds a run of English words that a Chinese screen should not have.
func english(text string) string {
	return regexp.MustCompile(`[a-z]{2,} [a-z]{2,} [a-z]{2,}`).FindString(text)
}

// TestChineseScreens holds every topic, note and doubt of the chip table to
// Chinese.
func TestChineseScreens(t *testing.T) {
	for _, c := range []struct{ model, chips string }{{"gpt3-175b", "1024xA100"}, {"deepseek-v3", "2048xH800"}, {"llama2-13b", "256xH20,512xV100"}, {"llama2-13b", "13xA100"}} {
		p, err := Make(ask(t, c.model, "300B", c.chips))
		if err != nil || !p.Feasible {
			t.Fatalf("%v %s", err, p.Why)
		}
		d := Data(p.Tokens, nil, 0)
		var out bytes.Buffer
		WriteText(&out, p, "zh")
		WriteData(&out, &d, "zh")
		for _, topic := range Topics() {
			if err := Explain(&out, p, &d, topic, "zh"); err != nil {
				t.Errorf("Explain(%s): %v", topic, err)
			}
		}
		for line := range strings.Lines(out.String()) {
			if e := english(line); e != "" {
				t.Errorf("%s on %s: %q in %q", c.model, c.chips, e, line)
			}
		}
	}
	for _, c := range chipTable(t).All() {
		if e := english(Translate("zh", c.Name+" row is uncertain: "+c.Doubt)); c.Doubt != "" && e != "" {
			t.Errorf("doubt of %s stays English: %q", c.Name, c.Doubt)
		}
		if e := english(Translate("zh", c.RentFrom)); e != "" {
			t.Errorf("rent source of %s stays English: %q", c.Name, c.RentFrom)
		}
	}
}

// TestEveryNumberOpens: each name the JSON and the screens give a number leads
// to a topic.
func TestEveryNumberOpens(t *testing.T) {
	names := []string{"days", "days_p10", "days_p90", "memory_gib", "step_time_s", "mfu", "energy_kwh", "co2_t", "cost", "rent", "own", "power_kw",
		"predicted_loss", "training_flops", "kept_share", "days_modern_stack", "documents", "cpu_core_hours", "tensor comm", "Bubble", "activations", "天数", "显存"}
	for _, n := range append(names, partNames[:]...) {
		if topicOf(n) == "" {
			t.Errorf("nothing opens %q", n)
		}
	}
}

// TestPages: the pages of several plans and of studies stand alone, have their
// charts, and in Chinese no English sentence.
func TestPages(t *testing.T) {
	r := ask(t, "llama2-13b", "1T", "64xA800")
	table := chipTable(t)
	var inventories [][]Group
	for _, text := range []string{"512xA800", "256xH20,512xV100", "8xT4"} {
		g, err := table.ParseChips(text)
		if err != nil {
			t.Fatal(err)
		}
		inventories = append(inventories, g)
	}
	plans, err := Compare(r, inventories)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := WritePlansHTML(&page, plans, "zh"); err != nil {
		t.Fatal(err)
	}
	checkPage(t, "compare", page.String(), 3)
	page.Reset()
	d := Data(plans[0].Tokens, nil, 0)
	if err := WriteHTML(&page, plans[0], Frontier(plans[0]), &d, "zh"); err != nil {
		t.Fatal(err)
	}
	checkPage(t, "one plan", page.String(), 4)
	for _, name := range StudyNames() {
		lines, err := Study(name, Request{}, table)
		if err != nil {
			t.Fatal(err)
		}
		page.Reset()
		if err := WriteStudyHTML(&page, name, lines, "zh"); err != nil {
			t.Fatal(err)
		}
		checkPage(t, name, page.String(), 3)
	}
}

// halfWidth finds marks of English beside Chinese.
var halfWidth = regexp.MustCompile(`\p{Han}[:;,(]|[:;,] \p{Han}|[(]\p{Han}`)

func checkPage(t *testing.T, name, page string, charts int) {
	t.Helper()
	if n := strings.Count(page, "<svg"); n != charts {
		t.Errorf("%s: %d charts, want %d", name, n, charts)
	}
	for _, bad := range []string{"src=", "href=", "NaN", "Inf", "%!", "\ufffd"} {
		if strings.Contains(page, bad) {
			t.Errorf("%s holds %q", name, bad)
		}
	}
	_, body, _ := strings.Cut(page, "</head>")
	body, _, _ = strings.Cut(body, "<script>")
	for _, text := range regexp.MustCompile(`>([^<]+)<`).FindAllStringSubmatch(body, -1) {
		if e := english(text[1]); e != "" {
			t.Errorf("%s: %q stays English", name, text[1])
		}
		if halfWidth.MatchString(text[1]) && !strings.Contains(text[1], " = ") { // brackets of formulas are those of mathematics
			t.Errorf("%s: marks of English in Chinese: %q", name, text[1])
		}
	}
}
