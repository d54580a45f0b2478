package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheTypesOfValues(t *testing.T) {
	long := strings.Repeat("ü", 255)
	tests := []struct {
		object, attribute, value string
		wrong                    string // what the message says; "" where the value is taken
	}{
		{"products", "name", `"Dress"`, ""},
		{"products", "name", `""`, ""},
		{"products", "name", `"` + long + `"`, ""},
		{"products", "name", `"` + long + `x"`, "longer than 255"},
		{"products", "name", `5`, `The value of "name" must be a string.`},
		{"products", "name", `["x"]`, "string"},
		{"products", "price", `29`, ""},
		{"products", "price", `-0.50`, ""},
		{"products", "price", `12345678901234567890`, ""},
		{"products", "price", `"29"`, `The value of "price" must be a number.`},
		{"products", "price", `true`, "number"},
		{"products", "price", `1e400`, "number"},
		{"products", "category", `{"id":1}`, ""},
		{"products", "category", `{ "id" : 1 }`, ""},
		{"products", "category", `{"id":"1"}`, "options"},
		{"products", "category", `{"id":9}`, "options"},
		{"products", "category", `"Books"`, "object like"},
		{"products", "category", `1`, "object like"},
		{"products", "category", `{"value":"Books"}`, "object like"},
		{"products", "tags", `[{"id":"opt_new"},{"id":"opt_sale"}]`, ""},
		{"products", "tags", `[]`, ""},
		{"products", "tags", `{"id":"opt_new"}`, "list"},
		{"products", "tags", `[{"id":"opt_nope"}]`, "options"},
		{"products", "in_stock", `false`, ""},
		{"products", "in_stock", `1`, "true or false"},
		{"products", "in_stock", `"yes"`, "true or false"},
		{"products", "launched_on", `"2025-06-01"`, ""},
		{"products", "launched_on", `"2025-02-30"`, "date"},
		{"products", "launched_on", `"2025-06-01T00:00:00Z"`, "date"},
		{"products", "launched_on", `""`, "date"},
		{"products", "launched_on", `20250601`, "date"},
		{"products", "website", `"https://example.com/x"`, ""},
		{"products", "website", `"example dot com"`, "url"},
		{"products", "supplier", `[]`, ""},
		{"products", "supplier", `"COMPANY"`, "list"},
		{"products", "supplier", `["COMPANY"]`, ""},
		{"products", "supplier", `["acme.com"]`, "UUID"},
		{"products", "supplier", `["c1d2e3f4-a5b6-4890-8def-123456789012"]`, "no record"},
		{"deals", "stage", `{"id":2}`, ""},
		{"deals", "stage", `"Active"`, "object like"},
		{"deals", "amount", `1234.5`, ""},
		{"deals", "amount", `"12 EUR"`, "number"},
		{"deals", "owner", `["QK566D4X49E8X78"]`, ""},
		{"deals", "owner", `["D5W9J1GYS7A4E26"]`, ""},
		{"deals", "owner", `["nobody"]`, "no member"},
		{"deals", "owner", `"QK566D4X49E8X78"`, "list"},
		{"deals", "closes_at", `"2025-06-01T10:00:00+02:00"`, ""},
		{"deals", "closes_at", `"2025-06-01T10:00:00.5Z"`, ""},
		{"deals", "closes_at", `"2025-06-01T10:00:00"`, "datetime"},
		{"deals", "closes_at", `"2025-06-01"`, "datetime"},
		{"deals", "priority", `4`, ""},
		{"deals", "priority", `"4"`, "number"},
		{"deals", "hotline", `"+49 30 123"`, ""},
		{"deals", "hotline", `4930123`, "string"},
	}
	for _, test := range tests {
		verdict := "is taken"
		if test.wrong != "" {
			verdict = "is refused"
		}
		value := test.value
		if len(value) > 50 {
			value = value[:20] + "…"
		}
		t.Run(fmt.Sprintf("%s %s %s", test.attribute, value, verdict), func(tt *testing.T) {
			t := newTester(tt, Options{})
			company := t.want(201, "PUT", "/crm/companies?matchingAttribute=domain", `{"domain":"acme.com"}`).at("company.id").(string)
			match := map[string]string{"products": "sku", "deals": "deal_number"}[test.object]
			send := strings.ReplaceAll(test.value, "COMPANY", company)
			body := fmt.Sprintf(`{%q:"K","%s":%s}`, match, test.attribute, send)
			a := t.do("PUT", "/crm/"+test.object+"?matchingAttribute="+match, body)
			if test.wrong != "" {
				if a.status != 400 || t.crm.Count(test.object) != 0 {
					t.Fatalf("status %d, %d records: %s", a.status, t.crm.Count(test.object), a.text)
				}
				t.says(a, test.wrong)
				return
			}
			if a.status != 201 {
				t.Fatalf("status %d: %s", a.status, a.text)
			}
			stored := string(t.crm.Records(test.object)[0].Attributes[test.attribute])
			if got, want := strings.ReplaceAll(stored, " ", ""), strings.ReplaceAll(send, " ", ""); got != want {
				t.Errorf("stored %s, sent %s", got, want)
			}
		})
	}
}
