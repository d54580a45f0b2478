package mapping

import "testing"

func TestAMidnightOfTwelveHoursBehindADateIsAMidnight(t *testing.T) {
	noTime := func(cell string) string { return show(cell) + " is not a date alone (it has a time of day)" }
	run(t, "released", []conversionTest{
		{"en-US", "12/31/2025 12:00:00 AM", `"2025-12-31"`}, {"en-US", "12/31/2025, 12:00 a.m.", `"2025-12-31"`}, {"en-US", "Dec 31, 2025 12:00\u202fAM", `"2025-12-31"`},
		{"", "2025-12-31 12:00 AM", `"2025-12-31"`}, {"de", "31.12.2025, 00:00 Uhr", `"2025-12-31"`},
		{"en-US", "12/31/2025 12:00:00 PM", noTime("12/31/2025 12:00:00 PM")}, {"", "2025-12-31 12:00 PM", noTime("2025-12-31 12:00 PM")},
		{"", "2025-12-31 12:01 AM", noTime("2025-12-31 12:01 AM")}, {"", "2025-12-31 0:00 PM", noTime("2025-12-31 0:00 PM")},
	})
	run(t, "checked_at", []conversionTest{{"", "2025-12-31 12:00 AM", `"2025-12-31T00:00:00+00:00"`}, {"", "2025-12-31 2:30 PM", `"2025-12-31T14:30:00+00:00"`}})
}
