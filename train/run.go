package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/bpe"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/internal/tensor"
	"feilun/model"
)

// Options say where training writes and what it may take.
type Options struct {
	Out     string      // folder of the model
	Workers int         // 0 means one for each processor
	Memory  params.Size // limit for the whole process; 0 means 8GiB
	Fresh   bool        // delete an earlier run in Out first
	Lang    string      // of the page that opens first: zh, en or auto
	Stderr  io.Writer   // progress and remarks; nil for none
}

// An Outcome is what training came to.
type Outcome struct {
	Model   string  `json:"model"` // folder
	Weights int     `json:"weights"`
	Steps   int     `json:"steps"`
	Tokens  int64   `json:"tokens"`
	Skipped int     `json:"skipped"`              // batches
	Valid   float64 `json:"valid_loss,omitempty"` // lowest, in nats a token
	BPB     float64 `json:"valid_bpb,omitempty"`  // at that step
	Kept    int     `json:"kept_step"`            // whose weights the model has
	Seconds float64 `json:"seconds"`              // of training
	Log     string  `json:"log"`
	Page    string  `json:"page"`
}

// What a job learns from.
const (
	kindText  = "pretrain"
	kindChat  = "sft"
	kindPairs = "dpo"
)

// A job is one training run, whatever it learns from.
type job struct {
	Options
	kind     string // kindText, kindChat or kindPairs
	p        *Params
	cpu      *tensor.CPU
	m        *model.Model
	tok      *bpe.Tokenizer
	eot      uint32
	recipe   string
	made     map[string]any // for the manifest: what the model is made of
	form     form           // of conversations; nil where the model learns texts
	names    tokenNames
	prefix   []uint32 // tokens before every text
	template string   // of chats, for the model that is written; "" for none
	facts    [][3]string
	extra    int64 // bytes of memory beside model and passes
	need     int64 // bytes of memory in all, as predicted
	before   int64 // bytes of memory that the process took before training
}

// Run trains a model on a folder of packed tokens, or goes on where an earlier
// process with the same parameters stopped.
func Run(ctx context.Context, p Params, dir string, o Options) (*Outcome, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	c, err := OpenCorpus(dir)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	j := &job{Options: o, kind: kindText, p: &p, tok: c.Tok, eot: c.EOT, prefix: c.Prefix, made: map[string]any{"tokens_sha256": c.SHA256}}
	if j.m, err = p.model(c, o.memory()); err != nil {
		return nil, err
	}
	if err := j.takeText(c, p.Init); err != nil {
		return nil, err
	}
	train, valid := c.Total()
	steps := p.steps(j.m, train)
	p.settle(steps)
	j.extra = int64(len(c.train)+len(c.valid))*52 + train/int64(p.Context)*52 // documents, pieces and rows
	j.fact("text to train on, tokens", "训练文本（词元）", thousands(float64(train)))
	j.fact("validation text, tokens", "验证文本（词元）", thousands(float64(valid)))
	l := &loop{steps: steps, feed: newTextFeed(c, &p), guess: math.Log(float64(c.Vocab))}
	return j.run(ctx, l, func(net network) error {
		rows, err := validRows(c, &p)
		if err != nil {
			return err
		}
		l.check = likelihood(net, rows, p.Rows, tokenBytes(c.Tok))
		return nil
	})
}

func (j *job) fact(en, zh, value string) { j.facts = append(j.facts, [3]string{en, zh, value}) }

// memory is the limit for the process.
func (o *Options) memory() params.Size {
	if o.Memory == 0 {
		return 8 << 30
	}
	return o.Memory
}

// model makes the model that parameters ask for, its weights drawn or read. One whose weights
// and gradients alone are larger than memory is refused before they are made.
func (p *Params) model(c *Corpus, memory params.Size) (*model.Model, error) {
	if p.Init != "" && p.Config != "" {
		return nil, hint.Usage(hint.With(errors.New("--init and --config exclude each other"), "the model of --init has its own config.json"))
	}
	if p.Init != "" {
		m, err := model.Open(p.Init)
		if err != nil {
			return nil, hint.Usage(err)
		}
		if err := sameVocabulary(p.Init, &m.Config, c.Tok); err != nil {
			return nil, err
		}
		return m, p.stretch(m)
	}
	config := model.FromDepth(p.Depth, c.Vocab)
	config.Context = p.Context
	if p.Config != "" {
		var err error
		if config, err = model.ReadConfig(model.ConfigPath(p.Config)); err != nil {
			return nil, hint.Usage(err)
		}
		if config.Vocab < c.Vocab {
			return nil, hint.Usage(fmt.Errorf("%s has a vocabulary of %d, the tokens one of %d", p.Config, config.Vocab, c.Vocab))
		}
		config.Context = max(config.Context, p.Context)
	}
	config.BOS, config.EOS = []int{int(c.EOT)}, []int{int(c.EOT)}
	weights, err := config.Weights()
	if err != nil {
		return nil, hint.Usage(err)
	}
	if need := 8 * int64(weights); need > int64(memory) {
		return nil, tooLarge(need, memory)
	}
	m, err := model.New(config)
	if err != nil {
		return nil, hint.Usage(err)
	}
	m.Init(p.Seed)
	return m, nil
}

// stretch gives a model that is there another context, if it can have that.
func (p *Params) stretch(m *model.Model) error {
	if m.Config.Arch == model.GPT2 && p.Context > m.Config.Context {
		return hint.Usage(fmt.Errorf("--context %d: this model has positions for %d", p.Context, m.Config.Context))
	}
	m.Config.Context = max(m.Config.Context, p.Context)
	return nil
}

// sameVocabulary refuses tokens t that mean something else to the model in dir, of shape c.
func sameVocabulary(dir string, c *model.Config, t *bpe.Tokenizer) error {
	words, err := model.OpenWords(dir)
	if err != nil {
		return hint.Usage(err)
	}
	other := words.Tokenizer
	same := other.Size() == t.Size()
	for id := 0; same && id < t.Size(); id++ {
		same = string(other.Token(uint32(id))) == string(t.Token(uint32(id)))
	}
	if !same {
		return hint.Usage(hint.With(fmt.Errorf("the vocabulary of %s is not that of the tokens", dir), "pack the text with --tokenizer "+dir))
	}
	return words.Fit(dir, c)
}

// steps returns how many steps the parameters mean.
func (p *Params) steps(m *model.Model, train int64) int {
	if p.Steps > 0 {
		return p.Steps
	}
	tokens := float64(p.Tokens)
	if p.Tokens == 0 {
		weights := 0
		for i := range m.Params {
			if q := &m.Params[i]; q.Matrix() {
				weights += q.To - q.From
			}
		}
		tokens = p.Ratio * float64(weights)
		if most := p.Epochs * float64(train); p.Epochs > 0 {
			tokens = min(tokens, most)
		}
	}
	return max(1, int(tokens/float64(p.batchRows()*p.Context)))
}

// settle replaces the zeros that stand for parts of all steps.
func (p *Params) settle(steps int) {
	part := func(x *int, n, most int) {
		if *x == 0 {
			*x = min(most, max(1, (steps+n-1)/n))
		}
	}
	part(&p.ValidEvery, 10, steps)
	part(&p.SaveEvery, 10, 500)
	part(&p.SampleEvery, 5, steps)
	p.Rows = min(p.Rows, p.batchRows())
}

// run trains by a loop that has its steps and feed. Check sets the loop's check.
func (j *job) run(ctx context.Context, l *loop, check func(network) error) (*Outcome, error) {
	if j.Out == "" {
		return nil, hint.Usage(errors.New("no folder for the model: name one with --out DIR"))
	}
	if j.Workers < 0 {
		return nil, hint.Usage(fmt.Errorf("--workers %d cannot be below zero", j.Workers))
	}
	j.Memory = j.memory()
	l.show = newShow(j.Stderr)
	unlock, err := atomicfile.Lock(filepath.Join(j.Out, "lock"), j.Out)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := j.identify(l.steps); err != nil {
		return nil, err
	}
	if err := j.foreign(); err != nil {
		return nil, err
	}
	if !j.Fresh {
		if done, err := j.finished(); err != nil || done != nil {
			return done, err
		}
	}
	j.giveBack()
	if err := j.predict(l); err != nil {
		return nil, err
	}
	if err := j.clean(); err != nil {
		return nil, err
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(j.Memory)))
	defer debug.SetGCPercent(debug.SetGCPercent(collectAt))
	if err := j.loop(l, check); err != nil {
		return nil, err
	}
	if err := l.run(ctx); err != nil {
		return nil, err
	}
	if err := j.finish(l); err != nil {
		return nil, err
	}
	l.show.remark("%s; the folder holds %s", j.took(), progress.Bytes(size(j.Out)))
	return j.outcome(&l.s), nil
}

// loop makes a loop ready to run.
func (j *job) loop(l *loop, check func(network) error) error {
	j.cpu = tensor.New(j.Workers)
	net := newTransformer(j.m, j.cpu, j.p.Rows, j.p.Context, j.p.BF16)
	l.p, l.cpu, l.net, l.recipe, l.dir = j.p, j.cpu, net, j.recipe, filepath.Join(j.Out, "checkpoints")
	l.opt = newOptimizer(j.cpu, j.p, net.Weights())
	l.sampler = j.samples
	if err := check(net); err != nil {
		return err
	}
	if l.check == nil {
		l.show.remark("there is no validation text: the last weights will be kept")
	}
	l.show.flops, l.show.peak = j.m.Config.FLOPs(j.p.Context), peak(j.cpu, j.p.BF16)
	j.prospect(l)
	title := filepath.Base(filepath.Clean(j.Out))
	page, err := newPage(filepath.Join(j.Out, "train.html"), j.Lang, title, j.kind, j.facts)
	l.show.page = page
	return err
}

// identify sets the hash of all that decides the outcome.
func (j *job) identify(steps int) error {
	b, err := json.Marshal(map[string]any{"kind": j.kind, "params": j.p, "steps": steps, "made": j.made, "config": json.RawMessage(j.m.Config.JSON()), "version": feilun.Version})
	if err != nil {
		return err
	}
	j.recipe = digest.Of(b)
	return nil
}

// finished returns the outcome of a run that is complete already.
func (j *job) finished() (*Outcome, error) {
	b, err := os.ReadFile(filepath.Join(j.Out, "manifest.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m struct {
		Recipe string `json:"recipe_sha256"`
	}
	dir := filepath.Join(j.Out, "checkpoints")
	if json.Unmarshal(b, &m) != nil || m.Recipe != j.recipe {
		return nil, otherRecipe(dir)
	}
	all, err := checkpoints(dir)
	if err != nil || len(all) == 0 {
		return nil, errors.Join(err, otherRecipe(dir))
	}
	s, err := read(all[len(all)-1], nil)
	if err != nil {
		return nil, err
	}
	return j.outcome(&s), nil
}

func (j *job) outcome(s *state) *Outcome {
	o := &Outcome{Model: j.Out, Weights: len(j.m.W), Steps: s.Step, Tokens: int64(s.Step) * int64(j.p.batchRows()*j.p.Context), Skipped: s.Skipped,
		Valid: s.Best, Kept: s.Step, Seconds: s.Seconds, Log: filepath.Join(j.Out, "train.log"), Page: filepath.Join(j.Out, "train.html")}
	if s.Best > 0 && j.p.Keep == keepBest {
		o.Kept = s.BestAt
	}
	rows, _ := readLog(o.Log) // without it the figure is not known
	for _, r := range rows {
		if r.Step == s.BestAt && r.BPB > 0 {
			o.BPB = r.BPB
		}
	}
	return o
}

// prospect tells what is to come and how long it may take: half of the peak is what
// training reaches about.
func (j *job) prospect(l *loop) {
	tokens := int64(l.steps) * int64(j.p.batchRows()*j.p.Context)
	text := fmt.Sprintf("%s of %d layers, %s weights; %d steps of %d tokens, %s in all", j.m.Config.Arch, j.m.Config.Layers, thousands(float64(len(j.m.W))), l.steps, j.p.batchRows()*j.p.Context, thousands(float64(tokens)))
	if l.show.peak > 0 {
		text += "; at half of this machine's peak " + short(time.Duration(float64(tokens)*l.show.flops/(0.5*l.show.peak)*1e9))
		j.fact("peak of the machine", "机器峰值", fmt.Sprintf("%.0f GFLOP/s", l.show.peak/1e9))
	}
	l.show.remark("%s", text)
	l.show.remark("open %s in a browser to watch", filepath.Join(j.Out, "train.html"))
	j.fact("architecture", "架构", j.m.Config.Arch)
	j.fact("layers × width", "层数 × 宽度", fmt.Sprintf("%d × %d", j.m.Config.Layers, j.m.Config.Width))
	j.fact("weights", "参数量", thousands(float64(len(j.m.W))))
	j.fact("vocabulary", "词表", fmt.Sprint(j.m.Config.Vocab))
	j.fact("context", "上下文", fmt.Sprint(j.p.Context))
	j.fact("tokens a step", "每步词元", fmt.Sprint(j.p.batchRows()*j.p.Context))
	j.fact("optimizer, schedule", "优化器与学习率", j.p.Optimizer+", "+j.p.Schedule)
	j.fact("recipe", "配方哈希", j.recipe[:16])
}

// predict tells the memory that training will take, and refuses when it is more than
// may be taken.
func (j *job) predict(l *loop) error {
	if j.Workers <= 0 {
		j.Workers = runtime.GOMAXPROCS(0)
	}
	j.need = memory(&j.m.Config, j.m, j.p, j.Workers) + j.extra
	l.show.remark("training: expect %s of memory, %s of disk", progress.Bytes(j.need), progress.Bytes(disk(j.m, j.p)))
	if j.need > int64(j.Memory) {
		return tooLarge(j.need, j.Memory)
	}
	return nil
}

func tooLarge(need int64, limit params.Size) error {
	return hint.Usage(hint.With(fmt.Errorf("training needs about %s of memory, more than --memory %v", progress.Bytes(need), limit),
		"fewer --rows at a time need less and give the same model but for rounding; a smaller --depth or --context needs less, too"))
}
