// Command picture draws the README's picture: it runs the program for real
// against a sandbox and writes what a terminal shows as SVG.
//
//	go run ./docs/picture > docs/run.svg
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// scene is what is typed, with what stands behind each command.
var scene = []struct{ typed, script string }{
	{typed: "crmsync push products.csv --match sku"},
	{
		typed:  "sed -i 's/59 EUR/59.00/' products.rejects.csv",
		script: "sed 's/59 EUR/59.00/' products.rejects.csv > mended && mv mended products.rejects.csv", // -i differs by system
	},
	{typed: "crmsync push products.rejects.csv --object products --match sku -q && echo done"},
}

func main() {
	if err := draw(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func draw(ctx context.Context, w io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "crmsync-picture-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sample, err := os.ReadFile(filepath.Join("testdata", "products.csv"))
	if err != nil {
		return err
	}
	text := string(sample) + "LAMP-2005,Bed Lamp,59 EUR,12,Home & Living,true,2025-10-01\n"
	if err := os.WriteFile(filepath.Join(dir, "products.csv"), []byte(text), 0o600); err != nil {
		return err
	}
	binary := filepath.Join(dir, "crmsync")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("building crmsync: %w\n%s", err, out)
	}
	url, stop, err := startSandbox(ctx, binary)
	if err != nil {
		return err
	}
	defer stop()
	var lines []line
	for i, s := range scene {
		if i > 0 {
			lines = append(lines, line{})
		}
		lines = append(lines, line{"$ " + s.typed, "typed"})
		said, err := run(ctx, dir, url, s.typed, s.script)
		if err != nil {
			return err
		}
		lines = append(lines, said...)
	}
	return writeSVG(w, lines)
}

func startSandbox(ctx context.Context, binary string) (url string, stop func(), err error) {
	c := exec.CommandContext(ctx, binary, "sandbox", "--port", "0", "--latency", "20ms")
	out, err := c.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := c.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	}
	said := bufio.NewScanner(out)
	for said.Scan() {
		if _, rest, found := strings.Cut(said.Text(), "CRMSYNC_BASE_URL="); found {
			return strings.Trim(rest, `"'`), stop, nil
		}
	}
	stop()
	return "", nil, errors.New("the sandbox did not say its address")
}

// run is what a command prints. A push that rejects records ends with 3, which
// is no fault here.
func run(ctx context.Context, dir, url, typed, script string) ([]line, error) {
	if script == "" {
		script = typed
	}
	c := exec.CommandContext(ctx, "sh", "-c", script)
	c.Dir = dir
	c.Env = []string{
		"PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + dir, "XDG_STATE_HOME=" + filepath.Join(dir, "state"),
		"XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "XDG_CACHE_HOME=" + filepath.Join(dir, "cache"),
		"CRMSYNC_BASE_URL=" + url, "CRMSYNC_TOKEN=picture",
	}
	out, err := c.CombinedOutput()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() == 3 {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", typed, err, out)
	}
	var lines []line
	for text := range strings.Lines(string(out)) {
		shown := []rune(strings.TrimRight(text, "\n"))
		for len(shown) > columns { // as a terminal breaks it
			lines = append(lines, line{string(shown[:columns]), ""})
			shown = shown[columns:]
		}
		lines = append(lines, line{string(shown), ""})
	}
	return lines, nil
}

type line struct{ text, class string }

// The terminal's width, and a character of the picture in its units.
const (
	columns    = 104
	charWidth  = 84 // tenths
	lineHeight = 20
	margin     = 20
	bar        = 36 // of the window
)

func writeSVG(w io.Writer, lines []line) error {
	width, height := columns*charWidth/10+2*margin, bar+len(lines)*lineHeight+2*margin
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">`+"\n", width, height, width, height)
	fmt.Fprintln(b, "<title>A push in which one record was rejected, mended and pushed again</title>")
	fmt.Fprintln(b, `<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d8dee9;white-space:pre}.typed{fill:#a3be8c;font-weight:600}</style>`)
	fmt.Fprintf(b, `<rect width="%d" height="%d" rx="10" fill="#1f2430"/>`+"\n", width, height)
	for i, colour := range []string{"#bf616a", "#ebcb8b", "#a3be8c"} {
		fmt.Fprintf(b, `<circle cx="%d" cy="%d" r="6" fill="%s"/>`+"\n", margin+i*20, bar/2+2, colour)
	}
	for i, l := range lines {
		class := ""
		if l.class != "" {
			class = fmt.Sprintf(` class="%s"`, l.class)
		}
		fmt.Fprintf(b, `<text x="%d" y="%d"%s xml:space="preserve">%s</text>`+"\n", margin, bar+margin+i*lineHeight, class, html.EscapeString(l.text))
	}
	fmt.Fprintln(b, "</svg>")
	return b.Flush()
}
