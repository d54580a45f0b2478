package pace

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

const (
	// spare is added to each second (or minute) of a fixed rate, because the
	// way to the server delays one request more than another: a server that
	// counts exactly must not see two of them too close together.
	spare = 5 * time.Millisecond

	// catchUp is how much lateness of a departure the next ones may make up
	// for. Timers are late by up to some milliseconds, which would otherwise
	// cost a tenth of a rate of 1,000 a second.
	catchUp = 50 * time.Millisecond

	// mostGuarded bounds the memory of the guard.
	mostGuarded = 8192
)

// Fixed lets requests leave at a given rate, evenly spaced, and never more of
// them in any second (minute) than the rate says, at the start included.
type Fixed struct{ gate }

var _ Pacer = (*Fixed)(nil)

// NewFixed makes a pacer for a given rate, which must not be the zero Rate.
// A 429 nevertheless holds everybody, as with [NewAuto]; afterwards the rate is
// the same again: whoever names a rate knows why.
func NewFixed(r Rate, o Options) *Fixed {
	o = o.withDefaults()
	f := &Fixed{}
	f.gate = newGate(newCore(o, newMetronome(r)))
	return f
}

// metronome is the policy of a fixed rate: a token bucket of one token for the
// even spacing, and a guard that holds in every stretch of time.
type metronome struct {
	perSecond float64
	bucket    *rate.Limiter
	epoch     time.Time // what the bucket's times count from
	slot      time.Duration
	hasSlot   bool
	opens     time.Duration // the last pause's end: lateness before it is not made up for

	stretch time.Duration   // no stretch of this length
	leaves  []time.Duration // has more departures than these, a ring
	next    int
}

func newMetronome(r Rate) *metronome {
	// A ring of k departures within k/N of the time is the same promise for
	// k = N. A fraction is rounded up to whole requests in a longer stretch;
	// very high rates are guarded in equal parts of the second.
	parts := math.Ceil(r.N / mostGuarded)
	k := math.Ceil(r.N)
	stretch := float64(r.Per+spare) * k / r.N
	if parts > 1 {
		k = math.Floor(r.N / parts)
		stretch = float64(r.Per+spare) / parts
	}
	every := stretch / k
	m := &metronome{
		perSecond: r.PerSecond(),
		epoch:     time.Unix(0, 0),
		bucket:    rate.NewLimiter(rate.Limit(float64(time.Second)/every), 1),
		stretch:   time.Duration(stretch),
		leaves:    make([]time.Duration, int(k)),
	}
	for i := range m.leaves {
		m.leaves[i] = -m.stretch
	}
	return m
}

// due reserves the next token once and keeps it for whoever goes first.
func (m *metronome) due(now, since time.Duration, _ int) time.Duration {
	if !m.hasSlot {
		from := m.epoch.Add(max(since, now-catchUp, m.opens))
		m.slot = from.Add(m.bucket.ReserveN(from, 1).DelayFrom(from)).Sub(m.epoch)
		m.hasSlot = true
	}
	return max(m.slot, m.leaves[m.next]+m.stretch)
}

func (m *metronome) depart(now, _ time.Duration) {
	m.hasSlot = false
	m.leaves[m.next] = now
	m.next = (m.next + 1) % len(m.leaves)
}

func (m *metronome) held(until time.Duration, _ bool) { m.opens = until }
func (m *metronome) rate() float64                    { return m.perSecond }

func (m *metronome) good(time.Duration, time.Duration, int, *Feedback)       {}
func (m *metronome) throttled(time.Duration, time.Duration, *Feedback, bool) {}
func (m *metronome) reopened(time.Duration, time.Duration, bool)             {}
