package serve

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"feilun/internal/store"
)

// masked hides digits, as rules for numbers do.
func masked(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, s)
}

func pairAnswer(side, model string) store.Message {
	seed := int64(5)
	return store.Message{Text: "answer of " + model, Side: side, Model: model, Mode: "plain", Kind: "generated", Seed: &seed, Params: &store.Params{System: "be short"}, Origin: store.Origin{Kind: "engine", SHA: "sha-" + model, Template: "t1"}}
}

func TestRating(t *testing.T) {
	x := openSite(t, Options{Addr: "127.0.0.1:0"})
	v := x.visit()
	chat, q, as := v.talk("why?", store.Message{Text: "because"})
	for _, bad := range []string{`{}`, `{"value":2}`, `{"value":1,"reasons":["x"]}`, `{"value":1,"reasons":["wrong","wrong"]}`, `{"value":1,"text":"` + strings.Repeat("a", 5000) + `"}`} {
		if status, _ := v.do("POST", "/api/messages/"+as[0]+"/rating", bad); status != 400 {
			t.Errorf("rating %.40s = %d", bad, status)
		}
	}
	if status, _ := v.do("POST", "/api/messages/"+q+"/rating", `{"value":1}`); status != 409 {
		t.Errorf("a rating of a question = %d", status)
	}
	m := v.must("POST", "/api/messages/"+as[0]+"/rating", `{"value":-1,"reasons":["wrong","style"],"text":"no","better":"so that"}`)
	if r := m["rating"].(map[string]any); r["value"] != -1.0 || r["better"] != "so that" {
		t.Errorf("rating = %v", r)
	}
	if m := v.must("POST", "/api/messages/"+as[0]+"/rating", `{"value":0}`); m["rating"] != nil {
		t.Errorf("rating taken back = %v", m)
	}
	edited := v.must("PUT", "/api/messages/"+as[0], `{"text":"because of that"}`)["message"].(map[string]any)
	if edited["edited"] != as[0] || edited["parent"] != q || edited["text"] != "because of that" {
		t.Errorf("edited = %v", edited)
	}
	for _, bad := range []string{`{"text":" "}`, `{}`} {
		if status, _ := v.do("PUT", "/api/messages/"+as[0], bad); status != 400 {
			t.Errorf("edit %s = %d", bad, status)
		}
	}
	if m := v.must("GET", "/api/chats/"+chat, ""); m["active"] != edited["id"] || len(m["messages"].([]any)) != 3 {
		t.Errorf("chat = %v", m)
	}
	// A temporary chat takes ratings too; they never leave.
	v.must("DELETE", "/api/chats/"+chat, "")
	if status, _ := v.do("POST", "/api/messages/"+as[0]+"/rating", `{"value":1}`); status != 404 {
		t.Errorf("rating in a deleted chat = %d", status)
	}
}

func TestBlindPair(t *testing.T) {
	x := openSite(t, Options{Addr: "127.0.0.1:0"})
	v := x.visit()
	chat, _, as := v.talk("which?", pairAnswer("a", "left-model"), pairAnswer("b", "right-model"))
	for _, path := range []string{"/api/chats/" + chat, "/api/messages/" + as[0], "/api/chats/" + chat + "/export", "/api/chats/" + chat + "/export?format=md"} {
		if _, text := v.raw("GET", path, ""); strings.Contains(strings.ReplaceAll(text, "answer of", ""), `"left-model`) || strings.Contains(text, "be short") || strings.Contains(text, "(left-model") {
			t.Errorf("%s tells the model of an open pair: %s", path, text)
		}
	}
	for _, path := range []string{"rating", "choice"} {
		if _, text := v.raw("POST", "/api/messages/"+as[1]+"/"+path, `{"value":1}`); strings.Contains(text, `"model"`) {
			t.Errorf("%s tells the model of an open pair: %s", path, text)
		}
	}
	if status, _ := v.do("PUT", "/api/messages/"+as[0], `{"text":"x"}`); status != 409 {
		t.Errorf("an edit before the choice = %d", status)
	}
	m := v.must("POST", "/api/messages/"+as[1]+"/choice", `{"choice":"b","shown_ms":1200}`)
	answers := m["answers"].([]any)
	a, b := answers[0].(map[string]any), answers[1].(map[string]any)
	if a["side"] != "a" || a["model"] != "left-model" || a["chosen"] == true || b["model"] != "right-model" || b["chosen"] != true {
		t.Errorf("after the choice: %v", m)
	}
	if status, _ := v.do("POST", "/api/messages/"+as[0]+"/choice", `{"choice":"a"}`); status != 409 {
		t.Errorf("a second choice = %d", status)
	}
	if m := v.must("GET", "/api/chats/"+chat, ""); m["active"] != as[1] {
		t.Errorf("active after the choice = %v", m["active"])
	}
	// Two pairs under one question: the choice decides its own.
	_, q, _ := v.talk("again?", pairAnswer("a", "m1"), pairAnswer("b", "m2"))
	head := v.must("GET", "/api/messages/"+q, "")
	second := []*store.Message{{Role: "assistant", Parent: q, Side: "b", State: store.Done, Text: "3"}, {Role: "assistant", Parent: q, Side: "a", State: store.Done, Text: "4"}}
	if _, _, err := x.s.store.AddMessages(t.Context(), store.LocalUser, "", head["chat"].(string), second); err != nil {
		t.Fatal(err)
	}
	m = v.must("POST", "/api/messages/"+second[0].ID+"/choice", `{"choice":"tie"}`)
	if got := m["answers"].([]any)[0].(map[string]any); got["id"] != second[1].ID || got["chosen"] == true {
		t.Errorf("the pair of the second choice: %v", m)
	}
}

func TestConsent(t *testing.T) {
	x := openSite(t, Options{Mask: masked})
	admin := x.admin()
	ann := x.member(admin, "ann", RoleUser)
	older, _, _ := ann.talk("before consent", pairAnswer("a", "m1"), pairAnswer("b", "m2"))
	m := ann.me()
	if m["consent"].(map[string]any)["scope"] != "none" {
		t.Fatalf("consent at first: %v", m["consent"])
	}
	policy := m["policy"].(map[string]any)
	if text := policy["text"].(map[string]any); text["en"] == "" || text["zh"] == "" {
		t.Errorf("policy = %v", policy)
	}
	if status, _ := ann.do("POST", "/api/consent", `{"scope":"improve","policy":"1999"}`); status != 409 {
		t.Errorf("consent to an older text = %d", status)
	}
	if status, _ := ann.do("POST", "/api/consent", `{"scope":"everything"}`); status != 400 {
		t.Errorf("consent to everything = %d", status)
	}
	m = ann.must("POST", "/api/consent", fmt.Sprintf(`{"scope":"improve","policy":%q}`, policy["version"]))
	if c := m["consent"].(map[string]any); c["scope"] != "improve" || c["given"] == nil {
		t.Errorf("consent = %v", c)
	}
	chat, _, as := ann.talk("after consent 13912345678", pairAnswer("a", "m1"), pairAnswer("b", "m2"))
	left, _, out := ann.talk("left out", pairAnswer("a", "m1"), pairAnswer("b", "m2"))
	for _, id := range []string{as[0], out[0]} {
		ann.must("POST", "/api/messages/"+id+"/choice", `{"choice":"a"}`)
	}
	ann.must("PATCH", "/api/chats/"+left, `{"consent":"no"}`)
	export := func() string {
		_, text := admin.raw("GET", "/api/admin/feedback/export?form=dpo", "")
		return text
	}
	text := export()
	if strings.Count(text, "\n") != 1 || !strings.Contains(text, "after consent ###########") || !strings.Contains(text, `"model_sha":"sha-m2"`) || !strings.Contains(text, `"position":"a"`) {
		t.Errorf("export: %s", text)
	}
	counts := admin.must("GET", "/api/admin/feedback", "")
	if counts["chats"] != 1.0 || counts["kinds"].(map[string]any)["choice"] != 1.0 {
		t.Errorf("counts: %v", counts)
	}
	ann.must("PATCH", "/api/chats/"+older, `{"consent":"yes"}`)
	if counts := admin.must("GET", "/api/admin/feedback", ""); counts["chats"] != 2.0 {
		t.Errorf("counts with an older chat: %v", counts)
	}
	// Withdrawn for one chat, then for all.
	touched := ann.must("POST", "/api/consent/withdraw", fmt.Sprintf(`{"chat":%q}`, chat))
	if touched["chats"] != 1.0 || len(touched["exports"].([]any)) != 1 || touched["models"] == nil {
		t.Errorf("withdrawal of a chat: %v", touched)
	}
	if text := export(); text != "" {
		t.Errorf("export after the withdrawal: %s", text)
	}
	ann.must("POST", "/api/consent/withdraw", "")
	if m := ann.me(); m["consent"].(map[string]any)["scope"] != "none" {
		t.Errorf("consent after the withdrawal: %v", m["consent"])
	}
	if counts := admin.must("GET", "/api/admin/feedback", ""); counts["chats"] != 0.0 {
		t.Errorf("counts after the withdrawal: %v", counts)
	}
}

func TestReport(t *testing.T) {
	x := openSite(t, Options{Addr: "127.0.0.1:0"})
	v := x.visit()
	_, _, as := v.talk("q", store.Message{Text: "a [1]", Sources: []store.Source{{N: 1}}, Citations: []store.Citation{{N: 1, Source: 1}}})
	for body, want := range map[string]int{`{"n":1,"why":"not_said","text":"no"}`: 204, `{"n":2,"why":"not_said"}`: 409, `{"n":1,"why":"x"}`: 400, `{"n":"1"}`: 400} {
		if status, _ := v.do("POST", "/api/messages/"+as[0]+"/report", body); status != want {
			t.Errorf("report %s = %d, want %d", body, status, want)
		}
	}
}

func TestExportChat(t *testing.T) {
	x := openSite(t, Options{Addr: "127.0.0.1:0"})
	v := x.visit()
	chat, _, _ := v.talk("# What is\n```\n# a comment", store.Message{Text: "# a heading?\nA wheel.[1]", Model: "m", Sources: []store.Source{{N: 1, URL: "http://a.example/<x> y", Title: "T"}}, Citations: []store.Citation{{N: 1, Source: 1, Quote: "wheel"}}}, store.Message{Text: "Another."})
	_, text := v.raw("GET", "/api/chats/"+chat+"/export?format=md", "")
	want := "## User\n\n\\# What is\n```\n# a comment\n```\n\n## Assistant (m) 1/2\n\n\\# a heading?\nA wheel.[1]\n\n- [1] T <http://a.example/%3Cx%3E%20y>: “wheel”\n\n## Assistant 2/2\n\nAnother.\n"
	if !strings.HasSuffix(text, want) {
		t.Errorf("export:\n%s\nwant at the end:\n%s", text, want)
	}
	_, text = v.raw("GET", "/api/chats/"+chat+"/export", "")
	var e struct {
		Format string
		Chat   store.Chat
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil || e.Format != "feilun.chat/1" || len(e.Chat.Messages) != 3 {
		t.Errorf("export as JSON: %v %s", err, text)
	}
	if status, _ := v.do("GET", "/api/chats/"+chat+"/export?format=exe", ""); status != 400 {
		t.Errorf("export as exe = %d", status)
	}
}

// TestLongChat opens a chat of a thousand messages.
func TestLongChat(t *testing.T) {
	x := openSite(t, Options{Addr: "127.0.0.1:0"})
	v := x.visit()
	chat, _, as := v.talk("start", store.Message{Text: "go"})
	parent := as[0]
	for i := range 499 {
		q := &store.Message{ID: x.s.store.NewID(), Parent: parent, Role: "user", State: store.Done, Text: fmt.Sprintf("问题 number %d", i)}
		a := &store.Message{ID: x.s.store.NewID(), Parent: q.ID, Role: "assistant", State: store.Done, Text: strings.Repeat("一个长的回答。", 40)}
		if _, _, err := x.s.store.AddMessages(t.Context(), store.LocalUser, "", chat, []*store.Message{q, a}); err != nil {
			t.Fatal(err)
		}
		parent = a.ID
	}
	m := v.must("GET", "/api/chats/"+chat, "")
	if len(m["messages"].([]any)) != 1000 || m["active"] != parent {
		t.Errorf("%d messages", len(m["messages"].([]any)))
	}
	m = v.must("GET", "/api/chats?q="+urlQuery("问题 number 321"), "")
	hit := m["chats"].([]any)[0].(map[string]any)
	if !strings.Contains(hit["snippet"].(string), "321") || v.must("GET", "/api/messages/"+hit["message"].(string), "")["text"] != "问题 number 321" {
		t.Errorf("search = %v", m)
	}
}
