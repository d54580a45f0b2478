//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// contender is one way of sending the same bodies.
type contender struct {
	name    string
	missing string // why it can't take part, "" if it can
	command []string
}

// compareTools runs whatever can send the same records side by side: each
// contender once a round, in turn, so that a drift of the machine meets all of
// them. The whole process is measured, its start included.
func (b *bench) compareTools(ctx context.Context) error {
	csv, bodies, err := writeProducts(b.dir, b.records)
	if err != nil {
		return err
	}
	contenders, err := b.contenders(csv, bodies)
	if err != nil {
		return err
	}
	fmt.Printf("%d records, %d in flight, %d rounds after one that creates the records; medians of whole processes\n\n",
		b.records, b.workers, b.rounds)
	rounds := make(map[string][]whole)
	for round := range b.rounds + 1 {
		for i := range contenders {
			c := &contenders[i]
			if c.missing != "" {
				continue
			}
			w, err := b.time(ctx, c.command)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				rounds[c.name] = append(rounds[c.name], w)
			}
		}
	}
	fmt.Println("| what | records/s | of the bare loop | CPU a record | of the bare loop | peak memory |")
	fmt.Println("|---|---|---|---|---|---|")
	bare := rounds[contenders[0].name]
	for _, c := range contenders {
		if c.missing != "" {
			fmt.Printf("| %s | %s | | | | |\n", c.name, c.missing)
			continue
		}
		printRow(c.name, b.records, rounds[c.name], bare)
	}
	return nil
}

// whole is what one process cost from its start to its end.
type whole struct {
	seconds, cpu float64 // of the clock, of the processors
	peak         float64 // MiB
}

func printRow(name string, records int, rounds, bare []whole) {
	var rates, cpus, peaks, faster, dearer []float64
	for i, w := range rounds {
		rates = append(rates, float64(records)/w.seconds)
		cpus = append(cpus, w.cpu/float64(records)*1e6)
		peaks = append(peaks, w.peak)
		faster = append(faster, bare[i].seconds/w.seconds)
		dearer = append(dearer, w.cpu/bare[i].cpu)
	}
	fmt.Printf("| %s | %.0f | %.2f | %.0f µs | %.2f | %.0f MiB |\n", name,
		median(rates), median(faster), median(cpus), median(dearer), median(peaks))
}

func (b *bench) time(ctx context.Context, words []string) (whole, error) {
	c := command(ctx, words[0], words[1:]...)
	c.Env = append(os.Environ(), b.environment...)
	var said bytes.Buffer
	c.Stdout, c.Stderr = nil, &said
	started := time.Now()
	if err := c.Run(); err != nil {
		return whole{}, fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	return whole{
		seconds: time.Since(started).Seconds(),
		cpu:     (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds(),
		peak:    peakMiB(c.ProcessState),
	}, nil
}

// contenders are the bare loop, crmsync, and what else this machine has.
func (b *bench) contenders(csv, bodies string) ([]contender, error) {
	workers := strconv.Itoa(b.workers)
	push := func(rate string) []string {
		return []string{b.crmsync, "push", csv, "--object", "products", "--match", "sku", "--workers", workers,
			"--rate", rate, "--progress", "never", "-q"}
	}
	targets, err := b.vegetaTargets(bodies)
	if err != nil {
		return nil, err
	}
	config, err := b.curlConfig(bodies)
	if err != nil {
		return nil, err
	}
	all := []contender{
		{name: "bare net/http loop", command: []string{os.Args[0], "-bare", bodies, "-workers", workers}},
		{name: "crmsync, fixed rate", command: push(b.rate)},
		{name: "crmsync, --rate auto", command: push("auto")},
		{name: "vegeta attack", command: []string{"vegeta", "attack", "-lazy", "-format", "json", "-targets", targets,
			"-rate", "0", "-workers", workers, "-max-workers", workers, "-max-body", "0", "-output", os.DevNull}},
		{name: "curl --parallel", command: []string{"curl", "--parallel", "--parallel-max", workers, "--silent", "--fail",
			"--config", config}},
		{name: "Python requests, threads", command: []string{"python3", filepath.Join("bench", "requests_pool.py"), bodies, workers}},
	}
	for i := range all {
		if _, err := exec.LookPath(all[i].command[0]); err != nil {
			all[i].missing = "not on this machine"
		}
	}
	if python := &all[len(all)-1]; python.missing == "" {
		// More than one Python may be there, and only some have the library.
		python.command[0], python.missing = pythonWithRequests(), ""
		if python.command[0] == "" {
			python.missing = "not on this machine"
		}
	}
	return all, nil
}

func pythonWithRequests() string {
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import requests").Run() == nil {
			return name
		}
	}
	return ""
}

func (b *bench) url() string {
	return b.setting("CRMSYNC_BASE_URL") + "/crm/products?matchingAttribute=sku"
}

func (b *bench) setting(name string) string {
	for _, said := range b.environment {
		if value, found := strings.CutPrefix(said, name+"="); found {
			return value
		}
	}
	return ""
}

// vegetaTargets writes the bodies as vegeta's JSON targets.
func (b *bench) vegetaTargets(bodies string) (string, error) {
	return b.rewrite(bodies, "targets.json", func(w *bufio.Writer, body string) {
		fmt.Fprintf(w, `{"method":"PUT","url":%q,"body":%q,"header":{"Authorization":["Bearer %s"],"Content-Type":["application/json"]}}`+"\n",
			b.url(), base64.StdEncoding.EncodeToString([]byte(body)), b.setting("CRMSYNC_TOKEN"))
	})
}

// curlConfig writes the bodies as a config file of so many transfers.
func (b *bench) curlConfig(bodies string) (string, error) {
	return b.rewrite(bodies, "curl.config", func(w *bufio.Writer, body string) {
		fmt.Fprintf(w, "next\nrequest = PUT\nurl = %q\nheader = \"Authorization: Bearer %s\"\nheader = \"Content-Type: application/json\"\noutput = %s\ndata = %q\n",
			b.url(), b.setting("CRMSYNC_TOKEN"), os.DevNull, body)
	})
}

func (b *bench) rewrite(bodies, name string, line func(*bufio.Writer, string)) (string, error) {
	in, err := os.Open(bodies)
	if err != nil {
		return "", err
	}
	defer in.Close()
	path := filepath.Join(b.dir, name)
	out, err := os.Create(path)
	if err != nil {
		return "", err
	}
	w := bufio.NewWriter(out)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line(w, lines.Text())
	}
	return path, errors.Join(lines.Err(), w.Flush(), out.Close())
}
