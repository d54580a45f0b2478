package pace

import (
	"context"
	"testing"
	"time"
)

// BenchmarkUnlimited is what the pacer costs a request where nothing is to wait for.
func BenchmarkUnlimited(b *testing.B) {
	for name, p := range map[string]Pacer{"fixed": NewFixed(Rate{1e9, time.Second}, Options{}), "auto": NewAuto(Options{})} {
		b.Run(name, func(b *testing.B) {
			ctx := context.Background()
			b.ReportAllocs()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := p.Acquire(ctx); err != nil {
						b.Error(err)
					}
					p.Done(Feedback{Started: time.Now()})
				}
			})
		})
	}
}
