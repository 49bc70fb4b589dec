package web

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// mockPages are stored texts, by version.
var mockPages = map[string]string{
	"v1": "Along the estuary people built mills that worked with the tide. The first tide mill on the Pell was built in 1170. It stood where the ferry lands today. A tide mill grinds for about ten hours a day, five after each high water, whatever the weather.",
	"v2": "The museum keeps the wheel. The wheel was replaced in oak in 1830 and turned until 1911. Visitors may see it from April to October.",
	"v3": "潮汐磨坊利用涨落的潮水推动水轮。涨潮时，海水流入蓄水池；退潮时，水从水轮下流出。每天大约可以工作十个小时。",
}

// step is a thing that an answer does: an event, or a pause.
type step struct {
	name string
	data any
	wait time.Duration
}

func texts(wait time.Duration, s string) []step {
	var out []step
	for len(s) > 0 {
		n := 0
		for i := range s {
			if i >= 7 {
				n = i
				break
			}
		}
		if n == 0 {
			n = len(s)
		}
		out = append(out, step{"text", object{"text": s[:n]}, wait})
		s = s[n:]
	}
	return out
}

// play writes an answer as the first word of the question says.
func (m *mock) play(ctx context.Context, x *mockMessage, question, side string) {
	word, rest, _ := strings.Cut(question, " ")
	pause := 2 * time.Millisecond
	end := object{"state": "done", "finish": "stop", "kind": "generated"}
	steps := []step{{"stage", object{"stage": "write"}, 0}}
	for part, scenario := range map[string]string{"tide mill": "cited", "潮汐": "引用", "store energy": "rich"} {
		if strings.Contains(question, part) {
			word = scenario
		}
	}
	switch word {
	case "cited":
		m.cited(ctx, x, 5*time.Millisecond)
		return
	case "引用":
		m.citedZh(ctx, x)
		return
	case "slow":
		pause = 25 * time.Millisecond
		steps = append(steps, texts(pause, strings.Repeat("A flywheel turns, and with every turn it keeps a little more. ", 60))...)
	case "held":
		steps = append(steps, step{"stage", object{"stage": "queue", "position": 3}, 0}, step{"stage", object{"stage": "queue", "position": 2}, 300 * time.Millisecond}, step{"hold", nil, 0}, step{"stage", object{"stage": "write"}, 0})
	case "cut":
		for i, s := range texts(pause, "One two three four five six seven eight nine ten, and every word once.") {
			if steps = append(steps, s); i == 3 || i == 6 {
				steps = append(steps, step{"cut", nil, 0})
			}
		}
	case "error":
		steps = append(steps, texts(pause, "This began well, but ")...)
		end = object{"state": "error", "error": object{"code": "upstream", "message": "the model server failed"}}
	case "interrupted":
		steps = append(steps, texts(pause, "The first half of")...)
		end = object{"state": "interrupted"}
	case "length":
		steps = append(steps, texts(pause, "A long answer that")...)
		end["finish"] = "length"
	case "unanswered":
		steps = append(steps, texts(pause, "The sources do not say when the mill was sold.")...)
		end["kind"] = "unanswered"
	case "long":
		steps = append(steps, texts(time.Millisecond, longAnswer)...)
	case "list":
		steps = append(steps, texts(time.Millisecond/2, longList)...)
	case "rich":
		steps = append(steps, texts(time.Millisecond, richAnswer)...)
	case "say":
		steps = append(steps, texts(0, rest)...)
	default:
		s := "A flywheel stores energy as motion: **E = ½ I ω²**. Twice the speed keeps four times as much."
		if side == "b" {
			s = "It spins. The heavier and the faster, the more it keeps."
		}
		steps = append(steps, texts(pause, s)...)
	}
	m.run(ctx, x, steps, end)
}

func (m *mock) run(ctx context.Context, x *mockMessage, steps []step, end object) {
	for _, s := range steps {
		if s.name == "hold" {
			select {
			case <-m.wait:
			case <-ctx.Done():
				return
			}
			continue
		}
		if s.wait > 0 {
			time.Sleep(s.wait)
		}
		if ctx.Err() != nil || !m.emit(x, s) {
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !x.done {
		m.finish(x, end)
	}
}

// emit appends an event, unless the answer has ended.
func (m *mock) emit(x *mockMessage, s step) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if x.done {
		return false
	}
	switch d := s.data.(type) {
	case object:
		if s.name == "text" {
			x.object["text"] = x.object["text"].(string) + d["text"].(string)
			m.written[x.object["id"].(string)]++
		}
		if s.name == "sources" {
			x.object["sources"] = d["sources"]
		}
		if s.name == "citation" || s.name == "mark" {
			list, _ := x.object[s.name+"s"].([]object)
			x.object[s.name+"s"] = append(list, d)
		}
	}
	b, _ := json.Marshal(s.data)
	x.events = append(x.events, mockEvent{s.name, string(b)})
	x.more.Broadcast()
	return true
}

// finish ends an answer. The caller holds the lock.
func (m *mock) finish(x *mockMessage, end object) {
	for k, v := range end {
		x.object[k] = v
	}
	x.object["ms"] = 840
	x.object["tokens"] = object{"prompt": 120, "completion": 2 + len(x.object["text"].(string))/4}
	x.done = true
	x.stop()
	b, _ := json.Marshal(object{"message": x.seen()})
	x.events = append(x.events, mockEvent{"done", string(b)})
	x.more.Broadcast()
}

type claim struct {
	text    string
	version int // 0 for none
	quote   string
}

func (m *mock) cited(ctx context.Context, x *mockMessage, pause time.Duration) {
	m.claims(ctx, x, pause, "tide mills on the Pell", []object{
		{"n": 1, "doc": "d1", "version": "v1", "url": "https://www.pell-museum.example/history/tide-mills?lang=en", "title": "Tide mills of the Pell estuary", "host": "www.pell-museum.example", "date": "2025-06-02"},
		{"n": 2, "doc": "d2", "version": "v2", "url": "https://oakwheel.example/restoration", "title": "How the great wheel was restored", "host": "oakwheel.example", "date": "2024-11-19"},
		{"n": 3, "doc": "d3", "version": "v3", "url": "https://ferry.example/timetable", "title": "Ferry timetable", "host": "ferry.example"},
	}, []claim{
		{"The first tide mill on the Pell was built in 1170, where the ferry lands today", 1, "The first tide mill on the Pell was built in 1170. It stood where the ferry lands today."},
		{". ", 0, ""},
		{"It ground for about ten hours a day", 1, "A tide mill grinds for about ten hours a day"},
		{". ", 0, ""},
		{"The wheel was replaced in oak in 1830", 2, "The wheel was replaced in oak in 1830 and turned until 1911."},
		{".\n\n", 0, ""},
		{"The miller's family left for the city soon after.", -1, ""},
	})
}

func (m *mock) citedZh(ctx context.Context, x *mockMessage) {
	m.claims(ctx, x, 3*time.Millisecond, "潮汐磨坊 工作原理", []object{
		{"n": 1, "doc": "d3", "version": "v3", "url": "https://kepu.example.cn/chaoxi", "title": "潮汐磨坊是怎样工作的", "host": "kepu.example.cn", "date": "2026-03-14"},
		{"n": 2, "doc": "d1", "version": "v1", "url": "https://www.pell-museum.example/history/tide-mills", "title": "Tide mills of the Pell estuary", "host": "www.pell-museum.example", "date": "2025-06-02"},
	}, []claim{
		{"**潮汐磨坊**靠涨落的潮水推动水轮：涨潮时海水流入蓄水池，退潮时水从水轮下流出", 1, "涨潮时，海水流入蓄水池；退潮时，水从水轮下流出。"},
		{"。", 0, ""},
		{"一天大约可以工作十个小时", 1, "每天大约可以工作十个小时。"},
		{"，佩尔河口最早的一座建于 1170 年", 2, "The first tide mill on the Pell was built in 1170."},
		{"。\n\n", 0, ""},
		{"后来，这些磨坊大多改成了住宅。", -1, ""},
	})
}

// claims writes sentences with their citations; version -1 marks one as unsupported.
func (m *mock) claims(ctx context.Context, x *mockMessage, pause time.Duration, query string, sources []object, all []claim) {
	steps := []step{{"stage", object{"stage": "search", "query": query}, 0}, {"stage", object{"stage": "read", "found": 7}, 20 * pause}, {"sources", object{"sources": sources}, 0}, {"stage", object{"stage": "write"}, 0}}
	at, n := 0, 0
	for _, c := range all {
		long := len(utf16.Encode([]rune(c.text)))
		text := c.text
		switch {
		case c.version > 0:
			n++
			src := sources[c.version-1]
			start := strings.Index(mockPages[src["version"].(string)], c.quote)
			if start < 0 {
				panic("no such quote: " + c.quote)
			}
			steps = append(steps, step{"citation", object{"n": n, "source": c.version, "start": start, "end": start + len(c.quote), "quote": c.quote, "sentence": []int{at, at + long}, "support": 0.93}, 0})
			text += fmt.Sprintf(" [%d]", n)
		case c.version < 0:
			steps = append(steps, step{"mark", object{"from": at, "to": at + long, "why": "unsupported"}, 0})
		}
		steps = append(steps, texts(pause, text)...)
		at += len(utf16.Encode([]rune(text)))
	}
	steps = append(steps, step{"stage", object{"stage": "check"}, 0})
	m.run(ctx, x, steps, object{"state": "done", "finish": "stop", "kind": "generated"})
}

var longAnswer = func() string {
	var s strings.Builder
	for i := range 60 {
		fmt.Fprintf(&s, "## Part %d\n\nThe wheel *turns* and `keeps` %d joules. It does so **again**, and again.\n\n- one\n- two\n  - three\n\n", i+1, i*17)
	}
	return s.String()
}()

// longList is one block: a list whose items come for a long time.
var longList = func() string {
	var s strings.Builder
	for i := range 250 {
		fmt.Fprintf(&s, "%d. Item **%d** turns `x`, and [links](https://a.example/%d) to what it turns.\n", i+1, i, i)
	}
	return s.String()
}()

const richAnswer = "# Flywheels\n\nA flywheel keeps energy as **motion**. For a disc of mass $m$ and radius $r$:\n\n$$\nE = \\frac{1}{2} I \\omega^2 = \\frac{1}{4} m r^2 \\omega^2\n$$\n\n" +
	"| Material | Density (kg/m³) | Best for |\n|---|--:|---|\n| Steel | 7850 | slow, heavy wheels |\n| Carbon fibre | 1600 | fast wheels in a vacuum |\n\n" +
	"```go\n// Energy of a disc, in joules.\nfunc Energy(mass, radius, omega float64) float64 {\n\treturn 0.25 * mass * radius * radius * omega * omega // J\n}\n```\n\n" +
	"1. Spin it up when power is cheap.\n2. Let it run.\n   - A good bearing loses 1 % an hour.\n3. Take the energy back.\n\n> Twice the speed keeps four times as much.\n\nSee [the museum](https://museum.example/wheels) and ![a wheel](https://museum.example/wheel.png).\n"
