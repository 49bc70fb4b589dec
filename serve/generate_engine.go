package serve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"unicode/utf8"

	"feilun/model"
)

// An Engine generator is a model of ours in this process. Requests of all users run as one
// batch that they join and leave at any step; users take turns where it is full.
type Engine struct {
	about     Model
	config    model.Config
	words     *model.Words
	form      *chatForm
	scheduler *model.Scheduler
	queue     *fairQueue
	defaults  Sampling
	forget    context.CancelFunc // ends the hash of the weights

	mu  sync.Mutex
	sha string
}

// EngineOptions say how an [Engine] is served. Zeros stand for the numbers given.
type EngineOptions struct {
	ID      string // of the model; the folder's name
	Corpus  string // it was trained on, where known
	Running int    // requests in the batch at most: 64
	Queue   int    // requests that wait at most: 1,024
	KVBytes int64  // memory for keys and values: 1 GiB
}

// NewEngine serves a model, which was opened from path and is the generator's from now on.
func NewEngine(e *model.Engine, w *model.Words, path string, o EngineOptions) (*Engine, error) {
	set(&o.Running, 64)
	set(&o.Queue, 1024)
	if o.ID == "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		o.ID = filepath.Base(abs)
	}
	g := &Engine{config: *e.Config(), words: w, queue: newFairQueue(o.Running, o.Queue)}
	var err error
	if g.defaults, err = generationDefaults(path); err != nil {
		return nil, err
	}
	g.about = Model{ID: o.ID, Name: o.ID, Kind: "engine", Corpus: o.Corpus}
	if info, err := os.Stat(path); err == nil {
		g.about.Created = info.ModTime().Unix()
	}
	g.form = newChatForm(w, &g.config)
	g.about.Template, g.about.Base = g.form.hash, g.form.template == nil || g.form.wrong != nil
	g.scheduler = model.NewScheduler(e, w.Tokenizer, model.SchedulerOptions{Running: o.Running, Queue: o.Queue, KVBytes: o.KVBytes})
	g.about.Context = g.scheduler.Context()
	ctx, cancel := context.WithCancel(context.Background())
	g.forget = cancel
	go g.hash(ctx, path)
	return g, nil
}

// Waiting returns how many requests wait for their turn.
func (g *Engine) Waiting() int { return g.queue.length() }

// Close ends all requests.
func (g *Engine) Close() error {
	g.forget()
	g.scheduler.Close()
	return nil
}

// generationDefaults reads what generation_config.json says of sampling.
func generationDefaults(path string) (Sampling, error) {
	s := Sampling{Temperature: new(1.0)}
	b, err := os.ReadFile(filepath.Join(path, "generation_config.json"))
	if err != nil {
		return s, nil // a file of GGUF, or a model without
	}
	var f struct {
		Temperature       *float64 `json:"temperature"`
		TopP              *float64 `json:"top_p"`
		TopK              *int     `json:"top_k"`
		MinP              *float64 `json:"min_p"`
		RepetitionPenalty *float64 `json:"repetition_penalty"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return s, fmt.Errorf("generation_config.json: %w", err)
	}
	s.TopP, s.TopK, s.MinP, s.RepetitionPenalty = f.TopP, f.TopK, f.MinP, f.RepetitionPenalty
	if f.Temperature != nil {
		s.Temperature = f.Temperature
	}
	return s, nil
}

// hash reads the weights for their hash, which stands in every event of feedback.
func (g *Engine) hash(ctx context.Context, path string) {
	files := []string{path}
	if !model.IsGGUF(path) {
		files, _ = filepath.Glob(filepath.Join(path, "*.safetensors"))
		slices.Sort(files)
	}
	h, buf := sha256.New(), make([]byte, 1<<20)
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return
		}
		for err == nil && ctx.Err() == nil {
			var n int
			n, err = f.Read(buf)
			h.Write(buf[:n])
		}
		f.Close()
		if !errors.Is(err, io.EOF) {
			return
		}
	}
	g.mu.Lock()
	g.sha = hex.EncodeToString(h.Sum(nil))
	g.mu.Unlock()
}

// Models implements [Generator].
func (g *Engine) Models(context.Context) ([]Model, error) {
	m := g.about
	g.mu.Lock()
	m.SHA = g.sha
	g.mu.Unlock()
	return []Model{m}, nil
}

// Generate implements [Generator].
func (g *Engine) Generate(ctx context.Context, r *Request, emit func(Piece) error) (Result, error) {
	q, thought, err := g.request(r)
	if err != nil {
		return Result{}, err
	}
	if err := g.queue.enter(ctx, r.User, r.Waits); err != nil {
		return Result{}, err
	}
	defer g.queue.leave()
	res := Result{Seed: int64(q.Seed)}
	q.PromptLogProbs = r.Echo && r.Logprobs >= 0
	if r.MaxTokens == EchoOnly {
		return g.echo(ctx, q, res)
	}
	return g.generate(ctx, r, q, thought, res, emit)
}

// generate runs a request that has its turn.
func (g *Engine) generate(ctx context.Context, r *Request, q model.Request, thought bool, res Result, emit func(Piece) error) (Result, error) {
	gen, err := g.submit(ctx, q)
	if err != nil {
		return res, err
	}
	var calls *callReader
	take := emit
	if len(r.Tools) > 0 && r.ToolChoice != "none" {
		calls = newCallReader(r, q.Grammar != nil, emit)
		take = calls.read
	}
	think := newThinkReader(thought, take)
	if r.Turns != nil && g.form.thinks && q.Grammar == nil {
		take = think.read
	}
	for p := range gen.Pieces() {
		if err := take(Piece{Text: p.Text, Logprobs: g.logprobs(p.LogProbs)}); err != nil {
			return res, err
		}
	}
	end := gen.Result()
	res.Finish, res.PromptTokens, res.CompletionTokens = end.Finish, end.PromptTokens, end.CompletionTokens
	res.Prompt = g.echoed(q, end)
	if end.Finish == model.FinishCancelled {
		return res, end.Err
	}
	if err := think.end(); err != nil {
		return res, err
	}
	if calls != nil {
		called, err := calls.end()
		if called && res.Finish == model.FinishStop {
			res.Finish = "tool_calls"
		}
		return res, err
	}
	return res, nil
}

// submit begins a request that ends with ctx.
func (g *Engine) submit(ctx context.Context, q model.Request) (*model.Generation, error) {
	gen, err := g.scheduler.Submit(ctx, q)
	return gen, refused(ctx, err)
}

// refused says why the scheduler did not do what it was asked for.
func refused(ctx context.Context, err error) error {
	if full, ok := errors.AsType[*model.ContextError](err); ok {
		return fmt.Errorf("%w: %d tokens of at most %d", ErrContextFull, full.Prompt, full.Limit-1)
	}
	switch {
	case errors.Is(err, model.ErrBusy), errors.Is(err, model.ErrClosed):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case err != nil && ctx.Err() == nil:
		return badRequest("", "%v", err)
	}
	return err
}

// request turns a request into the engine's, and tells whether the answer begins in a thought.
func (g *Engine) request(r *Request) (q model.Request, thought bool, err error) {
	grammar, err := grammarOf(r)
	if err != nil {
		return q, false, err
	}
	q = model.Request{MaxTokens: max(0, r.MaxTokens), Grammar: grammar, Stop: r.Stop, LogProbs: r.Logprobs >= 0, TopLogProbs: r.Logprobs}
	if r.Turns == nil {
		q.Prompt = g.words.Encode(&g.config, r.Prompt, false)
	} else {
		if q.Prompt, thought, err = g.form.encode(r); err != nil {
			return q, false, err
		}
		q.Stop, q.StopTokens = slices.Concat(r.Stop, g.form.stop), g.form.ends
	}
	s, d := &r.Sampling, &g.defaults
	q.Temperature = pick(s.Temperature, d.Temperature)
	q.TopK = pick(s.TopK, d.TopK)
	q.TopP = pick(s.TopP, d.TopP)
	if s.TopP != nil && *s.TopP == 0 {
		q.TopP = math.SmallestNonzeroFloat64 // the likeliest token alone
	}
	q.MinP = pick(s.MinP, d.MinP)
	q.Penalty = pick(s.RepetitionPenalty, d.RepetitionPenalty)
	q.Frequency, q.Presence = pick(s.FrequencyPenalty), pick(s.PresencePenalty)
	q.Sampling.Seed = uint64(pick(s.Seed))
	for id, v := range r.LogitBias {
		if id >= g.config.Vocab {
			return q, false, badRequest("logit_bias", "there is no token %d; the model has %d", id, g.config.Vocab)
		}
		if q.Bias == nil {
			q.Bias = map[uint32]float64{}
		}
		q.Bias[uint32(id)] = v
	}
	return q, thought, nil
}

// pick returns the first value that is set.
func pick[T any](all ...*T) (v T) {
	for _, p := range all {
		if p != nil {
			return *p
		}
	}
	return v
}

func (g *Engine) token(id uint32) Token { return Token{int(id), g.words.Tokenizer.Token(id)} }

func (g *Engine) logprobs(all []model.LogProb) []TokenLogprob {
	var out []TokenLogprob
	for _, l := range all {
		t := TokenLogprob{Token: g.token(l.Token), Logprob: l.Value}
		for _, o := range l.Top {
			t.Top = append(t.Top, TokenLogprob{Token: g.token(o.Token), Logprob: o.Value})
		}
		out = append(out, t)
	}
	return out
}

// Tokens implements [Generator].
func (g *Engine) Tokens(_ context.Context, _, text string) ([]Token, error) {
	if !utf8.ValidString(text) {
		return nil, badRequest("content", "this is no text")
	}
	var out []Token
	for _, id := range g.words.Tokenizer.Encoder().Encode(nil, []byte(text)) {
		out = append(out, g.token(id))
	}
	return out, nil
}

// Detokenize implements [Detokenizer].
func (g *Engine) Detokenize(_ context.Context, _ string, ids []int) ([]byte, error) {
	var all []uint32
	for _, id := range ids {
		if id < 0 || id > math.MaxInt32 || g.words.Tokenizer.Token(uint32(id)) == nil {
			return nil, badRequest("tokens", "there is no token %d", id)
		}
		all = append(all, uint32(id))
	}
	return g.words.Tokenizer.Decode(nil, all)
}
