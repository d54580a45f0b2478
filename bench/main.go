//go:build unix

// Command bench compares `crmsync push` with a bare net/http loop that sends the
// same bodies with the same number of goroutines, in one run on this machine:
//
//	go run ./bench
//	go run ./bench -records 200000 -memory
//	go run ./bench -tools
//	go run ./bench -allocs
//
// The sandbox serves both in a process of its own, without a rate limit. Speed
// is quoted as a ratio, round by round, since machines differ and drift.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"
)

type options struct {
	records, workers, rounds int
	rate                     string
	memory, tools, allocs    bool
	bare                     string // file of bodies: this process is the bare loop …
	quiet                    bool   // … that prints nothing
}

func main() {
	var o options
	flag.IntVar(&o.records, "records", 30_000, "records to push")
	flag.IntVar(&o.workers, "workers", 32, "requests in flight")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds that count, after one that doesn't")
	flag.StringVar(&o.rate, "rate", "1000000/s", "crmsync's --rate: as good as unlimited, or auto")
	flag.BoolVar(&o.memory, "memory", false, "compare the peak memory of a tenth of the records with that of all")
	flag.BoolVar(&o.tools, "tools", false, "compare with other tools that are on this machine: vegeta, curl, Python's requests")
	flag.BoolVar(&o.allocs, "allocs", false, "count the allocations a record")
	flag.StringVar(&o.bare, "bare", "", "be the bare loop: send the bodies of this file (used by this program itself)")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.bare != "" {
		return bareLoop(o)
	}
	dir, err := os.MkdirTemp("", "crmsync-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bench{options: o, dir: dir, crmsync: filepath.Join(dir, "crmsync")}
	if err := command(ctx, "go", "build", "-trimpath", "-o", b.crmsync, ".").Run(); err != nil {
		return fmt.Errorf("building crmsync: %w", err)
	}
	stop, err := b.startSandbox(ctx)
	if err != nil {
		return err
	}
	defer stop()
	switch {
	case o.memory:
		return b.compareMemory(ctx)
	case o.allocs:
		return b.countAllocations(ctx)
	case o.tools:
		return b.compareTools(ctx)
	default:
		return b.compareSpeed(ctx)
	}
}

// bench is one comparison: where its files are and the sandbox it talks to.
type bench struct {
	options
	dir, crmsync string
	environment  []string
}

// sample is what one run of a client came to.
type sample struct {
	Rate float64 // records a second while sending
	CPU  float64 // microseconds of processor time a record, the whole process
	Peak float64 // MiB of memory at the peak
}

var sandboxSays = regexp.MustCompile(`(CRMSYNC_(?:BASE_URL|TOKEN))=["']?([^\s"']+)`)

// startSandbox runs `crmsync sandbox` and reads its address from what it prints.
func (b *bench) startSandbox(ctx context.Context) (stop func(), err error) {
	c := command(ctx, b.crmsync, "sandbox", "--port", "0")
	c.Stdout = nil
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	}
	lines := bufio.NewScanner(out)
	for len(b.environment) < 2 && lines.Scan() {
		if m := sandboxSays.FindStringSubmatch(lines.Text()); m != nil {
			b.environment = append(b.environment, m[1]+"="+m[2])
		}
	}
	if len(b.environment) < 2 {
		stop()
		return nil, fmt.Errorf("the sandbox did not say its address and token")
	}
	return stop, nil
}

func (b *bench) compareSpeed(ctx context.Context) error {
	csv, bodies, err := writeProducts(b.dir, b.records)
	if err != nil {
		return err
	}
	fmt.Printf("%d records, %d workers, --rate %s, %d rounds\n\n", b.records, b.workers, b.rate, b.rounds)
	fmt.Printf("%-8s %14s %14s %8s %12s %12s %8s %10s %10s\n", "round", "bare rec/s", "crmsync rec/s", "ratio",
		"bare µs CPU", "crmsync µs", "ratio", "bare MiB", "crmsync")
	var rates, cpus []float64
	for round := range b.rounds + 1 {
		bare, err := b.measure(ctx, os.Args[0], "-bare", bodies, "-workers", strconv.Itoa(b.workers))
		if err != nil {
			return err
		}
		own, err := b.push(ctx, csv)
		if err != nil {
			return err
		}
		if round == 0 { // creates the records; the counted rounds update them
			continue
		}
		rates, cpus = append(rates, own.Rate/bare.Rate), append(cpus, own.CPU/bare.CPU)
		fmt.Printf("%-8d %14.0f %14.0f %8.2f %12.1f %12.1f %8.2f %10.1f %10.1f\n", round, bare.Rate, own.Rate,
			own.Rate/bare.Rate, bare.CPU, own.CPU, own.CPU/bare.CPU, bare.Peak, own.Peak)
	}
	fmt.Printf("\nmedian: %.2f of the bare loop's records a second, %.2f of its CPU a record\n", median(rates), median(cpus))
	return nil
}

func (b *bench) compareMemory(ctx context.Context) error {
	var peaks []float64
	for _, n := range []int{b.records / 10, b.records} {
		csv, _, err := writeProducts(b.dir, n)
		if err != nil {
			return err
		}
		s, err := b.push(ctx, csv)
		if err != nil {
			return err
		}
		peaks = append(peaks, s.Peak)
		fmt.Printf("%9d records: %6.1f MiB at the peak, %.0f records a second\n", n, s.Peak, s.Rate)
	}
	fmt.Printf("ratio %.2f\n", peaks[1]/peaks[0])
	return nil
}

func (b *bench) push(ctx context.Context, csv string) (sample, error) {
	return b.measure(ctx, b.crmsync, "push", csv, "--object", "products", "--match", "sku",
		"--workers", strconv.Itoa(b.workers), "--rate", b.rate, "--progress", "never", "-o", "json")
}

// measure runs a client that prints a summary like crmsync's, and asks the operating system what it cost.
func (b *bench) measure(ctx context.Context, name string, args ...string) (sample, error) {
	c := command(ctx, name, args...)
	c.Env = append(os.Environ(), b.environment...)
	c.Stdout = nil
	out, err := c.Output()
	if err != nil {
		return sample{}, fmt.Errorf("%s %v: %w\n%s", filepath.Base(name), args, err, out)
	}
	var said struct {
		Created, Updated int
		Rate             float64 `json:"records_per_second"`
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return sample{}, fmt.Errorf("%s printed %q: %w", filepath.Base(name), out, err)
	}
	records := float64(said.Created + said.Updated)
	cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return sample{
		Rate: said.Rate,
		CPU:  float64(cpu.Microseconds()) / records,
		Peak: peakMiB(c.ProcessState),
	}, nil
}

func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	return c
}

// writeProducts makes a catalogue, as CSV and as the bodies that a push sends.
// It holds no more than a line: a child's peak memory is at least what this
// process held when it was started.
func writeProducts(dir string, n int) (csv, bodies string, err error) {
	csv, bodies = filepath.Join(dir, "products.csv"), filepath.Join(dir, "bodies.ndjson")
	rowFile, err := os.Create(csv)
	if err != nil {
		return "", "", err
	}
	defer rowFile.Close()
	bodyFile, err := os.Create(bodies)
	if err != nil {
		return "", "", err
	}
	defer bodyFile.Close()
	rows, texts := bufio.NewWriter(rowFile), bufio.NewWriter(bodyFile)
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"Linen", "Dress", "Oak", "Table", "Blue", "Ceramic", "Cup", "Wool", "Scarf", "Küche", "Lamp", "Brass"}
	word := func() string { return words[random.IntN(len(words))] }
	fmt.Fprintln(rows, "sku,name,price,inventory_count,in_stock,launched_on")
	for i := range n {
		sku := fmt.Sprintf("SKU-%08d", i)
		name := word() + " " + word() + " " + word()
		price := fmt.Sprintf("%d.%02d", random.IntN(500), random.IntN(100))
		count, stock := random.IntN(1000), random.IntN(2) == 0
		day := time.Date(2024, 1, 1+random.IntN(700), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		fmt.Fprintf(rows, "%s,%s,%s,%d,%t,%s\n", sku, name, price, count, stock, day)
		fmt.Fprintf(texts, `{"sku":"%s","name":"%s","price":%s,"inventory_count":%d,"in_stock":%t,"launched_on":"%s"}`+"\n",
			sku, name, price, count, stock, day)
	}
	return csv, bodies, errors.Join(rows.Flush(), texts.Flush(), rowFile.Close(), bodyFile.Close())
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
