package store

import (
	"database/sql"
	"embed"
	"fmt"

	"feilun/internal/hint"
)

//go:embed schema_*.sql
var schemas embed.FS

// Version is the version of the schema this program writes: the highest schema_N.sql, each of which
// takes a database from version N-1 to N. PRAGMA user_version says which one a file has.
const Version = 4

// appID stands in the head of the file (PRAGMA application_id): "feil".
const appID = 0x6665696c

// migrate brings the database to [Version], each step in a transaction of its own.
func migrate(db *sql.DB, path string) error {
	var version, app, tables int
	if err := db.QueryRow("SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)").Scan(&version, &app, &tables); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	switch {
	case tables > 0 && app != appID:
		return fmt.Errorf("%s is a database of another program", path)
	case version > Version:
		return hint.With(fmt.Errorf("%s has version %d, this program knows up to %d", path, version, Version), "use the newer program that wrote it, or restore an older backup")
	}
	for v := version + 1; v <= Version; v++ {
		script, err := schemas.ReadFile(fmt.Sprintf("schema_%d.sql", v))
		if err != nil {
			return err
		}
		if err := step(db, string(script), v); err != nil {
			return fmt.Errorf("%s: to version %d: %w", path, v, err)
		}
	}
	return nil
}

func step(db *sql.DB, script string, v int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec(script); err != nil {
		return err
	}
	if _, err := tx.Exec(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", appID, v)); err != nil {
		return err
	}
	return tx.Commit()
}
