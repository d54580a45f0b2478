package push

import (
	"context"
	"testing"

	"github.com/crmsync/crmsync/internal/client"
)

// instant answers at once, so that a benchmark shows what the pipeline itself
// costs a record.
type instant struct{}

func (instant) Assert(context.Context, string, string, []byte) client.Result {
	return client.Result{Outcome: client.Updated, Status: 200}
}

func BenchmarkPipeline(b *testing.B) {
	b.ReportAllocs()
	cells := distinct(b.N)
	opts, _ := options(instant{}, cells)
	opts.Workers = 32
	b.ResetTimer()
	if res := Run(b.Context(), opts); res.Updated != int64(b.N) {
		b.Fatalf("updated %d of %d", res.Updated, b.N)
	}
}

func BenchmarkDryRun(b *testing.B) {
	b.ReportAllocs()
	cells := distinct(b.N)
	opts, _ := options(instant{}, cells)
	opts.DryRun = true
	b.ResetTimer()
	if res := Run(b.Context(), opts); res.NotSent != int64(b.N) {
		b.Fatalf("counted %d of %d", res.NotSent, b.N)
	}
}
