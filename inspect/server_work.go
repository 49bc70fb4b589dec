package inspect

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"

	"feilun"
	"feilun/internal/corpus"
	"feilun/internal/hint"
)

// A work is something that goes on beside requests, one at a time.
type work struct {
	mu     sync.Mutex
	busy   bool
	done   int64
	total  int64
	err    error
	cancel context.CancelFunc
	ended  chan struct{}
}

// howFar is how the page sees a work.
type howFar struct {
	Busy  bool   `json:"busy"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
	Error string `json:"error,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

// start runs do on a goroutine, unless it is at work already.
func (w *work) start(ctx context.Context, do func(context.Context) error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy {
		return false
	}
	ctx, w.cancel = context.WithCancel(ctx)
	w.busy, w.done, w.total, w.err, w.ended = true, 0, 0, nil, make(chan struct{})
	go func() {
		defer close(w.ended)
		err := do(ctx)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.busy = false
		if !errors.Is(err, context.Canceled) {
			w.err = err
		}
		w.cancel()
	}()
	return true
}

func (w *work) tell(done, total int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done, w.total = done, total
}

func (w *work) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cancel != nil {
		w.cancel()
	}
}

func (w *work) wait() {
	w.stop()
	w.mu.Lock()
	ended := w.ended
	w.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

func (w *work) state() howFar {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := howFar{Busy: w.busy, Done: w.done, Total: w.total}
	if w.err != nil {
		p.Error, p.Hint = w.err.Error(), hint.Of(w.err)
	}
	return p
}

// refresh makes the index anew if the run's files are others than it was made from.
func (s *Server) refresh(ctx context.Context) {
	s.build.start(ctx, func(ctx context.Context) error {
		f, err := filesOf(s.dir)
		if err != nil {
			return err
		}
		if sn := s.current(); sn != nil && sn.gen == f.print {
			return nil
		}
		name, err := indexName(s.dir)
		if err != nil {
			return err
		}
		x, err := openIndex(name)
		if err == nil && x.fits(f) {
			s.install(x)
			return nil
		}
		if err == nil {
			x.close()
		} else if !errors.Is(err, errIndex) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := buildIndex(ctx, s.dir, name, f, s.build.tell); err != nil {
			return err
		}
		if x, err = openIndex(name); err != nil {
			return err
		}
		s.install(x)
		return nil
	})
}

// fits reports whether the index was made of these files by this version.
func (x *index) fits(f runFiles) bool {
	return x.t.Fingerprint == f.print && x.t.Version == feilun.Version
}

// BuildIndex makes the index that the inspector of the run in dir needs, unless
// it is there, and returns how many documents it has.
func BuildIndex(ctx context.Context, dir string, tell func(done, total int64)) (docs int, problems []string, err error) {
	f, err := filesOf(dir)
	if err != nil {
		return 0, nil, err
	}
	name, err := indexName(dir)
	if err != nil {
		return 0, nil, err
	}
	x, err := openIndex(name)
	if err == nil && !x.fits(f) {
		x.close()
	}
	if err != nil || !x.fits(f) {
		if err := buildIndex(ctx, dir, name, f, tell); err != nil {
			return 0, nil, err
		}
		if x, err = openIndex(name); err != nil {
			return 0, nil, err
		}
	}
	defer x.close()
	return x.t.Docs, x.t.Problems, nil
}

func (s *Server) install(x *index) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snap != nil {
		s.old = append(s.old, s.snap.x) // requests may be reading it
	}
	s.snap = &snapshot{dir: s.dir, x: x, gen: x.t.Fingerprint}
	s.scored = ""
	s.texts.clear()
}

// current returns the snapshot that requests read, nil before the first index is made.
func (s *Server) current() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snap
}

// stale reports whether the run's files changed since the index was made.
func (s *Server) stale(sn *snapshot) bool {
	f, err := filesOf(s.dir)
	return err == nil && sn != nil && f.print != sn.gen
}

func (s *Server) loadModels() {
	if s.tools.Models == nil {
		return
	}
	models, err := s.tools.Models()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models = models
	s.scoring.err = err // shown where scores would be
}

// addModel puts a trained model before the others, in place of an earlier one.
func (s *Server) addModel(m *Model) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []*Model{m}
	for _, o := range s.models {
		if o.Name != m.Name {
			all = append(all, o)
		}
	}
	s.models = all
}

func (s *Server) modelNamed(name string) *Model {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.models {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// scoreAll scores every document with a model: whole texts of the corpus, the
// beginnings of others.
func (s *Server) scoreAll(ctx context.Context, m *Model) bool {
	return s.scoring.start(ctx, func(ctx context.Context) error {
		sn := s.current()
		if sn == nil {
			return errors.New("the list of documents is not ready yet")
		}
		scores := make([]float32, sn.x.t.Docs)
		texts := &textScan{dir: s.dir, x: sn.x}
		defer texts.close()
		strings := sn.x.scan()
		var failed error
		err := sn.x.each(func(n int, r *record) bool {
			if n%64 == 0 {
				s.scoring.tell(int64(n), int64(len(scores)))
			}
			scores[n], failed = s.scoreOne(m, r, strings, texts)
			return failed == nil && ctx.Err() == nil
		})
		if err := errors.Join(ctx.Err(), failed, err); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.snap == sn {
			s.snap = &snapshot{dir: sn.dir, x: sn.x, gen: sn.gen, scores: scores}
			s.scored = m.Name
		}
		return nil
	})
}

func (s *Server) scoreOne(m *Model, r *record, strings *stringScan, texts *textScan) (float32, error) {
	n, err := strings.next(r)
	if err != nil {
		return 0, err
	}
	d := &feilun.Doc{ID: n[fieldID], URL: n[fieldURL], Title: n[fieldTitle], Text: n[fieldText]}
	if r.kept() {
		if d, err = texts.doc(r); err != nil {
			return 0, err
		}
	}
	if d == nil || d.Text == "" {
		return float32(math.NaN()), nil
	}
	s.modelMu.Lock()
	defer s.modelMu.Unlock()
	return float32(m.Score(d)), nil
}

// A textScan reads documents of the corpus in order, most of them.
type textScan struct {
	dir  string
	x    *index
	file uint32
	row  uint32 // of the document that next gives
	next func() (*feilun.Doc, error, bool)
	stop func()
}

// doc reads the document of a record that lies behind the one before; nil for
// one that is not there any more.
func (t *textScan) doc(r *record) (*feilun.Doc, error) {
	if t.next == nil || r.File != t.file || r.Row < t.row || r.Row > t.row+1000 {
		t.close()
		name, err := t.x.file(r.File)
		if err != nil {
			return nil, err
		}
		name = filepath.Join(t.dir, filepath.FromSlash(name))
		if _, err := os.Stat(name); err != nil {
			return nil, err
		}
		t.file, t.row = r.File, r.Row
		t.next, t.stop = pull(corpus.From(name, int64(r.Row)))
	}
	for {
		d, err, ok := t.next()
		if !ok || err != nil {
			return nil, err
		}
		if t.row++; t.row > r.Row {
			return d, nil
		}
	}
}

func (t *textScan) close() {
	if t.stop != nil {
		t.stop()
		t.next, t.stop = nil, nil
	}
}
