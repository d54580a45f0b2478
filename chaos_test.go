package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// What TestChaos is told on the command line of go test.
var (
	chaosFor = flag.Duration("chaos", 0,
		"how long TestChaos goes on (not beyond -timeout); 0 is a short form of some ten seconds")
	chaosSeed = flag.Uint64("chaos.seed", 0, "the only round that TestChaos runs; 0 is as many as it has time for")
)

const (
	// smallSeeds are the seeds of rounds that are over within seconds: the short
	// form is made of them.
	smallSeeds = 1000
	shortForm  = 10 * time.Second

	roundsAtOnce = 2
	// roundTime is how long a round may take. It is no measure of speed: only a
	// run that has stopped for good is not over by then.
	roundTime = 5 * time.Minute
	// enoughFailures end the test: more of them tell nothing new.
	enoughFailures = 5
)

// TestChaos pushes random inputs with random flags into a CRM full of random
// faults, ends the program now and then in the middle, by kill -9 too, and runs
// the same command again until it is through. What comes out must be what an
// undisturbed run gives: the same records in the CRM, none of them twice, the
// same reject files, the same counts, the same reports, and nothing left over.
//
// The inputs come in each format, packed or not, by one push, by a job, or by
// several processes side by side: one for each file or shard. Their records may
// refer to others that are created on the way; they may change in the middle; and
// what was rejected may be mended and pushed again in the end. Connections break, of
// TLS and of HTTP/2 too.
//
//	go test -run Chaos .                                 some ten seconds
//	go test -run Chaos . -chaos 30m -timeout 40m -v      as long as one likes
//	go test -run Chaos . -chaos.seed 12345 -artifacts    one round again
//
// The seed decides everything but when exactly a signal or a restart of the
// server hits: input, flags, faults, and after how much work they are due.
func TestChaos(t *testing.T) {
	skipWithoutSignals(t)
	if *chaosSeed != 0 {
		var sum chaosSum
		chaosRound(t, *chaosSeed, &sum)
		t.Log(&sum)
		return
	}
	var sum chaosSum
	seeds := chaosSeeds(t)
	var rounds sync.WaitGroup
	for range roundsAtOnce {
		rounds.Go(func() {
			for seed := range seeds {
				passed := t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { chaosRound(t, seed, &sum) })
				if !passed {
					sum.failures.Add(1)
					t.Logf("to run it again: go test -run Chaos . -chaos.seed %d -artifacts", seed)
				}
				if sum.failures.Load() >= enoughFailures {
					return
				}
			}
		})
	}
	rounds.Wait()
	t.Log(&sum)
}

// chaosSeeds hands out seeds until the time is over: those of the short form
// are always the same.
func chaosSeeds(t *testing.T) <-chan uint64 {
	length := *chaosFor
	if length == 0 {
		length = shortForm
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	if deadline, ok := t.Deadline(); ok && time.Until(deadline) < length+roundTime {
		cancel()
		ctx, cancel = context.WithDeadline(t.Context(), deadline.Add(-min(roundTime, length)))
	}
	t.Cleanup(cancel)
	seeds := make(chan uint64)
	go func() {
		defer close(seeds)
		for n := uint64(1); ; n++ {
			seed := n
			if *chaosFor > 0 {
				seed = smallSeeds + rand.Uint64N(1<<40)
			}
			if ctx.Err() != nil {
				return
			}
			select {
			case seeds <- seed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return seeds
}

// chaosSum counts what the rounds went through.
type chaosSum struct {
	rounds, failures, parts, records, requests, faults, restarts atomic.Int64

	kills, interrupts, terminations, doubles atomic.Int64 // signals that ended a part
}

func (s *chaosSum) String() string {
	return fmt.Sprintf("%d rounds, %d failed; %d records, %d requests, %d faults; %d parts of runs, ended in the middle by: "+
		"%d kills, %d SIGINT, %d SIGTERM, %d SIGTERM and SIGINT together; %d restarts of the server",
		s.rounds.Load(), s.failures.Load(), s.records.Load(), s.requests.Load(), s.faults.Load(), s.parts.Load(),
		s.kills.Load(), s.interrupts.Load(), s.terminations.Load(), s.doubles.Load(), s.restarts.Load())
}

// chaosRound is one input on its way through the chaos.
func chaosRound(t *testing.T, seed uint64, sum *chaosSum) {
	ctx, cancel := context.WithTimeout(t.Context(), roundTime)
	defer cancel()
	plan := newChaosPlan(seed)
	t.Log(plan)

	calm := newChaosRun(t, plan, filepath.Join(t.ArtifactDir(), "calm"))
	calm.serve(ctx, plan.calm(), 0)
	calm.earlier(ctx, plan.calmFlags())
	var lasts []*chaosPart
	for _, side := range plan.sides() {
		lasts = append(lasts, calm.part(ctx, side, plan.calmFlags(), nil))
	}
	calm.over(ctx, lasts, false)

	wild := newChaosRun(t, plan, filepath.Join(t.ArtifactDir(), "wild"))
	wild.serve(ctx, plan.crm, plan.cut)
	wild.earlier(ctx, plan.flags)
	if plan.first != nil {
		wild.write(plan.first)
	}
	wild.restartNowAndThen(ctx)
	wild.over(ctx, wild.sidesToEnd(ctx), true)
	wild.checkRejects(calm)

	wild.addTo(sum)
	if t.Failed() {
		for _, p := range wild.parts {
			t.Logf("%s", p)
		}
	}
}

func skipWithoutSignals(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals to end a run by")
	}
}

// earlier gives the state of --only-changed something to remember, and has a
// push without --only-changed, which is killed once, change it in the CRM.
func (c *chaosRun) earlier(ctx context.Context, flags []string) {
	c.Helper()
	if c.plan.between == "" {
		return
	}
	var b strings.Builder
	b.WriteString("sku,price\n")
	for _, sku := range c.plan.skus() {
		fmt.Fprintf(&b, "%q,%s\n", sku, betweenPrice)
	}
	if err := os.WriteFile(filepath.Join(c.work(), c.plan.between), []byte(b.String()), 0o600); err != nil {
		c.Fatal(err)
	}
	if first := c.part(ctx, c.plan.sides()[0], flags, nil); !first.finished() {
		c.Fatalf("what comes before it didn't come to its end:\n%s", first)
	}
	between := chaosSide{command: []string{"push", "--object", "products", "--match", "sku"}, files: []string{c.plan.between}}
	args := []string{"--retries", "100", "-o", "json"}
	c.part(ctx, between, args, &chaosSignal{sends: []syscall.Signal{syscall.SIGKILL}, requests: 1 + len(c.plan.skus())/2})
	if second := c.part(ctx, between, args, nil); second.code != 0 {
		c.Fatalf("the push in between didn't come to its end:\n%s", second)
	}
}

// over checks a run that is over, after what was rejected is mended and pushed, too.
func (c *chaosRun) over(ctx context.Context, lasts []*chaosPart, disturbed bool) {
	c.Helper()
	c.checkEnd(lasts...)
	if c.plan.mended {
		c.mend(ctx, disturbed)
	}
	c.stop()
	c.checkCRM()
}

// sidesToEnd brings all processes to their end, side by side.
func (c *chaosRun) sidesToEnd(ctx context.Context) []*chaosPart {
	c.Helper()
	sides := c.plan.sides()
	lasts := make([]*chaosPart, len(sides))
	var running sync.WaitGroup
	for n, side := range sides {
		running.Go(func() { lasts[n] = c.partsToEnd(ctx, side, c.plan.flags) })
	}
	running.Wait()
	return lasts
}

// partsToEnd runs the command again and again: as often as there are signals to
// end it, and then until it is through. It is called by several goroutines.
func (c *chaosRun) partsToEnd(ctx context.Context, side chaosSide, flags []string) (last *chaosPart) {
	c.Helper()
	signals := side.signals
	for n := range len(signals) + c.plan.change + c.plan.mostFailures() {
		if n == c.plan.change && c.plan.first != nil {
			c.write(nil)
		}
		var next *chaosSignal
		if len(signals) > 0 {
			next, signals = &signals[0], signals[1:]
		}
		last = c.part(ctx, side, flags, next)
		if c.Failed() || last.finished() && (n >= c.plan.change || c.plan.first == nil) {
			break
		}
	}
	return last
}

// TestAKillBeforeTheFirstCheckpointLeavesNoFile is a case of its own since the
// moment is short: the reject file is begun, and nothing on disk says so yet.
func TestAKillBeforeTheFirstCheckpointLeavesNoFile(t *testing.T) {
	skipWithoutSignals(t)
	ctx, cancel := context.WithTimeout(t.Context(), roundTime)
	defer cancel()
	plan := &chaosPlan{
		records: 3, flags: []string{"-o", "json"}, way: chaosOnePush,
		inputs: []chaosInput{{
			form: chaosCSVForm, name: "part-1.csv", rejects: "part-1.rejects.csv", content: []byte("sku,price\nA-1,cheap\nA-2,1\nA-2,2\n"),
			records: []chaosRecord{{sku: "A-1", fault: chaosNoNumber}, {sku: "A-2", price: new("1")}, {sku: "A-2", price: new("2")}},
		}},
	}
	c := newChaosRun(t, plan, t.TempDir())
	c.serve(ctx, sandbox.Options{Latency: 100 * time.Millisecond}, 0)
	// The schema, an assert, and the next of the same key when that is answered:
	// by then the first record is rejected.
	side := plan.sides()[0]
	killed := c.part(ctx, side, plan.flags, &chaosSignal{sends: []syscall.Signal{syscall.SIGKILL}, requests: 3})
	if killed.code != -1 {
		t.Fatalf("the program was not killed:\n%s", killed)
	}
	c.over(ctx, []*chaosPart{c.part(ctx, side, plan.flags, nil)}, false)
}

// newChaosRun makes a place for the inputs and what the program writes.
func newChaosRun(t *testing.T, plan *chaosPlan, dir string) *chaosRun {
	t.Helper()
	c := &chaosRun{T: t, plan: plan, dir: dir}
	for _, sub := range []string{c.work(), c.home(), c.temp(), filepath.Join(c.work(), "rejects")} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c.write(nil)
	for name, content := range plan.settings() {
		if err := os.WriteFile(filepath.Join(c.work(), name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// write gives the inputs other contents, or their own.
func (c *chaosRun) write(contents [][]byte) {
	c.Helper()
	for i, in := range c.plan.inputs {
		content := in.content
		if contents != nil {
			content = contents[i]
		}
		if err := os.WriteFile(filepath.Join(c.work(), in.name), content, 0o600); err != nil {
			c.Error(err)
		}
	}
}

func (c *chaosRun) work() string { return filepath.Join(c.dir, "work") }
func (c *chaosRun) home() string { return filepath.Join(c.dir, "home") }
func (c *chaosRun) temp() string { return filepath.Join(c.dir, "temp") }
