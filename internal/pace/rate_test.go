package pace

import (
	"errors"
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"auto":    {},
		" AUTO ":  {},
		"10":      {10, time.Second},
		"60/m":    {60, time.Minute},
		"0.5/s":   {0.5, time.Second},
		"1000":    {1000, time.Second},
		"80 / s":  {80, time.Second},
		".5":      {0.5, time.Second},
		"1/m":     {1, time.Minute},
		"+3/s":    {3, time.Second},
		"1000000": {1e6, time.Second},
	} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", " ", "0", "-1", "0/s", "10/", "10/h", "10/min", "/s", "/", "ten", "1e5", "NaN", "Inf", "0x10",
		"1,5/s", "1.2.3", "10/s/s", "0.000000001", "99999999999999999999", "10 20", "+", "."} {
		_, err := ParseRate(text)
		var bad *RateError
		if !errors.As(err, &bad) || bad.Hint() == "" || bad.Text != text {
			t.Errorf("ParseRate(%q) gave %v, want a *RateError with a hint", text, err)
		}
	}
}

func TestRateSaysItself(t *testing.T) {
	for _, text := range []string{"auto", "10/s", "60/m", "0.5/s"} {
		r, err := ParseRate(text)
		if err != nil || r.String() != text {
			t.Errorf("%q became %q, %v", text, r, err)
		}
	}
}

func FuzzParseRate(f *testing.F) {
	for _, seed := range []string{"auto", "10", "60/m", "0.5/s", "1e9", "-0", "٣/s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRate(text)
		if err != nil {
			return
		}
		again, err := ParseRate(r.String())
		if err != nil || again != r {
			t.Errorf("%q is %v, which reads back as %v, %v", text, r, again, err)
		}
		if !r.Auto() && !(r.PerSecond() > 0) {
			t.Errorf("%q is %v, which never sends", text, r)
		}
	})
}
