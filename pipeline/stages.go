// Package pipeline joins the stages: it holds the table of stages in order,
// reads recipes, and runs one over the fused per-document pass and the
// whole-corpus stages. Start with [Load] and [Run]. It is the only package that
// knows all stages; no stage knows it.
package pipeline

// A Stage is a row of the table of stages.
type Stage struct {
	Word  string // directory, verb, recipe key, docs page, column in reports
	Takes string
	Gives string
	Whole bool // looks at the whole corpus, not at one document
	Built bool // in this version
}

// Stages is the path from crawl to feedback, in data order.
func Stages() []Stage {
	return []Stage{
		{"crawl", "WARC, WET, ARC, HTML, text, MediaWiki dumps, EPUB, books, JSONL, Parquet, Common Crawl", "pages or documents", false, true},
		{"extract", "page", "title, text, date, links", false, true},
		{"language", "document", "language, script, confidence", false, true},
		{"filter", "document", "verdict by rule", false, true},
		{"quality", "document", "score, verdict by model", false, true},
		{"dedup", "corpus", "corpus without repeats", true, true},
		{"mix", "corpora with shares or epochs", "one shuffled corpus without traces of tests", true, true},
		{"tokenize", "corpus", "vocabulary, packed tokens", true, true},
		{"train", "tokens", "checkpoints", true, true},
		{"evaluate", "model, text held out, tasks", "bits for each byte, accuracy", true, true},
		{"search", "corpora", "index", true, false},
		{"serve", "checkpoint, index", "chat, API", true, false},
		{"feedback", "ratings, edits", "training data", true, false},
	}
}

func stageNamed(word string) (Stage, bool) {
	for _, s := range Stages() {
		if s.Word == word {
			return s, true
		}
	}
	return Stage{}, false
}
