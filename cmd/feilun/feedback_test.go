package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/internal/store"
)

// A talker fills a database with chats.
type talker struct {
	t  *testing.T
	st *store.Store
}

func openData(t *testing.T) *talker {
	t.Helper()
	st, err := store.OpenServer(filepath.Join(t.TempDir(), "data", "feilun.db"))
	if err != nil {
		t.Fatal(err)
	}
	return &talker{t, st}
}

func (k *talker) check(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *talker) chat(user string) string {
	c, err := k.st.AddChat(k.t.Context(), user, "", false, "")
	k.check(err)
	return c.ID
}

// ask adds a question and finished answers to it, and returns the question and them.
func (k *talker) ask(user, chat, parent, text string, answers ...store.Message) (*store.Message, []*store.Message) {
	k.t.Helper()
	q := &store.Message{ID: k.st.NewID(), Parent: parent, Role: "user", Text: text, State: store.Done}
	add := []*store.Message{q}
	for i := range answers {
		a := answers[i]
		a.Role, a.Parent, a.State = "assistant", q.ID, store.Running
		add = append(add, &a)
	}
	all, _, err := k.st.AddMessages(k.t.Context(), user, "", chat, add)
	k.check(err)
	for _, m := range all[1:] {
		m.State = store.Done
		k.check(k.st.FinishMessage(k.t.Context(), m))
	}
	return q, all[1:]
}

func engine(text string) store.Message {
	seed := int64(7)
	return store.Message{Text: text, Model: "house", Mode: "plain", Kind: "generated", Seed: &seed, Origin: store.Origin{Kind: "engine", SHA: "abc", Template: "def"}}
}

// command runs feilun and returns what it printed.
func command(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(args, strings.NewReader(""), &out, &errs); got != code {
		t.Fatalf("feilun %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

// TestFeedbackLoop goes round the circle: what users said of answers becomes rows, rows train models, a withdrawal names the
// models and takes the rows back.
func TestFeedbackLoop(t *testing.T) {
	k := openData(t)
	ctx := t.Context()
	k.check(k.st.SetConsent(ctx, "ann", store.ConsentImprove, "1"))
	k.check(k.st.SetConsent(ctx, "eve", store.ConsentImprove, "1"))
	for i := range 6 {
		for _, user := range []string{"ann", "eve", "private"} {
			chat := k.chat(user)
			_, as := k.ask(user, chat, "", fmt.Sprintf("The mill, number %d of %s?", i, user), engine("It turned."), engine("It may have."))
			_, err := k.st.EditAnswer(ctx, user, as[0].ID, fmt.Sprintf("It stood still until March, says %s %d. Call 13912345678.", user, i))
			k.check(err)
			_, err = k.st.Rate(ctx, user, as[1].ID, &store.Rating{Value: -1, Reasons: []string{"wrong"}, Better: fmt.Sprintf("The mill %d of %s stood.", i, user)})
			k.check(err)
		}
	}
	data := filepath.Dir(k.st.Path())
	dir := t.TempDir()
	rows := filepath.Join(dir, "rows")
	command(t, 0, "feedback", "export", data, "--out", rows)
	b, err := os.ReadFile(filepath.Join(rows, "sft.jsonl"))
	k.check(err)
	if bytes.Contains(b, []byte("private")) || bytes.Contains(b, []byte("13912345678")) || bytes.Count(b, []byte("\n")) != 24 {
		t.Fatalf("sft.jsonl: %d lines, without consent or unmasked:\n%.2000s", bytes.Count(b, []byte("\n")), b)
	}
	trainLoop(t, dir, rows)

	out, _ := command(t, 0, "feedback", "withdraw", data, "--user", "local", "--models", filepath.Join(dir, "chat"), "--models", filepath.Join(dir, "better"), "--json")
	if !strings.Contains(out, `"models":[]`) {
		t.Errorf("a user without rows touches models: %s", out)
	}
	touched, err := k.st.Withdraw(ctx, "eve", "", "")
	k.check(err)
	if fmt.Sprint(touched.Models) != "[better chat]" || len(touched.Exports) != 3 || touched.Chats != 6 {
		t.Errorf("withdrawal touched %+v", touched)
	}
	out, _ = command(t, 0, "feedback", "withdraw", data, "--from", rows)
	if !strings.Contains(out, "30 rows taken out") {
		t.Errorf("withdraw --from: %s", out)
	}
	for _, name := range []string{"sft.jsonl", "dpo.jsonl", "kto.jsonl"} {
		b, err := os.ReadFile(filepath.Join(rows, name))
		k.check(err)
		if bytes.Contains(b, []byte("of eve")) || !bytes.Contains(b, []byte("of ann")) {
			t.Errorf("%s after the withdrawal: %.500s", name, b)
		}
	}
	command(t, 0, "train", "sft", filepath.Join(dir, "model"), filepath.Join(rows, "sft.jsonl"), "--steps", "1", "--out", filepath.Join(dir, "again"))
	k.check(k.st.Close())
}

// trainLoop trains on exported rows.
func trainLoop(t *testing.T, dir, rows string) {
	docs := filepath.Join(dir, "docs.jsonl")
	var b bytes.Buffer
	for i := range 12 {
		fmt.Fprintf(&b, `{"id":"%d","text":"The mill number %d stood still until March, says nobody, the mill, the mill."}`+"\n", i, i)
	}
	if err := os.WriteFile(docs, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	command(t, 0, "tokenize", "train", "--vocab", "300", "--out", at("t.json"), docs)
	command(t, 0, "tokenize", "pack", "--tokenizer", at("t.json"), "--valid", "0.3", "--out", at("tokens"), docs)
	command(t, 0, "train", at("tokens"), "--depth", "1", "--context", "128", "--batch", "512", "--steps", "2", "--out", at("model"))
	_, errs := command(t, 0, "train", "sft", at("model"), filepath.Join(rows, "sft.jsonl"), "--steps", "2", "--context", "128", "--out", at("chat"))
	if !strings.Contains(errs, "24 of 24 rows used") {
		t.Errorf("train sft: %s", errs)
	}
	_, errs = command(t, 0, "train", "dpo", at("chat"), filepath.Join(rows, "dpo.jsonl"), "--steps", "2", "--context", "128", "--out", at("better"))
	if !strings.Contains(errs, "24 of 24 rows used") {
		t.Errorf("train dpo: %s", errs)
	}
}

func TestFeedbackCommands(t *testing.T) {
	k := openData(t)
	ctx := context.Background()
	k.check(k.st.SetConsent(ctx, "ann", store.ConsentPublish, "1"))
	chat := k.chat("ann")
	cited := engine("The mill stood still.[1]")
	cited.Sources = []store.Source{{N: 1, Version: "v", URL: "http://mill.example/a", Title: "Mill"}}
	cited.Citations = []store.Citation{{N: 1, Source: 1, End: 4, Quote: "mill"}}
	_, as := k.ask("ann", chat, "", "The mill?", cited)
	_, err := k.st.Rate(ctx, "ann", as[0].ID, &store.Rating{Value: 1})
	k.check(err)
	none := engine("The sources do not say.")
	none.Kind, none.Mode = "unanswered", "corpus"
	k.ask("ann", chat, as[0].ID, "And its owner?", none)
	k.check(k.st.Close())
	data, dir := filepath.Dir(k.st.Path()), t.TempDir()

	out, _ := command(t, 0, "feedback", "stats", data)
	if !strings.Contains(out, "1 users allow 1 chats with 2 answers") || !strings.Contains(out, "house") {
		t.Errorf("stats:\n%s", out)
	}
	var stats map[string]any
	out, _ = command(t, 0, "feedback", "stats", data, "--json")
	k.check(json.Unmarshal([]byte(out), &stats))

	corpus := filepath.Join(dir, "docs.jsonl")
	k.check(os.WriteFile(corpus, []byte(`{"id":"1","url":"http://mill.example/a/","title":"Mill","text":"The mill stood still."}`+"\n"+`{"id":"2","url":"http://other.example/","text":"Other."}`+"\n"), 0o600))
	command(t, 0, "feedback", "export", data, "--form", "pages,frontier,events", "--corpus", corpus, "--out", filepath.Join(dir, "pages"))
	for name, want := range map[string]string{"good.jsonl": `"text":"The mill stood still."`, "frontier.jsonl": `"question":"And its owner?"`, "events.jsonl": `"kind":"rate"`} {
		b, err := os.ReadFile(filepath.Join(dir, "pages", name))
		if err != nil || !bytes.Contains(b, []byte(want)) || name != "events.jsonl" && bytes.Count(b, []byte("\n")) != 1 {
			t.Errorf("%s: %v %s", name, err, b)
		}
	}
	command(t, 0, "feedback", "export", data, "--parquet", "--publish", "--form", "sft,dpo,kto,events,frontier,pages", "--out", filepath.Join(dir, "parquet"))

	for _, args := range [][]string{
		{"feedback", "export", data, "--form", "poems", "--out", filepath.Join(dir, "x")},
		{"feedback", "export", data, "--out", filepath.Join(dir, "pages")}, // not empty
		{"feedback", "export", data, "--corpus", corpus, "--out", filepath.Join(dir, "x")},
		{"feedback", "export", data, "--per-user-day=-1", "--out", filepath.Join(dir, "x")},
		{"feedback", "stats", filepath.Join(dir, "nothing")},
		{"feedback", "withdraw", data},
		{"feedback", "withdraw", data, "--user", "nobody"},
		{"feedback", "withdraw", data, "--chat", "x"},
		{"feedback", "withdraw", data, "--from", dir},
		{"feedback", "withdraw", data, "--models", dir},
	} {
		command(t, 2, args...)
	}
}

// TestBackupCommand copies the database of a server that runs, and puts it back.
func TestBackupCommand(t *testing.T) {
	k := openData(t)
	k.ask("ann", k.chat("ann"), "", "kept?", engine("yes"))
	data, copied := filepath.Dir(k.st.Path()), filepath.Join(t.TempDir(), "copy.db")
	command(t, 0, "serve", "backup", data, "--out", copied)
	k.ask("ann", k.chat("ann"), "", "lost?", engine("yes"))
	_, errs := command(t, 1, "serve", "restore", copied, data)
	if !strings.Contains(errs, "stop the server first") {
		t.Errorf("restore under a server: %s", errs)
	}
	k.check(k.st.Close())
	command(t, 2, "serve", "restore", filepath.Join(data, "feilun.db"), data)
	command(t, 0, "serve", "restore", copied, data)
	st, err := store.Open(filepath.Join(data, "feilun.db"))
	k.check(err)
	heads, _, err := st.Chats(t.Context(), "ann", "", 10)
	if err != nil || len(heads) != 1 || heads[0].Title != "kept?" {
		t.Errorf("after the restore: %+v, %v", heads, err)
	}
	k.check(st.Close())
}

// TestLikedPages trains a quality model on the pages that liked answers cite.
func TestLikedPages(t *testing.T) {
	k := openData(t)
	k.check(k.st.SetConsent(t.Context(), "ann", store.ConsentImprove, "1"))
	chat := k.chat("ann")
	dir := t.TempDir()
	var corpus, raw bytes.Buffer
	for i := range 40 {
		url := fmt.Sprintf("http://host%d.example/page", i)
		fmt.Fprintf(&corpus, `{"id":"g%d","url":%q,"text":"The flywheel number %d stores energy because its mass turns; engineers measured how much of it is lost to friction in a year."}`+"\n", i, url, i)
		fmt.Fprintf(&raw, `{"id":"b%d","url":"http://bad%d.example/","text":"CLICK HERE best casino %d bonus free spins login now best price order order order."}`+"\n", i, i, i)
		a := engine("It stores energy.[1]")
		a.Sources, a.Citations = []store.Source{{N: 1, URL: url}}, []store.Citation{{N: 1, Source: 1}}
		_, as := k.ask("ann", chat, "", fmt.Sprint("flywheel ", i), a)
		_, err := k.st.Rate(t.Context(), "ann", as[0].ID, &store.Rating{Value: 1 - 2*(i%20/19)}) // two are disliked
		k.check(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	k.check(os.WriteFile(at("corpus.jsonl"), corpus.Bytes(), 0o600))
	k.check(os.WriteFile(at("raw.jsonl"), raw.Bytes(), 0o600))
	k.check(k.st.Close())
	command(t, 0, "feedback", "export", filepath.Dir(k.st.Path()), "--form", "pages", "--corpus", at("corpus.jsonl"), "--corpus", at("raw.jsonl"), "--out", at("pages"))
	out, _ := command(t, 0, "quality", "train", "--kind", "gpt3", "--features", "4096", "--positive", filepath.Join(dir, "pages", "good.jsonl"), "--negative", at("raw.jsonl"), "--out", at("liked.fq"))
	if !strings.Contains(out, "38 positive documents of 38 hosts, 40 negative") {
		t.Errorf("quality train: %s", out)
	}
}
