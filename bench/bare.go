//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// bareLoop sends each line of a file as one assert: what anybody would write
// with net/http, without checks, retries, order or accounting.
func bareLoop(o options) error {
	text, err := os.ReadFile(o.bare)
	if err != nil {
		return err
	}
	bodies := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	url := os.Getenv("CRMSYNC_BASE_URL") + "/crm/products?matchingAttribute=sku"
	token := "Bearer " + os.Getenv("CRMSYNC_TOKEN")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.workers}}
	next := make(chan []byte)
	failures := make(chan error, o.workers)
	started := time.Now()
	var sending sync.WaitGroup
	for range o.workers {
		sending.Go(func() {
			for body := range next {
				if err := send(client, url, token, body); err != nil {
					select {
					case failures <- err:
					default:
					}
				}
			}
		})
	}
	for _, body := range bodies {
		next <- body
	}
	close(next)
	sending.Wait()
	seconds := time.Since(started).Seconds()
	select {
	case err := <-failures:
		return err
	default:
	}
	if o.quiet {
		return nil
	}
	fmt.Printf(`{"updated":%d,"records_per_second":%.1f}`+"\n", len(bodies), float64(len(bodies))/seconds)
	return nil
}

func send(client *http.Client, url, token string, body []byte) error {
	request, err := http.NewRequest(http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusCreated {
		return fmt.Errorf("the answer is %s", answer.Status)
	}
	return nil
}
