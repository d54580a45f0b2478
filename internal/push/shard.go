package push

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// Shard is --shard I/N: the part of the records that one of N processes takes.
// All records of one key go through one shard, so that they stay in order. The
// zero value takes everything.
type Shard struct {
	Index int // from 1
	Count int
}

// ParseShard reads "I/N", with I from 1 to N.
func ParseShard(text string) (Shard, error) {
	i, n, ok := strings.Cut(text, "/")
	index, err := strconv.Atoi(i)
	count, err2 := strconv.Atoi(n)
	if !ok || err != nil || err2 != nil || index < 1 || index > count {
		return Shard{}, fmt.Errorf("%q is not a shard such as 2/8 (the second of eight)", text)
	}
	return Shard{Index: index, Count: count}, nil
}

// String is the shard as --shard takes it, "" for everything.
func (s Shard) String() string {
	if s.Count == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Count)
}

// shardOf is the shard, from 1 to count, that the records of a lane key go through:
// the 64-bit FNV-1a hash of the key's UTF-8 bytes, modulo count, plus one.
func shardOf(lane string, count int) int {
	h := fnv.New64a()
	h.Write([]byte(lane))
	return int(h.Sum64()%uint64(count)) + 1
}

// takes tells whether the record is this shard's. One without a key, since it
// can't be read or mapped, goes by its line, so that exactly one shard rejects
// it. A person with several addresses goes by the first.
func (s Shard) takes(it *item) bool {
	switch {
	case s.Count == 0:
		return true
	case len(it.lanes) > 0:
		return shardOf(it.lanes[0], s.Count) == s.Index
	default:
		return int(it.rec.Line%int64(s.Count))+1 == s.Index
	}
}
