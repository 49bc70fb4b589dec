package model

import (
	"container/list"
)

// A prefixKey is what a block of keys and values depends on: its tokens and the block
// before it.
type prefixKey struct {
	before uint64 // id of the block before, 0 for none
	tokens [blockTokens]uint32
}

// shared is what a block that later sequences may have in common bears.
type shared struct {
	key  *prefixKey // nil for blocks that are not shared
	id   uint64
	idle *list.Element // among those that no sequence has
}

// sharing keeps full blocks after their sequences' end, for sequences that begin with the
// same tokens, as the next turn of a conversation does. The longest unused goes first.
type sharing struct {
	limit  int // of blocks in all; 0 shares nothing
	blocks int // that were made
	last   uint64
	known  map[prefixKey]*keyBlock
	idle   list.List
}

// share begins to keep blocks, of which there are limit at most.
func (s *sharing) share(limit int) {
	s.limit, s.known = limit, map[prefixKey]*keyBlock{}
}

// offer lets others have block i of a sequence with these tokens, which fill it.
func (s *sharing) offer(q *Sequence, i int, tokens []uint32) {
	if s.limit == 0 || q.blocks[i].key != nil {
		return
	}
	key := prefixKey{tokens: [blockTokens]uint32(tokens[i*blockTokens:])}
	if i > 0 {
		if q.blocks[i-1].key == nil {
			return
		}
		key.before = q.blocks[i-1].id
	}
	if same := s.known[key]; same != nil {
		q.blocks[i].key, q.blocks[i].id = &key, same.id // those behind are known by the other's id
		return
	}
	s.last++
	q.blocks[i].key, q.blocks[i].id = &key, s.last
	s.known[key] = q.blocks[i]
}

// take gives an empty sequence the blocks that are known of tokens, all but the last of
// them at most.
func (s *sharing) take(q *Sequence, tokens []uint32) {
	if s.limit == 0 {
		return
	}
	var key prefixKey
	for at := 0; at+blockTokens < len(tokens); at += blockTokens {
		key.tokens = [blockTokens]uint32(tokens[at:])
		b := s.known[key]
		if b == nil {
			break
		}
		if b.refs++; b.idle != nil {
			s.idle.Remove(b.idle)
			b.idle = nil
		}
		q.blocks, q.n = append(q.blocks, b), q.n+blockTokens
		key.before = b.id
	}
}

// keep keeps a block that no sequence has any more, and reports whether it does.
func (s *sharing) keep(b *keyBlock) bool {
	if b.key == nil || s.known[*b.key] != b {
		b.key = nil
		return false
	}
	b.idle = s.idle.PushBack(b)
	return true
}

// evict gives up the block that was unused longest, when there are as many as may be.
func (s *sharing) evict() *keyBlock {
	oldest := s.idle.Front()
	if s.limit == 0 || s.blocks < s.limit || oldest == nil {
		return nil
	}
	b := s.idle.Remove(oldest).(*keyBlock)
	delete(s.known, *b.key)
	b.key, b.idle = nil, nil
	return b
}
