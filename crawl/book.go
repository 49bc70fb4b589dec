package crawl

import (
	"bytes"
	"cmp"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"feilun"
	"feilun/internal/ledger"
)

// A textBook is a plain-text book: what its header says, and its paragraphs.
type textBook struct {
	title, author, date, language string
	parts                         []bookPart
}

// A bookPart is a heading or paragraph.
type bookPart struct {
	text    string
	chapter bool // a heading that begins a chapter
	tight   bool // a line that goes with the one before: no empty line between
}

// book reads a plain-text book. Headers and footers of Project Gutenberg are
// cut, and lines broken at a fixed width are joined to paragraphs.
func (j *job) book() error {
	r, err := j.stream(j.scratch)
	if err != nil {
		return err
	}
	var win window
	win.reset(r, 0)
	limit := j.src.p.MaxBody
	for want := firstWindow; win.fill(min(want, limit+1)) && want <= limit; want *= 2 {
	}
	body, long := win.data(), false
	if len(body) > limit {
		body, long = body[:limit], true
		for len(body) > 0 && limit-len(body) < utf8.UTFMax && !utf8.RuneStart(win.data()[len(body)]) {
			body = body[:len(body)-1]
		}
	}
	stored := int64(len(body))
	decoded, _, _ := j.books.decoder.Decode(body, "text/plain")
	b := readBook(string(decoded))
	if !j.chapters(&b, stored) || long {
		return nil
	}
	if win.err != nil && win.err != io.EOF {
		j.damaged(0, 0, reason(win.err))
	}
	return j.finish(r)
}

// chapters yields a book, or its chapters, which share the file's bytes by the
// lengths of their texts.
func (j *job) chapters(b *textBook, stored int64) bool {
	texts, titles := b.whole()
	if j.src.p.Chapters {
		texts, titles = b.split()
	}
	if len(texts) == 0 {
		return j.dropped(ledger.Row{
			ID: j.fill.file, Record: feilun.Record{File: j.task.File}, Stage: Stage,
			Rule: RuleRecordType, Note: "book without text", Bytes: stored,
		})
	}
	total, rest := int64(0), stored
	for _, t := range texts {
		total += int64(len(t))
	}
	for _, t := range texts[1:] {
		rest -= stored * int64(len(t)) / total
	}
	for i, t := range texts {
		size := rest
		if i > 0 {
			size = stored * int64(len(t)) / total
		}
		j.fill.empty(0, size)
		d := &j.fill.d
		d.ID, d.Text, d.Title, d.Date, d.Language = j.fill.file, t, b.name(), b.date, b.language
		if j.src.p.Chapters {
			d.ID += "#" + strconv.Itoa(i+1)
			d.Title = cmp.Or(titles[i], d.Title)
		}
		if !j.give(d) {
			return false
		}
	}
	return true
}

func (b *textBook) name() string {
	if b.title != "" && b.author != "" {
		return b.title + " — " + b.author
	}
	return b.title
}

// readBook takes a book apart.
func readBook(text string) textBook {
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	lines := strings.Split(text, "\n")
	var b textBook
	from, to := body(lines, &b)
	lines = lines[from:to]
	wrapped := hardWrapped(lines)
	for i := 0; i < len(lines); {
		if blankLine(lines[i]) {
			i++
			continue
		}
		k := i
		for k < len(lines) && !blankLine(lines[k]) {
			k++
		}
		b.block(lines[i:k], wrapped)
		i = k
	}
	return b
}

func blankLine(s string) bool { return strings.TrimSpace(s) == "" }

// whole is the book as one text.
func (b *textBook) whole() (texts, titles []string) {
	if t := joinParts(b.parts); t != "" {
		return []string{t}, []string{""}
	}
	return nil, nil
}

// split cuts the book at chapter headings. Headings that follow each other,
// as in a table of contents, stay together with what comes behind.
func (b *textBook) split() (texts, titles []string) {
	from, title, filled := 0, "", false
	for i, p := range b.parts {
		if p.chapter && filled {
			texts, titles = append(texts, joinParts(b.parts[from:i])), append(titles, title)
			from, title, filled = i, "", false
		}
		if p.chapter {
			title = p.text
		} else {
			filled = true
		}
	}
	if t := joinParts(b.parts[from:]); t != "" {
		texts, titles = append(texts, t), append(titles, title)
	}
	return texts, titles
}

func joinParts(parts []bookPart) string {
	var s strings.Builder
	for i, p := range parts {
		switch {
		case i == 0:
		case p.tight:
			s.WriteByte('\n')
		default:
			s.WriteString("\n\n")
		}
		s.WriteString(p.text)
	}
	return s.String()
}

// hasChapter reports whether a line of a file's beginning begins a chapter.
func hasChapter(head []byte) bool {
	for line := range bytes.Lines(head) {
		if chapterHeading(string(line)) {
			return true
		}
	}
	return false
}

// gutenberg reports whether a file starts as one of Project Gutenberg's.
func gutenberg(head []byte) bool {
	return bytes.Contains(head, []byte("Project Gutenberg"))
}

// body returns which lines are the book itself, and reads the header.
func body(lines []string, b *textBook) (from, to int) {
	from, to = 0, len(lines)
	head := min(len(lines), 800)
	ours := false
	for i, line := range lines[:head] {
		if strings.Contains(line, "Project Gutenberg") || strings.Contains(line, "PROJECT GUTENBERG") {
			ours = true
		}
		if ours && startMark(line) {
			from = i + 1
			if !ended(line) && i+1 < head && ended(lines[i+1]) && !blankLine(lines[i+1]) {
				from++ // the mark goes on to the next line
			}
			break
		}
	}
	if !ours {
		return 0, to
	}
	for i := from; i < to; i++ {
		if endMark(lines[i]) {
			to = i
		}
	}
	b.header(lines[:from])
	return skipCredits(lines, from, to), to
}

// ended reports whether a mark's line ends with asterisks.
func ended(line string) bool { return strings.HasSuffix(strings.TrimSpace(line), "*") }

// startMark recognises the line behind which a book of Project Gutenberg
// starts, in the wordings since 1991.
func startMark(line string) bool {
	u := strings.ToUpper(line)
	if !strings.Contains(u, "*") {
		return false
	}
	u = strings.Trim(u, "* \t")
	for _, s := range []string{"START OF THE PROJECT GUTENBERG", "START OF THIS PROJECT GUTENBERG", "START OF PROJECT GUTENBERG",
		"END THE SMALL PRINT", "END*THE SMALL PRINT", "START OF THE PROJECT GUTENBERG EBOOK"} {
		if strings.HasPrefix(u, s) {
			return true
		}
	}
	return false
}

// endMark recognises the line at which such a book has ended.
func endMark(line string) bool {
	u := strings.Trim(strings.ToUpper(line), "* \t")
	for _, s := range []string{"END OF THE PROJECT GUTENBERG", "END OF THIS PROJECT GUTENBERG", "END OF PROJECT GUTENBERG", "END OF THIS ETEXT OF",
		"END PROJECT GUTENBERG", "THE END OF THE PROJECT GUTENBERG", "END OF THE ETEXT OF PROJECT GUTENBERG", "THIS IS THE END OF THE PROJECT GUTENBERG"} {
		if strings.HasPrefix(u, s) {
			return true
		}
	}
	return false
}

// header reads title, author, language and date from the lines before a book.
func (b *textBook) header(lines []string) {
	var last *string
	for _, line := range lines {
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case ok && key == "Title":
			b.title, last = value, &b.title
		case ok && key == "Author":
			b.author, last = value, &b.author
		case ok && key == "Language":
			b.language, last = languageOf(value), nil
		case ok && (key == "Release Date" || key == "Posting Date" && b.date == ""):
			b.date, last = englishDate(value), nil
		case last != nil && strings.HasPrefix(line, "  ") && !blankLine(line):
			*last += ": " + strings.TrimSpace(line)
			last = nil
		default:
			last = nil
		}
	}
}

// languageOf returns the code of a language's English name.
func languageOf(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(name), " ")
	return map[string]string{
		"english": "en", "chinese": "zh", "french": "fr", "german": "de", "spanish": "es", "italian": "it", "portuguese": "pt",
		"dutch": "nl", "finnish": "fi", "swedish": "sv", "danish": "da", "norwegian": "no", "latin": "la", "greek": "el",
		"japanese": "ja", "russian": "ru", "polish": "pl", "hungarian": "hu", "esperanto": "eo", "tagalog": "tl", "catalan": "ca",
	}[strings.Trim(name, ",;")]
}
