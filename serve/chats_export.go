package serve

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode"

	"feilun/internal/store"
)

func (s *Server) exportChat(w http.ResponseWriter, r *http.Request) error {
	a, err := s.actor(r, ScopeChat)
	if err != nil {
		return err
	}
	form := r.FormValue("format")
	if form == "" {
		form = "json"
	}
	if form != "json" && form != "md" {
		return badRequest("format", "a chat is exported as json or md")
	}
	chat, err := s.store.Chat(r.Context(), a.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	chat.Messages = shownAll(chat.Messages)
	h := w.Header()
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(chat.Title) + "." + form}))
	if form == "md" {
		h.Set("Content-Type", "text/markdown; charset=utf-8")
		w.Write([]byte(markdown(chat))) // the client may have left, which is no error of ours
		return nil
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	enc.Encode(map[string]any{"format": "feilun.chat/1", "chat": chat})
	return nil
}

// fileName makes a name of a title that every system takes.
func fileName(title string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == ' ' {
			return r
		}
		return -1
	}, title)
	if r := []rune(strings.Join(strings.Fields(name), "-")); len(r) > 0 {
		return string(r[:min(len(r), 60)])
	}
	return "chat"
}

// markdown writes a chat as a document: all branches, each message under the one it answers. What users and models wrote is
// quoted line by line where it would begin a heading of the document.
func markdown(c *store.Chat) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", oneLine(c.Title), c.Created.Format("2006-01-02 15:04 UTC"))
	children := map[string][]*store.Message{}
	for _, m := range c.Messages {
		children[m.Parent] = append(children[m.Parent], m)
	}
	type place struct {
		m     *store.Message
		i, of int
	}
	var stack []place
	push := func(list []*store.Message) {
		for i := len(list) - 1; i >= 0; i-- {
			stack = append(stack, place{list[i], i + 1, len(list)})
		}
	}
	for push(children[""]); len(stack) > 0; {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		writeTurn(&b, p.m, p.i, p.of)
		push(children[p.m.ID])
	}
	return b.String()
}

func writeTurn(b *strings.Builder, m *store.Message, i, of int) {
	who := "User"
	if m.Role == "assistant" {
		who = "Assistant"
		if m.Model != "" {
			who += " (" + oneLine(m.Model) + ")"
		}
	}
	fmt.Fprintf(b, "\n## %s", who)
	if of > 1 {
		fmt.Fprintf(b, " %d/%d", i, of)
	}
	b.WriteString("\n\n")
	fence := false
	for line := range strings.SplitSeq(m.Text, "\n") {
		if t := strings.TrimSpace(line); strings.HasPrefix(t, "```") || strings.HasPrefix(t, "~~~") {
			fence = !fence
		} else if !fence && strings.HasPrefix(t, "#") {
			line = "\\" + t
		}
		b.WriteString(line + "\n")
	}
	if fence {
		b.WriteString("```\n")
	}
	if m.State != store.Done {
		fmt.Fprintf(b, "\n*(%s)*\n", m.State)
	}
	if len(m.Citations) > 0 {
		b.WriteByte('\n')
	}
	for _, c := range m.Citations {
		for _, src := range m.Sources {
			if src.N == c.Source {
				fmt.Fprintf(b, "- [%d] %s <%s>: “%s”\n", c.N, oneLine(src.Title), strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", "\n", "").Replace(src.URL), oneLine(c.Quote))
			}
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
