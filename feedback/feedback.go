// Package feedback takes what users said of answers out of a server's database: as rows that models learn from ([Export]), and as
// figures ([Measure]). It takes out only what users allow, masked, and keeps account of it, so that a withdrawal finds every
// row ([Purge]) and model ([Trained]). It does not train; feilun train sft and dpo read its files.
package feedback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/lessons"
	"feilun/internal/store"

	"github.com/parquet-go/parquet-go"
)

// Format names the form of an export folder, with its version.
const Format = "feilun.feedback/1"

// Params say what to export and how.
type Params struct {
	Forms      []string
	Parquet    bool // else JSON lines
	Publish    bool // only what users allow to be published
	ThirdParty bool // also outputs of model servers of others
	PerUserDay int  // rows of one user and day at most; 0 for no limit
	Mask       func(string) string
	Actor      string // who exports, for the account
	// Corpus goes through documents to find liked pages in; nil for none.
	Corpus func(each func(*feilun.Doc) error) error
}

// A Manifest tells what is in a folder.
type Manifest struct {
	Format  string   `json:"format"`
	Version string   `json:"version"` // of the program
	Files   []File   `json:"files"`
	Params  settings `json:"params"`
}

type settings struct {
	Publish    bool `json:"publish"`
	ThirdParty bool `json:"third_party"`
	PerUserDay int  `json:"per_user_day"`
}

// A File is one form.
type File struct {
	Name      string         `json:"name"`
	Form      string         `json:"form"`
	Export    string         `json:"export"` // its id in the database
	Rows      int            `json:"rows"`
	SHA256    string         `json:"sha256"`
	Skipped   map[string]int `json:"skipped,omitempty"`
	Withdrawn int            `json:"withdrawn,omitempty"` // rows taken out since
}

// Database is the database of a server: path, or feilun.db in the folder path.
func Database(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, "feilun.db")
	}
	return path
}

// Open opens the database of a server: the file, or the folder it is in.
func Open(path string) (*store.Store, error) { return store.Open(Database(path)) }

// Export writes forms into a new folder, with a manifest and, for LLaMA-Factory, dataset_info.json. The manifest comes last.
func Export(ctx context.Context, st *store.Store, dir string, p Params) (*Manifest, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	if old, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(old) > 0 {
		return nil, hint.Usage(hint.With(errors.Join(fmt.Errorf("%s is not empty", dir), err), "each export has a folder of its own: take another --out"))
	}
	m := &Manifest{Format: Format, Version: feilun.Version, Params: settings{p.Publish, p.ThirdParty, p.PerUserDay}}
	for _, form := range p.Forms {
		f, err := p.form(ctx, st, dir, form)
		if err != nil {
			return nil, err
		}
		m.Files = append(m.Files, f)
	}
	if err := atomicfile.WriteJSON(filepath.Join(dir, "dataset_info.json"), "  ", datasetInfo(m.Files)); err != nil {
		return nil, err
	}
	return m, atomicfile.WriteJSON(filepath.Join(dir, "manifest.json"), "  ", m)
}

// form writes one form. It is in the database's account before it is a file.
func (p *Params) form(ctx context.Context, st *store.Store, dir, form string) (File, error) {
	set, err := lessons.Collect(ctx, st, form, lessons.Options{Publish: p.Publish, ThirdParty: p.ThirdParty, PerUserDay: p.PerUserDay, Mask: p.Mask})
	if err != nil {
		return File{}, err
	}
	f := File{Name: form + ".jsonl", Form: form, Rows: len(set.Rows), Skipped: set.Skipped}
	var b []byte
	switch {
	case form == lessons.Pages && p.Corpus != nil:
		f.Name = "good.jsonl"
		b, err = p.documents(set, &f)
	case p.Parquet:
		f.Name = form + ".parquet"
		b, err = columns(form, set)
	default:
		b, err = set.Lines()
	}
	if err != nil {
		return f, err
	}
	f.SHA256 = digest.Of(b)
	e, err := st.AddExport(ctx, store.Export{Actor: p.Actor, Form: form, Rows: f.Rows, Files: []string{f.SHA256}}, set.Origins())
	if err != nil {
		return f, err
	}
	f.Export = e.ID
	return f, atomicfile.WriteBytes(filepath.Join(dir, f.Name), b)
}

// documents finds the pages that more users liked than not, and none called wrongly cited, in a corpus: the good class of
// feilun quality train. Ids are those of the rows, so that a withdrawal finds them.
func (p *Params) documents(set *lessons.Set, f *File) ([]byte, error) {
	liked := map[string]string{}
	for _, r := range set.Rows {
		if page := r.Value.(*lessons.Page); page.Likes > page.Dislikes && page.Reports == 0 {
			liked[address(page.URL)] = r.ID
		}
	}
	var b bytes.Buffer
	f.Rows = 0
	err := p.Corpus(func(d *feilun.Doc) error {
		id, ok := liked[address(d.URL)]
		if !ok || d.URL == "" {
			return nil
		}
		delete(liked, address(d.URL))
		line, err := lessons.Line(map[string]string{"id": id, "url": d.URL, "title": d.Title, "text": d.Text})
		b.Write(line)
		f.Rows++
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(liked) > 0 {
		f.Skipped["a liked page that is not in the corpus"] = len(liked)
	}
	return b.Bytes(), nil
}

// address is an address as it is compared.
func address(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return strings.TrimSuffix(url, "/")
}

// columns is a set as Parquet.
func columns(form string, set *lessons.Set) ([]byte, error) {
	switch form {
	case lessons.SFT:
		return parquetOf[lessons.Example](set)
	case lessons.KTO:
		return parquetOf[lessons.Thumb](set)
	case lessons.DPO:
		return parquetOf[lessons.Pair](set)
	case lessons.Events:
		return parquetOf[lessons.Happening](set)
	case lessons.Frontier:
		return parquetOf[lessons.Question](set)
	case lessons.Pages:
		return parquetOf[lessons.Page](set)
	}
	return nil, fmt.Errorf("no form %q", form)
}

func parquetOf[T any](set *lessons.Set) ([]byte, error) {
	rows := make([]T, len(set.Rows))
	for i, r := range set.Rows {
		rows[i] = *r.Value.(*T)
	}
	return writeParquet(rows)
}

func writeParquet[T any](rows []T) ([]byte, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("feilun", feilun.Version, ""))
	if _, err := w.Write(rows); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

// datasetInfo describes the files to LLaMA-Factory.
func datasetInfo(files []File) map[string]any {
	all := map[string]any{}
	tags := map[string]string{"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant", "system_tag": "system"}
	for _, f := range files {
		info := map[string]any{"file_name": f.Name, "formatting": "sharegpt", "tags": tags}
		switch f.Form {
		case lessons.SFT:
			info["columns"] = map[string]string{"messages": "messages"}
		case lessons.KTO:
			info["columns"] = map[string]string{"messages": "dialog", "kto_tag": "label"}
		case lessons.DPO:
			info["columns"] = map[string]string{"messages": "dialog", "chosen": "better", "rejected": "worse"}
			info["ranking"] = true
		default:
			continue
		}
		all["feilun_"+f.Form] = info
	}
	return all
}

// ParseForms reads a list such as "sft,dpo".
func ParseForms(list string) ([]string, error) {
	forms := strings.Split(list, ",")
	for i, f := range forms {
		if !slices.Contains(lessons.Forms(), f) || slices.Contains(forms[:i], f) {
			return nil, hint.Usage(fmt.Errorf("forms are one or more of %s, not %q", strings.Join(lessons.Forms(), ", "), f))
		}
	}
	return forms, nil
}
