package pace

import (
	"fmt"
	"time"
)

func found(o Options) policy { return newSearch(o) }

// trial is a behaviour with the goal that it must meet.
type trial struct {
	group, name string
	behaviour
	model modelLimit
	need  float64 // share of what the limit allowed
	most  float64 // share of 429s
	brief bool    // part of every test run
}

// limits are the model servers' limits: requests a second, and how counted.
type modelLimit struct {
	name      string
	perSecond float64
	window    time.Duration
	make      func() limiter
}

func modelLimits() []modelLimit {
	var all []modelLimit
	for _, r := range []struct {
		name      string
		perSecond float64
	}{{"2/s", 2}, {"10/s", 10}, {"60/min", 1}, {"80/s", 80}, {"1000/s", 1000}} {
		all = append(all, modelLimit{r.name + ", bucket of 1 s", r.perSecond, 0,
			func() limiter { return newBucket(r.perSecond, max(1, r.perSecond)) }})
		if r.perSecond == 1 {
			all = append(all, modelLimit{r.name + ", bucket of 60", r.perSecond, 0,
				func() limiter { return newBucket(1, 60) }})
		}
		for _, w := range []time.Duration{time.Second, 10 * time.Second, time.Minute} {
			all = append(all, modelLimit{fmt.Sprintf("%s, windows of %v s", r.name, w.Seconds()), r.perSecond, w,
				func() limiter { return &window{n: r.perSecond * w.Seconds(), length: w, phase: w * 3 / 10} }})
		}
	}
	return append(all,
		modelLimit{"80/s, sliding second", 80, time.Second, func() limiter { return &sliding{n: 80, length: time.Second} }},
		modelLimit{"10/s, sliding 10 s", 10, 10 * time.Second, func() limiter { return &sliding{n: 100, length: 10 * time.Second} }})
}

// goal is what a server's headers allow to demand.
func goal(h headers) (need, most float64) {
	if h == saysNothing {
		return 0.85, 0.08
	}
	return 0.95, 0.02
}

// floor is what is demanded where the goal is out of reach, and why it is.
func (t trial) floor(l modelLimit) (need, most float64, why string) {
	need, most = t.need, t.most
	lower := func(n, m float64, because string) {
		if n < need || m > most {
			need, most, why = min(need, n), max(most, m), because
		}
	}
	few := l.perSecond <= 2 || l.perSecond <= 10 && l.window > time.Second || l.window == time.Minute || l.window == 10*time.Second
	if few {
		lower(need, 0.035, "what leaves before the first 429 is heard of")
		switch {
		case t.latency == 500*time.Millisecond && t.says == saysNothing:
			lower(need, 0.125, "what leaves before the first 429 is heard of")
		case t.latency == 500*time.Millisecond:
			lower(need, 0.08, "what leaves before the first 429 is heard of")
		}
	}
	if t.says != saysNothing && (l.window <= time.Second || l.perSecond == 1000) {
		lower(0.92, most, "the search, and a pause in whole seconds for each try")
	}
	if t.time == 2*time.Minute {
		lower(0.6, 0.4, "the search, and what leaves before the first 429 is heard of")
	}
	if t.change > 1 {
		lower(0.8, most, "the new limit is found by the next try")
	}
	if t.other > 0 {
		lower(0.74, 0.04, "the other client comes in bursts")
	}
	return need, most, why
}

// long is how long a limit is watched: long enough for a minute's windows to count, and
// an hour where that lets less than 7,200 records through. The first two minutes have
// rows of their own.
func long(perSecond float64) time.Duration {
	switch {
	case perSecond <= 2:
		return time.Hour
	case perSecond <= 10:
		return 10 * time.Minute
	}
	return 5 * time.Minute
}

const jitter = 0.3

var latencies = []time.Duration{5 * time.Millisecond, 50 * time.Millisecond, 500 * time.Millisecond}

func trials() []trial {
	var all []trial
	for i, l := range modelLimits() {
		for j, latency := range latencies {
			for h := saysNothing; h <= saysPolicy; h++ {
				need, most := goal(h)
				t := trial{group: "A steady limit", name: l.name, model: l, need: need, most: most,
					behaviour: behaviour{limit: l.make, says: h, latency: latency, jitter: jitter, time: long(l.perSecond), seed: uint64(i*100+j*10) + uint64(h)}}
				if l.window == time.Minute {
					t.time = max(t.time, 10*time.Minute)
				}
				t.brief = l.perSecond <= 80 && (i+2*j+int(h))%19 == 0
				all = append(all, t)
				if t.brief = false; t.time != 2*time.Minute {
					t.group, t.time = "A steady limit, the first two minutes alone", 2*time.Minute
					all = append(all, t)
				}
			}
		}
	}
	for i, l := range modelLimits() {
		if l.perSecond > 80 || l.perSecond < 10 {
			continue
		}
		for _, h := range []headers{saysNothing, saysSeconds, saysReset, saysPolicy} {
			base := behaviour{limit: l.make, says: h, latency: 50 * time.Millisecond, jitter: jitter, time: 10 * time.Minute, seed: uint64(i)}
			half, twice, other := base, base, base
			half.change, half.changeAt = 0.5, base.time/2
			twice.change, twice.changeAt = 2, base.time/2
			other.other = l.perSecond / 2
			_, most := goal(h)
			brief := (i+int(h))%13 == 0
			all = append(all,
				trial{group: "The limit is halved in the middle", name: l.name, model: l, behaviour: half, need: 0.85, most: most, brief: brief},
				trial{group: "The limit is doubled in the middle", name: l.name, model: l, behaviour: twice, need: 0.85, most: most, brief: brief},
				trial{group: "Another client takes half of it", name: l.name, model: l, behaviour: other, need: 0.85, most: most, brief: brief})
		}
	}
	for i, s := range []struct {
		slots   int
		latency time.Duration
	}{{4, 50 * time.Millisecond}, {8, 50 * time.Millisecond}, {16, 200 * time.Millisecond}, {8, 500 * time.Millisecond}, {32, 100 * time.Millisecond}} {
		all = append(all, trial{group: "A server that slows down instead", name: fmt.Sprintf("%d at a time", s.slots), need: 0.95, brief: true,
			behaviour: behaviour{slots: s.slots, latency: s.latency, jitter: jitter, time: 2 * time.Minute, seed: uint64(i)}})
	}
	return all
}
