package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// defaultPort is where the sandbox is served, so that the variables to copy are
// the same every time.
const defaultPort = 8484

func (a *app) sandboxCommand() *cobra.Command {
	var opts sandbox.Options
	var schema string
	port := defaultPort
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a local CRM that behaves like the real one",
		Long: "Sandbox serves a CRM on this machine that behaves as the API says, with sample\n" +
			"objects (products, deals, companies, people). It keeps records in memory: they are\n" +
			"gone when it ends. Any token is taken.",
		Example: "  crmsync sandbox\n" +
			"  crmsync sandbox --rate-limit 60/m --limit-headers x-epoch --latency 50ms\n" +
			"  crmsync sandbox --fault error=2% --fault reset-after=1%\n" +
			"  curl -H 'Authorization: Bearer x' 'http://127.0.0.1:8484/v2/crm/products?count=100'    look what is in it",
		Args: exactArgs(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkSandbox(c.Flags().Changed, opts); err != nil {
				return err
			}
			if schema != "" {
				data, err := os.ReadFile(schema)
				if err != nil {
					return readingSchema(schema, err)
				}
				objects, err := rawObjects(schema, data)
				if err != nil {
					return err
				}
				if opts.Schema, err = json.Marshal(objects); err != nil {
					return fmt.Errorf("making a sandbox: %w", err)
				}
			}
			return a.serveSandbox(c, opts, port)
		},
	}
	groups := []flagGroup{
		{"Server", serverFlags(&opts, &port, &schema)},
		{"Rate limit", limitFlags(&opts.Limit)},
		{"Faults", faultFlags(&opts.Faults)},
	}
	for _, group := range groups {
		c.Flags().AddFlagSet(group.flags)
	}
	setHelp(c, groups)
	return c
}

// checkSandbox refuses flags that do nothing without another one.
func checkSandbox(given func(flag string) bool, opts sandbox.Options) error {
	for _, flag := range []string{"limit-window", "burst", "limit-headers", "retry-after"} {
		if given(flag) && !given("rate-limit") {
			return usage("add --rate-limit, such as --rate-limit 60/m", "--%s says how the rate limit works, and there is none", flag)
		}
	}
	switch {
	case given("burst") && opts.Limit.Form != sandbox.LimitBucket:
		return usage("add --limit-window bucket", "--burst is of a limit that counts as a bucket does")
	case given("service-time") && opts.Capacity == 0:
		return usage("add --capacity N, or say --latency", "--service-time is of the requests that are worked on at once, and --capacity doesn't say how many")
	}
	return nil
}

func newFlagSet() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SortFlags = false
	return f
}

func serverFlags(opts *sandbox.Options, port *int, schema *string) *pflag.FlagSet {
	f := newFlagSet()
	f.Var(&value[int]{port, portNumber, strconv.Itoa(defaultPort)}, "port", "`PORT` on 127.0.0.1; 0 takes a free one")
	f.StringVar(schema, "schema", "", "`FILE` with objects to serve beside the samples, as crmsync schema OBJECT -o json writes it")
	f.Var(&value[time.Duration]{&opts.Latency, waitDuration, ""}, "latency", "`DURATION` that each answer takes")
	f.Var(&value[time.Duration]{&opts.Jitter, waitDuration, ""}, "jitter", "up to this `DURATION` more, by chance")
	f.Var(&value[int]{&opts.Capacity, wholeNumber(1), ""}, "capacity", "work on `N` requests at once; others wait in line")
	f.Var(&value[time.Duration]{&opts.ServiceTime, waitDuration, ""}, "service-time", "`DURATION` that each of those takes")
	f.Uint64Var(&opts.Seed, "seed", 0, "`N` that record ids, jitter and faults are drawn from")
	return f
}

func portNumber(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 65535 {
		return 0, fmt.Errorf("%q is not a port (0 to 65535)", text)
	}
	return n, nil
}

func waitDuration(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	return positiveDuration(text)
}

func limitFlags(l *sandbox.Limit) *pflag.FlagSet {
	f := newFlagSet()
	f.Var(&value[sandbox.Limit]{l, limitText(l), ""}, "rate-limit", "`N/s|N/m|N/DURATION`: more requests are answered 429")
	forms := map[string]sandbox.LimitForm{"fixed": sandbox.LimitFixed, "first": sandbox.LimitFromFirst,
		"sliding": sandbox.LimitSliding, "bucket": sandbox.LimitBucket}
	f.Var(&value[sandbox.LimitForm]{&l.Form, named(forms), "fixed"}, "limit-window", "how the limit counts: `fixed|first|sliding|bucket`")
	f.Var(&value[int]{&l.Burst, wholeNumber(1), ""}, "burst", "with bucket: `N` requests at once after a rest")
	headers := map[string]sandbox.LimitHeaders{"none": sandbox.HeadersNone, "x-epoch": sandbox.HeadersXEpoch,
		"x-delta": sandbox.HeadersXDelta, "x-refusal": sandbox.HeadersXRefusals, "ietf": sandbox.HeadersIETF, "ietf-old": sandbox.HeadersIETFOld}
	f.Var(&value[sandbox.LimitHeaders]{&l.Headers, named(headers), "none"}, "limit-headers", "what answers say of the limit: `"+words(headers)+"`")
	retries := map[string]sandbox.RetryForm{"seconds": sandbox.RetrySeconds, "fraction": sandbox.RetryFraction, "date": sandbox.RetryDate,
		"zero": sandbox.RetryZero, "nonsense": sandbox.RetryNonsense, "day": sandbox.RetryDay, "body": sandbox.RetryBody, "none": sandbox.RetryNone}
	f.Var(&value[sandbox.RetryForm]{&l.Retry, named(retries), "seconds"}, "retry-after", "the form of Retry-After: `"+words(retries)+"`")
	return f
}

// limitText sets the numbers of a limit and leaves its other settings alone.
func limitText(l *sandbox.Limit) func(string) (sandbox.Limit, error) {
	return func(text string) (sandbox.Limit, error) {
		number, unit, _ := strings.Cut(text, "/")
		n, err := strconv.Atoi(number)
		window := map[string]time.Duration{"s": time.Second, "m": time.Minute, "": time.Second}[unit]
		if window == 0 {
			window, _ = time.ParseDuration(unit)
		}
		if err != nil || n < 1 || window <= 0 {
			return sandbox.Limit{}, fmt.Errorf("%q is not a limit such as 10/s, 60/m or 100/10s", text)
		}
		limit := *l
		limit.Requests, limit.Window = n, window
		return limit, nil
	}
}

func named[T any](meanings map[string]T) func(string) (T, error) {
	names := sortedNames(meanings)
	return oneOf(names, func(name string) T { return meanings[name] })
}

func words[T any](meanings map[string]T) string { return strings.Join(sortedNames(meanings), "|") }

func sortedNames[T any](meanings map[string]T) []string {
	names := make([]string, 0, len(meanings))
	for name := range meanings {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// faultShares are the faults by their names.
func faultShares(faults *sandbox.Faults) map[string]*float64 {
	return map[string]*float64{
		"reset-before": &faults.ResetBefore, "reset-after": &faults.ResetAfter,
		"hang-before": &faults.HangBefore, "hang-after": &faults.HangAfter,
		"truncate": &faults.Truncate, "empty": &faults.Empty, "error": &faults.Error, "error-after": &faults.ErrorAfter,
		"bad-gateway": &faults.BadGateway, "unavailable": &faults.Unavailable, "throttled": &faults.Throttled, "spike": &faults.Spike,
	}
}

func faultFlags(faults *sandbox.Faults) *pflag.FlagSet {
	shares := faultShares(faults)
	f := newFlagSet()
	var drawn []string
	f.Var(&list[string]{&drawn, func(text string) (string, error) { return text, setShare(shares, text) }, nil},
		"fault", "`KIND=SHARE` of the requests, such as error=2% (repeatable); KIND is one of "+strings.Join(sortedNames(shares), ", ")+
			" (…-after: the record is written all the same)")
	return f
}

func setShare(shares map[string]*float64, text string) error {
	kind, number, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%q is not KIND=SHARE, such as error=2%%", text)
	}
	target := shares[kind]
	if target == nil {
		kinds := sortedNames(shares)
		return &hinted{fmt.Errorf("%q is none of %s", kind, strings.Join(kinds, ", ")), didYouMean(kind, kinds, "", "")}
	}
	number, percent := strings.CutSuffix(number, "%")
	share, err := strconv.ParseFloat(number, 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share >= 0 && share <= 1) {
		return fmt.Errorf("%q is not a share such as 2%% or 0.02", text)
	}
	*target = share
	return nil
}

// serveSandbox serves a CRM until the program is interrupted, which is the way
// to end it and no failure.
func (a *app) serveSandbox(c *cobra.Command, opts sandbox.Options, port int) error {
	crm, err := sandbox.New(opts)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		var system *os.SyscallError
		if errors.As(err, &system) {
			err = system.Err
		}
		return &hinted{fmt.Errorf("opening the port %d: %w", port, err), "--port names another, --port 0 takes a free one"}
	}
	set := "export %s=%s\n"
	if runtime.GOOS == "windows" {
		set = "$env:%s = \"%s\"\n"
	}
	_, err = fmt.Fprintf(a.streams.Out, set+set, envName("base-url"), "http://"+listener.Addr().String()+"/v2", envPrefix+"TOKEN", sandboxToken)
	if err != nil {
		listener.Close()
		return err
	}
	a.console.say("note", "a sandbox with %s; copy the two lines into another terminal; Ctrl-C ends it", strings.Join(crm.Objects(), ", "))
	if err := crm.Serve(c.Context(), listener); err != nil {
		return err
	}
	seen := crm.Stats()
	a.console.say("note", "%d requests: %d created, %d updated, %d rejected, %d over the rate limit, %d faults",
		seen.Requests, seen.Created, seen.Updated, seen.Rejected, seen.Throttled, seen.Faults)
	return nil
}
