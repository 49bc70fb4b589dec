package search

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/hint"
)

// Docs calls each with every document, in a stable order.
type Docs func(each func(*feilun.Doc) error) error

// A Report is what an update did.
type Report struct {
	Added   int   `json:"added"`   // documents
	Kept    int   `json:"kept"`    // were in the index
	Removed int   `json:"removed"` // are no longer among the documents
	Refused int   `json:"refused"` // were removed by address before
	Docs    int   `json:"docs"`    // in the index now
	Chunks  int   `json:"chunks"`
	Text    int64 `json:"text"` // bytes
	Size    int64 `json:"size"` // of the index, bytes
}

// Update makes the index in dir hold exactly the given documents: it adds those
// that are new or changed and removes the others. What is done is kept when the
// process is killed at any moment, and the same call goes on from there.
// tell, if not nil, is called with the number of documents read so far.
func Update(ctx context.Context, dir string, p Params, docs Docs, workers int, tell func(int)) (Report, error) {
	w, err := openWriter(dir, p)
	if err != nil {
		return Report{}, err
	}
	defer w.unlock()
	return w.update(ctx, docs, max(1, workers), tell)
}

// A writer changes an index.
type writer struct {
	dir    string
	unlock func()
	m      *manifest
	report Report
}

func openWriter(dir string, p Params) (*writer, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, hint.Usage(hint.With(err, "take another --out, a folder that may be written"))
	}
	if err := foreign(dir); err != nil {
		return nil, err
	}
	unlock, err := atomicfile.Lock(filepath.Join(dir, "lock"), dir)
	if err != nil {
		return nil, err
	}
	w := &writer{dir: dir, unlock: unlock}
	if w.m, err = readManifest(dir); errors.Is(err, fs.ErrNotExist) {
		w.m, err = newManifest(p), nil
	}
	if err == nil && p != (Params{}) && w.m.Params != p {
		err = hint.Usage(hint.With(fmt.Errorf("%s was made with chunk %d and batch %d", dir, w.m.Params.Chunk, w.m.Params.Batch), "take those, or another --out"))
	}
	if err == nil {
		err = w.m.clean(dir)
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return w, nil
}

// foreign refuses a folder that holds other things than an index.
func foreign(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if n := e.Name(); n != "lock" && n != manifestName && n != manifestName+".tmp" && !strings.HasPrefix(n, "segment-") && !strings.HasPrefix(n, "vectors-") {
			return hint.Usage(hint.With(fmt.Errorf("%s holds %s, which is no part of an index", dir, n), "take another --out"))
		}
	}
	return nil
}

// known tells of each version whether it was among the documents.
type known map[Version]bool

func (w *writer) known() (known, error) {
	k := known{}
	return k, w.each(func(_ int, s *segment) error {
		for i := range s.info.Docs {
			k[s.doc(uint32(i)).version] = false
		}
		return nil
	})
}

// each opens the segments one after another.
func (w *writer) each(f func(int, *segment) error) error {
	for i, info := range w.m.Segments {
		s, err := openSegment(filepath.Join(w.dir, info.Name), info)
		if err == nil {
			err = errors.Join(f(i, s), s.close())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A batch is what becomes one segment; done gives its error.
type batch struct {
	dir      string
	docs     []*feilun.Doc
	versions []Version
	info     segmentInfo
	done     chan error
}

func (w *writer) update(ctx context.Context, docs Docs, workers int, tell func(int)) (Report, error) {
	if err := w.mergeAll(); err != nil {
		return w.report, err
	}
	k, err := w.known()
	if err != nil {
		return w.report, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan *batch, workers-1)
	var committing sync.WaitGroup
	committing.Go(func() {
		for b := range queue {
			if err := <-b.done; err != nil {
				cancel(err)
			}
			if ctx.Err() == nil {
				if err := w.commit(b); err != nil {
					cancel(err)
				}
			}
		}
	})
	err = w.read(ctx, docs, k, queue, tell)
	close(queue)
	committing.Wait()
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return w.report, err
	}
	return w.finish(k)
}

// read sorts the documents into batches and starts their builders.
func (w *writer) read(ctx context.Context, docs Docs, k known, queue chan<- *batch, tell func(int)) error {
	refused := map[string]bool{}
	for _, u := range w.m.Removed {
		refused[u] = true
	}
	var b *batch
	size, read, number := 0, 0, 0
	err := docs(func(d *feilun.Doc) error {
		if read++; tell != nil && read%64 == 0 {
			tell(read)
		}
		v, fresh := w.sort(d, k, refused)
		if !fresh {
			return context.Cause(ctx)
		}
		if b == nil {
			b = &batch{dir: filepath.Join(w.dir, fmt.Sprintf("segment-new-%d", number)), done: make(chan error, 1)}
			number, size = number+1, 0
		}
		b.docs, b.versions = append(b.docs, d), append(b.versions, v)
		if size += len(d.Text) + len(d.Title); size < w.m.Params.Batch {
			return context.Cause(ctx)
		}
		full := b
		b = nil
		return full.start(ctx, w.m.Params.Chunk, queue)
	})
	if err == nil && b != nil {
		err = b.start(ctx, w.m.Params.Chunk, queue)
	}
	if err == nil && tell != nil {
		tell(read)
	}
	return err
}

// sort returns the version of a document, and whether it is to be added.
func (w *writer) sort(d *feilun.Doc, k known, refused map[string]bool) (v Version, fresh bool) {
	if d.URL != "" && refused[d.URL] {
		w.report.Refused++
		return v, false
	}
	v = VersionOf(d)
	seen, old := k[v]
	k[v] = true
	switch {
	case !old:
		w.report.Added++
	case !seen:
		w.report.Kept++
	}
	return v, !old
}

// start queues a batch to be committed in its turn, and builds it.
func (b *batch) start(ctx context.Context, chunk int, queue chan<- *batch) error {
	select {
	case queue <- b:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	go b.build(chunk)
	return nil
}

func (b *batch) build(chunk int) {
	bd, err := newBuilder(b.dir, chunk)
	if err == nil {
		for i, d := range b.docs {
			bd.add(d, b.versions[i])
		}
		b.docs = nil
		b.info, err = bd.close()
	}
	b.done <- err
}

// commit makes a batch part of the index.
func (w *writer) commit(b *batch) error {
	b.info.Name = w.m.take()
	if err := w.rename(b.dir, b.info.Name); err != nil {
		return err
	}
	w.m.Segments = append(w.m.Segments, b.info)
	w.m.Input = ""
	if err := w.m.write(w.dir); err != nil {
		return err
	}
	return w.mergeAll()
}

func (w *writer) rename(from, name string) error {
	if err := os.Rename(from, filepath.Join(w.dir, name)); err != nil {
		return err
	}
	return syncDir(w.dir)
}

// finish removes the documents that were not seen.
func (w *writer) finish(k known) (Report, error) {
	gone := map[Version]bool{}
	var all []Version
	for v, seen := range k {
		if !seen {
			gone[v] = true
		} else {
			all = append(all, v)
		}
	}
	if err := w.remove(gone); err != nil {
		return w.report, err
	}
	w.report.Removed = len(gone)
	slices.SortFunc(all, func(a, b Version) int { return slices.Compare(a[:], b[:]) })
	h := sha256.New()
	for _, v := range all {
		h.Write(v[:])
	}
	w.m.Input = hex.EncodeToString(h.Sum(nil))
	for _, s := range w.m.Segments {
		w.report.Docs += s.Docs
		w.report.Chunks += s.Chunks
		w.report.Text += s.Text
		for _, f := range s.Files {
			w.report.Size += f.Size
		}
	}
	return w.report, w.m.write(w.dir)
}
