package sandbox

import _ "embed" // the sample's schema

// sampleSchema holds the objects that a new CRM starts with.
//
//go:embed sample.json
var sampleSchema string

// sampleMembers is the sample's workspace.
func sampleMembers() []Member {
	member := func(uuid, first, last, email, role string, active bool) Member {
		return Member{
			UUID: uuid, IsActive: active, Email: email, FirstName: first, LastName: last, Name: first + " " + last, Role: role,
			CreatedAt: "2026-01-10T09:00:00.000000Z", UpdatedAt: "2026-01-10T09:00:00.000000Z",
		}
	}
	return []Member{
		member("QK566D4X49E8X78", "Olga", "Owner", "olga@example.com", "owner", true),
		member("7XRB2M9LQ4T1W53", "Adam", "Admin", "adam@example.com", "admin", true),
		member("N8F3ZC6PV0K2H71", "Mia", "Member", "mia@example.com", "member", true),
		member("D5W9J1GYS7A4E26", "Gone", "Away", "gone@example.com", "member", false),
	}
}
