package mapping

import "testing"

func TestWhatTheAPIAnswersMayBePushedBack(t *testing.T) {
	const (
		id    = "0190a3c4-aaaa-bbbb-cccc-0123456789ab"
		other = "0190a3c4-aaaa-bbbb-cccc-0123456789cd"
	)
	book := phoneBook{"companies/domain/acme.com": other, "users/email/eva@x.de": "QK"}
	for _, tt := range []struct{ name, attribute, value, want string }{
		{"an option with its label and colour", "category", `{"id":1,"value":"Books","color":"red"}`, `{"id":1}`},
		{"members in any order, with blanks", "category", `{ "value": "Toys", "id": "opt_abc123" }`, `{"id":"opt_abc123"}`},
		{"a label in another case", "state", `{"id":7,"value":"open"}`, `{"id":7}`},
		{"id and label of different options", "category", `{"id":1,"value":"Toys"}`,
			`{"id":1,"value":"Toys"} contradicts the schema: the option with that id is "Books" (write the id or the label alone)`},
		{"a label that no option has", "category", `{"id":1,"label":"Bookz"}`,
			`{"id":1,"label":"Bookz"} contradicts the schema: the option with that id is "Books" (write the id or the label alone)`},
		{"a label that is null", "category", `{"id":1,"value":null}`,
			`{"id":1,"value":null} contradicts the schema: the option with that id is "Books" (write the id or the label alone)`},
		{"an id of another type", "category", `{"id":"1","value":"Books"}`, `{"id":"1","value":"Books"} is the id of none of its options (they are "Books", "Home & Living", "Toys")`},
		{"an id that no option has", "category", `{"id":9,"value":"Books"}`, `{"id":9,"value":"Books"} is the id of none of its options (they are "Books", "Home & Living", "Toys")`},
		{"an option without an id", "category", `{"value":"Books"}`, `{"value":"Books"} is not an option (its shape is {"id": …})`},
		{"a list of options", "tags", `[{"id":"t1","value":"New","color":"red"},{"id":"t2","value":"Sale"}]`, `[{"id":"t1"},{"id":"t2"}]`},
		{"a list with one contradiction", "tags", `[{"id":"t1","value":"New"},{"id":"t2","value":"New"}]`,
			`{"id":"t2","value":"New"} contradicts the schema: the option with that id is "Sale" (write the id or the label alone)`},

		{"an amount with its currency", "cost", `{"amount":12.50,"currency":"EUR"}`, `12.50`},
		{"an amount as text, in the API's digits whatever the locale", "cost", `{"value":"1.234","code":"eur"}`, `1.234`},
		{"an amount in another currency", "cost", `{"amount":12.50,"currency":"USD"}`, `{"amount":12.50,"currency":"USD"} is in another currency than the attribute, which is in EUR`},
		{"an amount without a currency", "cost", `{"amount":12.50}`, `{"amount":12.50} is not an amount (send the number alone, or {"amount": …, "currency": …})`},
		{"a currency without an amount", "cost", `{"currency":"EUR"}`, `{"currency":"EUR"} is not an amount (send the number alone, or {"amount": …, "currency": …})`},
		{"two amounts", "cost", `{"amount":12,"value":13,"currency":"EUR"}`, `{"amount":12,"value":13,"currency":"EUR"} is not an amount (send the number alone, or {"amount": …, "currency": …})`},
		{"an amount that may be one of cents", "cost", `{"amount":1250,"currency":"EUR","exponent":2}`, `{"amount":1250,"currency":"EUR","exponent":2} is not an amount (send the number alone, without "exponent")`},
		{"an amount that is no number", "cost", `{"amount":"1.234,50","currency":"EUR"}`, `"1.234,50" is not an amount`},
		{"an amount that is null", "cost", `{"amount":null,"currency":"EUR"}`, `null is not an amount`},

		{"related records with all they have", "supplier", `[{"id":"` + id + `","objectSlug":"companies","attributes":{"name":"x"}},"` + other + `"]`, `["` + id + `","` + other + `"]`},
		{"one related record", "supplier", `{"id":"` + id + `","name":"Acme"}`, `["` + id + `"]`},
		{"a record of another object", "supplier", `[{"id":"` + id + `","objectSlug":"people"}]`, `a record of "people" is not one of "companies"`},
		{"a record's id is not looked up", "supplier", `{"id":"acme.com"}`, `"acme.com" is not a record id`},
		{"a record without an id", "supplier", `{"name":"Acme"}`, `{"name":"Acme"} is not a record id (its shape is {"id": …})`},
		{"a record whose id is a list", "supplier", `{"id":["` + id + `"]}`, `a list is not a record id`},
		{"a record with two ids", "supplier", `{"id":"` + id + `","uuid":"` + other + `"}`, `"` + id + `" and "` + other + `" are two ids of one thing`},

		{"members as their list has them", "owner", `[{"uuid":"QK566D4X49E8X78","email":"eva@x.de","name":"Eva"}]`, `["QK566D4X49E8X78"]`},
		{"one member", "owner", `{"id":"QK566D4X49E8X78"}`, `["QK566D4X49E8X78"]`},
		{"a member whose id is blank", "owner", `{"id":" "}`, `" " is not a member id`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sentJSON(t, Options{Locale: "de", Lookup: book}, tt.attribute, tt.value); got != tt.want {
				t.Errorf("%s is sent as\n%s, want\n%s", tt.value, got, tt.want)
			}
		})
	}
}

func TestAPersonsCompanyMayComeAsAnObject(t *testing.T) {
	const id = "0190a3c4-aaaa-bbbb-cccc-0123456789ab"
	m := mustNew(t, Options{Object: "people", Match: "email"})
	got := body(m.MapObject(object(t, `{"email":"a@x.de","firstName":"A","companyId":{"id":"`+id+`","name":"Acme"}}`)))
	if want := `{"firstName":"A","companyId":"` + id + `","emails":["a@x.de"]}`; got != want {
		t.Errorf("sent is %s, want %s", got, want)
	}
}
