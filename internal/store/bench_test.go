package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func benchStore(b *testing.B) (*Store, *Chat) {
	s, err := OpenServer(filepath.Join(b.TempDir(), "feilun.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	c, err := s.AddChat(b.Context(), "ann", "", false, "")
	if err != nil {
		b.Fatal(err)
	}
	return s, c
}

// BenchmarkAsk adds a question and an answer, durably, by so many users at once.
func BenchmarkAsk(b *testing.B) {
	for _, users := range []int{1, 16, 200} {
		b.Run(fmt.Sprint(users), func(b *testing.B) {
			s, c := benchStore(b)
			b.SetParallelism(users) // times processors
			var n atomic.Int64
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					q := &Message{ID: s.NewID(), Role: "user", State: Done, Text: "What is a flywheel? 飞轮是什么？"}
					a := &Message{Role: "assistant", State: Running, Parent: q.ID}
					if _, _, err := s.AddMessages(b.Context(), "ann", fmt.Sprint("k", n.Add(1)), c.ID, []*Message{q, a}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkChat reads a chat of 1,000 messages of 800 bytes.
func BenchmarkChat(b *testing.B) {
	s, c := benchStore(b)
	fill(b, s, c, 1000)
	for b.Loop() {
		if full, err := s.Chat(b.Context(), "ann", c.ID); err != nil || len(full.Messages) != 1000 {
			b.Fatal(err)
		}
	}
}

func fill(b *testing.B, s *Store, c *Chat, n int) {
	var add []*Message
	parent, role := "", "user"
	for i := range n {
		m := &Message{ID: s.NewID(), Parent: parent, Role: role, State: Done, Text: fmt.Sprintf("number %d of 飞轮储能 ", i) + strings.Repeat("some words of an answer ", 33)}
		if parent, role = m.ID, "assistant"; m.Role == role {
			role = "user"
		}
		add = append(add, m)
	}
	if _, _, err := s.AddMessages(b.Context(), "ann", "", c.ID, add); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFind searches 200 chats of 100 messages, for a word of one message, and for one of all.
func BenchmarkFind(b *testing.B) {
	s, c := benchStore(b)
	for range 200 {
		fill(b, s, c, 100)
		var err error
		if c, err = s.AddChat(b.Context(), "ann", "", false, ""); err != nil {
			b.Fatal(err)
		}
	}
	for _, q := range []string{"number 77", "储能"} {
		b.Run(q, func(b *testing.B) {
			for b.Loop() {
				if heads, err := s.Find(b.Context(), "ann", q, 50); err != nil || len(heads) != 50 {
					b.Fatal(len(heads), err)
				}
			}
		})
	}
}
