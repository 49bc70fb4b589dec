package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"time"
)

// flushEvery is how old a checkpoint may get before it is on disk.
const flushEvery = 200 * time.Millisecond

// maxBatch bounds how many writes share a transaction, so that none waits long.
const maxBatch = 256

var errClosed = errors.New("the database is closed")

// A job is a write. Its error is the job's own: the others of the transaction stand.
type job struct {
	do   func(*sql.Tx) error
	done chan error
}

// update runs do in a transaction and returns when it is on disk, or when do has failed and left nothing.
// A context that ends while the write waits does not take it back.
func (s *Store) update(ctx context.Context, do func(*sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := job{do, make(chan error, 1)}
	select {
	case s.jobs <- j:
	case <-s.stop:
		return errClosed
	}
	select {
	case err := <-j.done:
		return err
	case <-s.done:
		select { // it may have been the last one done
		case err := <-j.done:
			return err
		default:
			return errClosed
		}
	}
}

// run is the writer.
func (s *Store) run() {
	defer close(s.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		var first []job
		select {
		case j := <-s.jobs:
			first = []job{j}
		case <-tick.C:
		case <-s.stop:
			s.commit(s.collect(nil))
			return
		}
		s.commit(s.collect(first))
	}
}

func (s *Store) collect(batch []job) []job {
	for len(batch) < maxBatch {
		select {
		case j := <-s.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit writes checkpoints and jobs in one transaction. Jobs hear of it when it is on disk.
func (s *Store) commit(batch []job) {
	marks := s.takePending()
	if len(batch) > 0 || len(marks) > 0 {
		errs := make([]error, len(batch))
		if err := s.transact(batch, marks, errs); err != nil {
			s.putBack(marks)
			for i := range errs {
				errs[i] = errors.Join(errs[i], err)
			}
		}
		for i, j := range batch {
			j.done <- errs[i]
		}
	}
	if s.scrub {
		var busy, size, moved int
		err := s.write.QueryRow("PRAGMA wal_checkpoint(truncate)").Scan(&busy, &size, &moved)
		s.scrub = err != nil || busy != 0 // a reader holds it: again at the next tick
	}
}

func (s *Store) transact(batch []job, marks []Message, errs []error) error {
	tx, err := s.write.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for i := range marks {
		if err := writeCheckpoint(tx, &marks[i]); err != nil {
			return err
		}
	}
	for i, j := range batch {
		if _, err := tx.Exec("SAVEPOINT job"); err != nil {
			return err
		}
		if errs[i] = j.do(tx); errs[i] != nil {
			if _, err := tx.Exec("ROLLBACK TO job"); err != nil {
				return err
			}
		}
		if _, err := tx.Exec("RELEASE job"); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (s *Store) takePending() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) == 0 {
		return nil
	}
	all := make([]Message, 0, len(s.pending))
	for _, m := range s.pending {
		all = append(all, m)
	}
	clear(s.pending)
	return all
}

// putBack keeps checkpoints for the next try, unless there are newer ones.
func (s *Store) putBack(marks []Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range marks {
		if _, newer := s.pending[m.ID]; !newer {
			s.pending[m.ID] = m
		}
	}
}

func random64() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}
