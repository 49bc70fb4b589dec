package store

import (
	"context"
	"database/sql"
	"strings"
	"unicode"
	"unicode/utf8"

	"feilun/internal/terms"

	"golang.org/x/text/unicode/norm"
)

// A term of a text: a word, or two neighbours of a script without spaces. The last character of a run of these is a
// term of its own too, so that every character begins one.
type term struct {
	text   string
	start  int  // byte
	joined bool // follows the term before in one run
	run    bool // of a script without spaces
}

// cut cuts a text. Width, case, accents and traditional characters are folded.
func cut(text string, yield func(term)) {
	var word, run, folded []rune
	var at []int
	wordAt := 0
	flush := func() {
		if len(word) > 0 {
			yield(term{text: string(word), start: wordAt})
			word = word[:0]
		}
		for i := range run {
			yield(term{string(run[i:min(i+2, len(run))]), at[i], i > 0, true})
		}
		run, at = run[:0], at[:0]
	}
	for i, r := range text {
		folded = foldRune(folded[:0], r)
		for _, f := range folded {
			switch terms.Folds().Of(f) >> 24 {
			case terms.ClassPair:
				if len(word) > 0 {
					flush()
				}
				run, at = append(run, f), append(at, i)
			case terms.ClassWord, terms.ClassDigit:
				if len(run) > 0 {
					flush()
				}
				if len(word) == 0 {
					wordAt = i
				}
				if len(word) < maxWord {
					word = append(word, f)
				}
			case terms.ClassNone:
				flush()
			}
		}
	}
	flush()
}

// maxWord is how many characters of a word are kept.
const maxWord = 64

// foldRune appends what a character folds to; a space for what separates.
func foldRune(dst []rune, r rune) []rune {
	switch e := terms.Folds().Of(r); e >> 24 {
	case terms.ClassNone:
		return append(dst, ' ')
	case terms.ClassSkip:
		return dst
	case terms.ClassMany:
		return append(dst, []rune(strings.ToLower(norm.NFKC.String(string(r))))...)
	default:
		return append(dst, rune(e&0xffffff))
	}
}

func termText(text string) string {
	var b strings.Builder
	cut(text, func(t term) {
		b.WriteString(t.text)
		b.WriteByte(' ')
	})
	return b.String()
}

// matchQuery writes a question of FTS5: all words, of which the last may go on, and all runs as phrases.
// It is "" when the text has no terms.
func matchQuery(owner, text string) string {
	var parts [][]term
	cut(text, func(t term) {
		if t.joined {
			parts[len(parts)-1] = append(parts[len(parts)-1], t)
			return
		}
		parts = append(parts, []term{t})
	})
	if len(parts) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(`owner: "` + ownerTerm(owner) + `" AND terms: (`)
	for i, p := range parts {
		if i > 0 {
			b.WriteString(" AND ")
		}
		prefix := i == len(parts)-1
		if p[0].run {
			prefix = len(p) == 1
			p = p[:max(1, len(p)-1)] // without the last character alone
		}
		b.WriteByte('"')
		for j, t := range p {
			if j > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(t.text)
		}
		b.WriteByte('"')
		if prefix {
			b.WriteByte('*')
		}
	}
	b.WriteByte(')')
	return b.String()
}

// ownerTerm is the owner's id as one term.
func ownerTerm(owner string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return 'x'
	}, owner)
}

func index(tx *sql.Tx, owner string, m *Message) error {
	_, err := tx.Exec("INSERT INTO found(rowid, owner, terms, chat) SELECT n, ?, ?, chat FROM messages WHERE id = ?", ownerTerm(owner), termText(m.Text), m.ID)
	return err
}

func indexTitle(tx *sql.Tx, owner, chat, title string) error {
	if _, err := tx.Exec("DELETE FROM found WHERE rowid = (SELECT -n FROM chats WHERE id = ?)", chat); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO found(rowid, owner, terms, chat) SELECT -n, ?, ?, id FROM chats WHERE id = ?", ownerTerm(owner), termText(title), chat)
	return err
}

// Find searches titles and messages of owner's chats, temporary ones left out: chats, best first. Snippet and Message say where.
func (s *Store) Find(ctx context.Context, owner, query string, limit int) (heads []ChatHead, err error) {
	q := matchQuery(owner, query)
	if q == "" {
		return nil, nil
	}
	err = s.view(ctx, func(tx *sql.Tx) error {
		// A title counts twice. One hit of a chat is enough: the best.
		rows, err := tx.Query(`SELECT chat, rowid FROM (SELECT f.chat, f.rowid, bm25(found, 0, 1) * iif(f.rowid < 0, 2, 1) AS score
			FROM found f JOIN chats c ON c.id = f.chat WHERE found MATCH ? AND c.owner = ? AND c.temporary = 0 ORDER BY score LIMIT 1000)`, q, owner)
		if err != nil {
			return err
		}
		hits, err := scanHits(rows, limit)
		if err != nil {
			return err
		}
		for _, h := range hits {
			head, err := scanHead(tx.QueryRow("SELECT "+headColumns+" FROM chats c WHERE c.id = ?", h.chat))
			if err != nil {
				return err
			}
			if h.row > 0 {
				var text string
				if err := tx.QueryRow("SELECT id, text FROM messages WHERE n = ?", h.row).Scan(&head.Message, &text); err != nil {
					return err
				}
				head.Snippet = snippet(text, query)
			}
			heads = append(heads, head)
		}
		return nil
	})
	return heads, err
}

type hit struct {
	chat string
	row  int64
}

func scanHits(rows *sql.Rows, limit int) ([]hit, error) {
	defer rows.Close()
	var hits []hit
	seen := map[string]bool{}
	for rows.Next() && len(hits) < limit {
		var h hit
		if err := rows.Scan(&h.chat, &h.row); err != nil {
			return nil, err
		}
		if !seen[h.chat] {
			seen[h.chat] = true
			hits = append(hits, h)
		}
	}
	return hits, rows.Err()
}

// snippet is about 80 characters around the first term of the query in the text.
func snippet(text, query string) string {
	wanted := map[string]bool{}
	last := ""
	cut(query, func(t term) { wanted[t.text], last = true, t.text })
	at, exact := -1, false
	cut(text, func(t term) {
		if wanted[t.text] && !exact && (!t.run || len(t.text) > 4 || len(wanted) == 1) {
			at, exact = t.start, true
		} else if at < 0 && strings.HasPrefix(t.text, last) {
			at = t.start
		}
	})
	at = max(at, 0)
	from, n := at, 0
	for ; from > 0 && n < 20; n++ {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		from -= size
	}
	to := at
	for n = 0; to < len(text) && n < 60; n++ {
		_, size := utf8.DecodeRuneInString(text[to:])
		to += size
	}
	out := strings.Join(strings.Fields(text[from:to]), " ")
	if from > 0 {
		out = "…" + out
	}
	if to < len(text) {
		out += "…"
	}
	return out
}
