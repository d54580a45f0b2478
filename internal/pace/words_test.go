package pace

import (
	"testing"
	"time"
)

func TestDurationsAreWrittenWithoutUnitsThatSayNothing(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                     "0s",
		1234 * time.Microsecond:               "1ms",
		2340 * time.Millisecond:               "2.3s",
		10 * time.Second:                      "10s",
		10*time.Minute + time.Second/3:        "10m",
		24 * time.Hour:                        "24h",
		24*time.Hour + time.Second:            "24h0m1s",
		10*time.Hour + 20*time.Minute:         "10h20m",
		20*time.Hour + 30*time.Second:         "20h0m30s",
		59*time.Second + 999*time.Millisecond: "1m",
	} {
		if got := Words(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
