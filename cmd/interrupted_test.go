package cmd

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestASignalDuringAReadIsWhatTheMessageTells(t *testing.T) {
	for _, args := range [][]string{
		{"push", "../testdata/products.csv", "--match", "sku", "--config", os.DevNull},
		{"schema", "products"}, {"objects"}, {"auth"},
	} {
		t.Run(args[0], func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			crm := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				cancel(InterruptedBy(syscall.SIGTERM))
				<-r.Context().Done()
			}))
			defer crm.Close()
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			t.Setenv("CRMSYNC_TOKEN", "secret")
			t.Setenv("CRMSYNC_BASE_URL", crm.URL+"/v2")
			var out, err bytes.Buffer
			code := Main(ctx, Streams{In: strings.NewReader(""), Out: &out, Err: &err}, args)
			if code != 143 || err.String() != "error: terminated (SIGTERM)\n" {
				t.Errorf("exit code %d, stderr:\n%s", code, &err)
			}
		})
	}
}
