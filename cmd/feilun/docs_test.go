package main

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/crawl"
	"feilun/dedup"
	"feilun/evaluate"
	"feilun/extract"
	"feilun/internal/params"
	"feilun/internal/testkit"
	"feilun/language"
	"feilun/mix"
	"feilun/quality"
	"feilun/search"
	"feilun/tokenize"
	"feilun/train"
)

var update = flag.Bool("update", false, "write the generated pages and the output shown in the documentation")

// A stagePage is a page of docs/stages that is made from parameter comments.
type stagePage struct {
	word     string
	intro    string
	sections []stageSection
	source   fs.FS
}

type stageSection struct {
	title string // "" for the stage's own parameters
	ptr   any
}

func stagePages() []stagePage {
	return []stagePage{
		{"crawl", crawlIntro, []stageSection{{"", &crawl.Params{}}}, crawl.Code},
		{"extract", extractIntro, []stageSection{{"", &extract.Params{}}}, extract.Source},
		{"language", languageIntro, []stageSection{{"", &language.Params{}}}, language.Source},
		{"quality", qualityIntro, qualitySections(), quality.Source},
		{"dedup", dedupIntro, []stageSection{
			{"url", &dedup.URLParams{}}, {"exact", &dedup.ExactParams{}}, {"line", &dedup.LineParams{}}, {"near", &dedup.NearParams{}},
			{"ngram", &dedup.NgramParams{}}, {"substring", &dedup.SubstringParams{}},
		}, dedup.Source},
		{"mix", mixIntro, []stageSection{
			{"the mix", &mix.Params{}}, {"sources", &mix.SourceParams{}}, {"decontaminate", &mix.DecontaminateParams{}}, {"output", &mix.OutputParams{}},
		}, mix.Source},
		{"tokenize", tokenizeIntro, []stageSection{{"", &tokenize.Params{}}}, tokenize.Source},
		{"train", trainIntro, []stageSection{{"", &train.Params{}}, {"sft and dpo", &train.TuneParams{}}}, train.Source},
		{"evaluate", evaluateIntro, []stageSection{{"", &evaluate.Params{}}, {"In a recipe", &evaluate.Section{}}}, evaluate.Source},
		{"search", searchIntro, []stageSection{{"", &search.Params{}}, {"ranking", &search.Ranking{}}}, search.Source},
	}
}

// qualitySections are the steps, then training.
func qualitySections() []stageSection {
	var all []stageSection
	for _, s := range quality.All() {
		all = append(all, stageSection{quality.Name(s), s})
	}
	return append(all, stageSection{"Training", &quality.TrainParams{}})
}

const qualityIntro = `Quality scores documents with models and drops those that score badly. Recipe key: ` + "`quality:`" + `, with one entry a
step, run between filter and dedup in the order of the recipe; ` + "`STEP@LANG`" + ` looks at documents of that language alone. The rule in the
ledger is the name of the parameter that decided; its row holds the score and the limit it was held to.

    quality:
      gpt3@en: {model: en.flq}
      gpt3@zh: {model: zh.flq}
      fasttext@en: {model: openhermes_reddit_eli5_vs_rw_v2_bigram_200k_train.bin, label: hq, min: 0.018112}

A model is a file: one that ` + "`feilun quality train`" + ` wrote (../formats/quality-model.md), a fastText classifier, or an ARPA language model;
the bytes tell which. Its content is part of what a run is: with another model at the same path, a finished folder is refused.

| command | does |
|---|---|
| ` + "`feilun quality train --kind K --positive FILE… --negative FILE… --out MODEL`" + ` | trains a model and writes MODEL.html about it |
| ` + "`feilun quality score --model MODEL FILE`" + ` | scores JSON lines |
| ` + "`feilun quality explain --model MODEL FILE`" + ` | shows which features decide |
| ` + "`feilun why --quality MODEL DIR URL`" + ` | the same for a document of a run, read anew from its source if it was dropped |
| ` + "`feilun quality evaluate --model MODEL --positive FILE… --negative FILE…`" + ` | AUC with its interval, calibration, thresholds |

Training deals hosts, not documents, into five parts. One is held out, and the figures printed are of that part; the other four choose
the penalty and the calibration, each scored by weights that were fitted without it. ` + "`output.labels`" + ` names pages with labels on which
the report of a run draws precision and recall; ` + "`output.scores: true`" + ` adds a column of scores to the corpus.
`

const tokenizeIntro = `Tokenize makes a vocabulary from documents and packs documents into files of token numbers. Recipe key: ` + "`tokenize:`" + `, for the run's corpus or mix; as verb:

    feilun tokenize train --vocab 32768 --out tokenizer.json RUN_OR_FILES…
    feilun tokenize pack --tokenizer tokenizer.json --out tokens RUN_OR_FILES…
    feilun tokenize encode --tokenizer tokenizer.json < text
    feilun tokenize decode --tokenizer tokenizer.json < numbers

Encoding and decoding take any bytes and give them back. Vocabularies are read as tokenizer.json of Hugging Face (BPE, byte-level or of SentencePiece's form) and as ranks of tiktoken, and
written as both. Where a tokenizer.json puts tokens before every text (` + "`TemplateProcessing`" + `, such as Llama 3's), ` + "`pack`" + ` puts them before every document; ` + "`encode`" + ` gives the text alone. What packed files hold is told in ../formats/tokens.md.
`

const trainIntro = `Train makes a model of packed tokens, teaches it to answer by conversations, and to prefer some answers to others. Recipe key: ` + "`train:`" + `, beside ` + "`tokenize:`" + `; as verb:

    feilun train TOKENS --depth 4 --out MODEL        packed tokens, of feilun tokenize pack
    feilun train DIR                                 a run folder: packs its corpus into DIR/tokens, model in DIR/model
    feilun train sft MODEL CHATS.jsonl --out CHAT    loss on answers alone
    feilun train dpo CHAT PAIRS.jsonl --out BETTER   direct preference optimization

The same command on the same folder goes on where it stopped, also after kill -9 and with another number of workers, and ends with the same bytes; other parameters there are
an error that names --fresh. A batch whose loss or gradient is no number, or whose gradient is far longer than usual, is skipped and said so; several in a row end training.
Memory is predicted before the start and held to --memory. What the folder holds is told in ../formats/checkpoint.md; train.html can be kept open meanwhile.

Conversations are lines of JSON or a JSON list, also as .zst, a row in the form of ShareGPT (` + "`conversations`" + ` of ` + "`from`, `value`" + `), Alpaca (` + "`instruction`, `input`, `output`" + `), messages (` + "`role`, `content`" + `), self-instruct
(` + "`instances`" + `), or one question and its answer (` + "`prompt`, `query` or `question`; `completion`, `response` or `answer`" + `; with ` + "`system_prompt`" + `, and with ` + "`context`" + ` behind an ` + "`instruction`" + `); questions of tests with ` + "`choices`" + ` are left out. Of rows that list ` + "`tools`" + ` the conversation alone is learned, and they are counted. Preferences have ` + "`chosen` and `rejected`" + ` beside the question.

A model that has a chat template (tokenizer_config.json or chat_template.jinja) learns in that form and keeps the template: what it renders up to an answer, with ` + "`add_generation_prompt`" + `, is the question, and what it
renders beyond that with the answer is learned, up to the token that ends it. Special tokens that stand in a message are text. Where a template writes earlier answers otherwise (Qwen 3 leaves out their thoughts), each answer is an example of its own. ` + "`strftime_now`" + ` is always
26 July 2024. A model without a template learns ChatML, if its vocabulary has ` + "`<|im_start|>` and `<|im_end|>`" + `, and gets that as its template.

A vocabulary whose post_processor puts tokens before every text (Llama 3's ` + "`<|begin_of_text|>`" + `) keeps it. ` + "`feilun tokenize pack`" + ` writes these tokens before each document, and the token that ends texts behind it; with ` + "`--mask`" + ` a document sees nothing before them, as when the model is asked for one. Tokens packed without them
are refused by ` + "`--init`" + ` of such a model. ChatML begins with them; a template of its own writes what it writes, as in generation.
`

const evaluateIntro = `Evaluate measures a model: bits for each byte of text by domain, multiple choice by log-likelihood, minimal pairs, last words, and whether the training corpus holds the questions. Recipe key: ` + "`evaluate:`" + `, behind ` + "`train:`" + `; as verbs:

    feilun evaluate MODEL --text books=PATH --text web=PATH
    feilun evaluate MODEL --data DIR --tasks cmmlu,blimp --corpus RUN
    feilun evaluate --list
    feilun ablate A.yaml B.yaml --text NAME=PATH --data DIR --out DIR    which of two corpora makes the better small model

In a recipe, a part of the corpus is held out of vocabulary and training. The model is measured on it beside n-gram models of the same training text: modified Kneser-Ney, one of
the model's tokens, one of characters, one of bytes, each with a probability for every text, its validation text included in what they count; each row is held against the one that needs
the fewest bits for that very row. The report tells what share of the 13-grams held out stands in the training text all the same.

` + "`feilun ablate`" + ` trains the same model on each of two corpora (recipes, run folders, files of documents), in pairs that share seed and first weights, with one vocabulary and equally many
tokens. The interval of the difference is Student's over the variance between pairs and that between pieces of text (../decisions/ablation.md); when it holds zero, no difference was seen.

Shares have Wilson's interval, means one by bootstrap, both of 95 %. Options of different length are made comparable in several ways, all of which are told:

| name | an option's score |
|---|---|
| ` + "`sum`" + ` | its log-likelihood behind the question |
| ` + "`char`, `byte`, `token`" + ` | that, divided by its length |
| ` + "`pmi`" + ` | that, less its log-likelihood behind "Answer:" alone |

Two options of equal score answer nothing. An item is found in a corpus if they share a run of N words or Han characters, N the fifth percentile of the task's items, from 8 to 13; runs that
more than ten items share do not count. A task of which 1 % is found is flagged, and its accuracy is told for both parts.
`

const searchIntro = `Search indexes documents and finds the passages that answer a question. As verb only; recipes do not name it.

    feilun search index DIR… --out INDEX
    feilun search INDEX "问题" --k 10 --json
    feilun search embed INDEX --embeddings http://127.0.0.1:11434/v1 --model NAME
    feilun search remove INDEX URL…
    feilun search show INDEX VERSION:START-END
    feilun search verify INDEX

The same index command brings an index up to date: new and changed documents are added, others removed. Killed at any moment, it goes on
where it was, to the same bytes. An index in a folder named as one of these verbs is asked with ` + "`feilun search query`" + `.

In a question, "quoted words" must stand together, -word may not occur, site:HOST keeps to one host; all else is wished for. Questions and
pages may be in traditional or simplified Chinese, full or half width, any case.

A hit has the document's id, score, ` + "`span`" + ` (the passage: version of the document, first byte and the one behind the last), ` + "`best`" + ` (the sentences in it that hold most of the question),
url, title, date, ` + "`snippet`" + ` (text of best), ` + "`marks`" + ` (ranges of the snippet that match) and ` + "`same`" + ` (ids of documents left out because they say nearly the same).
How it is stored is told in ../formats/search-index.md.
`

const crawlIntro = `Crawl reads raw files and gives pages or documents. Recipe key: ` + "`crawl:`" + `. What it reads, and what
becomes of damage, is told in ../formats/input.md.

Every record that becomes no document is a row in the ledger. Its rule is a parameter below, which decided about a page
of a dump, or one of these:

| rule | meaning |
|---|---|
| ` + "`record_type`" + ` | the record holds no page: a request, a revisit, metadata; the type is the note |
| ` + "`damaged`" + ` | bytes that could not be read; reading went on at the next record |
| ` + "`encrypted`" + ` | a book that cannot be read without a key |
`

const extractIntro = `Extract turns a page into title, text, date, canonical address and links. Recipe key: ` + "`extract:`" + `.
Documents that come with text (WET, JSONL, Parquet) pass unchanged. The rule that drops a page is the name of a
parameter below.
`

const languageIntro = `Language sets language, script and confidence, and drops documents in languages that are not wanted. Recipe
key: ` + "`language:`" + `. Languages are ISO 639-1 codes where one exists, else 639-3; ` + "`und`" + ` when the text does not say.
Scripts are ISO 15924: ` + "`Hans`" + ` and ` + "`Hant`" + ` for Chinese. The rule that drops a document is the name of a parameter below.
`

const mixIntro = `Mix makes one corpus of several: each source with its share of the tokens or its epochs, without traces of test
sets, shuffled as a whole. ` + "`feilun mix FILE`" + ` reads a mix file (../formats/mix.md) with the keys below; ` + "`feilun decontaminate`" + ` takes
traces out of one corpus and leaves its order. The rule in the ledger of a document that was left out is ` + "`share`" + ` or ` + "`epochs`" + `, whichever
decided (the filter names the source; the value is the document's draw, the limit the draw at which the source was full); that of a trace
is ` + "`ngram`, `min_piece`, `max_pieces` or `overlap`" + `, with the filter ` + "`decontaminate`" + `.
`

const dedupIntro = `Dedup looks at the whole corpus and drops documents, or cuts lines and passages, that stand in it already. Recipe key:
` + "`dedup:`" + `, with one entry a step. Steps run in the order below, whatever their order in the recipe, each on what the
steps before it left. The rule in the ledger is the name of the step; the row names the copy that survives.
`

// TestDocsStages holds the pages of docs/stages to the comments of the
// parameters. Filter's page is held by its own package.
func TestDocsStages(t *testing.T) {
	for _, p := range stagePages() {
		name := filepath.Join(testkit.Root(t), "docs", "stages", p.word+".md")
		got, err := p.render()
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(name, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/stages/%s.md is out of date (%v); run: go test ./cmd/feilun -run TestDocsStages -update", p.word, err)
		}
	}
}

func (p stagePage) render() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\nGenerated from the comments in the package; after a change run: go test ./cmd/feilun -run TestDocsStages -update\n\n%s", p.word, p.intro)
	for _, s := range p.sections {
		title := s.title
		if title == "" {
			title = "Parameters"
		}
		ps, err := params.Describe(s.ptr, p.source)
		if err != nil {
			return nil, err
		}
		for _, x := range ps {
			if x.Help == "" {
				return nil, fmt.Errorf("%s: parameter %s has no comment", p.word, x.Name)
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\n", title)
		if s.title != "" {
			doc, _, err := params.Comments(strings.TrimPrefix(fmt.Sprintf("%T", s.ptr), "*"+p.word+"."), p.source)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "%s\n\n", doc)
		}
		b.WriteString(params.Markdown(ps))
	}
	return b.Bytes(), nil
}
