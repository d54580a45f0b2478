//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/crmsync/crmsync/cmd"
)

// countAllocations counts what a record allocates, in the whole process: the
// difference between a push of all records and one of a third of them, in this
// process, so that start and end don't count. The same for the bare loop, which
// is net/http and little else.
func (b *bench) countAllocations(ctx context.Context) error {
	for _, said := range b.environment {
		name, value, _ := strings.Cut(said, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	few := b.records / 3
	var push, bare [2]uint64
	for i, n := range []int{few, few, b.records} { // the first creates, and warms up
		csv, bodies, err := writeProducts(b.dir, n)
		if err != nil {
			return err
		}
		pushed, err := allocations(func() error { return b.pushHere(ctx, csv) })
		if err != nil {
			return err
		}
		looped, err := allocations(func() error {
			return bareLoop(options{bare: bodies, workers: b.workers, quiet: true})
		})
		if err != nil {
			return err
		}
		if i > 0 {
			push[i-1], bare[i-1] = pushed, looped
		}
	}
	records := float64(b.records - few)
	perPush, perBare := float64(push[1]-push[0])/records, float64(bare[1]-bare[0])/records
	fmt.Printf("allocations a record: crmsync %.1f, the bare loop %.1f\n", perPush, perBare)
	return nil
}

func allocations(work func() error) (uint64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := work()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs, err
}

// pushHere is the program's own push, in this process.
func (b *bench) pushHere(ctx context.Context, csv string) error {
	code := cmd.Main(ctx, cmd.Streams{In: os.Stdin, Out: io.Discard, Err: os.Stderr}, []string{
		"push", csv, "--object", "products", "--match", "sku",
		"--workers", strconv.Itoa(b.workers), "--rate", b.rate, "--progress", "never"})
	if code != 0 {
		return fmt.Errorf("the push ended with %d", code)
	}
	return nil
}
