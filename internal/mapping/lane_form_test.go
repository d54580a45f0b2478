package mapping

import "testing"

func TestALaneKeyIsMadeInTheFormThatIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name, form, match, want string
		known                   bool
	}{
		{"text keeps its digits", "text", " A-07.0 ", "a-07.0", true},
		{"text loses accents", "text", "Müller.example", "muller.example", true},
		{"accents alone leave something", "text", "\u0300", "\u25cc", true},
		{"a number", "number", "029.0", "29", true},
		{"a phone number", "phone_number", "+49 30 1", "49301", true},
		{"an instant", "datetime", "2025-06-01T12:00:00+02:00", "2025-06-01T10:00:00Z", true},
		{"a type that has no form of its own", "select", "a", "", false},
		{"no form", "", "a", "", false},
		{"a form of a later version", "tags", "a", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if key, known := LaneKey(tt.form, tt.match); key != tt.want || known != tt.known {
				t.Errorf("%q, %t", key, known)
			}
		})
	}
}
