package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"feilun/internal/atomicfile"
	"feilun/internal/hint"
)

// Backup copies the database into a new file, as it is at one moment, while it is in use. The copy is whole or not there.
func (s *Store) Backup(ctx context.Context, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	part := to + ".tmp"
	os.Remove(part)
	defer os.Remove(part)
	err = s.vacuumInto(ctx, part)
	if err == nil {
		err = errors.Join(os.Chmod(part, 0o600), syncFile(part), os.Rename(part, to), syncFile(filepath.Dir(to)))
	}
	if err != nil {
		os.Remove(to)
	}
	return err
}

// vacuumInto copies on a connection of its own, which is no transaction of the writer.
func (s *Store) vacuumInto(ctx context.Context, part string) error {
	db, err := connect(s.path, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", part)
	return err
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Restore puts a backup in the place of a database that no server has open. What stood there is kept as path.before-restore.
// The backup is looked through first: a damaged file, or one of another program or a newer version, is refused.
func Restore(backup, path string) error {
	if err := Check(backup); err != nil {
		return err
	}
	unlock, err := atomicfile.Lock(path+".lock", path)
	if err != nil {
		return hint.With(err, "stop the server first")
	}
	defer unlock()
	b, err := os.ReadFile(backup)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		if err := keepOld(path); err != nil {
			return err
		}
	}
	if err := atomicfile.WriteBytes(path, b); err != nil {
		return err
	}
	return os.Chmod(path, 0o600)
}

// keepOld moves a database, with what its log still holds, out of the way.
func keepOld(path string) error {
	s, err := connect(path, 1)
	if err == nil {
		var busy, size, moved int
		err = s.QueryRow("PRAGMA wal_checkpoint(truncate)").Scan(&busy, &size, &moved)
		s.Close()
		if busy != 0 {
			return fmt.Errorf("%s is in use", path)
		}
	}
	if err != nil { // a damaged one is kept with its log, as it is
		for _, end := range []string{"-wal", "-shm"} {
			if err := os.Rename(path+end, path+".before-restore"+end); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + end); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return os.Rename(path, path+".before-restore")
}

// Check reports what is wrong with a database file; nil when it is one of ours, whole, and of a version we know.
func Check(path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	db, err := connect(path, 1, "query_only(1)")
	if err != nil {
		return notOurs(path, err)
	}
	defer db.Close()
	var version, app int
	if err := db.QueryRow("SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id)").Scan(&version, &app); err != nil {
		return notOurs(path, err)
	}
	if app != appID {
		return notOurs(path, errors.New("made by another program"))
	}
	if version > Version {
		return hint.Usage(fmt.Errorf("%s has version %d, this program knows up to %d", path, version, Version))
	}
	return integrity(db, path)
}

func notOurs(path string, err error) error {
	return hint.Usage(fmt.Errorf("%s is no database of feilun: %w", path, err))
}

func integrity(db *sql.DB, path string) error {
	rows, err := db.Query("PRAGMA integrity_check(5)")
	if err != nil {
		return notOurs(path, err)
	}
	found, err := scanStrings(rows)
	if err != nil {
		return notOurs(path, err)
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("%s is damaged: %v", path, found)
	}
	return nil
}
