package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browser is a headless Chromium that a WebDriver steers.
// https://www.w3.org/TR/webdriver2/
type browser struct{ session string }

// openBrowser skips the test where there is no Chromium.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes a while to start")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium on this machine")
	}
	driver, err := exec.LookPath("chromedriver")
	if err != nil {
		t.Skip("there is no chromedriver on this machine")
	}
	at := startDriver(t, driver)
	b := &browser{at + "/session"}
	var opened struct {
		SessionID string `json:"sessionId"`
	}
	err = b.call("POST", "", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"goog:chromeOptions": map[string]any{"binary": chromium, "args": []string{
			"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
			"--disable-background-networking", "--disable-component-update", "--disable-sync",
			"--user-data-dir=" + t.TempDir(),
		}},
		"goog:loggingPrefs": map[string]string{"browser": "ALL", "performance": "ALL"},
	}}}, &opened)
	if err != nil {
		t.Skipf("chromium doesn't start here: %v", err)
	}
	b.session += "/" + opened.SessionID
	t.Cleanup(func() { _ = b.call("DELETE", "", nil, nil) })
	if err := b.call("POST", "/url", map[string]string{"url": "about:blank"}, nil); err != nil { // away from the browser's own first page
		t.Fatal(err)
	}
	return b
}

// startDriver runs the driver on a port that the system chooses.
func startDriver(t *testing.T, path string) string {
	t.Helper()
	driver := exec.Command(path, "--port=0")
	output, err := driver.StdoutPipe()
	if err == nil {
		err = driver.Start()
	}
	if err != nil {
		t.Skipf("chromedriver doesn't start here: %v", err)
	}
	t.Cleanup(func() {
		_ = driver.Process.Kill()
		_ = driver.Wait()
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if found := regexp.MustCompile(`on port (\d+)`).FindStringSubmatch(lines.Text()); found != nil && !strings.HasPrefix(lines.Text(), "Starting") {
			return "http://127.0.0.1:" + found[1]
		}
	}
	t.Skip("chromedriver told no port")
	return ""
}

func (b *browser) call(method, path string, body, answer any) error {
	var content io.Reader
	if method == "POST" {
		if body == nil {
			body = map[string]any{}
		}
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, b.session+path, content)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: time.Minute}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	defer client.CloseIdleConnections()
	var got struct{ Value json.RawMessage }
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errors.New(string(got.Value))
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(got.Value, answer)
}

// devtools calls a method of the DevTools protocol.
func (b *browser) devtools(t *testing.T, method string, params map[string]any, answer any) {
	t.Helper()
	if err := b.call("POST", "/goog/cdp/execute", map[string]any{"cmd": method, "params": params}, answer); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
}

// run gives what a script in the page returns.
func (b *browser) run(t *testing.T, script string, answer any) {
	t.Helper()
	if err := b.call("POST", "/execute/sync", map[string]any{"script": script, "args": []any{}}, answer); err != nil {
		t.Fatalf("running %s: %v", script, err)
	}
}

// log takes what came to a log since it was last taken.
func (b *browser) log(t *testing.T, kind string) []string {
	t.Helper()
	var entries []struct{ Message string }
	if err := b.call("POST", "/se/log", map[string]string{"type": kind}, &entries); err != nil {
		t.Fatalf("the log %s: %v", kind, err)
	}
	var messages []string
	for _, e := range entries {
		messages = append(messages, e.Message)
	}
	return messages
}

// view sets how the page is looked at.
func (b *browser) view(t *testing.T, width int, scheme string) {
	t.Helper()
	b.devtools(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.devtools(t, "Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// open opens a page that is written to a file.
func (b *browser) open(t *testing.T, page []byte) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.html")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	address = (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
	if err := b.call("POST", "/url", map[string]string{"url": address}, nil); err != nil {
		t.Fatal(err)
	}
	return address
}

// requested are the addresses that a page asked for; those of the browser's own
// first page may come late.
func requested(t *testing.T, log []string) []string {
	t.Helper()
	var addresses []string
	for _, text := range log {
		var event struct {
			Message struct {
				Method string
				Params struct {
					DocumentURL string
					Request     struct{ URL string }
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			t.Fatal(err)
		}
		if event.Message.Method == "Network.requestWillBeSent" && !strings.HasPrefix(event.Message.Params.DocumentURL, "chrome://") {
			addresses = append(addresses, event.Message.Params.Request.URL)
		}
	}
	return addresses
}

func TestPagesInABrowserLoadNothingAndFitAnyScreen(t *testing.T) {
	b := openBrowser(t)
	for name, page := range samplePages(t) {
		t.Run(name, func(t *testing.T) {
			b.log(t, "performance")
			b.log(t, "browser")
			for _, width := range []int{1280, 390} {
				for _, scheme := range []string{"light", "dark"} {
					b.view(t, width, scheme)
					address := b.open(t, page)
					if got := requested(t, b.log(t, "performance")); len(got) != 1 || got[0] != address {
						t.Errorf("the page loads %q", got)
					}
					if problems := b.log(t, "browser"); len(problems) > 0 {
						t.Errorf("the browser complains: %q", problems)
					}
					b.looksRight(t, fmt.Sprintf("%d pixels, %s", width, scheme), width, scheme)
				}
			}
		})
	}
}

// looksRight checks what can be told of a page without eyes.
func (b *browser) looksRight(t *testing.T, where string, width int, scheme string) {
	t.Helper()
	var got struct {
		Wide, Scripts, Boxes int
		Ground, Title        string
	}
	b.run(t, `return {
		Wide: document.documentElement.scrollWidth, Scripts: document.scripts.length + (window.harmed ? 1 : 0),
		Boxes: document.querySelectorAll("section").length,
		Ground: getComputedStyle(document.body).backgroundColor, Title: document.title}`, &got)
	if got.Wide > width {
		t.Errorf("%s: the page is %d pixels wide", where, got.Wide)
	}
	if got.Scripts > 0 {
		t.Errorf("%s: a script of the data runs", where)
	}
	ground := map[string]string{"light": "rgb(244, 246, 248)", "dark": "rgb(15, 20, 27)"}[scheme]
	if got.Ground != ground {
		t.Errorf("%s: the ground is %s, want %s: the style is not in use", where, got.Ground, ground)
	}
	if got.Boxes == 0 || !strings.HasPrefix(got.Title, "crmsync: ") {
		t.Errorf("%s: %d sections, title %q", where, got.Boxes, got.Title)
	}
}
