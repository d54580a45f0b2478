package main

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// chaosPlan is everything that a round's seed decides.
type chaosPlan struct {
	seed    uint64
	inputs  []chaosInput
	crm     sandbox.Options
	flags   []string // of the run that is disturbed
	calming []string // those of them that decide what comes out
	blank   string   // --blank
	records int

	signals  []chaosSignal
	restarts []chaosRestart

	// between, where set, is a file that is pushed without --only-changed, after
	// the inputs were pushed and before they are pushed again.
	between string
	// way is how the inputs are pushed.
	way    chaosWay
	shards int // processes, where that is the way
	// first, where set, is what the inputs hold in the parts of the run before that
	// one: then they change to what they hold in the end.
	first  [][]byte
	change int
	// lookups says that records refer to companies, which are created for them.
	lookups bool
	// mended says that at the end what was rejected is mended and pushed again.
	mended bool
	// told says that the run writes reports and runs a command at its end.
	told bool
	// tls and http2 are what the program and the server speak, and cut the share of
	// connections that break at some byte.
	tls, http2 bool
	cut        float64

	// patient says that the program never gives up a request, so that two of one
	// key at once are nobody's fault but its own.
	patient bool
}

// chaosInput is one file.
type chaosInput struct {
	name    string
	rejects string // name of its reject file
	content []byte
	records []chaosRecord

	form      chaosForm
	delimiter string // of rows as text
	packed    string // "", gz or zst
}

// rows tells a file of rows from one of objects.
func (in *chaosInput) rows() bool { return in.form == chaosCSVForm || in.form == chaosWorkbook }

// faulty are the records that are rejected, by their number among those.
func (in *chaosInput) faulty() iter.Seq2[int, chaosRecord] {
	return func(yield func(int, chaosRecord) bool) {
		n := 0
		for _, r := range in.records {
			if r.fault != chaosSound {
				if !yield(n, r) {
					return
				}
				n++
			}
		}
	}
}

// chaosSignal ends one part of the run: after so many requests, or after a time.
type chaosSignal struct {
	sends    []syscall.Signal
	requests int
	after    time.Duration
}

// chaosRestart closes the server and opens it again.
type chaosRestart struct {
	after, down time.Duration
}

func newChaosPlan(seed uint64) *chaosPlan {
	rng := rand.New(rand.NewPCG(seed, 0xc4a05))
	p := &chaosPlan{seed: seed}
	most := 3000.0
	if seed < smallSeeds {
		most = 200
	}
	n := int(math.Exp(math.Log(10) + rng.Float64()*math.Log(most/10)))
	p.crm.Seed = rng.Uint64()
	p.planQuirks(rng)
	p.planFaults(rng, n)
	p.planWay(rng)
	p.planInputs(rng, n)
	p.planChange(rng)
	p.planFlags(rng, n)
	p.planSignals(rng, n)
	p.planConnections(rng)
	return p
}

func (p *chaosPlan) String() string {
	var names []string
	for _, in := range p.inputs {
		names = append(names, in.name)
	}
	return fmt.Sprintf("seed %d: %d records in %q, %s (%d shards), lookups %v, inputs change %v, rejects mended %v; flags %s; CRM %+v; "+
		"TLS %v, HTTP/2 %v, cut %.2f; signals %v; restarts %v",
		p.seed, p.records, names, p.way, p.shards, p.lookups, p.first != nil, p.mended, strings.Join(p.flags, " "), p.crm,
		p.tls, p.http2, p.cut, p.signals, p.restarts)
}

// calm is the CRM without its troubles.
func (p *chaosPlan) calm() sandbox.Options {
	return sandbox.Options{Seed: p.crm.Seed, Quirks: p.crm.Quirks}
}

// calmFlags are the flags of the undisturbed run.
func (p *chaosPlan) calmFlags() []string { return append([]string{"--workers", "4"}, p.calming...) }

// mostFailures is how often a run may end by itself before its end, where the
// server is away for longer than the program waits at its start.
func (p *chaosPlan) mostFailures() int {
	failures := 2 + len(p.restarts)
	if p.cut > 0 {
		failures += 3
	}
	return failures
}

// planQuirks chooses readings that change what the CRM holds at the end.
func (p *chaosPlan) planQuirks(rng *rand.Rand) {
	q := &p.crm.Quirks
	q.WholeNumbers = true // so that some records are refused by the server alone
	q.TrimStrings, q.FoldCase = chance(rng, 0.5), chance(rng, 0.5)
	q.UnsetAbsent, q.Gzip = chance(rng, 0.5), chance(rng, 0.2)
	q.ValueStatus = oneOf(rng, 0, 400, 409, 422, 200)
	q.Errors = oneOf(rng, sandbox.ErrorMessage, sandbox.ErrorText, sandbox.ErrorHTML, sandbox.ErrorEmpty)
	if q.ValueStatus == 200 {
		q.Errors = sandbox.ErrorMessage
	}
	q.Fields = oneOf(rng, sandbox.FieldLists, sandbox.FieldTexts, sandbox.FieldNested, sandbox.FieldNone)
}

// planFaults chooses what befalls requests. No record can use up its retries,
// and none waits for long: about one in n meets three faults in a row.
func (p *chaosPlan) planFaults(rng *rand.Rand, n int) {
	f := &p.crm.Faults
	kinds := []*float64{&f.ResetBefore, &f.ResetAfter, &f.Truncate, &f.Empty, &f.Error, &f.ErrorAfter, &f.BadGateway,
		&f.HangBefore, &f.HangAfter, &f.Spike}
	total := min(0.25, math.Pow(float64(n), -1./3)) * rng.Float64()
	if p.seed < smallSeeds {
		total /= 3
	}
	for _, share := range kinds {
		if chance(rng, 0.4) {
			*share = total / float64(len(kinds)) * 2 * rng.Float64()
		}
	}
	// These hold everybody for a second.
	for _, share := range []*float64{&f.Unavailable, &f.Throttled} {
		if p.seed >= smallSeeds && chance(rng, 0.4) {
			*share = min(0.05, 3/float64(n))
		}
	}
	f.SpikeBy, f.HangFor = time.Duration(rng.IntN(3000))*time.Millisecond, 3*time.Second
	f.WritesOnly = chance(rng, 0.7)

	p.patient = f.HangBefore+f.HangAfter == 0 && chance(rng, 0.7)
	p.crm.Latency = time.Duration(rng.IntN(20)) * time.Millisecond
	p.crm.Jitter = time.Duration(rng.IntN(20)) * time.Millisecond
	if p.patient && chance(rng, 0.5) {
		p.crm.AssertPause = time.Duration(1+rng.IntN(10)) * time.Millisecond
		p.crm.Quirks.Race = oneOf(rng, sandbox.RaceDuplicates, sandbox.RaceUpdates, sandbox.RaceInvalid, sandbox.RaceConflict, sandbox.RaceError)
	}
	if chance(rng, 0.3) {
		p.crm.Limit = sandbox.Limit{
			Requests: 20 + n/3, Window: oneOf(rng, 250*time.Millisecond, time.Second),
			Form:       oneOf(rng, sandbox.LimitFixed, sandbox.LimitFromFirst, sandbox.LimitSliding, sandbox.LimitBucket),
			Headers:    oneOf(rng, sandbox.HeadersNone, sandbox.HeadersXEpoch, sandbox.HeadersXDelta, sandbox.HeadersXRefusals, sandbox.HeadersIETF, sandbox.HeadersIETFOld),
			Retry:      oneOf(rng, sandbox.RetrySeconds, sandbox.RetryFraction, sandbox.RetryDate, sandbox.RetryZero, sandbox.RetryNonsense, sandbox.RetryBody, sandbox.RetryNone),
			WritesOnly: true, PerToken: chance(rng, 0.5),
			CountRefused: chance(rng, 0.2),
		}
	}
}

func (p *chaosPlan) planFlags(rng *rand.Rand, n int) {
	p.calming = append(p.calming, "--max-rejects", "100%", "-o", "json", "--blank", p.blank)
	if chance(rng, 0.3) {
		p.calming = append(p.calming, "--only-changed")
		if p.oneProcess() && p.first == nil && chance(rng, 0.5) {
			p.between = "between.csv"
		}
	}
	if p.oneProcess() && len(p.inputs) > 1 && chance(rng, 0.5) {
		p.calming = append(p.calming, "--rejects", "rejects")
		for i := range p.inputs {
			p.inputs[i].rejects = "rejects/" + p.inputs[i].rejects
		}
	}
	if p.told = p.oneProcess() && chance(rng, 0.3); p.told {
		p.calming = append(p.calming, "--report", "report.json", "--report", "report.html", "--metrics", "run.prom",
			"--on-finish", "cat >finished.json")
	}
	p.flags = append(p.flags, p.calming...)
	p.flags = append(p.flags, "--workers", strconv.Itoa(1+rng.IntN(64)), "--retries", strconv.Itoa(60+rng.IntN(60)))
	if chance(rng, 0.3) {
		p.flags = append(p.flags, "--rate", strconv.Itoa(50+n/3)+"/s")
	}
	if !p.patient {
		p.flags = append(p.flags, "--timeout", strconv.Itoa(500+rng.IntN(1500))+"ms")
	}
}

// planSignals chooses how often the run is ended in the middle, and how.
func (p *chaosPlan) planSignals(rng *rand.Rand, n int) {
	small := p.seed < smallSeeds
	signals := rng.IntN(11)
	if small {
		signals = 1 + rng.IntN(4)
	}
	for range signals {
		s := chaosSignal{sends: []syscall.Signal{syscall.SIGKILL}}
		switch rng.IntN(10) {
		case 0, 1:
			s.sends[0] = syscall.SIGINT
		case 2, 3:
			s.sends[0] = syscall.SIGTERM
		case 4:
			s.sends = []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}
		}
		if p.oneProcess() && (small || chance(rng, 0.6)) {
			s.requests = 1 + rng.IntN(1+n/4)
		} else {
			s.after = time.Duration(20+rng.ExpFloat64()*500) * time.Millisecond
		}
		p.signals = append(p.signals, s)
	}
	if chance(rng, 0.3) {
		for range 1 + rng.IntN(2) {
			p.restarts = append(p.restarts, chaosRestart{
				after: time.Duration(rng.IntN(2000)) * time.Millisecond,
				down:  time.Duration(rng.IntN(700)) * time.Millisecond,
			})
		}
	}
}

// planInputs writes n records into one to three files.
func (p *chaosPlan) planInputs(rng *rand.Rand, n int) {
	p.records, p.blank = n, oneOf(rng, "skip", "null")
	files := oneOf(rng, 1, 1, 1, 2, 3)
	switch p.way {
	case chaosOneShardEach:
		files = 1
	case chaosOneFileEach:
		files = max(2, files)
	}
	keys := 1 + rng.IntN(n+n/4+1) // fewer keys than records: some come again
	bad := rng.Float64() * rng.Float64()
	p.lookups = chance(rng, 0.3) && p.way != chaosOneShardEach // what creates records is refused for shards
	if p.lookups && !p.oneProcess() {
		p.crm.AssertPause = 0 // of one company that two processes create at once one might be too many
	}
	for i := range files {
		share := n / files
		if i == 0 {
			share += n % files
		}
		in := newChaosInput(rng, i)
		for range share {
			r := newChaosRecord(rng, keys, bad)
			if r.fault == chaosDecimal && p.crm.Faults.Empty+p.crm.Faults.Truncate > 0 {
				r.spoil(chaosTooLong) // the server's reason for refusing it might be cut off
			}
			if p.lookups && chance(rng, 0.7) {
				r.firm = "firm-" + strconv.Itoa(rng.IntN(1+n/20)) + ".example"
			}
			if p.way == chaosOneFileEach && r.sku != "" { // the files' order is anybody's guess
				r.sku = strings.Replace(r.sku, "-", "-"+strconv.Itoa(i)+"-", 1)
			}
			in.fit(&r)
			in.records = append(in.records, r)
		}
		in.write(rng.Uint64(), p.columns())
		p.inputs = append(p.inputs, in)
	}
	p.mended = p.oneProcess() && chance(rng, 0.3)
	for _, in := range p.inputs {
		p.mended = p.mended && in.form != chaosList
	}
}

func chance(rng *rand.Rand, p float64) bool { return rng.Float64() < p }

func oneOf[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }
