package pace

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestShards runs eight pacers that know of each other against one limit for half
// an hour: together they use it, each has at least half of a fair share, and what
// they are refused stays within what a single process may be.
func TestShards(t *testing.T) {
	simulates(t)
	for _, f := range families(8, saysNothing, saysSeconds, saysPolicy) {
		t.Run(f.name, func(t *testing.T) {
			if out := f.run(); out.share < 0.85 || out.refused > 0.02 || out.slowest < 0.5 {
				t.Error(out)
			}
		})
	}
}

// TestStrangers runs eight that don't know of each other.
func TestStrangers(t *testing.T) {
	simulates(t)
	for i, f := range families(0, saysNothing, saysSeconds) {
		if i%2 != 0 {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			if out := f.run(); out.share < 0.75 || out.refused > 0.05 || out.slowest < 0.3 {
				t.Error(out)
			}
		})
	}
}

// TestShardThatStays has seven of eight pacers end after five minutes: in the next
// five the last one takes most of what is free then.
func TestShardThatStays(t *testing.T) {
	simulates(t)
	all, of := 0.0, families(8, saysNothing, saysSeconds)
	for _, f := range of {
		all += f.taken(1, 1) / float64(len(of))
	}
	if all < 0.7 {
		t.Errorf("on average it uses %.1f %% of the limit", 100*all)
	}
}

// TestShardsEndTogether has each of eight push its part of what the limit allows in
// five minutes: the last one isn't done much later than that.
func TestShardsEndTogether(t *testing.T) {
	simulates(t)
	for _, f := range families(8, saysNothing, saysSeconds) {
		if got := f.done(2); got < 0.75 {
			t.Errorf("%s: %.1f %% of the limit was used until the last one was done", f.name, 100*got)
		}
	}
}

// TestLoneShard runs a shard whose siblings aren't there, as where one machine pushes
// one after the other: it uses the limit nearly as well as who knows of nobody.
func TestLoneShard(t *testing.T) {
	simulates(t)
	for _, f := range families(8, saysNothing, saysSeconds, saysPolicy) {
		b := f.behaviour
		b.pacers, b.time = 1, 10*time.Minute
		if out := b.run(found); out.share() < 0.8 || out.refused() > 0.02 {
			t.Errorf("%s: %.1f %% of what was allowed, %.1f %% of 429s", f.name, 100*out.share(), 100*out.refused())
		}
	}
}

// TestShardsBeginWithTheirPart of the limit that was learnt, and learn the whole.
func TestShardsBeginWithTheirPart(t *testing.T) {
	simulates(t)
	whole := &Learnt{Limit: 80, At: time.Now()}
	part := newSearch(Options{Learnt: whole, Siblings: 8}.withDefaults())
	if got := part.climb.top; got != 10 {
		t.Errorf("one of eight begins with a limit of %g a second", got)
	}
	mean := 0.0
	for _, c := range families(8, saysSeconds)[0].behaviour.run(found).cores {
		mean += c.pace.(*search).learnt(time.Now()).Limit / 8
	}
	if mean < 60 || mean > 100 {
		t.Errorf("of a limit of 80 a second, eight learnt %g", mean)
	}
}

// family is eight processes that share a limit.
type family struct {
	behaviour
	name string
}

// families are eight processes, of whom each knows so many, against limits that say
// so much of themselves.
func families(known int, says ...headers) []family {
	var all []family
	for _, h := range says {
		for _, l := range modelLimits() {
			if l.perSecond == 80 {
				all = append(all, family{name: l.name + ", headers " + headersNames[h], behaviour: behaviour{
					limit: l.make, says: h, latency: 50 * time.Millisecond, jitter: jitter,
					time: 30 * time.Minute, pacers: 8, siblings: known, seed: 5}})
			}
		}
	}
	return all
}

// together is what came of a family, on average of some seeds.
type together struct{ share, refused, slowest, least float64 }

func (o together) String() string {
	return fmt.Sprintf("together %.1f %% of what was allowed, %.1f %% of 429s, the slowest with %.2f of its share",
		100*o.share, 100*o.refused, o.slowest)
}

func (f family) run() together {
	out := together{least: 1}
	const seeds = 4
	for seed := range uint64(seeds) {
		b := f.behaviour
		b.seed += seed
		o := b.run(found)
		out.share += o.share() / seeds
		out.refused += o.refused() / seeds
		out.slowest += slowest(o) / seeds
		out.least = min(out.least, slowest(o))
	}
	return out
}

// slowest is the worst one's part of a fair share.
func slowest(o outcome) float64 {
	least := o.each[0]
	for _, n := range o.each {
		least = min(least, n)
	}
	return float64(least) * float64(len(o.each)) / float64(o.accepted)
}

// faster is the family against five times the limit: 400 a second.
func (f family) faster(seed uint64) behaviour {
	b := f.behaviour
	b.seed += seed
	b.limit = func() limiter {
		l := f.limit()
		l.scale(0, 5)
		return l
	}
	return b
}

// taken is the part of 400 a second that those who stay use in the five
// minutes after the others have ended, on average of some seeds.
func (f family) taken(stay int, seeds uint64) (share float64) {
	for seed := range seeds {
		b := f.faster(seed)
		b.time, b.end, b.stay = 10*time.Minute, 5*time.Minute, stay
		share += float64(b.run(found).late) / (400 * 300) / float64(seeds)
	}
	return share
}

// done is the part of 400 a second that is used until the last one
// has pushed its part of five minutes' worth, on average of some seeds.
func (f family) done(seeds uint64) (share float64) {
	for seed := range seeds {
		b := f.faster(seed)
		b.time, b.part = time.Hour, 400*300/8
		o := b.run(found)
		share += float64(o.accepted) / 400 / o.time.Seconds() / float64(seeds)
	}
	return share
}

// writeFamilies adds what comes of shards and of strangers to the document.
func writeFamilies(b *strings.Builder) {
	for _, group := range []struct {
		title string
		all   []family
	}{
		{"Eight shards of one file against one limit for half an hour", families(8, saysNothing, saysSeconds, saysPolicy)},
		{"Eight processes that don't know of each other", families(0, saysNothing, saysSeconds)},
	} {
		fmt.Fprintf(b, "\n### %s\n\n| limit | together | 429s | the slowest, of its fair share | the least of four runs | at 400/s, when four have ended | seven | until the last one's part of five minutes is done |\n|---|---|---|---|---|---|---|---|\n", group.title)
		for _, f := range group.all {
			o := f.run()
			fmt.Fprintf(b, "| %s | %.1f %% | %.1f %% | %.2f | %.2f | %.0f %% | %.0f %% | %.0f %% |\n",
				f.name, 100*o.share, 100*o.refused, o.slowest, o.least, 100*f.taken(4, 4), 100*f.taken(1, 4), 100*f.done(4))
		}
	}
}
